/* A terminal for the simulated modem: a pty whose other end tools open as the board's serial port. */
#ifndef DOORSTEP_DK_PTY_H
#define DOORSTEP_DK_PTY_H

#include <pthread.h>
#include <stdbool.h>
#include "modem.h"

struct pty {
	struct modem *modem;
	int master;
	int slave; /* kept open, so that a tool may come and go */
	int stop[2];
	char name[64]; /* /dev/pts/N */
	char *link;    /* a symbolic link to it, removed at the end; NULL: none */
	pthread_t thread;
	bool running;
};

/* Starts answering; link may be NULL. 0 or a negative errno. */
int pty_start(struct pty *pty, struct modem *modem, const char *link);
void pty_stop(struct pty *pty);

#endif
