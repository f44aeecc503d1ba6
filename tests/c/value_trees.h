/* What the tests of gym_value share: trees to look at, and a check of JSON. */
#ifndef VALUE_TREES_H_
#define VALUE_TREES_H_

#include <stdlib.h>

#include "check.h"
#include "gogym_value_format.h"
#include "value_build.h"

/* A literal with its length, which counts NULs inside. */
#define TEXT(text) (text), sizeof(text) - 1

/* Appends one node of every kind and of every dtype, 10 entries. */
static inline void build_everything(gym__builder *b) {
  static const int64_t shape[] = {2, 3};
  static const int64_t empty[] = {2, 0};
  static const char zeros[6 * 16];
#define COUNT_DTYPE(dtype, size) +1
  gym__build_dict(b, 10);
  gym__build_string(b, TEXT("none"));
  gym__build_none(b);
  gym__build_string(b, TEXT("bools"));
  gym__build_list(b, 2);
  gym__build_bool(b, 0);
  gym__build_bool(b, 2);
  gym__build_string(b, TEXT("int64"));
  gym__build_int64(b, INT64_MIN);
  gym__build_string(b, TEXT("float64"));
  gym__build_float64(b, 0.1);
  gym__build_string(b, TEXT("string"));
  gym__build_string(b, TEXT("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x8d \"\\\n"));
  gym__build_tuple(b, 2);
  gym__build_int64(b, 1);
  gym__build_string(b, TEXT("a"));
  gym__build_bytes(b, "\x00\xff", 2);
  gym__build_int64(b, 7);
  gym__build_dict(b, 0);
  gym__build_none(b);
  gym__build_other(b, "int", TEXT("18446744073709551616"));
  gym__build_string(b, TEXT("empty"));
  gym__build_tuple(b, 0);
  gym__build_string(b, TEXT("arrays"));
  gym__build_list(b, 2 GYM__DTYPE_MAP(COUNT_DTYPE));
#define BUILD_DTYPE(dtype, size) gym__build_array(b, #dtype, 2, shape, zeros);
  GYM__DTYPE_MAP(BUILD_DTYPE)
  gym__build_array(b, "float32", 2, empty, NULL);
  gym__build_array(b, "float64", 0, NULL, zeros);
}

static inline gym_value *make_everything(void) {
  gym__builder b;
  gym__build_begin(&b);
  build_everything(&b);
  gym_value *value = gym__build_finish(&b);
  CHECK_INT(b.failed, GYM_OK);
  return value;
}

/* Nested lists around one int64 that lies at `depth`. */
static inline gym_value *make_nested(int depth, int *failed) {
  gym__builder b;
  gym__build_begin(&b);
  for (int i = 1; i < depth; i++) {
    CHECK_INT(gym__build_depth(&b), i);
    gym__build_list(&b, 1);
  }
  gym__build_int64(&b, 5);
  gym_value *value = gym__build_finish(&b);
  *failed = b.failed;
  return value;
}

static char json_buffer[1 << 20];

static const char *json_of(const gym_value *value) {
  gym_error err = GYM_ERROR_INIT;
  CHECK_OK(gym_value_to_json(value, json_buffer, sizeof json_buffer, NULL, &err), err);
  return json_buffer;
}

/* Steps over one JSON value; NULL where there is none. Strict but for number syntax, which strtod decides. */
static const char *skip_json(const char *at) {
  if (*at == '"') {
    for (at++; *at != '"'; at++) {
      if ((unsigned char)*at < 0x20) return NULL;
      if (*at != '\\') continue;
      at++;
      if (*at == 'u') {
        if (strspn(at + 1, "0123456789abcdef") < 4) return NULL;
        at += 4;
      } else if (*at == '\0' || !strchr("\"\\bfnrt", *at)) {
        return NULL;
      }
    }
    return at + 1;
  }
  if (*at == '[' || *at == '{') {
    char open = *at++, close = open == '[' ? ']' : '}';
    if (*at == close) return at + 1;
    for (;;) {
      if (open == '{') {
        if (*at != '"' || !(at = skip_json(at)) || strncmp(at, ": ", 2) != 0) return NULL;
        at += 2;
      }
      if (!(at = skip_json(at))) return NULL;
      if (*at == close) return at + 1;
      if (strncmp(at, ", ", 2) != 0) return NULL;
      at += 2;
    }
  }
  const char *const words[] = {"null", "true", "false"};
  for (int i = 0; i < 3; i++) {
    if (strncmp(at, words[i], strlen(words[i])) == 0) return at + strlen(words[i]);
  }
  if (*at != '-' && (*at < '0' || *at > '9')) return NULL;
  char *end;
  (void)strtod(at, &end);
  return end > at ? end : NULL;
}

static inline int is_json(const char *text) {
  const char *end = skip_json(text);
  return end && *end == '\0';
}

#endif /* VALUE_TREES_H_ */
