/* What the files of the client (client*.c) share among themselves; others use client.h. */
#ifndef DOORSTEP_CLIENT_PARTS_H
#define DOORSTEP_CLIENT_PARTS_H

#include "client.h"

/* The door that is being tried. */
const struct door *client_door(const struct client *client);

__attribute__((format(printf, 3, 4))) void client_say(const struct client *client, enum say how,
						      const char *format, ...);

/* Everything that the attempt left behind, for the diagnosis. */
struct evidence client_evidence(const struct client *client, enum step step, int result);

/* Diagnoses, counts, says what it means and how to mend it; nothing of it if nothing is wrong. */
void client_note(struct client *client, const struct evidence *evidence);

/* The same, and the attempt is over. */
void client_failed(struct client *client, const struct evidence *evidence);

/* The milliseconds that are left until then. */
uint32_t client_until(const struct client *client, uint64_t deadline_ms);

/* The tags (client_tag.c): the check at boot; and one door's tag read again, 0 or what the AT command
 * gave. */
void client_tags(struct client *client);
int client_tag_look(struct client *client, uint8_t door);

/* From CONNACK on (client_session.c). */
void client_connack(struct client *client);
void client_session(struct client *client);

#endif
