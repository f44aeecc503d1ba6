#include "thread_state.h"

#include <Python.h>
#include <pthread.h>

#include "gogym_gil.h"

/* Python 3.13 made public what earlier versions export with an underscore. */
#if PY_VERSION_HEX < 0x030D0000
#define is_finalizing _Py_IsFinalizing
#else
#define is_finalizing Py_IsFinalizing
#endif

static _Thread_local int pinned;
static _Thread_local int inside;
static pthread_key_t state_key;
static pthread_once_t state_key_once = PTHREAD_ONCE_INIT;
static int state_key_ok;
static int in_forked_child;

/* The thread ends. PyGILState_Release would abort here: the C library has already cleared Python's own
 * thread-specific value, so the state is attached by hand, cleared and deleted. */
static void release_state(void *state) {
  /* In a child of fork the GIL may be held by a thread that does not exist there. */
  if (in_forked_child || !Py_IsInitialized() || is_finalizing()) return;
  PyEval_RestoreThread((PyThreadState *)state);
  PyThreadState_Clear((PyThreadState *)state);
  PyThreadState_DeleteCurrent();
}

static void after_fork(void) { in_forked_child = 1; }

static void make_key(void) {
  state_key_ok =
      pthread_atfork(NULL, NULL, after_fork) == 0 && pthread_key_create(&state_key, release_state) == 0;
}

void gym__thread_pin(void) {
  if (pinned) return;
  pinned = 1;
  if (PyGILState_GetThisThreadState() != NULL) return; /* Python's own thread, or pinned by someone else */
  pthread_once(&state_key_once, make_key);
  if (!state_key_ok) return;
  /* Ensure without Release: the state's counter stays at one, so no later Release deletes it. */
  PyGILState_Ensure();
  PyThreadState *state = PyEval_SaveThread();
  pthread_setspecific(state_key, state);
}

/* PyGILState_Check would not do: it always says yes once a sub-interpreter has been made. */
#if PY_VERSION_HEX < 0x030D0000
#define current_thread_state _PyThreadState_UncheckedGet
#else
#define current_thread_state PyThreadState_GetUnchecked
#endif

int gym__thread_holds_gil(void) {
  PyThreadState *state = PyGILState_GetThisThreadState();
  return state != NULL && state == current_thread_state();
}

void *gym__gil_release(void) { return gym__thread_holds_gil() ? PyEval_SaveThread() : NULL; }

void gym__gil_restore(void *state) {
  if (state) PyEval_RestoreThread((PyThreadState *)state);
}

void gym__thread_enter(void) { inside++; }

void gym__thread_leave(void) { inside--; }

int gym__thread_is_inside(void) { return inside > 0; }
