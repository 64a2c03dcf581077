/* Where the function of the BLAS library is; in one text of a library. */
gemm_function blas_function;
EXPORTED void set_blas(gemm_function function) { blas_function = function; }
