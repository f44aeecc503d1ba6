/* A copy of src/gogym_c/value/value_build.c, made by tools/copy_go_sources.py; edit that one. */
#include "value_build.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 1024 /* an info of some ten entries without growing */

/* No object is larger, so that sizes below it can be added without overflow. */
#define MAX_BYTES (SIZE_MAX / 4)

static int fail(gym__builder *b, int code) {
  if (b->failed == GYM_OK) b->failed = code;
  return b->failed;
}

static size_t padded(size_t bytes, size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

/* Makes room for so many bytes more. */
static int reserve(gym__builder *b, size_t bytes) {
  if (bytes > MAX_BYTES - b->used) return fail(b, GYM_ERR_MEMORY);
  if (bytes <= b->capacity - b->used) return GYM_OK;
  size_t capacity = b->capacity ? 2 * b->capacity : FIRST_CAPACITY;
  if (capacity < b->used + bytes) capacity = b->used + bytes;
  char *block = (char *)realloc(b->block, capacity);
  if (!block) return fail(b, GYM_ERR_MEMORY);
  b->block = block;
  b->capacity = capacity;
  return GYM_OK;
}

/* Enters the node about to be appended in its parent's table. */
static int fill_slot(gym__builder *b) {
  if (b->open_count == 0) {
    /* Only the root has no parent; it stands right behind the header. */
    return b->used == sizeof(gym__block) ? GYM_OK : fail(b, GYM_ERR_INTERNAL);
  }
  gym__open *open = &b->open[b->open_count - 1];
  int64_t offset = (int64_t)(b->used - open->node);
  memcpy(b->block + open->slot, &offset, sizeof offset);
  open->slot += sizeof offset;
  open->left--;
  return GYM_OK;
}

/* Appends a node with room for its payload, whose bytes are the caller's to write; NULL after a failure. */
static char *append(gym__builder *b, uint32_t kind, size_t count, size_t payload) {
  if (b->failed != GYM_OK) return NULL;
  if (payload > MAX_BYTES) {
    fail(b, GYM_ERR_MEMORY);
    return NULL;
  }
  size_t header = b->used == 0 ? sizeof(gym__block) : 0;
  size_t size = sizeof(gym_value) + padded(payload, 8);
  if (reserve(b, header + size) != GYM_OK) return NULL;
  b->used += header; /* written by gym__build_finish, which knows the length */
  if (fill_slot(b) != GYM_OK) return NULL;

  gym_value node = {kind, b->used == sizeof(gym__block) ? GYM__VALUE_ROOT : 0, count};
  char *at = b->block + b->used;
  memcpy(at, &node, sizeof node);
  if (payload % 8 != 0) memset(at + size - 8, 0, 8);
  b->used += size;
  return at + sizeof node;
}

/* A node is complete: so are all containers of which it was the last item. */
static int complete(gym__builder *b) {
  while (b->open_count > 0 && b->open[b->open_count - 1].left == 0) b->open_count--;
  return GYM_OK;
}

void gym__build_begin(gym__builder *b) {
  b->failed = GYM_OK;
  b->open_count = 0;
  b->block = NULL;
  b->used = 0;
  b->capacity = 0;
}

int gym__build_depth(const gym__builder *b) { return b->open_count + 1; }

int gym__build_none(gym__builder *b) { return append(b, GYM_KIND_NONE, 0, 0) ? complete(b) : b->failed; }

/* The kinds whose payload is 8 bytes. */
static int build_scalar(gym__builder *b, uint32_t kind, const void *scalar) {
  char *payload = append(b, kind, 0, 8);
  if (!payload) return b->failed;
  memcpy(payload, scalar, 8);
  return complete(b);
}

int gym__build_bool(gym__builder *b, int flag) {
  int64_t integer = flag != 0;
  return build_scalar(b, GYM_KIND_BOOL, &integer);
}

int gym__build_int64(gym__builder *b, int64_t integer) { return build_scalar(b, GYM_KIND_INT64, &integer); }

int gym__build_float64(gym__builder *b, double number) { return build_scalar(b, GYM_KIND_FLOAT64, &number); }

/* Writes a text with its NUL; gives the position after it. */
static char *write_text(char *at, const void *text, size_t length) {
  if (length > 0) memcpy(at, text, length);
  at[length] = '\0';
  return at + length + 1;
}

static int build_text(gym__builder *b, uint32_t kind, const void *text, size_t length) {
  char *payload = length < MAX_BYTES ? append(b, kind, length, length + 1) : NULL;
  if (!payload) return fail(b, GYM_ERR_MEMORY);
  write_text(payload, text, length);
  return complete(b);
}

int gym__build_string(gym__builder *b, const char *text, size_t length) {
  return build_text(b, GYM_KIND_STRING, text, length);
}

int gym__build_bytes(gym__builder *b, const void *bytes, size_t length) {
  return build_text(b, GYM_KIND_BYTES, bytes, length);
}

int gym__build_other(gym__builder *b, const char *class_name, const char *repr, size_t length) {
  size_t class_length = strlen(class_name);
  uint64_t stored = class_length;
  size_t room = sizeof stored + class_length + 1;
  char *payload = length < MAX_BYTES ? append(b, GYM_KIND_OTHER, length, room + length + 1) : NULL;
  if (!payload) return fail(b, GYM_ERR_MEMORY);
  memcpy(payload, &stored, sizeof stored);
  write_text(write_text(payload + sizeof stored, class_name, class_length), repr, length);
  return complete(b);
}

/* The bytes of an array's elements; 0 where it has none, SIZE_MAX where they are too many. */
static size_t array_bytes(uint32_t itemsize, uint32_t ndim, const int64_t *shape) {
  uint64_t bytes = itemsize;
  int empty = 0;
  for (uint32_t i = 0; i < ndim; i++) {
    if (shape[i] < 0) return SIZE_MAX;
    if (shape[i] == 0) {
      empty = 1;
    } else if (bytes > MAX_BYTES / (uint64_t)shape[i]) {
      return SIZE_MAX;
    } else {
      bytes *= (uint64_t)shape[i];
    }
  }
  return empty ? 0 : (size_t)bytes;
}

int gym__build_array(gym__builder *b, const char *dtype, uint32_t ndim, const int64_t *shape,
                     const void *data) {
  gym__array array = {.ndim = ndim, .itemsize = gym__dtype_size(dtype)};
  if (b->failed != GYM_OK) return b->failed;
  if (array.itemsize == 0 || ndim > GYM__VALUE_MAX_NDIM) return fail(b, GYM_ERR_INTERNAL);
  size_t bytes = array_bytes(array.itemsize, ndim, shape);
  if (bytes == SIZE_MAX) return fail(b, GYM_ERR_MEMORY);

  /* Elements are aligned in the block, not in the node: where they lie depends on where the node does. */
  size_t start = b->used == 0 ? sizeof(gym__block) : b->used;
  size_t table = ndim * sizeof *shape;
  size_t fixed = sizeof(gym_value) + sizeof array + table;
  size_t offset = padded(start + fixed, 16) - start;
  array.data = (int64_t)offset;
  memcpy(array.dtype, dtype, strlen(dtype) + 1);

  char *payload = append(b, GYM_KIND_ARRAY, bytes / array.itemsize, offset - sizeof(gym_value) + bytes);
  if (!payload) return b->failed;
  memcpy(payload, &array, sizeof array);
  if (ndim > 0) memcpy(payload + sizeof array, shape, table);
  memset(payload + sizeof array + table, 0, offset - fixed);
  if (bytes > 0) memcpy(payload + offset - sizeof(gym_value), data, bytes);
  return complete(b);
}

static int build_container(gym__builder *b, uint32_t kind, size_t count, size_t slots) {
  if (b->failed != GYM_OK) return b->failed;
  if (slots > MAX_BYTES / sizeof(int64_t)) return fail(b, GYM_ERR_MEMORY);
  if (slots > 0 && b->open_count == GYM__VALUE_MAX_DEPTH - 1) return fail(b, GYM_ERR_INTERNAL);
  char *payload = append(b, kind, count, slots * sizeof(int64_t));
  if (!payload) return b->failed;
  if (slots == 0) return complete(b);
  size_t slot = (size_t)(payload - b->block);
  b->open[b->open_count++] = (gym__open){slot - sizeof(gym_value), slot, slots};
  return GYM_OK;
}

int gym__build_list(gym__builder *b, size_t count) { return build_container(b, GYM_KIND_LIST, count, count); }

int gym__build_tuple(gym__builder *b, size_t count) {
  return build_container(b, GYM_KIND_TUPLE, count, count);
}

int gym__build_dict(gym__builder *b, size_t count) {
  if (count > MAX_BYTES / 2) return fail(b, GYM_ERR_MEMORY);
  return build_container(b, GYM_KIND_DICT, count, 2 * count);
}

gym_value *gym__build_finish(gym__builder *b) {
  if (b->failed == GYM_OK && (b->used == 0 || b->open_count > 0)) fail(b, GYM_ERR_INTERNAL);
  if (b->failed != GYM_OK) {
    gym__build_abandon(b);
    return NULL;
  }
  gym__block header = {GYM__BLOCK_MAGIC, 0, b->used};
  memcpy(b->block, &header, sizeof header);
  char *block = (char *)realloc(b->block, b->used);
  if (!block) block = b->block;
  b->block = NULL;
  gym__build_abandon(b);
  return (gym_value *)(void *)(block + sizeof header);
}

void gym__build_abandon(gym__builder *b) {
  free(b->block);
  b->block = NULL;
  b->open_count = 0;
  b->used = 0;
  b->capacity = 0;
}
