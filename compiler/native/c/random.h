/* The numbers that NumPy's Generator draws from its SFC64 stream: the same bits, and the same state
   afterwards. SFC64 is by Chris Doty-Humphrey. */

struct random_stream {
  uint64_t s[4];
  int has_half; /* whether the upper half of the last number has not been drawn yet */
  uint32_t half;
};

/* The next 64 bits of the stream. */
INLINE uint64_t next_word(struct random_stream *stream) {
  const uint64_t result = stream->s[0] + stream->s[1] + stream->s[3]++;
  stream->s[0] = stream->s[1] ^ (stream->s[1] >> 11);
  stream->s[1] = stream->s[2] + (stream->s[2] << 3);
  stream->s[2] = ((stream->s[2] << 24) | (stream->s[2] >> 40)) + result;
  return result;
}

/* Halves of a word are drawn one after the other, the lower one first. */
INLINE uint32_t next_half(struct random_stream *stream) {
  if (stream->has_half) {
    stream->has_half = 0;
    return stream->half;
  }
  const uint64_t word = next_word(stream);
  stream->has_half = 1;
  stream->half = (uint32_t)(word >> 32);
  return (uint32_t)word;
}

/* Bits as a number in [0, 1). */
INLINE float uniform_float(uint32_t half) { return (float)(half >> 8) * 0x1p-24f; }
INLINE double uniform_double(uint64_t word) { return (double)(word >> 11) * 0x1p-53; }

/* x = n uniform numbers in [0, 1). */
INLINE void fill_uniform(real *x, int64_t n, struct random_stream *origin) {
  struct random_stream stream = *origin; /* in registers */
#if REAL_IS_FLOAT
  int64_t i = 0;
  if (stream.has_half && n > 0) x[i++] = uniform_float(next_half(&stream));
  for (; i + 2 <= n; i += 2) {
    const uint64_t word = next_word(&stream);
    x[i] = uniform_float((uint32_t)word);
    x[i + 1] = uniform_float((uint32_t)(word >> 32));
    stream.half = (uint32_t)(word >> 32);
  }
  if (i < n) x[i] = uniform_float(next_half(&stream));
#else
  for (int64_t i = 0; i < n; i++) x[i] = uniform_double(next_word(&stream));
#endif
  *origin = stream;
}

/* mask = kept where a uniform number is at least rate, else 0. */
INLINE void fill_dropout(real *mask, int64_t n, real rate, real kept,
                         struct random_stream *stream) {
  fill_uniform(mask, n, stream);
  IVDEP for (int64_t i = 0; i < n; i++) mask[i] = mask[i] >= rate ? kept : 0;
}

#if REAL_IS_FLOAT
#define LOG1P_LIBRARY(x) log1pf(x)
typedef uint32_t layer_number;
INLINE real next_uniform(struct random_stream *stream) { return uniform_float(next_half(stream)); }
#else
#define LOG1P_LIBRARY(x) log1p(x)
typedef uint64_t layer_number;
INLINE real next_uniform(struct random_stream *stream) {
  return uniform_double(next_word(stream));
}
#endif

#define ZIGGURAT_EDGE ((real)3.6541528853610088)
#define ZIGGURAT_INVERSE_EDGE ((real)0.27366123732975828)

/* The ziggurat: by layer, its width for one unit of a random number, the density at its edge, and
   which random numbers need no further look. */
struct ziggurat {
  const real *width, *density;
  const layer_number *inside;
};

/* A number beyond the edge of the lowest layer. */
INLINE real next_tail(struct random_stream *stream) {
  for (;;) {
    const real x = -ZIGGURAT_INVERSE_EDGE * LOG1P_LIBRARY(-next_uniform(stream));
    const real y = -LOG1P_LIBRARY(-next_uniform(stream));
    if (y + y > x * x) return ZIGGURAT_EDGE + x;
  }
}

/* A normal number: the layer and the place in it of one random number; where that may be outside of
   the curve, it is compared with the density. */
INLINE real next_normal(struct random_stream *stream, struct ziggurat of) {
  for (;;) {
#if REAL_IS_FLOAT
    const uint32_t bits = next_half(stream);
    const layer_number number = bits >> 9;
#else
    const uint64_t bits = next_word(stream);
    const layer_number number = (bits >> 9) & 0xfffffffffffffu;
#endif
    const int layer = bits & 0xff;
    real x = (real)number * of.width[layer];
    if (bits >> 8 & 1) x = -x;
    if (number < of.inside[layer]) return x;
    if (layer == 0) {
      const real tail = next_tail(stream);
      return number >> 8 & 1 ? -tail : tail;
    }
    /* A variable in memory: NumPy rounds the product before it adds. */
    const volatile real height =
        (of.density[layer - 1] - of.density[layer]) * next_uniform(stream);
    if (height + of.density[layer] < exp(-0.5 * x * x)) return x;
  }
}

/* x = mean + std times n normal numbers. */
INLINE void fill_normal(real *x, int64_t n, real mean, real std, struct random_stream *origin,
                        struct ziggurat of) {
  struct random_stream stream = *origin;
  for (int64_t i = 0; i < n; i++) x[i] = next_normal(&stream, of);
  *origin = stream;
  IVDEP for (int64_t i = 0; i < n; i++) x[i] = x[i] * std + mean;
}
