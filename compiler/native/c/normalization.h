/* Normalization. With rows of channels (`last`) a factor and a term belong to each column, with
   channels of positions (`first`) to each row. */

/* Both moments of the rows of a matrix in one pass: the mean of some rows and the squares around it
   while they are in the cache, joined with those of the rows before (Chan, Golub and LeVeque 1979).
   mean and squares are of `width` vectors of columns. */
enum { MOMENT_ROWS = 64 };

INLINE void moments_of_vectors(int width, const real *x, real *mean, real *squares, int64_t rows,
                               int64_t columns) {
  vec means[4] = {{0}}, totals[4] = {{0}};
  for (int64_t begin = 0; begin < rows; begin += MOMENT_ROWS) {
    const int64_t count = lesser(MOMENT_ROWS, rows - begin);
    const real *part = x + begin * columns;
    vec sum[4] = {{0}}, around[4] = {{0}};
    for (int64_t r = 0; r < count; r++)
      UNROLLED for (int v = 0; v < width; v++) sum[v] += LOAD(part + r * columns + v * LANES);
    UNROLLED for (int v = 0; v < width; v++) sum[v] *= 1 / (real)count;
    for (int64_t r = 0; r < count; r++)
      UNROLLED for (int v = 0; v < width; v++) {
        const vec centred = LOAD(part + r * columns + v * LANES) - sum[v];
        around[v] += centred * centred;
      }
    const real share = (real)count / (real)(begin + count), both = (real)begin * share;
    UNROLLED for (int v = 0; v < width; v++) {
      const vec apart = sum[v] - means[v];
      means[v] += apart * share;
      totals[v] += around[v] + apart * apart * both;
    }
  }
  UNROLLED for (int v = 0; v < width; v++) {
    STORE(mean + v * LANES, means[v]);
    STORE(squares + v * LANES, totals[v]);
  }
}

/* Of rows of at least a vector. */
INLINE void moments_of_columns(const real *x, real *mean, real *squares, int64_t rows,
                               int64_t columns) {
  int64_t c = 0;
  for (; c + 4 * LANES <= columns; c += 4 * LANES)
    moments_of_vectors(4, x + c, mean + c, squares + c, rows, columns);
  for (; c + LANES <= columns; c += LANES)
    moments_of_vectors(1, x + c, mean + c, squares + c, rows, columns);
  if (c < columns) {
    c = columns - LANES;
    moments_of_vectors(1, x + c, mean + c, squares + c, rows, columns);
  }
}

/* Where rows are short, `times` of them are taken for one; `wide` then has room for two of these. */
INLINE void moments_of_rows(const real *x, real *mean, real *squares, int64_t rows,
                            int64_t columns, int64_t times, real *wide) {
  const int64_t length = times * columns, together = rows / times;
  int64_t row = 0;
  if (times > 1) {
    moments_of_columns(x, wide, wide + length, together, length);
    for (int64_t c = 0; c < columns; c++) {
      real sum = 0, total = 0;
      for (int64_t t = 0; t < times; t++) sum += wide[t * columns + c];
      mean[c] = sum / (real)times;
      for (int64_t t = 0; t < times; t++) {
        const real apart = wide[t * columns + c] - mean[c];
        total += wide[length + t * columns + c] + apart * apart * (real)together;
      }
      squares[c] = total;
    }
    row = together * times;
  } else if (columns >= LANES) {
    moments_of_columns(x, mean, squares, rows, columns);
    row = rows;
  } else {
    for (int64_t c = 0; c < columns; c++) mean[c] = squares[c] = 0;
  }
  for (; row < rows; row++)
    for (int64_t c = 0; c < columns; c++) {
      const real apart = x[row * columns + c] - mean[c];
      mean[c] += apart / (real)(row + 1);
      squares[c] += apart * (x[row * columns + c] - mean[c]);
    }
}

/* The factor and the term of gamma (x - mean) inv + beta = factor x + term. */
INLINE void affine_form(const real *gamma, const real *beta, const real *mean, const real *inv,
                        real *factor, real *term, int64_t channels) {
  IVDEP for (int64_t c = 0; c < channels; c++) {
    factor[c] = inv[c] * gamma[c];
    term[c] = beta[c] - mean[c] * factor[c];
  }
}

/* inv = 1 / sqrt(share squares + eps) */
INLINE void inverse_deviations(const real *squares, real *inv, int64_t channels, real share,
                               real eps) {
  IVDEP for (int64_t c = 0; c < channels; c++) inv[c] = 1 / SQRT(squares[c] * share + eps);
}

/* y = factor x + term, plus `other` where there is one, clipped at zero with `relu`; NaN stays. */
INLINE void affine_rows(const real *x, const real *factor, const real *term, const real *other,
                        real *y, int64_t rows, int64_t columns, int relu) {
  for (int64_t r = 0; r < rows; r++)
    IVDEP for (int64_t c = 0; c < columns; c++) {
      const int64_t at = r * columns + c;
      real value = x[at] * factor[c] + term[c];
      if (other) value += other[at];
      y[at] = relu && value < 0 ? 0 : value;
    }
}

/* The same for channels of positions, without `other`. */
INLINE void affine_channels(const real *x, const real *factor, const real *term, real *y,
                            int64_t channels, int64_t positions, int relu) {
  for (int64_t c = 0; c < channels; c++) {
    const real by = factor[c], plus = term[c];
    IVDEP for (int64_t i = c * positions; i < (c + 1) * positions; i++) {
      const real value = x[i] * by + plus;
      y[i] = relu && value < 0 ? 0 : value;
    }
  }
}

/* The gradient of a batch normalization, dx = s dy + u x + v. With `factor` and `term`, dy counts
   where factor x + term > 0. */
struct gradient_form {
  real *s, *u, *v, *factor, *term;
};

/* s, u and v of each channel, of the sums dbeta of dy and dots of dy (x - mean); `share` is one over
   how many numbers of the whole batch a channel has. */
INLINE void batchnorm_gradient_form(const real *gamma, const real *mean, const real *inv,
                                    const real *dbeta, const real *dots, struct gradient_form to,
                                    int64_t channels, real share) {
  IVDEP for (int64_t c = 0; c < channels; c++) {
    const real s = gamma[c] * inv[c], u = inv[c] * inv[c] * dots[c] * -share * s;
    to.s[c] = s;
    to.u[c] = u;
    to.v[c] = dbeta[c] * -share * s - mean[c] * u;
  }
}

/* dx may be dy. */
INLINE void gradient_rows(const real *dy, const real *x, struct gradient_form of, real *dx,
                          int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++)
    IVDEP for (int64_t c = 0; c < columns; c++) {
      const int64_t at = r * columns + c;
      real gradient = dy[at];
      if (of.factor) gradient = x[at] * of.factor[c] + of.term[c] > 0 ? gradient : 0;
      dx[at] = gradient * of.s[c] + (x[at] * of.u[c] + of.v[c]);
    }
}

/* The same for channels of positions; there dy is masked before. */
INLINE void gradient_channels(const real *dy, const real *x, struct gradient_form of, real *dx,
                              int64_t channels, int64_t positions) {
  for (int64_t c = 0; c < channels; c++) {
    const real s = of.s[c], u = of.u[c], v = of.v[c];
    IVDEP for (int64_t i = c * positions; i < (c + 1) * positions; i++)
      dx[i] = dy[i] * s + (x[i] * u + v);
  }
}

/* dbeta and dots are the sums of dy and of dy (x - mean), of one channel. With y, only dy where
   y > 0 counts, which is `masked` then; masked may be dy. */
INLINE void gradient_sums_channel(const real *dy, const real *y, const real *x, real mean,
                                  real *masked, real *dbeta, real *dots, int64_t positions) {
  double sum = 0, dot = 0;
  for (int64_t begin = 0; begin < positions; begin += SUM_BLOCK) {
    const int64_t end = lesser(begin + SUM_BLOCK, positions);
    vec sums[4] = {{0}}, products[4] = {{0}};
    int64_t i = begin;
    for (; i + 4 * LANES <= end; i += 4 * LANES)
      UNROLLED for (int v = 0; v < 4; v++) {
        const int64_t at = i + v * LANES;
        vec gradient = LOAD(dy + at);
        if (y) {
          gradient = where(LOAD(y + at) > (vec){0}, gradient);
          STORE(masked + at, gradient);
        }
        sums[v] += gradient;
        products[v] += gradient * (LOAD(x + at) - mean);
      }
    real rest = 0, rest_dot = 0;
    for (; i < end; i++) {
      real gradient = dy[i];
      if (y) masked[i] = gradient = y[i] > 0 ? gradient : 0;
      rest += gradient;
      rest_dot += gradient * (x[i] - mean);
    }
    sum += sum_lanes((sums[0] + sums[1]) + (sums[2] + sums[3])) + rest;
    dot += sum_lanes((products[0] + products[1]) + (products[2] + products[3])) + rest_dot;
  }
  *dbeta = (real)sum;
  *dots = (real)dot;
}

/* One sample of a group normalization: `length` positions of `groups` times `each` channels. */
struct group_sizes {
  int64_t length, groups, each;
};

/* row = a number for each group, for each of its channels. */
INLINE void spread_groups(const real *number, real *row, struct group_sizes of) {
  for (int64_t g = 0; g < of.groups; g++)
    for (int64_t d = 0; d < of.each; d++) row[g * of.each + d] = number[g];
}

/* `row` has room for two rows of channels, `wide` for what sum_columns needs. */
INLINE void groupnorm_sample(const real *x, const real *gamma, const real *beta, real *y,
                             real *mean, real *inv, struct group_sizes of, real eps,
                             int64_t times, real *row, real *wide) {
  const int64_t columns = of.groups * of.each;
  const real share = 1 / (real)(of.length * of.each);
  real *sums = row + columns;
  struct column_operands operands = {.x = x, .mean = row, .first = sums};
  sum_columns(COLUMN_SUM, operands, of.length, columns, times, wide);
  for (int64_t g = 0; g < of.groups; g++) mean[g] = sum_of(sums + g * of.each, of.each) * share;
  spread_groups(mean, row, of);
  sum_columns(COLUMN_SQUARES, operands, of.length, columns, times, wide);
  for (int64_t g = 0; g < of.groups; g++)
    inv[g] = 1 / SQRT(sum_of(sums + g * of.each, of.each) * share + eps);
  spread_groups(inv, sums, of);
  for (int64_t c = 0; c < columns; c++) sums[c] *= gamma[c];
  for (int64_t l = 0; l < of.length; l++)
    IVDEP for (int64_t c = 0; c < columns; c++)
      y[l * columns + c] = (x[l * columns + c] - row[c]) * sums[c] + beta[c];
}

/* dx = inv (g - mean(g) - n mean(g n)) with g = gamma dy, n = (x - mean) inv; the sums of dy n and
   dy are added to dgamma and dbeta. `row` has room for four rows of channels. */
INLINE void groupnorm_gradient_sample(const real *dy, const real *x, const real *gamma,
                                      const real *mean, const real *inv, real *dx, real *dgamma,
                                      real *dbeta, struct group_sizes of, int64_t times,
                                      real *row, real *wide) {
  const int64_t columns = of.groups * of.each;
  const real share = 1 / (real)(of.length * of.each);
  real *sum = row + columns, *dots = row + 2 * columns, *factor = row + 3 * columns;
  spread_groups(mean, row, of);
  struct column_operands operands = {
      .x = x, .mean = row, .dy = dy, .first = sum, .second = dots};
  sum_columns(COLUMN_GRADIENTS, operands, of.length, columns, times, wide);
  spread_groups(inv, factor, of);
  for (int64_t c = 0; c < columns; c++) {
    dots[c] *= factor[c];
    dgamma[c] += dots[c];
    dbeta[c] += sum[c];
    factor[c] *= gamma[c];
  }
  for (int64_t g = 0; g < of.groups; g++) { /* dx = factor dy + slope (x - mean) + term */
    const int64_t at = g * of.each;
    const real slope = -share * inv[g] * inv[g] * dot_of(dots + at, gamma + at, of.each);
    const real term = -share * inv[g] * dot_of(sum + at, gamma + at, of.each);
    for (int64_t d = at; d < at + of.each; d++) dots[d] = slope, sum[d] = term;
  }
  for (int64_t l = 0; l < of.length; l++)
    IVDEP for (int64_t c = 0; c < columns; c++) {
      const int64_t at = l * columns + c;
      dx[at] = dy[at] * factor[c] + ((x[at] - row[c]) * dots[c] + sum[c]);
    }
}

/* out[c] = the sum of x[j] for j from c - before to c + after, as far as there are any. */
INLINE void add_neighbours(const real *restrict x, real *restrict out, int64_t columns,
                           int64_t before, int64_t after) {
  for (int64_t c = 0; c < columns; c++) out[c] = x[c];
  for (int64_t shift = -before; shift <= after; shift++) {
    if (shift == 0) continue;
    const int64_t begin = greater(0, -shift), end = lesser(columns, columns - shift);
    for (int64_t c = begin; c < end; c++) out[c] += x[c + shift];
  }
}

/* d^-beta; three quarters by two square roots, a tenth of the time of a power. */
INLINE real inverse_power(real d, real beta) {
  return beta == (real)0.75 ? SQRT(SQRT(d)) / d : POW(d, -beta);
}

/* y = x d^-beta with d = k + alpha times the sum of the squares of `size` neighbours in the row;
   `squares` has room for one row. */
INLINE void lrn_rows(const real *x, real *y, real *d, real *squares, int64_t rows,
                     int64_t columns, int64_t size, real alpha, real beta, real k) {
  for (int64_t r = 0; r < rows; r++) {
    const int64_t at = r * columns;
    for (int64_t c = 0; c < columns; c++) squares[c] = x[at + c] * x[at + c];
    add_neighbours(squares, d + at, columns, size / 2, (size - 1) / 2);
    IVDEP for (int64_t c = at; c < at + columns; c++) {
      d[c] = d[c] * alpha + k;
      y[c] = inverse_power(d[c], beta) * x[c];
    }
  }
}

/* `row` has room for two rows. A number is read by the mirrored window of those that read it. */
INLINE void lrn_gradient_rows(const real *dy, const real *x, const real *d, real *dx, real *row,
                              int64_t rows, int64_t columns, int64_t size, real alpha,
                              real beta) {
  real *sums = row + columns;
  const real factor = 2 * alpha * beta;
  for (int64_t r = 0; r < rows; r++) {
    const int64_t at = r * columns;
    IVDEP for (int64_t c = 0; c < columns; c++) {
      dx[at + c] = inverse_power(d[at + c], beta) * dy[at + c];
      row[c] = dx[at + c] * x[at + c] / d[at + c];
    }
    add_neighbours(row, sums, columns, (size - 1) / 2, size / 2);
    IVDEP for (int64_t c = 0; c < columns; c++) dx[at + c] -= sums[c] * x[at + c] * factor;
  }
}
