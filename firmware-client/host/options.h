/* The command line of doorstep-dk, and what it means for each board. */
#ifndef DOORSTEP_DK_OPTIONS_H
#define DOORSTEP_DK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "board.h"

enum mode {
	MODE_RUN,
	MODE_AT,
	MODE_FIRMWARES,
};

#define OPTIONS_LINES 64

struct options {
	enum mode mode;
	struct board_plan plan; /* of one board; name, host and the like are filled in for each */
	const char *class_dir;
	const char *listener; /* of the class; NULL: academy, or by port */
	const char *seat;     /* "seat07"; with --count the first */
	uint32_t count;
	const char *host;
	uint16_t port;
	bool port_set;
	bool plain;
	const char *tls_name; /* --name */
	bool no_name;
	bool no_verify;
	const char *client_id;
	const char *user;
	const char *password_file;
	const char *fallback; /* HOST:PORT:TAG */
	const char *store;
	const char *imei;
	const char *carry;	     /* the CA certificate that the firmware carries */
	bool provision;		     /* load the seat's credentials over AT first */
	const char *ca, *cert, *key; /* --provision's files */
	const char *pty;	     /* link to a terminal; "": no link */
	const char *json;
	const char *expect;
	uint32_t tag;
	bool tag_set;
	const char *lines[OPTIONS_LINES]; /* at: the commands */
	unsigned line_count;
};

extern const char options_help[];

/* 0; or the exit code plus one to end with (help, version, a usage error that was told). */
int options_read(struct options *options, int argc, char **argv);

#endif
