/* The texts of the status codes and the version. */
#include "gogym.h"

const char *gym_status_name(int code) {
  switch (code) {
#define CASE(name, value, description) \
  case value:                          \
    return #name;
    GYM_STATUS_MAP(CASE)
#undef CASE
    default:
      return "GYM_ERR_UNKNOWN";
  }
}

const char *gym_status_description(int code) {
  switch (code) {
#define CASE(name, value, description) \
  case value:                          \
    return description;
    GYM_STATUS_MAP(CASE)
#undef CASE
    default:
      return "unknown status code";
  }
}

const char *gym_version(void) { return GYM_VERSION; }
