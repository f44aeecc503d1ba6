/* A copy of src/gogym_c/gogym_value_format.h, made by tools/copy_go_sources.py; edit that one. */
/* The bytes of a gym_value block: how nodes lie in memory. Shared by the builder (module) and the reader
 * (host); not installed.
 *
 *   block  = gym__block header (16 bytes) + root node + all other nodes
 *   node   = struct gym_value (16 bytes) + payload by kind, the whole padded to 8 bytes
 *
 * Blocks are allocated with malloc, so that headers are aligned to 16; every node begins at a multiple of 8
 * from the block's beginning. References are offsets in bytes from the referring node's own beginning and
 * always positive: children come after their parent, so a block cannot contain a cycle, and a node can be
 * read knowing nothing but its own address. Each node has exactly one parent.
 *
 * Nodes follow one another in pre-order without gaps: a container, then its first child with all that is
 * under it, then its second child. Padding is zero. So a tree of given content has one block only, and
 * checking a block from elsewhere is one walk in which each node must begin where the last one ended.
 *
 * Payloads
 *   none                  nothing
 *   bool, int64           int64_t
 *   float64               double
 *   string, bytes         `count` bytes, one NUL
 *   list, tuple           int64_t offset[count]
 *   dict                  int64_t offset[2 * count]: key, value, key, value ...
 *   array                 gym__array, int64_t shape[ndim], padding to 16 from the block's beginning, data
 *   other                 uint64_t length of the class name, the name, NUL, `count` bytes of repr, NUL
 *
 * `count` is what gym_value_count gives, for an array the product of its shape. Strings, class names and
 * reprs are UTF-8; a class name contains no NUL. An element of a bool array is true where it is not 0.
 */
#ifndef GOGYM_VALUE_FORMAT_H_
#define GOGYM_VALUE_FORMAT_H_

#include <string.h>

#include "gogym.h"

#define GYM__BLOCK_MAGIC 0x314d5947u /* "GYM1" read as little-endian; another byte order does not match */
#define GYM__VALUE_MAX_DEPTH 128     /* nesting of nodes; the root is at depth 1 */
#define GYM__VALUE_MAX_NDIM 64       /* NumPy 2's limit */

typedef struct gym__block {
  uint32_t magic;
  uint32_t reserved; /* 0 */
  uint64_t nbytes;   /* of the whole block, header included */
} gym__block;

#define GYM__VALUE_ROOT 1u /* flag: the block's first node */

struct gym_value {
  uint32_t kind;
  uint32_t flags;
  uint64_t count;
};

typedef struct gym__array {
  char dtype[16]; /* NumPy's name, NUL-terminated */
  uint32_t ndim;
  uint32_t itemsize;
  int64_t data; /* offset of the elements from the node's beginning */
} gym__array;

/* Every dtype of an array: X(name, bytes of an element). longdouble differs between architectures. */
#define GYM__DTYPE_MAP(X)                      \
  X(bool, 1)                                   \
  X(int8, 1)                                   \
  X(int16, 2)                                  \
  X(int32, 4)                                  \
  X(int64, 8)                                  \
  X(uint8, 1)                                  \
  X(uint16, 2)                                 \
  X(uint32, 4)                                 \
  X(uint64, 8)                                 \
  X(float16, 2)                                \
  X(float32, 4)                                \
  X(float64, 8)                                \
  X(longdouble, (uint32_t)sizeof(long double)) \
  X(complex64, 8)                              \
  X(complex128, 16)

/* The bytes of an element; 0 for a dtype that arrays do not have. */
static inline uint32_t gym__dtype_size(const char *name) {
#define GYM__DTYPE_SIZE(dtype, size) \
  if (strcmp(name, #dtype) == 0) return size;
  GYM__DTYPE_MAP(GYM__DTYPE_SIZE)
#undef GYM__DTYPE_SIZE
  return 0;
}

/* gym_value_from_block of bytes that malloc gave: they become the tree, or are freed where they are none. */
int gym__value_adopt(void *block, size_t nbytes, gym_value **out, gym_error *err);

#endif /* GOGYM_VALUE_FORMAT_H_ */
