/* Matrix products of the BLAS library whose function the engine hands over (`set_blas`). */
#if BLAS_INTEGER_BITS == 64
typedef int64_t blas_int;
#else
typedef int32_t blas_int;
#endif
typedef void (*gemm_function)(int order, int transpose_a, int transpose_b, blas_int m, blas_int n,
                              blas_int k, real alpha, const real *a, blas_int lda, const real *b,
                              blas_int ldb, real beta, real *c, blas_int ldc);
extern gemm_function blas_function HIDDEN;

/* c[m,n] = a[m,k] b[k,n], by rows; a or b as the transpose of what is in memory. */
INLINE void blas_gemm(int transpose_a, int transpose_b, int64_t m, int64_t n, int64_t k,
                      const real *a, int64_t lda, const real *b, int64_t ldb, real *c,
                      int64_t ldc) {
  blas_function(101, transpose_a ? 112 : 111, transpose_b ? 112 : 111, (blas_int)m, (blas_int)n,
                (blas_int)k, 1, a, (blas_int)lda, b, (blas_int)ldb, 0, c, (blas_int)ldc);
}
