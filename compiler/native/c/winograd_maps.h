/* The maps of Winograd's F(4x4, 3x3) (Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural
   Networks").

   A tile of 4x4 outputs reads a window of 6x6 inputs. Along each axis six inputs are mapped by B^T
   and three weights by G to six frequencies; their products, summed over the channels, are mapped by
   A^T to four outputs. Gradients of outputs are mapped by A, those of mapped weights by G^T. */

enum { WINOGRAD_TILE = 4, WINOGRAD_WINDOW = 6, WINOGRAD_FREQUENCIES = 36 };

/* Where the kernels of `runtime/kernels/` keep the frequencies of the vertical axis. Those of the
   horizontal axis are in the order of the matrices. */
static const int winograd_row[6] = {0, 2, 4, 3, 5, 1};

/* What is along one axis: a vector of channels for each place. */
typedef struct { vec at[3]; } axis3;
typedef struct { vec at[4]; } axis4;
typedef struct { vec at[6]; } axis6;

/* B^T d */
INLINE axis6 winograd_bt(axis6 d) {
  const vec even = d.at[4] - 4 * d.at[2], odd = d.at[3] - 4 * d.at[1];
  const vec even2 = d.at[4] - d.at[2], odd2 = 2 * (d.at[3] - d.at[1]);
  return (axis6){{4 * d.at[0] - 5 * d.at[2] + d.at[4], even + odd, even - odd, even2 + odd2,
                  even2 - odd2, 4 * d.at[1] - 5 * d.at[3] + d.at[5]}};
}

/* A^T m */
INLINE axis4 winograd_at(axis6 m) {
  const vec even = m.at[1] + m.at[2], odd = m.at[1] - m.at[2];
  const vec even2 = m.at[3] + m.at[4], odd2 = m.at[3] - m.at[4];
  return (axis4){{m.at[0] + even + even2, odd + 2 * odd2, even + 4 * even2,
                  odd + 8 * odd2 + m.at[5]}};
}

/* A y */
INLINE axis6 winograd_a(axis4 y) {
  const vec even = y.at[0] + y.at[2], odd = y.at[1] + y.at[3];
  const vec even2 = y.at[0] + 4 * y.at[2], odd2 = 2 * y.at[1] + 8 * y.at[3];
  return (axis6){{y.at[0], even + odd, even - odd, even2 + odd2, even2 - odd2, y.at[3]}};
}

/* G g */
INLINE axis6 winograd_g(axis3 g) {
  const real sixth = (real)1 / 6, twelfth = (real)1 / 12, twentyfourth = (real)1 / 24;
  const vec even = sixth * (g.at[0] + g.at[2]), odd = sixth * g.at[1];
  const vec even2 = twentyfourth * g.at[0] + sixth * g.at[2], odd2 = twelfth * g.at[1];
  return (axis6){{(real)0.25 * g.at[0], -even - odd, odd - even, even2 + odd2, even2 - odd2,
                  g.at[2]}};
}

/* G^T u */
INLINE axis3 winograd_gt(axis6 u) {
  const real sixth = (real)1 / 6, twelfth = (real)1 / 12, twentyfourth = (real)1 / 24;
  const vec even = u.at[1] + u.at[2], even2 = u.at[3] + u.at[4];
  return (axis3){{(real)0.25 * u.at[0] - sixth * even + twentyfourth * even2,
                  sixth * (u.at[2] - u.at[1]) + twelfth * (u.at[3] - u.at[4]),
                  sixth * (even2 - even) + u.at[5]}};
}

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
