/* Counts user-space instructions without hardware counters, which virtual machines often lack: single-steps
 * the main thread of a program between two SIGUSR1 that it sends itself.
 *
 *   count PROGRAM [ARGUMENT...]
 *
 * Prints "instructions N" each time, on the program's own standard output. Each iteration of an x86 string
 * instruction counts as one. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* Lets the program run on, one instruction or until it stops; gives the signal that it stopped with. */
static int run(pid_t child, int one, int signal_to_deliver) {
  int status;
  if (ptrace(one ? PTRACE_SINGLESTEP : PTRACE_CONT, child, NULL, (void *)(long)signal_to_deliver) != 0 ||
      waitpid(child, &status, 0) != child) {
    perror("count: ptrace");
    exit(1);
  }
  if (WIFEXITED(status)) exit(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) exit(128 + WTERMSIG(status));
  return WSTOPSIG(status);
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
      perror("count: ptrace");
      _exit(125);
    }
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    _exit(127);
  }
  int status;
  if (child < 0 || waitpid(child, &status, 0) != child) return 1;
  if (WIFEXITED(status)) return WEXITSTATUS(status);

  int counting = 0, deliver = 0;
  unsigned long long count = 0;
  for (;;) {
    int signal_seen = run(child, counting, deliver);
    deliver = 0;
    if (signal_seen == SIGTRAP) {
      count++;
    } else if (signal_seen != SIGUSR1) {
      deliver = signal_seen;
    } else if (counting) {
      printf("instructions %llu\n", count);
      fflush(stdout);
      counting = 0;
    } else {
      count = 0;
      counting = 1;
    }
  }
}
