/* What the text begins with: C99 without extensions of a compiler. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define UNUSED __attribute__((unused))
#else
#define UNUSED
#endif
#define INLINE UNUSED static inline
#define ROW static

/* gcc makes vectors of conditional expressions where no operation has to raise an exception. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-trapping-math")
#endif

#define IVDEP /* pointers are `restrict`: compilers see that elements do not depend on each other */
