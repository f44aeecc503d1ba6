/* A program for tests/python/test_start.py: does what its arguments say, one after another, and prints one
 * line for each: the operation, the status name, the class and the message, between tabs. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gogym.h"

extern int gym__probe_timeout_ms; /* of the library's own, which is compiled into this program */

static gym_env env;

static void escape(const char *text) {
  for (; *text; text++) {
    if (*text == '\n')
      fputs("\\n", stdout);
    else if (*text == '\t')
      fputs("\\t", stdout);
    else
      putchar(*text);
  }
}

static void report(const char *operation, int code, const gym_error *err) {
  printf("%s\t%s\t", operation, gym_status_name(code));
  escape(code ? err->type : "");
  putchar('\t');
  escape(code ? err->message : "");
  putchar('\t');
  escape(code ? err->traceback : "");
  putchar('\n');
  fflush(stdout);
  if (code && err->code != code) abort();
}

static int init(const char *python, gym_error *err) {
  gym_config config = GYM_CONFIG_INIT;
  config.python = python;
  return gym_init(python ? &config : NULL, err);
}

static void *init_thread(void *argument) {
  gym_error err = GYM_ERROR_INIT;
  pthread_barrier_wait(argument);
  int code = init(NULL, &err);
  if (!code) {
    gym_env mine;
    code = gym_make("Fake-v0", NULL, &mine, &err);
  }
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&lock);
  report("thread", code, &err);
  pthread_mutex_unlock(&lock);
  return NULL;
}

static void threads(int count) {
  pthread_t thread[64];
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, NULL, (unsigned)count);
  for (int i = 0; i < count; i++) pthread_create(&thread[i], NULL, init_thread, &barrier);
  for (int i = 0; i < count; i++) pthread_join(thread[i], NULL);
}

static void own_handler(int number) { (void)number; }

static const char *disposition(int number) {
  struct sigaction now;
  sigaction(number, NULL, &now);
  if (now.sa_handler == SIG_DFL) return "default";
  if (now.sa_handler == SIG_IGN) return "ignore";
  return now.sa_handler == own_handler ? "own" : "other";
}

static void signals(void) {
  printf("signals\tINT %s TERM %s PIPE %s SEGV %s CHLD %s\n", disposition(SIGINT), disposition(SIGTERM),
         disposition(SIGPIPE), disposition(SIGSEGV), disposition(SIGCHLD));
}

/* Every function with arguments that it must refuse by itself. */
static void null_arguments(void) {
  gym_error err = GYM_ERROR_INIT;
  int64_t negative = -1;
  double number;
  report("make.id", gym_make(NULL, NULL, &env, &err), &err);
  report("make.out", gym_make("Fake-v0", NULL, NULL, &err), &err);
  report("reset.obs", gym_reset(env, NULL, NULL, NULL, 3, &err), &err);
  report("reset.seed", gym_reset(env, &negative, NULL, &number, 1, &err), &err);
  report("step.action", gym_step(env, NULL, 1, &number, 1, &(gym_transition){0}, &err), &err);
  report("step.obs", gym_step(env, &number, 1, NULL, 1, &(gym_transition){0}, &err), &err);
  report("step.out", gym_step(env, &number, 1, &number, 1, NULL, &err), &err);
  report("sample.action", gym_sample_action(env, NULL, 1, &err), &err);
  report("seed.seed", gym_seed_action(env, -5, &err), &err);
  report("observation_size.out", gym_observation_size(env, NULL, &err), &err);
  report("action_size.out", gym_action_size(env, NULL, &err), &err);
  report("observation_space.out", gym_observation_space(env, NULL, &err), &err);
  report("action_space.out", gym_action_space(env, NULL, &err), &err);
  report("info.out", gym_info(env, NULL, &err), &err);
}

/* Every function that needs an environment. */
static void handle_calls(void) {
  gym_error err = GYM_ERROR_INIT;
  double number = 0;
  size_t size;
  gym_value *value;
  gym_transition transition;
  report("reset", gym_reset(env, NULL, NULL, &number, 1, &err), &err);
  report("step", gym_step(env, &number, 1, &number, 1, &transition, &err), &err);
  report("sample", gym_sample_action(env, &number, 1, &err), &err);
  report("seed", gym_seed_action(env, 1, &err), &err);
  report("observation_size", gym_observation_size(env, &size, &err), &err);
  report("action_size", gym_action_size(env, &size, &err), &err);
  report("observation_space", gym_observation_space(env, &value, &err), &err);
  report("action_space", gym_action_space(env, &value, &err), &err);
  report("info", gym_info(env, &value, &err), &err);
  report("close", gym_close(env, &err), &err);
}

static void in_fork(void) {
  gym_error err = GYM_ERROR_INIT;
  fflush(stdout);
  pid_t pid = fork();
  if (pid != 0) {
    int status;
    waitpid(pid, &status, 0);
    printf("parent\t%s\n",
           WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "child ended well" : "child failed");
    return;
  }
  report("init", init(NULL, &err), &err);
  report("make", gym_make("Fake-v0", NULL, &env, &err), &err);
  handle_calls();
  report("shutdown", gym_shutdown(&err), &err);
  _exit(0);
}

static void broken_configs(void) {
  gym_error err = GYM_ERROR_INIT;
  gym_config config = GYM_CONFIG_INIT;
  config.struct_size = 4;
  report("struct_size", gym_init(&config, &err), &err);
  config = (gym_config)GYM_CONFIG_INIT;
  config.reserved = 1;
  report("reserved", gym_init(&config, &err), &err);
  report("empty", init("", &err), &err);
}

static void run(const char *operation, const char *value) {
  gym_error err = GYM_ERROR_INIT;
  if (!strcmp(operation, "init"))
    report(operation, init(value, &err), &err);
  else if (!strcmp(operation, "make"))
    report(operation, gym_make(value, NULL, &env, &err), &err);
  else if (!strcmp(operation, "calls"))
    handle_calls();
  else if (!strcmp(operation, "null"))
    null_arguments();
  else if (!strcmp(operation, "configs"))
    broken_configs();
  else if (!strcmp(operation, "shutdown"))
    report(operation, gym_shutdown(&err), &err);
  else if (!strcmp(operation, "signals"))
    signals();
  else if (!strcmp(operation, "threads"))
    threads(atoi(value));
  else if (!strcmp(operation, "fork"))
    in_fork();
  else if (!strcmp(operation, "timeout"))
    gym__probe_timeout_ms = atoi(value);
  else if (!strcmp(operation, "ignore-int"))
    signal(SIGINT, SIG_IGN);
  else if (!strcmp(operation, "own-int"))
    signal(SIGINT, own_handler);
  else if (!strcmp(operation, "own-segv"))
    signal(SIGSEGV, own_handler);
  else if (!strcmp(operation, "ignore-chld"))
    signal(SIGCHLD, SIG_IGN);
  else if (!strcmp(operation, "close-stdin"))
    close(0);
  else if (!strcmp(operation, "unsetenv"))
    unsetenv(value);
  else if (!strcmp(operation, "touch"))
    fclose(fopen(value, "w"));
  else if (!strcmp(operation, "rename")) {
    char from[4096];
    snprintf(from, sizeof from, "%s.hidden", value);
    if (rename(from, value) != 0) abort();
  } else
    abort();
}

int main(int count, char **arguments) {
  for (int i = 1; i < count; i++) {
    char *equals = strchr(arguments[i], '=');
    if (equals) *equals = '\0';
    run(arguments[i], equals ? equals + 1 : NULL);
  }
  return 0;
}
