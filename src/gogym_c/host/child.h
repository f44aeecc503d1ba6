/* Running another program for what it writes. */
#ifndef GOGYM_CHILD_H_
#define GOGYM_CHILD_H_

#include <stddef.h>

typedef struct gym__spawn_result {
  int status;        /* as from waitpid; -1 where the host took it away */
  int timed_out;     /* it was killed */
  size_t out_length; /* bytes read from its standard output */
} gym__spawn_result;

/* Runs arguments[0], waits for its end and stores the beginnings of what it wrote, NUL-terminated. Returns
 * 0, or the errno of why it could not be run at all. */
int gym__spawn(char *const arguments[], int timeout_ms, char *out, size_t out_size, char *error,
               size_t error_size, gym__spawn_result *result);

#endif /* GOGYM_CHILD_H_ */
