/* A copy of src/gogym_c/space/space.c, made by tools/copy_go_sources.py; edit that one. */
#include "space.h"

#include <stdlib.h>
#include <string.h>

gym__space *gym__space_new(gym__space_kind kind, gym__dtype dtype, size_t ndim, const int64_t *shape,
                           size_t size, const char *label) {
  gym__space *space = calloc(1, sizeof *space);
  if (!space) return NULL;
  size_t length = strlen(label) + 1;
  space->kind = kind;
  space->dtype = dtype;
  space->flat_dtype = GYM__DTYPE_NONE;
  space->ndim = ndim;
  space->size = size;
  space->label = malloc(length);
  space->shape = malloc(ndim > 0 ? ndim * sizeof *shape : 1);
  if (!space->label || !space->shape) {
    gym__space_free(space);
    return NULL;
  }
  memcpy(space->label, label, length);
  if (ndim > 0) memcpy(space->shape, shape, ndim * sizeof *shape);
  return space;
}

/* Copies `nbytes` into *field in place of what is there; an array of no elements is one too. */
static int copy_array(void **field, const void *from, size_t nbytes) {
  void *copy = malloc(nbytes > 0 ? nbytes : 1);
  if (!copy) return 0;
  if (nbytes > 0) memcpy(copy, from, nbytes);
  free(*field);
  *field = copy;
  return 1;
}

int gym__space_set_bounds(gym__space *space, const void *low, const void *high) {
  size_t nbytes = space->size * gym__dtype_itemsize(space->dtype);
  return copy_array(&space->low, low, nbytes) && copy_array(&space->high, high, nbytes);
}

int gym__space_set_counts(gym__space *space, const int64_t *nvec, const int64_t *start) {
  size_t nbytes = space->size * sizeof *nvec;
  void *fields[] = {space->nvec, space->start};
  int good = copy_array(&fields[0], nvec, nbytes) && copy_array(&fields[1], start, nbytes);
  space->nvec = fields[0];
  space->start = fields[1];
  return good;
}

int gym__space_add_child(gym__space *space, gym__space *child) {
  size_t count = space->child_count;
  if (!child) return 0;
  /* Room grows where the count is a power of two. */
  if ((count & (count - 1)) == 0) {
    gym__space **more = realloc(space->children, (count > 0 ? 2 * count : 1) * sizeof *more);
    if (!more) {
      gym__space_free(child);
      return 0;
    }
    space->children = more;
  }
  child->parent = space;
  space->children[space->child_count++] = child;
  return 1;
}

void gym__space_free(gym__space *space) {
  if (!space) return;
  for (size_t i = 0; i < space->child_count; i++) gym__space_free(space->children[i]);
  free(space->children);
  free(space->label);
  free(space->shape);
  free(space->low);
  free(space->high);
  free(space->nvec);
  free(space->start);
  free(space);
}
