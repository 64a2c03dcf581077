/* Weights to frequencies, and gradients back, by the maps of Winograd's F(4x4, 3x3). */

/* Pairs of channels that are mapped together: along one axis, then along the other, a row of
   frequencies after another. All 36 at once would be streams at distances of a power of two, of which
   the first-level cache holds few lines. */
enum { WINOGRAD_PAIRS = 2048 / sizeof(real) };

/* How many pairs from `begin` on are mapped together. */
INLINE int64_t pairs_together(int64_t pairs, int64_t begin) {
  return pairs - begin < WINOGRAD_PAIRS ? pairs - begin : WINOGRAD_PAIRS;
}

/* u[36][pairs] = G w G^T of w[3][3][pairs], the pairs of input and output channels. */
static UNUSED void map_weights(const real *w, real *u, int64_t pairs) {
  real rows[6][3][WINOGRAD_PAIRS];
  for (int64_t begin = 0; begin < pairs; begin += WINOGRAD_PAIRS) {
    const int64_t some = pairs_together(pairs, begin);
    for (int64_t p = 0; p < some; p += LANES)
      for (int j = 0; j < 3; j++) {
        axis3 column;
#pragma GCC unroll 3
        for (int i = 0; i < 3; i++)
          column.at[i] = load_first(w + (3 * i + j) * pairs + begin + p, some - p);
        const axis6 mapped = winograd_g(column);
#pragma GCC unroll 6
        for (int r = 0; r < 6; r++) STORE(rows[r][j] + p, mapped.at[r]);
      }
    for (int r = 0; r < 6; r++)
      for (int64_t p = 0; p < some; p += LANES) {
        const axis3 row = {{LOAD(rows[r][0] + p), LOAD(rows[r][1] + p), LOAD(rows[r][2] + p)}};
        const axis6 mapped = winograd_g(row);
        real *stored = u + 6 * winograd_row[r] * pairs + begin + p;
#pragma GCC unroll 6
        for (int s = 0; s < 6; s++) store_first(stored + s * pairs, mapped.at[s], some - p);
      }
  }
}

/* dw[3][3][pairs] = G^T du G of du[36][pairs]. */
static UNUSED void map_weight_gradients(const real *du, real *dw, int64_t pairs) {
  real rows[6][3][WINOGRAD_PAIRS];
  for (int64_t begin = 0; begin < pairs; begin += WINOGRAD_PAIRS) {
    const int64_t some = pairs_together(pairs, begin);
    for (int r = 0; r < 6; r++)
      for (int64_t p = 0; p < some; p += LANES) {
        const real *read = du + 6 * winograd_row[r] * pairs + begin + p;
        axis6 row;
#pragma GCC unroll 6
        for (int s = 0; s < 6; s++) row.at[s] = load_first(read + s * pairs, some - p);
        const axis3 mapped = winograd_gt(row);
#pragma GCC unroll 3
        for (int j = 0; j < 3; j++) STORE(rows[r][j] + p, mapped.at[j]);
      }
    for (int64_t p = 0; p < some; p += LANES)
      for (int j = 0; j < 3; j++) {
        axis6 column;
#pragma GCC unroll 6
        for (int r = 0; r < 6; r++) column.at[r] = LOAD(rows[r][j] + p);
        const axis3 mapped = winograd_gt(column);
#pragma GCC unroll 3
        for (int i = 0; i < 3; i++)
          store_first(dw + (3 * i + j) * pairs + begin + p, mapped.at[i], some - p);
      }
  }
}

/* rotated[3][3][O][C] = w[3][3][C][O] rotated by 180 degrees, in squares that stay in the cache. */
static UNUSED void rotate_windows(const real *w, real *rotated, int64_t channels, int64_t filters) {
  enum { SQUARE = 16 };
  for (int k = 0; k < 9; k++) {
    const real *from = w + k * channels * filters;
    real *to = rotated + (8 - k) * channels * filters;
    for (int64_t c0 = 0; c0 < channels; c0 += SQUARE)
      for (int64_t o0 = 0; o0 < filters; o0 += SQUARE)
        for (int64_t o = o0; o < o0 + SQUARE && o < filters; o++)
          for (int64_t c = c0; c < c0 + SQUARE && c < channels; c++)
            to[o * channels + c] = from[c * filters + o];
  }
}
