/* gym_value_to_json: the text is Python's json.dumps(value, ensure_ascii=False). */
#include <locale.h>
#include <math.h>

#include "value_trees.h"

/* Ends a tree, checks its JSON and frees it. */
static void check_tree_json(gym__builder *b, const char *expected, int line) {
  gym_value *value = gym__build_finish(b);
  if (!check_int(b->failed, GYM_OK, "build", __FILE__, line)) return;
  check_str(json_of(value), expected, "JSON", __FILE__, line);
  gym_value_free(value);
}
#define CHECK_TREE_JSON(b, expected) check_tree_json(b, expected, __LINE__)

static void check_float_json(double number, const char *expected, int line) {
  gym__builder b;
  gym__build_begin(&b);
  gym__build_float64(&b, number);
  check_tree_json(&b, expected, line);
}
#define CHECK_FLOAT_JSON(number, expected) check_float_json(number, expected, __LINE__)

static void check_array_json(const char *dtype, uint32_t ndim, const int64_t *shape, const void *data,
                             const char *expected, int line) {
  gym__builder b;
  gym__build_begin(&b);
  gym__build_array(&b, dtype, ndim, shape, data);
  check_tree_json(&b, expected, line);
}
#define CHECK_ARRAY_JSON(dtype, ndim, shape, data, expected) \
  check_array_json(dtype, ndim, shape, data, expected, __LINE__)

static void test_json_numbers(void) {
  CHECK_FLOAT_JSON(0.0, "0.0");
  CHECK_FLOAT_JSON(-0.0, "-0.0");
  CHECK_FLOAT_JSON(1.0, "1.0");
  CHECK_FLOAT_JSON(-100.0, "-100.0");
  CHECK_FLOAT_JSON(0.1, "0.1");
  CHECK_FLOAT_JSON(0.1 + 0.2, "0.30000000000000004");
  CHECK_FLOAT_JSON(1.0 / 3, "0.3333333333333333");
  CHECK_FLOAT_JSON(123456.789, "123456.789");
  CHECK_FLOAT_JSON(1e15, "1000000000000000.0");
  CHECK_FLOAT_JSON(1e16, "1e+16");
  CHECK_FLOAT_JSON(1.5e300, "1.5e+300");
  CHECK_FLOAT_JSON(0.0001, "0.0001");
  CHECK_FLOAT_JSON(0.00001234, "1.234e-05");
  CHECK_FLOAT_JSON(5e-324, "5e-324");
  CHECK_FLOAT_JSON(-2.2250738585072014e-308, "-2.2250738585072014e-308");
  CHECK_FLOAT_JSON(1.7976931348623157e308, "1.7976931348623157e+308");
  CHECK_FLOAT_JSON((double)NAN, "\"nan\"");
  CHECK_FLOAT_JSON((double)INFINITY, "\"inf\"");
  CHECK_FLOAT_JSON((double)-INFINITY, "\"-inf\"");

  /* Every double comes back from its text. */
  uint64_t bits = 1;
  for (int i = 0; i < 20000; i++) {
    double number;
    bits = bits * 6364136223846793005u + 1442695040888963407u;
    memcpy(&number, &bits, sizeof number);
    if (!isfinite(number)) continue;
    gym__builder b;
    gym__build_begin(&b);
    gym__build_float64(&b, number);
    gym_value *value = gym__build_finish(&b);
    CHECK(strtod(json_of(value), NULL) == number);
    gym_value_free(value);
  }
}

static void test_json_locale(void) {
  static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "fr_FR.utf8"};
  const char *found = NULL;
  for (size_t i = 0; !found && i < sizeof names / sizeof names[0]; i++) {
    found = setlocale(LC_NUMERIC, names[i]);
  }
  if (!found) {
    printf("skipped: no locale with a decimal comma is installed\n");
    return;
  }
  CHECK_STR(localeconv()->decimal_point, ",");
  static const long double half = 0.5L;
  CHECK_FLOAT_JSON(0.1, "0.1");
  CHECK_FLOAT_JSON(0.1 + 0.2, "0.30000000000000004");
  CHECK_FLOAT_JSON(1234567.5, "1234567.5");
  CHECK_ARRAY_JSON("longdouble", 0, NULL, &half, "0.5");
  setlocale(LC_NUMERIC, "C");
}

static void test_json_arrays(void) {
  static const int64_t two[] = {2}, three[] = {3}, four[] = {4}, grid[] = {2, 1, 2};
  CHECK_ARRAY_JSON("bool", 1, three, "\0\1\2", "[false, true, true]");
  CHECK_ARRAY_JSON("int8", 1, two, ((int8_t[]){INT8_MIN, INT8_MAX}), "[-128, 127]");
  CHECK_ARRAY_JSON("int16", 1, two, ((int16_t[]){INT16_MIN, INT16_MAX}), "[-32768, 32767]");
  CHECK_ARRAY_JSON("int32", 1, two, ((int32_t[]){INT32_MIN, INT32_MAX}), "[-2147483648, 2147483647]");
  CHECK_ARRAY_JSON("int64", 1, two, ((int64_t[]){INT64_MIN, INT64_MAX}),
                   "[-9223372036854775808, 9223372036854775807]");
  CHECK_ARRAY_JSON("uint8", 1, two, ((uint8_t[]){0, UINT8_MAX}), "[0, 255]");
  CHECK_ARRAY_JSON("uint16", 1, two, ((uint16_t[]){0, UINT16_MAX}), "[0, 65535]");
  CHECK_ARRAY_JSON("uint32", 1, two, ((uint32_t[]){0, UINT32_MAX}), "[0, 4294967295]");
  CHECK_ARRAY_JSON("uint64", 1, two, ((uint64_t[]){0, UINT64_MAX}), "[0, 18446744073709551615]");
  CHECK_ARRAY_JSON("float16", 1, four, ((uint16_t[]){0x3C00, 0xC000, 0x7BFF, 0x2E66}),
                   "[1.0, -2.0, 65504.0, 0.0999755859375]");
  CHECK_ARRAY_JSON("float16", 1, four, ((uint16_t[]){0x0001, 0x7C00, 0xFC00, 0x7E00}),
                   "[5.960464477539063e-08, \"inf\", \"-inf\", \"nan\"]");
  CHECK_ARRAY_JSON("float32", 1, two, ((float[]){0.5f, 0.1f}), "[0.5, 0.10000000149011612]");
  CHECK_ARRAY_JSON("float64", 1, two, ((double[]){0.1, (double)NAN}), "[0.1, \"nan\"]");
  CHECK_ARRAY_JSON("longdouble", 1, three, ((long double[]){0.1L, -2.0L, (long double)INFINITY}),
                   "[0.1, -2.0, \"inf\"]");
  CHECK_ARRAY_JSON("complex64", 1, two, ((float[]){1, -2, 0.5f, (float)INFINITY}),
                   "[[1.0, -2.0], [0.5, \"inf\"]]");
  CHECK_ARRAY_JSON("complex128", 0, NULL, ((double[]){0.1, 1e100}), "[0.1, 1e+100]");
  CHECK_ARRAY_JSON("int8", 0, NULL, "\x05", "5");
  CHECK_ARRAY_JSON("int8", 3, grid, "\1\2\3\4", "[[[1, 2]], [[3, 4]]]");
  CHECK_ARRAY_JSON("int8", 1, ((int64_t[]){0}), NULL, "[]");
  CHECK_ARRAY_JSON("int8", 2, ((int64_t[]){2, 0}), NULL, "[[], []]");
  CHECK_ARRAY_JSON("int8", 3, ((int64_t[]){0, 2, 3}), NULL, "[]");
  CHECK_ARRAY_JSON("int8", 2, ((int64_t[]){INT64_C(1) << 60, 0}), NULL, "[]");

  /* A pattern that is no number of the x87 format; in another format it is one. */
  long double pattern = 0;
  memcpy(&pattern, "\x00\x04\x00\x00\x00\x00\x00\x00\x00\x04", sizeof pattern < 10 ? 8 : 10);
  gym__builder b;
  gym__build_begin(&b);
  gym__build_array(&b, "longdouble", 0, NULL, &pattern);
  gym_value *value = gym__build_finish(&b);
  CHECK(is_json(json_of(value)));
  gym_value_free(value);
}

static void test_json_trees(void) {
  gym__builder b;
  gym__build_begin(&b);
  gym__build_dict(&b, 12);
  gym__build_string(&b, TEXT("\"\\\b\f\n\r\t\x01\x1f/\x7f\xc3\xa9"));
  gym__build_none(&b);
  gym__build_none(&b);
  gym__build_bool(&b, 1);
  gym__build_bool(&b, 0);
  gym__build_int64(&b, INT64_MAX);
  gym__build_int64(&b, -3);
  gym__build_list(&b, 0);
  gym__build_float64(&b, 0.5);
  gym__build_tuple(&b, 0);
  gym__build_float64(&b, (double)NAN);
  gym__build_dict(&b, 0);
  gym__build_float64(&b, (double)-INFINITY);
  gym__build_bytes(&b, "", 0);
  gym__build_bytes(&b, "\x00\xff", 2);
  gym__build_bytes(&b, "a", 1);
  gym__build_other(&b, "m.K", TEXT("<K \"1\">"));
  gym__build_other(&b, "m.K", TEXT("<K \"2\">"));
  gym__build_tuple(&b, 3); /* as a key: escaped as JSON, and once more as a key */
  gym__build_string(&b, TEXT("a\"\n"));
  gym__build_int64(&b, 1);
  gym__build_float64(&b, (double)INFINITY);
  gym__build_int64(&b, 0);
  gym__build_dict(&b, 2); /* a dict as a key cannot come from Python, but from a block */
  gym__build_string(&b, TEXT("k"));
  gym__build_int64(&b, 1);
  gym__build_int64(&b, 2);
  gym__build_int64(&b, 3);
  gym__build_int64(&b, 0);
  gym__build_array(&b, "int8", 1, (const int64_t[]){2}, "\1\2");
  gym__build_list(&b, 1);
  gym__build_none(&b);
  CHECK_TREE_JSON(&b,
                  "{\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/\x7f\xc3\xa9\": null, \"null\": true, "
                  "\"false\": 9223372036854775807, \"-3\": [], \"0.5\": [], \"nan\": {}, \"-inf\": [], "
                  "\"[0, 255]\": [97], \"<K \\\"1\\\">\": \"<K \\\"2\\\">\", "
                  "\"[\\\"a\\\\\\\"\\\\n\\\", 1, \\\"inf\\\"]\": 0, \"{\\\"k\\\": 1, 2: 3}\": 0, "
                  "\"[1, 2]\": [null]}");
  CHECK(is_json(json_buffer));
}

static void test_json_buffers(void) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *root = make_everything();
  size_t needed = 0, again = 0;
  CHECK_OK(gym_value_to_json(root, NULL, 0, &needed, &err), err);
  CHECK_OK(gym_value_to_json(root, NULL, 0, NULL, &err), err);
  CHECK_INT(needed, strlen(json_of(root)) + 1);
  CHECK(is_json(json_buffer));
  char *exact = malloc(needed);
  memset(exact, 'x', needed);
  CHECK_INT(gym_value_to_json(root, exact, needed - 1, &again, &err), GYM_ERR_BUFFER);
  CHECK(again == needed && exact[0] == 'x');
  CHECK_INT(gym_value_to_json(root, exact, 0, NULL, &err), GYM_ERR_BUFFER);
  CHECK_OK(gym_value_to_json(root, exact, needed, &again, &err), err);
  CHECK_STR(exact, json_buffer);
  free(exact);
  gym_value_free(root);
}

int main(void) {
  test_json_numbers();
  test_json_locale();
  test_json_arrays();
  test_json_trees();
  test_json_buffers();
  return check_summary();
}
