/* Vectors of fewer numbers than the processor's, for results with few columns. VEC(8) is the type of
   eight numbers; a vector of one is a number. */
#define VECTOR_OF(n) __attribute__((vector_size(n * sizeof(real)), aligned(sizeof(real)), may_alias))
typedef real vec1 __attribute__((may_alias));
typedef real vec2 VECTOR_OF(2);
typedef real vec4 VECTOR_OF(4);
typedef real vec8 VECTOR_OF(8);
typedef real vec16 VECTOR_OF(16);
#undef VECTOR_OF

/* x, and zero where it is below zero; NaN stays. */
#define CLIP_NUMBER(x) ((x) < 0 ? 0 : (x))
#define CLIP_VECTOR(x) \
  ((__typeof__(x))((__typeof__((x) < (x)))(x) & ~((x) < (__typeof__(x)){0})))

/* out[rows][0..size) = (out +) the first numbers of whole[rows][width], plus a bias for each column
   where there is one, clipped at zero with `relu`. */
static __attribute__((noinline, unused)) void store_parts(
    const real *restrict whole, int64_t rows, int64_t width, real *restrict out, int64_t out_row,
    int64_t size, int add, const real *restrict bias, int relu) {
  for (int64_t m = 0; m < rows; m++)
    for (int64_t i = 0; i < size; i++) {
      real sum = whole[m * width + i];
      if (add) sum += out[m * out_row + i];
      if (bias) sum += bias[i];
      out[m * out_row + i] = bias && relu ? CLIP_NUMBER(sum) : sum;
    }
}

/* out[v] = (out[v] +) the sum of partial[v][width]. */
static __attribute__((noinline, unused)) void add_partial(
    const real *restrict partial, int64_t columns, int64_t width, real *restrict out, int add) {
  for (int64_t v = 0; v < columns; v++) {
    real sum = add ? out[v] : 0;
    for (int64_t i = 0; i < width; i++) sum += partial[v * width + i];
    out[v] = sum;
  }
}
