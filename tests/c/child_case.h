/* Cases that need a Python of their own: each runs in a child process, where Python is started afresh. */
#ifndef CHILD_CASE_H_
#define CHILD_CASE_H_

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* Runs a case in a child, which must check something, find nothing wrong, and end by itself. */
static inline void check_case(const char *what, void (*run)(void)) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    alarm(100); /* what hangs fails */
    atomic_store(&check_failed, 0);
    atomic_store(&check_passed, 0);
    run();
    fflush(NULL);
    _exit(atomic_load(&check_failed) == 0 && atomic_load(&check_passed) > 0 ? 0 : 1);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0)) return;
  fprintf(stderr, "  %s: %s %d\n", what, WIFSIGNALED(status) ? "killed by signal" : "exited with",
          WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

#endif /* CHILD_CASE_H_ */
