/* The printable hand-out: one HTML file without anything from elsewhere, a card a seat. Pure. */
#ifndef DOORSTEP_HANDOUT_H
#define DOORSTEP_HANDOUT_H

#include "export.h"
#include "text.h"

struct handout {
	const char *domain;
	long port;
	const char *url; /* of the page; NULL: the QR code holds the certificate itself */
	const struct material *material;
};

void handout_begin(struct text *out, const struct handout *handout);
void handout_card(struct text *out, const struct handout *handout, const char *label,
		  const char *host, const char *client_id);
void handout_end(struct text *out);

/* A QR code as SVG; nothing if the content is too long for one (2,900 bytes). */
void handout_qr(struct text *out, const char *content);

#endif
