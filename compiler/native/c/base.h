/* What every text begins with. `real` and LANES, the numbers in a vector, are defined before it. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef real vec __attribute__((vector_size(LANES * sizeof(real)), aligned(sizeof(real)), may_alias));

#define INLINE static inline __attribute__((always_inline, unused))
#define LOAD(p) (*(const vec *)(p))
#define STORE(p, v) (*(vec *)(p) = (v))
#define IVDEP _Pragma("GCC ivdep")

/* The slice of a flat vector that a part works on: a multiple of a cache line, as equal as
   possible. */
INLINE void own_slice(int64_t length, int64_t part, int64_t parts, int64_t *begin, int64_t *end) {
  int64_t each = (length + parts - 1) / parts;
  each = (each + 15) / 16 * 16;
  *begin = part * each < length ? part * each : length;
  *end = (part + 1) * each < length ? (part + 1) * each : length;
}
