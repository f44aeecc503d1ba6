/* A copy of src/gogym_c/space/space_value.h, made by tools/copy_go_sources.py; edit that one. */
/* Building a gym__space from the description of a space that gym_observation_space gives. */
#ifndef GOGYM_SPACE_VALUE_H_
#define GOGYM_SPACE_VALUE_H_

#include "space.h"

/* Builds the space that `node` describes, as the module builds it from the Python space: sizes, bounds and
 * names in errors are the same. (Of keys that are not text, the value keeps less than Python knows; NumPy's
 * integer 3 is called [3] here and [np.int64(3)] there.) *out is NULL where elements have no fixed size, and
 * otherwise to be freed with gym__space_free.
 *
 * GYM_ERR_UNSUPPORTED where the value does not hold all of the space: nested deeper than 60 spaces, or
 * characters that UTF-8 does not have. GYM_ERR_MEMORY; GYM_ERR_INTERNAL for what no description is. */
int gym__space_from_value(const gym_value *node, gym__space **out, gym_error *err);

#endif /* GOGYM_SPACE_VALUE_H_ */
