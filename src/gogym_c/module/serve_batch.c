/* A worker's answers about its batch: each operation is a call of the table's function of that name. The rows
 * themselves are done without a message, by serve.c. */
#include <stdlib.h>
#include <string.h>

#include "gogym_error.h"
#include "gogym_remote.h"
#include "serve_calls.h"
#include "value_copy.h"

static int finish(gym__builder *answer, int status, const gym_error *err) {
  return status ? gym__answer_failure(answer, status, err) : gym__answer(answer, 0);
}

static int answer_value(gym__builder *answer, int status, gym_value *value, const gym_error *err) {
  if (status) return gym__answer_failure(answer, status, err);
  gym__answer(answer, 1);
  gym__build_copy(answer, value);
  gym_value_free(value);
  return answer->failed;
}

static int make(const gym__table *table, gym__served *served, const gym_value *request,
                gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *description = NULL;
  gym__batch batch = {0};
  gym__batch_plan plan = {gym__request_text(request, 1), gym__request_text(request, 2),
                          (uint64_t)gym__request_int(request, 3), (uint64_t)gym__request_int(request, 4),
                          (uint64_t)gym__request_int(request, 5)};
  int status = served->batch.id ? gym__fail(&err, GYM_ERR_INTERNAL, "the worker process has a batch already")
                                : table->batch_make(&plan, &batch, &description, &err);
  if (!status) {
    served->batch = batch;
    served->batch_count = plan.count;
    served->is_bound = 0;
  }
  return answer_value(answer, status, description, &err);
}

/* NULL for an offset of -1. */
static void *at(const gym__served *served, const gym_value *request, size_t index) {
  int64_t offset = gym__request_int(request, index);
  return offset < 0 || (uint64_t)offset >= served->data_nbytes ? NULL : served->data + offset;
}

static int bind(const gym__table *table, gym__served *served, const gym_value *request,
                gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  gym__rows rows = {
      .struct_size = (uint32_t)sizeof rows,
      .is_native = gym__request_int(request, 1) != 0,
      .count = served->batch_count,
      .action_nbytes = (uint64_t)gym__request_int(request, 2),
      .observation_nbytes = (uint64_t)gym__request_int(request, 3),
  };
  int status = GYM_OK;
  if (!served->data) {
    status = gym__fail(&err, GYM_ERR_INTERNAL, "the worker process has not mapped the data");
  } else {
    rows.actions = at(served, request, 4);
    rows.observations = at(served, request, 5);
    rows.final_observations = at(served, request, 6);
    rows.transitions = at(served, request, 7);
    rows.statuses = at(served, request, 8);
    rows.states = at(served, request, 9);
    rows.seeds = at(served, request, 10);
    status = table->batch_bind(served->batch, &rows, &err);
  }
  if (!status) served->is_bound = 1;
  return finish(answer, status, &err);
}

static int sample_actions(const gym__table *table, gym__batch batch, const gym_value *request,
                          gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  uint64_t nbytes = (uint64_t)gym__request_int(request, 1);
  void *actions = calloc(1, nbytes ? (size_t)nbytes : 1);
  int status = actions ? table->batch_sample_actions(batch, actions, nbytes, &err)
                       : gym__fail(&err, GYM_ERR_MEMORY, "no memory in the worker process for actions");
  if (status) {
    gym__answer_failure(answer, status, &err);
  } else {
    gym__answer(answer, 1);
    gym__build_bytes(answer, actions, (size_t)nbytes);
  }
  free(actions);
  return answer->failed;
}

static int space(const gym__table *table, gym__batch batch, const gym_value *request, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  gym_space opened = {0};
  int status = table->batch_space(batch, (int)gym__request_int(request, 1), &opened, &err);
  return status ? gym__answer_failure(answer, status, &err) : gym__serve_opened_space(table, opened, answer);
}

static int close_batch(const gym__table *table, gym__served *served, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  int status = served->batch.id ? table->batch_close(served->batch, &err) : GYM_OK;
  served->batch.id = 0;
  served->is_bound = 0;
  return finish(answer, status, &err);
}

static int serve_values(const gym__table *table, gym__batch batch, int64_t operation,
                        const gym_value *request, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *value = NULL;
  int status;
  switch (operation) {
    case GYM__REMOTE_BATCH_FAILURES:
      status = table->batch_failures(batch, &value, &err);
      break;
    case GYM__REMOTE_BATCH_INFO:
      status = table->batch_info(batch, &value, &err);
      break;
    case GYM__REMOTE_BATCH_CALL:
      status = table->batch_call(batch, gym__request_text(request, 1), gym__request_text(request, 2), &value,
                                 &err);
      break;
    case GYM__REMOTE_BATCH_RENDER:
      status = table->batch_render(batch, &value, &err);
      break;
    default:
      return 0;
  }
  answer_value(answer, status, value, &err);
  return 1;
}

int gym__serve_batch(const gym__table *table, gym__served *state, int64_t operation, const gym_value *request,
                     gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  gym__batch batch = state->batch;
  switch (operation) {
    case GYM__REMOTE_BATCH_MAKE:
      return make(table, state, request, answer), 1;
    case GYM__REMOTE_BATCH_BIND:
      return bind(table, state, request, answer), 1;
    case GYM__REMOTE_BATCH_SET_RESET_OPTIONS:
      return finish(answer, table->batch_set_reset_options(batch, gym__request_text(request, 1), &err), &err),
             1;
    case GYM__REMOTE_BATCH_REMAKE:
      return finish(answer, table->batch_remake(batch, (uint64_t)gym__request_int(request, 1), &err), &err),
             1;
    case GYM__REMOTE_BATCH_SAMPLE_ACTIONS:
      return sample_actions(table, batch, request, answer), 1;
    case GYM__REMOTE_BATCH_SEED_ACTIONS:
      return finish(answer, table->batch_seed_actions(batch, gym__request_int(request, 1), &err), &err), 1;
    case GYM__REMOTE_BATCH_SPACE:
      return space(table, batch, request, answer), 1;
    case GYM__REMOTE_BATCH_CLOSE:
      return close_batch(table, state, answer), 1;
    default:
      return serve_values(table, batch, operation, request, answer);
  }
}
