/* Sleeping on words of shared memory, and waking up. Shared by host and worker, not installed. Linux only:
 * elsewhere sleeping returns at once and waking does nothing, and there are no worker processes. */
#ifndef GOGYM_FUTEX_H_
#define GOGYM_FUTEX_H_

#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define GYM__FUTEX_ANY 0xffffffffu

/* CLOCK_MONOTONIC in nanoseconds. */
static inline uint64_t gym__clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Sleeps while *word is `expected`, until someone wakes one of `bits` or the deadline (gym__clock_ns) has
 * come. May return earlier. */
static inline void gym__futex_wait(const void *word, uint32_t expected, uint32_t bits, uint64_t deadline) {
#if defined(__linux__)
  struct timespec until = {(time_t)(deadline / 1000000000u), (long)(deadline % 1000000000u)};
  syscall(SYS_futex, word, FUTEX_WAIT_BITSET, expected, &until, NULL, bits);
#else
  (void)word, (void)expected, (void)bits, (void)deadline;
#endif
}

/* Wakes all that sleep on the word with one of `bits`. */
static inline void gym__futex_wake(const void *word, uint32_t bits) {
#if defined(__linux__)
  syscall(SYS_futex, word, FUTEX_WAKE_BITSET, INT_MAX, NULL, NULL, bits);
#else
  (void)word, (void)bits;
#endif
}

/* Says to the processor that this is a loop that waits. */
static inline void gym__relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/* Looks until something holds, for at most so long. 0: it did not. */
static inline int gym__spin_until(int (*holds)(const void *of), const void *of, uint64_t most_ns) {
  uint64_t end = 0;
  for (;;) {
    for (int i = 0; i < 64; i++) {
      if (holds(of)) return 1;
      gym__relax();
    }
    uint64_t now = gym__clock_ns();
    if (end == 0) end = now + most_ns;
    if (now >= end) return 0;
  }
}

/* How long to spin before sleeping, in nanoseconds: as long as waits have been short enough lately. One per
 * waiter. */
#define GYM__SPIN_MAX_NS 300000u

typedef struct gym__spin {
  uint64_t average_ns; /* of the last waits, decaying */
} gym__spin;

static inline uint64_t gym__spin_for(const gym__spin *spin, uint64_t most) {
  return spin->average_ns <= most ? most : 0;
}

static inline void gym__spin_learn(gym__spin *spin, uint64_t waited_ns) {
  /* One long wait must not end it: what is beyond the limit counts as a little more than that. */
  if (waited_ns > 2 * (uint64_t)GYM__SPIN_MAX_NS) waited_ns = 2 * (uint64_t)GYM__SPIN_MAX_NS;
  spin->average_ns = (7 * spin->average_ns + waited_ns) / 8;
}

#endif /* GOGYM_FUTEX_H_ */
