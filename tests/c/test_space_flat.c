/* Spaces as plain C: flatten and unflatten in both layouts. Without Python; what is expected here is what
 * Gymnasium does. */
#include <float.h>
#include <math.h>

#include "space_trees.h"

/* ------------------------------------------------------------------------------------- checks */

static const char *where; /* the line of the check at hand */
#define AT(line) #line
#define LINE_TEXT(line) AT(line)

/* What `call` fails with, and that it has written nothing to `to`. */
#define CHECK_FAILS(call, expected_code, expected_message, to) \
  do {                                                         \
    gym_error err = GYM_ERROR_INIT;                            \
    memset(to, 0xab, sizeof(to));                              \
    where = LINE_TEXT(__LINE__);                               \
    CHECK_INT((call), expected_code);                          \
    CHECK_STR(err.message, expected_message);                  \
    check_untouched(to, sizeof(to), 0);                        \
  } while (0)

static void check_untouched(const void *buffer, size_t nbytes, size_t from) {
  const unsigned char *bytes = buffer;
  size_t changed = 0;
  for (size_t i = from; i < nbytes; i++) changed += bytes[i] != 0xab;
  if (!CHECK_INT(changed, 0)) fprintf(stderr, "  line %s\n", where);
}

/* Flattens to `flat` and back to `x`, and the same at odd addresses in the native layout, where the element
 * that has been converted to native bytes is the other side. */
#define CHECK_FLAT(space, x, flat) check_flat(space, x, flat, LINE_TEXT(__LINE__))

static void check_flat(const gym__space *space, const double *x, const double *flat, const char *line) {
  gym_error err = GYM_ERROR_INIT;
  double out[ROOM], back[ROOM];
  unsigned char flat_bytes[ROOM * 16 + 1], native[ROOM * 16 + 1], native_again[ROOM * 16 + 1];
  double native_flat[ROOM], native_back[ROOM];
  size_t n = space->flatdim, bad, itemsize = gym__dtype_itemsize(space->flat_dtype);
  int good = 1;
  where = line;
  memset(out, 0xab, sizeof out);
  memset(back, 0xab, sizeof back);
  good &= CHECK_OK(gym__space_flatten(space, x, out, &err), err);
  good &= CHECK(memcmp(out, flat, n * sizeof *out) == 0);
  check_untouched(out, sizeof out, n * sizeof *out);
  good &= CHECK_OK(gym__space_unflatten(space, flat, back, &err), err);
  good &= CHECK(memcmp(back, x, space->size * sizeof *x) == 0);
  check_untouched(back, sizeof back, space->size * sizeof *x);

  /* Native: the flat array is the same in its own dtype, and so is the way back. */
  good &= CHECK_INT(gym__recast(D(float64), flat, space->flat_dtype, flat_bytes + 1, n, &bad), 0);
  memset(native, 0xab, sizeof native);
  good &= CHECK_OK(gym__space_unflatten_native(space, flat_bytes + 1, native + 1, &err), err);
  check_untouched(native, sizeof native, 1 + space->nbytes);
  good &= CHECK_INT(gym__space_contains_native(space, native + 1), gym__space_contains(space, x));
  memset(flat_bytes, 0xab, sizeof flat_bytes);
  good &= CHECK_OK(gym__space_flatten_native(space, native + 1, flat_bytes + 1, &err), err);
  check_untouched(flat_bytes, sizeof flat_bytes, 1 + n * itemsize);
  gym__cast(space->flat_dtype, flat_bytes + 1, D(float64), native_flat, n);
  good &= CHECK(memcmp(native_flat, flat, n * sizeof *flat) == 0);
  memset(native_again, 0x77, sizeof native_again);
  good &= CHECK_OK(gym__space_unflatten_native(space, flat_bytes + 1, native_again + 1, &err), err);
  good &= CHECK(memcmp(native + 1, native_again + 1, space->nbytes) == 0); /* also what lies between leaves */
  good &= CHECK_OK(gym__space_unflatten(space, native_flat, native_back, &err), err);
  good &= CHECK(memcmp(native_back, x, space->size * sizeof *x) == 0);
  if (!good) fprintf(stderr, "  line %s\n", line);
}

/* ------------------------------------------------------------------------------------- flatten */

static void test_flatten_leaves(void) {
  gym__space *space = float32_box(-1, 1, 3, "element");
  place(space, 0);
  CHECK_FLAT(space, NUMBERS(0.5, -0.0, 7), NUMBERS(0.5, -0.0, 7)); /* Gymnasium does not look at bounds */
  double flat[3], back[3];
  CHECK_INT(gym__space_flatten(space, NUMBERS(0.1, INFINITY, 1e-300), flat, NULL), GYM_OK);
  CHECK(flat[0] == (double)0.1f && flat[1] == INFINITY && flat[2] == 0);
  CHECK_INT(gym__space_unflatten(space, NUMBERS(0.1, -INFINITY, 0), back, NULL), GYM_OK);
  CHECK(back[0] == (double)0.1f && back[1] == -INFINITY);
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(0, 0, 1e300), flat, &err), GYM_ERR_ELEMENT,
              "element[2] is 1e+300; expected a number that float32 can hold", flat);
  CHECK_FAILS(gym__space_unflatten(space, NUMBERS(0, -1e300, 0), back, &err), GYM_ERR_ELEMENT,
              "element[1] is -1e+300; expected a number that float32 can hold", back);
  gym__space_free(space);

  const int64_t shape[] = {2, 3};
  const uint8_t zeros[6] = {0}, highs[6] = {1, 1, 1, 1, 1, 1};
  space = gym__space_new(GYM__SPACE_BOX, D(uint8), 2, shape, 6, "element");
  CHECK(gym__space_set_bounds(space, zeros, highs));
  space->flat_dtype = D(uint8);
  space->flatdim = 6;
  place(space, 0);
  double six[6];
  CHECK_FLAT(space, NUMBERS(0, 1, 2, 255, 4, 5), NUMBERS(0, 1, 2, 255, 4, 5));
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(0, 0, 0, 0, 0, 1.5), six, &err), GYM_ERR_ELEMENT,
              "element[1, 2] is 1.5; expected a whole number from 0 to 255 (dtype uint8)", six);
  CHECK_FAILS(gym__space_unflatten(space, NUMBERS(0, 0, 0, 256, 0, 0), six, &err), GYM_ERR_ELEMENT,
              "element[1, 0] is 256; expected a whole number from 0 to 255 (dtype uint8)", six);
  gym__space_free(space);

  space = discrete(D(int32), 4, -2, "element");
  place(space, 0);
  CHECK_FLAT(space, NUMBERS(-2), NUMBERS(1, 0, 0, 0));
  CHECK_FLAT(space, NUMBERS(1), NUMBERS(0, 0, 0, 1));
  double four[4], one[1];
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(2), four, &err), GYM_ERR_ELEMENT,
              "element is 2; expected a whole number from -2 to 1", four);
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(NAN), four, &err), GYM_ERR_ELEMENT,
              "element is nan; expected a whole number from -2 to 1", four);
  CHECK_FAILS(gym__space_flatten_native(space, &(int32_t){-3}, four, &err), GYM_ERR_ELEMENT,
              "element is -3; expected a whole number from -2 to 1", four);
  CHECK_INT(gym__space_unflatten(space, NUMBERS(0, NAN, 0, 1), one, NULL),
            GYM_OK); /* the first that is not 0 */
  CHECK(one[0] == -1);
  CHECK_FAILS(gym__space_unflatten(space, NUMBERS(0, -0.0, 0, 0), one, &err), GYM_ERR_ELEMENT,
              "element comes from 4 numbers that are all 0, which is not a valid one-hot encoded vector; "
              "expected one "
              "that is not 0",
              one);
  gym__space_free(space);

  space = leaf(GYM__SPACE_MULTI_BINARY, D(int8), 3, "element");
  place(space, 0);
  CHECK_FLAT(space, NUMBERS(1, 0, 2), NUMBERS(1, 0, 2));
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(0, 0, 128), flat, &err), GYM_ERR_ELEMENT,
              "element[2] is 128; expected a whole number from -128 to 127 (dtype int8)", flat);
  gym__space_free(space);

  space = box(D(float64), zeros, zeros, 0, "element");
  CHECK_INT(gym__space_flatten(space, NULL, NULL, NULL), GYM_OK);
  CHECK_INT(gym__space_unflatten_native(space, NULL, NULL, NULL), GYM_OK);
  gym__space_free(space);
}

static void test_limits(void) {
  /* Near the limits of 64 bits; what a float64 cannot hold is an error there and passes in the native layout.
   */
  gym__space *space = discrete(D(int64), 3, INT64_MAX - 2, "element");
  place(space, 0);
  int64_t flat[3], value = INT64_MAX;
  double number[1];
  CHECK_INT(gym__space_flatten_native(space, &value, flat, NULL), GYM_OK);
  CHECK(flat[0] == 0 && flat[1] == 0 && flat[2] == 1);
  value = 0;
  CHECK_INT(gym__space_unflatten_native(space, flat, &value, NULL), GYM_OK);
  CHECK(value == INT64_MAX);
  CHECK_FAILS(gym__space_unflatten(space, NUMBERS(0, 0, 1), number, &err), GYM_ERR_INEXACT,
              "element is 9223372036854775807, which a float64 cannot hold exactly", number);
  gym__space_free(space);
  space = discrete(D(uint64), 2, -2, "element");
  CHECK_FAILS(gym__space_flatten_native(space, &(uint64_t){5}, flat, &err), GYM_ERR_ELEMENT,
              "element is 5; expected a whole number from 18446744073709551614 to 18446744073709551615",
              flat);
  gym__space_free(space);
  space = discrete(D(int8), 100, 100, "element");
  CHECK_FAILS(gym__space_flatten_native(space, &(int8_t){5}, flat, &err), GYM_ERR_ELEMENT,
              "element is 5; expected a whole number from 100 to 127", flat);
  gym__space_free(space);

  /* An int64 among float64: rounded, as NumPy does. */
  const int64_t low = 0, high = INT64_MAX;
  const double zero = 0, one = 1;
  space = parent(GYM__SPACE_TUPLE, D(float64), "element", box(D(int64), &low, &high, 1, "[0]"),
                 box(D(float64), &zero, &one, 1, "[1]"), NULL);
  place(space, 0);
  struct {
    int64_t integer;
    double fraction;
  } element = {((int64_t)1 << 53) + 1, 0.5};
  double two[2];
  CHECK_INT(gym__space_flatten_native(space, &element, two, NULL), GYM_OK);
  CHECK(two[0] == 0x1p53 && two[1] == 0.5);
  CHECK_INT(gym__space_unflatten_native(space, two, &element, NULL), GYM_OK);
  CHECK(element.integer == (int64_t)1 << 53);
  unsigned char untouched[sizeof element];
  CHECK_FAILS(gym__space_unflatten_native(space, NUMBERS(0x1p63, 0), untouched, &err), GYM_ERR_ELEMENT,
              "element[0][0] is 9.223372036854776e+18; expected a whole number from -9223372036854775808 to "
              "9223372036854775807 (dtype int64)",
              untouched);

  /* A long double beside that Tuple holds it, but Gymnasium has rounded it to the Tuple's float64 already. */
  const long double third = 1.0L / 3;
  gym__space *outer =
      parent(GYM__SPACE_TUPLE, D(longdouble), "element", space, box(D(longdouble), &third, &third, 1, "[1]"),
             box(D(int64), &low, &high, 1, "[2]"));
  place(outer, 0);
  unsigned char bytes[64] = {0};
  long double all[4];
  memcpy(bytes, &(int64_t){((int64_t)1 << 53) + 1}, 8);
  memcpy(bytes + outer->children[1]->byte_offset, &third, sizeof third);
  memcpy(bytes + outer->children[2]->byte_offset, &(int64_t){((int64_t)1 << 53) + 1}, 8);
  CHECK_INT(gym__space_flatten_native(outer, bytes, all, NULL), GYM_OK);
  CHECK(all[0] == 0x1p53L && all[2] == third);
  if (LDBL_MANT_DIG >= 64) CHECK(all[3] == 0x1p53L + 1);
  gym__space_free(outer);
}

static void test_multi_discrete_flat(void) {
  const int64_t nvec[] = {2, 3, 1}, start[] = {0, -1, 100};
  gym__space *space = multi_discrete(D(int8), nvec, start, 3, "element");
  place(space, 0);
  CHECK_FLAT(space, NUMBERS(1, -1, 100), NUMBERS(0, 1, 1, 0, 0, 1));
  CHECK_FLAT(space, NUMBERS(0, 1, 100), NUMBERS(1, 0, 0, 0, 1, 1));
  double flat[6], x[3];
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(0, 2, 100), flat, &err), GYM_ERR_ELEMENT,
              "element[1] is 2; expected a whole number from -1 to 1", flat);
  CHECK_INT(gym__space_unflatten(space, NUMBERS(0, 7, 0, NAN, 0, -1), x, NULL), GYM_OK);
  CHECK(x[0] == 1 && x[1] == 0 && x[2] == 100);
  CHECK_FAILS(
      gym__space_unflatten(space, NUMBERS(1, 0, 0, 0, 0, 1), x, &err), GYM_ERR_ELEMENT,
      "element[1] comes from 3 numbers that are all 0, which is not a valid one-hot encoded vector; expected "
      "one that is not 0",
      x);
  CHECK_FAILS(
      gym__space_unflatten(space, NUMBERS(1, 0, 1, 0, 1, 1), x, &err), GYM_ERR_ELEMENT,
      "element[1] comes from 3 numbers of which several are not 0, which is not a valid one-hot encoded "
      "vector; expected one that is not 0",
      x);
  gym__space_free(space);

  /* The offsets of 200 counts do not fit an int8. */
  int64_t many_n[40], many_start[40];
  double many_flat[200] = {0}, many[40], again[200];
  for (size_t i = 0; i < 40; i++) {
    many_n[i] = 5;
    many_start[i] = 123;
    many_flat[5 * i + i % 5] = 1;
  }
  space = multi_discrete(D(int8), many_n, many_start, 40, "element");
  place(space, 0);
  CHECK_INT(gym__space_unflatten(space, many_flat, many, NULL), GYM_OK);
  size_t wrong = 0;
  for (size_t i = 0; i < 40; i++) wrong += many[i] != (double)(123 + i % 5);
  CHECK_INT(wrong, 0);
  CHECK_INT(gym__space_flatten(space, many, again, NULL), GYM_OK);
  CHECK(memcmp(again, many_flat, sizeof again) == 0);
  gym__space_free(space);
}

static void test_text_flat(void) {
  gym__space *space = text(1, 4, 3, "element");
  place(space, 0);
  CHECK_FLAT(space, NUMBERS(0, 2, 1, 0), NUMBERS(0, 2, 1, 0));
  CHECK_FLAT(space, NUMBERS(2, 3, 3, 3), NUMBERS(2, 3, 3, 3));
  CHECK_FLAT(space, NUMBERS(3, 3, 3, 3), NUMBERS(3, 3, 3, 3)); /* too short for the space, but a text */
  double out[4];
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(0, 4, 3, 3), out, &err), GYM_ERR_ELEMENT,
              "element[1] is 4; expected a character index from 0 to 3 (the padding)", out);
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(0, 3, 2, 3), out, &err), GYM_ERR_ELEMENT,
              "element[2] is 2; expected only padding (3) after the first padding", out);
  CHECK_FAILS(gym__space_unflatten(space, NUMBERS(0, 0.5, 2, 3), out, &err), GYM_ERR_ELEMENT,
              "element[1] is 0.5; expected a character index from 0 to 3 (the padding)", out);
  CHECK_FAILS(gym__space_unflatten(space, NUMBERS(0, 0, -4, 3), out, &err), GYM_ERR_ELEMENT,
              "element[2] is -4; expected a character index from 0 to 3 (the padding)", out);
  /* What is no character is left out; -1 is the last one, as in Python. */
  CHECK_INT(gym__space_unflatten(space, NUMBERS(3, 1, 1e300, -1), out, NULL), GYM_OK);
  CHECK(out[0] == 1 && out[1] == 2 && out[2] == 3 && out[3] == 3);
  CHECK_INT(gym__space_unflatten(space, NUMBERS(NAN, INFINITY, 3.5, -0.0), out, NULL), GYM_OK);
  CHECK(out[0] == 0 && out[1] == 3);
  gym__space_free(space);
}

/* ------------------------------------------------------------------------------------- composites */

static void test_dict(void) {
  gym__space *inner = parent(GYM__SPACE_TUPLE, D(float64), "[\"pair\"]", text(0, 2, 5, "[0]"),
                             discrete(D(int8), 2, 0, "[1]"), NULL);
  gym__space *space = parent(GYM__SPACE_DICT, D(float64), "element", discrete(D(uint8), 3, 0, "[\"a\"]"),
                             float32_box(-1, 1, 2, "[\"camera\"]"), inner);
  place(space, 0);
  CHECK_INT(space->nbytes, 21); /* uint8, 3 bytes of gap, two float32, two int32, one int8 */
  CHECK_FLAT(space, NUMBERS(2, 0.5, -0.25, 4, 5, 1), NUMBERS(0, 0, 1, 0.5, -0.25, 4, 5, 0, 1));
  double flat[9], x[6];
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(2, 0.5, 1e39, 4, 5, 1), flat, &err), GYM_ERR_ELEMENT,
              "element[\"camera\"][1] is 1e+39; expected a number that float32 can hold", flat);
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(2, 0.5, 1, 4, 5, 2), flat, &err), GYM_ERR_ELEMENT,
              "element[\"pair\"][1] is 2; expected a whole number from 0 to 1", flat);
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(2, 0.5, 1, 4, 6, 1), flat, &err), GYM_ERR_ELEMENT,
              "element[\"pair\"][0][1] is 6; expected a character index from 0 to 5 (the padding)", flat);
  CHECK_FAILS(gym__space_unflatten(space, NUMBERS(0, 0, 1, 0.5, -0.25, 4, 5, 0, 0), x, &err), GYM_ERR_ELEMENT,
              "element[\"pair\"][1] comes from 2 numbers that are all 0, which is not a valid one-hot "
              "encoded vector; "
              "expected one that is not 0",
              x);
  CHECK(CONTAINS(space, 2, 0.5, -0.25, 4, 5, 1));
  CHECK(!CONTAINS(space, 2, 0.5, -0.25, 4, 5, 2));
  CHECK(!CONTAINS(space, 2, 1.5, -0.25, 4, 5, 1));
  /* Gaps are zero. */
  unsigned char native[21];
  memset(native, 0xab, sizeof native);
  CHECK_INT(gym__space_unflatten_native(space, NUMBERS(0, 0, 1, 0.5, -0.25, 4, 5, 0, 1), native, NULL),
            GYM_OK);
  CHECK(native[0] == 2 && native[1] == 0 && native[2] == 0 && native[3] == 0 && native[20] == 1);
  gym__space_free(space);

  space = parent(GYM__SPACE_TUPLE, D(float64), "element", NULL, NULL, NULL);
  place(space, 0);
  CHECK(gym__space_contains(space, NULL) && gym__space_contains_native(space, NULL));
  CHECK_INT(gym__space_flatten(space, NULL, NULL, NULL), GYM_OK);
  CHECK_INT(gym__space_unflatten(space, NULL, NULL, NULL), GYM_OK);
  CHECK_INT(gym__space_unflatten_native(space, NULL, NULL, NULL), GYM_OK);
  gym__space_free(space);
}

static void test_one_of_flat(void) {
  gym__space *space = parent(GYM__SPACE_ONE_OF, D(float64), "element", float32_box(-1, 1, 1, "[0]"),
                             discrete(D(int64), 4, 0, "[1]"), text(0, 3, 2, "[2]"));
  place(space, 0);
  CHECK_FLAT(space, NUMBERS(0, 0.5, 0, 0), NUMBERS(0, 0.5, 0.5, 0.5, 0.5)); /* padded with its first number */
  CHECK_FLAT(space, NUMBERS(1, 2, 0, 0), NUMBERS(1, 0, 0, 1, 0));
  CHECK_FLAT(space, NUMBERS(2, 1, 0, 2), NUMBERS(2, 1, 0, 2, 1));
  double flat[5], x[4];
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(3, 0, 0, 0), flat, &err), GYM_ERR_ELEMENT,
              "element index is 3; expected a whole number from 0 to 2", flat);
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(0.5, 0, 0, 0), flat, &err), GYM_ERR_ELEMENT,
              "element index is 0.5; expected a whole number from 0 to 2", flat);
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(1, 4, 0, 0), flat, &err), GYM_ERR_ELEMENT,
              "element[1] is 4; expected a whole number from 0 to 3", flat);
  CHECK_FAILS(gym__space_flatten(space, NUMBERS(1, 2, 0, 7), flat, &err), GYM_ERR_ELEMENT,
              "element padding [3] is 7; expected zeros after its child", flat);
  CHECK_FAILS(gym__space_flatten_native(space, ((const int64_t[]){-1, 0, 0}), flat, &err), GYM_ERR_ELEMENT,
              "element index is -1; expected a whole number from 0 to 2", flat);
  CHECK_FAILS(gym__space_unflatten(space, NUMBERS(1.5, 0, 0, 0, 0), x, &err), GYM_ERR_ELEMENT,
              "element index is 1.5; expected a whole number from 0 to 2", x);
  CHECK_FAILS(gym__space_unflatten(space, NUMBERS(NAN, 0, 0, 0, 0), x, &err), GYM_ERR_ELEMENT,
              "element index is nan; expected a whole number from 0 to 2", x);
  CHECK_FAILS(gym__space_unflatten(space, NUMBERS(1, 0, 0.5, 0, 0), x, &err), GYM_ERR_ELEMENT,
              "element[1] comes from numbers of which number 1 is 0.5; expected what int64 can hold", x);
  CHECK_INT(gym__space_unflatten(space, NUMBERS(0, 0.25, 9, NAN, 9), x, NULL),
            GYM_OK); /* padding is not looked at */
  CHECK(memcmp(x, NUMBERS(0, 0.25, 0, 0), sizeof x) == 0);
  gym__space_free(space);

  /* There is nothing to pad with. */
  space = parent(GYM__SPACE_ONE_OF, D(float64), "element",
                 parent(GYM__SPACE_TUPLE, D(float64), "[0]", NULL, NULL, NULL),
                 discrete(D(int64), 2, 0, "[1]"), NULL);
  place(space, 0);
  double three[3];
  CHECK_FAILS(
      gym__space_flatten(space, NUMBERS(0, 0), three, &err), GYM_ERR_ELEMENT,
      "element is of child 0, which flattens to no numbers; expected one at least, because the first is the "
      "padding up to the largest child",
      three);
  CHECK_FLAT(space, NUMBERS(1, 0), NUMBERS(1, 1, 0));
  CHECK(CONTAINS(space, 0, 0));
  gym__space_free(space);

  /* In a dtype of its own within another: the index too. */
  gym__space *inner = parent(GYM__SPACE_ONE_OF, D(uint8), "[0]", discrete(D(uint8), 2, 0, "[0]"),
                             discrete(D(uint8), 3, 7, "[1]"), NULL);
  space = parent(GYM__SPACE_TUPLE, D(longdouble), "element", inner, discrete(D(int16), 2, 0, "[1]"), NULL);
  place(space, 0);
  CHECK_FLAT(space, NUMBERS(1, 8, 1), NUMBERS(1, 0, 1, 0, 0, 1));
  CHECK_FLAT(space, NUMBERS(0, 0, 1), NUMBERS(0, 1, 0, 1, 0, 1));
  gym__space_free(space);
}

int main(void) {
  test_flatten_leaves();
  test_limits();
  test_multi_discrete_flat();
  test_text_flat();
  test_dict();
  test_one_of_flat();
  return check_summary();
}
