/* What is said over MQTT: the commands that a board follows, and the heartbeat that it sends. */
#ifndef DOORSTEP_MESSAGE_H
#define DOORSTEP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum command_kind {
	COMMAND_TEXT, /* anything that is no command: shown in the log */
	COMMAND_LED,
};

struct command {
	enum command_kind kind;
	uint8_t led; /* 1 or 2 */
	bool on;
};

/* LED1ON, LED1OFF, LED2ON, LED2OFF, exactly, as the Academy's exercise has them. */
struct command command_read(const char *payload, size_t len);

struct heartbeat {
	uint32_t uptime_s;
	bool signal_known;
	int16_t rsrp_dbm;
	uint32_t failures;     /* failed attempts since boot */
	const char *last_code; /* the last failure's code, NULL if there was none */
	int last_error;
	const char *firmware; /* the modem's, NULL if it was not asked */
};

/* Writes the heartbeat as one JSON object. The number of bytes without the NUL; 0 if it doesn't fit. */
size_t heartbeat_write(const struct heartbeat *heartbeat, char *out, size_t size);

/* The answer to AT+CESQ: true and the level in dBm if the modem knows it. */
bool signal_read(const char *answer, int16_t *rsrp_dbm);

/* Copies what a peer sent so that it can be logged: control characters become dots, a cut shows. */
void text_copy_safe(char *out, size_t size, const char *in, size_t len);

#endif
