/* Calls on spaces with buffers, masks, seeds and elements that do not fit: each gives its own code and says
 * what it was given, writes nothing, and the next call is right; a right one writes its own bytes only. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <math.h>

#include "every_call.h"
#include "guarded.h"

static gym_error err = GYM_ERROR_INIT;

#define DISCRETE "{\"type\": \"Discrete\", \"n\": 3, \"start\": -1}"
#define PICTURE "{\"type\": \"Box\", \"low\": 0, \"high\": 255, \"shape\": [2, 3], \"dtype\": \"uint8\"}"
#define FLOATS "{\"type\": \"Box\", \"low\": -1, \"high\": null, \"shape\": [2], \"dtype\": \"float32\"}"
#define MANY "{\"type\": \"MultiDiscrete\", \"nvec\": [[2, 3], [4, 5]]}"
#define BINARY "{\"type\": \"MultiBinary\", \"n\": 3}"
#define TEXT "{\"type\": \"Text\", \"max_length\": 3, \"min_length\": 0, \"charset\": \"abc\"}"
#define ONE_OF "{\"type\": \"OneOf\", \"spaces\": [" DISCRETE ", " FLOATS "]}"
#define TUPLE "{\"type\": \"Tuple\", \"spaces\": [" PICTURE ", " DISCRETE "]}"
#define DICT \
  "{\"type\": \"Dict\", \"spaces\": {\"camera\": " TUPLE ", \"say\": " TEXT ", \"way\": " ONE_OF "}}"

static const char *const fixed[] = {DISCRETE, PICTURE, FLOATS, MANY, BINARY, TEXT, ONE_OF, TUPLE, DICT};

typedef struct sizes {
  size_t size, nbytes, flatdim, flat_nbytes;
} sizes;

static sizes sizes_of(gym_space space) {
  sizes s = {0};
  gym_value *value = NULL;
  CHECK_OK(gym_space_size(space, &s.size, &err), err);
  CHECK_OK(gym_space_nbytes(space, &s.nbytes, &err), err);
  CHECK_OK(gym_space_flatdim(space, &s.flatdim, &err), err);
  CHECK_OK(gym_space_value(space, &value, &err), err);
  const char *dtype = gym_value_string(gym_value_get(value, "flat_dtype"), NULL);
  size_t bits = strtoul(dtype + strcspn(dtype, "0123456789"), NULL, 10);
  s.flat_nbytes = s.flatdim * (bits ? bits / 8 : 1);
  gym_value_free(value);
  return s;
}

/* ------------------------------------------------------------------------------------- buffers */

/* Every call on buffers at one place in memory, and back again. */
static void check_native_place(gym_space space, sizes s, size_t shift) {
  static guarded x, flat, back;
  int is_in = -1;
  unsigned char *drawn = guard(&x, PATTERN, shift), *flattened = guard(&flat, PATTERN, 7 - shift);
  unsigned char *again = guard(&back, PATTERN, shift);
  CHECK_OK(gym_space_sample_native(space, NULL, drawn, s.nbytes, &err), err);
  CHECK(is_guarded(&x, PATTERN, shift, s.nbytes));
  CHECK_OK(gym_space_contains_native(space, drawn, s.nbytes, &is_in, &err), err);
  CHECK_INT(is_in, 1);
  CHECK_OK(gym_space_flatten_native(space, drawn, s.nbytes, flattened, s.flat_nbytes + 3, &err), err);
  CHECK(is_guarded(&flat, PATTERN, 7 - shift, s.flat_nbytes));
  CHECK_OK(gym_space_unflatten_native(space, flattened, s.flat_nbytes, again, s.nbytes + 3, &err), err);
  CHECK(is_guarded(&back, PATTERN, shift, s.nbytes) && memcmp(drawn, again, s.nbytes) == 0);
  CHECK(is_guarded(&x, PATTERN, shift, s.nbytes) && is_guarded(&flat, PATTERN, 7 - shift, s.flat_nbytes));
  drawn = guard(&x, PATTERN, shift);
  CHECK_OK(gym_space_sample_native(space, "{}", drawn, s.nbytes + 3, &err), err); /* by Python's own sample */
  CHECK(is_guarded(&x, PATTERN, shift, s.nbytes));
}

static void check_float_place(gym_space space, sizes s) {
  static guarded x, flat, back;
  int is_in = -1;
  double *drawn = (double *)guard(&x, PATTERN, 0), *flattened = (double *)guard(&flat, PATTERN, 0);
  double *again = (double *)guard(&back, PATTERN, 0);
  CHECK_OK(gym_space_sample(space, NULL, drawn, s.size, &err), err);
  CHECK_OK(gym_space_contains(space, drawn, s.size, &is_in, &err), err);
  CHECK_INT(is_in, 1);
  CHECK_OK(gym_space_flatten(space, drawn, s.size, flattened, s.flatdim + 1, &err), err);
  CHECK_OK(gym_space_unflatten(space, flattened, s.flatdim, again, s.size + 1, &err), err);
  CHECK(memcmp(drawn, again, s.size * sizeof *drawn) == 0);
  CHECK(is_guarded(&x, PATTERN, 0, s.size * 8) && is_guarded(&flat, PATTERN, 0, s.flatdim * 8));
  CHECK(is_guarded(&back, PATTERN, 0, s.size * 8));
}

/* All lengths but the right ones: inputs are exact, outputs may be longer. */
static void check_lengths(gym_space space, sizes s) {
  static guarded x, out;
  static const size_t wrong[] = {0, 1, SIZE_MAX, SIZE_MAX / 8 + 1};
  int is_in;
  FILL(is_in);
  char needle[64];
  unsigned char *drawn = guard(&x, 0, 0), *written = guard(&out, PATTERN, 0);
  CHECK_OK(gym_space_sample_native(space, NULL, drawn, s.nbytes, &err), err);
#define CHECK_BUFFER(call, needed)                        \
  snprintf(needle, sizeof needle, "%zu", (size_t)needed); \
  CHECK_FAILURE(call, GYM_ERR_BUFFER, err, needle)
  for (size_t i = 0; i < 6; i++) {
#define LENGTH(right) (i < 4 ? wrong[i] : i == 4 ? (right) - 1 : (right) + 1)
    size_t length = LENGTH(s.nbytes);
    if (length != s.nbytes) {
      CHECK_BUFFER(gym_space_contains_native(space, drawn, length, &is_in, &err), s.nbytes);
      CHECK_BUFFER(gym_space_flatten_native(space, drawn, length, written, ROOM, &err), s.nbytes);
    }
    if (length < s.nbytes) {
      CHECK_BUFFER(gym_space_sample_native(space, NULL, written, length, &err), s.nbytes);
      CHECK_BUFFER(gym_space_sample_native(space, "{}", written, length, &err), s.nbytes);
      CHECK_BUFFER(gym_space_unflatten_native(space, drawn, s.flat_nbytes, written, length, &err), s.nbytes);
    }
    length = LENGTH(s.flat_nbytes);
    if (length != s.flat_nbytes) {
      CHECK_BUFFER(gym_space_unflatten_native(space, drawn, length, written, ROOM, &err), s.flat_nbytes);
    }
    if (length < s.flat_nbytes) {
      CHECK_BUFFER(gym_space_flatten_native(space, drawn, s.nbytes, written, length, &err), s.flat_nbytes);
    }
    const double *in = (const double *)drawn;
    double *numbers = (double *)written;
    length = LENGTH(s.size);
    if (length != s.size) {
      CHECK_BUFFER(gym_space_contains(space, in, length, &is_in, &err), s.size);
      CHECK_BUFFER(gym_space_flatten(space, in, length, numbers, 100, &err), s.size);
    }
    if (length < s.size) {
      CHECK_BUFFER(gym_space_sample(space, NULL, numbers, length, &err), s.size);
      CHECK_BUFFER(gym_space_unflatten(space, in, s.flatdim, numbers, length, &err), s.size);
    }
    length = LENGTH(s.flatdim);
    if (length != s.flatdim) {
      CHECK_BUFFER(gym_space_unflatten(space, in, length, numbers, 100, &err), s.flatdim);
    }
    if (length < s.flatdim) {
      CHECK_BUFFER(gym_space_flatten(space, in, s.size, numbers, length, &err), s.flatdim);
    }
  }
#undef LENGTH
#undef CHECK_BUFFER
  CHECK_UNTOUCHED(out), CHECK_UNTOUCHED(is_in);
}

static void test_buffers(void) {
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
    int before = atomic_load(&check_failed);
    gym_space space = open_space(fixed[i]);
    sizes s = sizes_of(space);
    for (size_t shift = 0; shift < 8; shift++) check_native_place(space, s, shift);
    check_float_place(space, s);
    check_lengths(space, s);
    check_float_place(space, s);
    CHECK_OK(gym_space_close(space, &err), err);
    if (atomic_load(&check_failed) > before) fprintf(stderr, "  space %s\n", fixed[i]);
  }
}

/* Sizes that are not fixed, or larger than any memory. */
static void test_dynamic(void) {
  static const char *const dynamic[] = {
      "{\"type\": \"Sequence\", \"space\": " DISCRETE "}",
      "{\"type\": \"Graph\", \"node_space\": " DISCRETE ", \"edge_space\": null}",
      "{\"type\": \"Tuple\", \"spaces\": [" DISCRETE ", {\"type\": \"Sequence\", \"space\": " DISCRETE "}]}",
  };
  double x[8];
  size_t size;
  int is_in;
  FILL(x), FILL(is_in);
  for (size_t i = 0; i < sizeof dynamic / sizeof *dynamic; i++) {
    gym_space space = open_space(dynamic[i]);
    gym_value *value = NULL;
    CHECK_OK(gym_space_size(space, &size, &err), err);
    CHECK(size == GYM_DYNAMIC);
    CHECK_OK(gym_space_nbytes(space, &size, &err), err);
    CHECK(size == GYM_DYNAMIC);
    CHECK_OK(gym_space_flatdim(space, &size, &err), err);
    CHECK(size == GYM_DYNAMIC);
    for (size_t n = 0; n < 9; n += 8) {
      double *p = n ? x : NULL;
#define CHECK_DYNAMIC(call) CHECK_FAILURE(call, GYM_ERR_DYNAMIC, err, "no fixed size")
      CHECK_DYNAMIC(gym_space_sample(space, NULL, p, n, &err));
      CHECK_DYNAMIC(gym_space_sample(space, "{}", p, n, &err));
      CHECK_DYNAMIC(gym_space_sample_native(space, NULL, p, 8 * n, &err));
      CHECK_DYNAMIC(gym_space_contains(space, p, n, &is_in, &err));
      CHECK_DYNAMIC(gym_space_contains_native(space, p, 8 * n, &is_in, &err));
      CHECK_DYNAMIC(gym_space_flatten(space, p, n, p, n, &err));
      CHECK_DYNAMIC(gym_space_flatten_native(space, p, 8 * n, p, 8 * n, &err));
      CHECK_DYNAMIC(gym_space_unflatten(space, p, n, p, n, &err));
      CHECK_DYNAMIC(gym_space_unflatten_native(space, p, 8 * n, p, 8 * n, &err));
#undef CHECK_DYNAMIC
    }
    CHECK_OK(gym_space_sample_value(space, NULL, &value, &err), err);
    gym_value_free(value);
    CHECK_OK(gym_space_close(space, &err), err);
  }
  gym_space space = open_space("{\"type\": \"Discrete\", \"n\": 4611686018427387904}");
  const int64_t huge = INT64_C(4611686018427387903);
  gym_value *value;
  FILL(value);
  CHECK_OK(gym_space_flatdim(space, &size, &err), err);
  CHECK(size == GYM_DYNAMIC);
  CHECK_FAILURE(gym_space_flatten_native(space, &huge, 8, x, sizeof x, &err), GYM_ERR_DYNAMIC, err, "large");
  CHECK_FAILURE(gym_space_unflatten_native(space, x, 8, x, 8, &err), GYM_ERR_DYNAMIC, err, "large");
  CHECK(gym_space_flatten_value(space, "3", &value, &err) != GYM_OK);
  CHECK_UNTOUCHED(x), CHECK_UNTOUCHED(is_in), CHECK_UNTOUCHED(value);
  CHECK_OK(gym_space_contains_native(space, &huge, 8, &is_in, &err), err);
  CHECK_INT(is_in, 1);
  CHECK_OK(gym_space_close(space, &err), err);
}

/* ------------------------------------------------------------------------------------- elements */

/* No element of the layout at all: contains says 0, flatten names the leaf. */
static void check_element(const char *description, size_t place, double bad, const char *needle) {
  static guarded out;
  gym_space space = open_space(description);
  sizes s = sizes_of(space);
  double x[64], *flat = (double *)guard(&out, PATTERN, 0);
  int is_in = -1;
  CHECK_OK(gym_space_sample(space, NULL, x, 64, &err), err);
  x[place] = bad;
  CHECK_OK(gym_space_contains(space, x, s.size, &is_in, &err), err);
  CHECK_INT(is_in, 0);
  CHECK_FAILURE(gym_space_flatten(space, x, s.size, flat, ROOM / 8, &err), GYM_ERR_ELEMENT, err, needle);
  CHECK_UNTOUCHED(out);
  check_float_place(space, s);
  CHECK_OK(gym_space_close(space, &err), err);
}

static void test_elements(void) {
  check_element(DISCRETE, 0, 0.5, "element is 0.5");
  check_element(DISCRETE, 0, 2, "element is 2");
  check_element(DISCRETE, 0, NAN, "nan");
  check_element(DISCRETE, 0, -1e300, "-1e+300");
  check_element(PICTURE, 4, 256, "element[1, 1] is 256");
  check_element(PICTURE, 4, -1, "-1");
  check_element(MANY, 3, 5, "element[1, 1] is 5");
  check_element(BINARY, 2, 0.5, "element[2] is 0.5");
  check_element(TEXT, 0, 4, "element[0] is 4");
  check_element(TEXT, 0, -1, "-1");
  check_element(ONE_OF, 0, 2, "element index is 2");
  check_element(ONE_OF, 0, NAN, "nan");
  check_element(TUPLE, 6, 7, "element[1] is 7");
  check_element(DICT, 6, 0.5, "element[\"camera\"][1] is 0.5");
  check_element(DICT, 7, 1e9, "element[\"say\"][0]");
  check_element(DICT, 10, -1, "element[\"way\"] index is -1");
}

/* Flat elements that come from none. */
static void check_flat(const char *description, const double *flat, size_t count, const char *needle) {
  static guarded out;
  gym_space space = open_space(description);
  double *x = (double *)guard(&out, PATTERN, 0);
  if (!CHECK_FAILURE(gym_space_unflatten(space, flat, count, x, ROOM / 8, &err), GYM_ERR_ELEMENT, err,
                     needle))
    fprintf(stderr, "  space %s\n", description);
  CHECK_UNTOUCHED(out);
  check_float_place(space, sizes_of(space));
  CHECK_OK(gym_space_close(space, &err), err);
}

static void test_flat_elements(void) {
  check_flat(DISCRETE, (const double[]){0, 0, 0}, 3, "element");
  check_flat(PICTURE, (const double[]){0, 0, 0, 0, 256, 0}, 6, "256");
  check_flat(PICTURE, (const double[]){0, 0, 0.5, 0, 0, 0}, 6, "0.5");
  check_flat(BINARY, (const double[]){0, 1, 1e9}, 3, "1000000000");
  check_flat(TEXT, (const double[]){0, -9, 3}, 3, "-9");
  check_flat(ONE_OF, (const double[]){2, 0, 0, 1}, 4, "index is 2");
  check_flat(ONE_OF, (const double[]){-1, 0, 0, 1}, 4, "index is -1");
  check_flat(ONE_OF, (const double[]){0.5, 0, 0, 1}, 4, "0.5");
}

/* Elements as JSON: contains says 0 to what is none, flatten names it; what is no JSON is an error in both.
 */
static void test_element_values(void) {
  static const struct {
    const char *description, *element, *needle;
  } bad[] = {
      {DISCRETE, "0.5", "0.5"},
      {DISCRETE, "\"one\"", "one"},
      {DISCRETE, "null", "None"},
      {DISCRETE, "99999999999999999999", "99999999999999999999"},
      {PICTURE, "[1, 2]", "(2,)"},
      {PICTURE, "[[1, 2, 3], [4, 5]]", "one length"},
      {PICTURE, "[[1, 2, 3], [4, 5, 256]]", "element[1, 2] is 256"},
      {PICTURE, "[[1, 2, 3], [4, 5, \"x\"]]", "x"},
      {FLOATS, "[0, 1e300]", "1e+300"},
      {TEXT, "7", "7"},
      {TEXT, "\"abcd\"", "at most 3"},
      {TEXT, "\"abd\"", "abd"},
      {ONE_OF, "[2, 0]", "from 0 to 1"},
      {ONE_OF, "[0]", "from 0 to 1"},
      {ONE_OF, "{\"index\": 0}", "index"},
      {TUPLE, "[[[1, 2, 3], [4, 5, 6]]]", "a list of 2"},
      {TUPLE, "[[[1, 2, 3], [4, 5, 6]], 0.5]", "element[1] is 0.5"},
      {DICT, "{}", "camera"},
      {DICT, "[1, 2, 3]", "an object"},
      {DICT, "{\"camera\": 1, \"say\": \"a\", \"way\": [0, 0], \"more\": 1}", "more"},
      {DICT, "{\"camera\": [[[1, 2, 3], [4, 5, 6]], 0.5], \"say\": \"a\", \"way\": [0, 0]}",
       "element[\"camera\"][1] is 0.5"},
  };
  static const char *const unreadable[] = {"", "[", "NaN", "1 2", "\"\xff\"", "{\"a\": 1, \"a\": 2}"};
  gym_value *value;
  int is_in;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    gym_space space = open_space(bad[i].description);
    is_in = -1;
    FILL(value);
    CHECK_OK(gym_space_contains_value(space, bad[i].element, &is_in, &err), err);
    CHECK_INT(is_in, 0);
    if (!CHECK_FAILURE(gym_space_flatten_value(space, bad[i].element, &value, &err), GYM_ERR_ELEMENT, err,
                       bad[i].needle))
      fprintf(stderr, "  element %s of %s\n", bad[i].element, bad[i].description);
    FILL(is_in);
    for (size_t j = 0; j < sizeof unreadable / sizeof *unreadable; j++) {
      const char *text = unreadable[j];
      CHECK_FAILURE(gym_space_contains_value(space, text, &is_in, &err), GYM_ERR_JSON, err, "element");
      CHECK_FAILURE(gym_space_flatten_value(space, text, &value, &err), GYM_ERR_JSON, err, "element");
      CHECK_FAILURE(gym_space_unflatten_value(space, text, &value, &err), GYM_ERR_JSON, err, "flat");
    }
    CHECK_FAILURE(gym_space_unflatten_value(space, "[[[1]]]", &value, &err), GYM_ERR_ELEMENT, err, "flat");
    CHECK_FAILURE(gym_space_unflatten_value(space, "\"x\"", &value, &err), GYM_ERR_ELEMENT, err, "x");
    CHECK_UNTOUCHED(value), CHECK_UNTOUCHED(is_in);
    CHECK_OK(gym_space_sample_value(space, NULL, &value, &err), err);
    gym_value_free(value);
    CHECK_OK(gym_space_close(space, &err), err);
  }
}

/* ------------------------------------------------------------------------------------- masks, seeds */

static void test_masks(void) {
  static const struct {
    const char *description, *options;
    int code; /* 0: whatever, but an error */
    const char *needle;
  } bad[] = {
      {DISCRETE, "", GYM_ERR_JSON, "gym_space_sample"},
      {DISCRETE, "[", GYM_ERR_JSON, "gym_space_sample"},
      {DISCRETE, "[1, 0, 1]", GYM_ERR_JSON, "[1, 0, 1]"},
      {DISCRETE, "null", GYM_ERR_JSON, "null"},
      {DISCRETE, "{\"mask\": \"\xff\"}", GYM_ERR_JSON, "UTF-8"},
      {DISCRETE, "{\"maske\": [1, 0, 1]}", GYM_ERR_PYTHON, "maske"},
      {DISCRETE, "{\"seed\": 3}", GYM_ERR_PYTHON, "seed"},
      {DISCRETE, "{\"mask\": 7}", 0, ""},
      {DISCRETE, "{\"mask\": \"all\"}", 0, ""},
      {DISCRETE, "{\"mask\": [1, 0]}", 0, "(2,)"},
      {DISCRETE, "{\"mask\": [[1, 0, 1]]}", 0, "(1, 3)"},
      {DISCRETE, "{\"mask\": [1, [0], 1]}", 0, ""},
      {DISCRETE, "{\"mask\": [1, 2, 0]}", 0, "2"},
      {DISCRETE, "{\"mask\": [1, 300, 0]}", 0, ""},
      {DISCRETE, "{\"mask\": [1, 0.5, 0]}", 0, "float"},
      {DISCRETE, "{\"mask\": {\"a\": 1}}", 0, ""},
      {DISCRETE, "{\"mask\": {\"__ndarray__\": [1, 0, 1], \"dtype\": \"int64\"}}", 0, "int64"},
      {DISCRETE, "{\"probability\": [0.5, 0.25, 0.5]}", 0, ""},
      {DISCRETE, "{\"probability\": [0.5, -0.5, 1]}", 0, ""},
      {DISCRETE, "{\"probability\": [1]}", 0, "(1,)"},
      {DISCRETE, "{\"mask\": [1, 0, 1], \"probability\": [1, 0, 0]}", 0, ""},
      {FLOATS, "{\"mask\": [1, 1]}", 0, ""},
      {MANY, "{\"mask\": [[1, 0], [1]]}", 0, ""},
      {BINARY, "{\"mask\": [0, 1, 3]}", 0, "3"},
      {BINARY, "{\"mask\": [0, 1]}", 0, "(2,)"},
      {TUPLE, "{\"mask\": [null]}", 0, ""},
      {DICT, "{\"mask\": {\"say\": null}}", 0, ""},
      {ONE_OF, "{\"mask\": [[1, 0, 1]]}", 0, ""},
  };
  static guarded out;
  gym_value *value;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    gym_space space = open_space(bad[i].description);
    const char *options = bad[i].options;
    unsigned char *x = guard(&out, PATTERN, 0);
    FILL(value);
    CHECK_OK(gym_space_seed(space, "1", NULL, &err), err);
    int code = gym_space_sample_native(space, options, x, ROOM, &err);
    int expected = bad[i].code ? bad[i].code : code ? code : GYM_ERR_PYTHON;
    int good = CHECK_FAILURE(code, expected, err, bad[i].needle);
    good &= CHECK_FAILURE(gym_space_sample(space, options, (double *)x, ROOM / 8, &err), expected, err,
                          bad[i].needle);
    good &= CHECK_FAILURE(gym_space_sample_value(space, options, &value, &err), expected, err, bad[i].needle);
    good &= CHECK(expected != GYM_ERR_INTERNAL);
    good &= CHECK_UNTOUCHED(out) & CHECK_UNTOUCHED(value);
    if (!good) fprintf(stderr, "  options %s of %s\n", options, bad[i].description);
    check_native_place(space, sizes_of(space), 0);
    CHECK_OK(gym_space_close(space, &err), err);
  }
}

static void test_seeds(void) {
  static const struct {
    const char *description, *seed;
    int code;
    const char *needle;
  } bad[] = {
      {DISCRETE, "", GYM_ERR_JSON, "seed"},
      {DISCRETE, "1 2", GYM_ERR_JSON, "seed"},
      {DISCRETE, "NaN", GYM_ERR_JSON, "NaN"},
      {DISCRETE, "\"\xff\"", GYM_ERR_JSON, "UTF-8"},
      {DISCRETE, "-1", 0, "-1"},
      {DISCRETE, "-99999999999999999999999", 0, "-99999999999999999999999"},
      {DISCRETE, "0.5", 0, "float"},
      {DISCRETE, "\"one\"", 0, ""},
      {DISCRETE, "[1, 2]", 0, ""},
      {DISCRETE, "{\"a\": 1}", 0, ""},
      {TUPLE, "-3", 0, ""},
      {TUPLE, "[1]", 0, ""},
      {TUPLE, "[1, 2, 3]", 0, ""},
      {TUPLE, "[1, -2]", 0, "-2"},
      {TUPLE, "{\"a\": 1}", 0, ""},
      {DICT, "{\"camera\": 1}", 0, ""},
      {DICT, "{\"camera\": [1, -1], \"say\": 2, \"way\": 3}", 0, "-1"},
      {DICT, "[1, 2, 3]", 0, ""},
      {ONE_OF, "[1, 2, 3, 4]", 0, ""},
      {ONE_OF, "\"x\"", 0, ""},
  };
  static const char *const good[] = {"0", "18446744073709551616", "123456789012345678901234567890", "null"};
  gym_value *seeds;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    gym_space space = open_space(bad[i].description);
    FILL(seeds);
    int code = gym_space_seed(space, bad[i].seed, &seeds, &err);
    int expected = bad[i].code ? bad[i].code : code ? code : GYM_ERR_PYTHON;
    int passed = CHECK_FAILURE(code, expected, err, bad[i].needle) & CHECK(expected != GYM_ERR_INTERNAL);
    passed &= CHECK_FAILURE(gym_space_seed(space, bad[i].seed, NULL, &err), expected, err, bad[i].needle);
    if (!(passed & CHECK_UNTOUCHED(seeds)))
      fprintf(stderr, "  seed %s of %s\n", bad[i].seed, bad[i].description);
    for (size_t j = 0; j < sizeof good / sizeof *good; j++) {
      CHECK_OK(gym_space_seed(space, good[j], &seeds, &err), err);
      gym_value_free(seeds);
      CHECK_OK(gym_space_seed(space, good[j], NULL, &err), err);
    }
    check_native_place(space, sizes_of(space), 0);
    CHECK_OK(gym_space_close(space, &err), err);
  }
}

int main(void) {
  use_test_envs();
  test_buffers();
  test_dynamic();
  test_elements();
  test_flat_elements();
  test_element_values();
  test_masks();
  test_seeds();
  CHECK_OK(gym_shutdown(&err), err);
  return check_summary();
}
