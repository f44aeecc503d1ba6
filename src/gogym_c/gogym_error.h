/* Filling the caller's gym_error: the one place where host and module write it. */
#ifndef GOGYM_ERROR_H_
#define GOGYM_ERROR_H_

#include "gogym.h"

#if defined(__GNUC__)
#define GYM__PRINTF_3_4 __attribute__((format(printf, 3, 4)))
#else
#define GYM__PRINTF_3_4
#endif

/* Writes code, Python class, message and traceback (each text may be NULL) into *err, unless err is NULL
 * or too small; returns code. A byte that is no UTF-8 becomes \xNN. Texts are cut at a character: the message
 * at its end, the traceback at its beginning, because a traceback's last lines say most. */
int gym__error_set(gym_error *err, int code, const char *type, const char *message, const char *traceback);

/* gym__error_set with a printf-formatted message and neither class nor traceback. */
int gym__fail(gym_error *err, int code, const char *format, ...) GYM__PRINTF_3_4;

/* The length of the beginning of text that has at most `most` bytes and ends with a whole character: for
 * "%.*s". */
int gym__cut(const char *text, int most);

#endif /* GOGYM_ERROR_H_ */
