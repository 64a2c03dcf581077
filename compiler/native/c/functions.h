/* Functions of one number, without branches, so that loops over them become vectors. */
#if REAL_IS_FLOAT
#define SQRT(x) sqrtf(x)
#define ABS(x) fabsf(x)
#else
#define SQRT(x) sqrt(x)
#define ABS(x) fabs(x)
#endif
