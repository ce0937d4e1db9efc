/* The check of the tags at boot, before the radio is on: what is there, what is missing, what is another. */
#include "client_parts.h"

#include <inttypes.h>
#include <stdio.h>

#define TAG_ANSWER_BYTES 640 /* five items of a tag, with room */

static const char *state_text(enum credential_state state)
{
	static const char *const texts[] = {
		[CREDENTIAL_UNKNOWN] = "not known",
		[CREDENTIAL_ABSENT] = "none",
		[CREDENTIAL_PRESENT] = "stored",
		[CREDENTIAL_SAME] = "stored, the one this firmware expects",
		[CREDENTIAL_OTHER] = "stored, another than this firmware expects",
	};

	return texts[state];
}

static void tag_tell(const struct client *c, const struct tag *tag, bool client_cert)
{
	for (int i = 0; i < (client_cert ? CREDENTIAL_TYPES : 1); i++) {
		const struct credential *item = &tag->items[i];
		char hex[2 * CREDENTIAL_DIGEST_BYTES + 1] = "";

		for (size_t b = 0; item->digest_known && b < CREDENTIAL_DIGEST_BYTES; b++)
			snprintf(hex + 2 * b, 3, "%02X", item->digest[b]);
		client_say(c, SAY_INFO, "tag %" PRIu32 ", %s: %s%s%s", tag->number,
			   credential_name((enum credential_type)i), state_text(item->state),
			   item->digest_known ? ", SHA-256 " : "", hex);
	}
}

int client_tag_look(struct client *c, uint8_t index)
{
	const struct door *door = &c->settings->doors[index];
	struct tag *tag = &c->tags[index];
	char command[32];
	char answer[TAG_ANSWER_BYTES];
	int rc;

	snprintf(command, sizeof(command), "AT%%CMNG=1,%" PRIu32, door->tag);
	rc = c->port->at(c->port->arg, command, answer, sizeof(answer));
	if (rc)
		return rc;
	if (tag_read(tag, door->tag, answer))
		return error_number(ERROR_EPROTO, c->port->numbering);
	tag_compare(tag, CREDENTIAL_CA, &c->settings->expected_ca);
	return 0;
}

/* Whether this firmware may and should put its own certificate into the tag. */
static bool should_write(const struct client *c, const struct tag *tag)
{
	enum credential_state ca = tag->items[CREDENTIAL_CA].state;

	return c->settings->write_ca && c->settings->ca_len > 0 && c->port->credential_write &&
	       (ca == CREDENTIAL_ABSENT || ca == CREDENTIAL_OTHER);
}

static void tag_check(struct client *c, uint8_t index)
{
	const struct door *door = &c->settings->doors[index];
	struct tag *tag = &c->tags[index];
	struct evidence e;
	bool writing = false;
	int rc = client_tag_look(c, index);

	c->door = index;
	if (rc == 0 && should_write(c, tag)) {
		client_say(c, SAY_WARNING,
			   "writing this firmware's CA certificate into tag %" PRIu32, door->tag);
		rc = c->port->credential_write(c->port->arg, door->tag, CREDENTIAL_CA,
					       c->settings->ca_text, c->settings->ca_len);
		writing = rc != 0;
		if (rc == 0)
			rc = client_tag_look(c, index);
	}
	if (rc == 0)
		tag_tell(c, tag, door->client_cert);
	e = client_evidence(c, STEP_TAG, rc);
	e.writing = writing;
	e.cme = rc > 0;
	/* Told, counted, and then tried all the same: the modem decides, not this check. */
	client_note(c, &e);
}

void client_tags(struct client *c)
{
	for (uint8_t i = c->settings->door_count; i-- > 0;)
		if (c->port->at && c->settings->doors[i].tls)
			tag_check(c, i);
	c->door = 0;
	c->state = CLIENT_NETWORK;
}
