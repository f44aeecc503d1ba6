/* Copying a node of one tree into another that is being built. */
#ifndef GOGYM_VALUE_COPY_H_
#define GOGYM_VALUE_COPY_H_

#include "value_build.h"

/* Appends a copy of a node and all that is under it; as the gym__build_* functions. */
int gym__build_copy(gym__builder *b, const gym_value *node);

#endif /* GOGYM_VALUE_COPY_H_ */
