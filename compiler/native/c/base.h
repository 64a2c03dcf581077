/* What every text begins with. `real` and LANES, how many of them are in a vector, are defined
   before it. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef real vec
    __attribute__((vector_size(LANES * sizeof(real)), aligned(sizeof(real)), may_alias));

#define UNUSED __attribute__((unused))
/* Numbers are read before it is decided which of them counts, never in one branch of `?:` alone: GCC
   12 makes wrong code for AVX-512 of `sum += a[i] == k ? b[i] : 0` in nested loops. */

#define INLINE static inline __attribute__((always_inline, unused))
#define LOAD(p) (*(const vec *)(p))
#define STORE(p, v) (*(vec *)(p) = (v))
#define IVDEP _Pragma("GCC ivdep")

/* The function of an instruction: called from the programs, which are in another text. */
#define ROW __attribute__((noinline)) HIDDEN
#if defined(_WIN32)
#define HIDDEN
#define EXPORTED __declspec(dllexport)
#else
#define HIDDEN __attribute__((visibility("hidden")))
#define EXPORTED __attribute__((visibility("default")))
#endif
