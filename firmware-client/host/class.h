/* What a class directory says about a seat: where to go, and with which credentials. */
#ifndef DOORSTEP_DK_CLASS_H
#define DOORSTEP_DK_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct class_seat {
	char label[64];
	char host[256];
	char profile[32];
	char client_id[80]; /* a pattern; empty: the default */
	char user[400];	    /* empty: none */
	char password[128];
	char ca_file[4096];
	char cert_file[4096]; /* empty: none wanted */
	char key_file[4096];
	uint16_t port;
	uint32_t tag;
	bool tls;
};

/* Reads run.json (else class.json) and seats.json. 0, or -1 with a sentence in why. */
int class_seat_read(struct class_seat *seat, const char *directory, const char *listener,
		    const char *label, char *why, size_t size);

/* The whole file with a NUL, at most 64 kB; NULL with errno set. The caller frees it. */
char *file_text(const char *path, size_t *len);

#endif
