/* A copy of src/gogym_c/space/space_value.c, made by tools/copy_go_sources.py; edit that one. */
#include "space_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "element.h"
#include "gogym_error.h"
#include "gogym_utf8.h"

/* ------------------------------------------------------------------------------------- failures */

static int fail_memory(gym_error *err) { return gym__fail(err, GYM_ERR_MEMORY, "no memory for a space"); }

static int fail_truncated(gym_error *err) {
  return gym__fail(
      err, GYM_ERR_UNSUPPORTED,
      "the value of the space does not hold all of it: it is nested deeper than 60 spaces, or has "
      "characters that UTF-8 does not have");
}

/* What is missing is missing because the value was cut, or because it is no description of a space. */
static int fail_field(const gym_value *node, const char *name, gym_error *err) {
  const gym_value *field = gym_value_get(node, name);
  if (gym_value_kind(node) == GYM_KIND_OTHER || gym_value_kind(field) == GYM_KIND_OTHER)
    return fail_truncated(err);
  return gym__fail(err, GYM_ERR_INTERNAL, "the description of a space has no \"%s\" that can be used", name);
}

/* ------------------------------------------------------------------------------------- fields */

static int read_int(const gym_value *node, const char *name, int64_t *out, gym_error *err) {
  if (gym_value_int64(gym_value_get(node, name), out, NULL)) return fail_field(node, name, err);
  return GYM_OK;
}

/* A size, or GYM_DYNAMIC for -1. */
static int read_size(const gym_value *node, const char *name, size_t *out, gym_error *err) {
  int64_t number = 0;
  int code = read_int(node, name, &number, err);
  if (code) return code;
  *out = number < 0 ? GYM_DYNAMIC : (size_t)number;
  return GYM_OK;
}

/* A dtype's name, or none. */
static gym__dtype read_dtype(const gym_value *node, const char *name) {
  const char *text = gym_value_string(gym_value_get(node, name), NULL);
  return text ? gym__dtype_of(text) : GYM__DTYPE_NONE;
}

static int read_kind(const gym_value *node, gym__space_kind *out, gym_error *err) {
  static const char *const names[] = {[GYM__SPACE_BOX] = "Box",
                                      [GYM__SPACE_DISCRETE] = "Discrete",
                                      [GYM__SPACE_MULTI_DISCRETE] = "MultiDiscrete",
                                      [GYM__SPACE_MULTI_BINARY] = "MultiBinary",
                                      [GYM__SPACE_TEXT] = "Text",
                                      [GYM__SPACE_TUPLE] = "Tuple",
                                      [GYM__SPACE_DICT] = "Dict",
                                      [GYM__SPACE_ONE_OF] = "OneOf"};
  const char *type = gym_value_string(gym_value_get(node, "type"), NULL);
  for (size_t i = 0; type && i < sizeof names / sizeof *names; i++) {
    if (strcmp(type, names[i]) == 0) {
      *out = (gym__space_kind)i;
      return GYM_OK;
    }
  }
  return fail_field(node, "type", err);
}

static int read_shape(const gym_value *node, int64_t shape[GYM__VALUE_MAX_NDIM], size_t *ndim,
                      gym_error *err) {
  const gym_value *dims = gym_value_get(node, "shape");
  int kind = gym_value_kind(dims);
  *ndim = gym_value_count(dims);
  if (kind == GYM_KIND_NONE) return GYM_OK;
  if ((kind != GYM_KIND_TUPLE && kind != GYM_KIND_LIST) || *ndim > GYM__VALUE_MAX_NDIM)
    return fail_field(node, "shape", err);
  for (size_t i = 0; i < *ndim; i++) {
    if (gym_value_int64(gym_value_at(dims, i), &shape[i], NULL)) return fail_field(node, "shape", err);
  }
  return GYM_OK;
}

/* An integer of a dtype, which a value has as text where int64 does not hold it. 0: there is none. */
static int read_large(const gym_value *number, gym__dtype dtype, void *to) {
  const char *class_name = gym_value_class(number), *digits = gym_value_string(number, NULL);
  char *end;
  if (dtype != GYM__DTYPE_uint64 || !class_name || strcmp(class_name, "int") != 0) return 0;
  uint64_t bits = strtoull(digits, &end, 10);
  memcpy(to, &bits, sizeof bits);
  return *end == '\0';
}

/* Numbers as elements of a dtype: an array, a number alone, or lists of such. Returns how many of the `room`
 * elements at `to` it has written; SIZE_MAX where they are too few, or something is no number. */
static size_t read_numbers(const gym_value *numbers, gym__dtype dtype, unsigned char *to, size_t room) {
  gym_array array = GYM_ARRAY_INIT;
  int64_t integer;
  double real;
  size_t itemsize = gym__dtype_itemsize(dtype), used = 0;
  switch (gym_value_kind(numbers)) {
    case GYM_KIND_ARRAY:
      if (gym_value_array(numbers, &array, NULL) || array.size > room) return SIZE_MAX;
      if (gym__dtype_of(array.dtype) != dtype &&
          (gym__dtype_of(array.dtype) > GYM__DTYPE_longdouble || dtype > GYM__DTYPE_longdouble))
        return SIZE_MAX; /* complex numbers */
      gym__cast(gym__dtype_of(array.dtype), array.data, dtype, to, array.size);
      return array.size;
    case GYM_KIND_LIST:
    case GYM_KIND_TUPLE:
      for (size_t i = 0; i < gym_value_count(numbers); i++) {
        size_t more = read_numbers(gym_value_at(numbers, i), dtype, to + used * itemsize, room - used);
        if (more == SIZE_MAX) return SIZE_MAX;
        used += more;
      }
      return used;
    case GYM_KIND_FLOAT64:
      if (room < 1 || gym_value_float64(numbers, &real, NULL)) return SIZE_MAX;
      gym__cast(GYM__DTYPE_float64, &real, dtype, to, 1);
      return 1;
    default:
      if (room < 1) return SIZE_MAX;
      if (read_large(numbers, dtype, to)) return 1;
      if (gym_value_int64(numbers, &integer, NULL)) return SIZE_MAX;
      gym__cast(GYM__DTYPE_int64, &integer, dtype, to, 1);
      return 1;
  }
}

static int read_array(const gym_value *node, const char *name, gym__dtype dtype, void *to, size_t size,
                      gym_error *err) {
  if (read_numbers(gym_value_get(node, name), dtype, to, size) != size) return fail_field(node, name, err);
  return GYM_OK;
}

/* ------------------------------------------------------------------------------------- leaves */

/* Two arrays of a leaf's size, for one of the gym__space_set_ functions, which copy them. */
static int read_pair(gym__space *space, const gym_value *node, const char *first, const char *second,
                     gym__dtype dtype, unsigned char **out, gym_error *err) {
  size_t nbytes = space->size * gym__dtype_itemsize(dtype);
  *out = malloc(2 * nbytes + 1);
  if (!*out) return fail_memory(err);
  int code = read_array(node, first, dtype, *out, space->size, err);
  return code ? code : read_array(node, second, dtype, *out + nbytes, space->size, err);
}

static int read_bounds(gym__space *space, const gym_value *node, gym_error *err) {
  unsigned char *bounds = NULL;
  int code = read_pair(space, node, "low", "high", space->dtype, &bounds, err);
  if (!code &&
      !gym__space_set_bounds(space, bounds, bounds + space->size * gym__dtype_itemsize(space->dtype)))
    code = fail_memory(err);
  free(bounds);
  return code;
}

/* Counts and starts as the bits of 64-bit integers, those of a uint64 where the dtype is one. */
static int read_counts(gym__space *space, const gym_value *node, gym_error *err) {
  gym__dtype wide = space->dtype == GYM__DTYPE_uint64 ? GYM__DTYPE_uint64 : GYM__DTYPE_int64;
  const char *counts = space->kind == GYM__SPACE_DISCRETE ? "n" : "nvec";
  unsigned char *pair = NULL;
  int code = read_pair(space, node, counts, "start", wide, &pair, err);
  const int64_t *numbers = (const int64_t *)(void *)pair;
  if (!code && !gym__space_set_counts(space, numbers, numbers + space->size)) code = fail_memory(err);
  free(pair);
  return code;
}

static int read_text(gym__space *space, const gym_value *node, gym_error *err) {
  const gym_value *charset = gym_value_get(node, "charset");
  size_t length = 0;
  const char *text = gym_value_string(charset, &length);
  if (gym_value_kind(charset) != GYM_KIND_STRING) return fail_field(node, "charset", err);
  for (size_t i = 0; i < length; i++) space->charset_length += (text[i] & 0xC0) != 0x80;
  return read_size(node, "min_length", &space->min_length, err);
}

/* ------------------------------------------------------------------------------------- children */

enum { LABEL_CHARACTERS = 60 };

/* A label that is being written; `room` includes the NUL. */
typedef struct label {
  char *text;
  size_t length;
  size_t room;
} label;

/* 0: no memory. */
static int add(label *to, const char *text, size_t length) {
  if (to->room - to->length <= length) {
    size_t room = 2 * (to->length + length + 1);
    char *more = realloc(to->text, room);
    if (!more) return 0;
    to->text = more;
    to->room = room;
  }
  if (length > 0) memcpy(to->text + to->length, text, length);
  to->length += length;
  to->text[to->length] = '\0';
  return 1;
}

static int add_text(label *to, const char *text) { return add(to, text, strlen(text)); }

/* Text as json.dumps writes it, with ensure_ascii=False. */
static int add_quoted(label *to, const char *text, size_t length) {
  static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
  int good = add_text(to, "\"");
  for (size_t i = 0; i < length && good; i++) {
    char escape[8];
    unsigned char c = (unsigned char)text[i];
    const char *found = c ? strchr(named, c) : NULL;
    if (found) {
      good = add(to, (const char[]){'\\', letters[found - named]}, 2);
    } else if (c < 0x20) {
      snprintf(escape, sizeof escape, "\\u%04x", c);
      good = add_text(to, escape);
    } else {
      good = add(to, text + i, 1);
    }
  }
  return good && add_text(to, "\"");
}

/* Text or bytes as their repr in Python, but that Python also escapes characters beyond ASCII which cannot be
 * printed. */
static int add_python_text(label *to, const char *text, size_t length, int is_bytes) {
  static const char named[] = "\\\n\r\t", letters[] = "\\nrt";
  char quote = memchr(text, '\'', length) && !memchr(text, '"', length) ? '"' : '\'';
  int good = add(to, &quote, 1);
  for (size_t i = 0; i < length && good; i++) {
    char escape[8];
    unsigned char c = (unsigned char)text[i];
    const char *found = c ? strchr(named, c) : NULL;
    if (found || text[i] == quote) {
      good = add(to, (const char[]){'\\', found ? letters[found - named] : quote}, 2);
    } else if (c < 0x20 || c == 0x7f || (c > 0x7f && is_bytes)) {
      snprintf(escape, sizeof escape, "\\x%02x", c);
      good = add_text(to, escape);
    } else {
      good = add(to, text + i, 1);
    }
  }
  return good && add(to, &quote, 1);
}

static int add_float(label *to, double number) {
  char text[GYM__NUMBER_SIZE];
  gym__number_text(GYM__DTYPE_float64, (const unsigned char *)&number, 0, text);
  return add_text(to, text) && (strspn(text, "-0123456789") < strlen(text) || add_text(to, ".0"));
}

static int add_repr(label *to, const gym_value *key);

static int add_tuple(label *to, const gym_value *key) {
  size_t count = gym_value_count(key);
  int good = add_text(to, "(");
  for (size_t i = 0; i < count && good; i++)
    good = (i == 0 || add_text(to, ", ")) && add_repr(to, gym_value_at(key, i));
  return good && add_text(to, count == 1 ? ",)" : ")");
}

/* A key as Python's repr. What else could be one is text already. */
static int add_repr(label *to, const gym_value *key) {
  size_t length = 0;
  const char *text = gym_value_string(key, &length);
  int64_t integer = 0;
  double number = 0;
  char digits[32];
  switch (gym_value_kind(key)) {
    case GYM_KIND_NONE:
      return add_text(to, "None");
    case GYM_KIND_BOOL:
      gym_value_int64(key, &integer, NULL);
      return add_text(to, integer ? "True" : "False");
    case GYM_KIND_INT64:
      gym_value_int64(key, &integer, NULL);
      snprintf(digits, sizeof digits, "%" PRId64, integer);
      return add_text(to, digits);
    case GYM_KIND_FLOAT64:
      gym_value_float64(key, &number, NULL);
      return add_float(to, number);
    case GYM_KIND_STRING:
      return add_python_text(to, text, length, 0);
    case GYM_KIND_BYTES:
      text = gym_value_bytes(key, &length);
      return add_text(to, "b") && add_python_text(to, text, length, 1);
    case GYM_KIND_TUPLE:
      return add_tuple(to, key);
    default:
      return text ? add(to, text, length) : add_text(to, gym_value_kind_name(gym_value_kind(key)));
  }
}

/* At most LABEL_CHARACTERS of it, as long reprs are cut in messages. */
static int add_cut(label *to, const char *text, size_t length) {
  size_t end = 0, cut = 0, characters = 0;
  for (; end < length && characters <= LABEL_CHARACTERS; characters++) {
    size_t bytes = gym__utf8_character((const unsigned char *)text + end, length - end);
    if (characters == LABEL_CHARACTERS - 3) cut = end;
    end += bytes > 0 ? bytes : 1;
  }
  if (characters <= LABEL_CHARACTERS) return add(to, text, length);
  return add(to, text, cut) && add_text(to, "...");
}

static int add_key(label *to, const gym_value *key) {
  label repr = {0};
  size_t length = 0;
  const char *text = gym_value_string(key, &length);
  if (gym_value_kind(key) == GYM_KIND_STRING) return add_quoted(to, text, length);
  int good = add_repr(&repr, key) && add_cut(to, repr.text, repr.length);
  free(repr.text);
  return good;
}

/* How child `index` is called in a path. 0: no memory. */
static int write_label(label *to, const gym_value *node, size_t index) {
  const gym_value *keys = gym_value_get(node, "keys");
  char digits[32];
  to->length = 0;
  if (keys) return add_text(to, "[") && add_key(to, gym_value_at(keys, index)) && add_text(to, "]");
  snprintf(digits, sizeof digits, "[%zu]", index);
  return add_text(to, digits);
}

static int build(const gym_value *node, const char *name, gym__space **out, gym_error *err);

static int read_children(gym__space *space, const gym_value *node, gym_error *err) {
  const gym_value *spaces = gym_value_get(node, "spaces");
  size_t count = gym_value_count(spaces);
  label name = {0};
  int code = GYM_OK;
  if (gym_value_kind(spaces) != GYM_KIND_LIST) return fail_field(node, "spaces", err);
  if (space->kind == GYM__SPACE_DICT && gym_value_count(gym_value_get(node, "keys")) != count)
    return fail_field(node, "keys", err);
  for (size_t i = 0; i < count && !code; i++) {
    gym__space *child = NULL;
    code = write_label(&name, node, i) ? GYM_OK : fail_memory(err);
    if (!code) code = build(gym_value_at(spaces, i), name.text, &child, err);
    if (!code && !gym__space_add_child(space, child)) code = fail_memory(err);
  }
  free(name.text);
  return code;
}

/* ------------------------------------------------------------------------------------- the whole */

static int read_fields(gym__space *space, const gym_value *node, gym_error *err) {
  int code = read_size(node, "nbytes", &space->nbytes, err);
  if (!code) code = read_size(node, "byte_offset", &space->byte_offset, err);
  if (!code) code = read_size(node, "flatdim", &space->flatdim, err);
  if (code) return code;
  space->flat_dtype = read_dtype(node, "flat_dtype");
  switch (space->kind) {
    case GYM__SPACE_BOX:
      return read_bounds(space, node, err);
    case GYM__SPACE_DISCRETE:
    case GYM__SPACE_MULTI_DISCRETE:
      return read_counts(space, node, err);
    case GYM__SPACE_MULTI_BINARY:
      return GYM_OK;
    case GYM__SPACE_TEXT:
      return read_text(space, node, err);
    case GYM__SPACE_TUPLE:
    case GYM__SPACE_DICT:
    case GYM__SPACE_ONE_OF:
      return read_children(space, node, err);
  }
  return fail_field(node, "type", err);
}

/* As deep as the value: 128 at most. */
static int build(const gym_value *node, const char *name, gym__space **out, gym_error *err) {
  gym__space_kind kind = GYM__SPACE_BOX;
  int64_t shape[GYM__VALUE_MAX_NDIM];
  size_t ndim = 0, size = 0;
  int code = read_kind(node, &kind, err);
  if (!code) code = read_size(node, "size", &size, err);
  if (!code) code = read_shape(node, shape, &ndim, err);
  if (code) return code;
  if (size == GYM_DYNAMIC) return fail_field(node, "size", err); /* inside of a space of fixed size */
  gym__dtype dtype = read_dtype(node, "dtype");
  if (dtype == GYM__DTYPE_NONE && kind < GYM__SPACE_TUPLE) return fail_field(node, "dtype", err);
  gym__space *space = gym__space_new(kind, dtype, ndim, shape, size, name);
  if (!space) return fail_memory(err);
  code = read_fields(space, node, err);
  if (code) {
    gym__space_free(space);
    return code;
  }
  *out = space;
  return GYM_OK;
}

int gym__space_from_value(const gym_value *node, gym__space **out, gym_error *err) {
  size_t size = 0;
  int code = read_size(node, "size", &size, err);
  if (code) return code;
  *out = NULL;
  return size == GYM_DYNAMIC ? GYM_OK : build(node, "element", out, err);
}
