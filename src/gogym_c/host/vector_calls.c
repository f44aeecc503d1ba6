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

int gym__vector_values(gym__vector *vector, int operation, const char *name, const char *arguments,
                       gym_value **out, gym_error *err) {
  gym__builder b;
  int status = GYM_OK;
  gym__build_begin(&b);
  gym__build_list(&b, vector->num_envs);
  for (uint32_t i = 0; i < vector->part_count && !status; i++) {
    const gym__part *part = &vector->parts[i];
    gym_value *list = NULL;
    /* Infos of environments that are down are as lost as their observations; those of the others are not. */
    if (operation == GYM__REMOTE_BATCH_INFO && part->is_end_told) {
      for (uint64_t j = 0; j < part->count; j++) gym__build_dict(&b, 0);
      continue;
    }
    status = gym__part_value(part, operation, name, arguments, &list, err);
    for (size_t j = 0; j < gym_value_count(list) && !b.failed; j++) {
      /* A batch keeps the infos of what its rows did last, which may be long ago. */
      if (operation == GYM__REMOTE_BATCH_INFO &&
          !(vector->notes[part->first + j] & GYM__NOTE_TOOK_PART))
        gym__build_dict(&b, 0);
      else
        gym__build_copy(&b, gym_value_at(list, j));
    }
    gym_value_free(list);
  }
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

int gym__vector_space(gym__vector *vector, int which, gym_space *out, gym_error *err) {
  const gym__part *part = &vector->parts[0];
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

int gym__vector_sample_actions(gym__vector *vector, void *actions, gym_error *err) {
  const gym__part *part = &vector->parts[0];
  const gym__table *table;
  gym_value *reply = NULL;
  size_t nbytes = 0;
  uint64_t needed = vector->num_envs * vector->action_nbytes;
  if (!part->worker) {
    int status = gym__enter(&table, err);
    return status ? status : gym__leave(table->batch_sample_actions(part->batch, actions, needed, err));
  }
  int status =
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
  const gym__part *part = &vector->parts[0];
  const gym__table *table;
  if (part->worker) return gym__worker_call(part->worker, GYM__REMOTE_BATCH_SEED_ACTIONS, NULL, err, "i", seed);
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->batch_seed_actions(part->batch, seed, err));
}
