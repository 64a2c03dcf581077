/* The maps of Winograd's F(m x m, r x r) for m + r = 7: F(4x4, 3x3) and F(2x2, 5x5) (Lavin & Gray
   2016, "Fast Algorithms for Convolutional Neural Networks").

   A tile of m x m outputs reads a window of 6x6 inputs. Along each axis six inputs are mapped by B^T
   and r weights by G to six frequencies; their products, summed over the channels, are mapped by
   A^T to m outputs. Gradients of outputs are mapped by A, those of mapped weights by G^T.

   The frequencies are polynomials at the points 0, 1, -1, 2, -2 and infinity, where the value is the
   last coefficient. A evaluates a polynomial of m coefficients; G one of r, and scales the values;
   B^T is the same for all m. In these functions m and r are constants. */

enum { WINOGRAD_WINDOW = 6, WINOGRAD_FREQUENCIES = 36 };

/* Where the kernels of `runtime/kernels/` keep the frequencies of the vertical axis. Those of the
   horizontal axis are in the order of the matrices. */
static const int winograd_row[6] = {0, 2, 4, 3, 5, 1};

/* What is along one axis: a vector of channels for each of at most six places. */
typedef struct { vec at[6]; } axis6;

/* B^T d */
INLINE axis6 winograd_bt(axis6 d) {
  const vec even = d.at[4] - 4 * d.at[2], odd = d.at[3] - 4 * d.at[1];
  const vec even2 = d.at[4] - d.at[2], odd2 = 2 * (d.at[3] - d.at[1]);
  return (axis6){{4 * d.at[0] - 5 * d.at[2] + d.at[4], even + odd, even - odd, even2 + odd2,
                  even2 - odd2, 4 * d.at[1] - 5 * d.at[3] + d.at[5]}};
}

/* The values of a polynomial at a point and at its negative. */
typedef struct { vec plus, minus; } two_values;

/* Those at `point`, which is 1 or 2, of the n coefficients p. */
INLINE two_values values_at(int point, axis6 p, int n) {
  vec even = p.at[0], odd = (real)point * p.at[1];
#pragma GCC unroll 4
  for (int k = 2; k < n; k++) {
    const vec term = (real)(point == 1 ? 1 : 1 << k) * p.at[k];
    if (k % 2) odd += term;
    else even += term;
  }
  return (two_values){even + odd, even - odd};
}

/* A p, a polynomial of n coefficients at all points. */
INLINE axis6 winograd_a(axis6 p, int n) {
  const two_values near = values_at(1, p, n), far = values_at(2, p, n);
  return (axis6){{p.at[0], near.plus, near.minus, far.plus, far.minus, p.at[n - 1]}};
}

/* A^T m, to n places. */
INLINE axis6 winograd_at(axis6 m, int n) {
  const vec even = m.at[1] + m.at[2], odd = m.at[1] - m.at[2];
  const vec even2 = m.at[3] + m.at[4], odd2 = m.at[3] - m.at[4];
  axis6 y = {{m.at[0] + even + even2}};
#pragma GCC unroll 4
  for (int k = 1; k < n; k++)
    y.at[k] = k % 2 ? odd + (real)(1 << k) * odd2 : even + (real)(1 << k) * even2;
  y.at[n - 1] += m.at[5];
  return y;
}

/* The factors of G at each point. */
INLINE axis6 winograd_scale(axis6 u) {
  const real fourth = (real)1 / 4, sixth = (real)1 / 6, twentyfourth = (real)1 / 24;
  return (axis6){{fourth * u.at[0], -sixth * u.at[1], -sixth * u.at[2], twentyfourth * u.at[3],
                  twentyfourth * u.at[4], u.at[5]}};
}

/* G g of r weights */
INLINE axis6 winograd_g(axis6 g, int r) { return winograd_scale(winograd_a(g, r)); }

/* G^T u, to r weights */
INLINE axis6 winograd_gt(axis6 u, int r) { return winograd_at(winograd_scale(u), r); }

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
