/* The records of space_vectors.py through libgogym: spaces RECORDS OUT. See there for the form of both files.
 */
#define _POSIX_C_SOURCE 200809L /* getline */
#include <gogym.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record_text.h"

enum { MAX_FIELDS = 8 };

static gym_error err = GYM_ERROR_INIT;
static gym_space space;
static gym_env env;

/* ------------------------------------------------------------------------------------- arguments */

static const char *nullable(const char *field) { return strcmp(field, "-") == 0 ? NULL : field; }

static const int64_t *seed_of(const char *field, int64_t *seed) {
  if (!nullable(field)) return NULL;
  *seed = strtoll(field, NULL, 10);
  return seed;
}

static int finish_size(text *out, int status, size_t size) {
  if (!status) add(out, size == GYM_DYNAMIC ? "dynamic" : "%zu", size);
  return status;
}

/* The size that a call needs; 0 where it is not fixed: the call says so itself. */
static size_t space_size(int (*function)(gym_space, size_t *, gym_error *)) {
  size_t size = 0;
  return function(space, &size, NULL) || size == GYM_DYNAMIC ? 0 : size;
}

static size_t env_size(int (*function)(gym_env, size_t *, gym_error *)) {
  size_t size = 0;
  return function(env, &size, NULL) || size == GYM_DYNAMIC ? 0 : size;
}

/* The bytes of an element of a space's flat array. */
static size_t flat_itemsize(void) {
  gym_value *value;
  if (gym_space_value(space, &value, NULL)) return 0;
  const char *dtype = gym_value_string(gym_value_get(value, "flat_dtype"), NULL);
  size_t bits = dtype ? strtoul(dtype + strcspn(dtype, "0123456789"), NULL, 10) : 0;
  gym_value_free(value);
  return bits ? bits / 8 : 1;
}

/* ------------------------------------------------------------------------------------- operations on spaces
 */

static int do_space(char **field, text *out) {
  gym_space made;
  int status = gym_space_make(field[1], &made, &err);
  if (status) return status;
  if (space.id) gym_space_close(space, NULL);
  space = made;
  add(out, "ok");
  return 0;
}

static int do_size(char **field, text *out) {
  size_t size = 0;
  int status = field[-1][0] == 's'   ? gym_space_size(space, &size, &err)
               : field[-1][0] == 'n' ? gym_space_nbytes(space, &size, &err)
                                     : gym_space_flatdim(space, &size, &err);
  return finish_size(out, status, size);
}

static int do_value(char **field, text *out) {
  gym_value *value;
  (void)field;
  int status = gym_space_value(space, &value, &err);
  if (!status) take_value(out, value);
  return status;
}

static int do_again(char **field, text *out) {
  gym_value *value;
  gym_space again;
  size_t needed = 0;
  (void)field;
  int status = gym_space_value(space, &value, &err);
  if (status) return status;
  status = gym_value_to_json(value, NULL, 0, &needed, &err);
  char *json = grown(NULL, needed + 1);
  if (!status) status = gym_value_to_json(value, json, needed, &needed, &err);
  gym_value_free(value);
  if (!status) status = gym_space_make(json, &again, &err);
  free(json);
  if (status) return status;
  status = gym_space_value(again, &value, &err);
  if (!status) take_value(out, value);
  gym_space_close(again, NULL);
  return status;
}

static int do_child(char **field, text *out) {
  gym_space child;
  gym_value *value;
  int status = gym_space_child(space, strtoul(field[0], NULL, 10), &child, &err);
  if (status) return status;
  status = strcmp(field[-1], "child") == 0 ? gym_space_value(child, &value, &err)
                                           : gym_space_sample_value(child, NULL, &value, &err);
  if (!status) take_value(out, value);
  gym_space_close(child, NULL);
  return status;
}

static int do_seed(char **field, text *out) {
  gym_value *seeds;
  int status = gym_space_seed(space, field[0], &seeds, &err);
  if (!status) take_value(out, seeds);
  return status;
}

static int do_sample(char **field, text *out) {
  buffer x = output(space_size(gym_space_size), sizeof(double));
  int status = gym_space_sample(space, nullable(field[0]), (double *)x.bytes, x.count, &err);
  return finish(out, status, x, 1);
}

static int do_sample_native(char **field, text *out) {
  buffer x = output(space_size(gym_space_nbytes), 1);
  return finish(out, gym_space_sample_native(space, nullable(field[0]), x.bytes, x.count, &err), x, 0);
}

static int do_sample_value(char **field, text *out) {
  gym_value *value;
  int status = gym_space_sample_value(space, nullable(field[0]), &value, &err);
  if (!status) take_value(out, value);
  return status;
}

static int do_contains(char **field, text *out) {
  int is_in = -1, status;
  if (strcmp(field[-1], "contains_value") == 0) {
    status = gym_space_contains_value(space, field[0], &is_in, &err);
  } else if (strcmp(field[-1], "contains_native") == 0) {
    buffer in = input_bytes(field[0]);
    status = gym_space_contains_native(space, in.bytes, in.count, &is_in, &err);
    free(in.bytes);
  } else {
    buffer in = input_doubles(field[0]);
    status = gym_space_contains(space, (double *)in.bytes, in.count, &is_in, &err);
    free(in.bytes);
  }
  if (!status) add(out, "%d", is_in);
  return status;
}

static int do_flatten(char **field, text *out) {
  buffer in = input_doubles(field[0]), flat = output(space_size(gym_space_flatdim), sizeof(double));
  int status = gym_space_flatten(space, (double *)in.bytes, in.count, (double *)flat.bytes, flat.count, &err);
  free(in.bytes);
  return finish(out, status, flat, 1);
}

static int do_flatten_native(char **field, text *out) {
  buffer in = input_bytes(field[0]), flat = output(space_size(gym_space_flatdim), flat_itemsize());
  int status = gym_space_flatten_native(space, in.bytes, in.count, flat.bytes, flat.nbytes, &err);
  free(in.bytes);
  return finish(out, status, flat, 0);
}

static int do_unflatten(char **field, text *out) {
  buffer flat = input_doubles(field[0]), x = output(space_size(gym_space_size), sizeof(double));
  int status = gym_space_unflatten(space, (double *)flat.bytes, flat.count, (double *)x.bytes, x.count, &err);
  free(flat.bytes);
  return finish(out, status, x, 1);
}

static int do_unflatten_native(char **field, text *out) {
  buffer flat = input_bytes(field[0]), x = output(space_size(gym_space_nbytes), 1);
  int status = gym_space_unflatten_native(space, flat.bytes, flat.count, x.bytes, x.count, &err);
  free(flat.bytes);
  return finish(out, status, x, 0);
}

static int do_flatten_value(char **field, text *out) {
  gym_value *value;
  int status = field[-1][0] == 'f' ? gym_space_flatten_value(space, field[0], &value, &err)
                                   : gym_space_unflatten_value(space, field[0], &value, &err);
  if (!status) take_value(out, value);
  return status;
}

/* ------------------------------------------------------------------------------------- operations on
 * environments */

static int do_env(char **field, text *out) {
  gym_env made;
  int status = gym_make(field[0], field[1], &made, &err);
  if (status) return status;
  if (env.id) gym_close(env, NULL);
  env = made;
  add(out, "ok");
  return 0;
}

static int do_env_size(char **field, text *out) {
  size_t size = 0;
  int is_action = field[-1][0] == 'a', is_size = strstr(field[-1], "_size") != NULL;
  int status = is_action ? (is_size ? gym_action_size : gym_action_nbytes)(env, &size, &err)
                         : (is_size ? gym_observation_size : gym_observation_nbytes)(env, &size, &err);
  return finish_size(out, status, size);
}

static int do_env_value(char **field, text *out) {
  gym_value *value;
  const char *name = field[-1];
  int status = strcmp(name, "info") == 0           ? gym_info(env, &value, &err)
               : strcmp(name, "observation") == 0  ? gym_observation(env, &value, &err)
               : strcmp(name, "action_space") == 0 ? gym_action_space(env, &value, &err)
                                                   : gym_observation_space(env, &value, &err);
  if (!status) take_value(out, value);
  return status;
}

static int do_reset(char **field, text *out) {
  int64_t seed;
  const int64_t *given = seed_of(field[0], &seed);
  buffer obs = output(env_size(gym_observation_size), sizeof(double));
  double *numbers = obs.count ? (double *)obs.bytes : NULL;
  return finish(out, gym_reset(env, given, nullable(field[1]), numbers, obs.count, &err), obs, 1);
}

static int do_reset_native(char **field, text *out) {
  int64_t seed;
  const int64_t *given = seed_of(field[0], &seed);
  buffer obs = output(env_size(gym_observation_nbytes), 1);
  return finish(out, gym_reset_native(env, given, nullable(field[1]), obs.bytes, obs.count, &err), obs, 0);
}

static int finish_step(text *out, int status, const gym_transition *transition) {
  if (status) return status;
  add(out, "/");
  add_double(out, transition->reward);
  add(out, "/%d", transition->terminated + 2 * transition->truncated);
  return 0;
}

static int do_step(char **field, text *out) {
  gym_transition transition;
  buffer action = input_doubles(field[0]), obs = output(env_size(gym_observation_size), sizeof(double));
  double *numbers = obs.count ? (double *)obs.bytes : NULL;
  int status = gym_step(env, (double *)action.bytes, action.count, numbers, obs.count, &transition, &err);
  free(action.bytes);
  return finish_step(out, finish(out, status, obs, 1), &transition);
}

static int do_step_native(char **field, text *out) {
  gym_transition transition;
  buffer action = input_bytes(field[0]), obs = output(env_size(gym_observation_nbytes), 1);
  int status = gym_step_native(env, action.bytes, action.count, obs.bytes, obs.count, &transition, &err);
  free(action.bytes);
  return finish_step(out, finish(out, status, obs, 0), &transition);
}

static int do_step_value(char **field, text *out) {
  gym_transition transition;
  gym_value *value;
  int status = gym_step_value(env, field[0], &value, &transition, &err);
  if (!status) take_value(out, value);
  return finish_step(out, status, &transition);
}

static int do_seed_action(char **field, text *out) {
  int status = gym_seed_action(env, strtoll(field[0], NULL, 10), &err);
  if (!status) add(out, "ok");
  return status;
}

static int do_sample_action(char **field, text *out) {
  (void)field;
  buffer action = output(env_size(gym_action_size), sizeof(double));
  return finish(out, gym_sample_action(env, (double *)action.bytes, action.count, &err), action, 1);
}

static int do_sample_action_native(char **field, text *out) {
  (void)field;
  buffer action = output(env_size(gym_action_nbytes), 1);
  return finish(out, gym_sample_action_native(env, action.bytes, action.count, &err), action, 0);
}

static int do_space_of(char **field, text *out) {
  gym_space made;
  int status = strcmp(field[0], "actions") == 0 ? gym_space_of_actions(env, &made, &err)
                                                : gym_space_of_observations(env, &made, &err);
  if (status) return status;
  if (space.id) gym_space_close(space, NULL);
  space = made;
  add(out, "ok");
  return 0;
}

/* ------------------------------------------------------------------------------------- records */

static const struct {
  const char *name;
  int arguments;
  int (*run)(char **field, text *out); /* field[-1] is the operation's name */
} operations[] = {
    {"space", 2, do_space},
    {"size", 0, do_size},
    {"nbytes", 0, do_size},
    {"flatdim", 0, do_size},
    {"value", 0, do_value},
    {"again", 0, do_again},
    {"child", 1, do_child},
    {"child_sample", 1, do_child},
    {"seed", 1, do_seed},
    {"sample", 1, do_sample},
    {"sample_native", 1, do_sample_native},
    {"sample_value", 1, do_sample_value},
    {"contains", 1, do_contains},
    {"contains_native", 1, do_contains},
    {"contains_value", 1, do_contains},
    {"flatten", 1, do_flatten},
    {"flatten_native", 1, do_flatten_native},
    {"flatten_value", 1, do_flatten_value},
    {"unflatten", 1, do_unflatten},
    {"unflatten_native", 1, do_unflatten_native},
    {"unflatten_value", 1, do_flatten_value},
    {"env", 2, do_env},
    {"observation_space", 0, do_env_value},
    {"action_space", 0, do_env_value},
    {"observation_size", 0, do_env_size},
    {"observation_nbytes", 0, do_env_size},
    {"action_size", 0, do_env_size},
    {"action_nbytes", 0, do_env_size},
    {"reset", 2, do_reset},
    {"reset_native", 2, do_reset_native},
    {"step", 1, do_step},
    {"step_native", 1, do_step_native},
    {"step_value", 1, do_step_value},
    {"observation", 0, do_env_value},
    {"info", 0, do_env_value},
    {"seed_action", 1, do_seed_action},
    {"sample_action", 0, do_sample_action},
    {"sample_action_native", 0, do_sample_action_native},
    {"space_of", 1, do_space_of},
};

static int run(char **field, int count, text *out) {
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
    if (strcmp(operations[i].name, field[0]) != 0) continue;
    if (operations[i].arguments + 2 != count) break;
    return operations[i].run(field + 1, out);
  }
  fprintf(stderr, "spaces: no operation \"%s\" with %d fields\n", field[0], count);
  exit(1);
}

/* The message of the last error on one line. */
static void add_message(text *out, int status) {
  add(out, "%s ", gym_status_name(status));
  for (const char *c = err.message; *c; c++) add(out, "%c", (unsigned char)*c < ' ' ? '?' : *c);
}

static void run_failing(char **field, int count, text *out) {
  size_t length = 0;
  unsigned char *words = from_hex(field[1], &length);
  words[length] = 0;
  int status = run(field + 2, count - 2, out);
  if (status && out->length == 0 && err.code == status && strstr(err.message, (char *)words))
    add(out, "%s", gym_status_name(status));
  else if (status)
    add_message(out, status);
  else
    add(out, " is no failure");
  free(words);
}

static void do_line(char *line, FILE *out) {
  char *field[MAX_FIELDS];
  int count = 0;
  text result = {0};
  if (line[0] == '#') {
    fprintf(out, "%s\n", line);
    return;
  }
  for (char *at = line; at && count < MAX_FIELDS; count++) {
    field[count] = at;
    at = strchr(at, '\t');
    if (at) *at++ = 0;
  }
  if (strcmp(field[0], "fails") == 0) {
    run_failing(field, count, &result);
  } else {
    int status = run(field, count, &result);
    if (status) add_message(&result, status);
  }
  for (int i = 0; i < count - 1; i++) fprintf(out, "%s\t", field[i]);
  fprintf(out, "%s\n", result.bytes);
  free(result.bytes);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: spaces RECORDS OUT\n");
    return 2;
  }
  FILE *in = fopen(argv[1], "r"), *out = fopen(argv[2], "w");
  if (!in || !out) {
    perror("spaces: open");
    return 1;
  }
  char *line = NULL;
  size_t room = 0;
  for (ssize_t length; (length = getline(&line, &room, in)) > 0;) {
    if (line[length - 1] == '\n') line[length - 1] = 0;
    do_line(line, out);
  }
  free(line);
  if (gym_shutdown(&err)) fprintf(stderr, "spaces: gym_shutdown: %s\n", err.message);
  fclose(in);
  if (fclose(out) != 0) {
    perror("spaces: close");
    return 1;
  }
  return 0;
}
