/* Messages to a worker and its answers: the host's side of the socket. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "gogym_error.h"
#include "gogym_gil.h"
#include "gogym_remote.h"
#include "gogym_utf8.h"
#include "gogym_value_format.h"
#include "value_copy.h"
#include "worker_internal.h"

#if !defined(MSG_NOSIGNAL) /* where there are no workers either */
#define MSG_NOSIGNAL 0
#endif

/* How often a waiter looks whether the worker has ended: a process that the environment has started may have
 * inherited the socket, which then stays open. */
#define SLICE_MS 100

/* A worker that starts, and makes environments, imports packages first: for that it has at least so long. */
#define START_SECONDS 120.0

/* ------------------------------------------------------------------------- waiting */

/* What is being sent or received, and how long there is for it. */
typedef struct transfer {
  gym__worker *worker;
  uint64_t deadline; /* of gym__now_ns; 0 for none */
  double seconds;    /* that this is, for the message */
  int fd;            /* a descriptor that goes with the first byte; -1 for none */
} transfer;

static transfer begin_transfer(gym__worker *worker) {
  transfer t = {worker, 0, worker->timeout, -1};
  if (worker->timeout <= 0) return t;
  if ((worker->operation == GYM__REMOTE_HELLO || worker->operation == GYM__REMOTE_ENV_MAKE ||
       worker->operation == GYM__REMOTE_BATCH_MAKE) &&
      t.seconds < START_SECONDS)
    t.seconds = START_SECONDS;
  if (t.seconds < 1e9) t.deadline = gym__now_ns() + (uint64_t)(t.seconds * 1e9) + 1;
  return t;
}

/* The worker cannot be used any more. */
static int refuse(const transfer *t, const char *reason, gym_error *err) {
  gym__worker_kill(t->worker, reason);
  return gym__worker_fail(t->worker, err);
}

/* The same where it is mostly about to end by itself: how it does is what the caller wants to know. */
static int give_up(const transfer *t, const char *reason, gym_error *err) {
  if (gym__worker_wait_ended(t->worker, 1.0)) return gym__worker_fail(t->worker, err);
  return refuse(t, reason, err);
}

static int time_out(const transfer *t, gym_error *err) {
  char reason[80];
  snprintf(reason, sizeof reason, "did not answer within %g s", t->seconds);
  return refuse(t, reason, err);
}

/* Waits until the socket can be read or written. */
static int wait_for(const transfer *t, short events, gym_error *err) {
  struct pollfd fd = {gym__worker_socket(t->worker), events, 0};
  int slice = SLICE_MS;
  if (t->deadline) {
    uint64_t now = gym__now_ns();
    if (now >= t->deadline) return time_out(t, err);
    uint64_t left = (t->deadline - now) / 1000000u + 1;
    if (left < SLICE_MS) slice = (int)left;
  }
  int ended = gym__worker_has_ended(t->worker); /* before the look: what it sent last is still there */
  int ready = poll(&fd, 1, slice);
  if (ready < 0 && errno != EINTR) return give_up(t, "cannot be reached any more", err);
  return ready == 0 && ended ? give_up(t, "has ended", err) : GYM_OK;
}

/* send, with the descriptor where there is one. */
static ssize_t send_some(const transfer *t, const void *bytes, size_t nbytes) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct iovec part = {(void *)(uintptr_t)bytes, nbytes};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (t->fd >= 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = &control;
    message.msg_controllen = sizeof control.space;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &t->fd, sizeof t->fd);
  }
  return sendmsg(gym__worker_socket(t->worker), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int send_bytes(transfer *t, const void *bytes, size_t nbytes, gym_error *err) {
  const char *at = bytes;
  while (nbytes > 0) {
    ssize_t sent = send_some(t, at, nbytes);
    if (sent > 0) {
      t->fd = -1;
      at += sent;
      nbytes -= (size_t)sent;
    } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      int status = wait_for(t, POLLOUT, err);
      if (status) return status;
    } else if (sent < 0 && errno != EINTR) {
      return give_up(t, "has closed its connection", err);
    }
  }
  return GYM_OK;
}

static int receive_bytes(const transfer *t, void *bytes, size_t nbytes, gym_error *err) {
  char *at = bytes;
  while (nbytes > 0) {
    ssize_t got = recv(gym__worker_socket(t->worker), at, nbytes, MSG_DONTWAIT);
    if (got > 0) {
      at += got;
      nbytes -= (size_t)got;
    } else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      int status = wait_for(t, POLLIN, err);
      if (status) return status;
    } else if (got == 0 || errno != EINTR) {
      return give_up(t, "has closed its connection", err);
    }
  }
  return GYM_OK;
}

/* ------------------------------------------------------------------------- requests */

static int is_utf8(const char *text, size_t length) {
  while (length > 0) {
    size_t bytes = gym__utf8_character((const unsigned char *)text, length);
    if (bytes == 0) return 0;
    text += bytes;
    length -= bytes;
  }
  return 1;
}

/* What is no UTF-8 goes as bytes: that it is none is for the worker to say, in the same words as ever. */
static void build_text(gym__builder *b, const char *text) {
  size_t length = text ? strlen(text) : 0;
  if (!text) {
    gym__build_none(b);
  } else if (is_utf8(text, length)) {
    gym__build_string(b, text, length);
  } else {
    gym__build_bytes(b, text, length);
  }
}

static gym_value *build_request(int operation, const char *format, va_list arguments) {
  gym__builder b;
  const void *bytes;
  gym__build_begin(&b);
  gym__build_list(&b, 1 + strlen(format));
  gym__build_int64(&b, operation);
  for (; *format; format++) {
    switch (*format) {
      case 'i':
        gym__build_int64(&b, va_arg(arguments, int64_t));
        break;
      case 'f':
        gym__build_float64(&b, va_arg(arguments, double));
        break;
      case 's':
        build_text(&b, va_arg(arguments, const char *));
        break;
      default:
        bytes = va_arg(arguments, const void *);
        gym__build_bytes(&b, bytes, va_arg(arguments, size_t));
        break;
    }
  }
  return gym__build_finish(&b);
}

static int send_request(gym__worker *worker, int operation, int fd, gym_error *err, const char *format,
                        va_list arguments) {
  size_t nbytes;
  if (gym__worker_has_ended(worker)) return gym__worker_fail(worker, err);
  gym_value *request = build_request(operation, format, arguments);
  if (!request) return gym__fail(err, GYM_ERR_MEMORY, "no memory for a message to a worker process");
  worker->operation = operation;
  const void *block = gym_value_block(request, &nbytes);
  transfer t = begin_transfer(worker);
  t.fd = fd;
  /* Told first: a message that is larger than the socket's buffer must be read while it is written. */
  gym__turn_wake(gym__worker_memory(worker), gym__turn_tell(worker, GYM__DO_CONTROL));
  void *gil = gym__gil_release();
  int status = send_bytes(&t, block, nbytes, err);
  gym__gil_restore(gil);
  gym_value_free(request);
  return status;
}

int gym__worker_send(gym__worker *worker, int operation, gym_error *err, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int status = send_request(worker, operation, -1, err, format, arguments);
  va_end(arguments);
  return status;
}

/* ------------------------------------------------------------------------- answers */

static int receive_answer(const transfer *t, gym_value **answer, gym_error *err) {
  gym__block header;
  int status = receive_bytes(t, &header, sizeof header, err);
  if (status) return status;
  if (header.magic != GYM__BLOCK_MAGIC || header.nbytes < sizeof header || header.nbytes > SIZE_MAX / 4)
    return refuse(t, "has sent what is no answer", err);
  char *block = malloc((size_t)header.nbytes);
  if (!block) return refuse(t, "has sent an answer that no memory holds", err);
  memcpy(block, &header, sizeof header);
  status = receive_bytes(t, block + sizeof header, (size_t)header.nbytes - sizeof header, err);
  if (status) {
    free(block);
    return status;
  }
  /* Checked, because what shares a process with an environment may be damaged by it. */
  if (gym__value_adopt(block, (size_t)header.nbytes, answer, NULL) != GYM_OK)
    return refuse(t, "has sent what is no answer", err);
  return GYM_OK;
}

static const char *text_at(const gym_value *list, size_t index) {
  const char *text = gym_value_string(gym_value_at(list, index), NULL);
  return text ? text : "";
}

/* Makes the answer the list of its results, in place, because they may be large: the status stays where it
 * is, and is no item any more. It is then no block, which nobody asks of it. */
static void drop_status(gym_value *answer) {
  int64_t *offsets = (int64_t *)(void *)(answer + 1);
  answer->count--;
  memmove(offsets, offsets + 1, (size_t)answer->count * sizeof *offsets);
}

static int take_answer(const transfer *t, gym_value *answer, gym_value **reply, gym_error *err) {
  int64_t status;
  if (gym_value_kind(answer) != GYM_KIND_LIST || gym_value_int64(gym_value_at(answer, 0), &status, NULL) ||
      status < 0 || status > INT32_MAX) {
    gym_value_free(answer);
    return refuse(t, "has sent what is no answer", err);
  }
  if (status || !reply) {
    if (status) gym__error_set(err, (int)status, text_at(answer, 1), text_at(answer, 2), text_at(answer, 3));
    gym_value_free(answer);
    return (int)status;
  }
  drop_status(answer);
  *reply = answer;
  return GYM_OK;
}

int gym__worker_receive(gym__worker *worker, gym_value **reply, gym_error *err) {
  gym_value *answer = NULL;
  transfer t = begin_transfer(worker);
  void *gil = gym__gil_release();
  int status = receive_answer(&t, &answer, err);
  gym__gil_restore(gil);
  return status ? status : take_answer(&t, answer, reply, err);
}

/* ------------------------------------------------------------------------- one at a time */

void gym__worker_lock(gym__worker *worker) {
  pthread_mutex_t *mutex = &worker->calls;
  if (pthread_mutex_trylock(mutex) == 0) return;
  void *gil = gym__gil_release();
  pthread_mutex_lock(mutex);
  gym__gil_restore(gil);
}

void gym__worker_unlock(gym__worker *worker) { pthread_mutex_unlock(&worker->calls); }

static int exchange(gym__worker *worker, int operation, int fd, gym_value **reply, gym_error *err,
                    const char *format, va_list arguments) {
  gym__worker_lock(worker);
  int status = send_request(worker, operation, fd, err, format, arguments);
  if (!status) status = gym__worker_receive(worker, reply, err);
  gym__worker_unlock(worker);
  return status;
}

int gym__worker_call(gym__worker *worker, int operation, gym_value **reply, gym_error *err,
                     const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int status = exchange(worker, operation, -1, reply, err, format, arguments);
  va_end(arguments);
  return status;
}

/* gym__worker_call with a descriptor. */
static int call_with(gym__worker *worker, int operation, int fd, gym_error *err, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int status = exchange(worker, operation, fd, NULL, err, format, arguments);
  va_end(arguments);
  return status;
}

/* Seconds that a worker has to finish what it is doing and to close its environments, where the option
 * `timeout` does not say; and then to exit. */
#define CLOSE_SECONDS 10.0
#define EXIT_SECONDS 3.0

static uint64_t after(double seconds) { return gym__now_ns() + (uint64_t)(seconds * 1e9); }

static double close_seconds(const gym__worker *worker) {
  return worker->timeout > 0 ? worker->timeout : CLOSE_SECONDS;
}

uint64_t gym__worker_close_deadline(const gym__worker *worker) { return after(close_seconds(worker)); }

uint64_t gym__worker_exit_deadline(void) { return after(EXIT_SECONDS); }

/* Whether an answer has come, or nothing more will, before the deadline. */
static int has_answered(gym__worker *worker, uint64_t deadline) {
  struct pollfd look = {gym__worker_socket(worker), POLLIN, 0};
  void *gil = gym__gil_release();
  int answered = 0;
  while (!answered) {
    uint64_t now = gym__now_ns();
    if (now >= deadline) break;
    int slice = (int)((deadline - now) / 1000000u) + 1;
    answered = poll(&look, 1, slice < SLICE_MS ? slice : SLICE_MS) > 0 || gym__worker_has_ended(worker);
  }
  gym__gil_restore(gil);
  return answered;
}

int gym__worker_receive_closed(gym__worker *worker, uint64_t deadline, gym_error *err) {
  if (!has_answered(worker, deadline)) {
    char reason[128];
    snprintf(reason, sizeof reason, "did not answer within %g s when it was to close and was killed",
             close_seconds(worker));
    gym__worker_kill(worker, reason);
    return gym__worker_fail(worker, err);
  }
  return gym__worker_receive(worker, NULL, err);
}

int gym__worker_map(gym__worker *worker, int data_fd, uint64_t nbytes, gym_error *err) {
  return call_with(worker, GYM__REMOTE_MAP, data_fd, err, "i", (int64_t)nbytes);
}

int gym__worker_check_greeting(const gym_value *reply, gym_error *err) {
  int64_t protocol = 0;
  gym_value_int64(gym_value_at(reply, 0), &protocol, NULL);
  if (protocol == GYM__REMOTE_PROTOCOL) return GYM_OK;
  return gym__fail(
      err, protocol < GYM__REMOTE_PROTOCOL ? GYM_ERR_ABI_TOO_OLD : GYM_ERR_ABI_TOO_NEW,
      "the gogym package of the worker's Python \"%s\" speaks another protocol of workers (0x%llx) than "
      "this library (0x%llx). Install the gogym of this library there",
      text_at(reply, 2), (long long)protocol, (long long)GYM__REMOTE_PROTOCOL);
}

int gym__worker_greet(gym__worker *worker, gym_value **about, gym_error *err) {
  gym_value *reply = NULL;
  int status =
      gym__worker_call(worker, GYM__REMOTE_HELLO, &reply, err, "ii", GYM__REMOTE_PROTOCOL, (int64_t)getpid());
  if (!status) status = gym__worker_check_greeting(reply, err);
  if (status || !about) {
    gym_value_free(reply);
  } else {
    *about = reply;
  }
  return status;
}

gym_value *gym__value_copy(const gym_value *node) {
  gym__builder b;
  gym__build_begin(&b);
  gym__build_copy(&b, node);
  return gym__build_finish(&b);
}
