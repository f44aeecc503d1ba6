/* A copy of src/gogym_c/host/worker_python.c, made by tools/copy_go_sources.py; edit that one. */
/* Which interpreter worker processes run. It needs no libpython. */
#define _GNU_SOURCE
#include "worker_internal.h"

#if defined(__linux__)

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime.h"

/* Interpreters that have been asked and can serve. */
typedef struct answer {
  struct answer *next;
  char *executable;
  char path[]; /* as it was chosen */
} answer;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static answer *answers;

void gym__worker_python_in_child(void) { pthread_mutex_init(&lock, NULL); }

static int ask(const gym__choice *choice, char *out, gym_error *err) {
  gym__probe *probe = malloc(sizeof *probe);
  int status = probe ? GYM_OK : gym__fail(err, GYM_ERR_MEMORY, "out of memory");
  if (!status) status = gym__probe_python(choice->path, choice->reason, probe, err);
  if (!status) status = gym__check_probe(probe, err);
  if (!status) snprintf(out, GYM__PATH_SIZE, "%s", probe->executable);
  free(probe);
  return status;
}

static void remember(const char *path, const char *executable) {
  answer *more = malloc(sizeof *more + strlen(path) + 1);
  char *copy = strdup(executable);
  if (!more || !copy) { /* it will be asked again */
    free(more);
    free(copy);
    return;
  }
  strcpy(more->path, path);
  more->executable = copy;
  more->next = answers;
  answers = more;
}

/* With the lock held. */
static int look_up(const gym__choice *choice, char *out, gym_error *err) {
  for (const answer *known = answers; known; known = known->next)
    if (strcmp(known->path, choice->path) == 0) {
      snprintf(out, GYM__PATH_SIZE, "%s", known->executable);
      return GYM_OK;
    }
  int status = ask(choice, out, err);
  if (!status) remember(choice->path, out);
  return status;
}

/* The interpreter that runs in this process. A program that embeds Python itself may have been called that,
 * and must not be started as if it were one. */
static int running_python(gym__choice *choice) {
  if (!gym__python_runs()) return 0;
  gym__running_executable(choice->path, sizeof choice->path);
  const char *name = strrchr(choice->path, '/');
  snprintf(choice->reason, sizeof choice->reason, "the Python that runs in this process");
  return name && strncmp(name + 1, "python", 6) == 0;
}

int gym__worker_python(const char *python, char *out, gym_error *err) {
  gym__choice choice;
  int status = gym__worker_check(err);
  if (status) return status;
  /* Looked for here already, because without the symbols the GIL cannot be released. */
  gym__adopt_libpython(NULL);
  gym__prepare_process();
  if (python)
    status = gym__name_python(GYM__REASON_OPTION, python, &choice, err);
  else if (!running_python(&choice))
    status = gym__find_python(NULL, &choice, err);
  if (status) return status;
  void *gil = gym__gil_release();
  pthread_mutex_lock(&lock);
  status = look_up(&choice, out, err);
  pthread_mutex_unlock(&lock);
  gym__gil_restore(gil);
  return status;
}

#endif /* __linux__ */
