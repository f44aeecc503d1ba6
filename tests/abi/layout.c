/* Prints everything that host and module, or program and library, must agree on without seeing each other's
 * sources. tests/abi/test_layout.py compares it with the records beside this file. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "gogym.h"
#include "gogym_abi.h"
#include "gogym_slab.h"
#include "gogym_value_format.h"

#define SIZE(type) printf("sizeof %s %zu\n", #type, sizeof(type))
#define FIELD(type, field)                                                          \
  printf("field %s.%s offset %zu size %zu\n", #type, #field, offsetof(type, field), \
         sizeof(((type *)0)->field))
#define CONSTANT(name) printf("constant %s %" PRIu64 "\n", #name, (uint64_t)(name))
#define TEXT(name) printf("text %s %s\n", #name, name)

int main(void) {
  SIZE(gym_error);
  FIELD(gym_error, struct_size);
  FIELD(gym_error, code);
  FIELD(gym_error, type);
  FIELD(gym_error, message);
  FIELD(gym_error, traceback);
  SIZE(gym_config);
  FIELD(gym_config, struct_size);
  FIELD(gym_config, reserved);
  FIELD(gym_config, python);
  SIZE(gym_env);
  FIELD(gym_env, id);
  SIZE(gym_space);
  FIELD(gym_space, id);
  SIZE(gym_vec);
  FIELD(gym_vec, id);
  SIZE(gym_vec_view);
  FIELD(gym_vec_view, struct_size);
  FIELD(gym_vec_view, is_native);
  FIELD(gym_vec_view, num_envs);
  FIELD(gym_vec_view, action_nbytes);
  FIELD(gym_vec_view, observation_nbytes);
  FIELD(gym_vec_view, actions);
  FIELD(gym_vec_view, observations);
  FIELD(gym_vec_view, final_observations);
  FIELD(gym_vec_view, transitions);
  FIELD(gym_vec_view, statuses);
  SIZE(gym_transition);
  FIELD(gym_transition, reward);
  FIELD(gym_transition, terminated);
  FIELD(gym_transition, truncated);
  FIELD(gym_transition, reserved);
  SIZE(gym_array);
  FIELD(gym_array, struct_size);
  FIELD(gym_array, ndim);
  FIELD(gym_array, dtype);
  FIELD(gym_array, shape);
  FIELD(gym_array, data);
  FIELD(gym_array, itemsize);
  FIELD(gym_array, size);
  FIELD(gym_array, nbytes);

  SIZE(gym__batch);
  FIELD(gym__batch, id);
  SIZE(gym__batch_plan);
  FIELD(gym__batch_plan, id);
  FIELD(gym__batch_plan, options);
  FIELD(gym__batch_plan, first);
  FIELD(gym__batch_plan, count);
  FIELD(gym__batch_plan, total);
  SIZE(gym__rows);
  FIELD(gym__rows, struct_size);
  FIELD(gym__rows, is_native);
  FIELD(gym__rows, count);
  FIELD(gym__rows, action_nbytes);
  FIELD(gym__rows, observation_nbytes);
  FIELD(gym__rows, actions);
  FIELD(gym__rows, observations);
  FIELD(gym__rows, final_observations);
  FIELD(gym__rows, transitions);
  FIELD(gym__rows, statuses);
  FIELD(gym__rows, states);
  FIELD(gym__rows, seeds);

  SIZE(gym__slab);
  FIELD(gym__slab, magic);
  FIELD(gym__slab, version);
  FIELD(gym__slab, worker_count);
  FIELD(gym__slab, turn);
  FIELD(gym__slab, balance);
  FIELD(gym__slab, host_sleeps);
  FIELD(gym__slab, interrupted);
  SIZE(gym__station);
  FIELD(gym__station, command);
  FIELD(gym__station, operations);
  FIELD(gym__station, publish_each);
  FIELD(gym__station, spin_ns);
  FIELD(gym__station, call);
  FIELD(gym__station, is_native);
  FIELD(gym__station, seed);
  FIELD(gym__station, action_offset);
  FIELD(gym__station, action_count);
  FIELD(gym__station, observation_offset);
  FIELD(gym__station, observation_count);
  FIELD(gym__station, sleeps);
  FIELD(gym__station, futex_calls);
  FIELD(gym__station, published);
  FIELD(gym__station, env);
  FIELD(gym__station, status);
  FIELD(gym__station, action_nbytes);
  FIELD(gym__station, transition);
  FIELD(gym__station, error);

  SIZE(gym__block);
  FIELD(gym__block, magic);
  FIELD(gym__block, reserved);
  FIELD(gym__block, nbytes);
  SIZE(gym_value);
  FIELD(gym_value, kind);
  FIELD(gym_value, flags);
  FIELD(gym_value, count);
  SIZE(gym__array);
  FIELD(gym__array, dtype);
  FIELD(gym__array, ndim);
  FIELD(gym__array, itemsize);
  FIELD(gym__array, data);

  SIZE(gym_frame_part);
  FIELD(gym_frame_part, dtype);
  FIELD(gym_frame_part, ndim);
  FIELD(gym_frame_part, reserved);
  FIELD(gym_frame_part, shape);
  FIELD(gym_frame_part, byte_offset);
  FIELD(gym_frame_part, nbytes);

  SIZE(gym_frame);
  FIELD(gym_frame, struct_size);
  FIELD(gym_frame, count);
  FIELD(gym_frame, nbytes);
  FIELD(gym_frame, parts);

  SIZE(gym__table);
  FIELD(gym__table, abi_version);
  FIELD(gym__table, struct_size);
  FIELD(gym__table, make);
  FIELD(gym__table, reset);
  FIELD(gym__table, step);
  FIELD(gym__table, sample_action);
  FIELD(gym__table, seed_action);
  FIELD(gym__table, close);
  FIELD(gym__table, observation_size);
  FIELD(gym__table, action_size);
  FIELD(gym__table, observation_space);
  FIELD(gym__table, action_space);
  FIELD(gym__table, info);
  FIELD(gym__table, shutdown);
  FIELD(gym__table, observation_nbytes);
  FIELD(gym__table, action_nbytes);
  FIELD(gym__table, reset_native);
  FIELD(gym__table, step_native);
  FIELD(gym__table, sample_action_native);
  FIELD(gym__table, observation);
  FIELD(gym__table, reset_value);
  FIELD(gym__table, step_value);
  FIELD(gym__table, space_make);
  FIELD(gym__table, space_of_observations);
  FIELD(gym__table, space_of_actions);
  FIELD(gym__table, space_child);
  FIELD(gym__table, space_close);
  FIELD(gym__table, space_value);
  FIELD(gym__table, space_size);
  FIELD(gym__table, space_nbytes);
  FIELD(gym__table, space_flatdim);
  FIELD(gym__table, space_seed);
  FIELD(gym__table, space_sample);
  FIELD(gym__table, space_sample_native);
  FIELD(gym__table, space_sample_value);
  FIELD(gym__table, space_contains);
  FIELD(gym__table, space_contains_native);
  FIELD(gym__table, space_contains_value);
  FIELD(gym__table, space_flatten);
  FIELD(gym__table, space_flatten_native);
  FIELD(gym__table, space_flatten_value);
  FIELD(gym__table, space_unflatten);
  FIELD(gym__table, space_unflatten_native);
  FIELD(gym__table, space_unflatten_value);
  FIELD(gym__table, wrap);
  FIELD(gym__table, add_reward_callback);
  FIELD(gym__table, add_array_callback);
  FIELD(gym__table, add_trigger_callback);
  FIELD(gym__table, remove_callback);
  FIELD(gym__table, frame_layout);
  FIELD(gym__table, render);
  FIELD(gym__table, render_value);
  FIELD(gym__table, has_attr);
  FIELD(gym__table, get_attr);
  FIELD(gym__table, set_attr);
  FIELD(gym__table, call);
  FIELD(gym__table, save_state);
  FIELD(gym__table, load_state);
  FIELD(gym__table, clone);
  FIELD(gym__table, list_envs);
  FIELD(gym__table, spec);
  FIELD(gym__table, register_env);
  FIELD(gym__table, import_module);
  FIELD(gym__table, versions);
  FIELD(gym__table, check_env);
  FIELD(gym__table, set_message_callback);
  FIELD(gym__table, flush);
  FIELD(gym__table, is_inside);
  FIELD(gym__table, batch_make);
  FIELD(gym__table, batch_bind);
  FIELD(gym__table, batch_set_reset_options);
  FIELD(gym__table, batch_run);
  FIELD(gym__table, batch_failures);
  FIELD(gym__table, batch_remake);
  FIELD(gym__table, batch_info);
  FIELD(gym__table, batch_call);
  FIELD(gym__table, batch_render);
  FIELD(gym__table, batch_sample_actions);
  FIELD(gym__table, batch_seed_actions);
  FIELD(gym__table, batch_space);
  FIELD(gym__table, batch_close);

  CONSTANT(GYM_ERROR_SIZE_V1);
  CONSTANT(GYM_ERROR_TYPE_SIZE);
  CONSTANT(GYM_ERROR_MESSAGE_SIZE);
  CONSTANT(GYM_ERROR_TRACEBACK_SIZE);
  CONSTANT(GYM_DYNAMIC);
  CONSTANT(GYM_KIND_NONE);
  CONSTANT(GYM_KIND_BOOL);
  CONSTANT(GYM_KIND_INT64);
  CONSTANT(GYM_KIND_FLOAT64);
  CONSTANT(GYM_KIND_STRING);
  CONSTANT(GYM_KIND_BYTES);
  CONSTANT(GYM_KIND_ARRAY);
  CONSTANT(GYM_KIND_LIST);
  CONSTANT(GYM_KIND_TUPLE);
  CONSTANT(GYM_KIND_DICT);
  CONSTANT(GYM_KIND_OTHER);
  CONSTANT(GYM_MESSAGE_OUTPUT);
  CONSTANT(GYM_MESSAGE_DEBUG);
  CONSTANT(GYM_MESSAGE_INFO);
  CONSTANT(GYM_MESSAGE_WARNING);
  CONSTANT(GYM_MESSAGE_ERROR);
  CONSTANT(GYM_MESSAGE_CRITICAL);
  CONSTANT(GYM_VEC_SINGLE_OBSERVATION_SPACE);
  CONSTANT(GYM_VEC_SINGLE_ACTION_SPACE);
  CONSTANT(GYM_VEC_OBSERVATION_SPACE);
  CONSTANT(GYM_VEC_ACTION_SPACE);
  CONSTANT(GYM__ABI_VERSION);
  CONSTANT(GYM__TABLE_SIZE_V1);
  CONSTANT(GYM__ROW_IDLE);
  CONSTANT(GYM__ROW_STEP);
  CONSTANT(GYM__ROW_RESET);
  CONSTANT(GYM__ROW_DONE);
  CONSTANT(GYM__ROW_REFUSED);
  CONSTANT(GYM__BLOCK_MAGIC);
  CONSTANT(GYM__VALUE_MAX_DEPTH);
  CONSTANT(GYM__VALUE_MAX_NDIM);
  CONSTANT(GYM__VALUE_ROOT);
  TEXT(GYM__CAPSULE_MODULE);
  TEXT(GYM__CAPSULE_NAME);

#define STATUS(name, value, description) printf("status %s %d\n", #name, value);
  GYM_STATUS_MAP(STATUS)
  return 0;
}
