/* A copy of src/gogym_c/host/json_scan.h, made by tools/copy_go_sources.py; edit that one. */
/* Reading JSON where there may be no Python: what the host needs to know of options. Not installed.
 *
 * The grammar is that of python/gogym/options.py, as strict as there. Nothing is allocated and nothing
 * recurses: gym__json_read checks a whole text once, and what it gives are places in that text, which must
 * outlive them. */
#ifndef GOGYM_JSON_SCAN_H_
#define GOGYM_JSON_SCAN_H_

#include <stddef.h>
#include <stdint.h>

/* How deep arrays and objects may be nested: MAX_DEPTH of options.py. */
#define GYM__JSON_DEPTH 64

typedef enum gym__json_kind {
  GYM__JSON_NONE, /* there is no value */
  GYM__JSON_NULL,
  GYM__JSON_BOOL,
  GYM__JSON_NUMBER,
  GYM__JSON_STRING,
  GYM__JSON_ARRAY,
  GYM__JSON_OBJECT
} gym__json_kind;

/* A value: where it stands in a text that gym__json_read has checked. */
typedef struct gym__json {
  gym__json_kind kind;
  const char *text;
  size_t length;
} gym__json;

/* Why a text is not JSON. */
typedef struct gym__json_problem {
  size_t at;        /* the byte of the text, from 0 */
  const char *what; /* "a value is expected" */
} gym__json_problem;

/* Checks a NUL-terminated text and gives its value. 1: done; 0: `problem` (may be NULL) says why not. */
int gym__json_read(const char *text, gym__json *out, gym__json_problem *problem);

/* The items of an array, or the members of an object, one after another. Objects that are written with the
 * tag
 * __dict__ have members too. Of any other value there are none. */
typedef struct gym__json_walk {
  const char *at; /* what comes next; NULL: nothing more */
  int is_object;
  int is_tagged; /* the members are [key, value] pairs */
} gym__json_walk;

gym__json_walk gym__json_begin(const gym__json *value);

/* Takes the next one: 1, or 0 where there is none. `key` is written for members only; it may be NULL. */
int gym__json_next(gym__json_walk *walk, gym__json *key, gym__json *out);

/* The number of items or members. */
size_t gym__json_count(const gym__json *value);

/* What gym__json_find found. */
enum { GYM__JSON_TWICE = -1, GYM__JSON_MISSING = 0, GYM__JSON_FOUND = 1 };

/* The member of an object with a key. A key that stands twice is not acceptable, as in options.py; other keys
 * are not compared with each other here. `out` is of kind NONE where it is not found. */
int gym__json_find(const gym__json *object, const char *key, gym__json *out);

/* Whether a string, its escapes resolved, is this text. */
int gym__json_is_text(const gym__json *value, const char *text);

int gym__json_is_true(const gym__json *value);

/* What reading a value gave. */
typedef enum gym__json_result {
  GYM__JSON_OK,
  GYM__JSON_KIND,  /* it is of another kind: a string, or a fraction where an integer is expected */
  GYM__JSON_RANGE, /* the number is beyond the type */
  GYM__JSON_SIZE,  /* the string is too long for the buffer */
  GYM__JSON_TEXT   /* the string has a NUL in it, or half of a surrogate pair, and so is no text for C */
} gym__json_result;

/* A string as NUL-terminated UTF-8. Where it fails the buffer's content is undefined. */
gym__json_result gym__json_string(const gym__json *value, char *buf, size_t size);

/* An integer, written without point and exponent. */
gym__json_result gym__json_int64(const gym__json *value, int64_t *out);

/* A number, correctly rounded. */
gym__json_result gym__json_double(const gym__json *value, double *out);

/* The value as it is written, cut where it is long: for messages. */
#define GYM__JSON_SHOWN 84
const char *gym__json_show(const gym__json *value, char out[GYM__JSON_SHOWN]);

#endif /* GOGYM_JSON_SCAN_H_ */
