/* A copy of src/gogym_c/space/rows.c, made by tools/copy_go_sources.py; edit that one. */
#include "rows.h"

#include <string.h>

#include "numbers.h"

/* 2^52 + 2^51: added to a whole number of less than 52 bits, it leaves that number in the lower bits of the
 * sum. */
#define SHIFTER 6755399441055744.0

int gym__rows_to_int64(const double *restrict from, size_t count, int64_t *restrict to) {
  uint64_t differs = 0, base, bits, back, exponent;
  const double shifter = SHIFTER;
  memcpy(&base, &shifter, sizeof base);
  for (size_t i = 0; i < count; i++) {
    double number = from[i], sum = number + shifter, rounded = sum - shifter;
    memcpy(&bits, &sum, sizeof bits);
    to[i] = (int64_t)(bits - base);
    exponent = (bits ^ base) >> 52;
    memcpy(&bits, &number, sizeof bits);
    memcpy(&back, &rounded, sizeof back);
    differs |= (bits ^ back) | exponent;
  }
  return differs == 0;
}

/* Four columns, the commonest small number, have a loop of their own, in which the compiler knows it. */
#define TRANSPOSE(source_type, target_type)                                                                 \
  do {                                                                                                      \
    const source_type *restrict source = from;                                                              \
    target_type *restrict target = to;                                                                      \
    if (columns == 4) {                                                                                     \
      const source_type *restrict a = source, *restrict b = a + column, *restrict c = b + column,           \
                                  *restrict d = c + column;                                                 \
      for (size_t i = 0; i < rows; i++) {                                                                   \
        target[4 * i] = (target_type)a[i];                                                                  \
        target[4 * i + 1] = (target_type)b[i];                                                              \
        target[4 * i + 2] = (target_type)c[i];                                                              \
        target[4 * i + 3] = (target_type)d[i];                                                              \
      }                                                                                                     \
    } else {                                                                                                \
      for (size_t i = 0; i < rows; i++)                                                                     \
        for (size_t j = 0; j < columns; j++) target[i * columns + j] = (target_type)source[j * column + i]; \
    }                                                                                                       \
    return 1;                                                                                               \
  } while (0)

int gym__rows_transpose(gym__dtype from_dtype, const void *from, size_t column, size_t rows, size_t columns,
                        gym__dtype to_dtype, void *to) {
  if (from_dtype == GYM__DTYPE_float32 && to_dtype == GYM__DTYPE_float64) TRANSPOSE(float, double);
  if (from_dtype == GYM__DTYPE_float32 && to_dtype == GYM__DTYPE_float32) TRANSPOSE(uint32_t, uint32_t);
  if (from_dtype == GYM__DTYPE_float64 && to_dtype == GYM__DTYPE_float64) TRANSPOSE(uint64_t, uint64_t);
  return 0;
}

/* The flags as the number that their eight bytes are, so that a row is two numbers. */
static uint64_t flags_of(uint8_t terminated, uint8_t truncated) {
  const uint16_t one = 1;
  int is_little = *(const unsigned char *)&one == 1;
  return is_little ? (uint64_t)terminated | (uint64_t)truncated << 8
                   : (uint64_t)terminated << 56 | (uint64_t)truncated << 48;
}

#define JOIN(type)                                            \
  do {                                                        \
    const type *restrict numbers = rewards;                   \
    for (size_t i = 0; i < count; i++) {                      \
      double reward = (double)numbers[i];                     \
      uint64_t flags = flags_of(terminated[i], truncated[i]); \
      memcpy(out + 16 * i, &reward, 8);                       \
      memcpy(out + 16 * i + 8, &flags, 8);                    \
    }                                                         \
    return 1;                                                 \
  } while (0)

_Static_assert(sizeof(gym_transition) == 16 && offsetof(gym_transition, terminated) == 8 &&
                   offsetof(gym_transition, truncated) == 9,
               "a transition is a reward, two flags and zeros");

int gym__rows_join(gym__dtype reward_dtype, const void *restrict rewards, const uint8_t *restrict terminated,
                   const uint8_t *restrict truncated, size_t count, gym_transition *restrict to) {
  unsigned char *restrict out = (unsigned char *)to;
  if (reward_dtype == GYM__DTYPE_float64) JOIN(double);
  if (reward_dtype == GYM__DTYPE_float32) JOIN(float);
  return 0;
}

size_t gym__rows_count(const uint8_t *states, size_t count, uint8_t state) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++) found += states[i] == state;
  return found;
}

void gym__rows_mark(uint8_t *states, size_t count, uint8_t state) {
  for (size_t i = 0; i < count; i++) __atomic_store_n(&states[i], state, __ATOMIC_RELEASE);
}
