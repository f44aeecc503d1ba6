/* A copy of src/gogym_c/value/value_copy.c, made by tools/copy_go_sources.py; edit that one. */
#include "value_copy.h"

static int copy_items(gym__builder *b, const gym_value *node) {
  size_t count = gym_value_count(node);
  int is_dict = gym_value_kind(node) == GYM_KIND_DICT;
  for (size_t i = 0; i < count && !b->failed; i++) {
    if (is_dict) gym__build_copy(b, gym_value_key_at(node, i));
    gym__build_copy(b, gym_value_at(node, i));
  }
  return b->failed;
}

static int copy_array(gym__builder *b, const gym_value *node) {
  gym_array array = GYM_ARRAY_INIT;
  gym_value_array(node, &array, NULL);
  return gym__build_array(b, array.dtype, array.ndim, array.shape, array.data);
}

int gym__build_copy(gym__builder *b, const gym_value *node) {
  size_t length = 0;
  int flag = 0;
  int64_t integer = 0;
  double number = 0;
  const char *text;
  const void *bytes;
  switch (gym_value_kind(node)) {
    case GYM_KIND_BOOL:
      gym_value_bool(node, &flag, NULL);
      return gym__build_bool(b, flag);
    case GYM_KIND_INT64:
      gym_value_int64(node, &integer, NULL);
      return gym__build_int64(b, integer);
    case GYM_KIND_FLOAT64:
      gym_value_float64(node, &number, NULL);
      return gym__build_float64(b, number);
    case GYM_KIND_STRING:
      text = gym_value_string(node, &length);
      return gym__build_string(b, text, length);
    case GYM_KIND_BYTES:
      bytes = gym_value_bytes(node, &length);
      return gym__build_bytes(b, bytes, length);
    case GYM_KIND_ARRAY:
      return copy_array(b, node);
    case GYM_KIND_LIST:
      gym__build_list(b, gym_value_count(node));
      return copy_items(b, node);
    case GYM_KIND_TUPLE:
      gym__build_tuple(b, gym_value_count(node));
      return copy_items(b, node);
    case GYM_KIND_DICT:
      gym__build_dict(b, gym_value_count(node));
      return copy_items(b, node);
    case GYM_KIND_OTHER:
      text = gym_value_string(node, &length);
      return gym__build_other(b, gym_value_class(node), text, length);
    default:
      return gym__build_none(b);
  }
}
