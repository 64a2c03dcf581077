/* Pooling. A window that reaches beyond the data has fewer elements: padding never wins. */

/* P x Q windows of kh x kw elements over images of height x width positions. */
struct pool {
  int64_t samples, height, width, p, q, channels;
  int64_t kh, kw, sh, sw, top, left;
};

/* One axis of a window: its elements from `begin` to `end` are on the data; element 0 is at
   `start`, which may be negative. */
struct span {
  int64_t start, begin, end;
};

/* The elements of the window at a position of the output. */
INLINE struct span span_of(int64_t position, int64_t stride, int64_t before, int64_t kernel,
                           int64_t size) {
  const int64_t start = position * stride - before;
  return (struct span){start, greater(0, -start), lesser(kernel, size - start)};
}

/* The windows from `begin` to `end` have a position in them. */
INLINE struct span windows_of(int64_t position, int64_t stride, int64_t before, int64_t kernel,
                              int64_t windows) {
  const int64_t at = position + before;
  const int64_t begin = at < kernel ? 0 : (at - kernel) / stride + 1;
  return (struct span){at, begin, at < 0 ? 0 : lesser(windows, at / stride + 1)};
}

/* The windows from `begin` to `end` have their element `offset` on the data; that of window 0 is at
   `start`. */
INLINE struct span served_by(int64_t offset, int64_t stride, int64_t before, int64_t size,
                             int64_t windows) {
  const int64_t start = offset - before, last = size - 1 - start;
  const int64_t begin = start >= 0 ? 0 : (stride - 1 - start) / stride;
  return (struct span){start, begin, last < 0 ? 0 : lesser(windows, last / stride + 1)};
}

/* Where x is larger than the best so far, it is the best, and `element` its number. */
INLINE void take_larger(const real *restrict x, real *restrict best, lane_number *restrict number,
                        lane_number element, int64_t count) {
  IVDEP for (int64_t i = 0; i < count; i++) {
    if (number) number[i] = x[i] > best[i] ? element : number[i];
    best[i] = larger(x[i], best[i]);
  }
}

/* A row of windows: element after element over all of them, whose data is a row already, or is
   copied to one in `row`. */
INLINE void maxpool_row(const real *restrict x, real *restrict best,
                        lane_number *restrict number, real *restrict row, struct pool of,
                        struct span rows) {
  const int64_t channels = of.channels;
  for (int64_t i = rows.begin; i < rows.end; i++)
    for (int64_t j = 0; j < of.kw; j++) {
      const struct span served = served_by(j, of.sw, of.left, of.width, of.q);
      const int64_t count = (served.end - served.begin) * channels;
      if (count <= 0) continue;
      const int64_t column = served.start + served.begin * of.sw;
      const real *in = x + ((rows.start + i) * of.width + column) * channels;
      if (of.sw > 1) {
        for (int64_t q = 0; q < served.end - served.begin; q++)
          memcpy(row + q * channels, in + q * of.sw * channels, (size_t)channels * sizeof(real));
        in = row;
      }
      const int64_t at = served.begin * channels;
      take_larger(in, best + at, number ? number + at : NULL, (lane_number)(i * of.kw + j), count);
    }
}

typedef uint8_t uint8_t_lanes __attribute__((vector_size(LANES), aligned(1), may_alias));
typedef int64_t int64_t_lanes __attribute__((vector_size(LANES * 8), aligned(8), may_alias));

/* One window of `width` vectors of channels: the largest stay in registers. */
INLINE void maxpool_vectors(int width, const real *restrict x, struct pool of, struct span rows,
                            struct span columns, vec *best, mask *number) {
  for (int64_t i = rows.begin; i < rows.end; i++)
    for (int64_t j = columns.begin; j < columns.end; j++) {
      const real *in = x + ((rows.start + i) * of.width + columns.start + j) * of.channels;
      const mask element = (mask){0} + (lane_number)(i * of.kw + j);
      UNROLLED for (int v = 0; v < width; v++) {
        const vec value = LOAD(in + v * LANES);
        const mask more = value > best[v], wins = more | (value != value);
        number[v] = (more & element) | (number[v] & ~more);
        best[v] = (vec)(((mask)value & wins) | ((mask)best[v] & ~wins));
      }
    }
}

/* Windows of whole vectors of channels. */
#define DEFINE_MAXPOOL_WINDOWS(name, index)                                                      \
  INLINE void name(int width, const real *restrict x, real *restrict y, index *restrict which,   \
                   struct pool of, struct span rows, int64_t first) {                            \
    for (int64_t q = 0; q < of.q; q++) {                                                         \
      const struct span columns = span_of(q, of.sw, of.left, of.kw, of.width);                   \
      for (int64_t c = 0; c < of.channels; c += width * LANES) {                                 \
        const int64_t at = q * of.channels + c;                                                  \
        vec best[4];                                                                             \
        mask number[4];                                                                          \
        UNROLLED for (int v = 0; v < width; v++) {                                               \
          best[v] = (vec){0} - (real)INFINITY;                                                   \
          number[v] = (mask){0} + (lane_number)first;                                            \
        }                                                                                        \
        maxpool_vectors(width, x + c, of, rows, columns, best, number);                          \
        UNROLLED for (int v = 0; v < width; v++) {                                               \
          const int64_t to = at + v * LANES;                                                     \
          STORE(y + to, best[v]);                                                                \
          if (which)                                                                             \
            *(index##_lanes *)(which + to) = __builtin_convertvector(number[v], index##_lanes);  \
        }                                                                                        \
      }                                                                                          \
    }                                                                                            \
  }

/* The largest of each window. With `which`, of `index`, also the number of its element, the first
   of equal ones, and `first` where every number is -inf. Where channels are no whole vectors,
   `number` and `row` are room for a row of windows. */
#define DEFINE_MAXPOOL(name, index)                                                              \
  DEFINE_MAXPOOL_WINDOWS(name##_windows, index)                                                  \
  INLINE void name(const real *restrict x, real *restrict y, index *restrict which,              \
                   struct pool of, int64_t first, lane_number *restrict number,                  \
                   real *restrict row) {                                                         \
    const int64_t length = of.q * of.channels;                                                   \
    for (int64_t n = 0; n < of.samples; n++)                                                     \
      for (int64_t p = 0; p < of.p; p++) {                                                       \
        const real *image = x + n * of.height * of.width * of.channels;                          \
        const struct span rows = span_of(p, of.sh, of.top, of.kh, of.height);                    \
        real *out = y + (n * of.p + p) * length;                                                 \
        index *to = which ? which + (n * of.p + p) * length : NULL;                              \
        if (of.channels % (4 * LANES) == 0) {                                                    \
          name##_windows(4, image, out, to, of, rows, first);                                    \
        } else if (of.channels % LANES == 0) {                                                   \
          name##_windows(1, image, out, to, of, rows, first);                                    \
        } else {                                                                                 \
          for (int64_t i = 0; i < length; i++) out[i] = -(real)INFINITY;                         \
          for (int64_t i = 0; which && i < length; i++) number[i] = (lane_number)first;          \
          maxpool_row(image, out, which ? number : NULL, row, of, rows);                         \
          for (int64_t i = 0; which && i < length; i++) to[i] = (index)number[i];                \
        }                                                                                        \
      }                                                                                          \
  }

/* Adds a row of windows to the positions that their elements are at; `to` is the first one. */
INLINE void add_to_positions(const real *row, real *to, int64_t windows, int64_t stride,
                             int64_t channels) {
  for (int64_t q = 0; q < windows; q++)
    IVDEP for (int64_t c = 0; c < channels; c++)
      to[q * stride * channels + c] += row[q * channels + c];
}

/* Each dy goes to the element that was the largest: each row of positions asks the rows of windows
   that it is in. Channels that are no whole vectors are compared a row of windows at a time, for
   which `row` has room. */
#define DEFINE_MAXPOOL_GRADIENT(name, index)                                                     \
  INLINE void name(const real *restrict dy, const index *restrict which, real *restrict dx,      \
                   struct pool of, real *restrict row) {                                         \
    const int64_t channels = of.channels, length = of.width * channels;                          \
    const int64_t together = channels % LANES ? of.q : 1;                                        \
    for (int64_t n = 0; n < of.samples; n++)                                                     \
      for (int64_t h = 0; h < of.height; h++) {                                                  \
        const struct span rows = windows_of(h, of.sh, of.top, of.kh, of.p);                      \
        real *out = dx + (n * of.height + h) * length;                                           \
        for (int64_t i = 0; i < length; i++) out[i] = 0;                                         \
        for (int64_t p = rows.begin; p < rows.end; p++)                                          \
          for (int64_t j = 0; j < of.kw; j++) {                                                  \
            const struct span served = served_by(j, of.sw, of.left, of.width, of.q);             \
            const index element = (index)((rows.start - p * of.sh) * of.kw + j);                 \
            for (int64_t q = served.begin; q < served.end; q += together) {                      \
              const int64_t windows = lesser(together, served.end - q);                          \
              const int64_t at = ((n * of.p + p) * of.q + q) * channels;                         \
              real *to = out + (served.start + q * of.sw) * channels;                            \
              IVDEP for (int64_t i = 0; i < windows * channels; i++) {                           \
                const real value = dy[at + i];                                                   \
                const real gradient = which[at + i] == element ? value : 0;                      \
                if (together == 1)                                                               \
                  to[i] += gradient;                                                             \
                else                                                                             \
                  row[i] = gradient;                                                             \
              }                                                                                  \
              if (together > 1) add_to_positions(row, to, windows, of.sw, channels);             \
            }                                                                                    \
          }                                                                                      \
      }                                                                                          \
  }

DEFINE_MAXPOOL(maxpool, uint8_t)
DEFINE_MAXPOOL(maxpool_wide, int64_t)
DEFINE_MAXPOOL_GRADIENT(maxpool_gradient, uint8_t)
DEFINE_MAXPOOL_GRADIENT(maxpool_gradient_wide, int64_t)

/* Windows of 2 x 2 that do not overlap and lie on the data, of channels that make whole vectors. */
INLINE void maxpool_2x2(const real *restrict x, real *restrict y, uint8_t *restrict which,
                        struct pool of) {
  const int64_t channels = of.channels, below = of.width * channels;
  for (int64_t n = 0; n < of.samples; n++)
    for (int64_t p = 0; p < of.p; p++)
      for (int64_t q = 0; q < of.q; q++) {
        const int64_t at = ((n * of.p + p) * of.q + q) * channels;
        const real *restrict in = x + ((n * of.height + 2 * p) * of.width + 2 * q) * channels;
        IVDEP for (int64_t c = 0; c < channels; c++) {
          const real a = in[c], b = in[c + channels];
          const real d = in[c + below], e = in[c + below + channels];
          real most = a;
          int32_t number = 0;
          number = b > most ? 1 : number;
          most = larger(b, most);
          number = d > most ? 2 : number;
          most = larger(d, most);
          number = e > most ? 3 : number;
          most = larger(e, most);
          y[at + c] = most;
          if (which) which[at + c] = (uint8_t)number;
        }
      }
}

/* dx of the 2 x 2 windows: dy goes to the element that won, the others are 0. */
INLINE void maxpool_2x2_gradient(const real *restrict dy, const uint8_t *restrict which,
                                 real *restrict dx, struct pool of) {
  const int64_t channels = of.channels, below = of.width * channels;
  if (of.height != 2 * of.p || of.width != 2 * of.q)
    memset(dx, 0, (size_t)(of.samples * of.height * below) * sizeof(real));
  for (int64_t n = 0; n < of.samples; n++)
    for (int64_t p = 0; p < of.p; p++)
      for (int64_t q = 0; q < of.q; q++) {
        const int64_t at = ((n * of.p + p) * of.q + q) * channels;
        real *restrict out = dx + ((n * of.height + 2 * p) * of.width + 2 * q) * channels;
        IVDEP for (int64_t c = 0; c < channels; c++) {
          const real gradient = dy[at + c];
          const int32_t number = which[at + c];
          out[c] = number == 0 ? gradient : 0;
          out[c + channels] = number == 1 ? gradient : 0;
          out[c + below] = number == 2 ? gradient : 0;
          out[c + below + channels] = number == 3 ? gradient : 0;
        }
      }
}

/* How many positions a window covers along an axis: those of the data and of the padding that
   counts, which ends at `end`. */
INLINE int64_t covered(int64_t position, int64_t stride, int64_t kernel, int64_t end) {
  return lesser(position * stride + kernel, end) - position * stride;
}

/* What one over the positions of a window is: the same for all windows, or where they differ, which
   `uniform` 0 says, by where the padding that counts ends. */
struct share {
  real uniform;
  int64_t bottom, right;
};

/* One over the positions of the window at (p, q). */
INLINE real share_of(struct pool of, struct share share, int64_t p, int64_t q) {
  if (share.uniform != 0) return share.uniform;
  const int64_t bottom = share.bottom, right = share.right;
  return 1 / (real)(covered(p, of.sh, of.kh, bottom) * covered(q, of.sw, of.kw, right));
}

/* y[N][P][Q][C] = the sum of each window of x[N][H][W][C] times its share. */
INLINE void avgpool(const real *restrict x, real *restrict y, struct pool of,
                    struct share shares) {
  const int64_t channels = of.channels;
  for (int64_t n = 0; n < of.samples; n++)
    for (int64_t p = 0; p < of.p; p++) {
      const struct span rows = span_of(p, of.sh, of.top, of.kh, of.height);
      for (int64_t q = 0; q < of.q; q++) {
        const struct span columns = span_of(q, of.sw, of.left, of.kw, of.width);
        real *restrict out = y + ((n * of.p + p) * of.q + q) * channels;
        for (int64_t c = 0; c < channels; c++) out[c] = 0;
        for (int64_t i = rows.begin; i < rows.end; i++)
          for (int64_t j = columns.begin; j < columns.end; j++) {
            const int64_t row = n * of.height + rows.start + i;
            const real *restrict in = x + (row * of.width + columns.start + j) * channels;
            for (int64_t c = 0; c < channels; c++) out[c] += in[c];
          }
        const real share = share_of(of, shares, p, q);
        for (int64_t c = 0; c < channels; c++) out[c] *= share;
      }
    }
}

/* dx = the sum over the windows with a position of what each gives it of dy. */
INLINE void avgpool_gradient(const real *restrict dy, real *restrict dx, struct pool of,
                             struct share shares) {
  const int64_t channels = of.channels;
  for (int64_t n = 0; n < of.samples; n++)
    for (int64_t h = 0; h < of.height; h++) {
      const struct span rows = windows_of(h, of.sh, of.top, of.kh, of.p);
      for (int64_t w = 0; w < of.width; w++) {
        const struct span columns = windows_of(w, of.sw, of.left, of.kw, of.q);
        real *restrict out = dx + ((n * of.height + h) * of.width + w) * channels;
        if (rows.begin >= rows.end || columns.begin >= columns.end)
          memset(out, 0, (size_t)channels * sizeof(real));
        for (int64_t p = rows.begin; p < rows.end; p++)
          for (int64_t q = columns.begin; q < columns.end; q++) {
            const real *restrict in = dy + ((n * of.p + p) * of.q + q) * channels;
            const real share = share_of(of, shares, p, q);
            if (p == rows.begin && q == columns.begin)
              for (int64_t c = 0; c < channels; c++) out[c] = share * in[c];
            else
              for (int64_t c = 0; c < channels; c++) out[c] += share * in[c];
          }
      }
    }
}
