/* Functions of one number without branches, so that loops over them become vectors. In single
   precision they are polynomials (most as in Cephes, by S. L. Moshier), right to about two units
   in the last place, also for denormal numbers, infinities and NaN; in double precision they are
   the C library's. */

#if REAL_IS_FLOAT
#define SQRT(x) sqrtf(x)
#define ABS(x) fabsf(x)
#define COPYSIGN(x, sign) copysignf(x, sign)
#define POW(x, y) powf(x, y)
#define EXP(x) exp_float(x)
#define LOG(x) log_float(x)
#define LOG1P(x) log1p_float(x)
#define EXPM1(x) expm1_float(x)
#define REAL_TINY 0x1p-126f /* the smallest normal number */
#else
#define SQRT(x) sqrt(x)
#define ABS(x) fabs(x)
#define COPYSIGN(x, sign) copysign(x, sign)
#define POW(x, y) pow(x, y)
#define EXP(x) exp(x)
#define LOG(x) log(x)
#define LOG1P(x) log1p(x)
#define EXPM1(x) expm1(x)
#define REAL_TINY 0x1p-1022
#endif

/* The bits of a number. */
INLINE uint32_t float_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

/* The number of some bits. */
INLINE float float_of_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* 1.5 * 2^23: adding it to a small number rounds that to a whole one, in the last bits. */
#define ROUNDING_MAGIC 0x1.8p23f

/* x = n ln 2 + r with a whole n and |r| <= ln 2 / 2: gives r, and n as an integer in `n`. */
INLINE float reduce_exponent(float x, uint32_t *n) {
  float shifted = x * 0x1.715476p0f + ROUNDING_MAGIC;
  float whole = shifted - ROUNDING_MAGIC;
  *n = float_bits(shifted) - float_bits(ROUNDING_MAGIC);
  return (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
}

/* (exp(r) - 1 - r) / r^2 for |r| <= ln 2 / 2. */
INLINE float exp_tail(float r) {
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  return p * r + 5.0000001201e-1f;
}

/* 2^n for -126 <= n <= 127. */
INLINE float power_of_two(uint32_t n) { return float_of_bits((n + 127) << 23); }

/* exp(x), for all x. */
INLINE float exp_float(float x) {
  x = x < -105.0f ? -105.0f : x; /* from here on the result rounds to 0 */
  x = x > 89.0f ? 89.0f : x;     /* and from here on to infinity; NaN stays */
  uint32_t n;
  float r = reduce_exponent(x, &n);
  float power = (exp_tail(r) * r) * r + r + 1.0f;
  uint32_t half = (uint32_t)((int32_t)n >> 1); /* twice, as 2^n itself may be out of range */
  return power * power_of_two(half) * power_of_two(n - half);
}

/* exp(x) - 1 for x <= 0. */
INLINE float expm1_float(float x) {
  float bounded = x < -30.0f ? -30.0f : x;
  uint32_t n;
  float r = reduce_exponent(bounded, &n);
  float power = power_of_two(n);
  float result = power * ((exp_tail(r) * r) * r + r) + (power - 1.0f);
  return x > -0x1p-24f ? x : result; /* -0 and denormal numbers stay what they are; not NaN */
}

/* log((1 + m) 2^n) for sqrt(1/2) <= 1 + m <= sqrt(2). */
INLINE float log_of_parts(float m, float n) {
  float p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  float square = m * m;
  float tail = (p * m) * square - 2.12194440e-4f * n - 0.5f * square;
  return (m + tail) + 0.693359375f * n;
}

/* log(x), for all x; that of a negative number is NaN. */
INLINE float log_float(float x) {
  int denormal = x < 0x1p-126f;
  uint32_t bits = float_bits(denormal ? x * 0x1p23f : x);
  uint32_t shifted = bits - float_bits(0x1.6a09e6p-1f);
  int32_t n = ((int32_t)shifted >> 23) - (denormal ? 23 : 0);
  float m = float_of_bits((shifted & 0x007fffffu) + float_bits(0x1.6a09e6p-1f)) - 1.0f;
  float result = log_of_parts(m, (float)n);
  result = x > 0x1.fffffep127f ? x : result;
  result = x == 0.0f ? -INFINITY : result;
  return x < 0.0f ? NAN : (x != x ? x : result);
}

/* log(1 + x) for 0 <= x <= 1: the rounding of 1 + x is made good. */
INLINE float log1p_float(float x) {
  float sum = 1.0f + x;
  int halve = sum > 0x1.6a09e6p0f;
  float m = (halve ? 0.5f * sum : sum) - 1.0f;
  return log_of_parts(m, halve ? 1.0f : 0.0f) + (x - (sum - 1.0f)) / sum;
}

/* tanh(x), right also close to 0, where exp(-2 x) - 1 keeps its digits. */
INLINE real tanh_real(real x) {
#if REAL_IS_FLOAT
  float e = expm1_float(-2.0f * fabsf(x));
  return copysignf(e / (e + 2.0f), x); /* e is negative: its sign does not matter */
#else
  return tanh(x);
#endif
}

/* 1 / (1 + exp(-x)) for both signs without overflow or lost digits. */
INLINE real sigmoid_real(real x) {
  real e = EXP(-ABS(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/* x / 6 + 1/2 between 0 and 1; NaN stays. */
INLINE real hard_sigmoid_real(real x) {
  real y = x * (real)0.16666666666666666 + (real)0.5;
  y = y < 0 ? 0 : y;
  return y > 1 ? 1 : y;
}

/* log(1 + exp(x)) without overflow. */
INLINE real softplus_real(real x) { return LOG1P(EXP(-ABS(x))) + (x < 0 ? 0 : x); }

/* The normal distribution function, erfc(-x / sqrt 2) / 2. */
INLINE real normal_cdf(real x) {
#if REAL_IS_FLOAT
  /* Close to 0 the series of erf; beyond, erfc(z) = t exp(-z^2 + q(t)) with t = 1 / (1 + z / 2)
     (Press et al., Numerical Recipes, section 6.2). */
  float z = fabsf(x) * 0.707106781f;
  float square = 0.5f * x * x;
  float p = 7.853861353153693e-5f;
  p = p * square - 8.010193625184903e-4f;
  p = p * square + 5.188327685732524e-3f;
  p = p * square - 2.685381193529856e-2f;
  p = p * square + 1.128358514861418e-1f;
  p = p * square - 3.761262582423300e-1f;
  p = p * square + 1.128379165726710e0f;
  float near = p * z;
  float t = 1.0f / (1.0f + 0.5f * z);
  float q = 0.17087277f;
  q = q * t - 0.82215223f;
  q = q * t + 1.48851587f;
  q = q * t - 1.13520398f;
  q = q * t + 0.27886807f;
  q = q * t - 0.18628806f;
  q = q * t + 0.09678418f;
  q = q * t + 0.37409196f;
  q = q * t + 1.00002368f;
  q = q * t - 1.26551223f;
  float tail = t * exp_float(q - square); /* erfc(z) */
  float upper = z < 1.0f ? 0.5f + 0.5f * near : 1.0f - 0.5f * tail;
  float lower = z < 1.0f ? 0.5f - 0.5f * near : 0.5f * tail;
  return x < 0.0f ? lower : upper;
#else
  return 0.5 * erfc(-0.70710678118654752440 * x);
#endif
}

/* -1, 0 or 1; NaN stays. */
INLINE real sign_real(real x) { return x > 0 ? 1 : (x < 0 ? -1 : x); }

/* The larger and the smaller of two numbers; NaN wins. */
INLINE real larger(real a, real b) { return a > b || a != a ? a : b; }
INLINE real smaller(real a, real b) { return a < b || a != a ? a : b; }
