/* What a profile reads around each call: whole numbers, which keep nanoseconds. */
#include <time.h>

INLINE int64_t nanoseconds_now(void) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
