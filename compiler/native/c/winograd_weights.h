/* Weights to frequencies, and gradients back, by the maps of Winograd's F(4x4, 3x3). */

/* u[36][pairs] = G w G^T of w[3][3][pairs] for `count` pairs of input and output channels. */
INLINE void map_some_weights(const real *w, real *u, int64_t pairs, int64_t pair, int64_t count) {
  axis3 rows[6];
  for (int j = 0; j < 3; j++) {
    axis3 column;
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) column.at[i] = load_first(w + (3 * i + j) * pairs + pair, count);
    const axis6 mapped = winograd_g(column);
#pragma GCC unroll 6
    for (int r = 0; r < 6; r++) rows[r].at[j] = mapped.at[r];
  }
  for (int r = 0; r < 6; r++) {
    const axis6 mapped = winograd_g(rows[r]);
    real *stored = u + 6 * winograd_row[r] * pairs + pair;
    for (int s = 0; s < 6; s++) store_first(stored + s * pairs, mapped.at[s], count);
  }
}

static UNUSED void map_weights(const real *w, real *u, int64_t pairs) {
  int64_t pair = 0;
  for (; pair + LANES <= pairs; pair += LANES) map_some_weights(w, u, pairs, pair, LANES);
  if (pair < pairs) map_some_weights(w, u, pairs, pair, pairs - pair);
}

/* dw[3][3][pairs] = G^T du G of du[36][pairs] for `count` pairs of input and output channels. */
INLINE void map_some_gradients(const real *du, real *dw, int64_t pairs, int64_t pair,
                               int64_t count) {
  axis6 rows[3];
  for (int s = 0; s < 6; s++) {
    axis6 column;
#pragma GCC unroll 6
    for (int r = 0; r < 6; r++)
      column.at[r] = load_first(du + (6 * winograd_row[r] + s) * pairs + pair, count);
    const axis3 mapped = winograd_gt(column);
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) rows[i].at[s] = mapped.at[i];
  }
  for (int i = 0; i < 3; i++) {
    const axis3 mapped = winograd_gt(rows[i]);
    for (int j = 0; j < 3; j++) store_first(dw + (3 * i + j) * pairs + pair, mapped.at[j], count);
  }
}

static UNUSED void map_weight_gradients(const real *du, real *dw, int64_t pairs) {
  int64_t pair = 0;
  for (; pair + LANES <= pairs; pair += LANES) map_some_gradients(du, dw, pairs, pair, LANES);
  if (pair < pairs) map_some_gradients(du, dw, pairs, pair, pairs - pair);
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
