/* A copy of src/gogym_c/host/worker_internal.h, made by tools/copy_go_sources.py; edit that one. */
/* What the files of worker processes share. Not installed. */
#ifndef GOGYM_WORKER_INTERNAL_H_
#define GOGYM_WORKER_INTERNAL_H_

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "worker.h"

#define GYM__TAIL_SIZE 4095 /* of standard error, what is kept */

/* Guarded by the monitor's lock where nothing else is said. */
struct gym__worker {
  /* constant once gym__worker_start has given it */
  int pid;
  int socket;
  uint32_t station;
  double timeout;
  gym__memory memory; /* a mapping of its own of the control memory, and no descriptors */

  pthread_mutex_t calls; /* gym__worker_lock */
  int operation;         /* that was sent last, with that lock held: making takes longer than stepping */

  _Atomic(int) has_ended;
  int references;  /* of those who use it */
  int is_watched;  /* the monitor has it in its list */
  int is_started;  /* or could not be: error_number */
  int is_reaped;   /* its pid may be another process's by now */
  int is_asked;    /* to end */
  uint64_t end_by; /* when it is killed; 0: never (gym__now_ns) */
  int error_number;
  int signal, exit_code;
  char reason[256];
  char tail[GYM__TAIL_SIZE];
  size_t tail_length;

  /* the monitor's own */
  struct gym__worker *next;
  const struct gym__launch *launch; /* until it is started */
  int pidfd;                        /* -1: this kernel has none */
  int error_fd;                     /* its standard error; -1 once it is closed */
};

/* ------------------------------------------------------------------------- worker_fds.c: descriptors */

/* Descriptors that are closed in a child of fork, so that it keeps nothing open that belongs to a worker. All
 * are 6 or more, and close on exec. -1 with errno where that fails. */
int gym__fd_memory(const char *name);

/* Maps a memfd, for reading and writing; NULL: errno says why. In a child of fork it is memory of its own. */
void *gym__fd_map(int fd, size_t nbytes);
void gym__fd_unmap(void *address);
int gym__fd_pair(int ends[2]); /* of a stream socket */
int gym__fd_pipe(int ends[2]);
int gym__fd_event(void);
int gym__fd_null(void);
int gym__fd_process(int pid); /* pidfd_open */

/* Closes what one of these gave, and sets it to -1. */
void gym__fd_close(int *fd);

void gym__fds_before_fork(void);
void gym__fds_after_fork(void);
int gym__fds_in_child(void); /* whether there were any */

/* ------------------------------------------------------------------------- worker_spawn.c: a process */

/* What a worker starts with; made by the calling thread, used by the monitor. */
typedef struct gym__launch {
  char **arguments;
  char **environment;
  int socket, control, data, error; /* what it gets as 3, 4, 5 and 2 */
  int host_pid;
  unsigned long cpus[16]; /* those of the calling thread, as if that had forked */
  size_t cpus_nbytes;     /* 0: not known */
  char numbers[3][24];    /* texts of arguments */
} gym__launch;

/* 0, or an errno. */
int gym__launch_prepare(gym__launch *launch, const gym__worker_plan *plan, uint32_t station);
void gym__launch_free(gym__launch *launch);

/* Starts the process; on the monitor's thread, which blocks all signals. 0, or an errno. */
int gym__launch_run(const gym__launch *launch, int null_fd, int *pid);

/* ------------------------------------------------------------------------- worker_monitor.c */

/* Has the monitor, which is started where it is not, start and watch a worker. 0, an errno, or ESHUTDOWN. */
int gym__monitor_take(gym__worker *worker);

void gym__monitor_lock(void);
void gym__monitor_unlock(void);

/* With the lock held: waits until something has changed, or until the time (gym__now_ns). 0: it is past. */
int gym__monitor_wait(uint64_t until);

/* With the lock held: asks a worker to end, and has it killed in a second. */
void gym__monitor_ask(gym__worker *worker);

/* With the lock held: SIGKILL to its process group, unless it has ended. */
void gym__monitor_kill(gym__worker *worker);

/* Whether this is a child of fork whose parent had workers, or memory for them. */
int gym__workers_forked(void);

/* ------------------------------------------------------------------------- worker_process.c */

void gym__worker_python_in_child(void);

/* With nobody left who could use it. */
void gym__worker_free(gym__worker *worker);

#endif /* GOGYM_WORKER_INTERNAL_H_ */
