/* For tests that need Python: the test environments of tests/python/envs, and checks of calls that must fail.
 * Programs that include it begin with #define _GNU_SOURCE. */
#ifndef ENVS_H_
#define ENVS_H_

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define TEST_ENV(name) "gogym_test_envs:gogym_test/" name "-v0"

/* Lets the Python that will be started find the test environments. Call it first in main. */
static inline void use_test_envs(void) {
  const char *before = getenv("PYTHONPATH");
  char path[8192];
  snprintf(path, sizeof path, "%s%s%s", GOGYM_TEST_ENVS, before ? ":" : "", before ? before : "");
  setenv("PYTHONPATH", path, 1);
  setenv("SDL_VIDEODRIVER", "dummy", 0);
  setenv("PYTHONWARNINGS", "ignore", 0);
}

/* Makes an environment; a test that cannot even do that ends the program. */
static inline gym_env open_env(const char *id, const char *options) {
  gym_error err = GYM_ERROR_INIT;
  gym_env env = {0};
  if (gym_make(id, options, &env, &err) == GYM_OK) return env;
  fprintf(stderr, "gym_make(%s, %s): %s %s\n%s\n", id, options ? options : "NULL", err.type, err.message,
          err.traceback);
  exit(1);
}

/* Buffers are filled with a pattern, to see that a failing call leaves them alone. */
#define PATTERN 0xa5

static inline int is_untouched(const void *buffer, size_t nbytes) {
  const unsigned char *bytes = buffer;
  for (size_t i = 0; i < nbytes; i++)
    if (bytes[i] != PATTERN) return 0;
  return 1;
}

#define FILL(object) memset(&(object), PATTERN, sizeof(object))
#define CHECK_UNTOUCHED(object) CHECK(is_untouched(&(object), sizeof(object)))

/* A call that must fail with a code and a message that contains `needle`. */
static inline int check_failure(int code, int expected, const gym_error *err, const char *needle,
                                const char *what, const char *file, int line) {
  int good = code == expected && err->code == expected && err->message[0] != '\0' &&
             strstr(err->message, needle) != NULL;
  if (check_that(good, what, file, line)) return 1;
  fprintf(stderr, "  returned %s (%d), err.code %d\n  expected %s with \"%s\"\n  message  %s\n%s",
          gym_status_name(code), code, err->code, gym_status_name(expected), needle, err->message,
          err->traceback);
  return 0;
}

#define CHECK_FAILURE(call, expected, err, needle) \
  check_failure((call), (expected), &(err), (needle), #call, __FILE__, __LINE__)

/* The value under a key of an info, as a number; -1 where there is none. */
static inline int64_t info_number(gym_env env, const char *key) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *info = NULL;
  int64_t number = -1;
  if (!CHECK_OK(gym_info(env, &info, &err), err)) return -1;
  gym_value_int64(gym_value_get(info, key), &number, NULL);
  gym_value_free(info);
  return number;
}

#endif /* ENVS_H_ */
