/* Processes that an environment starts: gymnasium.make_vec(..., "async") inside the embedded interpreter.
 * What it starts must be a Python, not this program over again. */
#define _GNU_SOURCE
#include <unistd.h>

#include "envs.h"

static gym_error err = GYM_ERROR_INIT;

static void test_context(const char *context) {
  char options[64], host[4096], executable[4096];
  double obs[8], again[8];
  const int64_t seed = 7;
  gym_value *info = NULL;
  int equal = 0;
  snprintf(options, sizeof options, "{\"context\": \"%s\"}", context);
  gym_env env = open_env(TEST_ENV("Vector"), options);
  if (!CHECK_OK(gym_reset(env, &seed, NULL, obs, 8, &err), err)) return;
  CHECK_OK(gym_info(env, &info, &err), err);
  CHECK_OK(gym_value_bool(gym_value_get(info, "equal"), &equal, &err), err);
  CHECK(equal);
  CHECK_INT(info_number(env, "pid"), getpid());

  const char *text = gym_value_string(gym_value_get(info, "executable"), NULL);
  if (CHECK(text && realpath(text, executable) && realpath("/proc/self/exe", host))) {
    CHECK(strcmp(host, executable) != 0);
    CHECK(access(executable, X_OK) == 0);
  }
  gym_value_free(info);
  CHECK_OK(gym_reset(env, &seed, NULL, again, 8, &err), err);
  CHECK(memcmp(obs, again, sizeof obs) == 0);
  CHECK_OK(gym_close(env, &err), err);
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1) {
    fprintf(stderr, "this program was started in place of Python\n");
    return 99;
  }
  use_test_envs();
  test_context("spawn");
  test_context("fork");
  test_context("forkserver");
  CHECK_OK(gym_shutdown(&err), err);
  return check_summary();
}
