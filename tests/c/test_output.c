/* What an environment prints, warns and logs reaches the host's own streams, also where the host ends without
 * giving Python a last word but gym_shutdown; and nothing else is printed. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "envs.h"

static gym_error err = GYM_ERROR_INIT;

/* Runs in a child whose standard streams are the pipe `out`. */
static void speak(int loud) {
  double obs[4];
  const double action[1] = {0};
  gym_transition t;
  gym_env env = open_env(loud ? TEST_ENV("Loud") : "CartPole-v1", NULL);
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 4, &err), err);
  CHECK_OK(gym_step(env, action, 1, obs, 4, &t, &err), err);
  CHECK_INT(gym_make("NoSuchEnvironment-v0", NULL, &env, &err), GYM_ERR_NAME_NOT_FOUND);
  CHECK_OK(gym_shutdown(&err), err);
}

/* The output of such a child; it must end well. */
static const char *output_of(int loud) {
  static char text[65536];
  size_t length = 0;
  ssize_t count;
  int out[2], status = 0;
  fflush(NULL);
  if (pipe(out) != 0) abort();
  pid_t child = fork();
  if (child == 0) {
    dup2(out[1], STDOUT_FILENO);
    dup2(out[1], STDERR_FILENO);
    close(out[0]);
    close(out[1]);
    speak(loud);
    _exit(atomic_load(&check_failed) ? 1 : 0); /* runs nobody's clean-up */
  }
  close(out[1]);
  while ((count = read(out[0], text + length, sizeof text - 1 - length)) > 0 || (count < 0 && errno == EINTR))
    if (count > 0) length += (size_t)count;
  close(out[0]);
  text[length] = '\0';
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return text;
}

static int occurrences(const char *text, const char *words) {
  int count = 0;
  for (const char *at = text; (at = strstr(at, words)); at++) count++;
  return count;
}

int main(void) {
  use_test_envs();
  setenv("PYTHONWARNINGS", "always", 1);
  const char *text = output_of(1);
  /* Each to stdout, to stderr, as a warning and as a log record. */
  if (!CHECK(occurrences(text, "loud: reset") >= 4)) fprintf(stderr, "%s\n", text);
  if (!CHECK(occurrences(text, "loud: step") >= 4)) fprintf(stderr, "%s\n", text);
  CHECK(occurrences(text, "UserWarning: loud: step") == 1);

  unsetenv("PYTHONWARNINGS");
  text = output_of(0);
  CHECK_STR(text, "");
  return check_summary();
}
