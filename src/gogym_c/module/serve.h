/* A worker process's main loop. */
#ifndef GOGYM_SERVE_H_
#define GOGYM_SERVE_H_

#include "gogym_abi.h"

/* Does what the host says, until it says to quit or is gone: on Python's main thread, without the GIL held.
 * The descriptors are the socket and the two memfds, `station` the worker's own in the control memory. 0: it
 * was told to quit; otherwise the host is gone, or there is no such memory. */
int gym__serve(const gym__table *table, int socket_fd, int control_fd, int data_fd, uint32_t station);

#endif /* GOGYM_SERVE_H_ */
