/* A copy of src/gogym_c/space/space.h, made by tools/copy_go_sources.py; edit that one. */
/* A space of fixed size as plain C: what lies where in a buffer, what belongs to it, and Gymnasium's flatten.
 *
 * Immutable once built, so any number of threads may use one. No Python, no lock, no allocation per call.
 * Both layouts (float64 and native: see gogym.h) are read and written. Pointers to native buffers
 * need no alignment. */
#ifndef GOGYM_SPACE_SPACE_H_
#define GOGYM_SPACE_SPACE_H_

#include "dtype.h"
#include "gogym.h"

typedef enum gym__space_kind {
  GYM__SPACE_BOX,
  GYM__SPACE_DISCRETE,
  GYM__SPACE_MULTI_DISCRETE,
  GYM__SPACE_MULTI_BINARY,
  GYM__SPACE_TEXT,
  GYM__SPACE_TUPLE,
  GYM__SPACE_DICT,
  GYM__SPACE_ONE_OF
} gym__space_kind;

typedef struct gym__space gym__space;

struct gym__space {
  gym__space_kind kind;
  gym__dtype dtype;      /* of a leaf; int32 for Text; NONE for Tuple, Dict, OneOf */
  gym__dtype flat_dtype; /* of the ROOT's flat array in Gymnasium; in a child: of its own flatten */
  size_t size;           /* float64 elements */
  size_t nbytes;         /* of the native layout, from byte_offset on */
  size_t byte_offset;    /* from the beginning of the root's native buffer */
  size_t flatdim;

  /* How errors name it: the parent's path and the label, ["camera"] or [2]; the root's label is "element". */
  const gym__space *parent;
  char *label;

  /* Leaves */
  size_t ndim;
  int64_t *shape; /* int64[ndim]: to name elements in errors; of Text [max_length] */
  void *low;      /* Box: bounds in its own dtype, [size] */
  void *high;
  int64_t *nvec; /* Discrete [1], MultiDiscrete [size]: number of values, the bits of a uint64 where the dtype
                    is */
  int64_t *start;        /* likewise: the smallest */
  size_t charset_length; /* Text */
  size_t min_length;

  /* Tuple, Dict, OneOf */
  size_t child_count;
  gym__space **children;
};

/* Builds a node with no parent and no children. `label` is copied; `shape` and the bounds too. NULL: no
 * memory. Fields beyond these are set by the caller before the space is used. */
gym__space *gym__space_new(gym__space_kind kind, gym__dtype dtype, size_t ndim, const int64_t *shape,
                           size_t size, const char *label);

/* Copies bounds into a Box: `low` and `high` are arrays of its dtype, [size]. 0: no memory. */
int gym__space_set_bounds(gym__space *space, const void *low, const void *high);

/* Copies counts into a Discrete or MultiDiscrete: int64[1 or size]. 0: no memory. */
int gym__space_set_counts(gym__space *space, const int64_t *nvec, const int64_t *start);

/* Appends a child, which then belongs to the space (also where it fails). 0: no memory. */
int gym__space_add_child(gym__space *space, gym__space *child);

/* Frees a space and its children: of a root. NULL is allowed. */
void gym__space_free(gym__space *space);

/* What gym_space_contains, gym_space_flatten and gym_space_unflatten say, for one root. Lengths have been
 * checked. */
int gym__space_contains(const gym__space *space, const double *x);
int gym__space_contains_native(const gym__space *space, const void *x);
int gym__space_flatten(const gym__space *space, const double *x, double *flat, gym_error *err);
int gym__space_flatten_native(const gym__space *space, const void *x, void *flat, gym_error *err);
int gym__space_unflatten(const gym__space *space, const double *flat, double *x, gym_error *err);
int gym__space_unflatten_native(const gym__space *space, const void *flat, void *x, gym_error *err);

#endif /* GOGYM_SPACE_SPACE_H_ */
