/* A copy of src/gogym_c/gogym_error.c, made by tools/copy_go_sources.py; edit that one. */
#include "gogym_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gogym_utf8.h"

/* A byte that is no UTF-8 becomes \xNN: paths and what programs print are bytes, and gym_error's texts must
 * not be. `taken` receives the bytes of the character at `text`; the bytes that it becomes are returned. */
static size_t measure(const char *text, size_t length, size_t *taken) {
  size_t bytes = gym__utf8_character((const unsigned char *)text, length);
  *taken = bytes ? bytes : 1;
  return bytes ? bytes : 4;
}

static void write_character(char *to, const char *text, size_t taken, size_t written) {
  static const char digits[] = "0123456789abcdef";
  if (taken == written) {
    memcpy(to, text, taken);
    return;
  }
  unsigned char byte = (unsigned char)*text;
  to[0] = '\\';
  to[1] = 'x';
  to[2] = digits[byte >> 4];
  to[3] = digits[byte & 15];
}

/* Copies as many whole characters of the beginning of text as make size - 1 bytes or fewer. */
static void copy_beginning(char *to, size_t size, const char *text) {
  size_t left = text ? strlen(text) : 0, filled = 0;
  while (left > 0) {
    size_t taken, written = measure(text, left, &taken);
    if (filled + written >= size) break;
    write_character(to + filled, text, taken, written);
    filled += written;
    text += taken;
    left -= taken;
  }
  to[filled] = '\0';
}

/* The same of the end of text. */
static void copy_end(char *to, size_t size, const char *text) {
  size_t length = text ? strlen(text) : 0, total = 0, taken;
  for (size_t at = 0; at < length; at += taken) total += measure(text + at, length - at, &taken);
  for (; total >= size; text += taken, length -= taken) total -= measure(text, length, &taken);
  copy_beginning(to, size, text);
}

int gym__error_set(gym_error *err, int code, const char *type, const char *message, const char *traceback) {
  if (!err || err->struct_size < GYM_ERROR_SIZE_V1) return code;
  err->code = code;
  copy_beginning(err->type, sizeof err->type, type);
  copy_beginning(err->message, sizeof err->message, message);
  copy_end(err->traceback, sizeof err->traceback, traceback);
  return code;
}

int gym__fail(gym_error *err, int code, const char *format, ...) {
  /* One byte more than a message holds. What a cut leaves of a character at the end of it is then too long to
   * be written as anything. */
  char message[GYM_ERROR_MESSAGE_SIZE + 1];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  return gym__error_set(err, code, NULL, message, NULL);
}

int gym__cut(const char *text, int most) {
  size_t length = strlen(text), limit = (size_t)most, at = 0, taken;
  if (length <= limit) return (int)length;
  for (;; at += taken) {
    measure(text + at, length - at, &taken);
    if (at + taken > limit) return (int)at;
  }
}
