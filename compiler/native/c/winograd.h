/* The maps of Winograd's F(4x4, 3x3) (Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural
   Networks").

   A tile of 4x4 outputs reads a window of 6x6 inputs. Along each axis six inputs are mapped by B^T
   and three weights by G to six frequencies; their products, summed over the channels, are mapped by
   A^T to four outputs. Gradients of outputs are mapped by A, those of mapped weights by G^T. */

enum { WINOGRAD_TILE = 4, WINOGRAD_WINDOW = 6, WINOGRAD_FREQUENCIES = 36 };

/* Where the kernels of `runtime/kernels/` keep the frequencies of the vertical axis. Those of the
   horizontal axis are in the order of the matrices. */
static const int winograd_row[6] = {0, 2, 4, 3, 5, 1};

/* What is along one axis: a vector of channels for each place. */
typedef struct { vec at[3]; } axis3;
typedef struct { vec at[4]; } axis4;
typedef struct { vec at[6]; } axis6;

INLINE axis6 winograd_bt(axis6 d) {
  const vec even = d.at[4] - 4 * d.at[2], odd = d.at[3] - 4 * d.at[1];
  const vec even2 = d.at[4] - d.at[2], odd2 = 2 * (d.at[3] - d.at[1]);
  return (axis6){{4 * d.at[0] - 5 * d.at[2] + d.at[4], even + odd, even - odd, even2 + odd2,
                  even2 - odd2, 4 * d.at[1] - 5 * d.at[3] + d.at[5]}};
}

INLINE axis4 winograd_at(axis6 m) {
  const vec even = m.at[1] + m.at[2], odd = m.at[1] - m.at[2];
  const vec even2 = m.at[3] + m.at[4], odd2 = m.at[3] - m.at[4];
  return (axis4){{m.at[0] + even + even2, odd + 2 * odd2, even + 4 * even2,
                  odd + 8 * odd2 + m.at[5]}};
}

INLINE axis6 winograd_a(axis4 y) {
  const vec even = y.at[0] + y.at[2], odd = y.at[1] + y.at[3];
  const vec even2 = y.at[0] + 4 * y.at[2], odd2 = 2 * y.at[1] + 8 * y.at[3];
  return (axis6){{y.at[0], even + odd, even - odd, even2 + odd2, even2 - odd2, y.at[3]}};
}

INLINE axis6 winograd_g(axis3 g) {
  const real sixth = (real)1 / 6, twelfth = (real)1 / 12, twentyfourth = (real)1 / 24;
  const vec even = sixth * (g.at[0] + g.at[2]), odd = sixth * g.at[1];
  const vec even2 = twentyfourth * g.at[0] + sixth * g.at[2], odd2 = twelfth * g.at[1];
  return (axis6){{(real)0.25 * g.at[0], -even - odd, odd - even, even2 + odd2, even2 - odd2,
                  g.at[2]}};
}

INLINE axis3 winograd_gt(axis6 u) {
  const real sixth = (real)1 / 6, twelfth = (real)1 / 12, twentyfourth = (real)1 / 24;
  const vec even = u.at[1] + u.at[2], even2 = u.at[3] + u.at[4];
  return (axis3){{(real)0.25 * u.at[0] - sixth * even + twentyfourth * even2,
                  sixth * (u.at[2] - u.at[1]) + twelfth * (u.at[3] - u.at[4]),
                  sixth * (even2 - even) + u.at[5]}};
}

/* The first `count` numbers at p; the others are zero. */
INLINE vec load_first(const real *p, int64_t count) {
  if (count >= LANES) return LOAD(p);
  real some[LANES] = {0};
  for (int64_t i = 0; i < count; i++) some[i] = p[i];
  return LOAD(some);
}

/* Stores the first `count` numbers, in pieces of constant sizes, which need no calls. */
INLINE void store_first(real *p, vec v, int64_t count) {
  if (count >= LANES) {
    STORE(p, v);
    return;
  }
  real all[LANES];
  STORE(all, v);
  int64_t done = 0;
#pragma GCC unroll 4
  for (int64_t piece = LANES / 2; piece > 0; piece /= 2)
    if (count & piece) {
      memcpy(p + done, all + done, piece * sizeof(real));
      done += piece;
    }
}

/* Images and the tiles into which they are cut. */
typedef struct {
  int64_t height, width, channels;
  int64_t top, left;    /* margins of zeros before the images */
  int64_t down, across; /* tiles along each axis */
  int64_t size;         /* numbers in all images */
} tiled_images;

/* What a tile reads or writes: the place of its corner from the start of the images, which may be
   in a margin, and which of its rows and columns are inside of the image. */
typedef struct {
  int64_t corner;
  int64_t first_row, end_row, first_column, end_column;
} tile_window;

INLINE int64_t clip(int64_t value, int64_t most) {
  return value < 0 ? 0 : value > most ? most : value;
}

INLINE tile_window window_of(const tiled_images *images, int64_t tile, int64_t size) {
  const int64_t across = tile % images->across, down = tile / images->across % images->down;
  const int64_t image = tile / (images->across * images->down);
  const int64_t y = down * WINOGRAD_TILE - images->top, x = across * WINOGRAD_TILE - images->left;
  return (tile_window){((image * images->height + y) * images->width + x) * images->channels,
                       clip(-y, size), clip(images->height - y, size),
                       clip(-x, size), clip(images->width - x, size)};
}

INLINE int is_whole(tile_window window, int64_t size) {
  return window.first_row == 0 && window.end_row == size && window.first_column == 0 &&
         window.end_column == size;
}

/* How many numbers are read at channel c of each place: a whole vector, unless that goes beyond the
   end of the images. The numbers after the last channel are those of the next place; nothing uses
   what they are mapped to. */
INLINE int64_t numbers_to_read(const tiled_images *images, tile_window window, int64_t c) {
  const int64_t last = (window.end_row - 1) * images->width + window.end_column - 1;
  const int64_t end = window.corner + last * images->channels + c + LANES;
  return end <= images->size ? LANES : images->channels - c;
}

/* The rows of a window and the steps between their places: those outside of the image are zeros. */
typedef struct { const real *row[6]; int64_t step[6]; } window_rows;

static const real winograd_zeros[LANES] = {0};

INLINE window_rows rows_of(const real *x, const tiled_images *images, tile_window window,
                           int size) {
  window_rows found;
  for (int i = 0; i < size; i++) {
    const int inside = i >= window.first_row && i < window.end_row;
    found.row[i] = inside ? x + (window.corner + i * images->width * images->channels)
                          : winograd_zeros;
    found.step[i] = inside ? images->channels : 0;
  }
  return found;
}

/* Maps and stores what is along the horizontal axis; frequencies are `step` apart. */
#define STORE_FREQUENCIES(map, rows, out, step)                             \
  for (int r = 0; r < 6; r++) {                                             \
    const axis6 mapped = map((rows)[r]);                                    \
    real *stored = (out) + 6 * winograd_row[r] * (step);                    \
    for (int s = 0; s < 6; s++) STORE(stored + s * (step), mapped.at[s]);   \
  }

/* B^T d B of a window and a vector of channels: the columns from `first` to `end` of d are inside of
   the image, and `count` numbers are read at each place. */
INLINE void spread_window(window_rows from, int64_t first, int64_t end, int64_t count, real *out,
                          int64_t step) {
  axis6 rows[6];
  for (int r = 0; r < 6; r++) rows[r] = (axis6){{{0}}};
  for (int64_t j = first; j < end; j++) {
    axis6 column;
#pragma GCC unroll 6
    for (int i = 0; i < 6; i++) column.at[i] = load_first(from.row[i] + j * from.step[i], count);
    column = winograd_bt(column);
#pragma GCC unroll 6
    for (int r = 0; r < 6; r++) rows[r].at[j] = column.at[r];
  }
  STORE_FREQUENCIES(winograd_bt, rows, out, step)
}

/* A dy A^T of a tile of gradients, as spread_window. */
INLINE void spread_gradient(window_rows from, int64_t first, int64_t end, int64_t count, real *out,
                            int64_t step) {
  axis4 rows[6];
  for (int r = 0; r < 6; r++) rows[r] = (axis4){{{0}}};
  for (int64_t j = first; j < end; j++) {
    axis4 column;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) column.at[i] = load_first(from.row[i] + j * from.step[i], count);
    const axis6 mapped = winograd_a(column);
#pragma GCC unroll 6
    for (int r = 0; r < 6; r++) rows[r].at[j] = mapped.at[r];
  }
  STORE_FREQUENCIES(winograd_a, rows, out, step)
}

/* Zero in place of negative numbers; NaN stays. */
INLINE vec clip_at_zero(vec v) {
  __typeof__(v < v) negative = v < (vec){0};
  return (vec)((__typeof__(negative))v & ~negative);
}

/* y = A^T m A of a tile and `count` channels, plus the bias unless it is NULL, clipped at zero with
   `relu`. */
INLINE void collect_tile(const real *m, int64_t step, const real *bias, int relu, real *y,
                         const tiled_images *images, tile_window window, int64_t count) {
  axis6 rows[4];
  for (int s = 0; s < 6; s++) {
    axis6 column;
#pragma GCC unroll 6
    for (int r = 0; r < 6; r++) column.at[r] = LOAD(m + (6 * winograd_row[r] + s) * step);
    const axis4 mapped = winograd_at(column);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) rows[i].at[s] = mapped.at[i];
  }
  const vec added = bias ? load_first(bias, count) : (vec){0};
  for (int i = 0; i < window.end_row; i++) {
    axis4 mapped = winograd_at(rows[i]);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
      mapped.at[j] += added;
      if (relu) mapped.at[j] = clip_at_zero(mapped.at[j]);
    }
    real *stored = y + window.corner + i * images->width * images->channels;
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++)
      if (j < window.end_column) store_first(stored + j * images->channels, mapped.at[j], count);
  }
}

/* The same for windows that are cut by an edge of the image and for a last vector that is not
   whole: functions of their own, because only the usual case is worth inlining. */
static __attribute__((noinline)) UNUSED void spread_cut_window(
    const real *x, const tiled_images *images, tile_window window, int64_t count, real *out,
    int64_t step) {
  spread_window(rows_of(x, images, window, 6), window.first_column, window.end_column, count, out,
                step);
}

static __attribute__((noinline)) UNUSED void spread_cut_gradient(
    const real *dy, const tiled_images *images, tile_window window, int64_t count, real *out,
    int64_t step) {
  spread_gradient(rows_of(dy, images, window, 4), window.first_column, window.end_column, count,
                  out, step);
}

static __attribute__((noinline)) UNUSED void collect_cut_tile(
    const real *m, int64_t step, const real *bias, int relu, real *y, const tiled_images *images,
    tile_window window, int64_t count) {
  collect_tile(m, step, bias, relu, y, images, window, count);
}

/* Channels, padded to whole vectors: the step from one mapped tile to the next. */
INLINE int64_t padded_channels(const tiled_images *images) {
  return (images->channels + LANES - 1) / LANES * LANES;
}



/* out[36][tiles][channels] = B^T d B of `tiles` tiles, from `first` on; frequencies are `step`
   apart. */
static __attribute__((noinline)) UNUSED void spread_windows(
    const real *x, const tiled_images *images, int64_t first, int64_t tiles, real *out,
    int64_t step) {
  for (int64_t t = 0; t < tiles; t++) {
    const tile_window window = window_of(images, first + t, 6);
    const tile_window whole = {window.corner, 0, 6, 0, 6};
    const int inside = is_whole(window, 6);
    for (int64_t c = 0; c < images->channels; c += LANES) {
      real *to = out + t * padded_channels(images) + c;
      const int64_t count = numbers_to_read(images, window, c);
      if (inside && count == LANES)
        spread_window(rows_of(x + c, images, whole, 6), 0, 6, LANES, to, step);
      else
        spread_cut_window(x + c, images, window, count, to, step);
    }
  }
}

/* out[36][tiles][channels] = A dy A^T, as spread_windows. */
static __attribute__((noinline)) UNUSED void spread_gradients(
    const real *dy, const tiled_images *images, int64_t first, int64_t tiles, real *out,
    int64_t step) {
  for (int64_t t = 0; t < tiles; t++) {
    const tile_window window = window_of(images, first + t, 4);
    const tile_window whole = {window.corner, 0, 4, 0, 4};
    const int inside = is_whole(window, 4);
    for (int64_t c = 0; c < images->channels; c += LANES) {
      real *to = out + t * padded_channels(images) + c;
      const int64_t count = numbers_to_read(images, window, c);
      if (inside && count == LANES)
        spread_gradient(rows_of(dy + c, images, whole, 4), 0, 4, LANES, to, step);
      else
        spread_cut_gradient(dy + c, images, window, count, to, step);
    }
  }
}

/* y from `tiles` tiles of m[36][tiles][channels], as collect_tile. */
static __attribute__((noinline)) UNUSED void collect_tiles(
    const real *m, int64_t step, const real *bias, int relu, real *y, const tiled_images *images,
    int64_t first, int64_t tiles) {
  for (int64_t t = 0; t < tiles; t++) {
    const tile_window window = window_of(images, first + t, 4);
    const tile_window whole = {window.corner, 0, 4, 0, 4};
    const int inside = is_whole(window, 4);
    for (int64_t c = 0; c < images->channels; c += LANES) {
      const real *from = m + t * padded_channels(images) + c;
      const real *added = bias ? bias + c : NULL;
      const int64_t count = images->channels - c;
      if (inside && count >= LANES)
        collect_tile(from, step, added, relu, y + c, images, whole, LANES);
      else
        collect_cut_tile(from, step, added, relu, y + c, images, window, count);
    }
  }
}

/* Asks for the last four rows and columns of the window of a tile: the others belong to the tiles
   before it. */
INLINE void prefetch_window(const real *p, const tiled_images *images, int64_t tile, int64_t size,
                            int write) {
  const int64_t line = 64 / sizeof(real);
  const tile_window window = window_of(images, tile, size);
  for (int64_t i = size - WINOGRAD_TILE; i < window.end_row; i++) {
    const int64_t row = window.corner + i * images->width * images->channels;
    const int64_t end = row + window.end_column * images->channels;
    int64_t place = row + (size - WINOGRAD_TILE) * images->channels;
    for (; place < end; place += line) {
      if (write) __builtin_prefetch(p + place, 1, 2);
      else __builtin_prefetch(p + place, 0, 2);
    }
  }
}

/* Asks for every 36th of `tiles` tiles from `first` on, beginning with the f-th: during the products
   of each frequency for some, because memory is idle then. Inline, as GCC leaves out calls of
   functions that do nothing else. */
INLINE void prefetch_to_read(const real *p, const tiled_images *images, int64_t size,
                             int64_t first, int64_t tiles, int64_t f) {
  for (int64_t t = f; t < tiles; t += WINOGRAD_FREQUENCIES)
    prefetch_window(p, images, first + t, size, 0);
}

INLINE void prefetch_to_write(const real *p, const tiled_images *images, int64_t first,
                              int64_t tiles, int64_t f) {
  for (int64_t t = f; t < tiles; t += WINOGRAD_FREQUENCIES)
    prefetch_window(p, images, first + t, WINOGRAD_TILE, 1);
}

/* Copies what spread_windows has made to kept[36][all][channels]. */
static UNUSED void keep_windows(const real *spread, int64_t step, const tiled_images *images,
                                int64_t first, int64_t tiles, real *kept, int64_t all) {
  for (int64_t f = 0; f < WINOGRAD_FREQUENCIES; f++)
    for (int64_t t = 0; t < tiles; t++)
      memcpy(kept + (f * all + first + t) * images->channels,
             spread + f * step + t * padded_channels(images), images->channels * sizeof(real));
}

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
