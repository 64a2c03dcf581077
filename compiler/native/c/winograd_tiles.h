/* Tiles of images to frequencies and back, by Winograd's maps. */

/* Images and the tiles into which they are cut. */
typedef struct {
  int64_t height, width, channels;
  int64_t top, left;    /* margins of zeros before the images */
  int64_t tile;         /* places along each axis of a tile of outputs */
  int64_t down, across; /* tiles along each axis */
  int64_t size;         /* numbers in all images */
} tiled_images;

/* What a tile reads or writes: the place of its corner from the start of the images, which may be
   in a margin, and which of its rows and columns are inside of the image. */
typedef struct {
  int64_t corner;
  int64_t first_row, end_row, first_column, end_column;
} tile_window;

/* A number of rows or columns: at least 0 and at most `most`. */
INLINE int64_t clip(int64_t value, int64_t most) {
  return value < 0 ? 0 : value > most ? most : value;
}

/* The window of a tile, `size` places in each direction. */
INLINE tile_window window_of(const tiled_images *images, int64_t tile, int64_t size) {
  const int64_t across = tile % images->across, down = tile / images->across % images->down;
  const int64_t image = tile / (images->across * images->down);
  const int64_t y = down * images->tile - images->top, x = across * images->tile - images->left;
  return (tile_window){((image * images->height + y) * images->width + x) * images->channels,
                       clip(-y, size), clip(images->height - y, size),
                       clip(-x, size), clip(images->width - x, size)};
}

/* Whether all of a window is inside of the image. */
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

/* Where the rows of a window are and the steps between their places (of zeros for rows outside of the
   image), and the columns from `first` to `end` that are inside. */
typedef struct {
  const real *row[6];
  int64_t step[6];
  int64_t first, end;
} window_places;

static const real winograd_zeros[LANES] = {0};

/* The places of a window at one vector of channels of x. */
INLINE window_places places_of(const real *x, const tiled_images *images, tile_window window,
                               int size) {
  window_places found = {.first = window.first_column, .end = window.end_column};
  for (int i = 0; i < size; i++) {
    const int inside = i >= window.first_row && i < window.end_row;
    found.row[i] = inside ? x + (window.corner + i * images->width * images->channels)
                          : winograd_zeros;
    found.step[i] = inside ? images->channels : 0;
  }
  return found;
}

/* The first `count` numbers at all places of a window, copied to where whole vectors can be read;
   zeros outside of the image. */
INLINE window_places copy_places(window_places from, int size, int64_t count, real *copy) {
  window_places found = {.first = 0, .end = size};
  for (int i = 0; i < size; i++) {
    real *row = copy + i * size * LANES;
    for (int64_t j = 0; j < size; j++) {
      vec read = {0};
      if (j >= from.first && j < from.end)
        read = load_first(from.row[i] + j * from.step[i], count);
      STORE(row + j * LANES, read);
    }
    found.row[i] = row;
    found.step[i] = LANES;
  }
  return found;
}

/* The numbers at a place; 0 outside of the image. */
INLINE vec place(const window_places *from, int i, int j) {
  if (j < from->first || j >= from->end) return (vec){0};
  return LOAD(from->row[i] + j * from->step[i]);
}

/* The maps along the vertical axis make two rows at a time, which share their sums and stay in
   registers until they are mapped along the horizontal axis. To read the numbers again for the next
   two rows takes less time than to store all rows in between. */

/* Row r of the frequencies; they are `step` apart. */
INLINE void store_frequencies(axis6 mapped, int r, real *out, int64_t step) {
  real *stored = out + 6 * winograd_row[r] * step;
#pragma GCC unroll 6
  for (int s = 0; s < 6; s++) STORE(stored + s * step, mapped.at[s]);
}

/* B^T d B of a window and a vector of channels. */
INLINE void spread_window(window_places d, real *out, int64_t step) {
  axis6 one, other;
#pragma GCC unroll 6
  for (int j = 0; j < 6; j++) {
    const vec even = place(&d, 4, j) - 4 * place(&d, 2, j);
    const vec odd = place(&d, 3, j) - 4 * place(&d, 1, j);
    one.at[j] = even + odd;
    other.at[j] = even - odd;
  }
  store_frequencies(winograd_bt(one), 1, out, step);
  store_frequencies(winograd_bt(other), 2, out, step);
#pragma GCC unroll 6
  for (int j = 0; j < 6; j++) {
    const vec even = place(&d, 4, j) - place(&d, 2, j);
    const vec odd = 2 * (place(&d, 3, j) - place(&d, 1, j));
    one.at[j] = even + odd;
    other.at[j] = even - odd;
  }
  store_frequencies(winograd_bt(one), 3, out, step);
  store_frequencies(winograd_bt(other), 4, out, step);
#pragma GCC unroll 6
  for (int j = 0; j < 6; j++) {
    one.at[j] = 4 * place(&d, 0, j) - 5 * place(&d, 2, j) + place(&d, 4, j);
    other.at[j] = 4 * place(&d, 1, j) - 5 * place(&d, 3, j) + place(&d, 5, j);
  }
  store_frequencies(winograd_bt(one), 0, out, step);
  store_frequencies(winograd_bt(other), 5, out, step);
}

/* A dy A^T of a tile of n x n gradients and a vector of channels. */
INLINE void spread_gradient(window_places dy, int n, real *out, int64_t step) {
  axis6 one, other;
#pragma GCC unroll 2
  for (int point = 1; point <= 2; point++) {
#pragma GCC unroll 4
    for (int j = 0; j < n; j++) {
      axis6 column;
#pragma GCC unroll 4
      for (int i = 0; i < n; i++) column.at[i] = place(&dy, i, j);
      const two_values found = values_at(point, column, n);
      one.at[j] = found.plus;
      other.at[j] = found.minus;
    }
    store_frequencies(winograd_a(one, n), 2 * point - 1, out, step);
    store_frequencies(winograd_a(other, n), 2 * point, out, step);
  }
#pragma GCC unroll 4
  for (int j = 0; j < n; j++) {
    one.at[j] = place(&dy, 0, j);
    other.at[j] = place(&dy, n - 1, j);
  }
  store_frequencies(winograd_a(one, n), 0, out, step);
  store_frequencies(winograd_a(other, n), 5, out, step);
}

/* Where the outputs of a tile go: the step between rows and that between columns. The bias is added
   to them, and with `relu` they are clipped at zero. */
typedef struct {
  real *corner;
  int64_t row, column;
  vec bias;
  int relu;
} tile_outputs;

/* Row i of the n x n outputs of a tile, with bias and ReLU. */
INLINE void store_outputs(axis6 mapped, int i, int n, tile_outputs y) {
#pragma GCC unroll 4
  for (int j = 0; j < n; j++) {
    const vec sum = mapped.at[j] + y.bias;
    STORE(y.corner + i * y.row + j * y.column, y.relu ? CLIP_VECTOR(sum) : sum);
  }
}

/* y = A^T m A of a tile of n x n outputs and a vector of channels. */
INLINE void collect_tile(const real *m, int64_t step, int n, tile_outputs y) {
#pragma GCC unroll 2
  for (int i = 0; i < n / 2; i++) {
    axis6 one, other;
#pragma GCC unroll 6
    for (int s = 0; s < 6; s++) {
      axis6 column;
#pragma GCC unroll 6
      for (int r = 0; r < 6; r++) column.at[r] = LOAD(m + (6 * winograd_row[r] + s) * step);
      const axis6 mapped = winograd_at(column, n);
      one.at[s] = mapped.at[i];
      other.at[s] = mapped.at[i + n / 2];
    }
    store_outputs(winograd_at(one, n), i, n, y);
    store_outputs(winograd_at(other, n), i + n / 2, n, y);
  }
}

/* As spread_window, for windows that are cut by an edge of the image, and for a last vector that is
   not whole. */
static __attribute__((noinline)) UNUSED void spread_cut_window(
    const real *x, const tiled_images *images, tile_window window, int64_t count, real *out,
    int64_t step) {
  real copy[6 * 6 * LANES];
  window_places d = places_of(x, images, window, 6);
  if (count < LANES) d = copy_places(d, 6, count, copy);
  spread_window(d, out, step);
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
        spread_window(places_of(x + c, images, whole, 6), to, step);
      else
        spread_cut_window(x + c, images, window, count, to, step);
    }
  }
}

/* out[36][tiles][channels] = A dy A^T of tiles of n x n gradients, as spread_windows. */
INLINE void spread_gradients(int n, const real *dy, const tiled_images *images, int64_t first,
                             int64_t tiles, real *out, int64_t step) {
  real copy[4 * 4 * LANES];
  for (int64_t t = 0; t < tiles; t++) {
    const tile_window window = window_of(images, first + t, n);
    const tile_window whole = {window.corner, 0, n, 0, n};
    const int inside = is_whole(window, n);
    for (int64_t c = 0; c < images->channels; c += LANES) {
      const int64_t count = numbers_to_read(images, window, c);
      window_places places = places_of(dy + c, images, whole, n);
      if (!inside || count < LANES)
        places = copy_places(places_of(dy + c, images, window, n), n, count, copy);
      places.first = 0;
      places.end = n;
      spread_gradient(places, n, out + t * padded_channels(images) + c, step);
    }
  }
}

/* y = A^T m A of `tiles` tiles of m[36][tiles][channels] to n x n outputs, plus the bias unless it is
   NULL, and clipped at zero with `relu`; of the channels from `begin`, which is a whole number of
   vectors, up to `end`. */
INLINE void collect_tiles(int n, const real *m, int64_t step, const real *bias, int relu, real *y,
                          const tiled_images *images, int64_t first, int64_t tiles, int64_t begin,
                          int64_t end) {
  real copy[4 * 4 * LANES];
  const int64_t row = images->width * images->channels;
  for (int64_t t = 0; t < tiles; t++) {
    const tile_window window = window_of(images, first + t, n);
    const int inside = is_whole(window, n);
    for (int64_t c = begin; c < end; c += LANES) {
      const int64_t count = images->channels - c;
      const int whole = inside && count >= LANES;
      const vec added = bias ? load_first(bias + c, count) : (vec){0};
      real *corner = y + window.corner + c;
      const tile_outputs to = {whole ? corner : copy, whole ? row : n * LANES,
                               whole ? images->channels : LANES, added, relu};
      collect_tile(m + t * padded_channels(images) + c, step, n, to);
      if (whole) continue;
      for (int64_t i = 0; i < window.end_row; i++)
        for (int64_t j = 0; j < window.end_column; j++)
          store_first(corner + i * row + j * images->channels, LOAD(copy + (n * i + j) * LANES),
                      count);
    }
  }
}

/* The same for each size of tiles. */
static __attribute__((noinline)) UNUSED void spread_gradients_2(
    const real *dy, const tiled_images *images, int64_t first, int64_t tiles, real *out,
    int64_t step) {
  spread_gradients(2, dy, images, first, tiles, out, step);
}

static __attribute__((noinline)) UNUSED void spread_gradients_4(
    const real *dy, const tiled_images *images, int64_t first, int64_t tiles, real *out,
    int64_t step) {
  spread_gradients(4, dy, images, first, tiles, out, step);
}

static __attribute__((noinline)) UNUSED void collect_tiles_2(
    const real *m, int64_t step, const real *bias, int relu, real *y, const tiled_images *images,
    int64_t first, int64_t tiles, int64_t begin, int64_t end) {
  collect_tiles(2, m, step, bias, relu, y, images, first, tiles, begin, end);
}

static __attribute__((noinline)) UNUSED void collect_tiles_4(
    const real *m, int64_t step, const real *bias, int relu, real *y, const tiled_images *images,
    int64_t first, int64_t tiles, int64_t begin, int64_t end) {
  collect_tiles(4, m, step, bias, relu, y, images, first, tiles, begin, end);
}

/* Asks for the last rows and columns of the window of a tile, as many as a tile has outputs: the
   others belong to the tiles before it. */
INLINE void prefetch_window(const real *p, const tiled_images *images, int64_t tile, int64_t size,
                            int write) {
  const int64_t line = 64 / sizeof(real);
  const tile_window window = window_of(images, tile, size);
  for (int64_t i = size - images->tile; i < window.end_row; i++) {
    const int64_t row = window.corner + i * images->width * images->channels;
    const int64_t end = row + window.end_column * images->channels;
    int64_t place = row + (size - images->tile) * images->channels;
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

/* The same of what will be written. */
INLINE void prefetch_to_write(const real *p, const tiled_images *images, int64_t first,
                              int64_t tiles, int64_t f) {
  for (int64_t t = f; t < tiles; t += WINOGRAD_FREQUENCIES)
    prefetch_window(p, images, first + t, images->tile, 1);
}

/* Copies what spread_windows has made to kept[36][all][channels]. */
static UNUSED void keep_windows(const real *spread, int64_t step, const tiled_images *images,
                                int64_t first, int64_t tiles, real *kept, int64_t all) {
  for (int64_t f = 0; f < WINOGRAD_FREQUENCIES; f++)
    for (int64_t t = 0; t < tiles; t++)
      memcpy(kept + (f * all + first + t) * images->channels,
             spread + f * step + t * padded_channels(images), images->channels * sizeof(real));
}
