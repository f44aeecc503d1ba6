/* A copy of src/gogym_c/host/runtime.h, made by tools/copy_go_sources.py; edit that one. */
/* What the files of the host library share. Not installed; nothing here is public. */
#ifndef GOGYM_RUNTIME_H_
#define GOGYM_RUNTIME_H_

#include <stdatomic.h>
#include <stddef.h>

#include "gogym.h"
#include "gogym_abi.h"
#include "gogym_error.h"
#include "gogym_gil.h"
#include "handles.h"
#include "worker.h"

/* The Pythons that this library was written for: 3.GYM__PYTHON_FIRST to 3.GYM__PYTHON_LAST. */
#define GYM__PYTHON_FIRST 10
#define GYM__PYTHON_LAST 14

#define GYM__PATH_SIZE 4096

/* ------------------------------------------------------------------------- runtime.c: the state */

/* The table in use; NULL before Python runs, after gym_shutdown and in a child of fork. One acquire load
 * of it is all that a call costs. */
extern _Atomic(const gym__table *) gym__table_now;

/* The table of what is in worker processes: worker_env.c. */
extern const gym__table gym__worker_table;

/* How many calls into the table this thread is inside of: gym_shutdown must not wait for itself. */
extern _Thread_local int gym__depth;

/* The status for a call that finds no table: FORKED, SHUTDOWN or HANDLE. */
int gym__no_table(gym_error *err);

/* GYM_ERR_FORKED in a child of fork, if anything had been started before it. */
int gym__check_fork(gym_error *err);

/* What is to be done once in a process before anything is started that lasts: for fork, and against being
 * unloaded. */
void gym__prepare_process(void);

/* GYM_ERR_FORKED in a child of a process in which something was started, GYM_ERR_SHUTDOWN once gym_shutdown
 * has begun, or GYM_OK. */
int gym__check_process(gym_error *err);

/* Stores the table and counts the call, or says why there is none. */
static inline int gym__enter(const gym__table **table, gym_error *err) {
  *table = atomic_load_explicit(&gym__table_now, memory_order_acquire);
  if (!*table) return gym__no_table(err);
  gym__depth++;
  return GYM_OK;
}

/* The same for a call on an environment: its own backend's table. */
static inline int gym__enter_env(const gym__table **table, gym_env env, gym_error *err) {
  if (gym__handle_backend(env.id) != GYM__BACKEND_WORKER) return gym__enter(table, err);
  int status = gym__worker_check(err);
  if (status) return status;
  *table = &gym__worker_table;
  gym__depth++;
  return GYM_OK;
}

/* And on a space. */
static inline int gym__enter_space(const gym__table **table, gym_space space, gym_error *err) {
  if (gym__handle_backend(space.id) != GYM__BACKEND_WORKER) return gym__enter(table, err);
  int status = gym__check_process(err);
  if (status) return status;
  *table = &gym__worker_table;
  gym__depth++;
  return GYM_OK;
}

/* Whether the calling thread is inside a call of an environment (of any, where the id is 0), be it as the
 * thread that the library keeps for one. */
int gym__is_inside(gym_env env);

/* Whether gym_init has begun to do anything that lasts. */
int gym__has_begun(void);

/* Ends what gym__enter began; returns status. */
static inline int gym__leave(int status) {
  gym__depth--;
  return status;
}

/* ------------------------------------------------------------------------- find.c: which interpreter */

typedef struct gym__choice {
  char path[GYM__PATH_SIZE]; /* of the interpreter, as chosen */
  char reason[64];           /* "GOGYM_PYTHON", "python3 on PATH" ... */
} gym__choice;

/* The reason of a choice by gym_config: its member. */
#define GYM__REASON_CONFIG "gym_config.python"

/* That of a choice by an option of workers. */
#define GYM__REASON_OPTION "the option \"python\""

/* What to set to have another interpreter than the one that was chosen for this reason. */
const char *gym__setting(const char *reason);

/* Finds an interpreter. `python` is gym_config.python or NULL. */
int gym__find_python(const char *python, gym__choice *choice, gym_error *err);

/* The interpreter that `reason` names: it or none. */
int gym__name_python(const char *reason, const char *value, gym__choice *choice, gym_error *err);

/* Looks a name without a slash up on PATH, copies any other. 1: found and executable. */
int gym__resolve(const char *name, char *out, size_t size);

/* Whether two paths name one interpreter: the same file in the same directory. The file alone would not
 * do, because the python of every venv is a link to its base interpreter. */
int gym__same_python(const char *a, const char *b);

/* ------------------------------------------------------------------------- probe.c: asking it */

#define GYM__PROBE_SIZE 16384

/* The answer of an interpreter. Texts point into `data`, and are "" where the interpreter said nothing. */
typedef struct gym__probe {
  char data[GYM__PROBE_SIZE];
  size_t length;
  const char *executable, *prefix, *base_prefix, *base_executable, *implementation, *version, *abiflags;
  const char *machine, *bits, *multiarch, *platlibdir, *framework;
  const char *gogym, *gymnasium, *numpy, *table_version;
  const char *managed; /* "1": pip does not install into it (PEP 668) */
  const char *reason;  /* of the choice, which must live as long */
  int major, minor;
} gym__probe;

/* How long an interpreter may take to answer; a variable for the tests. */
extern int gym__probe_timeout_ms;

/* Runs the interpreter, which was chosen for `reason`, and reads its answer. */
int gym__probe_python(const char *python, const char *reason, gym__probe *probe, gym_error *err);

/* Asks it, more slowly, where sysconfig says that libpython is: NUL-separated candidates, one empty text
 * at the end. */
int gym__probe_sysconfig(const char *python, char *out, size_t size, gym_error *err);

/* Whether this interpreter can serve: version, architecture, packages, table. */
int gym__check_probe(const gym__probe *probe, gym_error *err);

/* An interpreter's path as it must be typed in a shell: itself, or `out` with quotes. */
const char *gym__typed(const char *executable, char *out, size_t size);

/* The interpreter that a message is about. */
typedef struct gym__subject {
  const char *executable;
  const char *reason; /* why it was chosen; NULL: it ran already */
  int is_managed;     /* pip does not install into it (PEP 668) */
} gym__subject;

/* The errors that both the probe and the import can find. */
int gym__no_gogym(gym_error *err, const gym__subject *subject, const char *detail);
int gym__no_gymnasium(gym_error *err, const gym__subject *subject, const char *package);
int gym__check_table_version(gym_error *err, long version, const gym__subject *subject);

/* `code` for a table that cannot be used: what it is ("version 2"), and what this library "needs". */
int gym__bad_table(gym_error *err, int code, const gym__subject *subject, const char *offered,
                   const char *wanted);

/* ------------------------------------------------------------------------- libpython.c: its library */

/* Looks for a libpython in this process. 1: found; gym__python is filled and its version checked.
 * 0: there is none. Negative: there is one that cannot be used (-status, err is filled). Any thread. */
int gym__adopt_libpython(gym_error *err);

/* Loads the probed interpreter's libpython and fills gym__python. */
int gym__load_libpython(const gym__probe *probe, gym_error *err);

/* After fork, where another thread may have been loading. */
void gym__libpython_in_child(void);

/* ------------------------------------------------------------------------- start.c: Python's main thread */

/* Starts Python on a thread of its own that then waits for gym__main_run. */
int gym__start_python(const gym__probe *probe, gym_error *err);

/* Runs function(argument) on Python's main thread, without the GIL held, under the caller's signal mask;
 * waits for it, with the GIL released if the caller holds it. Only where this library started Python. */
int gym__main_run(int (*function)(void *argument), void *argument);

/* The same, and puts the host's signal handlers back afterwards. */
int gym__main_run_guarded(int (*function)(void *argument), void *argument);

/* ------------------------------------------------------------------------- bridge.c: the module's table */

/* Imports gogym._bridge and takes its table; on any thread, with or without the GIL. `reason`: why this
 * Python was chosen, NULL where it ran already. */
int gym__import_table(const char *reason, const gym__table **table, gym_error *err);

/* Has a function called when this Python begins to be finalized, as the first of atexit's that are known so
 * far, and another one when it has been. 0: Python refuses. */
int gym__watch_end(void (*begins)(void), void (*has_ended)(void));

/* sys.executable of the running Python; "" where it has none. */
void gym__running_executable(char *out, size_t size);

/* Runs Python source in a fresh namespace with the GIL held. Returns the namespace (new reference), or NULL
 * after clearing the exception. */
void *gym__run_source(const char *source);

/* Whether a Python runs in this process, as far as gym__adopt_libpython or gym__load_libpython have told. */
int gym__python_runs(void);

#endif /* GOGYM_RUNTIME_H_ */
