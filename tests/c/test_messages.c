/* Messages: what Python prints, logs and warns goes to a function of the host's, on whichever thread, and
 * back to where it went before. */
#define _GNU_SOURCE
#include <sys/wait.h>

#include "around.h"
#include "child_case.h"

static gym_error err = GYM_ERROR_INIT;

/* What has been heard, one line a message: "level text". */
typedef struct hearer {
  pthread_mutex_t mutex;
  char text[20000];
  int count, inside;
  void (*then)(int level, const char *text);
} hearer;

static void hear(void *user_data, int level, const char *text) {
  hearer *self = user_data;
  pthread_mutex_lock(&self->mutex);
  size_t used = strlen(self->text);
  snprintf(self->text + used, sizeof self->text - used, "%d %s\n", level, text);
  self->count++;
  pthread_mutex_unlock(&self->mutex);
  if (self->then) self->then(level, text);
}

static hearer heard = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void forget(void) {
  heard.text[0] = '\0';
  heard.count = 0;
  heard.then = NULL;
}

static void speak_of(const char *statements) {
  char source[2000];
  snprintf(source, sizeof source,
           "import logging, sys, threading, warnings\nwarnings.simplefilter('always')\n%s\n", statements);
  run_python(source);
}

/* ------------------------------------------------------------------------------------- what is heard */

static void register_speaking(void) {
  run_python(
      "class Speaking(gymnasium.Wrapper):\n"
      "    def __init__(self, env):\n"
      "        super().__init__(env)\n"
      "        print('made')\n"
      "    def reset(self, **kwargs):\n"
      "        print('reset')\n"
      "        return super().reset(**kwargs)\n"
      "    def close(self):\n"
      "        super().close()\n"
      "        print('closed')\n");
}

static void test_kinds(void) {
  forget();
  CHECK_OK(gym_set_message_callback(hear, &heard, &err), err);
  speak_of("print('one'); print('two\\nthree'); print('a', 'b', sep='', end=''); print(); print('')");
  CHECK_STR(heard.text, "0 one\n0 two\n0 three\n0 ab\n0 \n");
  forget();
  speak_of("logging.warning('w %d', 1); logging.error('e'); logging.getLogger('x').critical('c')");
  CHECK_STR(heard.text, "30 w 1\n40 e\n50 x: c\n");
  forget();
  speak_of("warnings.warn('careful')");
  CHECK_STR(heard.text, "30 UserWarning: careful\n");
  forget();
  /* No colours, no NUL, no lone surrogates. */
  speak_of(
      "print('\\033[31mred\\033[0m'); print('a\\0b'); print('caf\\u00e9'); "
      "logging.warning('\\033[1mbold\\033[m')");
  CHECK(strstr(heard.text, "0 red\n") && strstr(heard.text, "caf\xc3\xa9") &&
        strstr(heard.text, "30 bold\n"));
  CHECK(strchr(heard.text, '\033') == NULL);
  CHECK_INT(heard.count, 4);
  forget();
  speak_of("print('\\ud800'); print('x' * 5000)");
  CHECK_INT(heard.count, 2);
  CHECK(strlen(heard.text) > 5000);
  /* Environments speak inside calls, of whichever thread. */
  forget();
  gym_env env = open_env(TEST_ENV("Loud"), NULL);
  CHECK_OK(reset_plain(env, &err), err);
  CHECK(strstr(heard.text, "0 loud: reset\n") != NULL);
  CHECK(strstr(heard.text, "30 loud: loud: reset\n") != NULL);
  CHECK_OK(gym_close(env, &err), err);
  for (int bound = 0; bound < 2; bound++) {
    forget();
    env = open_plain("", bound, "{\"name\": \"__main__:Speaking\"}");
    CHECK_OK(reset_plain(env, &err), err);
    CHECK_OK(gym_close(env, &err), err);
    CHECK_STR(heard.text, "0 made\n0 reset\n0 closed\n");
  }
  CHECK_OK(gym_set_message_callback(NULL, NULL, &err), err);
}

/* A line without an end is delivered by gym_flush, and by the end of the callback. */
static void test_flush(void) {
  CHECK_OK(gym_flush(&err), err);
  forget();
  CHECK_OK(gym_set_message_callback(hear, &heard, &err), err);
  speak_of("print('no end', end='')");
  CHECK_INT(heard.count, 0);
  CHECK_OK(gym_flush(&err), err);
  CHECK_STR(heard.text, "0 no end\n");
  CHECK_OK(gym_flush(&err), err);
  CHECK_INT(heard.count, 1);
  speak_of("print('last', end='')");
  CHECK_OK(gym_set_message_callback(NULL, NULL, &err), err);
  CHECK_STR(heard.text, "0 no end\n0 last\n");
  CHECK_OK(gym_flush(NULL), err);
  /* A stream that raises. */
  speak_of(
      "class Raising:\n    closed = False\n    def write(self, text): pass\n    def flush(self): raise "
      "OSError('full')\n"
      "before = sys.stderr\nsys.stderr = Raising()");
  CHECK_FAILURE(gym_flush(&err), GYM_ERR_PYTHON, err, "full");
  CHECK_STR(err.type, "OSError");
  speak_of("sys.stderr = before");
  CHECK_OK(gym_flush(&err), err);
}

/* All is as it was, and nothing is heard any more. */
static void test_restoring(void) {
  forget();
  speak_of(
      "state = lambda: (sys.stdout, sys.stderr, warnings.showwarning, tuple(logging.getLogger().handlers),\n"
      "    logging.lastResort, logging.getLogger().level)\nstate_before = state()");
  for (int i = 0; i < 5; i++) {
    CHECK_OK(gym_set_message_callback(hear, &heard, &err), err);
    CHECK_OK(gym_set_message_callback(hear, &heard, &err), err); /* in its own place */
    speak_of("print('x')");
    CHECK_OK(gym_set_message_callback(NULL, &heard, &err), err);
    CHECK_OK(gym_set_message_callback(NULL, NULL, &err), err);
  }
  CHECK_INT(heard.count, 5);
  CHECK_INT(python_number("state() == state_before"), 1);
}

/* ------------------------------------------------------------------------------------- from inside */

static gym_env other;
static int is_first;

static void call_gogym(int level, const char *text) {
  gym_error own = GYM_ERROR_INIT;
  gym_transition t;
  gym_value *value = NULL;
  (void)level, (void)text;
  if (!is_first) return;
  is_first = 0;
  CHECK_OK(step_plain(other, &t, &own), own);
  CHECK_OK(gym_versions(&value, &own), own);
  gym_value_free(value);
  gym_env env = open_env(TEST_ENV("Loud"), NULL); /* which speaks itself */
  CHECK_OK(reset_plain(env, &own), own);
  CHECK_OK(gym_close(env, &own), own);
  CHECK_OK(gym_flush(&own), own);
}

static gym_env speaking;

static void call_the_same(int level, const char *text) {
  gym_error own = GYM_ERROR_INIT;
  (void)level, (void)text;
  if (!is_first) return;
  is_first = 0;
  check_env_calls(speaking, GYM_ERR_BUSY, "inside");
  CHECK_FAILURE(gym_close(speaking, &own), GYM_ERR_BUSY, own, "inside");
  CHECK_FAILURE(gym_shutdown(&own), GYM_ERR_BUSY, own, "inside");
}

static void remove_itself(int level, const char *text) {
  gym_error own = GYM_ERROR_INIT;
  (void)level, (void)text;
  CHECK_OK(gym_set_message_callback(NULL, NULL, &own), own);
}

static void replace_itself(int level, const char *text) {
  gym_error own = GYM_ERROR_INIT;
  (void)level, (void)text;
  heard.then = NULL;
  CHECK_OK(gym_set_message_callback(hear, &heard, &own), own);
}

static void test_from_inside(void) {
  forget();
  CHECK_OK(gym_set_message_callback(hear, &heard, &err), err);
  other = open_plain("", 1, "");
  CHECK_OK(reset_plain(other, &err), err);
  is_first = 1;
  heard.then = call_gogym;
  speak_of("print('call')");
  CHECK_INT(is_first, 0);
  CHECK_OK(gym_close(other, &err), err);

  for (int i = 0; i < 2; i++) {
    speaking = open_env(TEST_ENV("Loud"), NULL);
    is_first = 1;
    heard.then = call_the_same;
    CHECK_OK(reset_plain(speaking, &err), err);
    CHECK_INT(is_first, 0);
    CHECK_OK(gym_close(speaking, &err), err);
  }
  forget();
  heard.then = replace_itself;
  speak_of("print('replace'); print('more')");
  CHECK_STR(heard.text, "0 replace\n0 more\n");
  forget();
  heard.then = remove_itself;
  speak_of("print('remove')\nsys.stdout.flush()");
  CHECK_STR(heard.text, "0 remove\n");
  fflush(stdout);
  speak_of("print('(not heard)')");
  CHECK_INT(heard.count, 1);
}

/* ------------------------------------------------------------------------------------- many threads */

enum { THREADS = 8, LINES = 100 };

static void *speak(void *argument) {
  char line[100];
  snprintf(line, sizeof line, "for i in range(%d): print('thread %d', i)", LINES, *(const int *)argument);
  speak_of(line);
  return NULL;
}

static void test_many_threads(void) {
  int numbers[THREADS] = {0, 1, 2, 3, 4, 5, 6, 7};
  char expected[50];
  team threads;
  forget();
  CHECK_OK(gym_set_message_callback(hear, &heard, &err), err);
  start_team(&threads, THREADS, speak, numbers, sizeof *numbers);
  join_team(&threads);
  CHECK_OK(gym_set_message_callback(NULL, NULL, &err), err);
  CHECK_INT(heard.count, THREADS * LINES);
  for (int i = 0; i < THREADS; i++) { /* whole lines, all of them */
    snprintf(expected, sizeof expected, "0 thread %d %d\n", i, LINES - 1);
    CHECK(strstr(heard.text, expected) != NULL);
  }
}

/* Replaced in use: what was given with the old function is freed at once, which AddressSanitizer would see in
 * use. */
typedef struct fragile {
  long canary;
  char room[1000];
} fragile;

static atomic_long messages;

static void hear_fragile(void *user_data, int level, const char *text) {
  fragile *self = user_data;
  (void)level;
  CHECK_INT(self->canary, 42);
  snprintf(self->room, sizeof self->room, "%s", text);
  atomic_fetch_add(&messages, 1);
  sched_yield();
  CHECK_INT(self->canary, 42);
}

static atomic_int running;

static void *speak_on(void *argument) {
  (void)argument;
  while (atomic_load(&running))
    speak_of("for i in range(10): print('on'); logging.getLogger('x').warning('and on')");
  return NULL;
}

static fragile *new_fragile(void) {
  fragile *self = calloc(1, sizeof *self);
  if (!self) abort();
  self->canary = 42;
  return self;
}

static void free_fragile(fragile *self) {
  self->canary = 0;
  free(self);
}

static void test_replaced_in_use(void) {
  team threads;
  char none[4];
  fragile *now = new_fragile();
  CHECK_OK(gym_set_message_callback(hear_fragile, now, &err), err);
  atomic_store(&running, 1);
  start_team(&threads, 4, speak_on, none, 1);
  for (int i = 0; i < 200; i++) {
    fragile *next = new_fragile();
    const long before = atomic_load(&messages);
    CHECK_OK(gym_set_message_callback(hear_fragile, next, &err), err);
    free_fragile(now);
    now = next;
    while (atomic_load(&messages) < before + 3) sched_yield(); /* the new one hears */
  }
  atomic_store(&running, 0);
  join_team(&threads);
  CHECK_OK(gym_set_message_callback(NULL, NULL, &err), err);
  free_fragile(now);
}

/* Several threads set one at a time: the last of them hears, and each other's data may go when the next is
 * set. */
static pthread_barrier_t start;

static void *set_it(void *argument) {
  gym_error own = GYM_ERROR_INIT;
  pthread_barrier_wait(&start);
  CHECK_OK(gym_set_message_callback(hear_fragile, argument, &own), own);
  return NULL;
}

static void test_set_at_once(void) {
  pthread_barrier_init(&start, NULL, 4);
  for (int i = 0; i < 200; i++) {
    fragile all[4] = {0};
    team threads;
    for (int j = 0; j < 4; j++) all[j].canary = 42;
    start_team(&threads, 4, set_it, all, sizeof *all);
    join_team(&threads);
    const long before = atomic_load(&messages);
    speak_of("print('who hears?')");
    CHECK_INT(atomic_load(&messages), before + 1);
    CHECK_OK(gym_set_message_callback(NULL, NULL, &err), err);
    for (int j = 0; j < 4; j++) all[j].canary = 0; /* gone, as far as anybody may know */
  }
  pthread_barrier_destroy(&start);
}

/* ------------------------------------------------------------------------------------- ends */

/* After gym_shutdown nobody calls the function, though Python's threads may speak on. */
static void shut_down(void) {
  fragile *data = new_fragile();
  CHECK_OK(gym_init(NULL, &err), err);
  CHECK_OK(gym_set_message_callback(hear_fragile, data, &err), err);
  speak_of(
      "import atexit, time\n"
      "atexit.register(print, 'at exit')\n"
      "def speak():\n"
      "    while True:\n"
      "        print('still here')\n"
      "        time.sleep(0.001)\n"
      "threading.Thread(target=speak, daemon=True).start()");
  while (atomic_load(&messages) < 20) sched_yield();
  CHECK_OK(gym_shutdown(&err), err);
  const long before = atomic_load(&messages);
  free_fragile(data);
  usleep(100000);
  CHECK_INT(atomic_load(&messages), before);
  check_library_calls(GYM_ERR_SHUTDOWN, "gym_shutdown");
}

/* What is said at the end is heard, and a line without an end, too. */
static void last_words(void) {
  forget();
  CHECK_OK(gym_set_message_callback(hear, &heard, &err), err); /* starts Python */
  speak_of("import atexit\natexit.register(print, 'at exit')\nprint('no end', end='')");
  CHECK_OK(gym_shutdown(&err), err);
  CHECK(strstr(heard.text, "0 no end") != NULL);
  CHECK(strstr(heard.text, "at exit\n") != NULL);
}

/* A thread of Python's own speaks, and whoever hears it shuts Python down: waiting for itself would take for
 * ever. */
static atomic_int shutdowns, shutdown_code = -1;

static void shut_down_on_hearing(void *user_data, int level, const char *text) {
  (void)user_data, (void)level, (void)text;
  if (atomic_fetch_add(&shutdowns, 1) == 0) atomic_store(&shutdown_code, gym_shutdown(NULL));
}

static void shut_down_from_a_message(void) {
  CHECK_OK(gym_set_message_callback(shut_down_on_hearing, NULL, &err), err);
  speak_of("threading.Thread(target=print, args=('from a thread',), daemon=True).start()");
  while (atomic_load(&shutdown_code) < 0) usleep(1000);
  CHECK(atomic_load(&shutdown_code) == GYM_OK || atomic_load(&shutdown_code) == GYM_ERR_BUSY);
  CHECK_OK(gym_shutdown(&err), err);
}

/* A fork's child hears nothing, and says that it is one; the parent hears on. */
static void forked(void) {
  forget();
  CHECK_OK(gym_set_message_callback(hear, &heard, &err), err);
  speak_of(
      "import os\nprint('before')\nfor i in range(3):\n    if (pid := os.fork()) == 0:\n        "
      "print('child')\n"
      "        sys.stdout.flush()\n        os._exit(7)\n    assert os.waitpid(pid, 0)[1] == 7 * "
      "256\nprint('after')");
  CHECK_STR(heard.text, "0 before\n0 after\n");
  CHECK_OK(gym_set_message_callback(NULL, NULL, &err), err);
  CHECK_OK(gym_shutdown(&err), err);
}

/* Nobody has started Python: there is nothing to flush, and it stays so. */
static void nothing_to_flush(void) {
  CHECK_OK(gym_flush(&err), err);
  CHECK_OK(gym_flush(NULL), err);
  CHECK(dlsym(RTLD_DEFAULT, "Py_IsInitialized") == NULL);
}

int main(void) {
  use_test_envs();
  unsetenv("PYTHONWARNINGS"); /* warnings are heard here */
  check_case("nothing to flush", nothing_to_flush);
  check_case("shutdown", shut_down);
  check_case("last words", last_words);
  check_case("fork", forked);
  check_case("shutdown from a message", shut_down_from_a_message);
  alarm(200); /* what hangs fails */
  CHECK_OK(gym_init(NULL, &err), err);
  register_plain();
  register_speaking();
  test_kinds();
  test_flush();
  test_restoring();
  test_from_inside();
  test_many_threads();
  test_replaced_in_use();
  test_set_at_once();
  return around_summary();
}
