/* Checks for the C tests: each one is counted, a failed one is printed with its place, and the program goes
 * on. Every check gives 1 or 0, for `if (!CHECK(...)) return;` where the rest would make no sense.
 * A test program's main ends with `return check_summary();`. */
#ifndef CHECK_H_
#define CHECK_H_

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "gogym.h"

/* A sanitizer keeps freed memory for a while, on purpose: how much memory a process has says nothing then.
 * Objects and thread states are counted all the same. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CHECK_MEMORY_TELLS 0
#else
#define CHECK_MEMORY_TELLS 1
#endif

/* Atomic, because some tests check from several threads. */
static atomic_int check_passed, check_failed;

static inline int check_that(int good, const char *what, const char *file, int line) {
  atomic_fetch_add(good ? &check_passed : &check_failed, 1);
  if (!good) fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
  return good;
}

static inline int check_int(long long actual, long long expected, const char *what, const char *file,
                            int line) {
  if (check_that(actual == expected, what, file, line)) return 1;
  fprintf(stderr, "  is       %lld\n  expected %lld\n", actual, expected);
  return 0;
}

static inline int check_str(const char *actual, const char *expected, const char *what, const char *file,
                            int line) {
  int good = actual && expected ? strcmp(actual, expected) == 0 : actual == expected;
  if (check_that(good, what, file, line)) return 1;
  fprintf(stderr, "  is       %s\n  expected %s\n", actual ? actual : "(NULL)",
          expected ? expected : "(NULL)");
  return 0;
}

static inline int check_ok(int code, const gym_error *err, const char *what, const char *file, int line) {
  if (check_that(code == GYM_OK, what, file, line)) return 1;
  fprintf(stderr, "  code %d%s%s: %s\n%s", code, err->type[0] ? " " : "", err->type, err->message,
          err->traceback);
  return 0;
}

/* Ends a test program: prints the counts and gives the exit status. No check at all is a failure too. */
static inline int check_summary(void) {
  printf("%d passed, %d failed\n", check_passed, check_failed);
  return check_failed == 0 && check_passed > 0 ? 0 : 1;
}

#define CHECK(condition) check_that((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
#define CHECK_INT(actual, expected) \
  check_int((long long)(actual), (long long)(expected), #actual " == " #expected, __FILE__, __LINE__)
#define CHECK_STR(actual, expected) \
  check_str((actual), (expected), #actual " == " #expected, __FILE__, __LINE__)

/* A call that must succeed; `err` is the gym_error (not a pointer) that it was given. */
#define CHECK_OK(call, err) check_ok((call), &(err), #call, __FILE__, __LINE__)

#endif /* CHECK_H_ */
