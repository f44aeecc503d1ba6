/* A child of fork: calls say so, and the thread that forked can end there in every way, although Python's
 * lock may be held by a thread that does not exist in the child. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "around.h"

enum { STEPPERS = 4, CHILDREN = 5 };

static gym_env mine, theirs[STEPPERS],
    rendering;                  /* rendering: bound to a thread, which a child does not have */
static gym_space made, actions; /* actions: of mine */
static atomic_int running = 1, stepped;

static int step(gym_env env, gym_error *err) {
  static const double action[1] = {1};
  double obs[2];
  gym_transition t;
  return gym_step(env, action, 1, obs, 2, &t, err);
}

/* Keeps Python's lock busy while another thread forks. */
static void *step_on(void *argument) {
  const gym_env *env = argument;
  gym_error err = GYM_ERROR_INIT;
  while (atomic_load(&running)) {
    if (!CHECK_OK(step(*env, &err), err)) break;
    atomic_fetch_add(&stepped, 1);
  }
  return NULL;
}

/* In the child: what gogym.h promises. Gives 1 where all is well. */
static int calls_say_so(void) {
  gym_error err = GYM_ERROR_INIT;
  gym_env env = {0};
  double obs[2];
  size_t size;
  gym_value *value = NULL;
  int passed = CHECK_FAILURE(gym_init(NULL, &err), GYM_ERR_FORKED, err, "fork");
  passed &= CHECK_FAILURE(gym_make("CartPole-v1", NULL, &env, &err), GYM_ERR_FORKED, err, "fork");
  passed &= CHECK_FAILURE(gym_reset(mine, NULL, NULL, obs, 2, &err), GYM_ERR_FORKED, err, "fork");
  passed &= CHECK_FAILURE(step(mine, &err), GYM_ERR_FORKED, err, "fork");
  passed &= CHECK_FAILURE(gym_info(mine, &value, &err), GYM_ERR_FORKED, err, "fork");
  passed &= CHECK_FAILURE(gym_observation_size(mine, &size, &err), GYM_ERR_FORKED, err, "fork");
  passed &= CHECK_FAILURE(gym_close(mine, &err), GYM_ERR_FORKED, err, "fork");
  passed &= check_every_env_call(mine, GYM_ERR_FORKED, "fork");
  passed &= check_every_env_call(rendering, GYM_ERR_FORKED, "fork");
  passed &= CHECK_FAILURE(gym_close(rendering, &err), GYM_ERR_FORKED, err, "fork");
  passed &= check_library_calls(GYM_ERR_FORKED, "fork");
  passed &= check_every_space_call(made, GYM_ERR_FORKED, "fork");
  passed &= check_every_space_call(actions, GYM_ERR_FORKED, "fork");
  gym_space space = {0};
  passed &= CHECK_FAILURE(gym_space_make("{}", &space, &err), GYM_ERR_FORKED, err, "fork");
  passed &= CHECK_INT(space.id, 0);
  passed &= CHECK_FAILURE(gym_shutdown(&err), GYM_ERR_FORKED, err, "fork");
  return passed;
}

static void wait_for(pid_t child, const char *how) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0)) return;
  fprintf(stderr, "  %s: %s %d\n", how, WIFSIGNALED(status) ? "killed by signal" : "exited with",
          WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* How the forking thread of the child ends. With its end, or with that of main, the child exits: it is the
 * only thread there. An alarm ends a child that hangs. */
typedef enum ending { RETURNS, EXITS_THREAD, EXITS, EXITS_AT_ONCE, ENDINGS } ending;
static const char *const ending_names[ENDINGS] = {"return", "pthread_exit", "exit", "_exit"};

static void *fork_and_end(void *argument) {
  const ending how = *(const ending *)argument;
  gym_error err = GYM_ERROR_INIT;
  double obs[2];
  /* The thread is known to Python from here on, and gives its state back when it ends. */
  CHECK_OK(gym_reset(mine, NULL, NULL, obs, 2, &err), err);
  fflush(NULL);
  pid_t child = fork();
  if (child != 0) {
    wait_for(child, ending_names[how]);
    gym_transition t;
    CHECK_OK(step(mine, &err), err); /* nothing has changed here */
    CHECK_OK(step_plain(rendering, &t, &err), err);
    CHECK_OK(gym_space_sample(made, NULL, obs, 2, &err), err);
    CHECK_OK(gym_space_sample(actions, NULL, obs, 2, &err), err);
    return NULL;
  }
  alarm(60);
  int passed = calls_say_so();
  fflush(NULL);
  if (!passed || how == EXITS_AT_ONCE) _exit(!passed);
  if (how == EXITS) exit(0);
  if (how == EXITS_THREAD) pthread_exit(NULL);
  return NULL;
}

static void fork_from_a_thread(ending how) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, fork_and_end, &how) != 0) abort();
  pthread_join(thread, NULL);
}

/* Also a thread that the child starts itself may end there. */
static void *call_in_child(void *argument) {
  (void)argument;
  return calls_say_so() ? argument : NULL;
}

static void fork_from_main(void) {
  int something;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    pthread_t thread;
    void *result = NULL;
    alarm(60);
    if (pthread_create(&thread, NULL, call_in_child, &something) != 0) _exit(2);
    pthread_join(thread, &result);
    fflush(NULL);
    exit(result == &something && calls_say_so() ? 0 : 1);
  }
  wait_for(child, "a thread of the child");
}

int main(void) {
  gym_error err = GYM_ERROR_INIT;
  pthread_t steppers[STEPPERS];
  double obs[2];
  use_test_envs();
  mine = open_env(TEST_ENV("Counter"), NULL);
  register_plain();
  rendering = open_plain("", 1, "");
  CHECK_OK(reset_plain(rendering, &err), err);
  CHECK_OK(gym_reset(mine, NULL, NULL, obs, 2, &err), err);
  made = open_space("{\"type\": \"Discrete\", \"n\": 2}");
  CHECK_OK(gym_space_of_actions(mine, &actions, &err), err);
  for (int i = 0; i < STEPPERS; i++) {
    theirs[i] = open_env(TEST_ENV("Counter"), NULL);
    CHECK_OK(gym_reset(theirs[i], NULL, NULL, obs, 2, &err), err);
    if (pthread_create(&steppers[i], NULL, step_on, &theirs[i]) != 0) abort();
  }
  while (atomic_load(&stepped) < 100) CHECK_OK(step(mine, &err), err);
  for (int i = 0; i < CHILDREN; i++)
    for (ending how = RETURNS; how < ENDINGS; how++) fork_from_a_thread(how);
  for (int i = 0; i < CHILDREN; i++) fork_from_main();
  atomic_store(&running, 0);
  for (int i = 0; i < STEPPERS; i++) pthread_join(steppers[i], NULL);
  CHECK_OK(step(mine, &err), err);
  CHECK_OK(gym_close(rendering, &err), err);
  CHECK_THREADS(RENDER_THREAD, 0);
  CHECK_OK(gym_space_close(made, &err), err);
  CHECK_OK(gym_space_close(actions, &err), err);
  CHECK_OK(gym_shutdown(&err), err);
  return check_summary();
}
