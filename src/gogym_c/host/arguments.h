/* Checks of arguments that every public function makes before it forwards. Not installed. */
#ifndef GOGYM_ARGUMENTS_H_
#define GOGYM_ARGUMENTS_H_

#include "gogym.h"
#include "gogym_abi.h"
#include "gogym_error.h"
#include "runtime.h"

/* Returns from the calling function where a pointer is NULL that must not be. */
#define REQUIRE(pointer) \
  if (!(pointer))        \
  return gym__fail(err, GYM_ERR_ARGUMENT, "%s: the argument \"%s\" is NULL", __func__, #pointer)

/* The same for a buffer, which may be NULL where it is empty. */
#define REQUIRE_BUFFER(pointer, length)                                                                   \
  if (!(pointer) && (length) > 0)                                                                         \
  return gym__fail(err, GYM_ERR_ARGUMENT, "%s: the argument \"%s\" is NULL, but \"%s\" is %zu", __func__, \
                   #pointer, #length, length)

/* A struct that says its own size in its first member. */
#define REQUIRE_STRUCT(pointer, type, initialiser)                                                    \
  if ((pointer)->struct_size < sizeof(type))                                                          \
  return gym__fail(err, GYM_ERR_ARGUMENT,                                                             \
                   "%s: " #pointer "->struct_size is %u; begin with " initialiser ", which sets %zu", \
                   __func__, (pointer)->struct_size, sizeof(type))

#define REQUIRE_SEED(seed)                                                                          \
  if ((seed) < 0)                                                                                   \
  return gym__fail(err, GYM_ERR_ARGUMENT, "%s: the seed is %lld; a seed is 0 or greater", __func__, \
                   (long long)(seed))

#endif /* GOGYM_ARGUMENTS_H_ */
