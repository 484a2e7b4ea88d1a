/*
 * For AMX with 8-bit numbers (Sapphire Rapids and later). A tile register has sixteen activation rows, one the
 * same block of sixteen weight rows as the other kernels have them decoded, and one instruction multiplies all
 * with all. What it leaves, a block's whole sums, goes through memory to the registers of AVX-512, which take it
 * into the running sums as the contract says; that bounds it. Few activation rows are left to avx512.c.
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

/* A decoded tile of weights, and what is to be fetched meanwhile: some lines for each of its blocks. */
typedef struct {
  const uint8_t *codes;
  const float *wide;
  const char *ahead;
  int lines;
} decoded;

/* The whole sums of a block, of so many activation rows by sixteen weight rows, to `dots`. */
#define MULTIPLY_BLOCK(sums, x, w, block, dots)           \
  do {                                                    \
    LOAD_TILE(x, first + (block)*p->rows * BLOCK, BLOCK); \
    LOAD_TILE(w, d->codes + (block)*TILE_BYTES, LINE);    \
    MULTIPLY_TILES(sums, x, w);                           \
    STORE_TILE(sums, dots);                               \
  } while (0)

/* Takes the products of a block into the running sums. */
INLINE void add_dots(int n, const int32_t *dots, const float *wide, const float *xscale,
                     __m512 sum[]) {
  const __m512 scale = _mm512_load_ps(wide);
  for (int t = 0; t < n; t++) {
    const __m512 dot = _mm512_cvtepi32_ps(_mm512_load_si512(dots + t * TILE_ROWS));
    sum[t] = _mm512_fmadd_ps(dot, _mm512_mul_ps(scale, _mm512_set1_ps(xscale[t])), sum[t]);
  }
}

/* A tile of weights against n activation rows. The next block's sums are on their way while one's are added. */
INLINE void tile_rows(int n, const product *p, int output, const decoded *d, int row) {
  _Alignas(LINE) int32_t even[GROUP * TILE_ROWS], odd[GROUP * TILE_ROWS];
  const int8_t *first = p->x + (int64_t)row * BLOCK;
  const float *xscale = p->xscale + row, *wide = d->wide;
  const char *ahead = d->ahead;
  const int64_t blocks = p->blocks;
  __m512 sum[GROUP];
  for (int t = 0; t < n; t++) sum[t] = _mm512_setzero_ps();
  MULTIPLY_BLOCK(0, 2, 3, 0, even);
  for (int64_t b = 0; b < blocks; b += 2) {
    for (int i = 0; i < 2 * d->lines; i++, ahead += LINE) _mm_prefetch(ahead, _MM_HINT_T1);
    if (b + 1 < blocks) MULTIPLY_BLOCK(1, 4, 5, b + 1, odd);
    add_dots(n, even, wide, xscale, sum);
    if (b + 2 < blocks) MULTIPLY_BLOCK(0, 2, 3, b + 2, even);
    if (b + 1 < blocks) add_dots(n, odd, wide + TILE_ROWS, xscale + p->rows, sum);
    wide += 2 * TILE_ROWS;
    xscale += 2 * p->rows;
  }
  finish(n, p, output, sum, row);
}

/* Nine rows at least, since a group is a part of more than sixteen, or all of more than ten. */
static void some_rows(int n, const product *p, int output, const decoded *d, int row) {
  switch (n) {
    case 9: tile_rows(9, p, output, d, row); break;
    case 10: tile_rows(10, p, output, d, row); break;
    case 11: tile_rows(11, p, output, d, row); break;
    case 12: tile_rows(12, p, output, d, row); break;
    case 13: tile_rows(13, p, output, d, row); break;
    case 14: tile_rows(14, p, output, d, row); break;
    case 15: tile_rows(15, p, output, d, row); break;
    default: tile_rows(16, p, output, d, row); break;
  }
}

/* A decoded tile against all rows, in groups of one size, the last of which may begin in that before. */
static void all_rows(int n, const product *p, int output, decoded *d, int first, int last) {
  for (int t = first; t < last; t += n) {
    some_rows(n, p, output, d, lesser(t, last - n));
    d->ahead += (int64_t)d->lines * LINE * p->blocks;
  }
}

/* The size of parts, all but the last of it, none larger than `most`. */
static int part_of(int rows, int most) {
  const int parts = (rows + most - 1) / most;
  return (rows + parts - 1) / parts;
}

/* A tile of 8-bit weights with signs, to where `tile_rows` reads it. */
static void sign_tile(const uint8_t *codes, const uint16_t *scales, int blocks, uint8_t *out, float *wide) {
  const __m512i sign = _mm512_set1_epi8((char)INT8_OFFSET);
  for (int64_t i = 0; i < (int64_t)blocks * TILE_BYTES; i += LINE)
    _mm512_store_si512(out + i, _mm512_xor_si512(_mm512_loadu_si512(codes + i), sign));
  for (int64_t i = 0; i < (int64_t)blocks * TILE_ROWS; i += TILE_ROWS) {
    const __m256i raw = _mm256_loadu_si256((const __m256i *)(scales + i));
    _mm512_store_si512(wide + i, _mm512_slli_epi32(_mm512_cvtepu16_epi32(raw), 16));
  }
}

/* There is room for two tiles, so one fits behind the first line that begins in it. */
static uint8_t *aligned(uint8_t *scratch) {
  return (uint8_t *)(((uintptr_t)scratch + LINE - 1) & ~(uintptr_t)(LINE - 1));
}

void rack72_mxfp4_amx(const product *p, const uint8_t *codes, const uint8_t *scales, uint8_t *scratch) {
  if (p->rows <= FEW_FOR_MXFP4) {
    rack72_mxfp4_avx512(p, codes, scales, scratch);
    return;
  }
  const int blocks = p->blocks;
  const __m512i table = mxfp4_table(0);
  uint8_t *tile = aligned(scratch);
  float *wide = (float *)(void *)(tile + (int64_t)blocks * TILE_BYTES);
  const int part = part_of(p->rows, MOST_ROWS);
  for (int first = 0; first < p->rows; first += part) {
    const int last = lesser(p->rows, first + part), n = part_of(last - first, GROUP);
    /* A tile's lines for each block, over the groups. */
    const int groups = (last - first + n - 1) / n;
    const int lines = (TILE_ROWS * CODE_BYTES / LINE + groups - 1) / groups;
    configure(n);
    for (int output = p->from; output < p->to; output += TILE_ROWS) {
      const int rows = lesser(TILE_ROWS, p->to - output);
      spread_scales(scales + (int64_t)output * blocks, rows, blocks, wide);
      decode_tile(codes + (int64_t)output * blocks * CODE_BYTES, (int64_t)blocks * CODE_BYTES, rows, blocks, table, tile);
      decoded d = {tile, wide, (const char *)codes + (int64_t)(output + rows) * blocks * CODE_BYTES, lines};
      all_rows(n, p, output, &d, first, last);
    }
  }
  release();
}

void rack72_int8_amx(const product *p, const uint8_t *codes, const uint16_t *scales, uint8_t *scratch) {
  if (p->rows <= FEW_FOR_INT8) {
    rack72_int8_avx512(p, codes, scales);
    return;
  }
  const int blocks = p->blocks;
  uint8_t *tile = aligned(scratch);
  float *wide = (float *)(void *)(tile + (int64_t)blocks * TILE_BYTES);
  const int part = part_of(p->rows, MOST_ROWS);
  for (int first = 0; first < p->rows; first += part) {
    const int last = lesser(p->rows, first + part), n = part_of(last - first, GROUP);
    const int groups = (last - first + n - 1) / n;
    const int lines = (TILE_BYTES / LINE + groups - 1) / groups;
    configure(n);
    for (int output = p->from; output < p->to; output += TILE_ROWS) {
      const int64_t at = (int64_t)output / TILE_ROWS * blocks;
      sign_tile(codes + at * TILE_BYTES, scales + at * TILE_ROWS, blocks, tile, wide);
      decoded d = {tile, wide, (const char *)codes + (at + blocks) * TILE_BYTES, lines};
      all_rows(n, p, output, &d, first, last);
    }
  }
  release();
}

/*
 * For rack72_int8_peak: four tiles of sums, each of which has 16 x 16 x 64 products in a round.
 */
int64_t rack72_amx_peak(int64_t rounds) {
  tile_config c = {.palette = 1};
  int32_t sums[4][TILE_ROWS * GROUP];
  int8_t ones[LINE * GROUP];
  int64_t all = 0;
  for (int i = 0; i < 6; i++) {
    c.row_bytes[i] = LINE;
    c.rows[i] = GROUP;
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
