/* Two handles of environments that are made alike, one in this process (a) and one in a worker process (b):
 * every call must do and say the same on both. Programs that include it begin with #define _GNU_SOURCE. */
#ifndef ISOLATED_H_
#define ISOLATED_H_

#include <stdlib.h>

#include "envs.h"

typedef struct twins {
  const char *name;
  gym_env a, b;
  size_t obs_size, obs_nbytes, action_size, action_nbytes; /* GYM_DYNAMIC: 0 here */
  double *obs_a, *obs_b, *action;
  unsigned char *native_a, *native_b, *native_action;
  gym_error err_a, err_b;
} twins;

/* ------------------------------------------------------------------------------------- outcomes */

static inline int report_twins(const twins *t, int good, const char *what, const char *file, int line) {
  if (check_that(good, what, file, line)) return 1;
  fprintf(stderr, "  in %s\n  a: %s %s\n  b: %s %s\n", t->name, t->err_a.type, t->err_a.message,
          t->err_b.type, t->err_b.message);
  return 0;
}

/* 1 where both have succeeded. */
static inline int same_outcome(const twins *t, int a, int b, const char *what, const char *file, int line) {
  int good = a == b;
  if (good && a)
    good = strcmp(t->err_a.message, t->err_b.message) == 0 && strcmp(t->err_a.type, t->err_b.type) == 0 &&
           (t->err_a.traceback[0] == '\0') == (t->err_b.traceback[0] == '\0');
  if (!good) fprintf(stderr, "  a gives %d, b %d\n", a, b);
  return report_twins(t, good, what, file, line) && a == GYM_OK;
}

#define SAME_CALL(t, call_a, call_b) same_outcome(t, call_a, call_b, #call_b, __FILE__, __LINE__)
#define SAME(t, condition) report_twins(t, (condition) ? 1 : 0, #condition, __FILE__, __LINE__)

/* Frees both. */
static inline int same_values(const twins *t, gym_value *a, gym_value *b, const char *what, const char *file,
                              int line) {
  size_t nbytes_a = 0, nbytes_b = 0;
  const void *block_a = gym_value_block(a, &nbytes_a), *block_b = gym_value_block(b, &nbytes_b);
  int good = block_a && block_b && nbytes_a == nbytes_b && memcmp(block_a, block_b, nbytes_a) == 0;
  good = report_twins(t, good, what, file, line);
  if (!good) {
    char text[1000];
    gym_value_to_json(a, text, sizeof text, NULL, NULL);
    fprintf(stderr, "  a: %s\n", text);
    gym_value_to_json(b, text, sizeof text, NULL, NULL);
    fprintf(stderr, "  b: %s\n", text);
  }
  gym_value_free(a);
  gym_value_free(b);
  return good;
}

/* `call_a` and `call_b` write to &a and &b. */
#define SAME_VALUES(t, call_a, call_b)                   \
  do {                                                   \
    gym_value *a = NULL, *b = NULL;                      \
    if (SAME_CALL(t, call_a, call_b)) {                  \
      same_values(t, a, b, #call_b, __FILE__, __LINE__); \
    } else {                                             \
      SAME(t, !a && !b);                                 \
    }                                                    \
  } while (0)

/* ------------------------------------------------------------------------------------- beginning and end */

/* The options with "isolate": `options` is NULL or a JSON object without a "gogym". */
static inline const char *isolated(const char *options, char *out, size_t size) {
  int is_empty = !options || !strchr(options, '"');
  snprintf(out, size, "{\"gogym\": {\"isolate\": true}%s%s", is_empty ? "" : ", ",
           is_empty ? "}" : options + 1);
  return out;
}

static inline gym_env open_isolated(const char *id, const char *options) {
  char text[4000];
  return open_env(id, isolated(options, text, sizeof text));
}

static inline size_t twin_size(twins *t, int (*function)(gym_env, size_t *, gym_error *)) {
  size_t a = 1, b = 2;
  SAME_CALL(t, function(t->a, &a, &t->err_a), function(t->b, &b, &t->err_b));
  SAME(t, a == b);
  return a == GYM_DYNAMIC ? 0 : a;
}

static inline void *twin_room(size_t nbytes) {
  void *room = malloc(nbytes + 64);
  if (!room) abort();
  memset(room, PATTERN, nbytes + 64);
  return room;
}

static inline void free_twin_buffers(twins *t) {
  free(t->obs_a), free(t->obs_b), free(t->action);
  free(t->native_a), free(t->native_b), free(t->native_action);
}

static inline void measure_twins(twins *t) {
  t->obs_size = twin_size(t, gym_observation_size);
  t->obs_nbytes = twin_size(t, gym_observation_nbytes);
  t->action_size = twin_size(t, gym_action_size);
  t->action_nbytes = twin_size(t, gym_action_nbytes);
  t->obs_a = twin_room(8 * t->obs_size), t->obs_b = twin_room(8 * t->obs_size);
  t->action = twin_room(8 * t->action_size);
  t->native_a = twin_room(t->obs_nbytes), t->native_b = twin_room(t->obs_nbytes);
  t->native_action = twin_room(t->action_nbytes);
}

static inline twins open_twins(const char *id, const char *options) {
  twins t = {.name = id, .err_a = GYM_ERROR_INIT, .err_b = GYM_ERROR_INIT};
  t.a = open_env(id, options);
  t.b = open_isolated(id, options);
  measure_twins(&t);
  return t;
}

static inline void close_twins(twins *t) {
  SAME_CALL(t, gym_close(t->a, &t->err_a), gym_close(t->b, &t->err_b));
  CHECK_FAILURE(gym_close(t->b, &t->err_b), GYM_ERR_HANDLE, t->err_b, "not open");
  free_twin_buffers(t);
}

/* ------------------------------------------------------------------------------------- stepping */

static inline int same_transition(const gym_transition *a, const gym_transition *b) {
  return memcmp(a, b, sizeof *a) == 0;
}

static inline int reset_twins(twins *t, const int64_t *seed, const char *options, int is_native) {
  int good;
  if (is_native) {
    good = SAME_CALL(t, gym_reset_native(t->a, seed, options, t->native_a, t->obs_nbytes, &t->err_a),
                     gym_reset_native(t->b, seed, options, t->native_b, t->obs_nbytes, &t->err_b));
    SAME(t, memcmp(t->native_a, t->native_b, t->obs_nbytes + 64) == 0);
  } else {
    good = SAME_CALL(t, gym_reset(t->a, seed, options, t->obs_a, t->obs_size, &t->err_a),
                     gym_reset(t->b, seed, options, t->obs_b, t->obs_size, &t->err_b));
    SAME(t, memcmp(t->obs_a, t->obs_b, 8 * t->obs_size + 64) == 0);
  }
  return good;
}

/* With the action in `action` or `native_action`. 1: both have succeeded, and the episode goes on. */
static inline int step_twins(twins *t, int is_native) {
  gym_transition a, b;
  int good;
  FILL(a), FILL(b);
  if (is_native) {
    good = SAME_CALL(
        t,
        gym_step_native(t->a, t->native_action, t->action_nbytes, t->native_a, t->obs_nbytes, &a, &t->err_a),
        gym_step_native(t->b, t->native_action, t->action_nbytes, t->native_b, t->obs_nbytes, &b, &t->err_b));
    SAME(t, memcmp(t->native_a, t->native_b, t->obs_nbytes + 64) == 0);
  } else {
    good = SAME_CALL(t, gym_step(t->a, t->action, t->action_size, t->obs_a, t->obs_size, &a, &t->err_a),
                     gym_step(t->b, t->action, t->action_size, t->obs_b, t->obs_size, &b, &t->err_b));
    SAME(t, memcmp(t->obs_a, t->obs_b, 8 * t->obs_size + 64) == 0);
  }
  SAME(t, same_transition(&a, &b));
  return good && !a.terminated && !a.truncated;
}

/* Random actions, the same for both, in the layout that is asked for. */
static inline int sample_twins(twins *t, int is_native) {
  void *other;
  int good;
  if (is_native) {
    other = twin_room(t->action_nbytes);
    good = SAME_CALL(t, gym_sample_action_native(t->a, t->native_action, t->action_nbytes, &t->err_a),
                     gym_sample_action_native(t->b, other, t->action_nbytes, &t->err_b));
    SAME(t, memcmp(t->native_action, other, t->action_nbytes + 64) == 0);
  } else {
    other = twin_room(8 * t->action_size);
    good = SAME_CALL(t, gym_sample_action(t->a, t->action, t->action_size, &t->err_a),
                     gym_sample_action(t->b, other, t->action_size, &t->err_b));
    SAME(t, memcmp(t->action, other, 8 * t->action_size + 64) == 0);
  }
  free(other);
  return good;
}

/* The info and the observation of the last call. */
static inline void compare_last(twins *t) {
  SAME_VALUES(t, gym_info(t->a, &a, &t->err_a), gym_info(t->b, &b, &t->err_b));
  SAME_VALUES(t, gym_observation(t->a, &a, &t->err_a), gym_observation(t->b, &b, &t->err_b));
}

/* An episode, or so many steps of it, in alternating layouts. */
static inline void roll_twins(twins *t, int steps) {
  for (int i = 0; i < steps; i++) {
    if (!sample_twins(t, i % 2)) return;
    int goes_on = step_twins(t, i % 2);
    if (i < 4 || i == steps - 1 || !goes_on) compare_last(t);
    if (!goes_on && !reset_twins(t, NULL, NULL, i % 2)) return;
  }
}

#endif /* ISOLATED_H_ */
