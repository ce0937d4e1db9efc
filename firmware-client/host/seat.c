#include "seat.h"
#include "at.h"
#include "number.h"
#include "refuse.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "seat07" and 3 give "seat10": the number at the end counts on, with its width. */
static int label_make(char *out, size_t size, const char *first, uint32_t index)
{
	size_t len = strlen(first);
	size_t digits = 0;
	unsigned long from;

	while (digits < len && digits < 6 && first[len - digits - 1] >= '0' &&
	       first[len - digits - 1] <= '9')
		digits++;
	if (digits == 0 && index == 0)
		return snprintf(out, size, "%s", first) < (int)size ? 0 : -1;
	if (digits == 0)
		return -1;
	from = strtoul(first + len - digits, NULL, 10);
	return snprintf(out, size, "%.*s%0*lu", (int)(len - digits), first, (int)digits,
			from + index) < (int)size
		       ? 0
		       : -1;
}

static int store_name(struct seat *seat, const char *pattern)
{
	const char *at = pattern ? strstr(pattern, "%s") : NULL;

	if (!pattern)
		return 0;
	if (!at)
		snprintf(seat->store, sizeof(seat->store), "%s", pattern);
	else
		snprintf(seat->store, sizeof(seat->store), "%.*s%s%s", (int)(at - pattern), pattern,
			 seat->label, at + 2);
	return 0;
}

static int fallback_read(struct seat *seat, const struct options *o, struct settings *s)
{
	const char *colon = o->fallback ? strrchr(o->fallback, ':') : NULL;
	uint32_t port;

	if (!o->fallback)
		return 0;
	if (!colon || !number_read(colon + 1, 1, 65535, &port) ||
	    (size_t)(colon - o->fallback) >= sizeof(seat->fallback_host))
		return refuse("--fallback '%s': expected HOST:PORT", o->fallback);
	memcpy(seat->fallback_host, o->fallback, (size_t)(colon - o->fallback));
	s->doors[1] = s->doors[0];
	s->doors[1].host = seat->fallback_host;
	s->doors[1].tls_name = s->doors[0].tls_name ? seat->fallback_host : NULL;
	s->doors[1].port = (uint16_t)port;
	s->door_count = 2;
	return 0;
}

/* The digests that the tag may show for the certificate that the firmware carries. */
static int carry(struct seat *seat, const struct options *o, struct settings *s)
{
	size_t len;

	if (!o->carry)
		return 0;
	seat->carried = file_text(o->carry, &len);
	if (!seat->carried)
		return refuse("--carry %s: %s", o->carry, strerror(errno));
	s->ca_text = seat->carried;
	s->ca_len = len;
	s->expected_ca.set = true;
	SHA256((const unsigned char *)seat->carried, len, s->expected_ca.with_newline);
	SHA256((const unsigned char *)seat->carried,
	       len && seat->carried[len - 1] == '\n' ? len - 1 : len,
	       s->expected_ca.without_newline);
	return 0;
}

static int door_fill(struct seat *seat, const struct options *o, struct board_plan *plan)
{
	struct settings *s = &plan->settings;
	struct door *door = &s->doors[0];
	struct class_seat *from = &seat->class_seat;
	char why[400];
	size_t len;

	if (o->class_dir &&
	    class_seat_read(from, o->class_dir, o->listener ? o->listener : "academy", seat->label,
			    why, sizeof(why)))
		return refuse("%s", why);
	door->host = o->host ? o->host : from->host;
	door->port = o->class_dir && !o->port_set ? from->port : o->port;
	door->tls = o->class_dir ? from->tls && !o->plain : !o->plain;
	door->tag = o->class_dir && !o->tag_set ? from->tag : o->tag;
	door->tls_name = o->no_name ? NULL : o->tls_name ? o->tls_name : door->host;
	door->verify = !o->no_verify;
	door->client_cert |= from->cert_file[0] != '\0';
	door->user = o->user ? o->user : from->user[0] ? from->user : NULL;
	if (o->password_file) {
		seat->password = file_text(o->password_file, &len);
		if (!seat->password)
			return refuse("--password-file %s: %s", o->password_file, strerror(errno));
		seat->password[strcspn(seat->password, "\r\n")] = '\0';
	}
	door->password = seat->password	     ? seat->password
			 : from->password[0] ? from->password
					     : NULL;
	s->client_id = o->client_id ? o->client_id : from->client_id;
	s->door_count = 1;
	s->failures_before_next_door = 2;
	s->publish_topic = "devacademy/publish/topic";
	s->subscribe_topic = "devacademy/subscribe/topic";
	s->network_timeout_ms = 60000;
	s->connack_timeout_ms = plan->handshake_ms;
	s->backoff_first_ms = 200;
	s->backoff_most_ms = 5000;
	s->keepalive_s = 60;
	if (!plan->address && o->class_dir)
		plan->address = "127.0.0.1";
	return fallback_read(seat, o, s) || carry(seat, o, s) ? -1 : 0;
}

static int provision_file(struct seat *seat, uint32_t tag, int type, const char *path)
{
	size_t len;
	char *text;
	int rc;

	if (!path || !path[0])
		return 0;
	text = file_text(path, &len);
	if (!text)
		return refuse("%s: %s; expected a credential to write into tag %" PRIu32, path,
			      strerror(errno), tag);
	rc = board_provision(&seat->board, tag, type, text, len);
	OPENSSL_cleanse(text, len);
	free(text);
	if (rc != AT_OK)
		return refuse("%s: the modem refuses it for tag %" PRIu32 " with +CME ERROR: %d",
			      path, tag, rc);
	return 0;
}

static int provision(struct seat *seat, const struct options *o, uint32_t tag)
{
	const struct class_seat *from = &seat->class_seat;

	if (o->provision && !o->class_dir && !o->ca)
		return refuse("--provision without --class: expected --ca FILE");
	return provision_file(seat, tag, 0,
			      o->ca	     ? o->ca
			      : o->provision ? from->ca_file
					     : NULL) ||
			       provision_file(seat, tag, 1,
					      o->cert	     ? o->cert
					      : o->provision ? from->cert_file
							     : NULL) ||
			       provision_file(seat, tag, 2,
					      o->key	     ? o->key
					      : o->provision ? from->key_file
							     : NULL)
		       ? -1
		       : 0;
}

int seat_open(struct seat *seat, const struct options *o, uint32_t index, const atomic_bool *stop)
{
	struct board_plan plan = o->plan;
	const char *why;
	int rc;

	if (label_make(seat->label, sizeof(seat->label),
		       o->seat	      ? o->seat
		       : o->class_dir ? "seat01"
				      : "board01",
		       index))
		return refuse("--seat '%s': expected a label with a number at its end", o->seat);
	snprintf(plan.name, sizeof(plan.name), "%s", seat->label);
	store_name(seat, o->store);
	if (door_fill(seat, o, &plan))
		return -1;
	rc = board_open(&seat->board, &plan, o->imei, o->store ? seat->store : NULL, stop, &why);
	if (rc)
		return refuse("%s: %s", seat->store, why ? why : strerror(-rc));
	seat->open = true;
	return provision(seat, o, plan.settings.doors[0].tag);
}

void seat_close(struct seat *seat)
{
	if (seat->open)
		board_close(&seat->board);
	free(seat->carried);
	if (seat->password)
		OPENSSL_cleanse(seat->password, strlen(seat->password));
	free(seat->password);
	OPENSSL_cleanse(&seat->class_seat, sizeof(seat->class_seat));
}
