/* Making vector environments: their parts, and the memory that these share. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gogym_error.h"
#include "gogym_remote.h"
#include "gogym_value_format.h"
#include "vector.h"

static int fail_memory(gym_error *err) { return gym__fail(err, GYM_ERR_MEMORY, "out of memory"); }

gym__part *gym__vector_part_of(const gym__vector *vector, uint64_t row) {
  /* The first `extra` parts have one row more. */
  uint64_t share = vector->num_envs / vector->part_count, extra = vector->num_envs % vector->part_count;
  uint64_t bigger = extra * (share + 1);
  uint64_t index = row < bigger ? row / (share + 1) : extra + (row - bigger) / share;
  return &vector->parts[index];
}

static void share_rows(gym__vector *vector) {
  uint64_t share = vector->num_envs / vector->part_count, extra = vector->num_envs % vector->part_count;
  uint64_t first = 0;
  for (uint32_t i = 0; i < vector->part_count; i++) {
    vector->parts[i].first = first;
    vector->parts[i].count = share + (i < extra);
    first += vector->parts[i].count;
  }
}

/* ------------------------------------------------------------------------------------ what a batch says of
 * itself */

static uint64_t size_of(const gym_value *about, const char *key) {
  int64_t size = -1;
  gym_value_int64(gym_value_get(about, key), &size, NULL);
  return size < 0 ? GYM_DYNAMIC : (uint64_t)size;
}

static int flag_of(const gym_value *about, const char *key) {
  int flag = 0;
  gym_value_bool(gym_value_get(about, key), &flag, NULL);
  return flag;
}

static int same_text(const gym_value *a, const gym_value *b) {
  size_t length_a = 0, length_b = 0;
  if (gym_value_to_json(a, NULL, 0, &length_a, NULL) || gym_value_to_json(b, NULL, 0, &length_b, NULL))
    return 0;
  if (length_a != length_b) return 0;
  char *text_a = malloc(length_a), *text_b = malloc(length_b);
  int same = text_a && text_b && gym_value_to_json(a, text_a, length_a, NULL, NULL) == GYM_OK &&
             gym_value_to_json(b, text_b, length_b, NULL, NULL) == GYM_OK &&
             memcmp(text_a, text_b, length_a) == 0;
  free(text_a);
  free(text_b);
  return same;
}

static int same_spaces(const gym_value *a, const gym_value *b) {
  return same_text(gym_value_get(a, "observation_space"), gym_value_get(b, "observation_space")) &&
         same_text(gym_value_get(a, "action_space"), gym_value_get(b, "action_space"));
}

/* Keeps the first part's description, and compares the others with it. */
static int take_description(gym__vector *vector, const gym__part *part, gym_value *about, gym_error *err) {
  if (!vector->about) {
    vector->about = about;
    vector->is_whole = flag_of(about, "is_whole");
    vector->sizes[GYM__OBSERVATION_SIZE] = size_of(about, "observation_size");
    vector->sizes[GYM__OBSERVATION_NBYTES] = size_of(about, "observation_nbytes");
    vector->sizes[GYM__ACTION_SIZE] = size_of(about, "action_size");
    vector->sizes[GYM__ACTION_NBYTES] = size_of(about, "action_nbytes");
    if (vector->sizes[GYM__OBSERVATION_SIZE] == GYM_DYNAMIC || vector->sizes[GYM__ACTION_SIZE] == GYM_DYNAMIC)
      return gym__fail(
          err, GYM_ERR_DYNAMIC,
          "the %s space has no fixed size, so its elements cannot be rows of an array; gym_make makes "
          "such environments one by one",
          vector->sizes[GYM__ACTION_SIZE] == GYM_DYNAMIC ? "action" : "observation");
    for (int i = 0; i < GYM__SLOT_SIZES; i++)
      if (vector->sizes[i] > (SIZE_MAX >> 4) / vector->num_envs) return fail_memory(err);
    return GYM_OK;
  }
  int same = same_spaces(vector->about, about);
  gym_value_free(about);
  if (same) return GYM_OK;
  return gym__fail(err, GYM_ERR_SPACE,
                   "the spaces of environment %" PRIu64
                   " are not those of environment 0; the environments of a vector "
                   "environment must have equal spaces",
                   part->first);
}

/* ------------------------------------------------------------------------------------ workers */

static gym__worker_plan plan_of(const gym__vector *vector) {
  return (gym__worker_plan){vector->python, vector->settings.memory_limit, vector->settings.timeout};
}

static int start_worker(gym__vector *vector, gym__part *part, gym_error *err) {
  gym__worker_plan plan = plan_of(vector);
  return gym__worker_start(&plan, &vector->memory, (uint32_t)(part - vector->parts), &part->worker, err);
}

static int send_hello(gym__part *part, gym_error *err) {
  return gym__worker_send(part->worker, GYM__REMOTE_HELLO, err, "ii", GYM__REMOTE_PROTOCOL,
                          (int64_t)getpid());
}

static int send_make(const gym__vector *vector, gym__part *part, gym_error *err) {
  return gym__worker_send(part->worker, GYM__REMOTE_BATCH_MAKE, err, "ssiii", vector->id, vector->options,
                          (int64_t)part->first, (int64_t)part->count, (int64_t)vector->num_envs);
}

/* The description in the answer to BATCH_MAKE. */
static int receive_made(gym__vector *vector, gym__part *part, gym_error *err) {
  gym_value *reply = NULL;
  int status = gym__worker_receive(part->worker, &reply, err);
  if (status) return status;
  gym_value *about = gym__value_copy(gym_value_at(reply, 0));
  gym_value_free(reply);
  return about ? take_description(vector, part, about, err) : fail_memory(err);
}

static int64_t offset_of(const gym__vector *vector, const void *array, uint64_t nbytes_of_row, uint64_t row) {
  if (!array) return -1;
  return (int64_t)((const unsigned char *)array - vector->data) + (int64_t)(nbytes_of_row * row);
}

static int bind_worker(const gym__vector *vector, gym__part *part, gym_error *err) {
  uint64_t row = part->first;
  int status = gym__worker_call(part->worker, GYM__REMOTE_MAP, NULL, err, "i", (int64_t)vector->data_nbytes);
  if (status) return status;
  return gym__worker_call(
      part->worker, GYM__REMOTE_BATCH_BIND, NULL, err, "iiiiiiiiii", (int64_t)vector->settings.is_native,
      (int64_t)vector->action_nbytes, (int64_t)vector->observation_nbytes,
      offset_of(vector, vector->actions, vector->action_nbytes, row),
      offset_of(vector, vector->observations, vector->observation_nbytes, row),
      offset_of(vector, vector->final_observations, vector->observation_nbytes, row),
      offset_of(vector, vector->transitions, sizeof(gym_transition), row),
      offset_of(vector, vector->statuses, sizeof(int32_t), row), offset_of(vector, vector->states, 1, row),
      offset_of(vector, vector->seeds, sizeof(int64_t), row));
}

/* Does a thing for each worker: all are told first, and then waited for, so that they work at the same time.
 */
static int for_all(gym__vector *vector, int (*send)(const gym__vector *, gym__part *, gym_error *),
                   int (*receive)(gym__vector *, gym__part *, gym_error *), gym_error *err) {
  int status = GYM_OK;
  uint32_t sent = 0;
  while (sent < vector->part_count && !status) {
    status = send(vector, &vector->parts[sent], err);
    sent += !status;
  }
  /* Every answer is waited for, also after a failure: the first one is the one to tell. */
  for (uint32_t i = 0; i < sent; i++) {
    int answer = receive(vector, &vector->parts[i], status ? NULL : err);
    if (!status) status = answer;
  }
  return status;
}

static int send_hello_to(const gym__vector *vector, gym__part *part, gym_error *err) {
  (void)vector;
  return send_hello(part, err);
}

static int receive_hello(gym__vector *vector, gym__part *part, gym_error *err) {
  gym_value *reply = NULL;
  (void)vector;
  int status = gym__worker_receive(part->worker, &reply, err);
  if (!status) status = gym__worker_check_greeting(reply, err);
  gym_value_free(reply);
  return status;
}

static int start_workers(gym__vector *vector, gym_error *err) {
  const char *wanted = *vector->settings.python ? vector->settings.python : NULL;
  int status = gym__worker_check(err);
  if (!status) status = gym__worker_python(wanted, vector->python, err);
  if (!status) status = gym__memory_make(vector->part_count, &vector->memory, err);
  for (uint32_t i = 0; i < vector->part_count && !status; i++)
    status = start_worker(vector, &vector->parts[i], err);
  if (!status) status = for_all(vector, send_hello_to, receive_hello, err);
  if (!status) status = for_all(vector, send_make, receive_made, err);
  return status;
}

int gym__vector_restart(gym__vector *vector, gym__part *part, gym_error *err) {
  gym__worker *ended = part->worker, *fresh = NULL;
  gym__worker_plan plan = plan_of(vector);
  gym__station *station = gym__worker_station(ended);
  int status = gym__worker_check(err);
  if (status) return status;
  pthread_mutex_lock(&vector->mutex);
  gym__vector_count_ended(vector, part);
  pthread_mutex_unlock(&vector->mutex);
  atomic_store(&station->operations, 0u);
  atomic_store(&station->command, 0u);
  atomic_store(&station->sleeps, 0u);
  atomic_store(&station->published, (uint64_t)0);
  part->told = 0;
  part->told_ns = 0;
  for (uint64_t row = part->first; row < part->first + part->count; row++)
    gym__row_store(&vector->states[row], GYM__ROW_IDLE);
  status = gym__worker_start(&plan, &vector->memory, (uint32_t)(part - vector->parts), &fresh, err);
  if (status) return status;
  part->worker = fresh;
  part->restarts++;
  gym__worker_release(ended);
  status = send_hello(part, err);
  if (!status) status = receive_hello(vector, part, err);
  if (!status) status = send_make(vector, part, err);
  if (!status) status = receive_made(vector, part, err);
  if (!status) status = bind_worker(vector, part, err);
  /* A worker that cannot be used is one that has ended. */
  if (status && !gym__worker_has_ended(part->worker)) {
    gym__worker_kill(part->worker, "could not make its environments again and was killed");
    gym__worker_wait_ended(part->worker, 10.0);
  }
  part->is_end_told = status != GYM_OK;
  return status;
}

/* ------------------------------------------------------------------------------------ this process's Python
 */

static int make_embedded(gym__vector *vector, gym_error *err) {
  const gym__table *table;
  gym_value *about = NULL;
  gym__batch_plan plan = {vector->id, vector->options, 0, vector->num_envs, vector->num_envs};
  int status = gym_init(NULL, err);
  if (!status) status = gym__enter(&table, err);
  if (status) return status;
  status = gym__leave(table->batch_make(&plan, &vector->parts[0].batch, &about, err));
  return status ? status : take_description(vector, &vector->parts[0], about, err);
}

static int bind_embedded(gym__vector *vector, gym_error *err) {
  const gym__table *table;
  gym__rows rows = {(uint32_t)sizeof rows,
                    (uint32_t)vector->settings.is_native,
                    vector->num_envs,
                    vector->action_nbytes,
                    vector->observation_nbytes,
                    vector->actions,
                    vector->observations,
                    vector->final_observations,
                    vector->transitions,
                    vector->statuses,
                    vector->states,
                    vector->seeds};
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->batch_bind(vector->parts[0].batch, &rows, err));
}

/* ------------------------------------------------------------------------------------ memory */

static uint64_t rounded(uint64_t number, uint64_t step) { return (number + step - 1) / step * step; }

/* A place for an array of `nbytes`, which begins on lines of its own. */
static uint64_t place(uint64_t *end, uint64_t nbytes) {
  uint64_t begin = *end;
  *end = rounded(begin + nbytes, GYM__SLAB_LINE);
  return begin;
}

static int lay_out(gym__vector *vector, gym_error *err) {
  uint64_t n = vector->num_envs, end = 0;
  int native = vector->settings.is_native;
  vector->action_nbytes = native ? rounded(vector->sizes[GYM__ACTION_NBYTES], 8)
                                 : vector->sizes[GYM__ACTION_SIZE] * sizeof(double);
  vector->observation_nbytes = native ? rounded(vector->sizes[GYM__OBSERVATION_NBYTES], 8)
                                      : vector->sizes[GYM__OBSERVATION_SIZE] * sizeof(double);
  uint64_t actions = place(&end, n * vector->action_nbytes);
  uint64_t observations = place(&end, n * vector->observation_nbytes);
  int has_finals = vector->settings.autoreset_mode == GYM__AUTORESET_SAME_STEP;
  uint64_t finals = has_finals ? place(&end, n * vector->observation_nbytes) : 0;
  uint64_t transitions = place(&end, n * sizeof(gym_transition));
  uint64_t statuses = place(&end, n * sizeof(int32_t));
  uint64_t seeds = place(&end, n * sizeof(int64_t));
  uint64_t states = place(&end, n);
  vector->data_nbytes = end;
  if (vector->parts[0].worker) {
    int status = gym__memory_extend(&vector->memory, end, err);
    if (status) return status;
    vector->data = vector->memory.data;
  } else {
    vector->data = aligned_alloc(GYM__SLAB_LINE, end);
    if (!vector->data) return fail_memory(err);
    memset(vector->data, 0, end);
  }
  vector->actions = vector->data + actions;
  vector->observations = vector->data + observations;
  vector->final_observations = has_finals ? vector->data + finals : NULL;
  vector->transitions = (gym_transition *)(void *)(vector->data + transitions);
  vector->statuses = (int32_t *)(void *)(vector->data + statuses);
  vector->seeds = (int64_t *)(void *)(vector->data + seeds);
  vector->states = vector->data + states;
  return GYM_OK;
}

static int bind_all(gym__vector *vector, gym_error *err) {
  int status = GYM_OK;
  if (!vector->parts[0].worker) return bind_embedded(vector, err);
  for (uint32_t i = 0; i < vector->part_count && !status; i++)
    status = bind_worker(vector, &vector->parts[i], err);
  return status;
}

/* ------------------------------------------------------------------------------------ make */

/* How many worker processes; 0: this process. */
static uint32_t choose_workers(const gym__vector *vector) {
  const gym__vector_options *settings = &vector->settings;
  uint64_t workers = (uint64_t)settings->workers;
  if (settings->engine == GYM__ENGINE_PROCESS && workers == 0) workers = (uint64_t)gym__usable_cpus();
  if (workers > vector->num_envs) workers = vector->num_envs;
  return (uint32_t)workers;
}

static int prepare(gym__vector *vector, const char *id, const char *options, gym_error *err) {
  uint32_t workers = choose_workers(vector);
  vector->part_count = workers ? workers : 1;
  vector->memory.control_fd = vector->memory.data_fd = -1;
  vector->is_counted = 1;
  vector->seed_state = gym__now_ns();
  vector->id = strdup(id);
  vector->options = options ? strdup(options) : NULL;
  vector->parts = calloc(vector->part_count, sizeof *vector->parts);
  vector->part_counts = calloc(vector->part_count, sizeof *vector->part_counts);
  vector->notes = calloc(vector->num_envs, 1);
  if (!vector->id || (options && !vector->options) || !vector->parts || !vector->part_counts ||
      !vector->notes)
    return fail_memory(err);
  share_rows(vector);
  return workers ? start_workers(vector, err) : make_embedded(vector, err);
}

int gym__vector_make(const char *id, uint64_t num_envs, const char *options, gym__vector **out,
                     gym_error *err) {
  gym__vector *vector = calloc(1, sizeof *vector);
  if (!vector) return fail_memory(err);
  vector->num_envs = num_envs;
  pthread_mutex_init(&vector->mutex, NULL);
  pthread_mutex_init(&vector->repairs, NULL);
  int status = gym__read_vector_options(options, num_envs, &vector->settings, err);
  if (status == GYM_OK) status = prepare(vector, id, options, err);
  if (status == GYM_OK) status = lay_out(vector, err);
  if (status == GYM_OK) status = bind_all(vector, err);
  if (status == GYM_OK)
    *out = vector;
  else
    gym__vector_end(vector, NULL);
  return status;
}
