/* Starting Python on a thread of the library's own, and running functions there later.
 *
 * Python's main thread is the thread that starts it. It must outlive every caller, so it is nobody's but
 * the library's; it waits with all signals blocked, so that the host's signals go to the host's threads. What
 * it runs, it runs under the mask of the thread that asked for it: a process that Python code starts there
 * (while a module is imported, or from atexit) inherits what it would have inherited in the host. */
#define _GNU_SOURCE
#include <ctype.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gogym_signals.h"
#include "python_symbols.h"
#include "runtime.h"

#define MAIN_STACK_SIZE ((size_t)16 << 20)

/* ------------------------------------------------------------------------------------ configuration */

/* PyConfig has 392 to 448 bytes in 3.10 to 3.13. It is filled by Python and never read here, but for one
 * member that lies at the same place in all four versions. */
#define CONFIG_SIZE 8192
#define CONFIG_SIGNALS 16 /* offset of int install_signal_handlers */

typedef struct start_request {
  const char *executable;
  gym_error *err;
} start_request;

static int status_error(gym__py_status status, const start_request *request) {
  if (status.type == 0) return GYM_OK;
  return gym__fail(request->err, GYM_ERR_PYTHON_START, "Python (%s) could not be started: %s%s%s",
                   request->executable, status.function ? status.function : "", status.function ? ": " : "",
                   status.message ? status.message : "it asked to exit");
}

static int start_by_structure(const start_request *request) {
  static _Alignas(16) unsigned char config[CONFIG_SIZE];
  char name[] = "gogym";
  char *const arguments[] = {name};
  int signals;
  gym__python.PyConfig_InitPythonConfig(config);
  memcpy(&signals, config + CONFIG_SIGNALS, sizeof signals);
  if (signals == 1) memset(config + CONFIG_SIGNALS, 0, sizeof signals); /* else: put back after the start */
  /* One argument, so that nothing of the host's command line is parsed. This also settles the locale, by
   * which the path is decoded next. */
  int status = status_error(gym__python.PyConfig_SetBytesArgv(config, 1, arguments), request);
  if (status) return status;
  /* From the program name Python finds its prefix and a pyvenv.cfg. `home` would switch the latter off. */
  wchar_t *program = gym__python.Py_DecodeLocale(request->executable, NULL);
  if (!program) return gym__fail(request->err, GYM_ERR_PYTHON_START, "the path of Python cannot be decoded");
  gym__python.Py_SetProgramName(program); /* kept for ever: not every version copies it */
  status = status_error(gym__python.Py_InitializeFromConfig(config), request);
  gym__python.PyConfig_Clear(config);
  return status;
}

/* Sets an option; one that this Python does not know is left out. */
static int set_option(void *config, const char *name, int64_t value) {
  if (!gym__python.PyInitConfig_HasOption(config, name)) return 0;
  return gym__python.PyInitConfig_SetInt(config, name, value);
}

/* The answer that `python` itself would give to whether text is UTF-8 by default. */
static int utf8_mode(void) {
  const char *variable = getenv("PYTHONUTF8");
  if (variable && (strcmp(variable, "0") == 0 || strcmp(variable, "1") == 0)) return *variable == '1';
  if (gym__python.minor >= 15) return 1; /* PEP 686 */
  const char *locale = getenv("LC_ALL");
  if (!locale || !*locale) locale = getenv("LC_CTYPE");
  if (!locale || !*locale) locale = getenv("LANG");
  return !locale || !*locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
}

/* PyInitConfig begins as an isolated Python; this makes it an ordinary one, as `python` itself is. */
static int start_by_name(const start_request *request) {
  static const struct {
    const char *name;
    int value;
  } options[] = {
      {"isolated", 0},
      {"use_environment", 1},
      {"user_site_directory", 1},
      {"safe_path", 0},
      {"parse_argv", 0},
      {"configure_locale", 1},
      {"pathconfig_warnings", 0},
      {"install_signal_handlers", 0},
      {"faulthandler", 0},
  };
  char name[] = "gogym";
  char *const arguments[] = {name};
  const char *message = NULL;
  const char *seed = getenv("PYTHONHASHSEED"); /* an isolated configuration passes over it, set or not */
  void *config = gym__python.PyInitConfig_Create();
  if (!config) return gym__fail(request->err, GYM_ERR_MEMORY, "out of memory");
  int failed = 0;
  for (size_t i = 0; i < sizeof options / sizeof *options && !failed; i++)
    failed = set_option(config, options[i].name, options[i].value) < 0;
  if (!failed) failed = set_option(config, "utf8_mode", utf8_mode()) < 0;
  if (!failed && seed && isdigit((unsigned char)*seed))
    failed = set_option(config, "hash_seed", atoll(seed)) < 0;
  if (!failed) failed = gym__python.PyInitConfig_SetStr(config, "program_name", request->executable) < 0;
  if (!failed) failed = gym__python.PyInitConfig_SetStrList(config, "argv", 1, arguments) < 0;
  if (!failed) failed = gym__python.Py_InitializeFromInitConfig(config) < 0;
  if (failed) {
    gym__python.PyInitConfig_GetError(config, &message);
    failed = gym__fail(request->err, GYM_ERR_PYTHON_START, "Python (%s) could not be started: %s",
                       request->executable, message ? message : "it asked to exit");
  }
  gym__python.PyInitConfig_Free(config);
  return failed;
}

/* Modules that take the thread which imports them first for Python's main thread, or install handlers when
 * first imported; and a faulthandler that the environment switched on, which would take the host's SIGSEGV.
 */
static const char first_source[] =
    "import sys, threading, _signal\n"
    "sys.argv = ['gogym']\n"
    "faulthandler = sys.modules.get('faulthandler')\n"
    "if faulthandler is not None and faulthandler.is_enabled(): faulthandler.disable()\n";

static int start(const start_request *request) {
  /* Python's stack traces and SDL's own handlers would take the host's signals; PYTHONHOME would send the
   * interpreter to another one's library. Both are settled here because a started Python copies the
   * environment. */
  setenv("SDL_NO_SIGNAL_HANDLERS", "1", 0);
  unsetenv("PYTHONHOME");
  int status = gym__python.PyInitConfig_Create ? start_by_name(request) : start_by_structure(request);
  if (status) return status;
  void *names = gym__run_source(first_source);
  if (names) gym__python.Py_DecRef(names);
  gym__python.PyEval_SaveThread();
  if (names) return GYM_OK;
  return gym__fail(request->err, GYM_ERR_PYTHON_START,
                   "Python (%s) started, but cannot import its own modules", request->executable);
}

/* ------------------------------------------------------------------------------------ signals */

typedef struct guarded {
  int (*function)(void *argument);
  void *argument;
} guarded;

static int run_guarded(void *argument) {
  const guarded *call = argument;
  /* Python 3.10 to 3.14 take SIGINT when _signal is first imported, whatever they are told. */
  gym__signals saved;
  gym__signals_save(&saved);
  int result = call->function(call->argument);
  gym__signals_restore(&saved);
  return result;
}

int gym__main_run_guarded(int (*function)(void *argument), void *argument) {
  guarded call = {function, argument};
  return gym__main_run(run_guarded, &call);
}

/* ------------------------------------------------------------------------------------ the thread */

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER; /* held from a request to its answer */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;          /* for what follows */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct {
  int running;
  pthread_t thread;
  int (*function)(void *argument); /* NULL: nothing to do */
  void *argument;
  sigset_t mask;
  int result;
} main_thread;

static void *park(void *unused) {
  (void)unused;
  sigset_t all;
  sigfillset(&all);
#if defined(__APPLE__)
  pthread_setname_np("gogym-main");
#else
  pthread_setname_np(pthread_self(), "gogym-main");
#endif
  pthread_mutex_lock(&lock);
  for (;;) {
    while (!main_thread.function) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    pthread_sigmask(SIG_SETMASK, &main_thread.mask, NULL);
    int result = main_thread.function(main_thread.argument);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    pthread_mutex_lock(&lock);
    main_thread.result = result;
    main_thread.function = NULL;
    pthread_cond_broadcast(&changed);
  }
  return NULL;
}

static int create_thread(void) {
  pthread_attr_t attributes;
  sigset_t all, old;
  sigfillset(&all);
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, MAIN_STACK_SIZE);
  pthread_sigmask(SIG_SETMASK, &all, &old); /* the thread inherits it: no signal can come before it parks */
  int error_number = pthread_create(&main_thread.thread, &attributes, park, NULL);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  pthread_attr_destroy(&attributes);
  main_thread.running = error_number == 0;
  return error_number;
}

int gym__main_run(int (*function)(void *argument), void *argument) {
  if (main_thread.running && pthread_equal(pthread_self(), main_thread.thread)) return function(argument);
  void *gil = gym__gil_release();
  pthread_mutex_lock(&one_at_a_time);
  pthread_mutex_lock(&lock);
  main_thread.argument = argument;
  pthread_sigmask(SIG_SETMASK, NULL, &main_thread.mask);
  main_thread.function = function;
  pthread_cond_broadcast(&changed);
  while (main_thread.function) pthread_cond_wait(&changed, &lock);
  int result = main_thread.result;
  pthread_mutex_unlock(&lock);
  pthread_mutex_unlock(&one_at_a_time);
  gym__gil_restore(gil);
  return result;
}

static int start_there(void *argument) { return start(argument); }

int gym__start_python(const gym__probe *probe, gym_error *err) {
  start_request request = {probe->executable, err};
  if (!main_thread.running) {
    int error_number = create_thread();
    if (error_number)
      return gym__fail(err, GYM_ERR_PYTHON_START, "no thread for Python could be made: %s",
                       strerror(error_number));
  }
  return gym__main_run_guarded(start_there, &request);
}
