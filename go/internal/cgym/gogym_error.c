/* A copy of src/gogym_c/gogym_error.c, made by tools/copy_go_sources.py; edit that one. */
#include "gogym_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int is_continuation(char c) { return ((unsigned char)c & 0xC0u) == 0x80u; }

/* Copies at most size - 1 bytes of the beginning of text. */
static void copy_beginning(char *to, size_t size, const char *text) {
  size_t length = text ? strlen(text) : 0;
  if (length >= size) {
    length = size - 1;
    while (length > 0 && is_continuation(text[length])) length--;
  }
  if (length > 0) memcpy(to, text, length);
  to[length] = '\0';
}

/* Copies at most size - 1 bytes of the end of text. */
static void copy_end(char *to, size_t size, const char *text) {
  size_t length = text ? strlen(text) : 0;
  if (length >= size) {
    text += length - (size - 1);
    while (is_continuation(*text)) text++;
  }
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
  /* One character more than a message holds, so that a cut is seen and made at a whole character. */
  char message[GYM_ERROR_MESSAGE_SIZE + 1];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  return gym__error_set(err, code, NULL, message, NULL);
}
