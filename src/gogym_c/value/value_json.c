/* gym_value_to_json. The text is that of Python's json.dumps(value, ensure_ascii=False), as far as JSON has
 * a form for the value, numbers included.
 *
 * The same walk runs twice: once only to count, then, if the text fits, to write. So nothing is allocated,
 * and a buffer that is too short is left untouched. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gogym.h"
#include "gogym_error.h"
#include "gogym_value_format.h"

typedef struct writer {
  char *buf;     /* NULL: only count */
  size_t length; /* bytes of text so far */
  int in_key;    /* inside the text of a dict's key: everything is escaped once more */
} writer;

typedef void (*sink)(writer *w, const char *text, size_t length);

static void emit(writer *w, const char *text, size_t length) {
  if (w->buf) memcpy(w->buf + w->length, text, length);
  w->length += length;
}

/* Hands text to `out` as the inside of a JSON string. */
static void escape(writer *w, const char *text, size_t length, sink out) {
  size_t plain = 0; /* where the text that is not handed on yet begins */
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    char code[8];
    const char *found = strchr("\"\"\\\\\bb\ff\nn\rr\tt", c);
    if (c != 0 && found) {
      snprintf(code, sizeof code, "\\%c", found[1]);
    } else {
      snprintf(code, sizeof code, "\\u%04x", (unsigned)c);
    }
    out(w, text + plain, i - plain);
    out(w, code, strlen(code));
    plain = i + 1;
  }
  out(w, text + plain, length - plain);
}

static void put(writer *w, const char *text, size_t length) {
  if (w->in_key) {
    escape(w, text, length, emit);
  } else {
    emit(w, text, length);
  }
}

static void put_text(writer *w, const char *text) { put(w, text, strlen(text)); }

static void put_string(writer *w, const char *text, size_t length) {
  put(w, "\"", 1);
  escape(w, text, length, put);
  put(w, "\"", 1);
}

/* ------------------------------------------------------------------------------------- numbers */

#define NUMBER_SIZE 64 /* a number's text: at most 36 digits (binary128), sign, point, exponent */

/* Writes the digits of printf's "%.*e" as Python's repr does: trailing zeros dropped, no exponent from 1e-4
 * to 1e16. Only digits and what follows the 'e' are read, so that the locale's point does not matter. */
static void lay_out(char *out, const char *scientific) {
  char digits[NUMBER_SIZE];
  int count = 0, exponent = 0;
  const char *at = scientific;
  if (*at == '-') *out++ = *at++;
  for (; *at && *at != 'e'; at++) {
    if (*at >= '0' && *at <= '9' && count < 40) digits[count++] = *at;
  }
  if (*at == 'e') exponent = (int)strtol(at + 1, NULL, 10);
  while (count > 1 && digits[count - 1] == '0') count--;

  if (exponent < -4 || exponent >= 16) {
    *out++ = digits[0];
    if (count > 1) *out++ = '.';
    for (int i = 1; i < count; i++) *out++ = digits[i];
    snprintf(out, 16, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
    return;
  }
  int first = exponent < 0 ? exponent : 0;                /* the place of a digit: 0 is the first one's */
  int last = count > exponent + 2 ? count : exponent + 2; /* at least one digit follows the point */
  for (int place = first; place < last; place++) {
    if (place == exponent + 1) *out++ = '.';
    *out++ = place >= 0 && place < count ? digits[place] : '0';
  }
  *out = '\0';
}

/* What JSON has no number for is NULL or a word. */
static const char *word_for(int is_nan, int is_infinite, int is_negative) {
  return is_nan ? "nan" : !is_infinite ? NULL : is_negative ? "-inf" : "inf";
}

/* The shortest text that reads back as the same double. */
static void double_text(char out[NUMBER_SIZE], double number) {
  char scientific[NUMBER_SIZE];
  /* 15 digits survive a double, 17 tell all doubles apart; subnormal ones need fewer. */
  int digits = fabs(number) < DBL_MIN ? 1 : DBL_DIG;
  for (; digits <= DBL_DECIMAL_DIG; digits++) {
    snprintf(scientific, sizeof scientific, "%.*e", digits - 1, number);
    if (strtod(scientific, NULL) == number) break;
    if (digits != DBL_DECIMAL_DIG - 1) continue;
    /* Below a power of two doubles lie closer than above it: the text that rounding found may be a
     * neighbour's where the next one up is not. No such number's last digit is a 9. */
    char *last = strchr(scientific, 'e') - 1;
    if (*last != '9') ++*last;
    if (strtod(scientific, NULL) == number) break;
  }
  lay_out(out, scientific);
}

static void longdouble_text(char out[NUMBER_SIZE], long double number) {
  char scientific[NUMBER_SIZE];
  for (int digits = LDBL_DIG; digits <= LDBL_DECIMAL_DIG; digits++) {
    snprintf(scientific, sizeof scientific, "%.*Le", digits - 1, number);
    if (strtold(scientific, NULL) == number) break;
  }
  lay_out(out, scientific);
}

/* A number's text, or a word that is to be a string. */
static void put_number_or_word(writer *w, const char *number, const char *word) {
  if (!word) {
    put_text(w, number);
  } else {
    put_string(w, word, strlen(word));
  }
}

static void put_double(writer *w, double number) {
  char text[NUMBER_SIZE];
  const char *word = word_for(isnan(number), isinf(number), number < 0);
  if (!word) double_text(text, number);
  put_number_or_word(w, text, word);
}

static void put_longdouble_number(writer *w, long double number) {
  char text[NUMBER_SIZE];
  const char *word = word_for(isnan(number), isinf(number), number < 0);
  if (!word) longdouble_text(text, number);
  put_number_or_word(w, text, word);
}

static void put_magnitude(writer *w, uint64_t magnitude, int is_negative) {
  char text[24];
  size_t at = sizeof text;
  do {
    text[--at] = (char)('0' + magnitude % 10);
    magnitude /= 10;
  } while (magnitude > 0);
  if (is_negative) text[--at] = '-';
  put(w, text + at, sizeof text - at);
}

static void put_integer(writer *w, int64_t integer) {
  put_magnitude(w, integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer, integer < 0);
}

static double half_to_double(uint16_t half) {
  int exponent = half >> 10 & 31;
  double fraction = half & 1023;
  double number = exponent == 31  ? (fraction > 0 ? (double)NAN : (double)INFINITY)
                  : exponent == 0 ? ldexp(fraction, -24)
                                  : ldexp(fraction + 1024, exponent - 25);
  return half >> 15 ? -number : number;
}

/* ------------------------------------------------------------------------------------- arrays */

/* put_element_<dtype>: one element of an array, which is copied out because its type is not the memory's. */
#define PUT_ELEMENT(dtype, type, statement)                    \
  static void put_element_##dtype(writer *w, const char *at) { \
    type element;                                              \
    memcpy(&element, at, sizeof element);                      \
    statement;                                                 \
  }

PUT_ELEMENT(bool, uint8_t, put_text(w, element ? "true" : "false"))
PUT_ELEMENT(int8, int8_t, put_integer(w, element))
PUT_ELEMENT(int16, int16_t, put_integer(w, element))
PUT_ELEMENT(int32, int32_t, put_integer(w, element))
PUT_ELEMENT(int64, int64_t, put_integer(w, element))
PUT_ELEMENT(uint8, uint8_t, put_magnitude(w, element, 0))
PUT_ELEMENT(uint16, uint16_t, put_magnitude(w, element, 0))
PUT_ELEMENT(uint32, uint32_t, put_magnitude(w, element, 0))
PUT_ELEMENT(uint64, uint64_t, put_magnitude(w, element, 0))
PUT_ELEMENT(float16, uint16_t, put_double(w, half_to_double(element)))
PUT_ELEMENT(float32, float, put_double(w, (double)element))
PUT_ELEMENT(float64, double, put_double(w, element))

static void put_element_longdouble(writer *w, const char *at) {
  long double element;
#if LDBL_MANT_DIG == 64
  /* The x87 format has bit patterns that are no number. printf is not made for them (CVE-2020-29573). */
  uint64_t mantissa;
  uint16_t exponent;
  memcpy(&mantissa, at, sizeof mantissa);
  memcpy(&exponent, at + sizeof mantissa, sizeof exponent);
  if ((exponent & 0x7FFF) != 0 && mantissa >> 63 == 0) {
    put_string(w, "nan", 3);
    return;
  }
#endif
  memcpy(&element, at, sizeof element);
  put_longdouble_number(w, element);
}

static void put_complex(writer *w, double real, double imaginary) {
  put_text(w, "[");
  put_double(w, real);
  put_text(w, ", ");
  put_double(w, imaginary);
  put_text(w, "]");
}

static void put_element_complex64(writer *w, const char *at) {
  float parts[2];
  memcpy(parts, at, sizeof parts);
  put_complex(w, (double)parts[0], (double)parts[1]);
}

static void put_element_complex128(writer *w, const char *at) {
  double parts[2];
  memcpy(parts, at, sizeof parts);
  put_complex(w, parts[0], parts[1]);
}

typedef void (*element_writer)(writer *w, const char *at);

static element_writer element_writer_of(const char *dtype) {
#define ELEMENT_WRITER(name, size) \
  if (strcmp(dtype, #name) == 0) return put_element_##name;
  GYM__DTYPE_MAP(ELEMENT_WRITER)
#undef ELEMENT_WRITER
  return NULL; /* not reached: trees hold no other dtype */
}

/* Writes the dimensions from `axis` on; gives the position after the last element that was written. */
static const char *put_axis(writer *w, const gym_array *array, uint32_t axis, element_writer element,
                            const char *at) {
  if (axis == array->ndim) {
    element(w, at);
    return at + array->itemsize;
  }
  put_text(w, "[");
  for (int64_t i = 0; i < array->shape[axis]; i++) {
    if (i > 0) put_text(w, ", ");
    at = put_axis(w, array, axis + 1, element, at);
  }
  put_text(w, "]");
  return at;
}

#define MAX_EMPTY_LISTS 4096

/* The number of innermost lists of an array without elements; a shape of a few bytes can ask for 2^62. */
static int has_too_many_empty_lists(const gym_array *array) {
  int64_t lists = 1;
  if (array->size > 0) return 0;
  for (uint32_t i = 0; i < array->ndim && array->shape[i] > 0; i++) {
    if (array->shape[i] > MAX_EMPTY_LISTS / lists) return 1;
    lists *= array->shape[i];
  }
  return 0;
}

static void put_array(writer *w, const gym_value *value) {
  gym_array array = GYM_ARRAY_INIT;
  gym_value_array(value, &array, NULL);
  element_writer element = element_writer_of(array.dtype);
  if (!element || has_too_many_empty_lists(&array)) {
    put_text(w, "[]");
  } else {
    put_axis(w, &array, 0, element, (const char *)array.data);
  }
}

/* ------------------------------------------------------------------------------------- nodes */

static void put_node(writer *w, const gym_value *value);

/* A key that is not a string becomes the JSON text of the key in a string, without quotes of its own. In the
 * text of a key, keys that are not strings stay bare: escaping each level once more would double the
 * backslashes with every level. */
static void put_key(writer *w, const gym_value *key) {
  size_t length;
  const char *text = gym_value_string(key, &length);
  if (w->in_key) {
    put_node(w, key);
    return;
  }
  emit(w, "\"", 1);
  w->in_key = 1;
  double number;
  if (text) {
    put(w, text, length);
  } else if (gym_value_kind(key) == GYM_KIND_FLOAT64 && gym_value_float64(key, &number, NULL) == GYM_OK &&
             !isfinite(number)) {
    put_text(w, word_for(isnan(number), isinf(number), number < 0));
  } else {
    put_node(w, key);
  }
  w->in_key = 0;
  emit(w, "\"", 1);
}

static void put_items(writer *w, const gym_value *value) {
  int is_dict = gym_value_kind(value) == GYM_KIND_DICT;
  put_text(w, is_dict ? "{" : "[");
  for (size_t i = 0; i < gym_value_count(value); i++) {
    if (i > 0) put_text(w, ", ");
    if (is_dict) {
      put_key(w, gym_value_key_at(value, i));
      put_text(w, ": ");
    }
    put_node(w, gym_value_at(value, i));
  }
  put_text(w, is_dict ? "}" : "]");
}

static void put_bytes(writer *w, const gym_value *value) {
  size_t length;
  const unsigned char *bytes = (const unsigned char *)gym_value_bytes(value, &length);
  put_text(w, "[");
  for (size_t i = 0; i < length; i++) {
    if (i > 0) put_text(w, ", ");
    put_magnitude(w, bytes[i], 0);
  }
  put_text(w, "]");
}

/* The depth of a tree is bounded, so the recursion is. */
static void put_node(writer *w, const gym_value *value) {
  int64_t integer = 0;
  double number = 0;
  size_t length;
  const char *text;
  switch (gym_value_kind(value)) {
    case GYM_KIND_BOOL:
      gym_value_int64(value, &integer, NULL);
      put_text(w, integer ? "true" : "false");
      break;
    case GYM_KIND_INT64:
      gym_value_int64(value, &integer, NULL);
      put_integer(w, integer);
      break;
    case GYM_KIND_FLOAT64:
      gym_value_float64(value, &number, NULL);
      put_double(w, number);
      break;
    case GYM_KIND_STRING:
    case GYM_KIND_OTHER:
      text = gym_value_string(value, &length);
      put_string(w, text, length);
      break;
    case GYM_KIND_BYTES:
      put_bytes(w, value);
      break;
    case GYM_KIND_ARRAY:
      put_array(w, value);
      break;
    case GYM_KIND_LIST:
    case GYM_KIND_TUPLE:
    case GYM_KIND_DICT:
      put_items(w, value);
      break;
    default:
      put_text(w, "null");
  }
}

int gym_value_to_json(const gym_value *value, char *buf, size_t len, size_t *needed, gym_error *err) {
  if (!value) return gym__fail(err, GYM_ERR_ARGUMENT, "gym_value_to_json: value is NULL");
  if (!buf && len > 0) {
    return gym__fail(err, GYM_ERR_ARGUMENT, "gym_value_to_json: buf is NULL but len is %zu, expected 0", len);
  }
  writer w = {NULL, 0, 0};
  put_node(&w, value);
  size_t size = w.length + 1;
  if (needed) *needed = size;
  if (!buf) return GYM_OK;
  if (len < size) {
    return gym__fail(err, GYM_ERR_BUFFER, "gym_value_to_json: the buffer has %zu bytes, expected %zu or more",
                     len, size);
  }
  w = (writer){buf, 0, 0};
  put_node(&w, value);
  buf[w.length] = '\0';
  return GYM_OK;
}
