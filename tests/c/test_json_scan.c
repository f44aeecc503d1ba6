/* JSON that the host reads itself: what is accepted, what is refused and where, and what is read out of it.
 */
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "json_scan.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static gym__json read_text(const char *text) {
  gym__json value = {GYM__JSON_NONE, NULL, 0};
  gym__json_problem problem = {0, ""};
  if (!CHECK(gym__json_read(text, &value, &problem))) {
    fprintf(stderr, "  %s\n  %s at %zu\n", text, problem.what, problem.at);
  }
  return value;
}

static int is_read(const char *text) {
  gym__json value;
  return gym__json_read(text, &value, NULL);
}

/* ------------------------------------------------------------------------------------- the grammar */

static void test_accepted(void) {
  static const struct {
    const char *text;
    gym__json_kind kind;
    size_t length; /* of the value, without what is around it */
  } cases[] = {
      {"null", GYM__JSON_NULL, 4},
      {" \t\r\n true \n", GYM__JSON_BOOL, 4},
      {"false", GYM__JSON_BOOL, 5},
      {"0", GYM__JSON_NUMBER, 1},
      {"-0", GYM__JSON_NUMBER, 2},
      {"-0.5e-10 ", GYM__JSON_NUMBER, 8},
      {"1E+2", GYM__JSON_NUMBER, 4},
      {"1e0000", GYM__JSON_NUMBER, 6},
      {"123456789012345678901234567890", GYM__JSON_NUMBER, 30},
      {"\"\"", GYM__JSON_STRING, 2},
      {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", GYM__JSON_STRING, 24},
      {"\"\\ud800\"", GYM__JSON_STRING, 8}, /* as Python: only half of a pair, but JSON */
      {"\"\x7f\xc3\xa9\xf0\x9f\x98\x80\"", GYM__JSON_STRING, 9},
      {"[]", GYM__JSON_ARRAY, 2},
      {"[ ] ", GYM__JSON_ARRAY, 3},
      {"{ }", GYM__JSON_OBJECT, 3},
      {"[1, [2, {\"a\": [], \"b\": {}}], \"]\"]", GYM__JSON_ARRAY, 33},
      {"{\"a\":1,\"\":{\"}\\\"\":[[[]]]}}", GYM__JSON_OBJECT, 25},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    gym__json value = read_text(cases[i].text);
    if (!CHECK_INT(value.kind, cases[i].kind) || !CHECK_INT(value.length, cases[i].length)) {
      fprintf(stderr, "  of %s\n", cases[i].text);
    }
  }
}

static void test_refused(void) {
  static const struct {
    const char *text;
    size_t at;
    const char *what;
  } cases[] = {
      {"", 0, "the text ends where a value"},
      {"  ", 2, "the text ends where a value"},
      {"nonsense", 0, "a value is expected"},
      {"\xef\xbb\xbf{}", 0, "a value is expected"}, /* a byte order mark */
      {"tru", 0, "a value"},
      {"trueish", 4, "nothing more"},
      {"True", 0, "a value"},
      {"{} {}", 3, "nothing more"},
      {"]", 0, "a value"},
      {"NaN", 0, "__float__"},
      {"[Infinity]", 1, "__float__"},
      {"-Infinity", 1, "__float__"},
      {"Inf", 0, "a value"},
      {"01", 1, "nothing more"},
      {"-", 1, "a digit"},
      {"-a", 1, "a digit"},
      {"+1", 0, "a value"},
      {".5", 0, "a value"},
      {"1.", 2, "a digit"},
      {"1.e5", 2, "a digit"},
      {"1e", 2, "a digit"},
      {"1e+", 3, "a digit"},
      {"0x10", 1, "nothing more"},
      {"1 2", 2, "nothing more"},
      {"[", 1, "the text ends"},
      {"[1", 2, "a comma or ]"},
      {"[1,", 3, "the text ends"},
      {"[1,]", 3, "a value"},
      {"[,]", 1, "a value"},
      {"[1 2]", 3, "a comma or ]"},
      {"[1}", 2, "a comma or ]"},
      {"[\"a\": 1]", 4, "a comma or ]"},
      {"{", 1, "a key"},
      {"{1: 2}", 1, "a key"},
      {"{'a': 1}", 1, "a key"},
      {"{a: 1}", 1, "a key"},
      {"{\"a\"", 4, "a colon"},
      {"{\"a\" 1}", 5, "a colon"},
      {"{\"a\":}", 5, "a value"},
      {"{\"a\":1", 6, "a comma or }"},
      {"{\"a\":1]", 6, "a comma or }"},
      {"{\"a\":1,}", 7, "a key"},
      {"{\"a\":1,,\"b\":2}", 7, "a key"},
      {"{\"a\":1 \"b\":2}", 7, "a comma or }"},
      {"{\"a\":1} // no", 8, "nothing more"},
      {"\"", 1, "ends inside a string"},
      {"\"abc", 4, "ends inside a string"},
      {"\"\\", 1, "backslash"},
      {"\"\\\"", 3, "ends inside a string"},
      {"\"\\x\"", 1, "backslash"},
      {"\"\\u\"", 1, "four hexadecimal"},
      {"\"\\u12g4\"", 1, "four hexadecimal"},
      {"\"\\u123", 1, "four hexadecimal"},
      {"\"\\U1234\"", 1, "backslash"},
      {"\"\x01\"", 1, "control character"},
      {"\"a\nb\"", 2, "control character"},
      {"\"\xff\"", 1, "UTF-8"},
      {"\"\xc3\"", 1, "UTF-8"},
      {"\"\xc0\x80\"", 1, "UTF-8"},
      {"\"\xed\xa0\x80\"", 1, "UTF-8"}, /* a surrogate */
      {"\"\xf4\x90\x80\x80\"", 1, "UTF-8"},
      {"\"\xf0\x9f\x98", 1, "UTF-8"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    gym__json value = {GYM__JSON_NONE, NULL, 0};
    gym__json_problem problem = {99, ""};
    int good = CHECK_INT(gym__json_read(cases[i].text, &value, &problem), 0);
    good &= CHECK_INT(problem.at, cases[i].at) & CHECK(strstr(problem.what, cases[i].what) != NULL);
    good &= CHECK_INT(value.kind, GYM__JSON_NONE) & CHECK_INT(is_read(cases[i].text), 0);
    if (!good) fprintf(stderr, "  of %s: %s\n", cases[i].text, problem.what);
  }
}

static void test_depth(void) {
  enum { MOST = 100000 };
  char *text = malloc(MOST * 6 + 16);
  static const int depths[] = {1, 2, 63, 64, 65, 66, MOST};
  for (size_t i = 0; i < COUNT(depths); i++) {
    for (int is_object = 0; is_object < 2; is_object++) {
      size_t length = 0;
      for (int k = 0; k < depths[i]; k++)
        length += (size_t)sprintf(text + length, is_object ? "{\"a\":" : "[");
      length += (size_t)sprintf(text + length, "1");
      for (int k = 0; k < depths[i]; k++) text[length++] = is_object ? '}' : ']';
      text[length] = '\0';
      CHECK_INT(is_read(text), depths[i] <= GYM__JSON_DEPTH);
    }
  }
  /* Arrays in objects in arrays: each end must be the right one. */
  size_t length = 0;
  for (int k = 0; k < 32; k++) length += (size_t)sprintf(text + length, "[{\"a\":");
  length += (size_t)sprintf(text + length, "null");
  size_t ends = length;
  for (int k = 0; k < 32; k++) length += (size_t)sprintf(text + length, "}]");
  CHECK(is_read(text));
  for (size_t at = ends; at < length; at++) {
    char right = text[at];
    text[at] = right == ']' ? '}' : ']';
    CHECK(!is_read(text));
    text[at] = right;
  }
  /* Brackets in texts are no depth, and siblings are not either. */
  length = (size_t)sprintf(text, "[\"");
  for (int k = 0; k < 500; k++) text[length++] = '[';
  length += (size_t)sprintf(text + length, "\"");
  for (int k = 0; k < 500; k++) length += (size_t)sprintf(text + length, ",[{}]");
  sprintf(text + length, "]");
  gym__json value = read_text(text);
  CHECK_INT(gym__json_count(&value), 501);
  free(text);
}

/* ------------------------------------------------------------------------------------- members */

static gym__json member(const char *text, const char *key) {
  gym__json whole = read_text(text), value;
  CHECK_INT(gym__json_find(&whole, key, &value), GYM__JSON_FOUND);
  return value;
}

static int find_in(const char *text, const char *key) {
  gym__json whole = read_text(text), value = whole;
  int found = gym__json_find(&whole, key, &value);
  if (found == GYM__JSON_MISSING) CHECK_INT(value.kind, GYM__JSON_NONE);
  return found;
}

static void test_find(void) {
  const char *text = "{\"a\": [1, {\"gogym\": 2}], \"gogy\": 3, \"gogymm\": 4, \"\\u0067ogym\" : {\"x\": 5}}";
  gym__json value = member(text, "gogym");
  CHECK_INT(value.kind, GYM__JSON_OBJECT);
  CHECK_INT(value.length, 8);
  CHECK_INT(find_in(text, "x"), GYM__JSON_MISSING);
  CHECK_INT(find_in(text, ""), GYM__JSON_MISSING);
  CHECK_INT(find_in("{\"\": 1}", ""), GYM__JSON_FOUND);
  CHECK_INT(find_in("{\"gogym\": 1, \"b\": 2, \"gog\\u0079m\": 1}", "gogym"), GYM__JSON_TWICE);
  CHECK_INT(find_in("{\"gogym\": 1, \"gogym\": 2, \"gogym\": 3}", "gogym"), GYM__JSON_TWICE);
  CHECK_INT(find_in("{\"gogym\\u0000\": 1}", "gogym"), GYM__JSON_MISSING);
  CHECK_INT(find_in("{\"\\ud800\": 1, \"gogym\": 2}", "gogym"), GYM__JSON_FOUND);
  CHECK_INT(find_in("[\"gogym\", 1]", "gogym"), GYM__JSON_MISSING);
  CHECK_INT(find_in("\"gogym\"", "gogym"), GYM__JSON_MISSING);
  CHECK_INT(find_in("{}", "gogym"), GYM__JSON_MISSING);
  CHECK_INT(find_in("{ \"\xc3\xa9\": 1 }", "\xc3\xa9"), GYM__JSON_FOUND);
  CHECK_INT(find_in("{ \"\\u00e9\": 1 }", "\xc3\xa9"), GYM__JSON_FOUND);
  gym__json none = {GYM__JSON_NONE, NULL, 0};
  CHECK_INT(gym__json_find(&none, "a", &value), GYM__JSON_MISSING);
  CHECK_INT(gym__json_count(&none), 0);

  /* The tag for dicts is an object as good as any, as options.py has it. */
  CHECK_INT(find_in("{\"__dict__\": [[\"gogym\", {}], [1, 2]]}", "gogym"), GYM__JSON_FOUND);
  CHECK_INT(find_in("{\"__dict__\": []}", "__dict__"), GYM__JSON_MISSING);
  CHECK_INT(find_in("{\"\\u005f_dict__\" : [ [\"a\" , 1 ] ] }", "a"), GYM__JSON_FOUND);
  CHECK_INT(find_in("{\"__dict__\": [[\"a\", 1], [\"a\", 2]]}", "a"), GYM__JSON_TWICE);
  /* These are refused by options.py; here they must only do no harm. */
  CHECK_INT(find_in("{\"__dict__\": [1, [\"a\"], [\"a\", 1, 2], {\"a\": 1}, []]}", "a"), GYM__JSON_MISSING);
  CHECK_INT(find_in("{\"__dict__\": {\"a\": 1}}", "a"), GYM__JSON_MISSING);
  CHECK_INT(find_in("{\"__dict__\": [[\"a\", 1]], \"b\": 1}", "b"), GYM__JSON_FOUND);
}

static void test_walk(void) {
  gym__json whole = read_text("[ 1 ,\"]\\\"\" , [2,3], {\"a\" : [4] } ,null]"), item;
  static const char *const items[] = {"1", "\"]\\\"\"", "[2,3]", "{\"a\" : [4] }", "null"};
  gym__json_walk walk = gym__json_begin(&whole);
  size_t count = 0;
  for (; gym__json_next(&walk, NULL, &item) && CHECK(count < COUNT(items)); count++) {
    CHECK(item.length == strlen(items[count]) && strncmp(item.text, items[count], item.length) == 0);
  }
  CHECK_INT(count, COUNT(items));
  CHECK_INT(gym__json_next(&walk, NULL, &item), 0);
  CHECK_INT(gym__json_count(&whole), COUNT(items));

  whole = read_text("{\"a\":1 , \"b\" : {\"c\": 2}}");
  gym__json key;
  walk = gym__json_begin(&whole);
  CHECK(gym__json_next(&walk, &key, &item) && gym__json_is_text(&key, "a") && item.kind == GYM__JSON_NUMBER);
  CHECK(gym__json_next(&walk, &key, &item) && gym__json_is_text(&key, "b") && item.kind == GYM__JSON_OBJECT);
  CHECK(!gym__json_next(&walk, &key, &item));
  CHECK_INT(gym__json_count(&whole), 2);
  whole = read_text("5");
  CHECK_INT(gym__json_count(&whole), 0);
}

/* ------------------------------------------------------------------------------------- strings */

static void test_strings(void) {
  static const struct {
    const char *text, *expected; /* NULL: it is no text for C */
  } cases[] = {
      {"\"\"", ""},
      {"\"/usr/bin/python3\"", "/usr/bin/python3"},
      {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
      {"\"\\u0041\\u00e9\\u20AC\\uffff\"", "A\xc3\xa9\xe2\x82\xac\xef\xbf\xbf"},
      {"\"\\u007f\\u0080\\u07ff\\u0800\"", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80"},
      {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80"},
      {"\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
      {"\"\xc3\xa9\xf0\x9f\x98\x80\"", "\xc3\xa9\xf0\x9f\x98\x80"},
      {"\"a\\u0000b\"", NULL},
      {"\"\\ud800\"", NULL},
      {"\"\\ud800x\"", NULL},
      {"\"\\ud800\\n\"", NULL},
      {"\"\\ud800\\u0041\"", NULL},
      {"\"\\ud800\\ud800\"", NULL},
      {"\"\\udc00\\ud800\"", NULL},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    gym__json value = read_text(cases[i].text);
    char buf[64];
    if (!cases[i].expected) {
      CHECK_INT(gym__json_string(&value, buf, sizeof buf), GYM__JSON_TEXT);
      CHECK(!gym__json_is_text(&value, "") && !gym__json_is_text(&value, "a"));
      continue;
    }
    size_t length = strlen(cases[i].expected);
    CHECK_INT(gym__json_string(&value, buf, sizeof buf), GYM__JSON_OK);
    CHECK_STR(buf, cases[i].expected);
    CHECK(gym__json_is_text(&value, cases[i].expected));
    for (size_t size = 0; size <= length; size++) {
      char *exact = malloc(size + 1); /* behind it a sanitizer watches */
      CHECK_INT(gym__json_string(&value, exact, size), GYM__JSON_SIZE);
      free(exact);
    }
    char *exact = malloc(length + 1);
    CHECK_INT(gym__json_string(&value, exact, length + 1), GYM__JSON_OK);
    free(exact);
  }
  gym__json value = read_text("\"abc\"");
  CHECK(!gym__json_is_text(&value, "ab") && !gym__json_is_text(&value, "abcd") &&
        !gym__json_is_text(&value, ""));
  value = read_text("[\"abc\"]");
  char buf[8];
  CHECK_INT(gym__json_string(&value, buf, sizeof buf), GYM__JSON_KIND);
  CHECK(!gym__json_is_text(&value, "abc"));
}

/* ------------------------------------------------------------------------------------- numbers */

static void test_integers(void) {
  static const struct {
    const char *text;
    gym__json_result result;
    int64_t expected;
  } cases[] = {
      {"0", GYM__JSON_OK, 0},
      {"-0", GYM__JSON_OK, 0},
      {"42 ", GYM__JSON_OK, 42},
      {"9223372036854775807", GYM__JSON_OK, INT64_MAX},
      {"-9223372036854775808", GYM__JSON_OK, INT64_MIN},
      {"9223372036854775808", GYM__JSON_RANGE, 7},
      {"-9223372036854775809", GYM__JSON_RANGE, 7},
      {"18446744073709551616", GYM__JSON_RANGE, 7},
      {"99999999999999999999999999999999", GYM__JSON_RANGE, 7},
      {"1.0", GYM__JSON_KIND, 7},
      {"1e3", GYM__JSON_KIND, 7},
      {"\"1\"", GYM__JSON_KIND, 7},
      {"true", GYM__JSON_KIND, 7},
      {"null", GYM__JSON_KIND, 7},
      {"[1]", GYM__JSON_KIND, 7},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    gym__json value = read_text(cases[i].text);
    int64_t number = 7;
    CHECK_INT(gym__json_int64(&value, &number), cases[i].result);
    CHECK_INT(number, cases[i].expected);
  }
}

static void check_double(const char *text, double expected) {
  gym__json value = read_text(text);
  double number = 7;
  int good = CHECK_INT(gym__json_double(&value, &number), isinf(expected) ? GYM__JSON_RANGE : GYM__JSON_OK);
  good &= CHECK(isinf(expected) ? number == 7 : memcmp(&number, &expected, sizeof number) == 0);
  if (!good) fprintf(stderr, "  of %.60s: %a\n", text, number);
}

static void test_doubles(void) {
  /* strtod is the oracle while its point is ours. */
  static const char *const texts[] = {
      "0",
      "-0",
      "0.0",
      "-0.000e5",
      "1",
      "-1.5",
      "2.5e-3",
      "0.1",
      "100",
      "1e22",
      "1e23",
      "123456789.123456789",
      "1.7976931348623157e308",
      "1.7976931348623159e308",
      "1e400",
      "-1e400",
      "4.9e-324",
      "2.4e-324",
      "1e-400",
      "1e99999999999999999999",
      "1e-99999999999999999999",
      "0e99999999999999999999",
      "0.000001e6",
      "9007199254740993",
      "9007199254740992.99999999999999999999",
      "2.2250738585072011e-308",
      "3.141592653589793238462643383279502884197169399375105820974944592",
  };
  for (size_t i = 0; i < COUNT(texts); i++) check_double(texts[i], strtod(texts[i], NULL));

  /* More digits than any float64 needs; the very last one decides to which side the middle is rounded. */
  enum { ZEROS = 5000 };
  char *text = malloc(2 * ZEROS + 64);
  int length = sprintf(text, "9007199254740993.");
  for (int i = 0; i < ZEROS; i++) text[length++] = '0';
  strcpy(text + length, "1");
  check_double(text, 9007199254740994.0);
  strcpy(text + length, "0");
  check_double(text, 9007199254740992.0);
  /* 0.000...01e5001 and 1000...0e-5000 */
  length = sprintf(text, "0.");
  for (int i = 0; i < ZEROS; i++) text[length++] = '0';
  strcpy(text + length, "15e5001");
  check_double(text, 1.5);
  length = sprintf(text, "25");
  for (int i = 0; i < ZEROS; i++) text[length++] = '0';
  strcpy(text + length, "e-5001");
  check_double(text, 2.5);
  free(text);

  /* A locale with another point changes nothing. */
  static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8"};
  for (size_t i = 0; i < COUNT(names) && !setlocale(LC_ALL, names[i]); i++) continue;
  check_double("1.25", 1.25);
  check_double("-12.5e1", -125);
  setlocale(LC_ALL, "C");

  static const char *const others[] = {"\"1\"", "true", "null", "[1]", "{\"__float__\": \"inf\"}"};
  for (size_t i = 0; i < COUNT(others); i++) {
    gym__json value = read_text(others[i]);
    double number = 7;
    CHECK_INT(gym__json_double(&value, &number), GYM__JSON_KIND);
    CHECK(number == 7);
  }
}

static void test_words_and_shown(void) {
  gym__json value = read_text("true");
  char shown[GYM__JSON_SHOWN];
  CHECK(gym__json_is_true(&value));
  value = read_text(" false ");
  CHECK(!gym__json_is_true(&value));
  CHECK_STR(gym__json_show(&value, shown), "false");
  value = read_text("\"true\"");
  CHECK(!gym__json_is_true(&value));
  CHECK_STR(gym__json_show(&value, shown), "\"true\"");
  value = (gym__json){GYM__JSON_NONE, NULL, 0};
  CHECK_STR(gym__json_show(&value, shown), "");

  /* Strings of every length around the limit, of characters of one to four bytes: what is shown fits and is
   * whole characters. */
  static const char *const characters[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
  for (size_t c = 0; c < COUNT(characters); c++) {
    for (size_t count = 0; count < 100; count++) {
      char text[512] = "\"", *guarded = malloc(GYM__JSON_SHOWN);
      for (size_t i = 0; i < count; i++) strcat(text, characters[c]);
      strcat(text, "\"");
      value = read_text(text);
      size_t length = strlen(gym__json_show(&value, guarded));
      if (strlen(text) < GYM__JSON_SHOWN) {
        CHECK_STR(guarded, text);
      } else {
        CHECK(length < GYM__JSON_SHOWN && length > GYM__JSON_SHOWN - 8);
        CHECK_STR(guarded + length - 3, "...");
        CHECK_INT((length - 3 - 1) % strlen(characters[c]), 0);
        CHECK(strncmp(guarded, text, length - 3) == 0);
      }
      free(guarded);
    }
  }
}

/* ------------------------------------------------------------------------------------- damage */

static const char *const whole_text =
    "{\"render_mode\": null, \"gogym\" : {\"isolate\": true, \"\\u0065ngine\": \"pro\\u0063ess\", "
    "\"timeout\": "
    "-1.5e+3, \"env_options\": [{}, {\"a\": [1, 2.0, [\"\xc3\xa9\\ud83d\\ude00\"]]}, false]}, \"x\": "
    "{\"__dict__\": [[1, 2], [\"k\", {\"__float__\": \"inf\"}]]}}";

/* Reads all that there is to be read. */
static void read_everything(const gym__json *value, int depth) {
  static const char *const keys[] = {"gogym", "engine", "k", "timeout", ""};
  gym__json_walk walk = gym__json_begin(value);
  gym__json key, item;
  char buf[16], shown[GYM__JSON_SHOWN];
  int64_t integer;
  double number;
  gym__json_string(value, buf, sizeof buf);
  gym__json_int64(value, &integer);
  gym__json_double(value, &number);
  gym__json_show(value, shown);
  gym__json_count(value);
  for (size_t i = 0; i < COUNT(keys); i++) gym__json_find(value, keys[i], &item);
  while (gym__json_next(&walk, &key, &item)) {
    if (value->kind == GYM__JSON_OBJECT && key.kind != GYM__JSON_NONE) read_everything(&key, depth + 1);
    read_everything(&item, depth + 1);
  }
  CHECK(depth < 200);
}

/* A copy of its own size, so that a sanitizer sees every byte that is read behind it. */
static int read_copy(const char *text, size_t length) {
  char *copy = malloc(length + 1);
  gym__json value;
  gym__json_problem problem = {length + 1, NULL};
  memcpy(copy, text, length);
  copy[length] = '\0';
  int good = gym__json_read(copy, &value, &problem);
  if (good) {
    read_everything(&value, 0);
  } else {
    CHECK(problem.at <= length && problem.what != NULL);
  }
  free(copy);
  return good;
}

static void test_damage(void) {
  size_t length = strlen(whole_text);
  CHECK(read_copy(whole_text, length));
  for (size_t cut = 0; cut < length; cut++) CHECK(!read_copy(whole_text, cut));
  for (size_t from = 1; from < length; from++) read_copy(whole_text + from, length - from);

  /* One byte, then several, that are something else. */
  static const char bytes[] = "{}[]\",:\\u0-eE.tn \x01\x80\xc3\xff";
  char text[1024];
  for (size_t at = 0; at < length; at++) {
    for (size_t i = 0; i < sizeof bytes - 1; i++) {
      memcpy(text, whole_text, length);
      text[at] = bytes[i];
      read_copy(text, length);
    }
  }
  uint64_t random = 88172645463325252u;
  int read = 0;
  for (int round = 0; round < 100000; round++) {
    memcpy(text, whole_text, length);
    for (int i = 0; i < 1 + round % 4; i++) {
      random ^= random << 13, random ^= random >> 7, random ^= random << 17;
      text[random % length] = bytes[(random >> 32) % (sizeof bytes - 1)];
    }
    read += read_copy(text, length);
  }
  CHECK(read > 100 && read < 100000); /* some of them are JSON still */
}

/* Whatever is made of a few characters of JSON. */
static void test_any_text(void) {
  static const char letters[] = "[]{}\",:\\01e.- u\x01";
  char text[8] = "";
  size_t base = sizeof letters - 1, total = 1;
  for (int i = 0; i < 5; i++) total *= base;
  int read = 0;
  for (size_t number = 0; number < total; number++) {
    size_t rest = number;
    for (int i = 0; i < 5; i++, rest /= base) text[i] = letters[rest % base];
    gym__json value;
    if (!gym__json_read(text, &value, NULL)) continue;
    read++;
    read_everything(&value, 0);
  }
  CHECK(read > 1000);
}

int main(void) {
  test_accepted();
  test_refused();
  test_depth();
  test_find();
  test_walk();
  test_strings();
  test_integers();
  test_doubles();
  test_words_and_shown();
  test_damage();
  test_any_text();
  return check_summary();
}
