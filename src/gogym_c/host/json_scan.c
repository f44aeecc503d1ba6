/* Reading JSON. One pass over the text checks all of it; whatever is read afterwards relies on that. */
#include "json_scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gogym_utf8.h"

static const char *skip_space(const char *at) { return at + strspn(at, " \t\n\r"); }

static const char *skip_digits(const char *at) {
  while (*at >= '0' && *at <= '9') at++;
  return at;
}

static int is_word(const char *at, const char *word) { return strncmp(at, word, strlen(word)) == 0; }

/* ------------------------------------------------------------------------------------- checking */

typedef struct checker {
  const char *at;  /* where it is, or what it stumbled over */
  const char *end; /* of the text: a NUL */
  const char *what;
} checker;

static int stumble(checker *c, const char *at, const char *what) {
  c->at = at;
  c->what = what;
  return 0;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* From a quote to behind the closing one. */
static int check_string(checker *c) {
  const char *at = c->at + 1;
  while (*at != '"') {
    if (*at == '\\') {
      if (at[1] == '\0' || !strchr("\"\\/bfnrtu", at[1])) {
        return stumble(c, at, "after a backslash comes one of \" \\ / b f n r t u");
      }
      for (int i = 2; at[1] == 'u' && i < 6; i++) {
        if (hex_digit(at[i]) < 0) return stumble(c, at, "\\u takes four hexadecimal digits");
      }
      at += at[1] == 'u' ? 6 : 2;
      continue;
    }
    if (at == c->end) return stumble(c, at, "the text ends inside a string");
    if ((unsigned char)*at < 0x20) return stumble(c, at, "a control character must be escaped");
    size_t bytes = gym__utf8_character((const unsigned char *)at, (size_t)(c->end - at));
    if (bytes == 0) return stumble(c, at, "this byte is no UTF-8");
    at += bytes;
  }
  c->at = at + 1;
  return 1;
}

static int check_digits(checker *c) {
  const char *end = skip_digits(c->at);
  if (end == c->at) return stumble(c, end, "a digit is expected");
  c->at = end;
  return 1;
}

static int check_number(checker *c) {
  if (*c->at == '-') c->at++;
  if (is_word(c->at, "Infinity")) {
    return stumble(c, c->at, "Infinity is not JSON; write {\"__float__\": \"inf\"} or \"-inf\"");
  }
  if (*c->at == '0') {
    c->at++;
  } else if (!check_digits(c)) {
    return 0;
  }
  if (*c->at == '.') {
    c->at++;
    if (!check_digits(c)) return 0;
  }
  if (*c->at != 'e' && *c->at != 'E') return 1;
  c->at++;
  if (*c->at == '+' || *c->at == '-') c->at++;
  return check_digits(c);
}

/* A value that has no parts. */
static int check_scalar(checker *c) {
  static const char *const words[] = {"true", "false", "null"};
  if (*c->at == '"') return check_string(c);
  if (*c->at == '-' || skip_digits(c->at) != c->at || is_word(c->at, "Infinity")) return check_number(c);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (!is_word(c->at, words[i])) continue;
    c->at += strlen(words[i]);
    return 1;
  }
  if (is_word(c->at, "NaN")) {
    return stumble(c, c->at, "NaN is not JSON; write {\"__float__\": \"nan\"}");
  }
  return stumble(c, c->at,
                 c->at == c->end ? "the text ends where a value is expected" : "a value is expected");
}

/* A key and its colon. */
static int check_key(checker *c) {
  c->at = skip_space(c->at);
  if (*c->at != '"') return stumble(c, c->at, "a key in double quotes is expected");
  if (!check_string(c)) return 0;
  c->at = skip_space(c->at);
  if (*c->at != ':') return stumble(c, c->at, "a colon is expected");
  c->at++;
  return 1;
}

/* One value and what is in it: `open` has a bit for each array or object that it is inside of, 1 for objects.
 */
static int check_value(checker *c) {
  uint64_t open = 0;
  int depth = 0;
  for (;;) {
    c->at = skip_space(c->at);
    if (*c->at == '{' || *c->at == '[') {
      int is_object = *c->at == '{';
      if (depth == GYM__JSON_DEPTH) return stumble(c, c->at, "nested deeper than 64 levels");
      open = open << 1 | (uint64_t)is_object;
      depth++;
      c->at = skip_space(c->at + 1);
      if (*c->at != (is_object ? '}' : ']')) {
        if (is_object && !check_key(c)) return 0;
        continue;
      }
    } else if (!check_scalar(c)) {
      return 0;
    } else if (depth == 0) {
      return 1;
    }
    for (;; depth--, open >>= 1) { /* as many as end here */
      int is_object = (int)(open & 1);
      if (depth == 0) return 1;
      c->at = skip_space(c->at);
      if (*c->at == ',') {
        c->at++;
        if (is_object && !check_key(c)) return 0;
        break;
      }
      if (*c->at != (is_object ? '}' : ']')) {
        return stumble(c, c->at, is_object ? "a comma or } is expected" : "a comma or ] is expected");
      }
      c->at++;
    }
  }
}

/* ------------------------------------------------------------------------------------- places */

static const char *skip_string(const char *at) {
  for (at++; *at != '"'; at++) {
    if (*at == '\\') at++;
  }
  return at + 1;
}

static const char *skip_value(const char *at) {
  int depth = 0;
  do {
    if (*at == '"') {
      at = skip_string(at);
    } else if (*at == '{' || *at == '[') {
      depth++;
      at++;
    } else if (*at == '}' || *at == ']') {
      depth--;
      at++;
    } else if (depth > 0) {
      at++;
    } else {
      return at + strcspn(at, ",]} \t\n\r");
    }
  } while (depth > 0);
  return at;
}

static gym__json_kind kind_of(char first) {
  switch (first) {
    case '{':
      return GYM__JSON_OBJECT;
    case '[':
      return GYM__JSON_ARRAY;
    case '"':
      return GYM__JSON_STRING;
    case 't':
    case 'f':
      return GYM__JSON_BOOL;
    case 'n':
      return GYM__JSON_NULL;
    default:
      return GYM__JSON_NUMBER;
  }
}

/* The value that begins here; gives what comes behind it and the space after it. */
static const char *take(const char *at, gym__json *out) {
  const char *end = skip_value(at);
  *out = (gym__json){kind_of(*at), at, (size_t)(end - at)};
  return skip_space(end);
}

int gym__json_read(const char *text, gym__json *out, gym__json_problem *problem) {
  checker c = {text, text + strlen(text), NULL};
  int good = check_value(&c);
  if (good) {
    c.at = skip_space(c.at);
    if (c.at != c.end) good = stumble(&c, c.at, "nothing more is expected here");
  }
  if (!good) {
    if (problem) *problem = (gym__json_problem){(size_t)(c.at - text), c.what};
    return 0;
  }
  take(skip_space(text), out);
  return 1;
}

/* ------------------------------------------------------------------------------------- items and members */

/* Behind an opening bracket or a comma, and the space there. */
static const char *step_in(const char *at) { return skip_space(at + 1); }

/* The array of pairs of an object that is written {"__dict__": [[key, value], ...]}; NULL: it is not. */
static const char *tagged_pairs(const char *at) {
  gym__json key, pairs;
  if (*at == '}') return NULL;
  at = take(at, &key);
  if (!gym__json_is_text(&key, "__dict__")) return NULL;
  at = take(step_in(at), &pairs);
  return *at == '}' && pairs.kind == GYM__JSON_ARRAY ? pairs.text : NULL;
}

gym__json_walk gym__json_begin(const gym__json *value) {
  gym__json_walk walk = {NULL, value->kind == GYM__JSON_OBJECT, 0};
  if (!walk.is_object && value->kind != GYM__JSON_ARRAY) return walk;
  walk.at = step_in(value->text);
  const char *pairs = walk.is_object ? tagged_pairs(walk.at) : NULL;
  if (pairs) {
    walk.at = step_in(pairs);
    walk.is_tagged = 1;
  }
  return walk;
}

/* What stands at the walk's place and behind it. What is no pair, under the tag, is a member without a key.
 */
static const char *take_member(const gym__json_walk *walk, gym__json *key, gym__json *out) {
  const char *at = walk->at;
  if (!walk->is_tagged) return take(step_in(take(at, key)), out);
  gym__json pair, beyond;
  at = take(at, &pair);
  *key = *out = (gym__json){GYM__JSON_NONE, NULL, 0};
  gym__json_walk items = gym__json_begin(&pair);
  if (pair.kind != GYM__JSON_ARRAY) return at;
  gym__json found_key, found;
  if (gym__json_next(&items, NULL, &found_key) && gym__json_next(&items, NULL, &found) &&
      !gym__json_next(&items, NULL, &beyond)) {
    *key = found_key;
    *out = found;
  }
  return at;
}

int gym__json_next(gym__json_walk *walk, gym__json *key, gym__json *out) {
  gym__json unwanted;
  if (!walk->at || *walk->at == ']' || *walk->at == '}') return 0;
  const char *at = walk->is_object ? take_member(walk, key ? key : &unwanted, out) : take(walk->at, out);
  walk->at = *at == ',' ? step_in(at) : at;
  return 1;
}

size_t gym__json_count(const gym__json *value) {
  gym__json_walk walk = gym__json_begin(value);
  gym__json item;
  size_t count = 0;
  while (gym__json_next(&walk, NULL, &item)) count++;
  return count;
}

int gym__json_find(const gym__json *object, const char *key, gym__json *out) {
  gym__json_walk walk = gym__json_begin(object);
  gym__json found_key, found;
  int result = GYM__JSON_MISSING;
  *out = (gym__json){GYM__JSON_NONE, NULL, 0};
  while (walk.is_object && gym__json_next(&walk, &found_key, &found)) {
    if (!gym__json_is_text(&found_key, key)) continue;
    if (result == GYM__JSON_FOUND) return GYM__JSON_TWICE;
    result = GYM__JSON_FOUND;
    *out = found;
  }
  return result;
}

/* ------------------------------------------------------------------------------------- strings */

static uint32_t hex_unit(const char *at) {
  uint32_t unit = 0;
  for (int i = 0; i < 4; i++) unit = unit << 4 | (uint32_t)hex_digit(at[i]);
  return unit;
}

static size_t encode(uint32_t code, char out[4]) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  size_t bytes = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = bytes - 1; i > 0; i--, code >>= 6) out[i] = (char)(0x80 | (code & 0x3F));
  out[0] = (char)((0xF00u >> bytes & 0xF0) | code);
  return bytes;
}

/* One character of a string, or one byte of it, which moves on; gives its bytes of UTF-8, 0 for half of a
 * surrogate pair. */
static size_t next_character(const char **at, char out[4]) {
  const char *from = *at;
  if (*from != '\\') {
    out[0] = *from;
    *at = from + 1;
    return 1;
  }
  if (from[1] != 'u') {
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    const char *letter = strchr(letters, from[1]);
    out[0] = letter ? meanings[letter - letters] : from[1];
    *at = from + 2;
    return 1;
  }
  uint32_t code = hex_unit(from + 2);
  *at = from + 6;
  if (code < 0xD800 || code > 0xDFFF) return encode(code, out);
  if (code > 0xDBFF || from[6] != '\\' || from[7] != 'u') return 0;
  uint32_t low = hex_unit(from + 8);
  if (low < 0xDC00 || low > 0xDFFF) return 0;
  *at = from + 12;
  return encode(0x10000 + ((code - 0xD800) << 10 | (low - 0xDC00)), out);
}

int gym__json_is_text(const gym__json *value, const char *text) {
  if (value->kind != GYM__JSON_STRING) return 0;
  const char *at = value->text + 1, *end = value->text + value->length - 1;
  while (at < end) {
    char bytes[4];
    size_t count = next_character(&at, bytes);
    if (count == 0) return 0;
    for (size_t i = 0; i < count; i++, text++) {
      if (*text == '\0' || *text != bytes[i]) return 0;
    }
  }
  return *text == '\0';
}

gym__json_result gym__json_string(const gym__json *value, char *buf, size_t size) {
  if (value->kind != GYM__JSON_STRING) return GYM__JSON_KIND;
  const char *at = value->text + 1, *end = value->text + value->length - 1;
  size_t filled = 0;
  while (at < end) {
    char bytes[4];
    size_t count = next_character(&at, bytes);
    if (count == 0 || bytes[0] == '\0') return GYM__JSON_TEXT;
    if (count >= size - filled) return GYM__JSON_SIZE;
    memcpy(buf + filled, bytes, count);
    filled += count;
  }
  if (filled >= size) return GYM__JSON_SIZE;
  buf[filled] = '\0';
  return GYM__JSON_OK;
}

/* ------------------------------------------------------------------------------------- numbers and words */

int gym__json_is_true(const gym__json *value) {
  return value->kind == GYM__JSON_BOOL && value->text[0] == 't';
}

gym__json_result gym__json_int64(const gym__json *value, int64_t *out) {
  if (value->kind != GYM__JSON_NUMBER) return GYM__JSON_KIND;
  int is_negative = value->text[0] == '-';
  const char *first = value->text + is_negative, *end = value->text + value->length;
  if (skip_digits(first) != end) return GYM__JSON_KIND;
  uint64_t limit = (uint64_t)INT64_MAX + (uint64_t)is_negative, magnitude = 0;
  for (const char *at = first; at < end; at++) {
    uint64_t digit = (uint64_t)(*at - '0');
    if (magnitude > (limit - digit) / 10) return GYM__JSON_RANGE;
    magnitude = magnitude * 10 + digit;
  }
  *out = !is_negative ? (int64_t)magnitude : magnitude == 0 ? 0 : -(int64_t)(magnitude - 1) - 1;
  return GYM__JSON_OK;
}

/* No two float64 are told apart by more digits than this, but for whether anything follows them. */
#define MOST_DIGITS 780

/* The exponent behind an 'e', or one so large that it makes no difference. */
static long long read_exponent(const char *at, const char *end) {
  long long exponent = 0;
  int is_negative = *at == '-';
  if (*at == '-' || *at == '+') at++;
  for (; at < end && exponent < 1000000000000; at++) exponent = exponent * 10 + (*at - '0');
  return is_negative ? -exponent : exponent;
}

gym__json_result gym__json_double(const gym__json *value, double *out) {
  if (value->kind != GYM__JSON_NUMBER) return GYM__JSON_KIND;
  /* strtod wants the locale's point, so that it is given none: 1.25 becomes 125e-2. */
  char digits[MOST_DIGITS + 32];
  size_t count = 0;
  int is_behind_point = 0, more = 0;
  long long exponent = 0;
  const char *at = value->text, *end = value->text + value->length;
  if (*at == '-') digits[count++] = *at++;
  size_t first = count;
  for (; at < end && *at != 'e' && *at != 'E'; at++) {
    if (*at == '.') {
      is_behind_point = 1;
      continue;
    }
    if (count == first && *at == '0') { /* leading zeros are none of the digits */
      exponent -= is_behind_point;
    } else if (count < MOST_DIGITS) {
      digits[count++] = *at;
      exponent -= is_behind_point;
    } else {
      more |= *at != '0';
      exponent += !is_behind_point;
    }
  }
  if (at < end) exponent += read_exponent(at + 1, end);
  if (count == first) {
    digits[count++] = '0';
  } else if (more) {
    digits[count++] = '1';
    exponent--;
  }
  exponent = exponent > 100000 ? 100000 : exponent < -100000 ? -100000 : exponent;
  snprintf(digits + count, sizeof digits - count, "e%lld", exponent);
  double number = strtod(digits, NULL);
  if (isinf(number)) return GYM__JSON_RANGE;
  *out = number;
  return GYM__JSON_OK;
}

const char *gym__json_show(const gym__json *value, char out[GYM__JSON_SHOWN]) {
  size_t length = value->length;
  int is_cut = length >= GYM__JSON_SHOWN;
  if (is_cut) {
    length = GYM__JSON_SHOWN - 4;
    while (((unsigned char)value->text[length] & 0xC0) == 0x80) length--; /* not inside a character */
  }
  if (length > 0) memcpy(out, value->text, length);
  memcpy(out + length, is_cut ? "..." : "", is_cut ? 4 : 1);
  return out;
}
