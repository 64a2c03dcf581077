/* Copies of matrices and images into the order in which products read them. */

#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef __typeof__((vec4){0} < (vec4){0}) index4;
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (index4){__VA_ARGS__})
#endif

/* The transpose of four rows of four numbers. */
INLINE void transpose4(const real *from, int64_t from_row, real *to, int64_t to_row) {
  const vec4 a = *(const vec4 *)from, b = *(const vec4 *)(from + from_row);
  const vec4 c = *(const vec4 *)(from + 2 * from_row), d = *(const vec4 *)(from + 3 * from_row);
  const vec4 ab0 = SHUFFLE(a, b, 0, 4, 1, 5), ab1 = SHUFFLE(a, b, 2, 6, 3, 7);
  const vec4 cd0 = SHUFFLE(c, d, 0, 4, 1, 5), cd1 = SHUFFLE(c, d, 2, 6, 3, 7);
  *(vec4 *)to = SHUFFLE(ab0, cd0, 0, 1, 4, 5);
  *(vec4 *)(to + to_row) = SHUFFLE(ab0, cd0, 2, 3, 6, 7);
  *(vec4 *)(to + 2 * to_row) = SHUFFLE(ab1, cd1, 0, 1, 4, 5);
  *(vec4 *)(to + 3 * to_row) = SHUFFLE(ab1, cd1, 2, 3, 6, 7);
}
#undef SHUFFLE

/* to[columns][rows] = from[rows][columns], whose rows are `from_row` and `to_row` apart: by squares,
   in parts that stay in the cache. */
static __attribute__((noinline, unused)) void transpose(
    const real *restrict from, int64_t from_row, int64_t rows, int64_t columns, real *restrict to,
    int64_t to_row) {
  for (int64_t first = 0; first < columns; first += 64) {
    const int64_t end = first + 64 < columns ? first + 64 : columns;
    const int64_t whole = first + (end - first) / 4 * 4;
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) {
      for (int64_t c = first; c < whole; c += 4)
        transpose4(from + r * from_row + c, from_row, to + c * to_row + r, to_row);
      for (int64_t c = whole; c < end; c++)
        for (int64_t i = r; i < r + 4; i++) to[c * to_row + i] = from[i * from_row + c];
    }
    for (; r < rows; r++)
      for (int64_t c = first; c < end; c++) to[c * to_row + r] = from[r * from_row + c];
  }
}

/* to[rows][columns] = from[rows][columns], whose rows are `from_row` and `to_row` apart. */
static __attribute__((noinline, unused)) void copy_rows(
    const real *restrict from, int64_t from_row, int64_t rows, int64_t columns, real *restrict to,
    int64_t to_row) {
  for (int64_t r = 0; r < rows; r++)
    memcpy(to + r * to_row, from + r * from_row, columns * sizeof(real));
}

/* One panel of b[rows][columns]: its rows one after another, each as `vectors` vectors of `width`
   numbers. The last vector begins at column `last`, and may repeat some of the one before it. Of
   an only vector, `used` numbers are columns and the others zeros. Either the columns of b are
   neighbours or its rows. */
static __attribute__((noinline, unused)) void pack_panel(
    const real *restrict b, int64_t row_step, int64_t column_step, int64_t rows, int64_t width,
    int64_t used, int64_t vectors, int64_t last, real *restrict packed) {
  const int64_t wide = width * vectors;
  if (used < width) memset(packed, 0, rows * wide * sizeof(real));
  for (int64_t v = 0; v < vectors; v++) {
    const real *from = b + (v == vectors - 1 ? last : v * width) * column_step;
    real *to = packed + v * width;
    if (column_step == 1)
      for (int64_t k = 0; k < rows; k++)
        for (int64_t i = 0; i < used; i++) to[k * wide + i] = from[k * row_step + i];
    else
      transpose(from, column_step, used, rows, to, wide);
  }
}

/* x[height][width][channels] inside padded[rows][columns][channels], `top` and `left` from its corner;
   what is outside of it is left out, and what is around x stays as it is. */
static __attribute__((noinline, unused)) void place_image(
    const real *restrict x, int64_t height, int64_t width, int64_t channels, int64_t top,
    int64_t left, real *restrict padded, int64_t rows, int64_t columns) {
  const int64_t first_row = top < 0 ? -top : 0, first_column = left < 0 ? -left : 0;
  const int64_t end_row = height + top < rows ? height : rows - top;
  const int64_t end_column = width + left < columns ? width : columns - left;
  if (end_column <= first_column) return;
  for (int64_t h = first_row; h < end_row; h++)
    memcpy(padded + ((h + top) * columns + first_column + left) * channels,
           x + (h * width + first_column) * channels,
           (end_column - first_column) * channels * sizeof(real));
}

/* As place_image, with each channel `times` times one after another. */
static __attribute__((noinline, unused)) void place_repeated(
    const real *restrict x, int64_t height, int64_t width, int64_t channels, int64_t times,
    int64_t top, int64_t left, real *restrict padded, int64_t rows, int64_t columns) {
  const int64_t first_row = top < 0 ? -top : 0, first_column = left < 0 ? -left : 0;
  const int64_t end_row = height + top < rows ? height : rows - top;
  const int64_t end_column = width + left < columns ? width : columns - left;
  for (int64_t h = first_row; h < end_row; h++)
    for (int64_t w = first_column; w < end_column; w++) {
      const real *from = x + (h * width + w) * channels;
      real *to = padded + ((h + top) * columns + w + left) * channels * times;
      for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < times; i++) to[c * times + i] = from[c];
    }
}

/* sums[i] = the sum of `times` neighbours of x. */
static __attribute__((noinline, unused)) void add_repeated(
    const real *restrict x, int64_t size, int64_t times, real *restrict sums) {
  for (int64_t i = 0; i < size; i++) {
    real sum = x[i * times];
    for (int64_t k = 1; k < times; k++) sum += x[i * times + k];
    sums[i] = sum;
  }
}
