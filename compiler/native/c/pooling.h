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

/* The largest of each window. With `which`, of `index`, also the number of its element, the first
   of equal ones, and `first` where every number is -inf. */
#define DEFINE_MAXPOOL(name, index)                                                               \
  INLINE void name(const real *restrict x, real *restrict y, index *restrict which,               \
                   struct pool of, int64_t first) {                                               \
    const int64_t channels = of.channels;                                                         \
    for (int64_t n = 0; n < of.samples; n++)                                                      \
      for (int64_t p = 0; p < of.p; p++) {                                                        \
        const struct span rows = span_of(p, of.sh, of.top, of.kh, of.height);                     \
        for (int64_t q = 0; q < of.q; q++) {                                                      \
          const struct span columns = span_of(q, of.sw, of.left, of.kw, of.width);                \
          const int64_t at = ((n * of.p + p) * of.q + q) * channels;                              \
          real *restrict out = y + at;                                                            \
          index *restrict number = which + at;                                                    \
          for (int64_t c = 0; c < channels; c++) out[c] = -(real)INFINITY;                        \
          if (which)                                                                              \
            for (int64_t c = 0; c < channels; c++) number[c] = (index)first;                      \
          for (int64_t i = rows.begin; i < rows.end; i++)                                         \
            for (int64_t j = columns.begin; j < columns.end; j++) {                               \
              const int64_t row = n * of.height + rows.start + i;                                 \
              const real *restrict in = x + (row * of.width + columns.start + j) * channels;      \
              const index element = (index)(i * of.kw + j);                                       \
              if (which)                                                                          \
                for (int64_t c = 0; c < channels; c++)                                            \
                  number[c] = in[c] > out[c] ? element : number[c];                               \
              for (int64_t c = 0; c < channels; c++) out[c] = larger(in[c], out[c]);              \
            }                                                                                     \
        }                                                                                         \
      }                                                                                           \
  }

/* Each dy goes to the element that was the largest: each position asks the windows it is in. */
#define DEFINE_MAXPOOL_GRADIENT(name, index)                                                      \
  INLINE void name(const real *restrict dy, const index *restrict which, real *restrict dx,       \
                   struct pool of) {                                                              \
    const int64_t channels = of.channels;                                                         \
    for (int64_t n = 0; n < of.samples; n++)                                                      \
      for (int64_t h = 0; h < of.height; h++) {                                                   \
        const struct span rows = windows_of(h, of.sh, of.top, of.kh, of.p);                       \
        for (int64_t w = 0; w < of.width; w++) {                                                  \
          const struct span columns = windows_of(w, of.sw, of.left, of.kw, of.q);                 \
          real *restrict out = dx + ((n * of.height + h) * of.width + w) * channels;              \
          for (int64_t c = 0; c < channels; c++) out[c] = 0;                                      \
          for (int64_t p = rows.begin; p < rows.end; p++)                                         \
            for (int64_t q = columns.begin; q < columns.end; q++) {                               \
              const int64_t i = rows.start - p * of.sh, j = columns.start - q * of.sw;            \
              const index element = (index)(i * of.kw + j);                                       \
              const int64_t at = ((n * of.p + p) * of.q + q) * channels;                          \
              const real *restrict in = dy + at;                                                  \
              const index *restrict number = which + at;                                          \
              for (int64_t c = 0; c < channels; c++)                                              \
                out[c] += number[c] == element ? in[c] : 0;                                       \
            }                                                                                     \
        }                                                                                         \
      }                                                                                           \
  }

DEFINE_MAXPOOL(maxpool, uint8_t)
DEFINE_MAXPOOL(maxpool_wide, int64_t)
DEFINE_MAXPOOL_GRADIENT(maxpool_gradient, uint8_t)
DEFINE_MAXPOOL_GRADIENT(maxpool_gradient_wide, int64_t)

/* Windows of 2 x 2 that do not overlap and lie on the data. */
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

/* One over the positions of a window; the padding that counts ends at `bottom` and `right`. */
INLINE real pool_share(struct pool of, int64_t p, int64_t q, int64_t bottom, int64_t right) {
  return 1 / (real)(covered(p, of.sh, of.kh, bottom) * covered(q, of.sw, of.kw, right));
}

INLINE void avgpool(const real *restrict x, real *restrict y, struct pool of, int64_t bottom,
                    int64_t right) {
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
        const real share = pool_share(of, p, q, bottom, right);
        for (int64_t c = 0; c < channels; c++) out[c] *= share;
      }
    }
}

INLINE void avgpool_gradient(const real *restrict dy, real *restrict dx, struct pool of,
                             int64_t bottom, int64_t right) {
  const int64_t channels = of.channels;
  for (int64_t n = 0; n < of.samples; n++)
    for (int64_t h = 0; h < of.height; h++) {
      const struct span rows = windows_of(h, of.sh, of.top, of.kh, of.p);
      for (int64_t w = 0; w < of.width; w++) {
        const struct span columns = windows_of(w, of.sw, of.left, of.kw, of.q);
        real *restrict out = dx + ((n * of.height + h) * of.width + w) * channels;
        for (int64_t c = 0; c < channels; c++) out[c] = 0;
        for (int64_t p = rows.begin; p < rows.end; p++)
          for (int64_t q = columns.begin; q < columns.end; q++) {
            const real *restrict in = dy + ((n * of.p + p) * of.q + q) * channels;
            const real share = pool_share(of, p, q, bottom, right);
            for (int64_t c = 0; c < channels; c++) out[c] += share * in[c];
          }
      }
    }
}
