/* Environments that render are bound to threads of the library's own: whoever calls, from whichever thread.
 * Nothing about rendering is set in the process's environment: the library chooses. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

#include "around.h"
#include "child_case.h"

enum { THREADS = 8 };

static gym_error err = GYM_ERROR_INIT;

/* ------------------------------------------------------------------------------------- one thread for all */

static void *step_and_render(void *argument) {
  gym_error own = GYM_ERROR_INIT;
  const gym_env env = *(const gym_env *)argument;
  gym_transition t;
  unsigned char frame[60];
  for (int i = 0; i < 50; i++) {
    if (!CHECK_OK(step_plain(env, &t, &own), own)) break;
    if (!CHECK_OK(gym_render(env, frame, sizeof frame, &own), own)) break;
    CHECK(memcmp(frame, frame + 1, 59) == 0); /* whole frames, one after another */
  }
  return NULL;
}

/* How many threads, and whether that of the caller, have been inside. */
static void check_threads(gym_env env, int count, int mine) {
  gym_value *value = NULL;
  char text[100];
  CHECK_OK(gym_reset_value(env, NULL, NULL, NULL, &err), err);
  CHECK_INT(info_number(env, "threads"), count);
  snprintf(text, sizeof text, "[%d]", (int)gettid());
  CHECK_OK(gym_call(env, "unwrapped.threads.__contains__", text, &value, &err), err);
  int is_in = -1;
  CHECK_OK(gym_value_bool(value, &is_in, &err), err);
  CHECK_INT(is_in, mine);
  gym_value_free(value);
}

static void test_threads(void) {
  for (int bound = 0; bound < 2; bound++) {
    char options[100];
    snprintf(options, sizeof options, "{\"render_mode\": \"rgb_array\", \"gogym\": {\"private\": true}}");
    if (!bound)
      snprintf(options, sizeof options, "{\"render_mode\": \"ansi\", \"gogym\": {\"private\": true}}");
    gym_env env = open_env("gogym_c/Plain-v0", options);
    CHECK_THREADS(RENDER_THREAD, bound);
    CHECK_OK(reset_plain(env, &err), err);
    check_threads(env, 1, !bound);
    if (bound) {
      team threads;
      for (int i = 0; i < THREADS; i++) { /* in turn */
        start_team(&threads, 1, step_and_render, &env, 0);
        join_team(&threads);
      }
      start_team(&threads, THREADS, step_and_render, &env, 0); /* at once */
      join_team(&threads);
      check_threads(env, 1, 0);
      gym_value *value = NULL;
      int64_t number = 0;
      CHECK_OK(gym_get_attr(env, "drawn", &value, &err), err);
      CHECK_OK(gym_value_int64(value, &number, &err), err);
      CHECK_INT(number, 2 * THREADS * 50);
      gym_value_free(value);
    }
    CHECK_OK(gym_close(env, &err), err);
    CHECK_THREADS(RENDER_THREAD, 0);
  }
}

/* Made on one thread, used on others, closed on another one; each of them ends. */
static void *make_it(void *argument) {
  *(gym_env *)argument = open_plain("", 1, "");
  return NULL;
}

static void *close_it(void *argument) {
  gym_error own = GYM_ERROR_INIT;
  CHECK_OK(gym_close(*(gym_env *)argument, &own), own);
  return NULL;
}

static void on_a_thread(void *(*run)(void *), gym_env *env) {
  team thread;
  start_team(&thread, 1, run, env, 0);
  join_team(&thread);
}

static void test_threads_that_end(void) {
  for (int i = 0; i < 20; i++) {
    gym_env env = {0};
    on_a_thread(make_it, &env);
    CHECK_OK(reset_plain(env, &err), err);
    on_a_thread(step_and_render, &env);
    on_a_thread(close_it, &env);
    CHECK_THREADS(RENDER_THREAD, 0);
  }
}

/* Many at a time, and those that cannot be made: no thread stays. */
static void test_thread_counts(void) {
  enum { MANY = 50 };
  gym_env envs[MANY], env;
  gym_transition t;
  const int before = count_threads_now(NULL);
  for (int i = 0; i < MANY; i++) envs[i] = open_plain("", 1, "");
  CHECK_THREADS(RENDER_THREAD, MANY);
  for (int i = 0; i < MANY; i++) {
    CHECK_OK(reset_plain(envs[i], &err), err);
    CHECK_OK(step_plain(envs[i], &t, &err), err);
  }
  for (int i = 0; i < MANY; i++) CHECK_OK(gym_close(envs[i], &err), err);
  CHECK_THREADS(NULL, before);
  for (int i = 0; i < 10; i++) {
    CHECK_INT(gym_make("gogym_c/Plain-v0", "{\"render_mode\": \"rgb_array\", \"x\": 1}", &env, NULL),
              GYM_ERR_PYTHON);
    CHECK_INT(gym_make("NoSuch-v0", "{\"render_mode\": \"rgb_array\"}", &env, NULL), GYM_ERR_NAME_NOT_FOUND);
    CHECK_INT(
        gym_make("gogym_c/Plain-v0", "{\"render_mode\": \"rgb_array\", \"space\": \"none\"}", &env, NULL),
        GYM_ERR_PYTHON);
  }
  /* A mode that is none, or no text. */
  CHECK(gym_make("gogym_c/Plain-v0", "{\"render_mode\": 7}", &env, &err) != GYM_OK ||
        gym_close(env, &err) == GYM_OK);
  CHECK(gym_make("gogym_c/Plain-v0", "{\"render_mode\": [\"rgb_array\"]}", &env, &err) != GYM_OK ||
        gym_close(env, &err) == GYM_OK);
  CHECK(gym_make("gogym_c/Plain-v0", "{\"render_mode\": \"\"}", &env, &err) != GYM_OK ||
        gym_close(env, &err) == GYM_OK);
  CHECK_THREADS(NULL, before);
}

/* The spec of an id may name the mode, too. */
static void test_mode_in_the_spec(void) {
  unsigned char frame[60];
  CHECK_OK(gym_register_env(
               "gogym_c/Drawn-v0",
               "{\"entry_point\": \"__main__:Plain\", \"order_enforce\": false, \"disable_env_checker\": "
               "true, \"kwargs\": {\"render_mode\": \"rgb_array\"}}",
               &err),
           err);
  gym_env env = open_env("gogym_c/Drawn-v0", NULL);
  CHECK_THREADS(RENDER_THREAD, 1);
  CHECK_OK(gym_render(env, frame, sizeof frame, &err), err);
  CHECK_OK(gym_close(env, &err), err);
  CHECK_THREADS(RENDER_THREAD, 0);
}

/* Python's recursion ends on such a thread as on any other: in an exception, not in a stack overflow. */
static void test_deep_recursion(void) {
  run_python(
      "class Deep(Plain):\n"
      "    def dig(self):\n"
      "        return sorted([1, 2], key=lambda _: self.dig())\n" /* C functions in between take most stack */
      "gymnasium.register('gogym_c/Deep-v0', Deep, order_enforce=False, disable_env_checker=True)\n");
  gym_env env = open_env("gogym_c/Deep-v0", "{\"render_mode\": \"rgb_array\"}");
  CHECK_FAILURE(gym_call(env, "dig", NULL, NULL, &err), GYM_ERR_RECURSION, err, "recursion");
  CHECK_OK(reset_plain(env, &err), err);
  CHECK_OK(gym_close(env, &err), err);
}

/* ------------------------------------------------------------------------------------- from inside */

static gym_env inside;
static int is_calling, calls;

static void call_from_inside(void) {
  is_calling = 0;
  calls++;
  CHECK_FAILURE(gym_shutdown(&err), GYM_ERR_BUSY, err, "inside");
  check_env_calls(inside, inside.id ? GYM_ERR_BUSY : GYM_ERR_HANDLE, inside.id ? "inside" : "zero");
}

/* The constructor, close, and the constructor of a clone, all on a library's thread. */
static void test_calls_from_inside(const char *mode) {
  char options[200];
  uintptr_t address;
  gym_env clone = {0};
  void (*function)(void) = call_from_inside;
  memcpy(&address, &function, sizeof address);
  snprintf(options, sizeof options,
           "{\"render_mode\": %s, \"function\": %" PRIuPTR ", \"flag\": %" PRIuPTR "}", mode, address,
           (uintptr_t)&is_calling);
  inside.id = 0;
  calls = 0;
  is_calling = 1;
  inside = open_env("gogym_c/Plain-v0", options);
  CHECK_INT(calls, 1);
  CHECK_OK(reset_plain(inside, &err), err);
  is_calling = 1;
  if (CHECK_OK(gym_clone(inside, &clone, &err), err)) CHECK_OK(gym_close(clone, &err), err);
  CHECK(calls == 2 || is_calling); /* it may be made without its constructor */
  int before = calls;
  is_calling = 1;
  CHECK_OK(gym_close(inside, &err), err);
  CHECK_INT(calls, before + 1);
}

/* ------------------------------------------------------------------------------------- signals */

static volatile sig_atomic_t signal_thread, signals;

static void on_signal(int number) {
  (void)number;
  signal_thread = (int)gettid();
  signals++;
}

static void test_signals(void) {
  struct sigaction action = {.sa_handler = on_signal}, before[32], after;
  sigset_t mask, mask_after;
  char path[100], line[200];
  gym_transition t;
  sigemptyset(&action.sa_mask);
  sigaction(SIGUSR2, &action, NULL);
  for (int i = 1; i < 32; i++) sigaction(i, NULL, &before[i]);
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &mask, NULL);
  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  gym_env env = open_plain("", 1, ""),
          cart_pole = open_env("CartPole-v1", "{\"render_mode\": \"rgb_array\"}");
  CHECK_OK(reset_plain(env, &err), err);
  CHECK_OK(reset_plain(cart_pole, &err), err);
  gym_frame layout = GYM_FRAME_INIT;
  CHECK_OK(gym_frame_layout(cart_pole, &layout, &err), err);
  /* The library's threads let no signal in. */
  CHECK_THREADS(RENDER_THREAD, 2);
  run_python(
      "import glob\nMASKS = []\n"
      "for task in glob.glob('/proc/self/task/*'):\n"
      "    if open(task + '/comm').read() == 'gogym-render\\n':\n"
      "        status = open(task + '/status').read()\n"
      "        MASKS.append(int(status.split('SigBlk:')[1].split()[0], 16))\n");
  CHECK_INT(python_number("len(MASKS)"), 2);
  CHECK_INT(
      python_number("all(mask >> (number - 1) & 1 for mask in MASKS for number in (1, 2, 10, 12, 15, 17))"),
      1);
  for (int i = 0; i < 200; i++) {
    kill(getpid(), SIGUSR2);
    CHECK_OK(step_plain(env, &t, &err), err);
    if (signal_thread) {
      snprintf(path, sizeof path, "/proc/self/task/%d/comm", (int)signal_thread);
      FILE *file = fopen(path, "r");
      if (CHECK(file && fgets(line, sizeof line, file))) CHECK(strcmp(line, RENDER_THREAD "\n") != 0);
      if (file) fclose(file);
    }
  }
  CHECK(signals > 0);
  CHECK_OK(gym_close(env, &err), err);
  CHECK_OK(gym_close(cart_pole, &err), err);
  pthread_sigmask(SIG_BLOCK, NULL, &mask_after);
  for (int i = 1; i < 32; i++) {
    CHECK_INT(sigismember(&mask, i), sigismember(&mask_after, i));
    sigaction(i, NULL, &after);
    if (!CHECK(after.sa_handler == before[i].sa_handler)) fprintf(stderr, "  signal %d\n", i);
  }
  signal(SIGUSR2, SIG_DFL);
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
}

/* ------------------------------------------------------------------------------------- real frames */

typedef struct artist {
  gym_env env;
  unsigned char *frame;
  size_t nbytes;
} artist;

static void *render_it(void *argument) {
  gym_error own = GYM_ERROR_INIT;
  artist *self = argument;
  memset(self->frame, 0, self->nbytes);
  CHECK_OK(gym_render(self->env, self->frame, self->nbytes, &own), own);
  return NULL;
}

/* How many different bytes there are: a black frame, or one of noise, has other numbers. */
static int count_shades(const artist *self) {
  int seen[256] = {0}, shades = 0;
  for (size_t i = 0; i < self->nbytes; i++) seen[self->frame[i]] = 1;
  for (int i = 0; i < 256; i++) shades += seen[i];
  return shades;
}

/* The same state on every thread, in turn and at once, gives the same frame. */
static void test_frames(const char *id, const char *options) {
  artist artists[THREADS + 1] = {0};
  team threads;
  const int64_t seed = 3;
  gym_frame layout = GYM_FRAME_INIT;
  gym_env env = open_env(id, options);
  CHECK_OK(gym_reset_value(env, &seed, NULL, NULL, &err), err);
  if (!CHECK_OK(gym_frame_layout(env, &layout, &err), err)) exit(1);
  CHECK_STR(layout.parts[0].dtype, "uint8");
  CHECK_INT(layout.parts[0].ndim, 3);
  for (int i = 0; i <= THREADS; i++) {
    artists[i] = (artist){env, malloc(layout.nbytes), layout.nbytes};
    if (!artists[i].frame) abort();
  }
  render_it(&artists[THREADS]);
  CHECK(count_shades(&artists[THREADS]) >= 3);
  for (int i = 0; i < THREADS; i++) {
    start_team(&threads, 1, render_it, &artists[i], 0);
    join_team(&threads);
    if (!CHECK(memcmp(artists[i].frame, artists[THREADS].frame, layout.nbytes) == 0))
      fprintf(stderr, "  %s\n", id);
  }
  start_team(&threads, THREADS, render_it, artists, sizeof *artists);
  join_team(&threads);
  for (int i = 0; i < THREADS; i++) {
    CHECK(memcmp(artists[i].frame, artists[THREADS].frame, layout.nbytes) == 0);
    free(artists[i].frame);
  }
  free(artists[THREADS].frame);
  CHECK_OK(gym_close(env, &err), err);
}

typedef struct runner {
  const char *id;
  gym_env env;
  long differing;
} runner;

static void *run_episode(void *argument) {
  runner *self = argument;
  gym_error own = GYM_ERROR_INIT;
  gym_transition t;
  double action[8] = {0};
  gym_frame layout = GYM_FRAME_INIT;
  const int64_t seed = 5;
  size_t size = 0;
  CHECK_OK(gym_action_size(self->env, &size, &own), own);
  CHECK_OK(gym_reset_value(self->env, &seed, NULL, NULL, &own), own);
  CHECK_OK(gym_frame_layout(self->env, &layout, &own), own);
  unsigned char *frame = malloc(layout.nbytes), *before = calloc(1, layout.nbytes);
  double obs[200];
  size_t obs_size = 0;
  CHECK_OK(gym_observation_size(self->env, &obs_size, &own), own);
  for (int i = 0; frame && before && i < 8; i++) {
    for (size_t j = 0; j < size; j++) action[j] = size == 1 ? i % 2 : 0.5;
    if (!CHECK_OK(gym_step(self->env, action, size, obs, obs_size, &t, &own), own)) break;
    if (!CHECK_OK(gym_render(self->env, frame, layout.nbytes, &own), own)) break;
    self->differing += memcmp(frame, before, layout.nbytes) != 0;
    memcpy(before, frame, layout.nbytes);
  }
  free(frame);
  free(before);
  return NULL;
}

/* Rendering environments step on threads at the same time. */
static void test_parallel(void) {
  runner runners[4] = {
      {"Ant-v5", {0}, 0}, {"CartPole-v1", {0}, 0}, {"Ant-v5", {0}, 0}, {"CartPole-v1", {0}, 0}};
  team threads;
  for (int i = 0; i < 4; i++) runners[i].env = open_env(runners[i].id, "{\"render_mode\": \"rgb_array\"}");
  start_team(&threads, 4, run_episode, runners, sizeof *runners);
  join_team(&threads);
  for (int i = 0; i < 4; i++) {
    CHECK(runners[i].differing >= 3); /* CartPole moves by less than a pixel */
    CHECK_OK(gym_close(runners[i].env, &err), err);
  }
}

/* Windows, by the mode and by the wrapper, drawn on nothing. There is one at a time: who comes second is
 * told. */
static const char *const windows[] = {
    "{\"render_mode\": \"human\"}",
    "{\"render_mode\": \"rgb_array\", \"gogym\": {\"wrappers\": [{\"name\": \"HumanRendering\"}]}}",
};

static void *draw_windows(void *argument) {
  gym_error own = GYM_ERROR_INIT;
  gym_transition t;
  for (int i = 0; i < 3; i++) {
    gym_env env = open_env("CartPole-v1", windows[*(const int *)argument % 2]);
    int code = reset_plain(env, &own);
    for (int j = 0; code == GYM_OK && j < 3; j++) code = step_plain(env, &t, &own);
    /* Gymnasium's environments end all of pygame when they are closed, and others' windows with it. */
    if (code != GYM_OK && !strstr(own.message, "Surface is not initialized"))
      CHECK_FAILURE(code, GYM_ERR_RENDER, own, "window");
    CHECK_OK(gym_close(env, &own), own);
  }
  return NULL;
}

static void test_windows(void) {
  int numbers[4] = {0, 1, 2, 3};
  team threads;
  start_team(&threads, 4, draw_windows, numbers, sizeof *numbers);
  join_team(&threads);
  for (int i = 0; i < 4; i++) { /* now there is none, and each may have one */
    gym_transition t;
    gym_env env = open_env("CartPole-v1", windows[i % 2]);
    CHECK_OK(reset_plain(env, &err), err);
    CHECK_OK(step_plain(env, &t, &err), err);
    CHECK_OK(gym_render(env, NULL, 0, &err), err);
    CHECK_OK(gym_close(env, &err), err);
  }
  CHECK_THREADS(RENDER_THREAD, 1); /* that of windows, which stays */
  threads_of_others = 1;
}

/* A graphics library keeps threads of its own; they do not become more. */
static void test_threads_of_mujoco(void) {
  static const char options[] = "{\"render_mode\": \"rgb_array\", \"width\": 64, \"height\": 48}";
  int before = 0;
  for (int i = 0; i < 10; i++) {
    gym_value *frame = NULL;
    gym_env env = open_env("Ant-v5", options);
    CHECK_OK(reset_plain(env, &err), err);
    CHECK_OK(gym_render_value(env, &frame, &err), err);
    gym_value_free(frame);
    CHECK_OK(gym_close(env, &err), err);
    if (i == 2) before = count_threads_now(NULL);
  }
  CHECK_THREADS(NULL, before);
  threads_of_others = count_threads_now(RENDER_THREAD);
}

/* The mode of a MuJoCo environment in its spec: a graphics library is chosen for it all the same. */
static void mujoco_mode_in_the_spec(void) {
  CHECK_OK(gym_register_env(
               "gogym_c/DrawnAnt-v0",
               "{\"entry_point\": \"gymnasium.envs.mujoco.ant_v5:AntEnv\", \"kwargs\": {\"render_mode\": "
               "\"rgb_array\", \"width\": 64, \"height\": 48}}",
               &err),
           err);
  test_frames("gogym_c/DrawnAnt-v0", NULL);
}

/* ------------------------------------------------------------------------------------- ends of processes */

static void forget_display(void) {
  unsetenv("MUJOCO_GL");
  unsetenv("PYOPENGL_PLATFORM");
  unsetenv("SDL_VIDEODRIVER");
  unsetenv("DISPLAY");
  unsetenv("WAYLAND_DISPLAY");
}

static void *step_for_ever(void *argument) {
  gym_transition t;
  while (step_plain(*(gym_env *)argument, &t, NULL) == GYM_OK) {
  }
  return NULL;
}

static gym_env several[4];

static void open_several(void) {
  CHECK_OK(gym_init(NULL, &err), err);
  register_plain();
  for (int i = 0; i < 3; i++) {
    several[i] = open_plain("", 1, "");
    CHECK_OK(reset_plain(several[i], &err), err);
  }
  several[3] = open_env("CartPole-v1", "{\"render_mode\": \"human\"}"); /* a window, drawn on nothing */
  CHECK_OK(reset_plain(several[3], &err), err);
}

static void shut_down_open_ones(void) {
  gym_transition t;
  open_several();
  CHECK_OK(gym_shutdown(&err), err);
  CHECK_FAILURE(step_plain(several[0], &t, &err), GYM_ERR_SHUTDOWN, err, "gym_shutdown");
  for (int i = 0; i < 4; i++) check_every_env_call(several[i], GYM_ERR_SHUTDOWN, "gym_shutdown");
  CHECK(count_threads(RENDER_THREAD, 1) <= 1); /* that of windows stays */
}

static void shut_down_while_stepping(void) {
  team threads;
  open_several();
  start_team(&threads, 3, step_for_ever, several, sizeof *several);
  usleep(20000);
  CHECK_OK(gym_shutdown(&err), err);
  join_team(&threads);
  CHECK(count_threads(RENDER_THREAD, 1) <= 1);
}

static void exit_while_stepping(void) {
  team threads;
  open_several();
  start_team(&threads, 3, step_for_ever, several, sizeof *several);
  usleep(20000);
  exit(atomic_load(&check_failed) == 0 ? 0 : 1);
}

static void exit_with_open_ones(void) {
  open_several();
  exit(atomic_load(&check_failed) == 0 ? 0 : 1);
}

int main(void) {
  use_test_envs();
  forget_display();
  check_case("shutdown with open environments", shut_down_open_ones);
  check_case("shutdown during steps", shut_down_while_stepping);
  check_case("the mode in the spec", mujoco_mode_in_the_spec);
  check_case("exit during steps", exit_while_stepping);
  check_case("exit with open environments", exit_with_open_ones);

  alarm(200); /* what hangs fails */
  CHECK_OK(gym_init(NULL, &err), err);
  register_plain();
  test_threads();
  test_threads_that_end();
  test_thread_counts();
  test_mode_in_the_spec();
  test_deep_recursion();
  test_signals();
  check_nothing_open();
  test_windows();
  test_threads_of_mujoco();
  test_frames("CartPole-v1", "{\"render_mode\": \"rgb_array\"}");
  test_frames("Ant-v5", "{\"render_mode\": \"rgb_array\", \"width\": 64, \"height\": 48}");
  test_parallel();
  test_calls_from_inside("null");
  test_calls_from_inside("\"rgb_array\"");
  return around_summary();
}
