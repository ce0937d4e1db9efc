/* What the files of the door (door*.c) share among themselves; others use door.h. */
#ifndef DOORSTEP_DOOR_PARTS_H
#define DOORSTEP_DOOR_PARTS_H

#include "door.h"

extern const struct watch_events door_watch_events; /* door_watch.c */

/* Mosquitto's log (door_log.c): opens the file that is written now, if it is another one than before;
 * "2.0.11" out of the broker's own first line, "2.0" or "2.1" where that cannot be read. */
void door_log_open(bool first);
void door_broker_version(char *out, size_t size);

/* Notes (door_notes.c). send returns false when there is no room: the note's visit and text are still
 * the caller's. must takes them, and the note waits in line if it has to. */
struct note door_note_of(const struct conn *c, enum note_kind kind);
bool door_note_send(const struct note *note);
void door_note_must(const struct conn *c, const struct note *note);
void door_kept_flush(void);
void door_kept_drop(void);

/* Windows of the log: the broker works on c's bytes from here on (NULL: on nobody's); what was written
 * until now about this connection is told. */
void door_turn_to(struct conn *c);
void door_window_close(struct conn *c, bool answered);

/* Brings the clerk's parcels out: a line into Mosquitto's log, a message on the topic. */
void door_fetch_parcels(void);
/* Mosquitto 2.0 with per_listener_settings never ticks: then this does what is due. */
void door_chores(bool between_clients);
/* What is looked at anew once a second. */
void door_each_second(int64_t now_us);

/* Mosquitto's events (door_events.c): callbacks for one loading of the plugin. */
int door_register(mosquitto_plugin_id_t *id);
void door_unregister(mosquitto_plugin_id_t *id);

/* Tells the clerk which ports have TLS, and what the others are called (door.c). */
void door_name_listeners(void);

#endif
