/* A copy of src/gogym_c/gogym_utf8.h, made by tools/copy_go_sources.py; edit that one. */
/* Walking through text that may not be UTF-8. Shared by host and module, not installed. */
#ifndef GOGYM_UTF8_H_
#define GOGYM_UTF8_H_

#include <stddef.h>
#include <stdint.h>

/* The bytes of the UTF-8 character at the beginning of `text`, which has `length` bytes, one or more; 0 where
 * there is none. */
static inline size_t gym__utf8_character(const unsigned char *text, size_t length) {
  /* A code in a longer form than it needs is not UTF-8. */
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (text[0] < 0x80) return 1;
  size_t bytes = text[0] >> 5 == 6 ? 2 : text[0] >> 4 == 14 ? 3 : text[0] >> 3 == 30 ? 4 : 0;
  if (bytes == 0 || bytes > length) return 0;
  uint32_t code = text[0] & (0x7fu >> bytes);
  for (size_t i = 1; i < bytes; i++) {
    if ((text[i] & 0xC0) != 0x80) return 0;
    code = code << 6 | (text[i] & 0x3Fu);
  }
  if (code < least[bytes] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return 0;
  return bytes;
}

#endif /* GOGYM_UTF8_H_ */
