/* The host's signals stay the host's, through make, reset and step of a MuJoCo environment and of one that
 * draws with pygame. Each case runs in a child of its own, in which Python is started afresh. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "envs.h"

static gym_error err = GYM_ERROR_INIT;
static const char *first; /* what happens to pygame before it is imported; NULL: nothing */

/* Uses everything that is known to install handlers: Python, MuJoCo, SDL, multiprocessing. */
static void use_environments(void) {
  double obs[105], action[8] = {0};
  gym_transition t;
  gym_env env = open_env("Ant-v5", NULL);
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 105, &err), err);
  CHECK_OK(gym_step(env, action, 8, obs, 105, &t, &err), err);
  for (int human = 0; human < 2; human++) {
    char options[100];
    snprintf(options, sizeof options, "{\"render_mode\": \"%s\", \"first\": %s%s%s}",
             human ? "human" : "rgb_array", first ? "\"" : "", first ? first : "null", first ? "\"" : "");
    gym_env drawn = open_env(TEST_ENV("Pygame"), options);
    if (!human && first && strcmp(first, "reload") != 0) first = NULL; /* now it is imported */
    CHECK_OK(gym_reset(drawn, NULL, NULL, obs, 4, &err), err);
    CHECK_OK(gym_step(drawn, action, 1, obs, 4, &t, &err), err);
    if (human) CHECK_OK(gym_close(drawn, &err), err);
  }
}

/* Runs a case in a child and gives its wait status. */
static int in_child(void (*run)(void)) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    alarm(100);
    atomic_store(&check_failed, 0);
    atomic_store(&check_passed, 0);
    run();
    fflush(NULL);
    _exit(atomic_load(&check_failed) == 0 && atomic_load(&check_passed) > 0 ? 0 : 1);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

static void describe(const char *what, int status) {
  if (WIFSIGNALED(status))
    fprintf(stderr, "  %s: killed by signal %d\n", what, WTERMSIG(status));
  else
    fprintf(stderr, "  %s: exited with %d\n", what, WEXITSTATUS(status));
}

static void check_passes(const char *what, void (*run)(void)) {
  int status = in_child(run);
  if (!CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0)) describe(what, status);
}

static void check_killed(const char *what, void (*run)(void), int signal) {
  int status = in_child(run);
  if (!CHECK(WIFSIGNALED(status) && WTERMSIG(status) == signal)) describe(what, status);
}

/* ------------------------------------------------------------------------------------- default actions */

static void interrupted(void) {
  use_environments();
  kill(getpid(), SIGINT);
  sleep(10);
}

static void terminated(void) {
  use_environments();
  kill(getpid(), SIGTERM);
  sleep(10);
}

static void pipe_broken(void) {
  int ends[2];
  use_environments();
  if (pipe(ends) != 0) _exit(1);
  close(ends[0]);
  CHECK(write(ends[1], "x", 1) == 1);
}

static void crashed(void) {
  use_environments();
  raise(SIGSEGV);
}

/* Ctrl-C while another thread is deep in Python. */
static void *step_for_ever(void *argument) {
  gym_env env = open_env("CartPole-v1", NULL);
  double obs[4];
  const double action[1] = {0};
  gym_transition t = {0};
  gym_error own = GYM_ERROR_INIT;
  gym_reset(env, NULL, NULL, obs, 4, &own);
  for (;;) {
    gym_step(env, action, 1, obs, 4, &t, &own);
    atomic_fetch_add((atomic_int *)argument, 1);
    if (t.terminated) gym_reset(env, NULL, NULL, obs, 4, &own);
  }
  return NULL;
}

static void interrupted_while_stepping(void) {
  static atomic_int stepped;
  pthread_t thread;
  const struct timespec short_time = {0, 1000000};
  use_environments();
  pthread_create(&thread, NULL, step_for_ever, &stepped);
  while (atomic_load(&stepped) < 100) nanosleep(&short_time, NULL);
  kill(getpid(), SIGINT);
  sleep(10);
}

/* ------------------------------------------------------------------------------------- what is installed */

static atomic_int caught, on_other_stack;
static char *other_stack;
static const size_t other_size = 1 << 16;

/* As Go's handlers, it wants the information and a stack of its own. */
static void catch(int number, siginfo_t *information, void *context) {
  char here;
  (void)context;
  atomic_store(&caught, information->si_signo == number ? number : -1);
  atomic_store(&on_other_stack, &here >= other_stack && &here < other_stack + other_size);
}

static void own_handlers(void) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGPIPE, SIGCHLD, SIGUSR1, SIGUSR2, SIGSEGV,
                                SIGBUS, SIGFPE,  SIGQUIT, SIGABRT, SIGHUP,  SIGALRM, SIGPROF};
  const int flags = SA_RESTART | SA_SIGINFO | SA_ONSTACK;
  struct sigaction mine = {.sa_sigaction = catch, .sa_flags = flags}, now;
  stack_t stack = {.ss_sp = other_stack = malloc(other_size), .ss_size = other_size};
  sigaltstack(&stack, NULL);
  sigaddset(&mine.sa_mask, SIGWINCH);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaction(numbers[i], &mine, NULL);
  use_environments();
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    int good = CHECK(sigaction(numbers[i], NULL, &now) == 0);
    good = CHECK(now.sa_sigaction == catch) && good;
    good = CHECK_INT(now.sa_flags & flags, flags) && good;
    good = CHECK(sigismember(&now.sa_mask, SIGWINCH)) && good;
    if (!good) {
      fprintf(stderr, "  signal %d\n", numbers[i]);
      continue;
    }
    atomic_store(&caught, 0);
    raise(numbers[i]);
    CHECK_INT(atomic_load(&caught), numbers[i]);
    CHECK(atomic_load(&on_other_stack));
  }
  use_environments(); /* and what was interrupted goes on */
}

/* Without the flag that only the C library sees. */
static int visible_flags(const struct sigaction *action) {
  return action->sa_flags & (SA_RESTART | SA_SIGINFO | SA_ONSTACK | SA_NOCLDSTOP | SA_NOCLDWAIT | SA_NODEFER);
}

static void check_dispositions_stay(void) {
  enum { SIGNALS = 31 }; /* real-time signals are for whoever takes them; SDL takes one */
  static struct sigaction before[SIGNALS + 1], after;
  sigset_t mask_before, mask_after;
  for (int i = 1; i <= SIGNALS; i++) CHECK(sigaction(i, NULL, &before[i]) == 0);
  pthread_sigmask(SIG_SETMASK, NULL, &mask_before);
  use_environments();
  for (int i = 1; i <= SIGNALS; i++) {
    CHECK(sigaction(i, NULL, &after) == 0);
    if (!CHECK(after.sa_handler == before[i].sa_handler))
      fprintf(stderr, "  signal %d: another handler\n", i);
    if (!CHECK_INT(visible_flags(&after), visible_flags(&before[i])))
      fprintf(stderr, "  signal %d: flags\n", i);
  }
  pthread_sigmask(SIG_SETMASK, NULL, &mask_after);
  for (int i = 1; i <= SIGNALS; i++) CHECK_INT(sigismember(&mask_after, i), sigismember(&mask_before, i));
}

/* Looking for pygame, as people do to see whether it is installed, imports nothing. */
static void pygame_found(void) {
  first = "find";
  check_dispositions_stay();
}

static void own_handlers_pygame_found(void) {
  first = "find";
  own_handlers();
}

/* An import that fails half-way is tried again. */
static void pygame_failed(void) {
  first = "fail";
  check_dispositions_stay();
}

static void own_handlers_pygame_failed(void) {
  first = "fail";
  own_handlers();
}

static void own_handlers_pygame_reloaded(void) {
  first = "reload";
  own_handlers();
}

static void all_ignored(void) {
  for (int i = 1; i < 32; i++) signal(i, SIG_IGN);
  signal(SIGCHLD, SIG_DFL); /* whoever ignores this cannot wait for a process: its own choice */
  check_dispositions_stay();
}

static void some_blocked(void) {
  sigset_t some;
  sigemptyset(&some);
  sigaddset(&some, SIGUSR1);
  sigaddset(&some, SIGINT);
  pthread_sigmask(SIG_BLOCK, &some, NULL);
  check_dispositions_stay();
}

/* A host whose threads all block a signal, to wait for it: no thread of the library may take it away. */
static void waited_for(void) {
  sigset_t some;
  const struct timespec limit = {10, 0};
  gym_env env = open_env(TEST_ENV("Noop"), NULL); /* other libraries' threads are their own affair */
  sigemptyset(&some);
  sigaddset(&some, SIGUSR1);
  sigaddset(&some, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &some, NULL);
  for (int i = 0; i < 20; i++) {
    kill(getpid(), i % 2 ? SIGUSR1 : SIGTERM);
    CHECK_INT(sigtimedwait(&some, NULL, &limit), i % 2 ? SIGUSR1 : SIGTERM);
  }
  CHECK_OK(gym_close(env, &err), err);
}

/* A host that ignores SIGCHLD: the kernel then reaps its children, the one that the library asks for Python
 * too. */
static void children_ignored(void) {
  struct sigaction now;
  signal(SIGCHLD, SIG_IGN);
  use_environments();
  CHECK(sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_IGN);
}

/* The host's children are the host's: none is waited for behind its back. */
static void children_kept(void) {
  int status;
  pid_t child = fork();
  if (child == 0) _exit(42);
  use_environments();
  CHECK_INT(waitpid(child, &status, 0), child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
}

static void signals_after_shutdown(void) {
  struct sigaction now;
  use_environments();
  CHECK_OK(gym_shutdown(&err), err);
  CHECK(sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
  CHECK(sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
}

int main(void) {
  use_test_envs();
  check_killed("Ctrl-C", interrupted, SIGINT);
  check_killed("Ctrl-C while stepping", interrupted_while_stepping, SIGINT);
  check_killed("SIGTERM", terminated, SIGTERM);
  check_killed("a broken pipe", pipe_broken, SIGPIPE);
  check_killed("SIGSEGV", crashed, SIGSEGV);
  check_passes("own handlers", own_handlers);
  check_passes("default dispositions", check_dispositions_stay);
  check_passes("pygame looked for first", pygame_found);
  check_passes("own handlers, pygame looked for first", own_handlers_pygame_found);
  check_passes("pygame's first import fails", pygame_failed);
  check_passes("own handlers, pygame's first import fails", own_handlers_pygame_failed);
  check_passes("own handlers, pygame loaded twice", own_handlers_pygame_reloaded);
  check_passes("ignored signals", all_ignored);
  check_passes("blocked signals", some_blocked);
  check_passes("signals that are waited for", waited_for);
  check_passes("SIGCHLD ignored", children_ignored);
  check_passes("the host's own children", children_kept);
  check_passes("after gym_shutdown", signals_after_shutdown);
  return check_summary();
}
