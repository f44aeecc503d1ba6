/* A copy of src/gogym_c/host/worker_process.c, made by tools/copy_go_sources.py; edit that one. */
/* Worker processes as the rest of the library knows them: made, referred to, asked how they ended. */
#define _GNU_SOURCE
#include "worker_internal.h"

#if defined(__linux__)

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "gogym_utf8.h"
#include "runtime.h"

#define CLOSING_NS 1000000000u /* from the end of a worker's connection to its own */
#define ENDING_NS 5000000000u  /* from SIGKILL to the end, where the kernel is in no hurry */

int gym__worker_check(gym_error *err) { return gym__check_process(err); }

/* ------------------------------------------------------------------------------------ starting */

void gym__worker_free(gym__worker *worker) {
  gym__fd_unmap(worker->memory.slab);
  gym__fd_close(&worker->socket);
  gym__fd_close(&worker->error_fd);
  pthread_mutex_destroy(&worker->calls);
  free(worker);
}

/* A mapping of its own: a space of a vector environment keeps a worker when the rest of that is gone. */
static int map_control(gym__worker *worker, const gym__memory *memory) {
  void *slab = gym__fd_map(memory->control_fd, memory->slab_nbytes);
  if (!slab) return 0;
  worker->memory.slab = slab;
  worker->memory.slab_nbytes = memory->slab_nbytes;
  worker->memory.worker_count = memory->worker_count;
  return 1;
}

/* The station may be that of a worker that has ended. */
static void clear_station(gym__worker *worker) {
  gym__station *station = gym__worker_station(worker);
  atomic_store(&station->operations, 0);
  atomic_store(&station->sleeps, 0);
}

/* 0, or an errno. */
static int launch(gym__worker *worker, const gym__worker_plan *plan, const gym__memory *memory) {
  int sockets[2], pipe[2] = {-1, -1};
  gym__launch launch;
  if (!map_control(worker, memory) || gym__fd_pair(sockets) != 0) return errno;
  worker->socket = sockets[0];
  int error_number = gym__fd_pipe(pipe) == 0 ? 0 : errno;
  worker->error_fd = pipe[0];
  if (!error_number) {
    clear_station(worker);
    error_number = gym__launch_prepare(&launch, plan, worker->station);
    launch.socket = sockets[1];
    launch.control = memory->control_fd;
    launch.data = memory->data_fd;
    launch.error = pipe[1];
    worker->launch = &launch;
    if (!error_number) error_number = gym__monitor_take(worker);
    gym__launch_free(&launch);
  }
  gym__fd_close(&sockets[1]);
  gym__fd_close(&pipe[1]);
  return error_number;
}

static int fail_start(gym_error *err, const char *python, int error_number) {
  if (error_number == ENOMEM) return gym__fail(err, GYM_ERR_MEMORY, "out of memory");
  return gym__fail(err, GYM_ERR_WORKER, "no worker process could be started with \"%s\": %s%s", python,
                   strerror(error_number),
                   error_number == EMFILE ? ". A worker needs three open files; raise their limit (ulimit -n)"
                   : error_number == EAGAIN ? ". The limit of processes may be reached (ulimit -u)"
                                            : "");
}

int gym__worker_start(const gym__worker_plan *plan, const gym__memory *memory, uint32_t station,
                      gym__worker **out, gym_error *err) {
  int status = gym__worker_check(err);
  if (status) return status;
  gym__prepare_process();
  gym__worker *worker = calloc(1, sizeof *worker);
  if (!worker) return gym__fail(err, GYM_ERR_MEMORY, "out of memory");
  worker->socket = worker->pidfd = worker->error_fd = -1;
  worker->memory.control_fd = worker->memory.data_fd = -1;
  worker->station = station;
  worker->timeout = plan->timeout;
  worker->references = 1;
  worker->exit_code = -1;
  pthread_mutex_init(&worker->calls, NULL);
  void *gil = gym__gil_release();
  int error_number = launch(worker, plan, memory);
  gym__gil_restore(gil);
  if (!error_number) {
    *out = worker;
    return GYM_OK;
  }
  gym__worker_free(worker);
  status = error_number == ESHUTDOWN ? gym__worker_check(err) : GYM_OK;
  return status ? status : fail_start(err, plan->python, error_number);
}

/* ------------------------------------------------------------------------------------ references */

/* In a child of fork nothing is done: what a worker has, its descriptors above all, may be another's by now.
 */

void gym__worker_hold(gym__worker *worker) {
  gym__monitor_lock();
  worker->references++;
  gym__monitor_unlock();
}

void gym__worker_release(gym__worker *worker) {
  if (gym__workers_forked()) return;
  gym__monitor_lock();
  int is_last = --worker->references == 0;
  if (is_last) gym__monitor_ask(worker);
  is_last &= !worker->is_watched; /* otherwise the monitor frees it */
  gym__monitor_unlock();
  if (is_last) gym__worker_free(worker);
}

void gym__worker_ask_to_end(gym__worker *worker) {
  if (gym__workers_forked()) return;
  gym__monitor_lock();
  gym__monitor_ask(worker);
  gym__monitor_unlock();
}

void gym__worker_ask_if_last(gym__worker *worker) {
  if (gym__workers_forked()) return;
  gym__monitor_lock();
  if (worker->references == 1) gym__monitor_ask(worker);
  gym__monitor_unlock();
}

void gym__worker_kill(gym__worker *worker, const char *reason) {
  if (gym__workers_forked()) return;
  gym__monitor_lock();
  if (!worker->is_reaped) {
    if (!worker->reason[0] && reason) snprintf(worker->reason, sizeof worker->reason, "%s", reason);
    gym__monitor_kill(worker);
  }
  gym__monitor_unlock();
}

int gym__worker_has_ended(const gym__worker *worker) {
  return atomic_load_explicit(&worker->has_ended, memory_order_acquire);
}

/* Gives the GIL up. */
static int wait_until(const gym__worker *worker, uint64_t until) {
  if (gym__worker_has_ended(worker) || gym__workers_forked()) return 1;
  void *gil = gym__gil_release();
  gym__monitor_lock();
  while (!gym__worker_has_ended(worker) && gym__monitor_wait(until)) {
  }
  gym__monitor_unlock();
  gym__gil_restore(gil);
  return gym__worker_has_ended(worker);
}

int gym__worker_wait_ended(gym__worker *worker, double seconds) {
  return wait_until(worker, gym__now_ns() + (uint64_t)(seconds * 1e9));
}

void gym__worker_part_with(gym__worker *worker, uint64_t until) {
  if (gym__workers_forked()) return;
  gym__monitor_lock();
  int is_asked = worker->is_asked;
  gym__monitor_unlock();
  if (is_asked) wait_until(worker, until);
  gym__worker_release(worker);
}

int gym__worker_pid(const gym__worker *worker) { return worker->pid; }

int gym__worker_socket(const gym__worker *worker) { return worker->socket; }

gym__station *gym__worker_station(const gym__worker *worker) {
  return gym__slab_station(worker->memory.slab, worker->station);
}

const gym__memory *gym__worker_memory(const gym__worker *worker) { return &worker->memory; }

/* ------------------------------------------------------------------------------------ the end */

/* Copies text that may be anything as UTF-8: a question mark for a byte that is none, nothing for the rest of
 * a character at the beginning. */
static void copy_tail(char *to, const char *from, size_t length) {
  const unsigned char *bytes = (const unsigned char *)from;
  size_t at = 0, filled = 0;
  while (length == GYM__TAIL_SIZE && at < 3 && (bytes[at] & 0xC0) == 0x80) at++;
  while (at < length) {
    size_t taken = gym__utf8_character(bytes + at, length - at);
    if (taken == 0 || bytes[at] == '\0')
      to[filled++] = '?';
    else
      memcpy(to + filled, from + at, taken), filled += taken;
    at += taken ? taken : 1;
  }
  to[filled] = '\0';
}

void gym__worker_describe_end(gym__worker *worker, gym__worker_end *out) {
  memset(out, 0, sizeof *out);
  out->pid = worker->pid;
  out->exit_code = -1;
  if (gym__workers_forked()) return;
  if (!wait_until(worker, gym__now_ns() + CLOSING_NS)) {
    gym__worker_kill(worker, "closed its connection and did not end");
    wait_until(worker, gym__now_ns() + ENDING_NS);
  }
  gym__monitor_lock();
  out->signal = worker->signal;
  out->exit_code = worker->exit_code;
  memcpy(out->reason, worker->reason, sizeof out->reason);
  copy_tail(out->stderr_tail, worker->tail, worker->tail_length);
  gym__monitor_unlock();
}

/* strsignal is not for several threads. */
static const char *signal_text(int number) {
  static const struct {
    int number;
    const char *text;
  } texts[] = {
      {SIGSEGV, "Segmentation fault"},
      {SIGABRT, "Aborted"},
      {SIGBUS, "Bus error"},
      {SIGFPE, "Floating point exception"},
      {SIGILL, "Illegal instruction"},
      {SIGKILL, "Killed, by the system if memory ran out"},
      {SIGTERM, "Terminated"},
      {SIGHUP, "Hangup"},
      {SIGPIPE, "Broken pipe"},
      {SIGXCPU, "CPU time limit exceeded"},
      {SIGXFSZ, "File size limit exceeded"},
      {SIGSYS, "Bad system call"},
      {SIGTRAP, "Trace trap"},
      {SIGALRM, "Alarm clock"},
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (texts[i].number == number) return texts[i].text;
  return "";
}

/* The last line that is not empty; its length goes to *length. */
static const char *last_line(const char *text, int *length) {
  /* What Python says when it crashes ends with a list of modules; it begins with why. */
  const char *fatal = strstr(text, "Fatal Python error:");
  if (fatal) {
    *length = (int)strcspn(fatal, "\n");
    return fatal;
  }
  size_t end = strlen(text);
  while (end > 0 && strchr(" \t\r\n", text[end - 1])) end--;
  size_t begin = end;
  while (begin > 0 && text[begin - 1] != '\n') begin--;
  *length = (int)(end - begin);
  return text + begin;
}

int gym__worker_fail(gym__worker *worker, gym_error *err) {
  gym__worker_end end;
  char how[512], message[GYM_ERROR_MESSAGE_SIZE];
  gym__worker_describe_end(worker, &end);
  const char *text = signal_text(end.signal);
  /* The reason of a SIGKILL that came too late is none. */
  if (end.reason[0] && end.exit_code < 0 && (!end.signal || end.signal == SIGKILL))
    snprintf(how, sizeof how, "%s", end.reason);
  else if (end.signal)
    snprintf(how, sizeof how, "was ended by signal %d%s%s%s", end.signal, *text ? " (" : "", text,
             *text ? ")" : "");
  else if (end.exit_code >= 0)
    snprintf(how, sizeof how, "ended by itself, with exit code %d", end.exit_code);
  else
    snprintf(how, sizeof how,
             "has ended; how is not known, because this program takes the end of all its child "
             "processes itself");
  int length;
  const char *line = last_line(end.stderr_tail, &length);
  snprintf(message, sizeof message, "the worker process %d %s%s%.*s", end.pid, how,
           length ? ". It wrote last: " : "", length > 1000 ? gym__cut(line, 1000) : length, line);
  return gym__error_set(err, GYM_ERR_WORKER, NULL, message, end.stderr_tail);
}

#endif /* __linux__ */
