/* Calls of one part of a vector environment, be it a worker process or this process's Python. */
#include <string.h>

#include "gogym_error.h"
#include "gogym_remote.h"
#include "value_copy.h"
#include "vector.h"

/* The first result of an answer as a tree of its own; frees the answer. */
static int take_result(gym_value *reply, gym_value **out, gym_error *err) {
  if (out) {
    *out = gym__value_copy(gym_value_at(reply, 0));
    if (!*out) {
      gym_value_free(reply);
      return gym__fail(err, GYM_ERR_MEMORY, "out of memory");
    }
  }
  gym_value_free(reply);
  return GYM_OK;
}

static int embedded_value(gym__batch batch, int operation, const char *name, const char *arguments,
                          gym_value **out, gym_error *err) {
  const gym__table *table;
  int status = gym__enter(&table, err);
  if (status) return status;
  switch (operation) {
    case GYM__REMOTE_BATCH_INFO:
      return gym__leave(table->batch_info(batch, out, err));
    case GYM__REMOTE_BATCH_RENDER:
      return gym__leave(table->batch_render(batch, out, err));
    case GYM__REMOTE_BATCH_FAILURES:
      return gym__leave(table->batch_failures(batch, out, err));
    default:
      return gym__leave(table->batch_call(batch, name, arguments, out, err));
  }
}

int gym__part_value(const gym__part *part, int operation, const char *name, const char *arguments,
                    gym_value **out, gym_error *err) {
  gym_value *reply = NULL;
  int status;
  if (!part->worker) return embedded_value(part->batch, operation, name, arguments, out, err);
  if (operation == GYM__REMOTE_BATCH_CALL)
    status = gym__worker_call(part->worker, operation, &reply, err, "ss", name, arguments);
  else
    status = gym__worker_call(part->worker, operation, &reply, err, "");
  return status ? status : take_result(reply, out, err);
}

int gym__part_set_reset_options(const gym__part *part, const char *options, gym_error *err) {
  const gym__table *table;
  if (part->worker)
    return gym__worker_call(part->worker, GYM__REMOTE_BATCH_SET_RESET_OPTIONS, NULL, err, "s", options);
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->batch_set_reset_options(part->batch, options, err));
}

int gym__part_remake(const gym__part *part, uint64_t row, gym_error *err) {
  const gym__table *table;
  if (part->worker)
    return gym__worker_call(part->worker, GYM__REMOTE_BATCH_REMAKE, NULL, err, "i", (int64_t)row);
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->batch_remake(part->batch, row, err));
}
