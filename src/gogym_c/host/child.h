/* Running another program for what it writes. */
#ifndef GOGYM_CHILD_H_
#define GOGYM_CHILD_H_

#include <stddef.h>

/* What a program wrote to one stream: the end of it where `size` is too small. NUL-terminated. */
typedef struct gym__output {
  char *text;
  size_t size; /* of the memory at text */
  size_t length;
} gym__output;

typedef struct gym__spawn_result {
  int status;    /* as from waitpid; -1 where the host took it away */
  int timed_out; /* it was killed */
} gym__spawn_result;

/* Runs arguments[0] until it ends, and keeps what it wrote. Once is_complete(out) is true, no more is read: a
 * process that the program has left in the background may hold the stream open for as long as it runs.
 * Returns 0, or the errno of why it could not be run at all. */
int gym__spawn(char *const arguments[], int timeout_ms, gym__output *out, gym__output *error,
               int (*is_complete)(const gym__output *out), gym__spawn_result *result);

#endif /* GOGYM_CHILD_H_ */
