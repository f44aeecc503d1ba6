/* The spaces of tests/spaces/table.json, and the comparison of two handles of equal spaces: every call must
 * do and say the same on both. Programs that include it begin with #define _GNU_SOURCE. */
#ifndef SPACE_TABLE_H_
#define SPACE_TABLE_H_

#include <math.h>
#include <stdlib.h>

#include "envs.h"

/* ------------------------------------------------------------------------------------- the table */

typedef struct table_space {
  char name[64];
  char *description;
} table_space;

static inline char *read_table(void) {
  FILE *file = fopen(GOGYM_TEST_ENVS "/../../spaces/table.json", "rb");
  if (!file) abort();
  fseek(file, 0, SEEK_END);
  size_t length = (size_t)ftell(file);
  rewind(file);
  char *text = malloc(length + 1);
  if (!text || fread(text, 1, length, file) != length) abort();
  text[length] = '\0';
  fclose(file);
  return text;
}

/* The end of a JSON object that begins at `at`. */
static inline const char *end_of_object(const char *at) {
  int depth = 0, is_text = 0;
  for (;; at++) {
    if (*at == '\0') abort();
    if (is_text) {
      if (*at == '"') is_text = 0;
      if (*at == '\\') at++;
    } else if (*at == '"') {
      is_text = 1;
    } else if (*at == '{') {
      depth++;
    } else if (*at == '}' && --depth == 0) {
      return at + 1;
    }
  }
}

/* All records, in order; ends with one whose description is NULL. */
static inline table_space *load_spaces(void) {
  static const char name_is[] = "{\"name\": \"", description_is[] = "\"description\": ";
  char *text = read_table();
  table_space *spaces = calloc(1000, sizeof *spaces);
  size_t count = 0;
  if (!spaces) abort();
  for (const char *at = text; (at = strstr(at, name_is)) != NULL;) {
    at += sizeof name_is - 1;
    if (count == 999 || strcspn(at, "\"") >= sizeof spaces->name) abort();
    memcpy(spaces[count].name, at, strcspn(at, "\""));
    at = strstr(at, description_is) + sizeof description_is - 1;
    const char *end = end_of_object(at);
    spaces[count++].description = strndup(at, (size_t)(end - at));
    at = end;
  }
  free(text);
  CHECK(count > 100);
  return spaces;
}

static inline void free_spaces(table_space *spaces) {
  for (size_t i = 0; spaces[i].description; i++) free(spaces[i].description);
  free(spaces);
}

/* ------------------------------------------------------------------------------------- two outcomes */

typedef struct pair {
  gym_space a, b;
  int is_reported; /* the first difference is enough */
  const char *name;
  gym_error err_a, err_b;
  size_t size, nbytes, flatdim, flat_nbytes;
} pair;

static inline int check_same(pair *p, int good, const char *what, const char *file, int line) {
  if (p->is_reported) return good;
  if (check_that(good, what, file, line)) return 1;
  p->is_reported = 1;
  fprintf(stderr, "  space %s\n  a: %s\n  b: %s\n", p->name, p->err_a.message, p->err_b.message);
  return 0;
}

static inline int check_outcomes(pair *p, int a, int b, const char *what, const char *file, int line) {
  int good = a == b;
  if (good && a)
    good = strcmp(p->err_a.message, p->err_b.message) == 0 && strcmp(p->err_a.type, p->err_b.type) == 0;
  return check_same(p, good, what, file, line) && a == GYM_OK;
}

/* `call(space, out, err)` on both: 1 where both have succeeded. */
#define SAME_CALL(p, call_a, call_b) check_outcomes(p, call_a, call_b, #call_b, __FILE__, __LINE__)
#define SAME(p, condition) check_same(p, (condition) ? 1 : 0, #condition, __FILE__, __LINE__)

static inline int are_equal(const void *a, const void *b, size_t nbytes) {
  return nbytes == 0 || memcmp(a, b, nbytes) == 0;
}

static inline void *room_for(size_t nbytes) {
  void *room = calloc(1, nbytes + 8);
  if (!room) abort();
  return room;
}

/* ------------------------------------------------------------------------------------- sizes */

static inline size_t same_size(pair *p, int (*function)(gym_space, size_t *, gym_error *)) {
  size_t a = 1, b = 2;
  SAME_CALL(p, function(p->a, &a, &p->err_a), function(p->b, &b, &p->err_b));
  SAME(p, a == b);
  return a;
}

static inline size_t flat_itemsize(gym_space space) {
  gym_value *value = NULL;
  if (gym_space_value(space, &value, NULL)) return 1;
  const char *dtype = gym_value_string(gym_value_get(value, "flat_dtype"), NULL);
  size_t bits = dtype ? strtoul(dtype + strcspn(dtype, "0123456789"), NULL, 10) : 0;
  gym_value_free(value);
  return bits ? bits / 8 : 1;
}

static inline void compare_sizes(pair *p) {
  p->size = same_size(p, gym_space_size);
  p->nbytes = same_size(p, gym_space_nbytes);
  p->flatdim = same_size(p, gym_space_flatdim);
  p->flat_nbytes = p->flatdim == GYM_DYNAMIC ? GYM_DYNAMIC : p->flatdim * flat_itemsize(p->a);
}

/* The length of a buffer that is given; too short where nothing is fixed, or it would be huge. */
static inline size_t fixed(size_t size) { return size > 1u << 20 ? 8 : size; }

/* ------------------------------------------------------------------------------------- elements */

static inline void compare_element(pair *p, const double *x) {
  int in_a = -1, in_b = -1;
  size_t size = fixed(p->size), dims = fixed(p->flatdim);
  double *flat_a = room_for(dims * 8), *flat_b = room_for(dims * 8);
  if (SAME_CALL(p, gym_space_contains(p->a, x, size, &in_a, &p->err_a),
                gym_space_contains(p->b, x, size, &in_b, &p->err_b)))
    SAME(p, in_a == in_b);
  SAME_CALL(p, gym_space_flatten(p->a, x, size, flat_a, dims, &p->err_a),
            gym_space_flatten(p->b, x, size, flat_b, dims, &p->err_b));
  SAME(p, are_equal(flat_a, flat_b, dims * 8));
  free(flat_a), free(flat_b);
}

static inline void compare_native(pair *p, const unsigned char *x) {
  int in_a = -1, in_b = -1;
  size_t nbytes = fixed(p->nbytes), flat = fixed(p->flat_nbytes);
  unsigned char *flat_a = room_for(flat), *flat_b = room_for(flat);
  if (SAME_CALL(p, gym_space_contains_native(p->a, x, nbytes, &in_a, &p->err_a),
                gym_space_contains_native(p->b, x, nbytes, &in_b, &p->err_b)))
    SAME(p, in_a == in_b);
  SAME_CALL(p, gym_space_flatten_native(p->a, x, nbytes, flat_a, flat, &p->err_a),
            gym_space_flatten_native(p->b, x, nbytes, flat_b, flat, &p->err_b));
  SAME(p, are_equal(flat_a, flat_b, flat));
  free(flat_a), free(flat_b);
}

static inline void compare_flat(pair *p, const double *flat) {
  size_t size = fixed(p->size), dims = fixed(p->flatdim);
  double *x_a = room_for(size * 8), *x_b = room_for(size * 8);
  SAME_CALL(p, gym_space_unflatten(p->a, flat, dims, x_a, size, &p->err_a),
            gym_space_unflatten(p->b, flat, dims, x_b, size, &p->err_b));
  SAME(p, are_equal(x_a, x_b, size * 8));
  free(x_a), free(x_b);
}

static inline void compare_flat_native(pair *p, const unsigned char *flat) {
  size_t nbytes = fixed(p->nbytes), length = fixed(p->flat_nbytes);
  unsigned char *x_a = room_for(nbytes), *x_b = room_for(nbytes);
  SAME_CALL(p, gym_space_unflatten_native(p->a, flat, length, x_a, nbytes, &p->err_a),
            gym_space_unflatten_native(p->b, flat, length, x_b, nbytes, &p->err_b));
  SAME(p, are_equal(x_a, x_b, nbytes));
  free(x_a), free(x_b);
}

/* Numbers, each replaced in turn by some that mostly fit no space. */
static inline void compare_numbers(pair *p, double *numbers, size_t count,
                                   void (*compare)(pair *p, const double *numbers)) {
  static const double wrong[] = {NAN, INFINITY, -1, 0.5, 2, 300, 0x1p63, 1e300};
  size_t step = 1 + count / 50;
  compare(p, numbers);
  for (size_t i = 0; i < count; i += step) {
    double right = numbers[i];
    for (size_t j = 0; j < sizeof wrong / sizeof *wrong; j++) {
      numbers[i] = wrong[j];
      compare(p, numbers);
    }
    numbers[i] = right;
  }
}

static inline void compare_bytes(pair *p, unsigned char *bytes, size_t count,
                                 void (*compare)(pair *p, const unsigned char *bytes)) {
  static const unsigned char wrong[] = {0, 1, 2, 0x7f, 0x80, 0xff};
  size_t step = 1 + count / 100;
  compare(p, bytes);
  for (size_t i = 0; i < count; i += step) {
    unsigned char right = bytes[i];
    for (size_t j = 0; j < sizeof wrong / sizeof *wrong; j++) {
      bytes[i] = wrong[j];
      compare(p, bytes);
    }
    bytes[i] = right;
  }
}

/* Buffers that are too short or too long. */
static inline void compare_lengths(pair *p) {
  static const size_t wrong[] = {0, 1, 3, 7, 64};
  double x[64] = {0}, out[64];
  int is_in;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    size_t n = wrong[i];
    if (n == p->size || n == p->flatdim || 8 * n == p->nbytes || 8 * n == p->flat_nbytes) continue;
    SAME_CALL(p, gym_space_contains(p->a, x, n, &is_in, &p->err_a),
              gym_space_contains(p->b, x, n, &is_in, &p->err_b));
    SAME_CALL(p, gym_space_contains_native(p->a, x, 8 * n, &is_in, &p->err_a),
              gym_space_contains_native(p->b, x, 8 * n, &is_in, &p->err_b));
    SAME_CALL(p, gym_space_flatten(p->a, x, n, out, 64, &p->err_a),
              gym_space_flatten(p->b, x, n, out, 64, &p->err_b));
    SAME_CALL(p, gym_space_unflatten(p->a, x, n, out, 64, &p->err_a),
              gym_space_unflatten(p->b, x, n, out, 64, &p->err_b));
    SAME_CALL(p, gym_space_flatten_native(p->a, x, 8 * n, out, sizeof out, &p->err_a),
              gym_space_flatten_native(p->b, x, 8 * n, out, sizeof out, &p->err_b));
    SAME_CALL(p, gym_space_unflatten_native(p->a, x, 8 * n, out, sizeof out, &p->err_a),
              gym_space_unflatten_native(p->b, x, 8 * n, out, sizeof out, &p->err_b));
  }
}

/* The calls that need no Python, on samples of `a` and on what is none. */
static inline void compare_local_calls(pair *p) {
  compare_sizes(p);
  double *x = room_for(fixed(p->size) * 8), *flat = room_for(fixed(p->flatdim) * 8);
  unsigned char *native = room_for(fixed(p->nbytes)), *flat_native = room_for(fixed(p->flat_nbytes));
  for (int i = 0; i < 3; i++) {
    gym_space_sample(p->a, NULL, x, fixed(p->size), NULL); /* some spaces cannot: then zeros will do */
    gym_space_sample_native(p->a, NULL, native, fixed(p->nbytes), NULL);
    gym_space_flatten(p->a, x, fixed(p->size), flat, fixed(p->flatdim), NULL);
    gym_space_flatten_native(p->a, native, fixed(p->nbytes), flat_native, fixed(p->flat_nbytes), NULL);
    compare_numbers(p, x, fixed(p->size), compare_element);
    compare_numbers(p, flat, fixed(p->flatdim), compare_flat);
    compare_bytes(p, native, fixed(p->nbytes), compare_native);
    compare_bytes(p, flat_native, fixed(p->flat_nbytes), compare_flat_native);
  }
  compare_lengths(p);
  free(x), free(flat), free(native), free(flat_native);
}

#endif /* SPACE_TABLE_H_ */
