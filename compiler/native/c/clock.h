/* What a profile and the pool read around each call: whole numbers, which keep nanoseconds. */
#include <stdint.h>
#include <time.h>

static inline int64_t nanoseconds_now(void) {
  struct timespec now;
#if defined(_WIN32)
  timespec_get(&now, TIME_UTC);
#else
  clock_gettime(CLOCK_MONOTONIC, &now); /* which nobody sets back */
#endif
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
