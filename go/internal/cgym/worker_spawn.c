/* A copy of src/gogym_c/host/worker_spawn.c, made by tools/copy_go_sources.py; edit that one. */
/* The start of a worker process: what it is called with, and what it has of the host. */
#define _GNU_SOURCE
#include "worker_internal.h"

#if defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

extern char **environ;

/* The descriptors of a worker. */
enum { SOCKET = 3, CONTROL = 4, DATA = 5, BEYOND = 6 };

/* `-m gogym.worker` would look into the current directory first, for whatever the start imports. */
static const char program[] =
    "import sys\n"
    "if sys.path[:1] == ['']: del sys.path[0]\n"
    "from gogym.worker import main\n"
    "main()\n";

/* Workers share the CPUs: libraries that would start a thread for each CPU are told not to. */
static const char *const defaults[] = {"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1"};
enum { DEFAULTS = sizeof defaults / sizeof *defaults, ARGUMENTS = 10 };

static int is_variable(const char *entry, const char *name) {
  size_t length = strcspn(name, "=");
  return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

/* The host's environment without what would make another interpreter of it, or keep it from ending. */
static char **make_environment(void) {
  size_t count = 0, kept = 0;
  while (environ && environ[count]) count++;
  char **copy = malloc((count + DEFAULTS + 1) * sizeof *copy);
  if (!copy) return NULL;
  int is_set[DEFAULTS] = {0};
  for (size_t i = 0; i < count; i++) {
    if (is_variable(environ[i], "PYTHONHOME") || is_variable(environ[i], "PYTHONINSPECT")) continue;
    for (size_t k = 0; k < DEFAULTS; k++) is_set[k] |= is_variable(environ[i], defaults[k]);
    copy[kept++] = environ[i];
  }
  for (size_t k = 0; k < DEFAULTS; k++)
    if (!is_set[k]) copy[kept++] = (char *)(uintptr_t)defaults[k];
  copy[kept] = NULL;
  return copy;
}

int gym__launch_prepare(gym__launch *launch, const gym__worker_plan *plan, uint32_t station) {
  static const char *const fds[] = {"3", "4", "5"};
  memset(launch, 0, sizeof *launch);
  launch->host_pid = (int)getpid();
  launch->environment = make_environment();
  launch->arguments = calloc(ARGUMENTS + 1, sizeof *launch->arguments);
  if (!launch->environment || !launch->arguments) return ENOMEM;
  snprintf(launch->numbers[0], sizeof launch->numbers[0], "%" PRIu32, station);
  snprintf(launch->numbers[1], sizeof launch->numbers[1], "%d", launch->host_pid);
  snprintf(launch->numbers[2], sizeof launch->numbers[2], "%" PRIu64, plan->memory_limit);
  const char *const arguments[ARGUMENTS] = {plan->python,
                                            "-c",
                                            program,
                                            "gogym.worker",
                                            fds[0],
                                            fds[1],
                                            fds[2],
                                            launch->numbers[0],
                                            launch->numbers[1],
                                            launch->numbers[2]};
  for (size_t i = 0; i < ARGUMENTS; i++) launch->arguments[i] = (char *)(uintptr_t)arguments[i];
  cpu_set_t *cpus = (cpu_set_t *)(void *)launch->cpus;
  if (sched_getaffinity(0, sizeof launch->cpus, cpus) == 0) launch->cpus_nbytes = sizeof launch->cpus;
  return 0;
}

void gym__launch_free(gym__launch *launch) {
  free(launch->arguments);
  free(launch->environment);
}

/* ------------------------------------------------------------------------------------ in the new process */

/* From here on everything must be async-signal-safe, because the new process shares the host's memory. */

static void reset_signals(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  for (int number = 1; number < NSIG; number++) {
    /* A terminal's interrupt is for the host to handle. */
    action.sa_handler = number == SIGINT ? SIG_IGN : SIG_DFL;
    sigaction(number, &action, NULL);
  }
}

static void close_from(unsigned first, long most) {
  if (syscall(SYS_close_range, first, ~0u, 0) == 0) return;
  for (long fd = (long)first; fd < most; fd++) close((int)fd);
}

static _Noreturn void become_worker(const gym__launch *launch, int null_fd, long most_fds,
                                    volatile int *error_number) {
  sigset_t none;
  setsid();
  reset_signals();
  /* The kernel ends it together with the thread that started it, and that with the host. If the host is gone
   * already, another process is the parent now. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launch->host_pid) _exit(0);
  if (launch->cpus_nbytes)
    sched_setaffinity(0, launch->cpus_nbytes, (const cpu_set_t *)(const void *)launch->cpus);
  dup2(null_fd, 0);
  if (fcntl(1, F_GETFD) < 0) dup2(null_fd, 1);
  dup2(launch->error, 2);
  dup2(launch->socket, SOCKET);
  dup2(launch->control, CONTROL);
  dup2(launch->data, DATA);
  close_from(BEYOND, most_fds);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(launch->arguments[0], launch->arguments, launch->environment);
  *error_number = errno;
  _exit(127);
}

/* ------------------------------------------------------------------------------------ in the host */

/* vfork, because a copy of a large host's page tables takes longer than the start of Python, and the system
 * may refuse it. */
static __attribute__((noinline)) pid_t divide(const gym__launch *launch, int null_fd, long most_fds,
                                              volatile int *error_number) {
  pid_t pid = vfork();
  if (pid == 0) become_worker(launch, null_fd, most_fds, error_number);
  return pid;
}

int gym__launch_run(const gym__launch *launch, int null_fd, int *pid) {
  volatile int error_number = 0;
  long most_fds = sysconf(_SC_OPEN_MAX);
  if (most_fds < 0 || most_fds > 1L << 20) most_fds = 1L << 20;
  pid_t child = divide(launch, null_fd, most_fds, &error_number);
  if (child < 0) return errno;
  *pid = (int)child;
  if (error_number)
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
  return error_number;
}

#endif /* __linux__ */
