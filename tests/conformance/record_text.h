/* Texts, values and buffers in the form of space_vectors.py's records. For spaces.c. */
#ifndef GOGYM_TEST_RECORD_TEXT_H_
#define GOGYM_TEST_RECORD_TEXT_H_

#include <gogym.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD = 32, GUARD_BYTE = 0x5a };

/* ------------------------------------------------------------------------------------- text */

/* A text that grows; the result of a record. */
typedef struct text {
  char *bytes;
  size_t length, room;
} text;

static void *grown(void *memory, size_t size) {
  void *larger = realloc(memory, size);
  if (larger) return larger;
  fprintf(stderr, "spaces: out of memory\n");
  exit(1);
}

static void make_room(text *out, size_t length) {
  if (out->length + length + 1 <= out->room) return;
  out->room = 2 * (out->length + length + 1);
  out->bytes = grown(out->bytes, out->room);
}

static void add(text *out, const char *format, ...) {
  va_list list;
  va_start(list, format);
  size_t length = (size_t)vsnprintf(NULL, 0, format, list);
  va_end(list);
  make_room(out, length);
  va_start(list, format);
  vsnprintf(out->bytes + out->length, length + 1, format, list);
  va_end(list);
  out->length += length;
}

static void add_hex(text *out, const void *bytes, size_t count) {
  const unsigned char *byte = bytes;
  make_room(out, 2 * count);
  for (size_t i = 0; i < count; i++) {
    out->bytes[out->length++] = "0123456789abcdef"[byte[i] >> 4];
    out->bytes[out->length++] = "0123456789abcdef"[byte[i] & 15];
  }
  out->bytes[out->length] = 0;
}

static void add_double(text *out, double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  add(out, "%016" PRIx64, bits);
}

static void add_doubles(text *out, const double *numbers, size_t count) {
  if (count == 0) add(out, "-");
  for (size_t i = 0; i < count; i++) {
    if (i > 0) add(out, " ");
    add_double(out, numbers[i]);
  }
}

static void add_bytes(text *out, const void *bytes, size_t count) {
  if (count == 0) add(out, "-");
  add_hex(out, bytes, count);
}

static void add_value(text *out, const gym_value *value);

static void add_array(text *out, const gym_value *value) {
  gym_array array = GYM_ARRAY_INIT;
  gym_value_array(value, &array, NULL);
  add(out, "a%s[", array.dtype);
  for (uint32_t i = 0; i < array.ndim; i++) add(out, "%s%" PRId64, i ? "," : "", array.shape[i]);
  add(out, "]:");
  add_hex(out, array.data, array.nbytes);
}

static void add_items(text *out, const gym_value *value, char begin, char end) {
  add(out, "%c", begin);
  for (size_t i = 0; i < gym_value_count(value); i++) {
    if (i > 0) add(out, ",");
    const gym_value *key = gym_value_key_at(value, i);
    if (key) {
      add_value(out, key);
      add(out, ":");
    }
    add_value(out, gym_value_at(value, i));
  }
  add(out, "%c", end);
}

static void add_value(text *out, const gym_value *value) {
  int truth;
  int64_t integer;
  double number;
  size_t length;
  const char *string;
  switch (gym_value_kind(value)) {
    case GYM_KIND_NONE:
      add(out, "none");
      break;
    case GYM_KIND_BOOL:
      gym_value_bool(value, &truth, NULL);
      add(out, truth ? "true" : "false");
      break;
    case GYM_KIND_INT64:
      gym_value_int64(value, &integer, NULL);
      add(out, "i%" PRId64, integer);
      break;
    case GYM_KIND_FLOAT64:
      gym_value_float64(value, &number, NULL);
      add(out, "f");
      add_double(out, number);
      break;
    case GYM_KIND_STRING:
      string = gym_value_string(value, &length);
      add(out, "s");
      add_hex(out, string, length);
      break;
    case GYM_KIND_BYTES:
      string = gym_value_bytes(value, &length);
      add(out, "b");
      add_hex(out, string, length);
      break;
    case GYM_KIND_ARRAY:
      add_array(out, value);
      break;
    case GYM_KIND_LIST:
      add_items(out, value, '[', ']');
      break;
    case GYM_KIND_TUPLE:
      add_items(out, value, '(', ')');
      break;
    case GYM_KIND_DICT:
      add_items(out, value, '{', '}');
      break;
    default:
      string = gym_value_string(value, &length);
      add(out, "o%s:", gym_value_class(value));
      add_hex(out, string, length);
  }
}

/* Writes a tree and frees it. */
static void take_value(text *out, gym_value *value) {
  add_value(out, value);
  gym_value_free(value);
}

/* ------------------------------------------------------------------------------------- fields */

static int digit(char character) { return character <= '9' ? character - '0' : character - 'a' + 10; }

/* The bytes of a field in hex; the caller frees them. Spaces between doubles are passed over. */
static unsigned char *from_hex(const char *field, size_t *count) {
  unsigned char *bytes = grown(NULL, strlen(field) / 2 + 1);
  *count = 0;
  while (*field && *field != '-') {
    if (*field == ' ') {
      field++;
      continue;
    }
    bytes[(*count)++] = (unsigned char)(16 * digit(field[0]) + digit(field[1]));
    field += 2;
  }
  return bytes;
}

/* A buffer for a call, in float64 elements or bytes, followed by a guard. */
typedef struct buffer {
  unsigned char *bytes;
  size_t nbytes, count;
} buffer;

static buffer input_doubles(const char *field) {
  buffer in;
  in.bytes = from_hex(field, &in.nbytes);
  in.count = in.nbytes / sizeof(double);
  for (size_t i = 0; i < in.count; i++) { /* from big-endian to the machine's order */
    uint64_t bits = 0;
    for (size_t k = 0; k < 8; k++) bits = bits << 8 | in.bytes[8 * i + k];
    memcpy(in.bytes + 8 * i, &bits, sizeof bits);
  }
  return in;
}

static buffer input_bytes(const char *field) {
  buffer in;
  in.bytes = from_hex(field, &in.nbytes);
  in.count = in.nbytes;
  return in;
}

static buffer output(size_t count, size_t itemsize) {
  buffer out;
  out.count = count;
  out.nbytes = count * itemsize;
  out.bytes = grown(NULL, out.nbytes + GUARD);
  memset(out.bytes, GUARD_BYTE, out.nbytes + GUARD);
  return out;
}

static int is_untouched(const unsigned char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (bytes[i] != GUARD_BYTE) return 0;
  return 1;
}

/* After a call with a buffer: writes what it holds, and frees it. */
static int finish(text *out, int status, buffer given, int are_doubles) {
  if (!is_untouched(given.bytes + given.nbytes, GUARD)) add(out, "WRITTEN BEYOND THE BUFFER ");
  if (status && !is_untouched(given.bytes, given.nbytes)) add(out, "WRITTEN ON FAILURE ");
  if (!status && are_doubles) add_doubles(out, (double *)given.bytes, given.count);
  if (!status && !are_doubles) add_bytes(out, given.bytes, given.nbytes);
  free(given.bytes);
  return status;
}

#endif /* GOGYM_TEST_RECORD_TEXT_H_ */
