/* A copy of src/gogym_c/value/value_build.h, made by tools/copy_go_sources.py; edit that one. */
/* Building a gym_value block, in plain C: the module walks Python objects and says here what it finds.
 *
 * Nodes are appended in pre-order. A container states how many items it has, and the nodes that follow become
 * its items: a list of 2, then two nodes; a dict of 2, then key, value, key, value. Items that are containers
 * take their own items first.
 *
 *   gym__builder b;
 *   gym__build_begin(&b);
 *   gym__build_dict(&b, 1);
 *   gym__build_string(&b, "lives", 5);
 *   gym__build_int64(&b, 3);
 *   gym_value *value = gym__build_finish(&b);   NULL: b.failed says why
 *
 * Every gym__build_* that returns int gives 0 or a gym_status, which also stays in b.failed; after a failure
 * the others do nothing and give it again. So it is enough to look at gym__build_finish. */
#ifndef GOGYM_VALUE_BUILD_H_
#define GOGYM_VALUE_BUILD_H_

#include "gogym_value_format.h"

/* A container whose subtree is under way. */
typedef struct gym__open {
  size_t node; /* positions in the block */
  size_t slot;
  size_t left; /* slots still to be filled */
} gym__open;

typedef struct gym__builder {
  int failed; /* GYM_OK; GYM_ERR_MEMORY; GYM_ERR_INTERNAL where the caller broke the order of calls */
  int open_count;
  char *block; /* malloc'd; moves as it grows, which offsets survive */
  size_t used;
  size_t capacity;
  gym__open open[GYM__VALUE_MAX_DEPTH - 1]; /* left uninitialised above open_count */
} gym__builder;

/* Begins a tree. Allocates nothing yet. */
void gym__build_begin(gym__builder *b);

/* The depth at which the next node will lie; the root's is 1. At GYM__VALUE_MAX_DEPTH only leaves and empty
 * containers are possible: the caller must then write something else, such as an other node. */
int gym__build_depth(const gym__builder *b);

int gym__build_none(gym__builder *b);
int gym__build_bool(gym__builder *b, int flag);
int gym__build_int64(gym__builder *b, int64_t integer);
int gym__build_float64(gym__builder *b, double number);

/* `text` is valid UTF-8: a Python string with lone surrogates must be encoded with an error handler. */
int gym__build_string(gym__builder *b, const char *text, size_t length);
int gym__build_bytes(gym__builder *b, const void *bytes, size_t length);

/* `class_name` is UTF-8 and ends at its first NUL; `repr` is UTF-8 of `length` bytes. */
int gym__build_other(gym__builder *b, const char *class_name, const char *repr, size_t length);

/* Copies an array in C order and native byte order; `dtype` is one of GYM__DTYPE_MAP, which is NumPy's name
 * but for "longdouble". `shape` may be NULL with ndim 0, `data` where the array has no elements. */
int gym__build_array(gym__builder *b, const char *dtype, uint32_t ndim, const int64_t *shape,
                     const void *data);

int gym__build_list(gym__builder *b, size_t count);
int gym__build_tuple(gym__builder *b, size_t count);
int gym__build_dict(gym__builder *b, size_t count); /* 2 * count nodes follow */

/* Ends the tree: its root, to be freed with gym_value_free; NULL after a failure or where items are missing.
 * The builder holds nothing afterwards, but for the reason in `failed`. */
gym_value *gym__build_finish(gym__builder *b);

/* Frees what was built so far. Allowed at any time after gym__build_begin, and again. */
void gym__build_abandon(gym__builder *b);

#endif /* GOGYM_VALUE_BUILD_H_ */
