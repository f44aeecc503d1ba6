/* Spaces of isolated environments: every call does and says what it does and says on spaces in this process.
 */
#define _GNU_SOURCE
#if !defined(__linux__)
int main(void) { return 77; } /* there are no worker processes */
#else
#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "every_call.h"
#include "space_table.h"

#define ECHO "gogym_test_echo:gogym_test/SpaceEcho-v0"
#define HELD "gogym_test_held:gogym_test/Held-v0"
#define ISOLATE "\"gogym\": {\"isolate\": true}"

static gym_error err = GYM_ERROR_INIT;

/* ------------------------------------------------------------------------------------- two handles */

static void compare_blocks(pair *p, gym_value *a, gym_value *b) {
  size_t nbytes_a = 0, nbytes_b = 0;
  const void *block_a = gym_value_block(a, &nbytes_a), *block_b = gym_value_block(b, &nbytes_b);
  SAME(p, block_a && block_b && nbytes_a == nbytes_b && memcmp(block_a, block_b, nbytes_a) == 0);
}

/* Calls that give a value; 1 where both did. */
#define COMPARE_VALUES(p, call_a, call_b)                      \
  do {                                                         \
    gym_value *a = NULL, *b = NULL;                            \
    if (SAME_CALL(p, call_a, call_b)) compare_blocks(p, a, b); \
    gym_value_free(a), gym_value_free(b);                      \
  } while (0)

static void compare_seeds(pair *p, const char *seed) {
  COMPARE_VALUES(p, gym_space_seed(p->a, seed, &a, &p->err_a), gym_space_seed(p->b, seed, &b, &p->err_b));
}

static void compare_samples(pair *p, const char *options) {
  double *x_a = room_for(fixed(p->size) * 8), *x_b = room_for(fixed(p->size) * 8);
  unsigned char *n_a = room_for(fixed(p->nbytes)), *n_b = room_for(fixed(p->nbytes));
  for (size_t extra = 0; extra < 2; extra++) {
    SAME_CALL(p, gym_space_sample(p->a, options, x_a, fixed(p->size) - extra, &p->err_a),
              gym_space_sample(p->b, options, x_b, fixed(p->size) - extra, &p->err_b));
    SAME(p, are_equal(x_a, x_b, fixed(p->size) * 8));
    SAME_CALL(p, gym_space_sample_native(p->a, options, n_a, fixed(p->nbytes) - extra, &p->err_a),
              gym_space_sample_native(p->b, options, n_b, fixed(p->nbytes) - extra, &p->err_b));
    SAME(p, are_equal(n_a, n_b, fixed(p->nbytes)));
    if (p->size == 0) break;
  }
  COMPARE_VALUES(p, gym_space_sample_value(p->a, options, &a, &p->err_a),
                 gym_space_sample_value(p->b, options, &b, &p->err_b));
  free(x_a), free(x_b), free(n_a), free(n_b);
}

static void compare_text(pair *p, const char *element) {
  int in_a = -1, in_b = -1;
  if (SAME_CALL(p, gym_space_contains_value(p->a, element, &in_a, &p->err_a),
                gym_space_contains_value(p->b, element, &in_b, &p->err_b)))
    SAME(p, in_a == in_b);
  COMPARE_VALUES(p, gym_space_flatten_value(p->a, element, &a, &p->err_a),
                 gym_space_flatten_value(p->b, element, &b, &p->err_b));
  COMPARE_VALUES(p, gym_space_unflatten_value(p->a, element, &a, &p->err_a),
                 gym_space_unflatten_value(p->b, element, &b, &p->err_b));
}

static char *json_of(const gym_value *value) {
  size_t needed = 0;
  gym_value_to_json(value, NULL, 0, &needed, NULL);
  char *json = room_for(needed);
  CHECK_OK(gym_value_to_json(value, json, needed, NULL, &err), err);
  return json;
}

/* Elements and flat elements as JSON: right ones and others. */
static void compare_texts(pair *p) {
  static const char *const wrong[] = {"0",          "0.5",         "[]", "null",    "\"a\"",
                                      "{\"a\": 1}", "[[1, 2], 3]", "",   "\"\xff\""};
  gym_value *value = NULL, *flat = NULL;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) compare_text(p, wrong[i]);
  if (gym_space_sample_value(p->a, NULL, &value, NULL)) return; /* some spaces cannot */
  char *json = json_of(value);
  gym_space_seed(p->b, "1", NULL, NULL), gym_space_seed(p->a, "1", NULL, NULL); /* one sample less for b */
  compare_text(p, json);
  if (gym_space_flatten_value(p->a, json, &flat, NULL) == GYM_OK) {
    char *flat_json = json_of(flat);
    compare_text(p, flat_json);
    free(flat_json);
  }
  free(json);
  gym_value_free(value), gym_value_free(flat);
}

static void compare_calls(pair *p);

/* Children, and theirs; and one that is not there. */
static void compare_children(pair *p) {
  for (size_t i = 0; i < 10000; i++) {
    pair child = {.err_a = GYM_ERROR_INIT, .err_b = GYM_ERROR_INIT, .name = p->name};
    if (!SAME_CALL(p, gym_space_child(p->a, i, &child.a, &p->err_a),
                   gym_space_child(p->b, i, &child.b, &p->err_b)))
      break;
    compare_calls(&child);
    SAME_CALL(&child, gym_space_close(child.a, &child.err_a), gym_space_close(child.b, &child.err_b));
  }
  SAME_CALL(p, gym_space_child(p->a, SIZE_MAX, &(gym_space){0}, &p->err_a),
            gym_space_child(p->b, SIZE_MAX, &(gym_space){0}, &p->err_b));
}

static void compare_calls(pair *p) {
  COMPARE_VALUES(p, gym_space_value(p->a, &a, &p->err_a), gym_space_value(p->b, &b, &p->err_b));
  compare_seeds(p, "7");
  compare_sizes(p);
  for (int i = 0; i < 2; i++) compare_samples(p, NULL);
  compare_samples(p, "{}");
  compare_samples(p, "{\"mask\": 1}");
  compare_samples(p, "[");
  compare_samples(p, "\xff");
  if (p->flatdim == GYM_DYNAMIC ? p->size != 1 : p->flatdim < 1u << 20)
    compare_texts(p); /* flat, they are huge */
  compare_seeds(p, "[1]");
  compare_seeds(p, "-1");
  compare_seeds(p, "{");
  compare_seeds(p, "123456789012345678901234567890");
  compare_local_calls(p);
  compare_children(p);
}

/* ------------------------------------------------------------------------------------- the tests */

/* Environments of the same options, here and in a worker. */
static void open_both(const char *id, const char *options, gym_env *here, gym_env *there) {
  char *isolated = room_for(strlen(options) + sizeof ISOLATE + 16);
  sprintf(isolated, "{%s%s" ISOLATE "}", options, *options ? ", " : "");
  *there = open_env(id, isolated);
  sprintf(isolated, "{%s}", options);
  *here = open_env(id, isolated);
  free(isolated);
}

static void compare_env(const char *id, const char *options) {
  gym_env here, there;
  pair observations = {.err_a = GYM_ERROR_INIT, .err_b = GYM_ERROR_INIT, .name = "of observations"};
  pair actions = {.err_a = GYM_ERROR_INIT, .err_b = GYM_ERROR_INIT, .name = "of actions"};
  open_both(id, options, &here, &there);
  CHECK_OK(gym_space_of_observations(here, &observations.a, &err), err);
  CHECK_OK(gym_space_of_observations(there, &observations.b, &err), err);
  CHECK_OK(gym_space_of_actions(here, &actions.a, &err), err);
  CHECK_OK(gym_space_of_actions(there, &actions.b, &err), err);
  compare_calls(&observations);
  CHECK_OK(gym_space_close(observations.a, &err), err);
  CHECK_OK(gym_space_close(observations.b, &err), err);
  CHECK_OK(gym_close(here, &err), err);
  CHECK_OK(gym_close(there, &err), err);
  compare_calls(&actions); /* which outlive the environment */
  CHECK_OK(gym_space_close(actions.a, &err), err);
  CHECK_OK(gym_space_close(actions.b, &err), err);
}

/* All spaces of the table in one environment of each kind: a worker for each would take long. */
static void test_table(void) {
  table_space *spaces = load_spaces();
  size_t length = 0;
  for (size_t i = 0; spaces[i].description; i++) length += strlen(spaces[i].description) + 2;
  char *options = room_for(length + 200), *at = options;
  at += sprintf(at,
                "\"action_space\": {\"type\": \"Discrete\", \"n\": 3}, \"observation_space\": {\"type\": "
                "\"Tuple\", \"spaces\": [");
  for (size_t i = 0; spaces[i].description; i++)
    at += sprintf(at, "%s%s", i > 0 ? ", " : "", spaces[i].description);
  strcpy(at, "]}");
  compare_env(ECHO, options);
  free(options);
  free_spaces(spaces);
}

/* A space that the environment shares: what one draws is not drawn again. */
static void test_shared(void) {
  gym_env here, there;
  gym_space a = {0}, b = {0};
  double x_a[1], x_b[1];
  open_both("CartPole-v1", "", &here, &there);
  CHECK_OK(gym_space_of_actions(here, &a, &err), err);
  CHECK_OK(gym_space_of_actions(there, &b, &err), err);
  CHECK_OK(gym_seed_action(here, 3, &err), err);
  CHECK_OK(gym_seed_action(there, 3, &err), err);
  for (int i = 0; i < 50; i++) {
    CHECK_OK(i % 2 ? gym_space_sample(a, NULL, x_a, 1, &err) : gym_sample_action(here, x_a, 1, &err), err);
    CHECK_OK(i % 2 ? gym_space_sample(b, NULL, x_b, 1, &err) : gym_sample_action(there, x_b, 1, &err), err);
    CHECK(x_a[0] == x_b[0]);
  }
  CHECK_OK(gym_close(there, &err), err);
  for (int i = 0; i < 50; i++) { /* the worker lives on */
    CHECK_OK(gym_space_sample(a, NULL, x_a, 1, &err), err);
    CHECK_OK(gym_space_sample(b, NULL, x_b, 1, &err), err);
    CHECK(x_a[0] == x_b[0]);
  }
  CHECK_OK(gym_space_close(a, &err), err);
  CHECK_OK(gym_space_close(b, &err), err);
  CHECK_OK(gym_close(here, &err), err);
}

/* The spaces of a vector environment: in its workers, and in this process. */
static void test_vector(void) {
  gym_vec here = {0}, there = {0};
  const char *sync = "{\"gogym\": {\"engine\": \"sync\"}}", *process = "{\"gogym\": {\"workers\": 2}}";
  CHECK_OK(gym_vec_make("CartPole-v1", 3, sync, &here, &err), err);
  CHECK_OK(gym_vec_make("CartPole-v1", 3, process, &there, &err), err);
  for (int which = GYM_VEC_SINGLE_OBSERVATION_SPACE; which <= GYM_VEC_ACTION_SPACE; which++) {
    pair p = {.err_a = GYM_ERROR_INIT, .err_b = GYM_ERROR_INIT, .name = "of a vector environment"};
    CHECK_OK(gym_vec_space(here, which, &p.a, &err), err);
    CHECK_OK(gym_vec_space(there, which, &p.b, &err), err);
    compare_calls(&p);
    if (which == GYM_VEC_ACTION_SPACE) {
      CHECK_OK(gym_vec_close(here, &err), err);
      CHECK_OK(gym_vec_close(there, &err), err);
      compare_calls(&p);
    }
    CHECK_OK(gym_space_close(p.a, &err), err);
    CHECK_OK(gym_space_close(p.b, &err), err);
  }
}

static void test_handles(void) {
  gym_env env = open_env("CartPole-v1", "{" ISOLATE "}");
  gym_space space = {0}, next = {0};
  char needle[32];
  CHECK_OK(gym_space_of_actions(env, &space, &err), err);
  check_every_space_call((gym_space){env.id}, GYM_ERR_HANDLE, "not one of a space");
  check_every_env_call((gym_env){space.id}, GYM_ERR_HANDLE, "not one of");
  for (int bit = 0; bit < 56; bit++) {
    gym_space forged = {space.id ^ ((uint64_t)1 << bit)};
    snprintf(needle, sizeof needle, "%016" PRIx64, forged.id);
    check_every_space_call(forged, GYM_ERR_HANDLE, needle);
  }
  CHECK_OK(gym_space_close(space, &err), err);
  check_every_space_call(space, GYM_ERR_HANDLE, "not open");
  CHECK_OK(gym_space_of_actions(env, &next, &err), err);
  CHECK(next.id != space.id);
  check_every_space_call(space, GYM_ERR_HANDLE, "not open");
  CHECK_OK(gym_space_close(next, &err), err);
  CHECK_OK(gym_close(env, &err), err);
}

/* Deeper than a value can tell: Python knows all of it. */
static void test_deep(void) {
  gym_env here, there;
  pair p = {.err_a = GYM_ERROR_INIT, .err_b = GYM_ERROR_INIT, .name = "deep"};
  double x[1] = {1}, flat[3];
  int is_in;
  FILL(is_in), FILL(flat);
  open_both(HELD, "\"depth\": 90", &here, &there);
  CHECK_OK(gym_space_of_observations(here, &p.a, &err), err);
  CHECK_OK(gym_space_of_observations(there, &p.b, &err), err);
  compare_sizes(&p);
  CHECK_INT(p.size, 1);
  CHECK_INT(p.flatdim, 3);
  compare_seeds(&p, "7");
  for (int i = 0; i < 10; i++) compare_samples(&p, NULL);
  COMPARE_VALUES(&p, gym_space_value(p.a, &a, &p.err_a), gym_space_value(p.b, &b, &p.err_b));
  CHECK_FAILURE(gym_space_contains(p.b, x, 1, &is_in, &err), GYM_ERR_UNSUPPORTED, err, "deeper");
  CHECK_FAILURE(gym_space_flatten(p.b, x, 1, flat, 3, &err), GYM_ERR_UNSUPPORTED, err, "deeper");
  CHECK_UNTOUCHED(is_in), CHECK_UNTOUCHED(flat);
  CHECK_OK(gym_space_contains(p.a, x, 1, &is_in, &err), err);
  CHECK_INT(is_in, 1);
  for (gym_space child = {0}; p.size == 1 && gym_space_child(p.b, 0, &child, &err) == GYM_OK;) {
    CHECK_OK(gym_space_close(p.b, &err), err); /* the innermost is a space as any other */
    p.b = child;
  }
  CHECK_OK(gym_space_contains(p.b, x, 1, &is_in, &err), err);
  CHECK_INT(is_in, 1);
  CHECK_OK(gym_space_close(p.a, &err), err);
  CHECK_OK(gym_space_close(p.b, &err), err);
  CHECK_OK(gym_close(here, &err), err);
  CHECK_OK(gym_close(there, &err), err);
}

/* ------------------------------------------------------------------------------------- waiting for nobody */

typedef struct stepper {
  gym_env env;
  pthread_t thread;
} stepper;

static void *step_once(void *argument) {
  stepper *self = argument;
  gym_error own = GYM_ERROR_INIT;
  gym_transition t;
  double obs[1];
  CHECK_OK(gym_step(self->env, (const double[]){0, 0, 1}, 3, obs, 1, &t, &own), own);
  return NULL;
}

/* While the worker is in a step that ends only when this has been done. */
static void test_free_calls(const char *folder) {
  char options[2048], begun[512], go[512];
  snprintf(begun, sizeof begun, "%s/begun", folder);
  snprintf(go, sizeof go, "%s/go", folder);
  snprintf(options, sizeof options, "{\"begun\": \"%s\", \"go\": \"%s\", " ISOLATE "}", begun, go);
  stepper other = {.env = open_env(HELD, options)};
  gym_space space = {0};
  double obs[1], x[3] = {0.5, -0.5, 2}, flat[5] = {0}, back[3] = {0};
  int is_in = -1;
  CHECK_OK(gym_reset(other.env, NULL, NULL, obs, 1, &err), err);
  CHECK_OK(gym_space_of_actions(other.env, &space, &err), err);
  if (pthread_create(&other.thread, NULL, step_once, &other) != 0) abort();
  while (access(begun, F_OK) != 0) usleep(1000);
  CHECK_OK(gym_space_contains(space, x, 3, &is_in, &err), err);
  CHECK_INT(is_in, 1);
  CHECK_OK(gym_space_flatten(space, x, 3, flat, 5, &err), err);
  CHECK(flat[4] == 1);
  CHECK_OK(gym_space_unflatten(space, flat, 5, back, 3, &err), err);
  CHECK(memcmp(x, back, sizeof x) == 0);
  x[2] = 3;
  CHECK_FAILURE(gym_space_flatten(space, x, 3, flat, 5, &err), GYM_ERR_ELEMENT, err, "element[\"b\"] is 3");
  FILE *file = fopen(go, "w");
  if (file) fclose(file);
  pthread_join(other.thread, NULL);
  CHECK_OK(gym_space_close(space, &err), err);
  CHECK_OK(gym_close(other.env, &err), err);
  remove(begun), remove(go);
}

enum { THREADS = 8, ROUNDS = 200 };

static void *use_space(void *argument) {
  gym_space space = *(gym_space *)argument;
  gym_error own = GYM_ERROR_INIT;
  for (int i = 0; i < ROUNDS; i++) {
    double x[3], flat[5];
    int is_in = -1;
    CHECK_OK(gym_space_sample(space, NULL, x, 3, &own), own);
    CHECK_OK(gym_space_contains(space, x, 3, &is_in, &own), own);
    CHECK_INT(is_in, 1);
    CHECK_OK(gym_space_flatten(space, x, 3, flat, 5, &own), own);
  }
  return NULL;
}

/* Many threads on one space, and spaces that come and go beside it. */
static void test_threads(void) {
  gym_env env = open_env(HELD, "{" ISOLATE "}");
  gym_space space = {0}, child = {0};
  pthread_t threads[THREADS];
  CHECK_OK(gym_space_of_actions(env, &space, &err), err);
  for (int i = 0; i < THREADS; i++)
    if (pthread_create(&threads[i], NULL, use_space, &space) != 0) abort();
  for (int i = 0; i < ROUNDS; i++) {
    CHECK_OK(gym_space_child(space, (size_t)(i % 2), &child, &err), err);
    CHECK_OK(gym_space_close(child, &err), err);
  }
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  CHECK_OK(gym_space_close(space, &err), err);
  CHECK_OK(gym_close(env, &err), err);
}

/* ------------------------------------------------------------------------------------- a worker that is gone
 */

/* The parent of a process, or 0. */
static long parent_of(const char *pid) {
  char path[300], state;
  long parent = 0;
  snprintf(path, sizeof path, "/proc/%s/stat", pid);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  if (fscanf(file, "%*d (%*[^)]) %c %ld", &state, &parent) != 2) parent = 0;
  fclose(file);
  return parent;
}

static int kill_children(void) {
  DIR *processes = opendir("/proc");
  int count = 0;
  if (!processes) abort();
  for (const struct dirent *entry; (entry = readdir(processes)) != NULL;) {
    if (parent_of(entry->d_name) != (long)getpid()) continue;
    kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
    count++;
  }
  closedir(processes);
  return count;
}

static void test_worker_gone(void) {
  gym_env env = open_env(HELD, "{" ISOLATE "}");
  gym_space space = {0};
  double x[3] = {0.5, -0.5, 2}, flat[5];
  size_t size = 0;
  int is_in = -1;
  CHECK_OK(gym_space_of_actions(env, &space, &err), err);
  CHECK(kill_children() >= 1);
  gym_space child;
  gym_value *value;
  FILL(child), FILL(value), FILL(flat);
  CHECK_FAILURE(gym_space_sample(space, NULL, flat, 3, &err), GYM_ERR_WORKER, err, "signal 9");
  CHECK_FAILURE(gym_space_sample_native(space, NULL, flat, 40, &err), GYM_ERR_WORKER, err, "signal 9");
  CHECK_FAILURE(gym_space_sample_value(space, NULL, &value, &err), GYM_ERR_WORKER, err, "signal 9");
  CHECK_FAILURE(gym_space_value(space, &value, &err), GYM_ERR_WORKER, err, "signal 9");
  CHECK_FAILURE(gym_space_seed(space, "1", &value, &err), GYM_ERR_WORKER, err, "signal 9");
  CHECK_FAILURE(gym_space_child(space, 0, &child, &err), GYM_ERR_WORKER, err, "signal 9");
  CHECK_FAILURE(gym_space_flatten_value(space, "{}", &value, &err), GYM_ERR_WORKER, err, "signal 9");
  CHECK_UNTOUCHED(child), CHECK_UNTOUCHED(value), CHECK_UNTOUCHED(flat);
  CHECK_OK(gym_space_size(space, &size, &err), err);
  CHECK_INT(size, 3);
  CHECK_OK(gym_space_contains(space, x, 3, &is_in, &err), err);
  CHECK_INT(is_in, 1);
  CHECK_OK(gym_space_flatten(space, x, 3, flat, 5, &err), err);
  CHECK_OK(gym_space_close(space, &err), err);
  check_every_space_call(space, GYM_ERR_HANDLE, "not open");
  gym_close(env, NULL);
}

int main(void) {
  char folder[] = "/tmp/gogym-spaces-XXXXXX";
  use_test_envs();
  if (!mkdtemp(folder)) abort();
  test_table();
  compare_env("CartPole-v1", "");
  test_shared();
  test_vector();
  test_handles();
  test_deep();
  test_free_calls(folder);
  test_threads();
  test_worker_gone();
  rmdir(folder);

  /* What is still open when gym_shutdown comes. */
  gym_env env = open_env(HELD, "{" ISOLATE "}");
  gym_space space = {0};
  CHECK_OK(gym_space_of_actions(env, &space, &err), err);
  CHECK_OK(gym_shutdown(&err), err);
  check_every_space_call(space, GYM_ERR_SHUTDOWN, "shutdown");
  return check_summary();
}
#endif
