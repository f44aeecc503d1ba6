/* Memory with guard bytes on both sides of a buffer, at any alignment. */
#ifndef GUARDED_H_
#define GUARDED_H_

#include <string.h>

enum { GUARD = 64, ROOM = 4096 };

typedef struct guarded {
  _Alignas(64) unsigned char bytes[GUARD + ROOM + GUARD];
} guarded;

/* Fills all with a byte, and gives the place `shift` bytes behind the first guard. */
static inline unsigned char *guard(guarded *memory, int byte, size_t shift) {
  memset(memory, byte, sizeof *memory);
  return memory->bytes + GUARD + shift;
}

/* Whether all but `nbytes` from there still have that byte. */
static inline int is_guarded(const guarded *memory, int byte, size_t shift, size_t nbytes) {
  for (size_t i = 0; i < sizeof memory->bytes; i++)
    if ((i < GUARD + shift || i >= GUARD + shift + nbytes) && memory->bytes[i] != byte) return 0;
  return 1;
}

#endif /* GUARDED_H_ */
