/* What the C contenders share: the clock, errors, and the conversation with the driver, line by line through
 * the standard streams, so that contenders take turns:
 *
 *   "run N"    does its work N times; answers "NANOSECONDS CHECK", the time inside the loop and a number that
 *              must be that of the other contenders
 *   "turn MS"  does its work for so many milliseconds; answers "NANOSECONDS TIMES"
 *   "count N"  as run, between two SIGUSR1 that it sends itself, for count.c, which counts instructions
 *
 * They begin with "ready". */
#define _POSIX_C_SOURCE 200809L
#include <gogym.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static gym_error err = GYM_ERROR_INIT;

static void must(int code) {
  if (code == GYM_OK) return;
  fprintf(stderr, "%s: %s\n%s", gym_status_name(code), err.message, err.traceback);
  exit(1);
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Answers requests until there are no more; `body` does the work and gives the check. */
static int converse(double (*body)(void *state, long times), void *state) {
  char verb[16];
  long times;
  puts("ready");
  fflush(stdout);
  while (scanf("%15s %ld", verb, &times) == 2) {
    int64_t elapsed = 0;
    double check;
    if (strcmp(verb, "count") == 0) {
      raise(SIGUSR1);
      check = body(state, times);
      raise(SIGUSR1);
    } else if (strcmp(verb, "turn") == 0) {
      const int64_t start = now(), end = start + times * 1000000;
      long done = 0;
      int64_t at = start;
      for (; at < end || done == 0; done++, at = now()) body(state, 1);
      elapsed = at - start;
      check = (double)done;
    } else {
      const int64_t start = now();
      check = body(state, times);
      elapsed = now() - start;
    }
    printf("%lld %.17g\n", (long long)elapsed, check);
    fflush(stdout);
  }
  return 0;
}
