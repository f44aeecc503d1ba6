/* A worker's answers about its spaces: each operation is a call of the table's function of that name. */
#include <stdlib.h>

#include "gogym_error.h"
#include "gogym_remote.h"
#include "serve_calls.h"

static int finish(gym__builder *answer, int status, const gym_error *err) {
  return status ? gym__answer_failure(answer, status, err) : gym__answer(answer, 0);
}

int gym__serve_opened_space(const gym__table *table, gym_space space, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *description = NULL;
  size_t nbytes = 0;
  int status = table->space_value(space, &description, &err);
  if (status) {
    table->space_close(space, NULL);
    return gym__answer_failure(answer, status, &err);
  }
  const void *block = gym_value_block(description, &nbytes);
  gym__answer(answer, 2);
  gym__build_int64(answer, (int64_t)space.id);
  gym__build_bytes(answer, block, nbytes);
  gym_value_free(description);
  return answer->failed;
}

static int finish_opening(const gym__table *table, gym__builder *answer, int status, gym_space space,
                          const gym_error *err) {
  return status ? gym__answer_failure(answer, status, err) : gym__serve_opened_space(table, space, answer);
}

typedef int (*sampling)(const gym__table *table, gym_space space, const char *options, void *x, size_t length,
                        gym_error *err);

static int sample(const gym__table *table, gym_space space, const char *options, void *x, size_t length,
                  gym_error *err) {
  return table->space_sample(space, options, x, length, err);
}

static int sample_native(const gym__table *table, gym_space space, const char *options, void *x,
                         size_t length, gym_error *err) {
  return table->space_sample_native(space, options, x, length, err);
}

/* (space id, options, length) -> (bytes): what an element needs, however long the caller's buffer is. */
static int answer_sample(const gym__table *table, const gym_value *request, gym__builder *answer,
                         sampling draw, size_t size, size_t itemsize) {
  gym_error err = GYM_ERROR_INIT;
  gym_space space = {(uint64_t)gym__request_int(request, 1)};
  const char *options = gym__request_text(request, 2);
  size_t length = (size_t)gym__request_int(request, 3);
  /* Where it is too short, or no size is fixed, nothing is written: the call says so. */
  size_t nbytes = size != GYM_DYNAMIC && size <= length ? size * itemsize : 0;
  void *x = malloc(nbytes + 1);
  int status = x ? draw(table, space, options, x, length, &err)
                 : gym__fail(&err, GYM_ERR_MEMORY, "no memory for an element of %zu bytes", nbytes);
  if (status) {
    gym__answer_failure(answer, status, &err);
  } else {
    gym__answer(answer, 1);
    gym__build_bytes(answer, x, nbytes);
  }
  free(x);
  return answer->failed;
}

static int answer_contains(const gym__table *table, gym_space space, const char *element,
                           gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  int is_in = 0;
  int status = table->space_contains_value(space, element, &is_in, &err);
  if (status) return gym__answer_failure(answer, status, &err);
  gym__answer(answer, 1);
  return gym__build_bool(answer, is_in);
}

int gym__serve_space(const gym__table *table, int64_t operation, const gym_value *request,
                     gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  uint64_t id = (uint64_t)gym__request_int(request, 1);
  const char *text = gym__request_text(request, 2);
  gym_space space = {id}, opened = {0};
  gym_value *value = NULL;
  size_t size = GYM_DYNAMIC;
  int status;
  switch (operation) {
    case GYM__REMOTE_SPACE_OF_OBSERVATIONS:
      status = table->space_of_observations((gym_env){id}, &opened, &err);
      return finish_opening(table, answer, status, opened, &err);
    case GYM__REMOTE_SPACE_OF_ACTIONS:
      status = table->space_of_actions((gym_env){id}, &opened, &err);
      return finish_opening(table, answer, status, opened, &err);
    case GYM__REMOTE_SPACE_CHILD:
      status = table->space_child(space, (size_t)gym__request_int(request, 2), &opened, &err);
      return finish_opening(table, answer, status, opened, &err);
    case GYM__REMOTE_SPACE_CLOSE:
      return finish(answer, table->space_close(space, &err), &err);
    case GYM__REMOTE_SPACE_VALUE:
      status = table->space_value(space, &value, &err);
      return gym__answer_block(answer, status, value, &err);
    case GYM__REMOTE_SPACE_SEED:
      status = table->space_seed(space, text, &value, &err);
      return gym__answer_block(answer, status, value, &err);
    case GYM__REMOTE_SPACE_SAMPLE:
      table->space_size(space, &size, NULL);
      return answer_sample(table, request, answer, sample, size, sizeof(double));
    case GYM__REMOTE_SPACE_SAMPLE_NATIVE:
      table->space_nbytes(space, &size, NULL);
      return answer_sample(table, request, answer, sample_native, size, 1);
    case GYM__REMOTE_SPACE_SAMPLE_VALUE:
      status = table->space_sample_value(space, text, &value, &err);
      return gym__answer_block(answer, status, value, &err);
    case GYM__REMOTE_SPACE_CONTAINS_VALUE:
      return answer_contains(table, space, text, answer);
    case GYM__REMOTE_SPACE_FLATTEN_VALUE:
      status = table->space_flatten_value(space, text, &value, &err);
      return gym__answer_block(answer, status, value, &err);
    case GYM__REMOTE_SPACE_UNFLATTEN_VALUE:
      status = table->space_unflatten_value(space, text, &value, &err);
      return gym__answer_block(answer, status, value, &err);
    default:
      gym__fail(&err, GYM_ERR_INTERNAL, "operation %lld is none on spaces", (long long)operation);
      return gym__answer_failure(answer, GYM_ERR_INTERNAL, &err);
  }
}
