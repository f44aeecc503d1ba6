/* The rollouts of vector_rollouts.py through libgogym: vectors IN OUT
 *
 * Each line of IN is done, and written to OUT with the result that it has here. All arrays that a call fills
 * are compared with the view's too. */
#define _POSIX_C_SOURCE 200809L
#include "record_text.h"

static gym_error err = GYM_ERROR_INIT;

enum { FIELDS = 6, MOST = 64 };

/* The vector environment that was made last, with its buffers. */
static struct {
  gym_vec vec;
  gym_vec_view view;
  size_t num_envs, observation_length, action_length; /* of a row, in float64 elements or bytes */
  unsigned char *observations, *actions;
  gym_transition steps[MOST];
} now;

static void fail(const char *what, const char *why) {
  fprintf(stderr, "vectors: %s: %s\n", what, why);
  exit(1);
}

static void check(int status, const char *what) {
  if (status == GYM_OK) return;
  fprintf(stderr, "%s %s\n%s", err.type, err.message, err.traceback);
  fail(what, gym_status_name(status));
}

static void add_rows(text *out, const void *rows, size_t count, size_t nbytes) {
  const unsigned char *row = rows;
  for (size_t i = 0; i < count; i++, row += nbytes) {
    if (i > 0) add(out, "/");
    if (now.view.is_native)
      add_bytes(out, row, nbytes);
    else
      add_doubles(out, (const double *)(const void *)row, nbytes / sizeof(double));
  }
}

static void add_observations(text *out, const void *rows) {
  add_rows(out, rows, now.num_envs, now.view.observation_nbytes);
}

static void add_steps(text *out) {
  for (size_t i = 0; i < now.num_envs; i++) {
    add(out, i ? "/" : "\t");
    add_double(out, now.steps[i].reward);
    add(out, ":%d", now.steps[i].terminated + 2 * now.steps[i].truncated);
  }
}

static void make(char **field, text *out) {
  now.num_envs = strtoul(field[2], NULL, 10);
  if (now.num_envs > MOST) fail("make", "too many environments");
  check(gym_vec_make(field[1], now.num_envs, field[3], &now.vec, &err), "gym_vec_make");
  now.view = (gym_vec_view)GYM_VEC_VIEW_INIT;
  check(gym_vec_get_view(now.vec, &now.view, &err), "gym_vec_get_view");
  int (*const size)(gym_vec, size_t *, gym_error *) =
      now.view.is_native ? gym_vec_observation_nbytes : gym_vec_observation_size;
  check(size(now.vec, &now.observation_length, &err), "the length of an observation");
  check((now.view.is_native ? gym_vec_action_nbytes : gym_vec_action_size)(now.vec, &now.action_length, &err),
        "the length of an action");
  now.observations = grown(now.observations, now.num_envs * now.view.observation_nbytes + 1);
  now.actions = grown(now.actions, now.num_envs * now.view.action_nbytes + 1);
  add(out, "%zu,%zu", (size_t)now.view.observation_nbytes, (size_t)now.view.action_nbytes);
}

/* What a call wrote, and what the view shows. */
static void compare(const char *what, const void *own, const void *shown, size_t nbytes) {
  if (memcmp(own, shown, nbytes) != 0) fail(what, "the view shows something else");
}

static void compare_observations(const char *what) {
  compare(what, now.observations, now.view.observations, now.num_envs * now.view.observation_nbytes);
}

static void reset(char **field, text *out) {
  int64_t seeds[MOST];
  uint8_t mask[MOST];
  size_t seed_count = 0, length = now.num_envs * now.observation_length;
  for (char *at = field[1]; strcmp(field[1], "-") != 0; at++) {
    seeds[seed_count++] = strtoll(at, &at, 10);
    if (*at != ',') break;
  }
  for (size_t i = 0; i < now.num_envs; i++) mask[i] = field[2][0] != '-' && field[2][i] == '1';
  const uint8_t *chosen = strcmp(field[2], "-") != 0 ? mask : NULL;
  const int64_t *numbers = seed_count ? seeds : NULL;
  const char *options = strcmp(field[3], "-") != 0 ? field[3] : NULL;
  int status = now.view.is_native ? gym_vec_reset_native(now.vec, numbers, seed_count, chosen, options,
                                                         now.observations, length, &err)
                                  : gym_vec_reset(now.vec, numbers, seed_count, chosen, options,
                                                  (double *)(void *)now.observations, length, &err);
  check(status, "gym_vec_reset");
  compare_observations("gym_vec_reset");
  add_observations(out, now.observations);
}

static void sample(char **field, text *out) {
  (void)field;
  size_t length = now.num_envs * now.action_length;
  int status = now.view.is_native
                   ? gym_vec_sample_actions_native(now.vec, now.actions, length, &err)
                   : gym_vec_sample_actions(now.vec, (double *)(void *)now.actions, length, &err);
  check(status, "gym_vec_sample_actions");
  add_rows(out, now.actions, now.num_envs, now.view.action_nbytes);
}

static void step(char **field, text *out) {
  (void)field;
  size_t actions = now.num_envs * now.action_length, length = now.num_envs * now.observation_length;
  int status = now.view.is_native
                   ? gym_vec_step_native(now.vec, now.actions, actions, now.observations, length, now.steps,
                                         now.num_envs, &err)
                   : gym_vec_step(now.vec, (const double *)(void *)now.actions, actions,
                                  (double *)(void *)now.observations, length, now.steps, now.num_envs, &err);
  check(status, "gym_vec_step");
  compare_observations("gym_vec_step");
  for (size_t i = 0; i < now.num_envs; i++)
    if (now.steps[i].reward != now.view.transitions[i].reward || now.view.statuses[i] != GYM_OK)
      fail("gym_vec_step", "the view shows another step");
  add_observations(out, now.observations);
  add_steps(out);
}

/* Sends the odd rows, then the even ones. */
static void send(void) {
  for (size_t odd = 2; odd-- > 0;) {
    int64_t ids[MOST];
    unsigned char *actions = grown(NULL, now.num_envs * now.view.action_nbytes + 1);
    size_t count = 0, nbytes = now.view.action_nbytes;
    for (size_t i = odd; i < now.num_envs; i += 2, count++) {
      ids[count] = (int64_t)i;
      memcpy(actions + count * nbytes, now.actions + i * nbytes, nbytes);
    }
    size_t length = count * now.action_length;
    int status = now.view.is_native
                     ? gym_vec_send_native(now.vec, ids, count, actions, length, &err)
                     : gym_vec_send(now.vec, ids, count, (const double *)(void *)actions, length, &err);
    check(status, "gym_vec_send");
    free(actions);
  }
}

static void parts(char **field, text *out) {
  (void)field;
  size_t nbytes = now.view.observation_nbytes, received = 0;
  unsigned char *rows = grown(NULL, 2 * nbytes + 1);
  send();
  while (received < now.num_envs) {
    int64_t ids[2];
    gym_transition steps[2];
    size_t count = 0, length = 2 * now.observation_length;
    int status =
        now.view.is_native
            ? gym_vec_recv_native(now.vec, 2, 60, ids, rows, length, steps, 2, &count, &err)
            : gym_vec_recv(now.vec, 2, 60, ids, (double *)(void *)rows, length, steps, 2, &count, &err);
    check(status, "gym_vec_recv");
    for (size_t i = 0; i < count; i++, received++) {
      memcpy(now.observations + (size_t)ids[i] * nbytes, rows + i * nbytes, nbytes);
      now.steps[ids[i]] = steps[i];
    }
  }
  free(rows);
  compare_observations("gym_vec_recv");
  add_observations(out, now.observations);
  add_steps(out);
}

static void final(char **field, text *out) {
  const unsigned char *rows = now.view.final_observations;
  if (!rows) fail("final", "there are no final observations");
  for (char *at = field[1];; at++) {
    size_t i = strtoul(at, &at, 10);
    add_rows(out, rows + i * now.view.observation_nbytes, 1, now.view.observation_nbytes);
    if (*at != ',') break;
    add(out, "/");
  }
}

static void info(char **field, text *out) {
  (void)field;
  gym_value *value;
  check(gym_vec_info(now.vec, &value, &err), "gym_vec_info");
  take_value(out, value);
}

static void seed(char **field, text *out) {
  check(gym_vec_seed_actions(now.vec, strtoll(field[1], NULL, 10), &err), "gym_vec_seed_actions");
  add(out, "ok");
}

static void close_it(char **field, text *out) {
  (void)field;
  check(gym_vec_close(now.vec, &err), "gym_vec_close");
  add(out, "ok");
}

static const struct {
  const char *name;
  int arguments;
  void (*run)(char **field, text *out);
} OPERATIONS[] = {{"make", 3, make},     {"seed", 1, seed}, {"reset", 3, reset},
                  {"sample", 0, sample}, {"step", 0, step}, {"parts", 0, parts},
                  {"final", 1, final},   {"info", 0, info}, {"close", 0, close_it}};

static void do_line(char *line, FILE *out) {
  char *field[FIELDS] = {line};
  int count = 1;
  for (char *at = line; count < FIELDS && (at = strchr(at, '\t')); field[count++] = at) *at++ = 0;
  for (size_t i = 0; i < sizeof OPERATIONS / sizeof *OPERATIONS; i++) {
    if (strcmp(OPERATIONS[i].name, field[0]) != 0) continue;
    if (count <= OPERATIONS[i].arguments) fail(line, "too few fields");
    text result = {0};
    OPERATIONS[i].run(field, &result);
    for (int k = 0; k <= OPERATIONS[i].arguments; k++) fprintf(out, "%s\t", field[k]);
    fprintf(out, "%s\n", result.bytes);
    free(result.bytes);
    return;
  }
  fail(line, "no such operation");
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: vectors IN OUT\n");
    return 2;
  }
  FILE *in = fopen(argv[1], "r"), *out = fopen(argv[2], "w");
  if (!in || !out) {
    perror("vectors: open");
    return 1;
  }
  char *line = NULL;
  size_t room = 0;
  for (ssize_t length; (length = getline(&line, &room, in)) > 0;) {
    if (line[length - 1] == '\n') line[length - 1] = 0;
    if (line[0] == '#')
      fprintf(out, "%s\n", line);
    else
      do_line(line, out);
  }
  free(line);
  free(now.observations);
  free(now.actions);
  check(gym_shutdown(&err), "gym_shutdown");
  fclose(in);
  if (fclose(out) != 0) {
    perror("vectors: close");
    return 1;
  }
  return 0;
}
