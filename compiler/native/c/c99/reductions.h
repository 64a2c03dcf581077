/* Sums and maxima in plain loops. Long sums are in double precision. */

INLINE int64_t lesser(int64_t a, int64_t b) { return a < b ? a : b; }
INLINE int64_t greater(int64_t a, int64_t b) { return a > b ? a : b; }

INLINE real sum_of(const real *x, int64_t n) {
  double total = 0;
  for (int64_t i = 0; i < n; i++) total += x[i];
  return (real)total;
}

/* The largest of n >= 1 numbers; NaN wins. */
INLINE real largest_of(const real *x, int64_t n) {
  real most = x[0];
  for (int64_t i = 1; i < n; i++)
    if (x[i] > most || x[i] != x[i]) most = x[i];
  return most;
}

/* For each column of x: the sum of its rows, or of (x - mean)^2. */
enum column_terms { COLUMN_SUM, COLUMN_SQUARES };

struct column_operands {
  const real *x, *mean;
  real *first;
};

INLINE void sum_columns(enum column_terms terms, struct column_operands of, int64_t rows,
                        int64_t columns, int64_t times UNUSED, real *wide UNUSED) {
  real *restrict sums = of.first;
  for (int64_t c = 0; c < columns; c++) sums[c] = 0;
  for (int64_t r = 0; r < rows; r++) {
    const real *restrict x = of.x + r * columns;
    if (terms == COLUMN_SUM)
      for (int64_t c = 0; c < columns; c++) sums[c] += x[c];
    else
      for (int64_t c = 0; c < columns; c++) sums[c] += (x[c] - of.mean[c]) * (x[c] - of.mean[c]);
  }
}
