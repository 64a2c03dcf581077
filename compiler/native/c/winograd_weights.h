/* Weights to frequencies, and gradients back, by Winograd's maps. */

/* Pairs of channels that are mapped together: along one axis, then along the other, a row of
   frequencies after another. All 36 at once would be streams at distances of a power of two, of which
   the first-level cache holds few lines. */
enum { WINOGRAD_PAIRS = 2048 / sizeof(real) };

/* How many pairs from `begin` on are mapped together. */
INLINE int64_t pairs_together(int64_t pairs, int64_t begin) {
  return pairs - begin < WINOGRAD_PAIRS ? pairs - begin : WINOGRAD_PAIRS;
}

/* u[36][pairs] = G w G^T of w[n][n][pairs], the pairs of input and output channels. */
INLINE void map_weights(int n, const real *w, real *u, int64_t pairs) {
  real rows[6][5][WINOGRAD_PAIRS];
  for (int64_t begin = 0; begin < pairs; begin += WINOGRAD_PAIRS) {
    const int64_t some = pairs_together(pairs, begin);
    for (int64_t p = 0; p < some; p += LANES)
      for (int j = 0; j < n; j++) {
        axis6 column;
#pragma GCC unroll 5
        for (int i = 0; i < n; i++)
          column.at[i] = load_first(w + (n * i + j) * pairs + begin + p, some - p);
        const axis6 mapped = winograd_g(column, n);
#pragma GCC unroll 6
        for (int r = 0; r < 6; r++) STORE(rows[r][j] + p, mapped.at[r]);
      }
    for (int r = 0; r < 6; r++)
      for (int64_t p = 0; p < some; p += LANES) {
        axis6 row;
#pragma GCC unroll 5
        for (int j = 0; j < n; j++) row.at[j] = LOAD(rows[r][j] + p);
        const axis6 mapped = winograd_g(row, n);
        real *stored = u + 6 * winograd_row[r] * pairs + begin + p;
#pragma GCC unroll 6
        for (int s = 0; s < 6; s++) store_first(stored + s * pairs, mapped.at[s], some - p);
      }
  }
}

/* dw[n][n][pairs] = G^T du G of du[36][pairs]. */
INLINE void map_weight_gradients(int n, const real *du, real *dw, int64_t pairs) {
  real rows[6][5][WINOGRAD_PAIRS];
  for (int64_t begin = 0; begin < pairs; begin += WINOGRAD_PAIRS) {
    const int64_t some = pairs_together(pairs, begin);
    for (int r = 0; r < 6; r++)
      for (int64_t p = 0; p < some; p += LANES) {
        const real *read = du + 6 * winograd_row[r] * pairs + begin + p;
        axis6 row;
#pragma GCC unroll 6
        for (int s = 0; s < 6; s++) row.at[s] = load_first(read + s * pairs, some - p);
        const axis6 mapped = winograd_gt(row, n);
#pragma GCC unroll 5
        for (int j = 0; j < n; j++) STORE(rows[r][j] + p, mapped.at[j]);
      }
    for (int64_t p = 0; p < some; p += LANES)
      for (int j = 0; j < n; j++) {
        axis6 column;
#pragma GCC unroll 6
        for (int r = 0; r < 6; r++) column.at[r] = LOAD(rows[r][j] + p);
        const axis6 mapped = winograd_gt(column, n);
#pragma GCC unroll 5
        for (int i = 0; i < n; i++)
          store_first(dw + (n * i + j) * pairs + begin + p, mapped.at[i], some - p);
      }
  }
}

/* The same for each size of windows. */
static UNUSED void map_weights_3(const real *w, real *u, int64_t pairs) {
  map_weights(3, w, u, pairs);
}

static UNUSED void map_weights_5(const real *w, real *u, int64_t pairs) {
  map_weights(5, w, u, pairs);
}

static UNUSED void map_weight_gradients_3(const real *du, real *dw, int64_t pairs) {
  map_weight_gradients(3, du, dw, pairs);
}

static UNUSED void map_weight_gradients_5(const real *du, real *dw, int64_t pairs) {
  map_weight_gradients(5, du, dw, pairs);
}

/* rotated[n][n][O][C] = w[n][n][C][O] rotated by 180 degrees, in squares that stay in the cache. */
static UNUSED void rotate_windows(int64_t n, const real *w, real *rotated, int64_t channels,
                                  int64_t filters) {
  enum { SQUARE = 16 };
  for (int64_t k = 0; k < n * n; k++) {
    const real *from = w + k * channels * filters;
    real *to = rotated + (n * n - 1 - k) * channels * filters;
    for (int64_t c0 = 0; c0 < channels; c0 += SQUARE)
      for (int64_t o0 = 0; o0 < filters; o0 += SQUARE)
        for (int64_t o = o0; o < o0 + SQUARE && o < filters; o++)
          for (int64_t c = c0; c < c0 + SQUARE && c < channels; c++)
            to[o * channels + c] = from[c * filters + o];
  }
}
