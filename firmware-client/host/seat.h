/* A board of the command line: the seat that it has in a class, or what the options say instead. */
#ifndef DOORSTEP_DK_SEAT_H
#define DOORSTEP_DK_SEAT_H

#include "board.h"
#include "class.h"
#include "options.h"

/* A board with everything it was made from. */
struct seat {
	struct board board;
	struct class_seat class_seat;
	char label[64];
	char store[4096];
	char *carried;
	char *password;
	char fallback_host[256];
	pthread_t thread;
	bool open;
	bool running;
};

/* Board number `index` of the options: opened, and provisioned if that is wanted. 0, or -1 after it
 * has been said what is wrong. */
int seat_open(struct seat *seat, const struct options *options, uint32_t index,
	      const atomic_bool *stop);
void seat_close(struct seat *seat);

#endif
