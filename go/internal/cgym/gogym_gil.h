/* A copy of src/gogym_c/gogym_gil.h, made by tools/copy_go_sources.py; edit that one. */
/* Giving Python's lock up while waiting for something else. Host and module each have their own way. */
#ifndef GOGYM_GIL_H_
#define GOGYM_GIL_H_

/* Releases the GIL if this thread holds it; what it returns goes to gym__gil_restore. */
void *gym__gil_release(void);
void gym__gil_restore(void *state);

#endif /* GOGYM_GIL_H_ */
