/* What the files of the board (board*.c) share among themselves; others use board.h. */
#ifndef DOORSTEP_DK_BOARD_PARTS_H
#define DOORSTEP_DK_BOARD_PARTS_H

#include "board.h"

/* A line of the board's log. */
__attribute__((format(printf, 3, 4))) void board_tell(struct board *board, enum say how,
						      const char *format, ...);

/* Milliseconds of a clock that never jumps; the argument is not used. */
uint64_t board_now(void *arg);

/* The negative errno under the board's numbering. */
int board_number(const struct board *board, enum error error);

/* Keeps what went wrong below MQTT, says it with its basis, and gives the number that the application
 * sees. */
int board_outcome(struct board *board, const struct outcome *found);

/* On the network? Somebody at the modem's terminal may switch the radio off at any time. */
bool board_attached(struct board *board);

/* The port's functions: those of the modem (board_modem.c), those of a visit (board_visit.c). */
void board_modem_port(struct port *port);
void board_visit_port(struct port *port);
void board_hang_up(void *arg);

#endif
