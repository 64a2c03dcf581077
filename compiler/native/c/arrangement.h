/* Moving numbers: layouts, parts of rows, positions, and rows of a table. */

enum { TILE = 16, TILE_POSITIONS = 4, TILE_ROW = TILE_POSITIONS * TILE + 16 };

/* Where a tile that starts at `begin` ends. */
INLINE int64_t tile_end(int64_t begin, int64_t step, int64_t size) {
  return begin + step < size ? begin + step : size;
}

/* y[b][m][a] = x[a][m][b], in tiles that stay in the first-level cache. */
INLINE void swap_outer_axes(const real *restrict x, real *restrict y, int64_t a_size,
                            int64_t m_size, int64_t b_size) {
  for (int64_t m = 0; m < m_size; m++)
    for (int64_t a0 = 0; a0 < a_size; a0 += TILE)
      for (int64_t b0 = 0; b0 < b_size; b0 += TILE)
        for (int64_t b = b0; b < tile_end(b0, TILE, b_size); b++)
          for (int64_t a = a0; a < tile_end(a0, TILE, a_size); a++)
            y[(b * m_size + m) * a_size + a] = x[(a * m_size + m) * b_size + b];
}

/* The same where rows of x or y are a multiple of a page apart, which the cache has few places for:
   by way of a tile of some positions whose rows are not. */
INLINE void swap_paged_axes(const real *restrict x, real *restrict y, int64_t a_size,
                            int64_t m_size, int64_t b_size) {
  real tile[TILE * TILE_ROW];
  for (int64_t m0 = 0; m0 < m_size; m0 += TILE_POSITIONS) {
    const int64_t m1 = tile_end(m0, TILE_POSITIONS, m_size);
    for (int64_t a0 = 0; a0 < a_size; a0 += TILE)
      for (int64_t b0 = 0; b0 < b_size; b0 += TILE) {
        const int64_t a1 = tile_end(a0, TILE, a_size), b1 = tile_end(b0, TILE, b_size);
        for (int64_t a = a0; a < a1; a++)
          for (int64_t m = m0; m < m1; m++)
            memcpy(tile + (a - a0) * TILE_ROW + (m - m0) * TILE,
                   x + (a * m_size + m) * b_size + b0, (size_t)(b1 - b0) * sizeof(real));
        for (int64_t b = b0; b < b1; b++)
          for (int64_t m = m0; m < m1; m++)
            for (int64_t a = a0; a < a1; a++)
              y[(b * m_size + m) * a_size + a] =
                  tile[(a - a0) * TILE_ROW + (m - m0) * TILE + b - b0];
      }
  }
}

/* The same for a short last axis of x. */
INLINE void swap_short_axis(const real *restrict x, real *restrict y, int64_t a_size,
                            int64_t m_size, int64_t b_size) {
  for (int64_t m0 = 0; m0 < m_size; m0 += TILE)
    for (int64_t a0 = 0; a0 < a_size; a0 += TILE)
      for (int64_t b = 0; b < b_size; b++)
        for (int64_t m = m0; m < tile_end(m0, TILE, m_size); m++)
          for (int64_t a = a0; a < tile_end(a0, TILE, a_size); a++)
            y[(b * m_size + m) * a_size + a] = x[(a * m_size + m) * b_size + b];
}

/* Copies `columns` of each row of x, from `from` on, to `to` in the rows of y. */
INLINE void copy_columns(const real *restrict x, real *restrict y, int64_t rows, int64_t columns,
                         int64_t x_columns, int64_t from, int64_t y_columns, int64_t to) {
  for (int64_t r = 0; r < rows; r++)
    memcpy(y + r * y_columns + to, x + r * x_columns + from, (size_t)columns * sizeof(real));
}

/* Images of height x width positions. */
struct image {
  int64_t samples, height, width, channels;
};

/* The inner image in the outer one, whose other positions are 0. */
INLINE void pad_image(const real *restrict inner, struct image of, real *restrict outer,
                      struct image in, int64_t top, int64_t left) {
  const int64_t row = of.width * of.channels, length = in.width * in.channels;
  memset(outer, 0, (size_t)(in.samples * in.height * length) * sizeof(real));
  for (int64_t n = 0; n < of.samples; n++)
    for (int64_t h = 0; h < of.height; h++)
      memcpy(outer + (n * in.height + top + h) * length + left * in.channels,
             inner + (n * of.height + h) * row, (size_t)row * sizeof(real));
}

/* The inner image of the outer one. */
INLINE void crop_image(const real *restrict outer, struct image of, real *restrict inner,
                       struct image in, int64_t top, int64_t left) {
  const int64_t row = in.width * in.channels, length = of.width * of.channels;
  for (int64_t n = 0; n < in.samples; n++)
    for (int64_t h = 0; h < in.height; h++)
      memcpy(inner + (n * in.height + h) * row,
             outer + (n * of.height + top + h) * length + left * of.channels,
             (size_t)row * sizeof(real));
}

/* Every position of the small image, `down` x `across` times in the large one. */
INLINE void repeat_positions(const real *restrict small, struct image of, real *restrict large,
                             int64_t down, int64_t across) {
  const int64_t row = of.width * across * of.channels;
  for (int64_t h = 0; h < of.samples * of.height; h++) {
    real *restrict first = large + h * down * row;
    for (int64_t w = 0; w < of.width; w++)
      for (int64_t j = 0; j < across; j++)
        memcpy(first + (w * across + j) * of.channels, small + (h * of.width + w) * of.channels,
               (size_t)of.channels * sizeof(real));
    for (int64_t i = 1; i < down; i++)
      memcpy(first + i * row, first, (size_t)row * sizeof(real));
  }
}

/* The sums over the repeats. */
INLINE void add_repeats(const real *restrict large, struct image of, real *restrict small,
                        int64_t down, int64_t across) {
  const int64_t channels = of.channels, row = of.width * across * channels;
  for (int64_t h = 0; h < of.samples * of.height; h++)
    for (int64_t w = 0; w < of.width; w++) {
      const real *restrict in = large + h * down * row + w * across * channels;
      real *restrict out = small + (h * of.width + w) * channels;
      for (int64_t c = 0; c < channels; c++) {
        real sum = 0;
        for (int64_t i = 0; i < down; i++)
          for (int64_t j = 0; j < across; j++) sum += in[i * row + j * channels + c];
        out[c] = sum;
      }
    }
}

/* An id as the number of a row, held between the first and the last one; NaN is 0. */
INLINE int64_t row_of_id(real id, int64_t rows) {
  return id >= 1 ? (id < (real)rows ? (int64_t)id : rows - 1) : 0;
}

/* y[i] = the row of w[rows][columns] with the number ids[i]. */
INLINE void take_rows(const real *restrict w, const real *restrict ids, real *restrict y,
                      int64_t count, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < count; i++)
    memcpy(y + i * columns, w + row_of_id(ids[i], rows) * columns,
           (size_t)columns * sizeof(real));
}

/* dw[rows][columns]: each row is the sum of the dy[i] whose id is its number. */
INLINE void take_rows_gradient(const real *restrict dy, const real *restrict ids,
                               real *restrict dw, int64_t count, int64_t rows, int64_t columns) {
  memset(dw, 0, (size_t)(rows * columns) * sizeof(real));
  for (int64_t i = 0; i < count; i++) {
    real *restrict out = dw + row_of_id(ids[i], rows) * columns;
    const real *restrict in = dy + i * columns;
    for (int64_t c = 0; c < columns; c++) out[c] += in[c];
  }
}

/* y = x, x^2, x^3, ... of each row. */
INLINE void powers_of_rows(const real *restrict x, real *restrict y, int64_t rows,
                           int64_t features, int64_t degrees) {
  for (int64_t r = 0; r < rows; r++) {
    const real *restrict in = x + r * features;
    real *restrict out = y + r * features * degrees;
    for (int64_t f = 0; f < features; f++) {
      real power = 1;
      for (int64_t d = 0; d < degrees; d++) out[d * features + f] = power *= in[f];
    }
  }
}

/* dx = dy_1 + 2 x dy_2 + 3 x^2 dy_3 + ... of each row. */
INLINE void powers_gradient(const real *restrict dy, const real *restrict x, real *restrict dx,
                            int64_t rows, int64_t features, int64_t degrees) {
  for (int64_t r = 0; r < rows; r++) {
    const real *restrict in = dy + r * features * degrees;
    for (int64_t f = 0; f < features; f++) {
      const real base = x[r * features + f];
      real sum = in[f], power = 1;
      for (int64_t d = 1; d < degrees; d++) {
        power *= base;
        sum += (real)(d + 1) * power * in[d * features + f];
      }
      dx[r * features + f] = sum;
    }
  }
}
