/* Sums and maxima, in vectors and in an order that depends on sizes alone. Long sums are made of
   blocks, so that their error does not grow with their length. */

#define UNROLLED _Pragma("GCC unroll 4")

/* Integers as wide as a real, and vectors of them: what a comparison gives has all bits of a lane
   set, or none. */
#if REAL_IS_FLOAT
typedef int32_t lane_number;
#else
typedef int64_t lane_number;
#endif
typedef lane_number mask __attribute__((vector_size(LANES * sizeof(real))));

enum { SUM_BLOCK = 4096, ROW_BLOCK = 256 };

INLINE int64_t lesser(int64_t a, int64_t b) { return a < b ? a : b; }
INLINE int64_t greater(int64_t a, int64_t b) { return a > b ? a : b; }

/* The lanes of a where the mask is set, 0 elsewhere. */
INLINE vec where(mask m, vec a) { return (vec)((mask)a & m); }

/* The sum of the numbers of a vector, by halves. */
INLINE real sum_lanes(vec v) {
  real part[LANES];
  STORE(part, v);
  for (int width = LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) part[i] += part[i + width];
  return part[0];
}

/* The sum of a function of the elements: `terms` gives it for a vector at i, `term` for one
   element. It is a macro because C has no other way to hand over an expression. */
#define SUM_IN_BLOCKS(total, n, terms, term)                                       \
  for (int64_t begin_ = 0; begin_ < (n); begin_ += SUM_BLOCK) {                    \
    const int64_t end_ = lesser(begin_ + SUM_BLOCK, n);                            \
    int64_t i = begin_;                                                            \
    real sum_ = 0;                                                                 \
    if (end_ - i >= LANES) {                                                       \
      vec a_ = {0}, b_ = {0}, c_ = {0}, d_ = {0};                                  \
      for (; i + 4 * LANES <= end_; i += LANES) {                                  \
        a_ += terms, i += LANES;                                                   \
        b_ += terms, i += LANES;                                                   \
        c_ += terms, i += LANES;                                                   \
        d_ += terms;                                                               \
      }                                                                            \
      for (; i + LANES <= end_; i += LANES) a_ += terms;                           \
      sum_ = sum_lanes((a_ + b_) + (c_ + d_));                                     \
    }                                                                              \
    for (; i < end_; i++) sum_ += term;                                            \
    total += sum_;                                                                 \
  }

/* The sum of n numbers. */
INLINE real sum_of(const real *x, int64_t n) {
  double total = 0;
  SUM_IN_BLOCKS(total, n, LOAD(x + i), x[i]);
  return (real)total;
}

/* The sum of the products x y. */
INLINE real dot_of(const real *x, const real *y, int64_t n) {
  double total = 0;
  SUM_IN_BLOCKS(total, n, LOAD(x + i) * LOAD(y + i), x[i] * y[i]);
  return (real)total;
}

/* The sum of (x - mean)^2. */
INLINE real centred_squares_of(const real *x, real mean, int64_t n) {
  double total = 0;
  SUM_IN_BLOCKS(total, n, (LOAD(x + i) - mean) * (LOAD(x + i) - mean),
                (x[i] - mean) * (x[i] - mean));
  return (real)total;
}

/* The larger of two vectors in each lane; NaN wins. */
INLINE vec larger_lanes(vec a, vec b) {
  const mask wins = (a > b) | (a != a);
  return (vec)(((mask)a & wins) | ((mask)b & ~wins));
}

/* The largest of n >= 1 numbers; NaN wins. */
INLINE real largest_of(const real *x, int64_t n) {
  int64_t i = 1;
  real most = x[0];
  if (n >= 2 * LANES) {
    vec best[4] = {LOAD(x), LOAD(x), LOAD(x), LOAD(x)}; /* the comparisons need not wait */
    for (i = LANES; i + 4 * LANES <= n; i += 4 * LANES)
      UNROLLED for (int v = 0; v < 4; v++) best[v] = larger_lanes(LOAD(x + i + v * LANES), best[v]);
    for (; i + LANES <= n; i += LANES) best[0] = larger_lanes(LOAD(x + i), best[0]);
    real lane[LANES];
    STORE(lane, larger_lanes(larger_lanes(best[0], best[1]), larger_lanes(best[2], best[3])));
    most = lane[0];
    for (int l = 1; l < LANES; l++) most = larger(lane[l], most);
  }
  for (; i < n; i++) most = larger(x[i], most);
  return most;
}

/* What is summed over the rows of a matrix, for each of its columns: a constant where the
   functions below are called. */
enum column_terms {
  COLUMN_SUM,            /* first = the sum of x */
  COLUMN_SQUARES,        /* first = the sum of (x - mean)^2 */
  COLUMN_GRADIENTS,      /* first = the sum of dy, second = that of dy (x - mean) */
  COLUMN_RELU_GRADIENTS, /* the same of masked = dy where y > 0, else 0 */
  COLUMN_RELU_AGAIN,     /* the same of dy where factor x + term > 0 */
};

struct column_operands {
  const real *x, *mean, *dy, *y, *factor, *term;
  real *masked, *first, *second;
};

/* Columns in `width` vectors, in registers from the first row to the last. */
INLINE void sum_vectors(enum column_terms terms, int width, struct column_operands of,
                        int64_t rows, int64_t columns, int64_t column) {
  const int gradients = terms >= COLUMN_GRADIENTS;
  vec first[4] = {{0}}, second[4] = {{0}};
  vec mean[4] = {{0}}, factor[4] = {{0}}, term[4] = {{0}};
  UNROLLED for (int v = 0; v < width; v++) {
    const int64_t at = column + v * LANES;
    if (terms != COLUMN_SUM) mean[v] = LOAD(of.mean + at);
    if (terms == COLUMN_RELU_AGAIN) factor[v] = LOAD(of.factor + at), term[v] = LOAD(of.term + at);
  }
  for (int64_t begin = 0; begin < rows; begin += ROW_BLOCK) {
    const int64_t end = lesser(begin + ROW_BLOCK, rows);
    vec a[4] = {{0}}, b[4] = {{0}};
    for (int64_t r = begin; r < end; r++) {
      UNROLLED for (int v = 0; v < width; v++) {
        const int64_t at = r * columns + column + v * LANES;
        if (!gradients) {
          const vec x = LOAD(of.x + at);
          if (terms == COLUMN_SUM)
            a[v] += x;
          else
            a[v] += (x - mean[v]) * (x - mean[v]);
          continue;
        }
        vec dy = LOAD(of.dy + at);
        if (terms == COLUMN_RELU_GRADIENTS) {
          dy = where(LOAD(of.y + at) > (vec){0}, dy);
          STORE(of.masked + at, dy);
        }
        const vec x = LOAD(of.x + at);
        if (terms == COLUMN_RELU_AGAIN) dy = where(x * factor[v] + term[v] > (vec){0}, dy);
        a[v] += dy;
        b[v] += dy * (x - mean[v]);
      }
    }
    UNROLLED for (int v = 0; v < width; v++) first[v] += a[v], second[v] += b[v];
  }
  UNROLLED for (int v = 0; v < width; v++) {
    STORE(of.first + column + v * LANES, first[v]);
    if (gradients) STORE(of.second + column + v * LANES, second[v]);
  }
}

/* Adds one row to what is in `first` and `second`. */
INLINE void sum_row(enum column_terms terms, struct column_operands of, int64_t row,
                    int64_t columns) {
  for (int64_t c = 0; c < columns; c++) {
    const int64_t at = row * columns + c;
    if (terms == COLUMN_SUM) {
      of.first[c] += of.x[at];
    } else if (terms == COLUMN_SQUARES) {
      of.first[c] += (of.x[at] - of.mean[c]) * (of.x[at] - of.mean[c]);
    } else {
      real dy = of.dy[at];
      if (terms == COLUMN_RELU_GRADIENTS) of.masked[at] = dy = of.y[at] > 0 ? dy : 0;
      if (terms == COLUMN_RELU_AGAIN) dy = of.x[at] * of.factor[c] + of.term[c] > 0 ? dy : 0;
      of.first[c] += dy;
      of.second[c] += dy * (of.x[at] - of.mean[c]);
    }
  }
}

/* Rows of at least a vector. */
INLINE void sum_wide_columns(enum column_terms terms, struct column_operands of, int64_t rows,
                             int64_t columns) {
  int64_t c = 0;
  for (; c + 4 * LANES <= columns; c += 4 * LANES) sum_vectors(terms, 4, of, rows, columns, c);
  for (; c + LANES <= columns; c += LANES) sum_vectors(terms, 1, of, rows, columns, c);
  /* The last vector overlaps the one before: what both compute is the same. */
  if (c < columns) sum_vectors(terms, 1, of, rows, columns, columns - LANES);
}

/* Writes a row several times. */
INLINE void repeat_row(const real *row, real *wide, int64_t columns, int64_t times) {
  for (int64_t t = 0; t < times; t++)
    for (int64_t c = 0; c < columns; c++) wide[t * columns + c] = row[c];
}

/* Sums over the rows of a matrix. Where its rows are short, `times` of them are taken for one;
   `wide` then has room for five of these. */
INLINE void sum_columns(enum column_terms terms, struct column_operands of, int64_t rows,
                        int64_t columns, int64_t times, real *wide) {
  const int64_t length = times * columns;
  int64_t row = 0;
  if (times > 1) {
    struct column_operands repeated = of;
    repeated.first = wide;
    repeated.second = wide + length;
    repeated.mean = wide + 2 * length;
    repeated.factor = wide + 3 * length;
    repeated.term = wide + 4 * length;
    if (terms != COLUMN_SUM) repeat_row(of.mean, wide + 2 * length, columns, times);
    if (terms == COLUMN_RELU_AGAIN) {
      repeat_row(of.factor, wide + 3 * length, columns, times);
      repeat_row(of.term, wide + 4 * length, columns, times);
    }
    sum_wide_columns(terms, repeated, rows / times, length);
    for (int64_t c = 0; c < columns; c++) {
      real first = 0, second = 0;
      for (int64_t t = 0; t < times; t++) {
        first += repeated.first[t * columns + c];
        if (terms >= COLUMN_GRADIENTS) second += repeated.second[t * columns + c];
      }
      of.first[c] = first;
      if (terms >= COLUMN_GRADIENTS) of.second[c] = second;
    }
    row = rows / times * times;
  } else if (columns >= LANES) {
    sum_wide_columns(terms, of, rows, columns);
    row = rows;
  } else {
    for (int64_t c = 0; c < columns; c++) {
      of.first[c] = 0;
      if (terms >= COLUMN_GRADIENTS) of.second[c] = 0;
    }
  }
  for (; row < rows; row++) sum_row(terms, of, row, columns);
}
