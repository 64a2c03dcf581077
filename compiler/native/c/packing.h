/* Copies of matrices and images into the order in which products read them. */

/* One panel of b[rows][columns]: its rows one after another, each as `vectors` vectors of `width`
   numbers. The last vector begins at column `last`, and may repeat some of the one before it. Of
   an only vector, `used` numbers are columns and the others zeros. */
static __attribute__((noinline, unused)) void pack_panel(
    const real *restrict b, int64_t row_step, int64_t column_step, int64_t rows, int64_t width,
    int64_t used, int64_t vectors, int64_t last, real *restrict packed) {
  const int64_t wide = width * vectors;
  if (used < width) memset(packed, 0, rows * wide * sizeof(real));
  for (int64_t v = 0; v < vectors; v++) {
    const real *from = b + (v == vectors - 1 ? last : v * width) * column_step;
    real *to = packed + v * width;
    if (column_step == 1) {
      for (int64_t k = 0; k < rows; k++)
        for (int64_t i = 0; i < used; i++) to[k * wide + i] = from[k * row_step + i];
    } else {
      for (int64_t first = 0; first < rows; first += 16) {
        const int64_t end = first + 16 < rows ? first + 16 : rows;
        for (int64_t i = 0; i < used; i++)
          for (int64_t k = first; k < end; k++)
            to[k * wide + i] = from[k * row_step + i * column_step];
      }
    }
  }
}

/* to[columns][rows] = from[rows][columns], by squares that stay in the cache. */
static __attribute__((noinline, unused)) void transpose(
    const real *restrict from, int64_t rows, int64_t columns, real *restrict to) {
  for (int64_t r0 = 0; r0 < rows; r0 += 16)
    for (int64_t c0 = 0; c0 < columns; c0 += 16) {
      const int64_t r1 = r0 + 16 < rows ? r0 + 16 : rows;
      const int64_t c1 = c0 + 16 < columns ? c0 + 16 : columns;
      for (int64_t c = c0; c < c1; c++)
        for (int64_t r = r0; r < r1; r++) to[c * rows + r] = from[r * columns + c];
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
