/* The rows of tests/wrappers/table.json through libgogym, in the form of wrapper_vectors.py: wrappers PLAN
 * OUT
 *
 * A line of the plan has these fields, with tabs between them:
 *   NAME WAY LAYOUT ID OPTIONS WRAPPERS SEED STEPS AFTER_END RENDER_EVERY INFO
 * OPTIONS are those of gym_make, WRAPPERS what gym_wrap takes ("-" where it is not called); INFO is paths
 * with commas between them, or "-". */
#define _POSIX_C_SOURCE 200809L
#include "record_text.h"

static gym_error err = GYM_ERROR_INIT;

/* ------------------------------------------------------------------------------------- callbacks */

static int double_plus_one(void *user_data, double reward, double *out, gym_error *error) {
  (void)user_data, (void)error;
  *out = 2 * reward + 1;
  return 0;
}

static double number_at(const gym_array *array, size_t i) {
  return strcmp(array->dtype, "float64") == 0 ? ((const double *)array->data)[i]
                                              : ((const float *)array->data)[i];
}

/* Writes factor * input, as many numbers as the output has. The factor is the user data. */
static int scaled(void *user_data, const gym_array *input, const gym_array *output, void *data,
                  gym_error *error) {
  if (strcmp(input->dtype, "float64") != 0 && strcmp(input->dtype, "float32") != 0) {
    snprintf(error->message, sizeof error->message, "it got %s", input->dtype);
    return GYM_ERR_CALLBACK;
  }
  for (size_t i = 0; i < output->size && i < input->size; i++) {
    double number = *(const double *)user_data * number_at(input, i);
    if (strcmp(output->dtype, "float64") == 0)
      ((double *)data)[i] = number;
    else
      ((float *)data)[i] = (float)number;
  }
  return 0;
}

/* Whether the count can be divided by the user data. */
static int every(void *user_data, int64_t count, int *out, gym_error *error) {
  (void)error;
  *out = count % *(const int64_t *)user_data == 0;
  return 0;
}

static void check(int status, const char *what, const char *name) {
  if (status == GYM_OK) return;
  fprintf(stderr, "%s: %s: %s: %s %s\n%s", name, what, gym_status_name(status), err.type, err.message,
          err.traceback);
  exit(1);
}

static void add_callbacks(void) {
  static double minus_one = -1, half = 0.5, two = 2;
  static int64_t second = 2, tenth = 10;
  check(gym_add_reward_callback("double_plus_one", double_plus_one, NULL, &err), "add", "double_plus_one");
  check(gym_add_array_callback("negate", scaled, &minus_one, &err), "add", "negate");
  check(gym_add_array_callback("halve", scaled, &half, &err), "add", "halve");
  check(gym_add_array_callback("first_two", scaled, &two, &err), "add", "first_two");
  check(gym_add_trigger_callback("every_second", every, &second, &err), "add", "every_second");
  check(gym_add_trigger_callback("every_tenth", every, &tenth, &err), "add", "every_tenth");
}

/* ------------------------------------------------------------------------------------- fields */

static uint32_t crc32_of(const char *bytes, size_t length) {
  uint32_t crc = 0xffffffff;
  for (size_t i = 0; i < length; i++) {
    crc ^= (unsigned char)bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  }
  return ~crc;
}

enum { LONGEST = 400 };

/* Writes a field of a line, and frees it. */
static void put_field(FILE *out, text *field) {
  if (field->length > LONGEST)
    fprintf(out, "\t*%zu:%08" PRIx32, field->length, crc32_of(field->bytes, field->length));
  else
    fprintf(out, "\t%s", field->bytes);
  free(field->bytes);
  *field = (text){0};
}

static void put_value(FILE *out, const char *what, gym_value *value) {
  text field = {0};
  take_value(&field, value);
  fputs(what, out);
  put_field(out, &field);
  fputc('\n', out);
}

/* ------------------------------------------------------------------------------------- one row */

typedef struct row {
  const char *name, *way, *layout, *id, *options, *wrappers, *after_end, *info;
  int64_t seed;
  long steps, render_every;
} row;

/* An environment with its buffers, in float64 elements or bytes. */
typedef struct player {
  const row *row;
  gym_env env;
  int is_native, is_value;
  size_t observation_size, action_size;
  void *observation, *action;
  gym_transition last;
} player;

static void make_room_for(player *p) {
  const char *name = p->row->name;
  free(p->observation);
  free(p->action);
  check((p->is_native ? gym_action_nbytes : gym_action_size)(p->env, &p->action_size, &err), "action size",
        name);
  check((p->is_native ? gym_observation_nbytes : gym_observation_size)(p->env, &p->observation_size, &err),
        "observation size", name);
  if (p->observation_size == GYM_DYNAMIC) p->observation_size = 0;
  p->observation = p->observation_size ? grown(NULL, 8 * p->observation_size) : NULL;
  p->action = p->action_size ? grown(NULL, 8 * p->action_size) : NULL;
}

static void reset(player *p, const int64_t *seed) {
  int status = p->is_native ? gym_reset_native(p->env, seed, NULL, p->observation, p->observation_size, &err)
                            : gym_reset(p->env, seed, NULL, p->observation, p->observation_size, &err);
  check(status, "reset", p->row->name);
}

static void step(player *p) {
  int status = p->is_native ? gym_sample_action_native(p->env, p->action, p->action_size, &err)
                            : gym_sample_action(p->env, p->action, p->action_size, &err);
  check(status, "sample", p->row->name);
  status = p->is_native ? gym_step_native(p->env, p->action, p->action_size, p->observation,
                                          p->observation_size, &p->last, &err)
                        : gym_step(p->env, p->action, p->action_size, p->observation, p->observation_size,
                                   &p->last, &err);
  check(status, "step", p->row->name);
}

static void put_numbers(const player *p, const void *numbers, size_t size, FILE *out) {
  text field = {0};
  if (p->is_native)
    add_bytes(&field, numbers, size);
  else
    add_doubles(&field, numbers, size);
  put_field(out, &field);
}

static void put_observation(const player *p, FILE *out) {
  if (!p->is_value) {
    put_numbers(p, p->observation, p->observation_size, out);
    return;
  }
  text field = {0};
  gym_value *value;
  check(gym_observation(p->env, &value, &err), "gym_observation", p->row->name);
  take_value(&field, value);
  put_field(out, &field);
}

/* What a value has at a path of keys with "/" between them; NULL where there is nothing. */
static const gym_value *value_at(const gym_value *value, const char *path) {
  char keys[128], *rest = NULL;
  if (strcmp(path, ".") == 0) return value;
  snprintf(keys, sizeof keys, "%s", path);
  for (char *key = strtok_r(keys, "/", &rest); key && value; key = strtok_r(NULL, "/", &rest))
    value = gym_value_kind(value) == GYM_KIND_DICT ? gym_value_get(value, key) : NULL;
  return value;
}

static void put_infos(const player *p, FILE *out) {
  char paths[256], *rest = NULL;
  gym_value *info;
  check(gym_info(p->env, &info, &err), "gym_info", p->row->name);
  snprintf(paths, sizeof paths, "%s", p->row->info);
  for (char *path = strtok_r(paths, ",-", &rest); path; path = strtok_r(NULL, ",-", &rest)) {
    text field = {0};
    const gym_value *found = value_at(info, path);
    if (!found) continue;
    fprintf(out, "info\t%s", path);
    add_value(&field, found);
    put_field(out, &field);
    fputc('\n', out);
  }
  gym_value_free(info);
}

static void put_reset(player *p, const int64_t *seed, FILE *out) {
  reset(p, seed);
  fputs(seed ? "reset" : "again", out);
  put_observation(p, out);
  fputc('\n', out);
  put_infos(p, out);
}

static void put_step(player *p, FILE *out) {
  text reward = {0};
  step(p);
  fputs("step", out);
  put_numbers(p, p->action, p->action_size, out);
  put_observation(p, out);
  add_double(&reward, p->last.reward);
  put_field(out, &reward);
  fprintf(out, "\t%d\n", p->last.terminated + 2 * p->last.truncated);
  put_infos(p, out);
}

static void put_env_value(const player *p, int (*function)(gym_env, gym_value **, gym_error *),
                          const char *what, FILE *out) {
  gym_value *value;
  check(function(p->env, &value, &err), what, p->row->name);
  put_value(out, what, value);
}

/* Puts the wrappers around a live environment, in the middle of an episode. */
static void wrap(player *p) {
  gym_env inner = p->env;
  int64_t seed = p->row->seed + 7;
  make_room_for(p);
  check(gym_seed_action(p->env, 3, &err), "gym_seed_action", p->row->name);
  reset(p, &seed);
  for (int i = 0; i < 3; i++) step(p);
  check(gym_wrap(inner, p->row->wrappers, &p->env, &err), "gym_wrap", p->row->name);
  if (gym_close(inner, NULL) != GYM_ERR_HANDLE) {
    fprintf(stderr, "%s: the handle of the inner environment still works\n", p->row->name);
    exit(1);
  }
}

static void play(const row *r, FILE *out) {
  player p = {
      .row = r, .is_native = strcmp(r->layout, "native") == 0, .is_value = strcmp(r->layout, "value") == 0};
  check(gym_make(r->id, r->options, &p.env, &err), "gym_make", r->name);
  if (strcmp(r->way, "wrap") == 0) wrap(&p);
  make_room_for(&p);
  fprintf(out, "# %s %s %s\n", r->name, r->way, r->layout);
  put_env_value(&p, gym_observation_space, "observation_space", out);
  put_env_value(&p, gym_action_space, "action_space", out);
  check(gym_seed_action(p.env, r->seed + 1, &err), "gym_seed_action", r->name);
  put_reset(&p, &r->seed, out);
  for (long i = 1; i <= r->steps; i++) {
    put_step(&p, out);
    if (r->render_every && i % r->render_every == 0) put_env_value(&p, gym_render_value, "render", out);
    if ((p.last.terminated || p.last.truncated) && strcmp(r->after_end, "reset") == 0)
      put_reset(&p, NULL, out);
  }
  check(gym_close(p.env, &err), "gym_close", r->name);
  fputs("closed\n", out);
  free(p.observation);
  free(p.action);
}

/* ------------------------------------------------------------------------------------- the plan */

enum { FIELDS = 11 };

static void play_line(char *line, FILE *out) {
  char *field[FIELDS];
  int count = 0;
  for (char *at = line; at && count < FIELDS; count++) {
    field[count] = at;
    at = strchr(at, '\t');
    if (at) *at++ = 0;
  }
  if (count < FIELDS) {
    fprintf(stderr, "wrappers: a line of %d fields\n", count);
    exit(1);
  }
  const row r = {.name = field[0],
                 .way = field[1],
                 .layout = field[2],
                 .id = field[3],
                 .options = field[4],
                 .wrappers = field[5],
                 .seed = strtoll(field[6], NULL, 10),
                 .steps = strtol(field[7], NULL, 10),
                 .after_end = field[8],
                 .render_every = strtol(field[9], NULL, 10),
                 .info = field[10]};
  play(&r, out);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: wrappers PLAN OUT\n");
    return 2;
  }
  FILE *plan = fopen(argv[1], "r"), *out = fopen(argv[2], "w");
  if (!plan || !out) {
    perror("wrappers: open");
    return 1;
  }
  add_callbacks();
  char *line = NULL;
  size_t room = 0;
  for (ssize_t length; (length = getline(&line, &room, plan)) > 0;) {
    if (line[length - 1] == '\n') line[length - 1] = 0;
    play_line(line, out);
  }
  free(line);
  check(gym_shutdown(&err), "gym_shutdown", "at the end");
  fclose(plan);
  if (fclose(out) != 0) {
    perror("wrappers: close");
    return 1;
  }
  return 0;
}
