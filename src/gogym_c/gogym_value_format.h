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
 * Payloads
 *   none                  nothing
 *   bool, int64           int64_t
 *   float64               double
 *   string, bytes         `count` bytes, one NUL
 *   list, tuple           int64_t offset[count]
 *   dict                  int64_t offset[2 * count]: key, value, key, value ...
 *   array                 gym__array, int64_t shape[ndim], padding to 16 from the block's beginning, data
 *   other                 uint64_t length of the class name, the name, NUL, `count` bytes of repr, NUL
 */
#ifndef GOGYM_VALUE_FORMAT_H_
#define GOGYM_VALUE_FORMAT_H_

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

#endif /* GOGYM_VALUE_FORMAT_H_ */
