/* The workers of an engine: threads that stay inside one call of `pool_serve`, and the thread that
   gives orders, which is worker 0. They wait by looking at first, which takes less than a microsecond,
   and sleep after a while, so that an idle engine costs nothing. `clock.h` stands before this text.

   In an order of `pool_run` every worker has its parts, and all meet after each stage. In one of
   `pool_share` a part falls to whoever is there first: nobody waits for a worker that sleeps. */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#if defined(_WIN32)
#include <windows.h>
#define EXPORTED __declspec(dllexport)
#else
#include <sched.h>
#include <time.h>
#define EXPORTED __attribute__((visibility("default")))
#endif

typedef struct {
  void (*run)(char **at, int64_t part, int64_t parts);
  char **at;
  int64_t part, parts;
} pool_part;

typedef struct {
  const pool_part *parts;
  int64_t count;
} pool_stage;

#define LINE 64
typedef struct {
  _Atomic int64_t turn; /* orders so far */
  char after_turn[LINE - sizeof(int64_t)];
  _Atomic int64_t arrived; /* workers at the barrier */
  char after_arrived[LINE - sizeof(int64_t)];
  _Atomic int64_t barriers; /* that all have passed */
  char after_barriers[LINE - sizeof(int64_t)];
  _Atomic uint64_t claims; /* the number of the shared stage, its parts, the next one to be done */
  char after_claims[LINE - sizeof(uint64_t)];
  _Atomic int64_t done; /* parts of the shared stage */
  char after_done[LINE - sizeof(int64_t)];
  const pool_stage *shared;
  _Atomic int64_t stopped;
  int64_t workers;
  const pool_stage *stages; /* of the present order */
  int64_t count;
} pool;

#define LOOKS 2000      /* before the processor is offered to others: tens of microseconds */
#define OFFERS 1000     /* before sleeping: about a millisecond */
#define NAPS 10000      /* before sleeping longer: about a second */
#define NAP 50000       /* nanoseconds between two looks of a sleeper */
#define LONG_NAP 2000000

/* What a worker does between two looks; the longer it has waited, the less often it looks. */
static void wait_a_little(int64_t looks) {
  if (looks < LOOKS) {
#if defined(__x86_64__) || defined(__i386__)
    __asm__ volatile("pause");
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
    return;
  }
#if defined(_WIN32)
  if (looks < LOOKS + OFFERS) SwitchToThread();
  else Sleep(looks < LOOKS + OFFERS + NAPS ? 1 : LONG_NAP / 1000000);
#else
  if (looks < LOOKS + OFFERS) {
    sched_yield();
  } else {
    const struct timespec pause = {0, looks < LOOKS + OFFERS + NAPS ? NAP : LONG_NAP};
    nanosleep(&pause, NULL);
  }
#endif
}

/* Returns when all workers have come here. */
static void meet(pool *p) {
  const int64_t passed = atomic_load_explicit(&p->barriers, memory_order_relaxed);
  if (atomic_fetch_add_explicit(&p->arrived, 1, memory_order_acq_rel) == p->workers - 1) {
    atomic_store_explicit(&p->arrived, 0, memory_order_relaxed);
    atomic_store_explicit(&p->barriers, passed + 1, memory_order_release);
    return;
  }
  for (int64_t looks = 0; atomic_load_explicit(&p->barriers, memory_order_acquire) == passed; looks++)
    wait_a_little(looks);
}

/* A worker's part of an order: of each stage the parts that fall to it. The next order may be written
   as soon as all have come to the last barrier, so it is read before. */
static void work(pool *p, int64_t worker) {
  const pool_stage *stages = p->stages;
  const int64_t count = p->count;
  for (int64_t s = 0; s < count; s++) {
    const pool_stage *stage = &stages[s];
    for (int64_t i = worker; i < stage->count; i += p->workers) {
      const pool_part *part = &stage->parts[i];
      part->run(part->at, part->part, part->parts);
    }
    if (p->workers > 1) meet(p);
  }
}

#define PART_BITS 8
#define MOST_PARTS ((1 << PART_BITS) - 1)
#define NEXT_PART(claims) ((claims) & MOST_PARTS)
#define PARTS(claims) ((claims) >> PART_BITS & MOST_PARTS)

/* Does a part of the shared stage, if nobody has begun the last one. Whoever has claimed a part may
   read the stage: it stays until all parts are done. */
static int do_shared_part(pool *p) {
  uint64_t claims = atomic_load_explicit(&p->claims, memory_order_acquire);
  while (NEXT_PART(claims) < PARTS(claims)) {
    if (!atomic_compare_exchange_weak_explicit(&p->claims, &claims, claims + 1, memory_order_acq_rel,
                                               memory_order_acquire))
      continue;
    const pool_part *part = &p->shared->parts[NEXT_PART(claims)];
    part->run(part->at, part->part, part->parts);
    atomic_fetch_add_explicit(&p->done, 1, memory_order_release);
    return 1;
  }
  return 0;
}

/* How much memory a pool takes. */
EXPORTED int64_t pool_bytes(void) { return (int64_t)sizeof(pool); }

/* Makes a pool of zeroed memory. */
EXPORTED void pool_open(pool *p, int64_t workers) { p->workers = workers; }

/* Runs stages one after the other, with all workers; `pool_serve` must have been called by every
   other one, or will be. */
EXPORTED void pool_run(pool *p, const pool_stage *stages, int64_t count) {
  p->stages = stages;
  p->count = count;
  if (p->workers > 1) atomic_fetch_add_explicit(&p->turn, 1, memory_order_release);
  work(p, 0);
}

/* Whether the stages of an order are shared. That does not always pay: other programs may take the
   other cores, or these may be far away, with a cache of their own. So both ways are tried now and
   then. They give the same bits. */
typedef struct {
  int64_t phase;   /* alone, shared, whichever was quicker */
  int64_t calls;   /* in this phase */
  int64_t end;     /* of the phase, in nanoseconds */
  int64_t best[2]; /* nanoseconds of an order alone, and shared; 0 before the first */
} pool_choice;

#define TRIAL 4000000    /* nanoseconds of a phase in which one way is tried */
#define TRIAL_CALLS 3    /* in it, at least */
#define CHOSEN 250000000 /* nanoseconds until the next trial */
#define CHOSEN_CALLS 100 /* until then, at least: trials of slow orders are to be seldom */

static int choose_to_share(pool_choice *choice, int64_t now) {
  const int64_t least = choice->phase == 2 ? CHOSEN_CALLS : TRIAL_CALLS;
  if (choice->end == 0) choice->end = now + TRIAL;
  if (now >= choice->end && choice->calls >= least) {
    choice->phase = (choice->phase + 1) % 3;
    choice->calls = 0;
    choice->end = now + (choice->phase == 2 ? CHOSEN : TRIAL);
    if (choice->phase < 2) choice->best[choice->phase] = 0;
  }
  choice->calls++;
  return choice->phase == 2 ? choice->best[1] < choice->best[0] : (int)choice->phase;
}

/* Runs stages one after the other, with the workers that are awake if that is quicker; a stage has
   up to MOST_PARTS. `choice` belongs to the order, and begins with zeros. */
EXPORTED void pool_share(pool *p, const pool_stage *stages, int64_t count, pool_choice *choice) {
  const int others = p->workers > 1;
  const int64_t began = others ? nanoseconds_now() : 0;
  const int shared = others && choose_to_share(choice, began);
  for (int64_t s = 0; s < count; s++) {
    const pool_stage *stage = &stages[s];
    if (stage->count == 1 || !shared) {
      for (int64_t i = 0; i < stage->count; i++) {
        const pool_part *part = &stage->parts[i];
        part->run(part->at, part->part, part->parts);
      }
      continue;
    }
    p->shared = stage;
    atomic_store_explicit(&p->done, 0, memory_order_relaxed);
    const uint64_t number = atomic_load_explicit(&p->claims, memory_order_relaxed) >> 2 * PART_BITS;
    const uint64_t claims = (number + 1) << 2 * PART_BITS | (uint64_t)stage->count << PART_BITS;
    atomic_store_explicit(&p->claims, claims, memory_order_release);
    while (do_shared_part(p)) continue;
    for (int64_t i = 0; atomic_load_explicit(&p->done, memory_order_acquire) < stage->count; i++)
      wait_a_little(i);
  }
  if (others && choice->phase < 2) {
    const int64_t took = nanoseconds_now() - began;
    int64_t *best = &choice->best[choice->phase];
    if (*best == 0 || took < *best) *best = took;
  }
}

/* The life of worker 1, 2, ...: it returns after `pool_stop`. */
EXPORTED void pool_serve(pool *p, int64_t worker) {
  uint64_t seen = 0;
  for (int64_t done = 0;; done++) {
    for (int64_t looks = 0; atomic_load_explicit(&p->turn, memory_order_acquire) == done; looks++) {
      if (atomic_load_explicit(&p->stopped, memory_order_acquire)) return;
      while (do_shared_part(p)) continue;
      /* a stage that this worker has slept through says that more are coming */
      const uint64_t claims = atomic_load_explicit(&p->claims, memory_order_relaxed);
      if (claims != seen) looks = 0;
      else wait_a_little(looks);
      seen = claims;
    }
    work(p, worker);
  }
}

/* Ends the others, between two orders. */
EXPORTED void pool_stop(pool *p) { atomic_store_explicit(&p->stopped, 1, memory_order_release); }
