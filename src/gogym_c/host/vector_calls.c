/* Calls on vector environments that are not steps: values of all environments, spaces, random actions. */
#include <string.h>

#include "gogym_error.h"
#include "gogym_remote.h"
#include "value_copy.h"
#include "vector.h"
#include "worker_space.h"

static int finish(gym__builder *b, gym_value **out, gym_error *err) {
  *out = gym__build_finish(b);
  return *out ? GYM_OK : gym__fail(err, b->failed, "out of memory");
}

/* A part whose worker has ended has no infos; for anything else it is an error. */
static int part_values(gym__vector *vector, const gym__part *part, int operation, const char *name,
                       const char *arguments, gym__builder *b, gym_error *err) {
  gym_value *list = NULL;
  int is_info = operation == GYM__REMOTE_BATCH_INFO;
  int status = GYM_OK;
  if (!is_info || !part->worker || !gym__worker_has_ended(part->worker))
    status = gym__part_value(part, operation, name, arguments, &list, err);
  if (is_info && status == GYM_ERR_WORKER) status = GYM_OK; /* it has ended just now */
  if (!status && list && gym_value_count(list) != part->count)
    status = gym__fail(err, GYM_ERR_RESULT, "%zu results came of %llu environments", gym_value_count(list),
                       (unsigned long long)part->count);
  for (uint64_t i = 0; i < part->count && !status && !b->failed; i++) {
    /* A batch keeps the infos of what its rows did last, which may be long ago. */
    if (list && (!is_info || (vector->notes[part->first + i] & GYM__NOTE_TOOK_PART)))
      gym__build_copy(b, gym_value_at(list, i));
    else
      gym__build_dict(b, 0);
  }
  gym_value_free(list);
  return status;
}

int gym__vector_values(gym__vector *vector, int operation, const char *name, const char *arguments,
                       gym_value **out, gym_error *err) {
  gym__builder b;
  int status = GYM_OK;
  gym__build_begin(&b);
  gym__build_list(&b, vector->num_envs);
  for (uint32_t i = 0; i < vector->part_count && !status; i++)
    status = part_values(vector, &vector->parts[i], operation, name, arguments, &b, err);
  if (status || !out) {
    gym__build_abandon(&b);
    return status;
  }
  return finish(&b, out, err);
}

/* ------------------------------------------------------------------------------------ describe */

static void build_key(gym__builder *b, const char *key) { gym__build_string(b, key, strlen(key)); }

static void build_text(gym__builder *b, const char *key, const char *text) {
  build_key(b, key);
  gym__build_string(b, text, strlen(text));
}

static void build_number(gym__builder *b, const char *key, uint64_t number) {
  build_key(b, key);
  gym__build_int64(b, (int64_t)number);
}

static uint64_t futex_calls(const gym__vector *vector) {
  if (!vector->memory.slab) return 0;
  uint64_t calls = atomic_load(&vector->memory.slab->futex_calls);
  for (uint32_t i = 0; i < vector->part_count; i++)
    calls += atomic_load(&gym__slab_station(vector->memory.slab, i)->futex_calls);
  return calls;
}

int gym__vector_describe(const gym__vector *vector, gym_value **out, gym_error *err) {
  gym__builder b;
  uint32_t workers = vector->parts[0].worker ? vector->part_count : 0;
  gym__build_begin(&b);
  gym__build_dict(&b, 9);
  build_text(&b, "id", vector->id);
  build_number(&b, "num_envs", vector->num_envs);
  build_text(&b, "engine", gym__engine_name((int)vector->settings.engine));
  build_text(&b, "autoreset_mode", gym__autoreset_name((int)vector->settings.autoreset_mode));
  build_text(&b, "layout", vector->settings.is_native ? "native" : "float64");
  build_text(&b, "on_failure", gym__on_failure_name((int)vector->settings.on_failure));
  build_key(&b, "render_mode");
  gym__build_copy(&b, gym_value_get(vector->about, "render_mode"));
  build_number(&b, "futex_calls", futex_calls(vector));
  build_key(&b, "workers");
  gym__build_list(&b, workers);
  for (uint32_t i = 0; i < workers; i++) {
    const gym__part *part = &vector->parts[i];
    gym__build_dict(&b, 5);
    build_number(&b, "pid", (uint64_t)gym__worker_pid(part->worker));
    build_number(&b, "first", part->first);
    build_number(&b, "count", part->count);
    build_number(&b, "restarts", part->restarts);
    build_text(&b, "python", vector->python);
  }
  return finish(&b, out, err);
}

/* ------------------------------------------------------------------------------------ spaces */

/* A part that can be asked what any could answer; the first one where all have ended. */
static gym__part *some_part(const gym__vector *vector, uint32_t first) {
  for (uint32_t i = 0; i < vector->part_count; i++) {
    gym__part *part = &vector->parts[(first + i) % vector->part_count];
    if (!part->worker || !gym__worker_has_ended(part->worker)) return part;
  }
  return &vector->parts[0];
}

int gym__vector_space(gym__vector *vector, int which, gym_space *out, gym_error *err) {
  const gym__part *part = some_part(vector, 0);
  const gym__table *table;
  gym_value *reply = NULL;
  if (!part->worker) {
    int status = gym__enter(&table, err);
    return status ? status : gym__leave(table->batch_space(part->batch, which, out, err));
  }
  int status = gym__worker_call(part->worker, GYM__REMOTE_BATCH_SPACE, &reply, err, "i", (int64_t)which);
  if (status) return status;
  status = gym__worker_space_take(part->worker, reply, out, err);
  gym_value_free(reply);
  return status;
}

static int seed_actions_of(const gym__part *part, int64_t seed, gym_error *err) {
  const gym__table *table;
  if (part->worker)
    return gym__worker_call(part->worker, GYM__REMOTE_BATCH_SEED_ACTIONS, NULL, err, "i", seed);
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->batch_seed_actions(part->batch, seed, err));
}

/* The part that draws. Where the one that did has ended, another goes on with a seed that follows from those
 * that were given, so that a program with the same failures draws the same. */
static int choose_action_part(gym__vector *vector, const gym__part **out, gym_error *err) {
  const gym__part *part = some_part(vector, vector->action_part);
  uint32_t index = (uint32_t)(part - vector->parts);
  int is_another = index != vector->action_part || part->restarts != vector->action_restarts;
  vector->action_part = index;
  vector->action_restarts = part->restarts;
  *out = part;
  return is_another && vector->are_actions_seeded ? seed_actions_of(part, gym__vector_fresh_seed(vector), err)
                                                  : GYM_OK;
}

int gym__vector_sample_actions(gym__vector *vector, void *actions, gym_error *err) {
  const gym__part *part;
  const gym__table *table;
  gym_value *reply = NULL;
  size_t nbytes = 0;
  uint64_t needed = vector->num_envs * vector->action_nbytes;
  int status = choose_action_part(vector, &part, err);
  if (status) return status;
  if (!part->worker) {
    status = gym__enter(&table, err);
    return status ? status : gym__leave(table->batch_sample_actions(part->batch, actions, needed, err));
  }
  status =
      gym__worker_call(part->worker, GYM__REMOTE_BATCH_SAMPLE_ACTIONS, &reply, err, "i", (int64_t)needed);
  if (status) return status;
  const void *bytes = gym_value_bytes(gym_value_at(reply, 0), &nbytes);
  if (nbytes == needed && needed > 0)
    memcpy(actions, bytes, nbytes);
  else if (nbytes != needed)
    status = gym__fail(err, GYM_ERR_INTERNAL, "a worker gave %zu bytes of actions", nbytes);
  gym_value_free(reply);
  return status;
}

int gym__vector_seed_actions(gym__vector *vector, int64_t seed, gym_error *err) {
  const gym__part *part;
  vector->are_actions_seeded = 0;
  int status = choose_action_part(vector, &part, err);
  if (!status) status = seed_actions_of(part, seed, err);
  vector->are_actions_seeded = !status;
  return status;
}
