/* Losses over the classes of a sample. `exp` and `log` run over the numbers of many samples at once,
   because the rows of few classes are shorter than a vector. */

enum { LOSS_BLOCK = 1024 }; /* numbers, at least, that are handled at once */
enum { LONG_ROW = 64 };     /* columns whose last vector, of a part of the lanes, hardly counts */

/* How many rows are handled together. */
INLINE int64_t rows_together(int64_t columns) { return greater(1, LOSS_BLOCK / columns); }

/* p = exp(x - its largest number) for some rows of x, and those numbers in `most`. */
INLINE void exp_of_rows(const real *x, real *p, real *most, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++) {
    const real largest = most[r] = largest_of(x + r * columns, columns);
    IVDEP for (int64_t i = r * columns; i < (r + 1) * columns; i++) {
      const real below = x[i] - largest;
      p[i] = columns < LONG_ROW ? below : EXP(below);
    }
  }
  if (columns < LONG_ROW)
    IVDEP for (int64_t i = 0; i < rows * columns; i++) p[i] = EXP(p[i]);
}

/* y = softmax(x); y may be x. */
INLINE void softmax_rows(const real *x, real *y, int64_t rows, int64_t columns) {
  const int64_t step = rows_together(columns);
  real most[LOSS_BLOCK];
  for (int64_t begin = 0; begin < rows; begin += step) {
    const int64_t count = lesser(step, rows - begin);
    real *part = y + begin * columns;
    exp_of_rows(x + begin * columns, part, most, count, columns);
    for (int64_t r = 0; r < count; r++) {
      real *row = part + r * columns;
      const real sum = sum_of(row, columns);
      IVDEP for (int64_t c = 0; c < columns; c++) row[c] /= sum;
    }
  }
}

/* p = softmax(x), loss = -the sum of t log p. As -log p = log(the sum of exp(x - max)) - (x - max),
   it is finite for logits of any size. */
INLINE void softmax_cross_entropy(const real *restrict x, const real *restrict t,
                                  real *restrict loss, real *restrict p, int64_t rows,
                                  int64_t columns) {
  const int64_t step = rows_together(columns);
  real most[LOSS_BLOCK], inverse[LOSS_BLOCK], log_sums[LOSS_BLOCK];
  for (int64_t begin = 0; begin < rows; begin += step) {
    const int64_t count = lesser(step, rows - begin);
    exp_of_rows(x + begin * columns, p + begin * columns, most, count, columns);
    for (int64_t r = 0; r < count; r++)
      inverse[r] = sum_of(p + (begin + r) * columns, columns);
    IVDEP for (int64_t r = 0; r < count; r++) {
      log_sums[r] = LOG(inverse[r]);
      inverse[r] = 1 / inverse[r];
    }
    for (int64_t r = 0; r < count; r++) {
      const int64_t at = (begin + r) * columns;
      const real *logit = x + at, *target = t + at;
      const real log_sum = log_sums[r], largest = most[r], by = inverse[r];
      double total = 0;
      SUM_IN_BLOCKS(total, columns, (log_sum - (LOAD(logit + i) - largest)) * LOAD(target + i),
                    (log_sum - (logit[i] - largest)) * target[i]);
      loss[begin + r] = (real)total;
      IVDEP for (int64_t c = 0; c < columns; c++) p[at + c] *= by;
    }
  }
}

/* dx = y (dy - the sum of dy y over the columns); dx may be dy. */
INLINE void softmax_gradient(const real *dy, const real *y, real *dx, int64_t rows,
                             int64_t columns) {
  for (int64_t r = 0; r < rows; r++) {
    const int64_t at = r * columns;
    const real sum = dot_of(dy + at, y + at, columns);
    IVDEP for (int64_t c = 0; c < columns; c++) dx[at + c] = (dy[at + c] - sum) * y[at + c];
  }
}

/* z = y + margin (1 - t), m = the largest of z, loss = m - the sum of t y. */
INLINE void multi_class_hinge(const real *y, const real *t, real *loss, real *z, real *m,
                              real margin, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++) {
    const int64_t at = r * columns;
    IVDEP for (int64_t c = 0; c < columns; c++)
      z[at + c] = margin * (1 - t[at + c]) + y[at + c];
    m[r] = largest_of(z + at, columns);
    loss[r] = m[r] - dot_of(y + at, t + at, columns);
  }
}

/* dy = factor (1 / k at the k places of the largest number, - t). */
INLINE void multi_class_hinge_gradient(const real *z, const real *m, const real *t, real *dy,
                                       real factor, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++) {
    const int64_t at = r * columns;
    const real most = m[r];
    int64_t equal = 0;
    for (int64_t c = 0; c < columns; c++) equal += z[at + c] == most;
    const real share = 1 / (real)equal;
    IVDEP for (int64_t c = 0; c < columns; c++)
      dy[at + c] = ((z[at + c] == most ? share : 0) - t[at + c]) * factor;
  }
}
