/* Requests of the host: reading them from the socket, and what they all have in common. */
#include "serve_message.h"

#include <Python.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "gogym_error.h"
#include "gogym_remote.h"
#include "serve_calls.h"
#include "thread_state.h"

#if !defined(MSG_NOSIGNAL) /* where there are no workers either */
#define MSG_NOSIGNAL 0
#endif
#if !defined(MSG_CMSG_CLOEXEC)
#define MSG_CMSG_CLOEXEC 0
#endif

/* ------------------------------------------------------------------------- answers and requests */

int gym__answer(gym__builder *answer, size_t count) {
  gym__build_list(answer, 1 + count);
  return gym__build_int64(answer, GYM_OK);
}

static void build_text(gym__builder *b, const char *text) { gym__build_string(b, text, strlen(text)); }

int gym__answer_failure(gym__builder *answer, int status, const gym_error *err) {
  static const char away[] = "functions of the host do not reach worker processes: ";
  char message[GYM_ERROR_MESSAGE_SIZE + sizeof away];
  gym__build_list(answer, 4);
  gym__build_int64(answer, status);
  build_text(answer, err->type);
  snprintf(message, sizeof message, "%s%s", status == GYM_ERR_CALLBACK ? away : "", err->message);
  build_text(answer, message);
  build_text(answer, err->traceback);
  return answer->failed;
}

int gym__answer_block(gym__builder *answer, int status, gym_value *value, const gym_error *err) {
  size_t nbytes;
  if (status) return gym__answer_failure(answer, status, err);
  gym__answer(answer, 1);
  const void *block = gym_value_block(value, &nbytes);
  if (block) {
    gym__build_bytes(answer, block, nbytes);
  } else {
    gym__build_none(answer);
  }
  gym_value_free(value);
  return answer->failed;
}

int64_t gym__request_int(const gym_value *request, size_t index) {
  int64_t number = 0;
  const gym_value *item = gym_value_at(request, index);
  if (item) gym_value_int64(item, &number, NULL);
  return number;
}

double gym__request_double(const gym_value *request, size_t index) {
  double number = 0;
  const gym_value *item = gym_value_at(request, index);
  if (item) gym_value_float64(item, &number, NULL);
  return number;
}

const char *gym__request_text(const gym_value *request, size_t index) {
  const gym_value *item = gym_value_at(request, index);
  const char *text = gym_value_string(item, NULL);
  return text ? text : gym_value_bytes(item, NULL); /* bytes end with a NUL too */
}

const void *gym__request_bytes(const gym_value *request, size_t index, size_t *nbytes) {
  return gym_value_bytes(gym_value_at(request, index), nbytes);
}

/* ------------------------------------------------------------------------- the worker itself */

/* sys.executable. */
static void build_executable(gym__builder *b) {
  const char *text = NULL;
  gym__thread_pin();
  PyGILState_STATE state = PyGILState_Ensure();
  PyObject *path = PySys_GetObject("executable"); /* borrowed */
  if (path && PyUnicode_Check(path)) text = PyUnicode_AsUTF8(path);
  if (!text) PyErr_Clear();
  build_text(b, text ? text : "");
  PyGILState_Release(state);
}

static int say_hello(gym__builder *answer) {
  const char *version = Py_GetVersion();
  gym__answer(answer, 4);
  gym__build_int64(answer, GYM__REMOTE_PROTOCOL);
  gym__build_int64(answer, getpid());
  build_executable(answer);
  return gym__build_string(answer, version, strcspn(version, " "));
}

/* The data has got its size, or other data takes its place. */
static int map_data(gym__served *served, uint64_t nbytes, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  if (served->has_received) {
    close(served->data_fd);
    served->data_fd = served->received_fd;
    served->has_received = 0;
  }
  void *data = mmap(NULL, (size_t)nbytes, PROT_READ | PROT_WRITE, MAP_SHARED, served->data_fd, 0);
  if (data == MAP_FAILED) {
    int status =
        gym__fail(&err, GYM_ERR_MEMORY, "the worker process cannot map %llu bytes of shared memory: %s",
                  (unsigned long long)nbytes, strerror(errno));
    return gym__answer_failure(answer, status, &err);
  }
  if (served->data) munmap(served->data, (size_t)served->data_nbytes);
  served->data = data;
  served->data_nbytes = nbytes;
  return gym__answer(answer, 0);
}

int gym__serve_message(const gym__table *table, gym__served *state, const gym_value *request,
                       gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  int64_t operation = gym__request_int(request, 0);
  switch (operation) {
    case GYM__REMOTE_HELLO:
      say_hello(answer);
      return 0;
    case GYM__REMOTE_MAP:
      map_data(state, (uint64_t)gym__request_int(request, 1), answer);
      return 0;
    case GYM__REMOTE_QUIT:
      gym__answer(answer, 0);
      return 1;
    default:
      break;
  }
  if (gym__serve_env(table, state, operation, request, answer) ||
      gym__serve_batch(table, state, operation, request, answer))
    return 0;
  if (operation > 0 && operation < GYM__REMOTE_COUNT) {
    gym__serve_space(table, operation, request, answer);
    return 0;
  }
  gym__fail(&err, GYM_ERR_INTERNAL, "the worker process does not know the operation %lld",
            (long long)operation);
  gym__answer_failure(answer, GYM_ERR_INTERNAL, &err);
  return 0;
}

/* ------------------------------------------------------------------------- the socket */

/* 1: it can go on; 0: the connection is broken. */
static int can_wait(int fd, short events) {
  struct pollfd socket = {fd, events, 0};
  if (errno == EINTR) return 1;
  if (errno != EAGAIN && errno != EWOULDBLOCK) return 0;
  return poll(&socket, 1, -1) >= 0 || errno == EINTR;
}

/* recv, and keeps a descriptor that comes along. */
static ssize_t receive_some(gym__served *served, void *bytes, size_t nbytes) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct iovec part = {bytes, nbytes};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.space};
  ssize_t got = recvmsg(served->socket_fd, &message, MSG_CMSG_CLOEXEC);
  struct cmsghdr *header = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    memcpy(&served->received_fd, CMSG_DATA(header), sizeof served->received_fd);
    served->has_received = 1;
  }
  return got;
}

static int receive_bytes(gym__served *served, void *bytes, size_t nbytes) {
  char *at = bytes;
  while (nbytes > 0) {
    ssize_t got = receive_some(served, at, nbytes);
    if (got == 0 || (got < 0 && !can_wait(served->socket_fd, POLLIN))) return 0;
    if (got < 0) continue;
    at += got;
    nbytes -= (size_t)got;
  }
  return 1;
}

static int send_bytes(int fd, const void *bytes, size_t nbytes) {
  const char *at = bytes;
  while (nbytes > 0) {
    ssize_t sent = send(fd, at, nbytes, MSG_NOSIGNAL);
    if (sent < 0 && !can_wait(fd, POLLOUT)) return 0;
    if (sent < 0) continue;
    at += sent;
    nbytes -= (size_t)sent;
  }
  return 1;
}

/* NULL: the host has gone. */
static gym_value *receive_request(gym__served *served) {
  gym__block header;
  gym_value *request = NULL;
  if (!receive_bytes(served, &header, sizeof header)) return NULL;
  if (header.magic != GYM__BLOCK_MAGIC || header.nbytes < sizeof header || header.nbytes > SIZE_MAX / 4)
    return NULL;
  char *block = malloc((size_t)header.nbytes);
  if (!block) return NULL;
  memcpy(block, &header, sizeof header);
  if (!receive_bytes(served, block + sizeof header, (size_t)header.nbytes - sizeof header)) {
    free(block);
    return NULL;
  }
  gym__value_adopt(block, (size_t)header.nbytes, &request, NULL);
  return request;
}

/* An answer that could not be built: too large for the memory, or nested too deeply. */
static gym_value *other_answer(int failed) {
  gym__builder b;
  gym_error err = GYM_ERROR_INIT;
  gym__build_begin(&b);
  if (failed == GYM_ERR_MEMORY) {
    gym__fail(&err, failed, "no memory in the worker process for its answer");
  } else {
    gym__fail(&err, failed, "the worker process cannot send its answer: it is nested too deeply");
  }
  gym__answer_failure(&b, failed, &err);
  return gym__build_finish(&b);
}

int gym__serve_next(gym__served *served) {
  gym__builder b;
  size_t nbytes;
  gym_value *request = receive_request(served);
  if (!request) return -1;
  gym__build_begin(&b);
  int is_last = gym__serve_message(served->table, served, request, &b);
  gym_value_free(request);
  gym_value *answer = gym__build_finish(&b);
  if (!answer) answer = other_answer(b.failed);
  if (!answer) return -1;
  const void *block = gym_value_block(answer, &nbytes);
  int sent = send_bytes(served->socket_fd, block, nbytes);
  gym_value_free(answer);
  return sent ? is_last : -1;
}

void gym__serve_end(gym__served *served) {
  if (served->env.id) served->table->close(served->env, NULL);
  if (served->batch.id) served->table->batch_close(served->batch, NULL);
  if (served->data) munmap(served->data, (size_t)served->data_nbytes);
  served->env.id = 0;
  served->batch.id = 0;
  served->data = NULL;
}
