/* Spaces as plain C: building them, contains in both layouts, and how errors name their parts. Without
 * Python; what is expected here is what Gymnasium does. */
#include <float.h>
#include <math.h>

#include "space_trees.h"

/* ------------------------------------------------------------------------------------- contains */

static void test_box_floats(void) {
  const float low[] = {0.1f, -INFINITY, -1}, high[] = {0.2f, INFINITY, 3e38f};
  gym__space *space = box(D(float32), low, high, 3, "element");
  CHECK(CONTAINS(space, 0.1, 0, 0)); /* 0.1 is less than 0.1f, but becomes it */
  CHECK(CONTAINS(space, (double)0.1f, 0, 0));
  CHECK(!CONTAINS(space, 0.0999999, 0, 0));
  CHECK(!CONTAINS(space, NAN, 0, 0));
  CHECK(!CONTAINS(space, 0.1, NAN, 0));
  CHECK(CONTAINS(space, 0.2, INFINITY, -1));
  CHECK(CONTAINS(space, 0.2, 1e300, -1)); /* becomes infinite */
  CHECK(CONTAINS(space, 0.2, -INFINITY, -1));
  CHECK(!CONTAINS(space, 0.2, 0, 1e300));
  CHECK(!CONTAINS(space, 0.2, 0, -1.001));
  const float element[] = {0.1f, 5, 2}, nan[] = {0.1f, NAN, 2}, above[] = {nextafterf(0.2f, 1), 5, 2};
  CHECK(gym__space_contains_native(space, element));
  CHECK(!gym__space_contains_native(space, nan));
  CHECK(!gym__space_contains_native(space, above));
  gym__space_free(space);

  const double zero = 0.0, most = DBL_MAX;
  space = box(D(float64), &zero, &most, 1, "element");
  CHECK(CONTAINS(space, -0.0));
  CHECK(CONTAINS(space, 5e-324));
  CHECK(CONTAINS(space, DBL_MAX));
  CHECK(!CONTAINS(space, INFINITY));
  CHECK(!CONTAINS(space, -5e-324));
  CHECK(!CONTAINS(space, NAN));
  CHECK(!gym__space_contains_native(space, NUMBERS(NAN)));
  CHECK(gym__space_contains_native(space, NUMBERS(-0.0)));
  gym__space_free(space);

  const uint16_t half_low = 0x3c00, half_high = 0x7c00; /* 1 to infinity */
  space = box(D(float16), &half_low, &half_high, 1, "element");
  CHECK(CONTAINS(space, 1.0 - 0x1p-13));
  CHECK(!CONTAINS(space, 1.0 - 0x1p-11));
  CHECK(CONTAINS(space, 1e9));
  CHECK(!CONTAINS(space, NAN));
  const uint16_t halves[] = {0x3bff, 0x3c00, 0x7c00, 0x7c01, 0xfe00};
  const int inside[] = {0, 1, 1, 0, 0};
  for (size_t i = 0; i < COUNT(halves); i++)
    CHECK_INT(gym__space_contains_native(space, &halves[i]), inside[i]);
  gym__space_free(space);

  const long double long_low = -1, long_high = 1.0L / 3;
  space = box(D(longdouble), &long_low, &long_high, 1, "element");
  CHECK(CONTAINS(space, 0.333));
  CHECK(!CONTAINS(space, 0.334));
  CHECK(gym__space_contains_native(space, &long_high));
  gym__space_free(space);
}

static void test_box_integers(void) {
  const uint8_t low8[] = {0, 10}, high8[] = {255, 20};
  gym__space *space = box(D(uint8), low8, high8, 2, "element");
  CHECK(CONTAINS(space, 0, 10));
  CHECK(CONTAINS(space, 255, 20));
  CHECK(CONTAINS(space, -0.0, 15));
  CHECK(!CONTAINS(space, 256, 15));
  CHECK(!CONTAINS(space, -1, 15));
  CHECK(!CONTAINS(space, 0, 21));
  CHECK(!CONTAINS(space, 0.5, 15));
  CHECK(!CONTAINS(space, NAN, 15));
  CHECK(!CONTAINS(space, INFINITY, 15));
  CHECK(!CONTAINS(space, -INFINITY, 15));
  const uint8_t inside[] = {255, 20}, outside[] = {0, 9};
  CHECK(gym__space_contains_native(space, inside));
  CHECK(!gym__space_contains_native(space, outside));
  gym__space_free(space);

  const int64_t low64 = INT64_MIN, high64 = INT64_MAX - 1;
  space = box(D(int64), &low64, &high64, 1, "element");
  CHECK(CONTAINS(space, -0x1p63));
  CHECK(!CONTAINS(space, 0x1p63));
  CHECK(!CONTAINS(space, NAN));
  CHECK(!CONTAINS(space, 0.5));
  CHECK(gym__space_contains_native(space, &high64));
  CHECK(!gym__space_contains_native(space, &(int64_t){INT64_MAX}));
  gym__space_free(space);

  const int64_t exact_low = ((int64_t)1 << 53) + 1, exact_high = exact_low + 2;
  space = box(D(int64), &exact_low, &exact_high, 1, "element");
  CHECK(!CONTAINS(space, 0x1p53));
  CHECK(CONTAINS(space, 0x1p53 + 2));
  CHECK(!CONTAINS(space, 0x1p53 + 4));
  CHECK(gym__space_contains_native(space, &exact_high));
  gym__space_free(space);

  const uint64_t natural_low = (uint64_t)1 << 63, natural_high = UINT64_MAX;
  space = box(D(uint64), &natural_low, &natural_high, 1, "element");
  CHECK(CONTAINS(space, 0x1p63));
  CHECK(!CONTAINS(space, 0x1p64));
  CHECK(!CONTAINS(space, -1));
  CHECK(gym__space_contains_native(space, &natural_high));
  CHECK(!gym__space_contains_native(space, &(uint64_t){natural_low - 1}));
  gym__space_free(space);

  const uint8_t no = 0, yes = 1, two = 2;
  space = box(D(bool), &no, &yes, 1, "element");
  CHECK(CONTAINS(space, 1));
  CHECK(!CONTAINS(space, 2));
  CHECK(!CONTAINS(space, 0.5));
  CHECK(!gym__space_contains_native(space, &two)); /* no bool */
  gym__space_free(space);
}

/* In a big box one element that is outside is found wherever it is. */
static void test_big_box(void) {
  enum { N = 3001 };
  static uint8_t low[N], high[N];
  static unsigned char frame[N + 1];
  static double numbers[N];
  memset(high, 200, N);
  gym__space *space = box(D(uint8), low, high, N, "element");
  for (size_t i = 0; i < N; i++) numbers[i] = frame[i + 1] = (unsigned char)(i % 200);
  CHECK(gym__space_contains(space, numbers) && gym__space_contains_native(space, frame + 1));
  size_t missed = 0;
  for (size_t i = 0; i < N; i++) {
    double number = numbers[i];
    numbers[i] = i % 2 ? 201 : 0.5;
    frame[i + 1] = 201;
    if (gym__space_contains(space, numbers) || gym__space_contains_native(space, frame + 1)) missed++;
    numbers[i] = number;
    frame[i + 1] = (unsigned char)number;
  }
  CHECK_INT(missed, 0);
  gym__space_free(space);
}

static void test_counts(void) {
  gym__space *space = discrete(D(int64), 3, -1, "element");
  CHECK(CONTAINS(space, -1) && CONTAINS(space, 1) && CONTAINS(space, -0.0));
  CHECK(!CONTAINS(space, 2) && !CONTAINS(space, -2) && !CONTAINS(space, 0.5) && !CONTAINS(space, NAN));
  gym__space_free(space);

  /* Where start + n is no number of the dtype any more. */
  space = discrete(D(int64), 3, INT64_MAX - 1, "element");
  CHECK(gym__space_contains_native(space, &(int64_t){INT64_MAX}));
  CHECK(!gym__space_contains_native(space, &(int64_t){INT64_MIN}));
  CHECK(!gym__space_contains_native(space, &(int64_t){INT64_MAX - 2}));
  CHECK(!CONTAINS(space, 0x1p63));
  gym__space_free(space);
  space = discrete(D(int64), INT64_MAX, INT64_MIN, "element");
  CHECK(gym__space_contains_native(space, &(int64_t){INT64_MIN}));
  CHECK(gym__space_contains_native(space, &(int64_t){-2}));
  CHECK(!gym__space_contains_native(space, &(int64_t){-1}));
  gym__space_free(space);
  space = discrete(D(uint64), -1, 0, "element"); /* UINT64_MAX of them */
  CHECK(gym__space_contains_native(space, &(uint64_t){UINT64_MAX - 1}));
  CHECK(!gym__space_contains_native(space, &(uint64_t){UINT64_MAX}));
  CHECK(CONTAINS(space, 0x1.fffffffffffffp63) && !CONTAINS(space, -1) && !CONTAINS(space, 0x1p64));
  gym__space_free(space);
  space = discrete(D(int8), 100, 100, "element");
  CHECK(CONTAINS(space, 127) && !CONTAINS(space, 128));
  gym__space_free(space);

  const int64_t nvec[] = {2, 3}, start[] = {0, -1};
  space = multi_discrete(D(int32), nvec, start, 2, "element");
  CHECK(CONTAINS(space, 1, 1) && CONTAINS(space, 0, -1));
  CHECK(!CONTAINS(space, 2, 0) && !CONTAINS(space, 0, 2) && !CONTAINS(space, 0, NAN) &&
        !CONTAINS(space, 0.5, 0));
  gym__space_free(space);
  const int64_t twenty = 20, late = 120;
  space = multi_discrete(D(int8), &twenty, &late, 1, "element"); /* 120 + 19 goes round to -117 */
  CHECK(!CONTAINS(space, 121) && !CONTAINS(space, -120));
  gym__space_free(space);
  const int64_t three = 3, high = -3;
  space = multi_discrete(D(uint64), &three, &high, 1, "element");
  CHECK(gym__space_contains_native(space, &(uint64_t){UINT64_MAX}));
  CHECK(!gym__space_contains_native(space, &(uint64_t){UINT64_MAX - 3}));
  gym__space_free(space);

  space = leaf(GYM__SPACE_MULTI_BINARY, D(int8), 2, "element");
  CHECK(CONTAINS(space, 0, 1) && !CONTAINS(space, 2, 0) && !CONTAINS(space, 0, -1) &&
        !CONTAINS(space, 0.5, 0));
  CHECK(gym__space_contains_native(space, (const int8_t[]){1, 0}));
  CHECK(!gym__space_contains_native(space, (const int8_t[]){1, -1}));
  gym__space_free(space);
}

static void test_text_contains(void) {
  gym__space *space = text(1, 3, 5, "element");
  CHECK(CONTAINS(space, 0, 4, 2) && CONTAINS(space, 0, 5, 5));
  CHECK(!CONTAINS(space, 5, 5, 5)); /* too short */
  CHECK(!CONTAINS(space, 0, 5, 1)); /* after the padding */
  CHECK(!CONTAINS(space, 6, 5, 5) && !CONTAINS(space, -1, 5, 5) && !CONTAINS(space, 0.5, 5, 5));
  CHECK(gym__space_contains_native(space, (const int32_t[]){4, 4, 5}));
  CHECK(!gym__space_contains_native(space, (const int32_t[]){5, 4, 5}));
  gym__space_free(space);
  space = text(0, 0, 5, "element");
  CHECK(gym__space_contains(space, NULL) && gym__space_contains_native(space, NULL));
  gym__space_free(space);
}

static void test_one_of_contains(void) {
  gym__space *space = parent(GYM__SPACE_ONE_OF, D(float64), "element", discrete(D(int64), 4, 0, "[0]"),
                             float32_box(-1, 1, 2, "[1]"), NULL);
  place(space, 0);
  CHECK_INT(space->nbytes, 16);
  CHECK(CONTAINS(space, 0, 3, 0) && CONTAINS(space, 0, 3, -0.0) && CONTAINS(space, 1, -1, 0.5));
  CHECK(!CONTAINS(space, 0, 3, 1)); /* behind the child */
  CHECK(!CONTAINS(space, 0, 3, NAN));
  CHECK(!CONTAINS(space, 0, 4, 0) && !CONTAINS(space, 1, 2, 0));
  CHECK(!CONTAINS(space, 2, 0, 0) && !CONTAINS(space, -1, 0, 0) && !CONTAINS(space, 0.5, 0, 0));
  CHECK(!CONTAINS(space, NAN, 0, 0));
  struct {
    int64_t index;
    float numbers[2];
  } native = {1, {0.5f, -0.5f}};
  CHECK(gym__space_contains_native(space, &native));
  native.index = 2;
  CHECK(!gym__space_contains_native(space, &native));
  native.index = -1;
  CHECK(!gym__space_contains_native(space, &native));
  gym__space_free(space);
}

/* ------------------------------------------------------------------------------------- paths and nodes */

static void test_paths(void) {
  char path[GYM__PATH_SIZE], label[2 * GYM__PATH_SIZE];
  const int64_t shape[] = {2, 3, 4};
  gym__space *space = gym__space_new(GYM__SPACE_BOX, D(int8), 3, shape, 24, "element");
  CHECK_STR(gym__space_path(space, 0, path), "element[0, 0, 0]");
  CHECK_STR(gym__space_path(space, 23, path), "element[1, 2, 3]");
  CHECK_STR(gym__space_path(space, 17, path), "element[1, 1, 1]");
  CHECK_STR(gym__space_path(space, GYM__NO_INDEX, path), "element");
  gym__space_free(space);

  /* A long key is cut at a whole character. */
  label[0] = '[';
  for (size_t i = 1; i + 2 < sizeof label; i += 2) memcpy(label + i, "\xc3\xa9", 2);
  memcpy(label + sizeof label - 3, "\"]", 3);
  space = parent(GYM__SPACE_DICT, D(uint8), "element", discrete(D(uint8), 2, 0, label), NULL, NULL);
  gym__space_path(space->children[0], 0, path);
  size_t length = strlen(path);
  CHECK(length < GYM__PATH_SIZE && length > GYM__PATH_SIZE - 4);
  CHECK(memcmp(path, "element[", 8) == 0 && strcmp(path + length - 3, "...") == 0);
  CHECK((unsigned char)path[length - 4] == 0xa9);
  gym_error err = GYM_ERROR_INIT;
  double flat[2];
  CHECK_INT(gym__space_flatten(space, NUMBERS(9), flat, &err), GYM_ERR_ELEMENT);
  CHECK(strstr(err.message, "... is 9; expected a whole number from 0 to 1") != NULL);
  gym__space_free(space);
}

static void test_nodes(void) {
  gym__space_free(NULL);
  gym__space *space = gym__space_new(GYM__SPACE_TUPLE, GYM__DTYPE_NONE, 0, NULL, 0, "element");
  CHECK(!gym__space_add_child(space, NULL));
  for (int i = 0; i < 100; i++) {
    CHECK(gym__space_add_child(space, discrete(D(int64), 2, i, "[]")));
  }
  CHECK_INT(space->child_count, 100);
  size_t wrong = 0;
  for (size_t i = 0; i < 100; i++) {
    wrong += space->children[i]->start[0] != (int64_t)i || space->children[i]->parent != space;
  }
  CHECK_INT(wrong, 0);
  gym__space_free(space);

  /* Set a second time. */
  const int64_t n = 5, start = 7;
  space = discrete(D(int64), 2, 0, "element");
  CHECK(gym__space_set_counts(space, &n, &start));
  CHECK(space->nvec[0] == 5 && space->start[0] == 7);
  gym__space_free(space);
}

int main(void) {
  test_box_floats();
  test_box_integers();
  test_big_box();
  test_counts();
  test_text_contains();
  test_one_of_contains();
  test_paths();
  test_nodes();
  return check_summary();
}
