/* gym_value: trees are built with the module's builder and read back with the public functions. */
#include "value_trees.h"

static void test_scalars(void) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *root = make_everything();
  if (!CHECK(root != NULL)) return;
  int flag = 9;
  int64_t integer = 9;
  double number = 9;
  CHECK_INT(gym_value_kind(root), GYM_KIND_DICT);
  CHECK_INT(gym_value_count(root), 10);

  CHECK_INT(gym_value_kind(gym_value_get(root, "none")), GYM_KIND_NONE);
  CHECK_INT(gym_value_count(gym_value_get(root, "none")), 0);

  const gym_value *bools = gym_value_get(root, "bools");
  CHECK_INT(gym_value_count(bools), 2);
  CHECK_OK(gym_value_bool(gym_value_at(bools, 0), &flag, &err), err);
  CHECK_INT(flag, 0);
  CHECK_OK(gym_value_bool(gym_value_at(bools, 1), &flag, &err), err);
  CHECK_INT(flag, 1);
  CHECK_OK(gym_value_int64(gym_value_at(bools, 1), &integer, &err), err);
  CHECK_INT(integer, 1);
  CHECK_OK(gym_value_float64(gym_value_at(bools, 1), &number, &err), err);
  CHECK(number == 1.0);
  CHECK(gym_value_at(bools, 2) == NULL);
  CHECK(gym_value_at(bools, SIZE_MAX) == NULL);

  CHECK_OK(gym_value_int64(gym_value_get(root, "int64"), &integer, &err), err);
  CHECK(integer == INT64_MIN);
  CHECK_OK(gym_value_float64(gym_value_get(root, "int64"), &number, &err), err);
  CHECK(number == -0x1p63);
  CHECK_INT(gym_value_bool(gym_value_get(root, "int64"), &flag, &err), GYM_ERR_KIND);
  CHECK_STR(err.message,
            "gym_value_bool: the value is of kind int64, expected bool; ask gym_value_kind first");

  CHECK_OK(gym_value_float64(gym_value_get(root, "float64"), &number, &err), err);
  CHECK(number == 0.1);
  integer = 9;
  CHECK_INT(gym_value_int64(gym_value_get(root, "float64"), &integer, &err), GYM_ERR_KIND);
  CHECK_INT(integer, 9);
  CHECK_INT(err.code, GYM_ERR_KIND);
  CHECK_INT(gym_value_float64(gym_value_get(root, "string"), &number, NULL), GYM_ERR_KIND);

  for (int kind = GYM_KIND_NONE; kind <= GYM_KIND_OTHER; kind++) {
    CHECK(strcmp(gym_value_kind_name(kind), "unknown") != 0);
  }
  CHECK_STR(gym_value_kind_name(GYM_KIND_OTHER), "other");
  CHECK_STR(gym_value_kind_name(-1), "unknown");
  CHECK_STR(gym_value_kind_name(11), "unknown");
  gym_value_free(root);
}

static void test_inexact(void) {
  static const struct {
    int64_t integer;
    int code;
  } cases[] = {
      {INT64_C(9007199254740992), GYM_OK},
      {INT64_C(9007199254740993), GYM_ERR_INEXACT},
      {INT64_C(-9007199254740993), GYM_ERR_INEXACT},
      {INT64_C(9007199254740994), GYM_OK},
      {INT64_MAX, GYM_ERR_INEXACT},
      {INT64_MIN, GYM_OK},
      {INT64_MAX - 1023, GYM_OK},
      {0, GYM_OK},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    gym__builder b;
    double number = -7;
    gym__build_begin(&b);
    gym__build_int64(&b, cases[i].integer);
    gym_value *value = gym__build_finish(&b);
    CHECK_INT(gym_value_float64(value, &number, NULL), cases[i].code);
    CHECK(cases[i].code != GYM_OK ? number == -7 : (int64_t)number == cases[i].integer);
    gym_value_free(value);
  }
}

static void test_texts(void) {
  gym_value *root = make_everything();
  size_t length = 99;
  const char *text = gym_value_string(gym_value_get(root, "string"), &length);
  CHECK_STR(text, "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x8d \"\\\n");
  CHECK_INT(length, strlen(text));

  /* Keys that are not strings are found by their place. */
  CHECK_INT(gym_value_kind(gym_value_key_at(root, 5)), GYM_KIND_TUPLE);
  const unsigned char *bytes = gym_value_bytes(gym_value_at(root, 5), &length);
  CHECK_INT(length, 2);
  CHECK(bytes[0] == 0 && bytes[1] == 0xff);
  CHECK_INT(gym_value_kind(gym_value_key_at(root, 6)), GYM_KIND_INT64);
  CHECK_INT(gym_value_kind(gym_value_key_at(root, 7)), GYM_KIND_NONE);

  const gym_value *other = gym_value_at(root, 7);
  CHECK_INT(gym_value_kind(other), GYM_KIND_OTHER);
  CHECK_STR(gym_value_class(other), "int");
  CHECK_STR(gym_value_string(other, &length), "18446744073709551616");
  CHECK_INT(length, 20);
  CHECK_INT(gym_value_count(other), 20);

  CHECK(gym_value_string(root, &length) == NULL);
  CHECK_INT(length, 0);
  CHECK(gym_value_bytes(root, &length) == NULL);
  CHECK(gym_value_class(root) == NULL);
  CHECK(gym_value_get(root, "absent") == NULL);
  CHECK(gym_value_get(root, "") == NULL);
  CHECK(gym_value_key_at(root, 10) == NULL);
  CHECK(gym_value_at(other, 0) == NULL);
  CHECK_INT(gym_value_count(gym_value_get(root, "empty")), 0);
  CHECK(gym_value_at(gym_value_get(root, "empty"), 0) == NULL);
  gym_value_free(root);

  gym__builder b;
  gym__build_begin(&b);
  gym__build_dict(&b, 2);
  gym__build_string(&b, TEXT("a\0b"));
  gym__build_string(&b, TEXT("\0"));
  gym__build_string(&b, TEXT(""));
  gym__build_string(&b, NULL, 0);
  root = gym__build_finish(&b);
  CHECK(gym_value_get(root, "a") == NULL);
  CHECK_INT(gym_value_count(gym_value_get(root, "")), 0);
  CHECK_STR(gym_value_string(gym_value_get(root, ""), NULL), "");
  text = gym_value_string(gym_value_at(root, 0), &length);
  CHECK(length == 1 && text[0] == 0 && text[1] == 0);
  CHECK_STR(json_of(root), "{\"a\\u0000b\": \"\\u0000\", \"\": \"\"}");
  gym_value_free(root);
}

static void test_null_arguments(void) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *root = make_everything(), *copy = NULL;
  gym_array array = GYM_ARRAY_INIT;
  int flag;
  int64_t integer;
  double number;
  size_t length = 1;
  gym_value_free(NULL);
  CHECK_INT(gym_value_kind(NULL), GYM_KIND_NONE);
  CHECK_INT(gym_value_count(NULL), 0);
  CHECK(gym_value_at(NULL, 0) == NULL);
  CHECK(gym_value_key_at(NULL, 0) == NULL);
  CHECK(gym_value_get(NULL, "a") == NULL);
  CHECK(gym_value_get(root, NULL) == NULL);
  CHECK(gym_value_string(NULL, NULL) == NULL);
  CHECK(gym_value_bytes(NULL, &length) == NULL && length == 0);
  CHECK(gym_value_class(NULL) == NULL);
  CHECK(gym_value_block(NULL, NULL) == NULL);
  CHECK_INT(gym_value_bool(NULL, &flag, &err), GYM_ERR_ARGUMENT);
  CHECK_STR(err.message, "gym_value_bool: value is NULL");
  CHECK_INT(gym_value_bool(root, NULL, &err), GYM_ERR_ARGUMENT);
  CHECK_INT(gym_value_int64(NULL, &integer, &err), GYM_ERR_ARGUMENT);
  CHECK_INT(gym_value_int64(root, NULL, NULL), GYM_ERR_ARGUMENT);
  CHECK_INT(gym_value_float64(NULL, &number, &err), GYM_ERR_ARGUMENT);
  CHECK_INT(gym_value_float64(root, NULL, &err), GYM_ERR_ARGUMENT);
  CHECK_INT(gym_value_array(NULL, &array, &err), GYM_ERR_ARGUMENT);
  CHECK_INT(gym_value_array(root, NULL, &err), GYM_ERR_ARGUMENT);
  CHECK_INT(gym_value_array(root, &array, &err), GYM_ERR_KIND);
  array.struct_size = 8;
  CHECK_INT(gym_value_array(root, &array, &err), GYM_ERR_ARGUMENT);
  CHECK_INT(gym_value_to_json(NULL, NULL, 0, &length, &err), GYM_ERR_ARGUMENT);
  CHECK_INT(gym_value_to_json(root, NULL, 5, &length, &err), GYM_ERR_ARGUMENT);
  CHECK_INT(gym_value_from_block(NULL, 64, &copy, &err), GYM_ERR_ARGUMENT);
  CHECK_INT(gym_value_from_block("", 0, NULL, &err), GYM_ERR_ARGUMENT);
  CHECK_INT(gym_value_from_block("", 0, &copy, &err), GYM_ERR_BLOCK);
  CHECK(copy == NULL);

  /* Only a root can be freed or asked for its block. */
  gym_value *inner = (gym_value *)(uintptr_t)gym_value_at(root, 1);
  gym_value_free(inner);
  CHECK_INT(gym_value_count(inner), 2);
  CHECK(gym_value_block(inner, &length) == NULL && length == 0);
  gym_value_free(root);
}

static void test_arrays(void) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *root = make_everything();
  const gym_value *arrays = gym_value_get(root, "arrays");
  static const struct {
    const char *name;
    size_t size;
  } dtypes[] = {
#define ROW(dtype, size) {#dtype, size},
      GYM__DTYPE_MAP(ROW)};
  size_t count = sizeof dtypes / sizeof dtypes[0];
  CHECK_INT(gym_value_count(arrays), count + 2);
  for (size_t i = 0; i < count; i++) {
    gym_array array = GYM_ARRAY_INIT;
    CHECK_OK(gym_value_array(gym_value_at(arrays, i), &array, &err), err);
    CHECK_STR(array.dtype, dtypes[i].name);
    CHECK_INT(array.itemsize, dtypes[i].size);
    CHECK_INT(array.ndim, 2);
    CHECK(array.shape[0] == 2 && array.shape[1] == 3);
    CHECK_INT(array.size, 6);
    CHECK_INT(array.nbytes, 6 * dtypes[i].size);
    CHECK_INT((uintptr_t)array.data % 16, 0);
    CHECK_INT(gym_value_count(gym_value_at(arrays, i)), 6);
  }
  gym_array array = GYM_ARRAY_INIT;
  CHECK_OK(gym_value_array(gym_value_at(arrays, count), &array, &err), err);
  CHECK(array.size == 0 && array.nbytes == 0 && array.shape[0] == 2 && array.shape[1] == 0);
  CHECK_OK(gym_value_array(gym_value_at(arrays, count + 1), &array, &err), err);
  CHECK(array.size == 1 && array.nbytes == 8 && array.ndim == 0 && *(const double *)array.data == 0);
  gym_value_free(root);
}

static void test_depth(void) {
  int failed = -1;
  gym_value *value = make_nested(GYM__VALUE_MAX_DEPTH, &failed);
  CHECK_INT(failed, GYM_OK);
  const gym_value *at = value;
  for (int i = 1; i < GYM__VALUE_MAX_DEPTH; i++) at = gym_value_at(at, 0);
  CHECK_INT(gym_value_kind(at), GYM_KIND_INT64);
  gym_value_free(value);
  CHECK(make_nested(GYM__VALUE_MAX_DEPTH + 1, &failed) == NULL);
  CHECK_INT(failed, GYM_ERR_INTERNAL);

  /* An empty container is a leaf, also at the limit. */
  gym__builder b;
  gym__build_begin(&b);
  for (int i = 1; i < GYM__VALUE_MAX_DEPTH; i++) gym__build_list(&b, 1);
  CHECK_INT(gym__build_depth(&b), GYM__VALUE_MAX_DEPTH);
  CHECK_INT(gym__build_dict(&b, 0), GYM_OK);
  value = gym__build_finish(&b);
  CHECK(value != NULL);
  gym_value_free(value);
}

static int64_t one_too_many[GYM__VALUE_MAX_NDIM + 1];

static void test_builder_failures(void) {
#define CHECK_BUILD_FAILS(code, ...)          \
  do {                                        \
    gym__builder b;                           \
    gym__build_begin(&b);                     \
    __VA_ARGS__;                              \
    CHECK(gym__build_finish(&b) == NULL);     \
    CHECK_INT(b.failed, code);                \
    CHECK_INT(gym__build_none(&b), b.failed); \
    gym__build_abandon(&b);                   \
  } while (0)
  CHECK_BUILD_FAILS(GYM_ERR_INTERNAL, (void)0);
  CHECK_BUILD_FAILS(GYM_ERR_INTERNAL, gym__build_none(&b); gym__build_none(&b));
  CHECK_BUILD_FAILS(GYM_ERR_INTERNAL, gym__build_list(&b, 1));
  CHECK_BUILD_FAILS(GYM_ERR_INTERNAL, gym__build_dict(&b, 1); gym__build_none(&b));
  CHECK_BUILD_FAILS(GYM_ERR_INTERNAL, gym__build_tuple(&b, 1); gym__build_none(&b); gym__build_none(&b));
  CHECK_BUILD_FAILS(GYM_ERR_INTERNAL, gym__build_array(&b, "float128", 0, NULL, ""));
  CHECK_BUILD_FAILS(GYM_ERR_INTERNAL, gym__build_array(&b, "int8", 65, one_too_many, NULL));
  CHECK_BUILD_FAILS(GYM_ERR_MEMORY, gym__build_list(&b, SIZE_MAX));
  CHECK_BUILD_FAILS(GYM_ERR_MEMORY, gym__build_dict(&b, SIZE_MAX / 2 + 1));
  CHECK_BUILD_FAILS(GYM_ERR_MEMORY, gym__build_string(&b, "", SIZE_MAX));
  CHECK_BUILD_FAILS(GYM_ERR_MEMORY, gym__build_other(&b, "a", "", SIZE_MAX - 16));
  CHECK_BUILD_FAILS(GYM_ERR_MEMORY, gym__build_array(&b, "int8", 1, (const int64_t[]){-1}, NULL));
  CHECK_BUILD_FAILS(GYM_ERR_MEMORY, gym__build_array(&b, "int64", 2, (const int64_t[]){INT64_MAX, 3}, NULL));

  gym__builder b;
  gym__build_begin(&b);
  gym__build_list(&b, 2);
  gym__build_string(&b, TEXT("left behind"));
  gym__build_abandon(&b);
  gym__build_abandon(&b);

  /* A block that moves many times while containers are open. */
  gym__build_begin(&b);
  gym__build_list(&b, 5000);
  for (int i = 0; i < 5000; i++) {
    gym__build_tuple(&b, 2);
    gym__build_int64(&b, i);
    gym__build_bytes(&b, "", 0);
  }
  gym_value *value = gym__build_finish(&b);
  int64_t integer = 0;
  for (size_t i = 0; i < 5000; i++) {
    gym_value_int64(gym_value_at(gym_value_at(value, i), 0), &integer, NULL);
    CHECK_INT(integer, i);
  }
  gym_value_free(value);
}

int main(void) {
  test_scalars();
  test_inexact();
  test_texts();
  test_null_arguments();
  test_arrays();
  test_depth();
  test_builder_failures();
  return check_summary();
}
