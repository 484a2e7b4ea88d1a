/*
 * Compares the kernels that this processor can run, bit by bit, with the contract of kernels.h written
 * out, over random shapes and numbers. Every buffer has its exact size: the address sanitizer sees an
 * access outside it, and where the program is built without, a page behind it that cannot be touched.
 * An argument names kernels without which the test fails.
 */
#define _DEFAULT_SOURCE
#include "../../main/native/kernels.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SHAPES 2000
/* What y holds before a kernel runs; a finite number, so that it equals itself only. */
#define UNTOUCHED 0xDEADBEEF

void rack72_mxfp4(int instructions, const int8_t *x, const float *xscale, const int32_t *xstart,
                  const uint16_t *bias, float *y, int64_t stride, int rows, int blocks, int from, int to,
                  const uint8_t *codes, const uint8_t *scales, uint8_t *scratch);
void rack72_int8(int instructions, const int8_t *x, const float *xscale, const int32_t *xstart,
                 const uint16_t *bias, float *y, int64_t stride, int rows, int blocks, int from, int to,
                 const uint8_t *codes, const uint16_t *scales, uint8_t *scratch);
void rack72_quantize_int8(int instructions, const uint8_t *w, int rows, int columns, int from, int to,
                         uint8_t *codes, uint16_t *scales);

static const char *const NAMES[] = {"none", "avx2", "avx512", "neon", "amx"};

/* SplitMix64, from a fixed seed. */
static uint64_t state = 72;

static uint64_t next(void) {
  uint64_t z = state += 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

static int between(int least, int most) { return least + (int)(next() % (uint64_t)(most - least + 1)); }

static int one_in(int n) { return between(1, n) == 1; }

static float from_bits(uint32_t bits) {
  float f;
  memcpy(&f, &bits, sizeof f);
  return f;
}

static uint32_t to_bits(float f) {
  uint32_t bits;
  memcpy(&bits, &f, sizeof bits);
  return bits;
}

static float from_bf16(uint16_t bits) { return from_bits((uint32_t)bits << 16); }

#if defined(SANITIZED)
static void *take(size_t size) {
  void *p = malloc(size);
  if (!p) abort();
  return p;
}

static void give_back(void *p, size_t size) {
  (void)size;
  free(p);
}
#else
static size_t pages(size_t size) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  return (size + page - 1) / page * page;
}

static void *take(size_t size) {
  const size_t room = pages(size);
  char *p = mmap(NULL, room + pages(1), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED || mprotect(p + room, pages(1), PROT_NONE)) abort();
  return p + room - size;
}

static void give_back(void *p, size_t size) {
  const size_t room = pages(size);
  munmap((char *)p + size - room, room + pages(1));
}
#endif

/* How a case draws its numbers. */
typedef struct {
  /* Weights and activations are as large as they can be: sums that could overflow do. */
  int largest;
  /* One in so many scales and biases is a special one. */
  int special;
} drawing;

/* A number with a random sign and fraction whose exponent is near that of 1. */
static uint32_t ordinary(void) {
  return (uint32_t)(next() & 0x807FFFFF) | (uint32_t)between(127 - 12, 127 + 6) << 23;
}

static float draw_float(const drawing *d) {
  static const float special[] = {0,       -0.0f,   NAN,    INFINITY, -INFINITY,
                                  FLT_MAX, FLT_MIN, 1e-45f, 3e-39f,   -2e38f};
  return one_in(d->special) ? special[between(0, 9)] : from_bits(ordinary());
}

static uint16_t draw_bf16(const drawing *d) {
  static const uint16_t special[] = {0,      0x8000, 0x7FC0, 0x7F80, 0xFF80,
                                     0x7F7F, 0x0080, 0x0001, 0x8040, 0x7F00};
  return one_in(d->special) ? special[between(0, 9)] : (uint16_t)(ordinary() >> 16);
}

static uint8_t draw_e8m0(const drawing *d) {
  static const uint8_t special[] = {0, 1, 2, 253, 254, 255};
  return one_in(d->special) ? special[between(0, 5)] : (uint8_t)between(115, 133);
}

static int draw_int8(const drawing *d) {
  if (d->largest) return one_in(50) ? -127 : 127;
  return between(-127, 127);
}

static uint8_t draw_mxfp4(const drawing *d) {
  if (d->largest) return one_in(50) ? 0xFF : 0x77;
  return (uint8_t)next();
}

/* A product: what kernels are given, and what follows from it. */
typedef struct {
  int outputs, blocks, rows, from, to;
  int64_t stride;
  int8_t *x;
  float *xscale;
  int32_t *xstart;
  uint16_t *bias;
  /* The weights as whole numbers [outputs, blocks * 32], in the order of x, and their scales. */
  int8_t *w;
  float *wscale;
  float *expected;
} shape;

static size_t x_size(const shape *s) { return (size_t)s->rows * (size_t)s->blocks * BLOCK; }

static size_t w_size(const shape *s) { return (size_t)s->outputs * (size_t)s->blocks * BLOCK; }

static size_t y_count(const shape *s) {
  return (size_t)(s->rows - 1) * (size_t)s->stride + (size_t)s->outputs;
}

static shape draw_shape(const drawing *d, int offset) {
  shape s = {0};
  s.outputs = between(1, 70);
  s.blocks = one_in(50) ? 0 : between(1, 40);
  /* Fewer rows more often, since what a kernel does changes there most. */
  s.rows = one_in(2) ? between(1, 14) : one_in(20) ? between(129, 300) : between(1, 80);
  s.stride = s.outputs + (one_in(2) ? 0 : between(1, 20));
  const int tiles = (s.outputs + TILE_ROWS - 1) / TILE_ROWS;
  const int first = one_in(2) ? 0 : between(0, tiles - 1);
  const int last = one_in(2) ? tiles : between(first, tiles);
  s.from = first * TILE_ROWS;
  s.to = last == tiles ? s.outputs : last * TILE_ROWS;

  const size_t scales = x_size(&s) / BLOCK;
  s.x = take(x_size(&s));
  s.xscale = take(scales * sizeof *s.xscale);
  s.xstart = take(scales * sizeof *s.xstart);
  for (size_t i = 0; i < scales; i++) {
    s.xscale[i] = draw_float(d);
    s.xstart[i] = 0;
    for (int k = 0; k < BLOCK; k++) {
      const int x = draw_int8(d);
      s.x[i * BLOCK + (size_t)k] = (int8_t)x;
      s.xstart[i] -= offset * x;
    }
  }
  if (one_in(2)) {
    s.bias = take((size_t)s.outputs * sizeof *s.bias);
    for (int i = 0; i < s.outputs; i++) s.bias[i] = draw_bf16(d);
  }
  s.w = take(w_size(&s));
  s.wscale = take(w_size(&s) / BLOCK * sizeof *s.wscale);
  s.expected = take(y_count(&s) * sizeof *s.expected);
  return s;
}

static void drop_shape(const shape *s) {
  const size_t scales = x_size(s) / BLOCK;
  give_back(s->x, x_size(s));
  give_back(s->xscale, scales * sizeof *s->xscale);
  give_back(s->xstart, scales * sizeof *s->xstart);
  if (s->bias) give_back(s->bias, (size_t)s->outputs * sizeof *s->bias);
  give_back(s->w, w_size(s));
  give_back(s->wscale, w_size(s) / BLOCK * sizeof *s->wscale);
  give_back(s->expected, y_count(s) * sizeof *s->expected);
}

/* Most of the time goes by here, and the sanitizers have nothing to find. */
__attribute__((no_sanitize("address", "undefined"))) static int32_t dot(const int8_t *a, const int8_t *b) {
  int32_t sum = 0;
  for (int i = 0; i < BLOCK; i++) sum += a[i] * b[i];
  return sum;
}

static void expect(const shape *s) {
  for (size_t i = 0; i < y_count(s); i++) s->expected[i] = from_bits(UNTOUCHED);
  for (int row = 0; row < s->rows; row++) {
    for (int output = s->from; output < s->to; output++) {
      const int64_t w = (int64_t)output * s->blocks;
      float sum = 0;
      for (int b = 0; b < s->blocks; b++) {
        const int64_t a = (int64_t)b * s->rows + row;
        const float scale = s->wscale[w + b] * s->xscale[a];
        sum = fmaf((float)dot(s->w + (w + b) * BLOCK, s->x + a * BLOCK), scale, sum);
      }
      s->expected[row * s->stride + output] = s->bias ? sum + from_bf16(s->bias[output]) : sum;
    }
  }
}

/* NaNs are not told apart. */
static int same(float a, float b) { return to_bits(a) == to_bits(b) || (isnan(a) && isnan(b)); }

static void compare(const char *kernel, int instructions, const shape *s, const float *y) {
  for (size_t i = 0; i < y_count(s); i++) {
    if (same(y[i], s->expected[i])) continue;
    fprintf(stderr, "rack72_%s_%s: outputs %d to %d of %d, %d blocks, %d rows, %s bias: ", kernel,
            NAMES[instructions], s->from, s->to, s->outputs, s->blocks, s->rows, s->bias ? "with" : "no");
    fprintf(stderr, "row %d, output %d is %a, not %a\n", (int)((int64_t)i / s->stride),
            (int)((int64_t)i % s->stride), (double)y[i], (double)s->expected[i]);
    exit(1);
  }
}

static float *fresh_y(const shape *s) {
  float *y = take(y_count(s) * sizeof *y);
  for (size_t i = 0; i < y_count(s); i++) y[i] = from_bits(UNTOUCHED);
  return y;
}

static void test_mxfp4(const drawing *d) {
  static const int8_t twice[] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
  const shape s = draw_shape(d, MXFP4_OFFSET);
  const size_t scale_count = w_size(&s) / BLOCK, code_size = scale_count * CODE_BYTES;
  uint8_t *codes = take(code_size), *scales = take(scale_count);
  for (size_t i = 0; i < scale_count; i++) {
    scales[i] = draw_e8m0(d);
    s.wscale[i] = scales[i] == 255 ? NAN : ldexpf(0.5f, scales[i] - 127);
    for (size_t k = 0; k < CODE_BYTES; k++) {
      const uint8_t code = codes[i * CODE_BYTES + k] = draw_mxfp4(d);
      s.w[i * BLOCK + k] = twice[code & 15];
      s.w[i * BLOCK + BLOCK / 2 + k] = twice[code >> 4];
    }
  }
  expect(&s);
  /* Where it begins in a line of the cache differs. */
  const size_t behind = one_in(2) ? 0 : 4 * (size_t)between(1, 15);
  const size_t scratch_size = (size_t)s.blocks * SCRATCH_BYTES + behind;
  for (int instructions = AVX2; instructions <= AMX; instructions++) {
    if (!rack72_has(instructions)) continue;
    float *y = fresh_y(&s);
    uint8_t *scratch = take(scratch_size);
    memset(scratch, 0xA5, scratch_size);
    rack72_mxfp4(instructions, s.x, s.xscale, s.xstart, s.bias, y, s.stride, s.rows, s.blocks, s.from, s.to,
                 codes, scales, scratch);
    compare("mxfp4", instructions, &s, y);
    give_back(scratch, scratch_size);
    give_back(y, y_count(&s) * sizeof *y);
  }
  give_back(codes, code_size);
  give_back(scales, scale_count);
  drop_shape(&s);
}

static void test_int8(const drawing *d) {
  const shape s = draw_shape(d, INT8_OFFSET);
  const size_t tiles = (size_t)(s.outputs + TILE_ROWS - 1) / TILE_ROWS;
  const size_t scale_count = tiles * (size_t)s.blocks * TILE_ROWS, code_size = scale_count * BLOCK;
  uint8_t *codes = take(code_size);
  uint16_t *scales = take(scale_count * sizeof *scales);
  /* What fills up the last tile is zero. */
  memset(codes, INT8_OFFSET, code_size);
  memset(scales, 0, scale_count * sizeof *scales);
  for (int output = 0; output < s.outputs; output++) {
    for (int b = 0; b < s.blocks; b++) {
      const int64_t block = (int64_t)output * s.blocks + b;
      const int64_t tile_block = (int64_t)output / TILE_ROWS * s.blocks + b, lane = output % TILE_ROWS;
      const uint16_t scale = scales[tile_block * TILE_ROWS + lane] = draw_bf16(d);
      s.wscale[block] = from_bf16(scale);
      for (int k = 0; k < BLOCK; k++) {
        const int w = draw_int8(d);
        s.w[block * BLOCK + k] = (int8_t)w;
        codes[tile_block * TILE_BYTES + k / 4 * 64 + lane * 4 + k % 4] = (uint8_t)(w + INT8_OFFSET);
      }
    }
  }
  expect(&s);
  /* Where it begins in a line of the cache differs. */
  const size_t behind = one_in(2) ? 0 : 4 * (size_t)between(1, 15);
  const size_t scratch_size = (size_t)s.blocks * SCRATCH_BYTES + behind;
  for (int instructions = AVX2; instructions <= AMX; instructions++) {
    if (!rack72_has(instructions)) continue;
    float *y = fresh_y(&s);
    uint8_t *scratch = take(scratch_size);
    memset(scratch, 0xA5, scratch_size);
    rack72_int8(instructions, s.x, s.xscale, s.xstart, s.bias, y, s.stride, s.rows, s.blocks, s.from, s.to,
                codes, scales, scratch);
    compare("int8", instructions, &s, y);
    give_back(scratch, scratch_size);
    give_back(y, y_count(&s) * sizeof *y);
  }
  give_back(codes, code_size);
  give_back(scales, scale_count * sizeof *scales);
  drop_shape(&s);
}

/* A weight of any kind: near to others, halfway between two numbers, or any bits at all. */
static uint16_t draw_weight(const drawing *d) {
  if (one_in(8)) return (uint16_t)(to_bits((float)between(-254, 254) / 2) >> 16);
  return one_in(50) ? (uint16_t)next() : draw_bf16(d);
}

static void expect_block(const float *w, uint16_t *scale, int *numbers) {
  float most = 0;
  int infinite = 0;
  for (int k = 0; k < BLOCK; k++) {
    infinite |= !isfinite(w[k]);
    most = fmaxf(most, fabsf(w[k]));
  }
  const uint32_t quotient = to_bits(most / 127);
  *scale = (uint16_t)((quotient >> 16) + ((quotient & 0xFFFF) != 0));
  if (infinite) *scale = 0x7FC0;
  if (from_bf16(*scale) < FLT_MIN) *scale = 0;
  const int zero = infinite || !*scale;
  for (int k = 0; k < BLOCK; k++) {
    const float number = w[k] * (1 / from_bf16(*scale));
    numbers[k] = zero ? 0 : (int)nearbyintf(number);
  }
}

static void test_quantize(const drawing *d) {
  const int rows = between(1, 100), columns = between(1, 200), blocks = (columns + BLOCK - 1) / BLOCK;
  const int tiles = (rows + TILE_ROWS - 1) / TILE_ROWS, from = between(0, tiles), to = between(from, tiles);
  const size_t w_size = (size_t)(rows * columns) * sizeof(uint16_t);
  const size_t code_size = (size_t)(tiles * blocks) * TILE_BYTES;
  const size_t scale_size = code_size / BLOCK * sizeof(uint16_t);
  uint16_t *w = take(w_size), *scales = take(scale_size), *expected_scales = take(scale_size);
  /* In a file they can begin at an odd address. */
  const size_t before = (size_t)between(0, 1);
  uint8_t *placed = take(w_size + before);
  uint8_t *codes = take(code_size), *expected_codes = take(code_size);
  for (int i = 0; i < rows * columns; i++) w[i] = draw_weight(d);
  memcpy(placed + before, w, w_size);
  memset(expected_codes, 0xA5, code_size);
  memset(expected_scales, 0xA5, scale_size);
  for (int row = from * TILE_ROWS; row < to * TILE_ROWS; row++) {
    for (int b = 0; b < blocks; b++) {
      const int lane = row % TILE_ROWS, block = row / TILE_ROWS * blocks + b;
      float weights[BLOCK] = {0};
      int numbers[BLOCK];
      for (int k = 0; row < rows && k < BLOCK && b * BLOCK + k < columns; k++)
        weights[k] = from_bf16(w[row * columns + b * BLOCK + k]);
      expect_block(weights, &expected_scales[block * TILE_ROWS + lane], numbers);
      for (int k = 0; k < BLOCK; k++) {
        const int place = k % 2 * BLOCK / 2 + k / 2;
        expected_codes[block * TILE_BYTES + place / 4 * 64 + lane * 4 + place % 4] =
            (uint8_t)(numbers[k] + INT8_OFFSET);
      }
    }
  }
  for (int instructions = AVX2; instructions <= AMX; instructions++) {
    if (!rack72_has(instructions)) continue;
    memset(codes, 0xA5, code_size);
    memset(scales, 0xA5, scale_size);
    rack72_quantize_int8(instructions, placed + before, rows, columns, from, to, codes, scales);
    if (memcmp(scales, expected_scales, scale_size) || memcmp(codes, expected_codes, code_size)) {
      fprintf(stderr, "rack72_quantize_int8 with %s is wrong: %d x %d, tiles %d to %d\n",
              NAMES[instructions], rows, columns, from, to);
      exit(1);
    }
  }
  give_back(w, w_size);
  give_back(placed, w_size + before);
  give_back(scales, scale_size);
  give_back(expected_scales, scale_size);
  give_back(codes, code_size);
  give_back(expected_codes, code_size);
}

int main(int argc, char **argv) {
  char tested[32] = "";
  int wanted = argc < 2;
  for (int instructions = AVX2; instructions <= AMX; instructions++) {
    if (!rack72_has(instructions)) continue;
    strcat(strcat(tested, " "), NAMES[instructions]);
    if (!wanted) wanted = strcmp(argv[1], NAMES[instructions]) == 0;
  }
  if (!wanted) {
    fprintf(stderr, "rack72: this processor does not run the %s kernels\n", argv[1]);
    return 1;
  }
  if (!*tested) {
    printf("rack72: this processor runs none of the native kernels, so they are not tested\n");
    return 0;
  }
  for (int i = 0; i < SHAPES; i++) {
    const int special[] = {1 << 30, 1000, 100, 5};
    const drawing d = {one_in(4), special[between(0, 3)]};
    test_mxfp4(&d);
    test_int8(&d);
    test_quantize(&d);
  }
  printf("rack72: native kernels for%s gave the right bits for %d shapes\n", tested, 3 * SHAPES);
  return 0;
}
