/* The monitor: a thread that starts worker processes, passes their standard error on, and notices their end.
 */
#define _GNU_SOURCE
#include "worker_internal.h"

#if defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime.h"

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

#define STACK_SIZE (512u << 10)
#define CHUNK_SIZE 16384
#define CHUNKS 4            /* of one worker, before the others are looked at */
#define PATIENCE_MS 20      /* for the rest of standard error, which a stray process may keep open */
#define LOOK_MS 50          /* how often to look for ends where the kernel does not tell of them */
#define BLIND_MS 10         /* the same where poll does not work at all */
#define GRACE_NS 1000000000 /* from being asked to end until being killed */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* nobody waits for anything else with it */
static pthread_cond_t changed;
static int is_running; /* the thread */
static int is_closed;  /* by gym__workers_end */
static int event_fd = -1, null_fd = -1;
static gym__worker *watched;
static _Atomic(int) watched_count;
static _Atomic(int) forked;
static _Thread_local int is_starting; /* a worker, which a sanitizer makes of a fork */

/* The monitor's own. */
static struct pollfd *polls;
static gym__worker **polled;
static size_t poll_room;

void gym__monitor_lock(void) { pthread_mutex_lock(&lock); }

void gym__monitor_unlock(void) { pthread_mutex_unlock(&lock); }

int gym__monitor_wait(uint64_t until) {
  struct timespec time = {(time_t)(until / 1000000000u), (long)(until % 1000000000u)};
  return pthread_cond_timedwait(&changed, &lock, &time) != ETIMEDOUT;
}

int gym__worker_count(void) { return atomic_load_explicit(&watched_count, memory_order_relaxed); }

int gym__workers_forked(void) { return atomic_load(&forked); }

static void wake(void) {
  const uint64_t one = 1;
  while (write(event_fd, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

/* ------------------------------------------------------------------------------------ standard error */

/* Where writing could wait, a description of its own of the same file does not: the flag that says so belongs
 * to the description, and changing the host's would surprise the host. Nobody is told of a loss. */
static void pass_on(const char *bytes, size_t count) {
  struct stat status;
  int fd = 2, flags = O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  if (fstat(2, &status) != 0) return;
  if (S_ISSOCK(status.st_mode)) {
    ssize_t sent = send(2, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)sent;
    return;
  }
  int may_wait = S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode);
  if (may_wait && (fd = open("/proc/self/fd/2", flags)) < 0) {
    struct pollfd is_ready = {2, POLLOUT, 0};
    if (poll(&is_ready, 1, 0) != 1 || !(is_ready.revents & POLLOUT)) return;
    fd = 2;
    if (count > 512) count = 512; /* as much as is certain to have room */
  }
  while (count > 0) {
    ssize_t written = write(fd, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    bytes += written;
    count -= (size_t)written;
  }
  if (fd != 2) close(fd);
}

static void keep_tail(gym__worker *worker, const char *bytes, size_t count) {
  pthread_mutex_lock(&lock);
  if (count > sizeof worker->tail) {
    bytes += count - sizeof worker->tail;
    count = sizeof worker->tail;
  }
  size_t kept = sizeof worker->tail - count;
  if (kept > worker->tail_length) kept = worker->tail_length;
  memmove(worker->tail, worker->tail + worker->tail_length - kept, kept);
  memcpy(worker->tail + kept, bytes, count);
  worker->tail_length = kept + count;
  pthread_mutex_unlock(&lock);
}

/* 1: there may be more. */
static int read_chunk(gym__worker *worker) {
  char chunk[CHUNK_SIZE];
  ssize_t count = read(worker->error_fd, chunk, sizeof chunk);
  if (count < 0) return errno == EINTR;
  if (count == 0) {
    gym__fd_close(&worker->error_fd);
    return 0;
  }
  keep_tail(worker, chunk, (size_t)count);
  pass_on(chunk, (size_t)count);
  return 1;
}

static void read_some(gym__worker *worker) {
  for (int i = 0; i < CHUNKS && worker->error_fd >= 0 && read_chunk(worker); i++) {
  }
}

/* What is left after the end. */
static void read_rest(gym__worker *worker) {
  uint64_t until = gym__now_ns() + PATIENCE_MS * 1000000u;
  while (worker->error_fd >= 0 && gym__now_ns() < until) {
    struct pollfd is_ready = {worker->error_fd, POLLIN, 0};
    if (poll(&is_ready, 1, 1) == 1) read_chunk(worker);
  }
  gym__fd_close(&worker->error_fd);
}

/* ------------------------------------------------------------------------------------ start and end */

static void unlink_worker(const gym__worker *worker) {
  gym__worker **at = &watched;
  while (*at != worker) at = &(*at)->next;
  *at = worker->next;
  atomic_fetch_sub(&watched_count, 1);
}

/* Room for what is polled: two entries for each worker, after the one of requests. */
static int make_room(void) {
  size_t needed = 1 + 2 * (size_t)gym__worker_count();
  if (needed <= poll_room) return 1;
  struct pollfd *more_polls = realloc(polls, 2 * needed * sizeof *polls);
  if (more_polls) polls = more_polls;
  gym__worker **more_polled = realloc(polled, 2 * needed * sizeof(gym__worker *));
  if (more_polled) polled = more_polled;
  if (!more_polls || !more_polled) return 0;
  poll_room = 2 * needed;
  return 1;
}

static void start(gym__worker *worker) {
  int pid = 0;
  is_starting = 1;
  int error_number = make_room() ? gym__launch_run(worker->launch, null_fd, &pid) : ENOMEM;
  is_starting = 0;
  if (!error_number) worker->pidfd = gym__fd_process(pid);
  pthread_mutex_lock(&lock);
  worker->pid = pid;
  worker->error_number = error_number;
  worker->is_started = 1;
  worker->launch = NULL;
  if (error_number) {
    worker->is_reaped = 1;
    worker->is_watched = 0;
    unlink_worker(worker);
  }
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

/* With the lock held. What the environment has started must go too; its process group is certain to be that
 * as long as the worker has not been reaped. */
static void kill_group(const gym__worker *worker) {
  if (worker->is_reaped || !worker->is_started) return;
  kill(-worker->pid, SIGKILL);
  /* Alone too: it may have gone into another group. */
  if (worker->pidfd < 0 || syscall(SYS_pidfd_send_signal, worker->pidfd, SIGKILL, NULL, 0) != 0)
    kill(worker->pid, SIGKILL);
}

/* Whether the process has ended, which it is reaped for then. */
static int reap(gym__worker *worker) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  pthread_mutex_lock(&lock);
  int found = waitid(P_PID, (id_t)worker->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
  if ((found && info.si_pid == 0) || (!found && errno != ECHILD)) {
    pthread_mutex_unlock(&lock);
    return 0;
  }
  kill(-worker->pid, SIGKILL);
  /* A host that waits for all its children, or wants no SIGCHLD, has taken the status. */
  if (found && waitid(P_PID, (id_t)worker->pid, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) {
    worker->signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
    worker->exit_code = info.si_code == CLD_EXITED ? info.si_status : -1;
  }
  worker->is_reaped = 1;
  pthread_mutex_unlock(&lock);
  return 1;
}

static void finish(gym__worker *worker) {
  read_rest(worker);
  gym__fd_close(&worker->pidfd);
  pthread_mutex_lock(&lock);
  unlink_worker(worker);
  worker->is_watched = 0;
  atomic_store(&worker->has_ended, 1);
  gym__turn_interrupt(&worker->memory);
  int is_last = worker->references == 0;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  if (is_last) gym__worker_free(worker);
}

/* ------------------------------------------------------------------------------------ the thread */

static void start_new(void) {
  for (;;) {
    pthread_mutex_lock(&lock);
    gym__worker *worker = watched;
    while (worker && !worker->launch) worker = worker->next;
    pthread_mutex_unlock(&lock);
    if (!worker) return;
    start(worker);
  }
}

/* Kills those whose time is up, and gives the milliseconds until that of the next; -1: none. */
static int look_at_times(void) {
  uint64_t now = gym__now_ns(), next = 0;
  int is_blind = 0;
  pthread_mutex_lock(&lock);
  for (gym__worker *worker = watched; worker; worker = worker->next) {
    is_blind |= worker->pidfd < 0;
    if (worker->end_by && worker->end_by <= now) {
      kill_group(worker);
      worker->end_by = 0;
    }
    if (worker->end_by && (!next || worker->end_by < next)) next = worker->end_by;
  }
  pthread_mutex_unlock(&lock);
  int left = next ? (int)((next - now) / 1000000u) + 1 : -1;
  return is_blind && (left < 0 || left > LOOK_MS) ? LOOK_MS : left;
}

/* Of each worker its process and its standard error. */
static size_t list_polls(void) {
  size_t count = 0;
  if (poll_room == 0) return 0;
  polls[count++] = (struct pollfd){event_fd, POLLIN, 0};
  pthread_mutex_lock(&lock);
  for (gym__worker *worker = watched; worker && count + 2 <= poll_room; worker = worker->next) {
    polled[count / 2] = worker;
    polls[count++] = (struct pollfd){worker->pidfd, POLLIN, 0};
    polls[count++] = (struct pollfd){worker->error_fd, POLLIN, 0};
  }
  pthread_mutex_unlock(&lock);
  return count;
}

/* poll refuses more than the host may have open now, which it may have changed: then everything is looked at
 * again and again. */
static void look_at_all(struct pollfd *first, size_t count) {
  const struct timespec pause = {0, BLIND_MS * 1000000L};
  first->revents = 0;
  if (errno == EINTR) {
    for (size_t i = 0; i < count; i++) polls[i].revents = 0;
    return;
  }
  nanosleep(&pause, NULL);
  for (size_t i = 1; i < count; i++) polls[i].revents = POLLIN;
}

static void *watch(void *unused) {
  (void)unused;
  pthread_setname_np(pthread_self(), "gogym-monitor");
  struct pollfd request = {event_fd, POLLIN, 0};
  for (;;) {
    uint64_t requests;
    start_new();
    size_t count = list_polls();
    struct pollfd *first = count > 0 ? polls : &request;
    if (poll(first, count > 0 ? (nfds_t)count : 1, look_at_times()) < 0) look_at_all(first, count);
    if (first->revents)
      while (read(event_fd, &requests, sizeof requests) < 0 && errno == EINTR) {
      }
    for (size_t i = 1; i < count; i += 2) {
      gym__worker *worker = polled[i / 2];
      if (!worker->is_started) continue;
      if (polls[i + 1].revents) read_some(worker);
      if ((worker->pidfd < 0 || polls[i].revents) && reap(worker)) finish(worker);
    }
  }
  return NULL;
}

/* With the lock held. 0, or an errno. */
static int start_thread(void) {
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_condattr_t clock;
  sigset_t all, before;
  if (is_running) return 0;
  if (event_fd < 0 && (event_fd = gym__fd_event()) < 0) return errno;
  if (null_fd < 0 && (null_fd = gym__fd_null()) < 0) return errno;
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&changed, &clock);
  pthread_condattr_destroy(&clock);
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_SIZE);
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before); /* inherited: the host's signals are not for it */
  int error_number = pthread_create(&thread, &attributes, watch, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  is_running = error_number == 0;
  return error_number;
}

/* ------------------------------------------------------------------------------------ for the others */

int gym__monitor_take(gym__worker *worker) {
  pthread_mutex_lock(&lock);
  int error_number = is_closed || atomic_load(&forked) ? ESHUTDOWN : start_thread();
  if (!error_number) {
    worker->is_watched = 1;
    worker->next = watched;
    watched = worker;
    atomic_fetch_add(&watched_count, 1);
    wake();
    while (!worker->is_started) pthread_cond_wait(&changed, &lock);
    error_number = worker->error_number;
  }
  pthread_mutex_unlock(&lock);
  return error_number;
}

void gym__monitor_ask(gym__worker *worker) {
  if (worker->is_asked || !worker->is_watched) return;
  worker->is_asked = 1;
  worker->end_by = gym__now_ns() + GRACE_NS;
  /* What has been sent can still be read, and then the end of the stream. */
  shutdown(worker->socket, SHUT_RDWR);
  gym__turn_wake(&worker->memory, gym__turn_tell(worker, GYM__DO_CONTROL));
  wake();
}

void gym__monitor_kill(gym__worker *worker) { kill_group(worker); }

int gym__worker_end_all(double seconds) {
  uint64_t until = gym__now_ns() + (uint64_t)(seconds * 1e9);
  if (atomic_load(&forked)) return 1;
  void *gil = gym__gil_release();
  pthread_mutex_lock(&lock);
  is_closed = 1;
  for (gym__worker *worker = watched; worker; worker = worker->next) gym__monitor_ask(worker);
  while (watched && gym__monitor_wait(until)) {
  }
  int are_gone = !watched;
  pthread_mutex_unlock(&lock);
  gym__gil_restore(gil);
  return are_gone;
}

void gym__workers_before_fork(void) {
  pthread_mutex_lock(&lock);
  gym__fds_before_fork();
}

void gym__workers_after_fork(void) {
  gym__fds_after_fork();
  pthread_mutex_unlock(&lock);
}

int gym__workers_in_child(void) {
  if (is_starting) {
    gym__workers_after_fork();
    return 1;
  }
  if (gym__fds_in_child() || is_running) atomic_store(&forked, 1);
  atomic_store(&watched_count, 0);
  watched = NULL;
  pthread_mutex_unlock(&lock);
  gym__worker_python_in_child();
  return atomic_load(&forked);
}

#endif /* __linux__ */
