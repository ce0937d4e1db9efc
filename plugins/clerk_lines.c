/* What the clerk writes: every kind of line of the journal, and the parcels that go with visits. */
#include "clerk_desk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence.h"
#include "telling.h"
#include "verdict.h"

#define SAY_MAX 900 /* bytes of a line in Mosquitto's log */

#ifndef DOORSTEP_VERSION
#define DOORSTEP_VERSION "0"
#endif

static struct head next_head(struct desk *d, int64_t wall_us)
{
	return (struct head){d->broker, d->run, ++d->seq, wall_us};
}

/* The line is complete: into the journal with it. False if it came to nothing. */
static bool write_line(struct desk *d)
{
	if (d->line.broken || !d->line.s) {
		d->lost++;
		return false;
	}
	journal_add(&d->journal, d->line.s, d->line.len);
	return true;
}

static void write_simple(struct desk *d, const char *kind)
{
	struct head head = next_head(d, clock_wall_us());

	text_reset(&d->line);
	tell_head(&d->line, &head, kind);
}

/* The line that was just written goes out as doorstep/<what>/<seat or ->/<reason>. Takes human. */
static void send_line(struct desk *d, const char *what, const char *seat, const char *reason,
		      char *human)
{
	struct parcel parcel = {.human = human};
	struct text topic = {0};

	text_puts(&topic, "doorstep/");
	text_puts(&topic, what);
	text_puts(&topic, "/");
	text_puts(&topic, seat[0] ? seat : "-");
	text_puts(&topic, "/");
	text_puts(&topic, reason);
	parcel.topic = topic.s;
	parcel.payload_len = d->line.len;
	parcel.payload = malloc(d->line.len + 1);
	if (parcel.payload)
		memcpy(parcel.payload, d->line.s, d->line.len + 1);
	d->send(d->send_arg, &parcel);
}

void desk_begin(struct desk *d)
{
	write_simple(d, "start");
	tell_string(&d->line, "doorstep", DOORSTEP_VERSION);
	tell_string(&d->line, "mosquitto", d->mosquitto);
	tell_string(&d->line, "openssl", d->openssl);
	tell_string(&d->line, "policy", *d->policy ? d->policy : NULL);
	if (d->keylog[0]) {
		text_puts(&d->line, ",\"keylog\":[");
		for (char **k = d->keylog; *k; k++) {
			if (k != d->keylog)
				text_puts(&d->line, ",");
			text_json(&d->line, *k, strlen(*k), 64);
		}
		text_puts(&d->line, "]");
	}
	text_puts(&d->line, "}");
	if (write_line(d))
		send_line(d, "runs", "", "start", NULL);
	journal_flush(&d->journal);
}

void desk_tell_run(const struct flood_run *run, void *arg)
{
	struct desk *d = arg;

	write_simple(d, "flood");
	tell_string(&d->line, "listener", *run->key.listener ? run->key.listener : NULL);
	if (run->key.port)
		tell_number(&d->line, "port", run->key.port);
	tell_string(&d->line, "peer", *run->key.address ? run->key.address : NULL);
	tell_string(&d->line, "sni", run->key.sni);
	tell_string(&d->line, "client_id", run->key.client_id);
	tell_string(&d->line, "reason", reason_get(run->key.reason)->code);
	tell_number(&d->line, "count", run->count);
	tell_time(&d->line, "first", run->first_wall_us);
	tell_time(&d->line, "last", run->last_wall_us);
	text_puts(&d->line, "}");
	if (write_line(d))
		send_line(d, "floods", "", reason_get(run->key.reason)->code, NULL);
}

/* A line in Mosquitto's log alone. Takes the text. */
static void say(struct desk *d, struct text *human)
{
	struct parcel parcel = {.human = human->s};

	if (parcel.human)
		d->send(d->send_arg, &parcel);
}

/* What was lost, said in the journal as soon as it takes lines again. */
static void tell_lost(struct desk *d, const char *what, uint64_t *count)
{
	struct text human = {.max = SAY_MAX};
	uint64_t n = *count;

	if (n == 0)
		return;
	*count = 0;
	write_simple(d, "lost");
	tell_number(&d->line, "count", n);
	tell_string(&d->line, "what", what);
	tell_time(&d->line, "since", d->lost_wall_us ? d->lost_wall_us : clock_wall_us());
	text_puts(&d->line, "}");
	write_line(d);
	if (journal_flush(&d->journal) != 0) {
		d->journal.lost = 0; /* this line itself: still n, and its number is not used */
		d->seq--;
		*count = n;
	} else if (count == &d->lost_disk) {
		text_printf(&human, "doorstep: %s is written again; %llu lines of it are lost",
			    d->journal.path, (unsigned long long)n);
		say(d, &human);
	}
}

static void tell_trouble(struct desk *d)
{
	struct text human = {.max = SAY_MAX};

	text_printf(
		&human,
		"doorstep: %s cannot be written: %s; its lines are lost and counted until it can",
		d->journal.path, strerror(d->journal.error));
	say(d, &human);
}

void desk_lost(struct desk *d, uint64_t count)
{
	if (count && d->lost + d->lost_disk == 0)
		d->lost_wall_us = clock_wall_us();
	d->lost += count;
}

void desk_flush(struct desk *d)
{
	bool had = d->lost_disk > 0;

	journal_flush(&d->journal);
	if (d->journal.lost) {
		if (d->lost + d->lost_disk == 0)
			d->lost_wall_us = clock_wall_us();
		d->lost_disk += d->journal.lost;
		d->journal.lost = 0;
		if (had)
			return;
		tell_trouble(d);
	}
	tell_lost(d, "lines", &d->lost);
	tell_lost(d, "disk", &d->lost_disk);
}

void desk_end(struct desk *d)
{
	d->stopping = true;
	flood_tell(d->flood, clock_mono_us(), true, desk_tell_run, d);
	write_simple(d, "stop");
	text_puts(&d->line, "}");
	write_line(d);
	desk_flush(d);
}

static void send_visit(struct desk *d, struct telling *t)
{
	const struct reason *r = reason_get(t->v->reason);
	struct text human = {.max = SAY_MAX};

	tell_human(&human, t);
	send_line(d, "visits", t->v->seat,
		  t->v->accepted ? "accepted"
		  : r		 ? r->code
				 : "-",
		  human.s);
}

static bool flood_lets(struct desk *d, const struct telling *t, int64_t now_us)
{
	char sni[256];
	size_t n = t->h.sni_len < sizeof(sni) ? t->h.sni_len : sizeof(sni) - 1;
	struct flood_key key = {
		.listener = t->v->listener,
		.port = t->v->port,
		.address = t->v->peer.ip,
		.client_id = t->v->client_id,
		.reason = t->v->reason,
	};

	if (t->v->accepted)
		return true;
	if (t->h.sni) {
		memcpy(sni, t->h.sni, n);
		sni[n] = '\0';
		key.sni = sni;
	}
	return flood_passes(d->flood, &key, now_us, t->v->wall_us);
}

/* What a session needs no longer goes back at once. */
static void visit_shrink(struct visit *v)
{
	X509_free(v->ours);
	side_release(v->side);
	free(v->steps);
	free(v->hello);
	free(v->cert);
	free(v->log);
	v->ours = NULL;
	v->side = NULL;
	v->hello = v->cert = NULL;
	v->steps = NULL;
	v->step_count = 0;
	v->log = NULL;
	v->hello_len = v->cert_len = 0;
	v->alert_seen = false;
	v->log_kind = LOG_OTHER;
}

void desk_decide(struct desk *d, struct guest *guest, bool accepted, int64_t now_us)
{
	struct visit *v = guest->visit;
	const struct own_cert *ours = own_cert_of(&d->own, v->ours);
	struct evidence e;
	struct telling t;
	struct hello h;
	struct head head;

	v->accepted = accepted;
	if (!v->end_us)
		v->end_us = now_us;
	if (accepted) {
		v->stage = STAGE_SESSION;
	} else {
		evidence_of(&e, v, &h, &ours->facts);
		v->reason = verdict(&e, &v->by);
	}
	telling_begin(&t, v, ours);
	if (flood_lets(d, &t, now_us)) {
		head = next_head(d, v->wall_us + (v->end_us - v->start_us));
		text_reset(&d->line);
		tell_visit(&d->line, &head, &t);
		if (write_line(d))
			send_visit(d, &t);
	} else {
		d->flood_next_us = 0; /* look again when the next one is over */
	}
	telling_done(&t);
	if (guest->plain)
		d->plain_guests--;
	if (accepted) {
		guests_let_in(&d->guests, guest, now_us);
		visit_shrink(v);
	} else {
		guests_remove(&d->guests, guest);
	}
}

/* A session is over. */
void desk_end_session(struct desk *d, struct guest *guest, const struct note *close)
{
	struct visit *v = guest->visit;
	struct session_end end = {
		.ending = close->ending,
		.log = (enum log_kind)v->log_kind,
		.event_reason = close->event_reason,
		.stopping = close->stopping || d->stopping,
		.goodbye = close->goodbye,
		.silent = v->keepalive > 0 && close->silent_us >= (int64_t)v->keepalive * 1500000,
		.refused = close->reason,
	};
	struct head head = next_head(d, close->wall_us);
	struct telling t;

	v->reason = verdict_of_end(&end, &v->by);
	v->end_us = close->at_us;
	telling_begin(&t, v, own_cert_of(&d->own, v->ours));
	text_reset(&d->line);
	tell_head(&d->line, &head, "end");
	tell_id(&d->line, d->run, v->number);
	tell_ms(&d->line, close->at_us - guest->in_us);
	tell_where(&d->line, v);
	tell_string(&d->line, "reason", reason_get(v->reason)->code);
	tell_string(&d->line, "by", by_name(v->by));
	/* for an end, {ms} is the session's time */
	v->start_us = guest->in_us;
	tell_says(&d->line, &t, v->reason);
	if (close->bytes_in || close->bytes_out) {
		tell_number(&d->line, "bytes_in", close->bytes_in);
		tell_number(&d->line, "bytes_out", close->bytes_out);
	}
	tell_mqtt(&d->line, v);
	text_puts(&d->line, "}");
	if (write_line(d))
		send_line(d, "ends", v->seat, reason_get(v->reason)->code, NULL);
	telling_done(&t);
	guests_remove(&d->guests, guest);
}

void desk_write_denial(struct desk *d, struct visit *v, const struct note *note)
{
	struct head head = next_head(d, note->wall_us);
	struct telling t;

	if (!v || !reason_get(note->reason))
		return;
	visit_set(&v->topic, note->text);
	telling_begin(&t, v, own_cert_of(&d->own, v->ours));
	text_reset(&d->line);
	tell_head(&d->line, &head, "denial");
	tell_id(&d->line, d->run, v->number);
	tell_where(&d->line, v);
	tell_string(&d->line, "reason", reason_get(note->reason)->code);
	tell_says(&d->line, &t, note->reason);
	tell_string(&d->line, "topic", note->text);
	tell_mqtt(&d->line, v);
	text_puts(&d->line, "}");
	if (write_line(d))
		send_line(d, "denials", v->seat, reason_get(note->reason)->code, NULL);
	telling_done(&t);
}

void desk_write_begin(struct desk *d, struct guest *guest, int64_t now_us)
{
	struct head head;
	struct telling t;

	guest->begun = true;
	if (!guest->visit)
		return;
	head = next_head(d, guest->visit->wall_us + (now_us - guest->start_us));
	telling_begin(&t, guest->visit, own_cert_of(&d->own, guest->visit->ours));
	text_reset(&d->line);
	tell_begin(&d->line, &head, &t, now_us);
	write_line(d);
	telling_done(&t);
}

/* <class>/keylog-<listener>.txt, in the form that Wireshark reads. */
void desk_write_keys(const struct desk *d, char *text)
{
	char *line = text ? strchr(text, ' ') : NULL;
	char path[4096];
	struct stat st;
	ssize_t n;
	int fd;

	if (!line)
		return;
	*line++ = '\0';
	snprintf(path, sizeof(path), "%s/keylog-%s.txt", d->dir, text);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return;
	/* nothing goes where others could read it, and nothing waits for a pipe's reader */
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || fchmod(fd, 0600) != 0)
		goto out;
	line[strlen(line)] = '\n'; /* in the place of the NUL: written with it, never read again */
	n = write(fd, line, (size_t)(strchr(line, '\n') - line) + 1);
	if (n < 0) {
		/* a full disk: Wireshark does without this session */
	}
out:
	close(fd);
}
