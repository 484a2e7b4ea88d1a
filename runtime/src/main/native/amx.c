/*
 * For AMX with 8-bit numbers (Sapphire Rapids and later). One instruction multiplies a block of sixteen activation
 * rows with the same block of sixteen weight rows, which lies as for AVX-512: four columns of all rows at a time. The
 * sums of the block, which are whole, go through memory to the registers of AVX-512, which take them into the running
 * sums as the contract says; that bounds it. Few activation rows are left to avx512.c.
 */
#define _GNU_SOURCE
#include "kernels.h"

#if defined(RACK72_HAS_AMX)

#include "lanes512.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Activation rows of a tile register. */
#define GROUP 16

/* Activation rows up to which AVX-512 is faster, as measured on Emerald Rapids. */
#define FEW_FOR_MXFP4 10
#define FEW_FOR_INT8 24

/*
 * The instructions are written out, since some compilers' intrinsics do not say that they read memory.
 * Registers: 0 and 1 have sums, 2 and 4 activations, 3 and 5 weights.
 */
#define LOAD_TILE(n, from, stride) \
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #n ::"r"(from), "r"((int64_t)(stride)) : "memory")
#define STORE_TILE(n, to) \
  __asm__ volatile("tilestored %%tmm" #n ", (%0,%1,1)" ::"r"(to), "r"((int64_t)LINE) : "memory")
#define MULTIPLY_TILES(sums, x, w) \
  __asm__ volatile("tilezero %%tmm" #sums "\n\ttdpbssd %%tmm" #w ", %%tmm" #x ", %%tmm" #sums ::: "memory")

/* What ldtilecfg reads. */
typedef struct {
  uint8_t palette;
  uint8_t start;
  uint8_t reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} tile_config;

static void configure(int rows) {
  tile_config c = {.palette = 1};
  for (int i = 0; i < 2; i++) {
    c.row_bytes[i] = LINE;
    c.rows[i] = (uint8_t)rows;
    c.row_bytes[2 + 2 * i] = BLOCK;
    c.rows[2 + 2 * i] = (uint8_t)rows;
    c.row_bytes[3 + 2 * i] = LINE;
    c.rows[3 + 2 * i] = TILE_BYTES / LINE;
  }
  __asm__ volatile("ldtilecfg %0" ::"m"(c));
}

static void release(void) {
  __asm__ volatile("tilerelease");
}

/*
 * A decoded tile of weights with signs, and its scales. While it is multiplied, `lines` lines a block are fetched from
 * `ahead` on, until `end`: the next tile.
 */
typedef struct {
  const uint8_t *codes;
  const float *wide;
  const char *ahead;
  const char *end;
  int lines;
} decoded;

/* For tile_rows: the sums of a block, of its activation rows by sixteen weight rows, to `dots`. */
#define MULTIPLY_BLOCK(sums, x, w, block, dots)           \
  do {                                                    \
    LOAD_TILE(x, first + (block)*p->rows * BLOCK, BLOCK); \
    LOAD_TILE(w, d->codes + (block)*TILE_BYTES, LINE);    \
    MULTIPLY_TILES(sums, x, w);                           \
    STORE_TILE(sums, dots);                               \
  } while (0)

/*
 * The running sums are single variables, since compilers keep an array of them in memory where an instruction that
 * is written out may change any of it.
 */
#define EACH_ROW(what) \
  what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7) what(8) what(9) what(10) what(11) what(12) \
      what(13) what(14) what(15)
#define BEGIN_ROW(t) __m512 sum##t = _mm512_setzero_ps();
#define ADD_ROW(t)                                                                                     \
  if (t < n) {                                                                                         \
    const __m512 dot = _mm512_cvtepi32_ps(_mm512_load_si512(dots + t * TILE_ROWS));                    \
    sum##t = _mm512_fmadd_ps(dot, _mm512_mul_ps(scale, _mm512_set1_ps(xscale[t])), sum##t);            \
  }
#define SUM_OF_ROW(t) sum##t,

/* For tile_rows: takes the sums of the next block into the running ones. */
#define ADD_BLOCK(of)                            \
  do {                                           \
    const int32_t *dots = of;                    \
    const __m512 scale = _mm512_load_ps(wide);   \
    EACH_ROW(ADD_ROW)                            \
    wide += TILE_ROWS;                           \
    xscale += p->rows;                           \
  } while (0)

/* A tile of weights against n activation rows. The next block's sums are on their way while one's are added. */
INLINE void tile_rows(int n, const product *p, int output, const decoded *d, int row) {
  _Alignas(LINE) int32_t even[GROUP * TILE_ROWS], odd[GROUP * TILE_ROWS];
  const int8_t *first = p->x + (int64_t)row * BLOCK;
  const float *xscale = p->xscale + row, *wide = d->wide;
  const char *ahead = d->ahead;
  const int64_t blocks = p->blocks;
  EACH_ROW(BEGIN_ROW)
  if (blocks > 0) MULTIPLY_BLOCK(0, 2, 3, 0, even);
  for (int64_t b = 0; b < blocks; b += 2) {
    for (int i = 0; i < 2 * d->lines; i++, ahead += LINE) _mm_prefetch(ahead, _MM_HINT_T1);
    if (b + 1 < blocks) MULTIPLY_BLOCK(1, 4, 5, b + 1, odd);
    ADD_BLOCK(even);
    if (b + 2 < blocks) MULTIPLY_BLOCK(0, 2, 3, b + 2, even);
    if (b + 1 < blocks) ADD_BLOCK(odd);
  }
  const __m512 sum[] = {EACH_ROW(SUM_OF_ROW)};
  finish(n, p, output, sum, row);
}

/* Nine rows at least, since a group is a part of more than sixteen rows, or all of more than ten. */
static void some_rows(int n, const product *p, int output, const decoded *d, int row) {
  switch (n) {
    case 9: tile_rows(9, p, output, d, row); break;
    case 10: tile_rows(10, p, output, d, row); break;
    case 11: tile_rows(11, p, output, d, row); break;
    case 12: tile_rows(12, p, output, d, row); break;
    case 13: tile_rows(13, p, output, d, row); break;
    case 14: tile_rows(14, p, output, d, row); break;
    case 15: tile_rows(15, p, output, d, row); break;
    case 16: tile_rows(16, p, output, d, row); break;
  }
}

_Static_assert(FEW_FOR_MXFP4 >= 8 && FEW_FOR_INT8 >= 8, "groups have nine rows at least");

static int parts(int rows, int most) {
  return (rows + most - 1) / most;
}

/* A tile of 8-bit weights with signs, and its scales. */
static void sign_tile(const uint8_t *codes, const uint16_t *scales, int blocks, uint8_t *out, float *wide) {
  const __m512i sign = _mm512_set1_epi8((char)INT8_OFFSET);
  for (int64_t i = 0; i < (int64_t)blocks * TILE_BYTES; i += LINE)
    _mm512_store_si512(out + i, _mm512_xor_si512(_mm512_loadu_si512(codes + i), sign));
  for (int64_t i = 0; i < (int64_t)blocks * TILE_ROWS; i += TILE_ROWS) {
    const __m256i raw = _mm256_loadu_si256((const __m256i *)(scales + i));
    _mm512_store_si512(wide + i, _mm512_slli_epi32(_mm512_cvtepu16_epi32(raw), 16));
  }
}

/* Activation rows `first` to `last`, in groups of n, the last of which may begin in that before. */
static void all_rows(int mxfp4, const product *p, const uint8_t *codes, const void *scales, int first, int last,
                     uint8_t *scratch) {
  const int groups = parts(last - first, GROUP), n = parts(last - first, groups);
  const int64_t blocks = p->blocks, block_bytes = mxfp4 ? TILE_ROWS * CODE_BYTES : TILE_BYTES;
  const int64_t tile_bytes = blocks * block_bytes;
  const __m512i table = mxfp4_table(0);
  /* There is room for two tiles, so one fits behind the first line that begins there. */
  uint8_t *tile = (uint8_t *)(((uintptr_t)scratch + LINE - 1) & ~(uintptr_t)(LINE - 1));
  float *wide = (float *)(void *)(tile + blocks * TILE_BYTES);
  configure(n);
  for (int output = p->from; output < p->to; output += TILE_ROWS) {
    const int64_t at = output / TILE_ROWS, rows = lesser(TILE_ROWS, p->to - output);
    const uint8_t *here = codes + at * tile_bytes;
    if (mxfp4) {
      spread_scales((const uint8_t *)scales + output * blocks, (int)rows, p->blocks, wide);
      decode_tile(here, blocks * CODE_BYTES, (int)rows, p->blocks, table, tile);
    } else {
      sign_tile(here, (const uint16_t *)scales + at * blocks * TILE_ROWS, p->blocks, tile, wide);
    }
    const char *ahead = (const char *)here + tile_bytes;
    const char *end = output + TILE_ROWS < p->to ? ahead + tile_bytes : ahead;
    decoded d = {tile, wide, ahead, end, 0};
    for (int t = first; t < last; t += n) {
      /* Evenly, since all at once would hold up the loads. */
      d.lines = d.ahead < d.end ? parts((int)block_bytes / LINE, groups) : 0;
      some_rows(n, p, output, &d, lesser(t, last - n));
      d.ahead += d.lines * LINE * blocks;
    }
  }
}

INLINE void multiply(int mxfp4, const product *p, const uint8_t *codes, const void *scales, uint8_t *scratch) {
  const int passes = parts(p->rows, MOST_ROWS);
  for (int i = 0; i < passes; i++) {
    const int first = (int)((int64_t)p->rows * i / passes), last = (int)((int64_t)p->rows * (i + 1) / passes);
    all_rows(mxfp4, p, codes, scales, first, last, scratch);
  }
  release();
}

void rack72_mxfp4_amx(const product *p, const uint8_t *codes, const uint8_t *scales, uint8_t *scratch) {
  if (p->rows <= FEW_FOR_MXFP4) {
    rack72_mxfp4_avx512(p, codes, scales, scratch);
  } else {
    multiply(1, p, codes, scales, scratch);
  }
}

void rack72_int8_amx(const product *p, const uint8_t *codes, const uint16_t *scales, uint8_t *scratch) {
  if (p->rows <= FEW_FOR_INT8) {
    rack72_int8_avx512(p, codes, scales);
  } else {
    multiply(0, p, codes, scales, scratch);
  }
}

/*
 * For rack72_int8_peak: four tiles of sums, each of which has 16 x 16 x 32 products in a round. A tile could have
 * twice as many columns in the same time, but a block of the contract has 32.
 */
int64_t rack72_amx_peak(int64_t rounds) {
  tile_config c = {.palette = 1};
  int32_t sums[4][TILE_ROWS * GROUP];
  int8_t ones[LINE * GROUP];
  int64_t all = 0;
  for (int i = 0; i < 6; i++) {
    c.row_bytes[i] = i == 4 ? BLOCK : LINE;
    c.rows[i] = i == 5 ? TILE_BYTES / LINE : GROUP;
  }
  for (int i = 0; i < LINE * GROUP; i++) ones[i] = 1;
  __asm__ volatile("ldtilecfg %0" ::"m"(c));
  LOAD_TILE(4, ones, LINE);
  LOAD_TILE(5, ones, LINE);
  __asm__ volatile("tilezero %%tmm0\n\ttilezero %%tmm1\n\ttilezero %%tmm2\n\ttilezero %%tmm3" ::);
  for (int64_t r = 0; r < rounds; r++) {
    __asm__ volatile(
        "tdpbssd %%tmm5, %%tmm4, %%tmm0\n\ttdpbssd %%tmm5, %%tmm4, %%tmm1\n\t"
        "tdpbssd %%tmm5, %%tmm4, %%tmm2\n\ttdpbssd %%tmm5, %%tmm4, %%tmm3" ::);
  }
  STORE_TILE(0, sums[0]);
  STORE_TILE(1, sums[1]);
  STORE_TILE(2, sums[2]);
  STORE_TILE(3, sums[3]);
  release();
  for (int i = 0; i < 4; i++)
    for (int lane = 0; lane < TILE_ROWS * GROUP; lane++) all += sums[i][lane];
  return all;
}

/* Asks Linux for the tile registers, for the whole process. */
int rack72_amx_ready(void) {
  unsigned a, b, c, d;
  const unsigned tile = 1u << 24, int8 = 1u << 25;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & tile) == 0 || (d & int8) == 0) return 0;
  const long request = 0x1023, tile_data = 18;
  return syscall(SYS_arch_prctl, request, tile_data) == 0;
}

#endif
