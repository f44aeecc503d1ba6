/* A copy of src/gogym_c/value/value_check.c, made by tools/copy_go_sources.py; edit that one. */
/* gym_value_from_block: bytes from anywhere become a tree only if every one of them is as
 * gogym_value_format.h says. Nodes must lie in pre-order without gaps, which makes the check one walk with a
 * cursor that only advances: it takes linear time, and no node can be reached twice. */
#include <stdlib.h>
#include <string.h>

#include "gogym.h"
#include "gogym_error.h"
#include "gogym_utf8.h"
#include "gogym_value_format.h"

_Static_assert(sizeof(gym__block) == 16, "the header of a block has 16 bytes");
_Static_assert(sizeof(struct gym_value) == 16, "the header of a node has 16 bytes");
_Static_assert(sizeof(gym__array) == 32, "the header of an array has 32 bytes");

typedef struct walk {
  const unsigned char *block;
  uint64_t nbytes;
  uint64_t cursor; /* everything before it is checked; never above nbytes */
  const char *problem;
} walk;

/* The checks below return 1, or 0 with the problem noted: the first one is the one to report. */
static int refuse(walk *w, const char *problem) {
  w->problem = problem;
  return 0;
}

/* Moves the cursor over `bytes` bytes and gives their position. */
static int take(walk *w, uint64_t bytes, uint64_t *at) {
  if (bytes > w->nbytes - w->cursor) return refuse(w, "a node reaches beyond the block");
  *at = w->cursor;
  w->cursor += bytes;
  return 1;
}

static int take_padding(walk *w, uint64_t alignment) {
  uint64_t at, bytes = (alignment - w->cursor % alignment) % alignment;
  if (!take(w, bytes, &at)) return 0;
  for (; at < w->cursor; at++) {
    if (w->block[at] != 0) return refuse(w, "padding is not zero");
  }
  return 1;
}

static int is_utf8(const unsigned char *text, size_t length) {
  while (length > 0) {
    size_t bytes = gym__utf8_character(text, length);
    if (bytes == 0) return 0;
    text += bytes;
    length -= bytes;
  }
  return 1;
}

/* `count` bytes and one NUL. */
static int take_content(walk *w, uint64_t count, uint64_t *at) {
  uint64_t nul;
  if (!take(w, count, at) || !take(w, 1, &nul)) return 0;
  return w->block[nul] == 0 ? 1 : refuse(w, "a text does not end with NUL");
}

static int take_text(walk *w, uint64_t count, uint64_t *at) {
  if (!take_content(w, count, at)) return 0;
  return is_utf8(w->block + *at, (size_t)count) ? 1 : refuse(w, "a text is not UTF-8");
}

static int check_scalar(walk *w, uint32_t kind, uint64_t count) {
  uint64_t at;
  if (count != 0) return refuse(w, "a node without items counts some");
  if (kind == GYM_KIND_NONE) return 1;
  if (!take(w, sizeof(int64_t), &at)) return 0;
  if (kind == GYM_KIND_BOOL) {
    int64_t flag;
    memcpy(&flag, w->block + at, sizeof flag);
    if (flag != 0 && flag != 1) return refuse(w, "a bool is neither 0 nor 1");
  }
  return 1;
}

static int check_array(walk *w, uint64_t start, uint64_t count) {
  gym__array array;
  uint64_t at;
  if (!take(w, sizeof array, &at)) return 0;
  memcpy(&array, w->block + at, sizeof array);
  if (!memchr(array.dtype, 0, sizeof array.dtype)) return refuse(w, "a dtype does not end with NUL");
  for (size_t i = strlen(array.dtype); i < sizeof array.dtype; i++) {
    if (array.dtype[i] != 0) return refuse(w, "padding is not zero");
  }
  uint32_t itemsize = gym__dtype_size(array.dtype);
  if (itemsize == 0) return refuse(w, "an array's dtype is unknown");
  if (array.itemsize != itemsize) return refuse(w, "an array's itemsize is not its dtype's");
  if (array.ndim > GYM__VALUE_MAX_NDIM) return refuse(w, "an array has too many dimensions");

  /* Dimensions beside a zero must not overflow either: whoever computes strides multiplies them. */
  uint64_t product = itemsize;
  int empty = 0;
  for (uint32_t i = 0; i < array.ndim; i++) {
    int64_t extent;
    if (!take(w, sizeof extent, &at)) return 0;
    memcpy(&extent, w->block + at, sizeof extent);
    if (extent < 0) return refuse(w, "an array's shape is negative");
    if (extent == 0) {
      empty = 1;
    } else if (product > (uint64_t)INT64_MAX / (uint64_t)extent) {
      return refuse(w, "an array's shape is too large");
    } else {
      product *= (uint64_t)extent;
    }
  }
  if (count != (empty ? 0 : product / itemsize)) return refuse(w, "an array's shape does not give its count");
  if (!take_padding(w, 16)) return 0;
  if (array.data < 0 || (uint64_t)array.data != w->cursor - start) {
    return refuse(w, "an array's elements are in the wrong place");
  }
  return take(w, empty ? 0 : product, &at);
}

static int check_other(walk *w, uint64_t count) {
  uint64_t at, class_length;
  if (!take(w, sizeof class_length, &at)) return 0;
  memcpy(&class_length, w->block + at, sizeof class_length);
  if (!take_text(w, class_length, &at)) return 0;
  if (memchr(w->block + at, 0, (size_t)class_length)) return refuse(w, "a class name contains NUL");
  return take_text(w, count, &at);
}

static const char too_many_items[] = "a node counts more items than the block can hold";

static int check_node(walk *w, uint32_t flags, int depth);

static int check_container(walk *w, uint64_t start, uint64_t slots, int depth) {
  uint64_t table;
  if (slots > w->nbytes / sizeof(int64_t)) return refuse(w, too_many_items);
  if (!take(w, slots * sizeof(int64_t), &table)) return 0;
  for (uint64_t i = 0; i < slots; i++) {
    int64_t offset;
    memcpy(&offset, w->block + table + i * sizeof offset, sizeof offset);
    if (offset < 0 || (uint64_t)offset != w->cursor - start) {
      return refuse(w, "an item is not where the one before it ended");
    }
    if (!check_node(w, 0, depth + 1)) return 0;
  }
  return 1;
}

/* Checks the node at the cursor with all that is under it. The depth is bounded, so the recursion is. */
static int check_node(walk *w, uint32_t flags, int depth) {
  gym_value node;
  uint64_t start, at;
  int good;
  if (depth > GYM__VALUE_MAX_DEPTH) return refuse(w, "nodes are nested too deeply");
  if (!take(w, sizeof node, &start)) return 0;
  memcpy(&node, w->block + start, sizeof node);
  if (node.flags != flags) return refuse(w, "a node's flags are wrong");
  switch (node.kind) {
    case GYM_KIND_NONE:
    case GYM_KIND_BOOL:
    case GYM_KIND_INT64:
    case GYM_KIND_FLOAT64:
      good = check_scalar(w, node.kind, node.count);
      break;
    case GYM_KIND_STRING:
      good = take_text(w, node.count, &at);
      break;
    case GYM_KIND_BYTES:
      good = take_content(w, node.count, &at);
      break;
    case GYM_KIND_ARRAY:
      good = check_array(w, start, node.count);
      break;
    case GYM_KIND_LIST:
    case GYM_KIND_TUPLE:
      good = check_container(w, start, node.count, depth);
      break;
    case GYM_KIND_DICT:
      if (node.count > UINT64_MAX / 2) return refuse(w, too_many_items);
      good = check_container(w, start, 2 * node.count, depth);
      break;
    case GYM_KIND_OTHER:
      good = check_other(w, node.count);
      break;
    default:
      return refuse(w, "a node's kind is unknown");
  }
  return good && take_padding(w, 8);
}

static int check_block(walk *w) {
  w->cursor = sizeof(gym__block);
  if (!check_node(w, GYM__VALUE_ROOT, 1)) return 0;
  return w->cursor == w->nbytes ? 1 : refuse(w, "bytes follow the last node");
}

/* Before anything is allocated: whether the header is that of a block of exactly these bytes. */
static const char *header_problem(const void *bytes, size_t nbytes) {
  gym__block header;
  if (nbytes < sizeof header) return "the header is cut off";
  memcpy(&header, bytes, sizeof header);
  if (header.magic != GYM__BLOCK_MAGIC) return "the magic number is another (or of another byte order)";
  if (header.reserved != 0) return "the reserved field is not 0";
  if (header.nbytes != nbytes) return "the header gives another length";
  return NULL;
}

int gym_value_from_block(const void *bytes, size_t nbytes, gym_value **out, gym_error *err) {
  if (!bytes) return gym__fail(err, GYM_ERR_ARGUMENT, "gym_value_from_block: bytes is NULL");
  if (!out) return gym__fail(err, GYM_ERR_ARGUMENT, "gym_value_from_block: out is NULL");
  const char *problem = header_problem(bytes, nbytes);
  if (problem) {
    return gym__fail(err, GYM_ERR_BLOCK, "gym_value_from_block: the %zu bytes are not a value block: %s",
                     nbytes, problem);
  }
  /* Copied first and checked afterwards: the source may be unaligned, or be changed by someone else. */
  unsigned char *block = (unsigned char *)malloc(nbytes);
  if (!block) return gym__fail(err, GYM_ERR_MEMORY, "gym_value_from_block: no memory for %zu bytes", nbytes);
  memcpy(block, bytes, nbytes);
  return gym__value_adopt(block, nbytes, out, err);
}

int gym__value_adopt(void *block, size_t nbytes, gym_value **out, gym_error *err) {
  walk w = {(unsigned char *)block, nbytes, 0, NULL};
  const char *problem = header_problem(block, nbytes);
  if (problem || !check_block(&w)) {
    free(block);
    return gym__fail(err, GYM_ERR_BLOCK,
                     "gym_value_from_block: the %zu bytes are not a value block: %s (before byte %llu)",
                     nbytes, problem ? problem : w.problem, (unsigned long long)w.cursor);
  }
  *out = (gym_value *)(void *)((unsigned char *)block + sizeof(gym__block));
  return GYM_OK;
}
