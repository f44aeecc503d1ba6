/* The state of the library: gym_init and gym_shutdown. */
#define _GNU_SOURCE
#include "runtime.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "python_symbols.h"

enum {
  UNSTARTED, /* nothing was done that could not be done again */
  STARTING,  /* Python is being started */
  BROKEN,    /* and could not be: it cannot be tried twice in one process */
  RUNNING,   /* Python runs, but there is no table yet */
  READY,
  SHUT_DOWN
};

_Atomic(const gym__table *) gym__table_now;
_Thread_local int gym__depth;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* nobody waits for it with the GIL held */
static atomic_int state = UNSTARTED;
static atomic_int forked;
static atomic_int ending;      /* gym_shutdown has begun */
static atomic_int owner_ended; /* whoever had started Python has finalized it */
static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static int started;                       /* Python was started here, not found running */
static gym__choice chosen;                /* the interpreter as it was named, where started */
static gym_error broken = GYM_ERROR_INIT; /* why, where BROKEN */
static _Thread_local int inside;          /* this thread is in the import or the shutdown */

/* ------------------------------------------------------------------------------------ fork */

static void in_child(void) {
  int had_workers = gym__workers_in_child();
  if (atomic_load(&state) == UNSTARTED && !had_workers) {
    /* Another thread of the parent may have been looking for an interpreter. That thread is not here, and
     * will not unlock anything. */
    pthread_mutex_init(&lock, NULL);
    gym__libpython_in_child();
    return;
  }
  atomic_store(&forked, 1);
  atomic_store(&gym__table_now, NULL); /* so that calls need not look at `forked` */
}

static void prepare(void) {
  Dl_info self;
  void *address;
  void (*function)(void) = prepare;
  pthread_atfork(gym__workers_before_fork, gym__workers_after_fork, in_child);
  /* A library with a running thread and a fork handler must not be unloaded. */
  memcpy(&address, &function, sizeof address);
  if (dladdr(address, &self) && self.dli_fname)
    dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

void gym__prepare_process(void) { pthread_once(&prepared, prepare); }

static int fail_forked(gym_error *err) {
  if (atomic_load(&state) == UNSTARTED)
    return gym__fail(err, GYM_ERR_FORKED,
                     "this process is a fork of the one that started worker processes, which serve only that "
                     "one. Start the processes first, or exec after fork");
  return gym__fail(
      err, GYM_ERR_FORKED,
      "this process is a fork of the one that started Python, which runs only there. Start the processes "
      "first, or exec after fork");
}

static int fail_shut_down(gym_error *err) {
  if (atomic_load(&owner_ended))
    return gym__fail(
        err, GYM_ERR_SHUTDOWN,
        "the Python that gogym had attached to has been finalized; gogym cannot attach to another one "
        "in this process");
  return gym__fail(err, GYM_ERR_SHUTDOWN,
                   "gym_shutdown has been called; Python cannot be started again in this process");
}

int gym__check_process(gym_error *err) {
  if (atomic_load(&forked)) return fail_forked(err);
  if (atomic_load(&ending) || atomic_load(&state) == SHUT_DOWN) return fail_shut_down(err);
  return GYM_OK;
}

int gym__no_table(gym_error *err) {
  if (atomic_load(&forked)) return fail_forked(err);
  if (atomic_load(&state) == SHUT_DOWN) return fail_shut_down(err);
  return gym__fail(err, GYM_ERR_HANDLE,
                   "the environment handle is not valid: no environment has been made yet");
}

int gym__check_fork(gym_error *err) { return atomic_load(&forked) ? fail_forked(err) : GYM_OK; }

int gym__has_begun(void) { return atomic_load(&state) != UNSTARTED; }

int gym__is_inside(gym_env env) {
  const gym__table *table = atomic_load_explicit(&gym__table_now, memory_order_acquire);
  if (env.id == 0 && gym__depth > 0) return 1;
  if (gym__handle_backend(env.id) == GYM__BACKEND_WORKER) return gym__worker_table.is_inside(env);
  return table && table->is_inside(env);
}

/* ------------------------------------------------------------------------------------ gym_init */

static int check_config(const gym_config *config, gym_error *err) {
  if (!config) return GYM_OK;
  if (config->struct_size < sizeof(gym_config))
    return gym__fail(err, GYM_ERR_CONFIG,
                     "gym_config.struct_size is %u; begin with GYM_CONFIG_INIT, which sets %zu",
                     config->struct_size, sizeof(gym_config));
  if (config->reserved != 0)
    return gym__fail(err, GYM_ERR_CONFIG, "gym_config.reserved is %u; it must be 0", config->reserved);
  if (config->python && !*config->python)
    return gym__fail(err, GYM_ERR_CONFIG, "gym_config.python is empty; NULL means to search");
  return GYM_OK;
}

/* Whether the Python that runs is the one that is asked for. */
static int check_same(const char *python, gym_error *err) {
  char path[GYM__PATH_SIZE], running[GYM__PATH_SIZE];
  if (!python) return GYM_OK;
  gym__running_executable(running, sizeof running);
  int found = gym__resolve(python, path, sizeof path);
  if (found && (strcmp(path, chosen.path) == 0 || gym__same_python(path, running))) return GYM_OK;
  /* It may be a wrapper, such as a version manager's shim; only it can tell. */
  gym__probe *probe = found ? malloc(sizeof *probe) : NULL;
  int same = probe && gym__probe_python(path, GYM__REASON_CONFIG, probe, NULL) == GYM_OK &&
             gym__same_python(probe->executable, running);
  free(probe);
  if (same) return GYM_OK;
  return gym__fail(
      err, GYM_ERR_CONFIG,
      "gym_config.python names the interpreter \"%s\", but \"%s\" already runs in this process, and there "
      "can be only one",
      python, running);
}

typedef struct import_request {
  const gym__table *table;
  gym_error *err;
} import_request;

static int import_there(void *argument) {
  import_request *request = argument;
  sigset_t all, before;
  inside++;
  /* NumPy's import makes threads (OpenBLAS's), which inherit this mask: the host's signals are not theirs. */
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int status = gym__import_table(started ? chosen.reason : NULL, &request->table, request->err);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  inside--;
  return status;
}

/* Called by the Python that was attached to, when its owner finalizes it: as long as it lives, its
 * environments can be closed. */
static void end_begins(void) {
  if (gym_shutdown(NULL) == GYM_OK && !atomic_load(&forked)) atomic_store(&owner_ended, 1);
}

/* Nothing may call it from here on. Only needed where end_begins was not called, or could do nothing because
 * it was called from inside an environment's call. */
static void has_ended(void) {
  atomic_store(&gym__table_now, NULL);
  atomic_store(&state, SHUT_DOWN);
  atomic_store(&owner_ended, 1);
}

/* From RUNNING to READY. A package that is missing may be installed and gym_init called again. */
static int become_ready(gym_error *err) {
  import_request request = {NULL, err};
  int status = started ? gym__main_run_guarded(import_there, &request) : import_there(&request);
  if (!status && !started && !gym__watch_end(end_begins, has_ended))
    status = gym__fail(err, GYM_ERR_PYTHON_START, "Python cannot import its own modules");
  if (status) return status;
  atomic_store(&state, READY);
  atomic_store_explicit(&gym__table_now, request.table, memory_order_release);
  return GYM_OK;
}

static int attach(const char *python, gym_error *err) {
  int status = check_same(python, err);
  if (status) return status;
  atomic_store(&state, RUNNING);
  return become_ready(err);
}

/* A libpython that is loaded and was never started can only start as the version that it is. */
static int check_loaded(const gym__probe *probe, gym_error *err) {
  if (gym__python.minor == probe->minor) return GYM_OK;
  return gym__fail(err, GYM_ERR_PYTHON_VERSION,
                   "the Python interpreter \"%s\" (from %s) is version %s, but the libpython of version 3.%d "
                   "is already loaded in this process. Set %s to the path of an interpreter of that version",
                   probe->executable, probe->reason, probe->version, gym__python.minor,
                   gym__setting(probe->reason));
}

static int start(const gym__choice *choice, const gym__probe *probe, gym_error *err) {
  started = 1;
  chosen = *choice;
  atomic_store(&state, STARTING);
  int status = gym__start_python(probe, &broken);
  if (status) {
    atomic_store(&state, BROKEN);
    return gym__error_set(err, status, NULL, broken.message, NULL);
  }
  atomic_store(&state, RUNNING);
  return become_ready(err);
}

static int find_and_start(const char *python, int loaded, gym_error *err) {
  gym__choice *choice = malloc(sizeof *choice);
  gym__probe *probe = malloc(sizeof *probe);
  int status = choice && probe ? GYM_OK : gym__fail(err, GYM_ERR_MEMORY, "out of memory");
  if (!status) status = gym__find_python(python, choice, err);
  if (!status) status = gym__probe_python(choice->path, choice->reason, probe, err);
  if (!status) status = gym__check_probe(probe, err);
  if (!status) status = loaded ? check_loaded(probe, err) : gym__load_libpython(probe, err);
  if (!status) status = start(choice, probe, err);
  free(probe);
  free(choice);
  return status;
}

/* With the lock held. */
static int initialise(const char *python, gym_error *err) {
  int status, loaded;
  switch (atomic_load(&state)) {
    case SHUT_DOWN:
      return fail_shut_down(err);
    case BROKEN:
      return gym__error_set(err, broken.code, NULL, broken.message, NULL);
    case READY:
      return check_same(python, err);
    case RUNNING:
      /* Attached without a table, and finalized since: nobody was there to be told. */
      if (!gym__python_runs()) {
        has_ended();
        return fail_shut_down(err);
      }
      status = check_same(python, err);
      return status ? status : become_ready(err);
    default:
      loaded = gym__adopt_libpython(err);
      if (loaded < 0) return -loaded;
      return loaded && gym__python_runs() ? attach(python, err) : find_and_start(python, loaded, err);
  }
}

int gym_init(const gym_config *config, gym_error *err) {
  int status = check_config(config, err);
  const char *python = config ? config->python : NULL;
  if (status) return status;
  if (!python && atomic_load_explicit(&gym__table_now, memory_order_acquire)) return GYM_OK;
  if (atomic_load(&forked)) return fail_forked(err);
  if (atomic_load(&state) == SHUT_DOWN) return fail_shut_down(err);
  if (inside)
    return gym__fail(err, GYM_ERR_BUSY, "gym_init was called from inside the import that it is doing");
  gym__prepare_process();
  /* Looked for here already, because without the symbols the GIL cannot be released. */
  gym__adopt_libpython(NULL);
  void *gil = gym__gil_release();
  pthread_mutex_lock(&lock);
  status = initialise(python, err);
  pthread_mutex_unlock(&lock);
  gym__gil_restore(gil);
  return status;
}

/* ------------------------------------------------------------------------------------ gym_shutdown */

typedef struct shutdown_request {
  const gym__table *table;
  gym_error *err;
} shutdown_request;

/* The exit of a Python whose package never came to be imported. */
static const char exit_source[] =
    "import sys, threading, atexit\n"
    "threading._shutdown()\n"
    "atexit._run_exitfuncs()\n"
    "for stream in (sys.stdout, sys.stderr):\n"
    "    if stream is not None: stream.flush()\n";

static int exit_without_table(void) {
  int gil = gym__python.PyGILState_Ensure();
  void *names = gym__run_source(exit_source);
  if (names) gym__python.Py_DecRef(names);
  gym__python.PyGILState_Release(gil);
  return GYM_OK;
}

static int shut_down_there(void *argument) {
  const shutdown_request *request = argument;
  inside++;
  int status = request->table ? request->table->shutdown(started, request->err) : exit_without_table();
  inside--;
  return status;
}

/* How long worker processes may take to end: they are killed after a second. */
#define WORKERS_SECONDS 5.0

/* With the lock held. The first failure is told. */
static int shut_down(gym_error *err) {
  if (atomic_exchange(&ending, 1)) return GYM_OK;
  int status = gym__close_all(err);
  int before = atomic_exchange(&state, SHUT_DOWN), then = GYM_OK;
  shutdown_request request = {atomic_exchange(&gym__table_now, NULL), status ? NULL : err};
  if (started && (before == READY || before == RUNNING))
    then = gym__main_run_guarded(shut_down_there, &request);
  if (!started && before == READY) then = shut_down_there(&request);
  gym__worker_end_all(WORKERS_SECONDS);
  return status ? status : then;
}

int gym_shutdown(gym_error *err) {
  if (atomic_load(&forked)) return fail_forked(err);
  if (gym__is_inside((gym_env){0}))
    return gym__fail(err, GYM_ERR_BUSY, "gym_shutdown was called from inside an environment's own call");
  if (inside)
    return atomic_load(&ending)
               ? GYM_OK /* from an atexit function: it is being done */
               : gym__fail(err, GYM_ERR_BUSY,
                           "gym_shutdown was called from inside the import that gym_init is doing");
  /* Not waited for: an env.close() may join the thread that asks. */
  if (atomic_load(&ending) || atomic_load(&state) == SHUT_DOWN) return GYM_OK;
  void *gil = gym__gil_release();
  pthread_mutex_lock(&lock);
  int status = shut_down(err);
  pthread_mutex_unlock(&lock);
  gym__gil_restore(gil);
  return status;
}
