#include "clerk_desk.h"
#include "papers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BEGIN_US    INT64_C(1000000) /* a visit that lasts longer is told of when it begins */
#define ANSWERED_US INT64_C(1000000) /* a refused client is closed at once; this one was not */

int64_t clock_mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static char *copy_of(const char *s)
{
	return strdup(s ? s : "");
}

int desk_init(struct desk *d, const struct clerk_setup *setup, desk_send send, void *send_arg)
{
	size_t n = 0;

	memset(d, 0, sizeof(*d));
	d->journal.fd = d->logbook.fd = -1;
	d->send = send;
	d->send_arg = send_arg;
	d->flood_next_us = -1;
	d->line.max = 4U << 20;
	d->broker = copy_of(setup->broker && *setup->broker ? setup->broker : "localhost");
	d->run = copy_of(setup->run);
	d->dir = copy_of(setup->dir);
	d->mosquitto = copy_of(setup->mosquitto);
	d->openssl = copy_of(setup->openssl);
	d->policy = copy_of(setup->policy);
	while (setup->keylog && setup->keylog[n])
		n++;
	d->keylog = calloc(n + 1, sizeof(*d->keylog));
	for (size_t i = 0; d->keylog && i < n; i++)
		d->keylog[i] = copy_of(setup->keylog[i]);
	d->flood = flood_new();
	if (!d->dir || !d->broker || !d->run || !d->mosquitto || !d->openssl || !d->policy ||
	    !d->keylog || !d->flood || guests_init(&d->guests) || logbook_init(&d->logbook) ||
	    journal_init(&d->journal, setup->journal, setup->rotate_mb, setup->keep_days))
		return -1;
	d->logbook.is21 = strncmp(d->mosquitto, "2.0", 3) != 0;
	return 0;
}

void desk_done(struct desk *d)
{
	if (d->guests.chains)
		guests_done(&d->guests);
	flood_free(d->flood);
	own_facts_free(&d->own);
	logbook_done(&d->logbook);
	journal_done(&d->journal);
	text_free(&d->line);
	for (char **k = d->keylog; k && *k; k++)
		free(*k);
	free(d->keylog);
	free(d->dir);
	free(d->broker);
	free(d->run);
	free(d->mosquitto);
	free(d->openssl);
	free(d->policy);
}

/* ---- notes ---- */

static void note_visit(struct desk *d, struct guest *guest, struct note *note)
{
	visit_free(guest->visit);
	guest->visit = note->visit;
	note->visit = NULL;
	desk_absorb_note(d, guest, note);
}

/* Mosquitto 2.0 says in its log alone that a session began. Where that log is elsewhere, or its disk
 * is full, the order of things tells: who is refused is closed in the same breath as the answer. */
static bool was_let_in(const struct desk *d, const struct guest *guest, const struct note *close)
{
	const struct visit *v = guest->visit;

	if (d->logbook.is21 || v->log_kind != LOG_OTHER || v->refused != REASON_NONE ||
	    !guest->answered)
		return false;
	return v->allowed || close->went_on;
}

static void note_close(struct desk *d, struct guest *guest, const struct note *note)
{
	int64_t from = guest->log_from >= 0 ? guest->log_from : 0;
	struct visit *v;

	desk_absorb_end(d, guest, note);
	logbook_window(&d->logbook, note->log_generation, from, note->log_to, desk_look_for_stop,
		       d);
	v = guest->visit;
	if (!v) { /* it was lost on its way here */
		d->lost++;
		guests_remove(&d->guests, guest);
		return;
	}
	if (guest->state == GUEST_AT_DOOR && (v->accepted || was_let_in(d, guest, note)))
		desk_decide(d, guest, true, note->at_us);
	if (guest->state == GUEST_IN) {
		desk_end_session(d, guest, note);
		return;
	}
	v->end_us = note->at_us;
	v->ending = note->ending;
	v->stalled = v->stalled || note->stalled || v->log_kind == LOG_GONE_TIMEOUT;
	v->stopping = note->stopping || d->stopping;
	if (!v->handshake_done) {
		v->bytes_in = note->bytes_in;
		v->bytes_out = note->bytes_out;
	}
	/* our answer was ready, and nobody was there to take it */
	if (v->stage == STAGE_SERVER_FLIGHT && v->bytes_out == 0)
		v->stage = STAGE_HELLO;
	desk_decide(d, guest, false, note->at_us);
}

static void note_open(struct desk *d, const struct note *note)
{
	struct guest *guest = guests_add(&d->guests, note->number, note->at_us);

	if (!guest) {
		d->lost++;
		return;
	}
	guest->log_generation = note->log_generation;
	guest->log_from = note->log_from;
	guest->visit = visit_new(); /* until the real one comes: what a begin line needs */
	if (!guest->visit)
		return;
	guest->visit->number = note->number;
	guest->visit->start_us = note->at_us;
	guest->visit->wall_us = note->wall_us;
	guest->visit->peer = note->peer;
	guest->visit->port = note->port;
	guest->visit->tls = true;
	snprintf(guest->visit->listener, sizeof(guest->visit->listener), "%s",
		 note->text ? note->text : "");
}

static void note_hello(struct guest *guest, const struct note *note)
{
	if (!guest->visit)
		return;
	guest->visit->stage = STAGE_HELLO;
	if (note->text) {
		snprintf(guest->visit->seat, sizeof(guest->visit->seat), "%s", note->text);
		guest->visit->seat_from = SEAT_FROM_SNI;
	}
}

static void guest_note(struct desk *d, struct note *note)
{
	struct guest *guest = guests_find(&d->guests, note->number);

	if (!guest)
		return;
	switch (note->kind) {
	case NOTE_HELLO:
		note_hello(guest, note);
		break;
	case NOTE_VISIT:
		note_visit(d, guest, note);
		break;
	case NOTE_WINDOW:
		if (note->answered && !guest->answered) {
			guest->answered = true;
			guest->answered_us = note->at_us;
		}
		desk_absorb_note(d, guest, note);
		break;
	case NOTE_ACCEPTED:
		if (guest->visit)
			guest->visit->accepted = true;
		desk_absorb_note(d, guest, note);
		break;
	case NOTE_CLOSE:
		note_close(d, guest, note);
		return;
	default:
		return;
	}
	if (guest->state == GUEST_AT_DOOR && guest->visit && guest->visit->accepted)
		desk_decide(d, guest, true, note->at_us);
}

/* Who has left is told by what came with the note, as far as its visit had a number. */
static void note_denial(struct desk *d, const struct note *note)
{
	struct guest *guest = guests_find(&d->guests, note->number);

	if (guest)
		desk_write_denial(d, guest->visit, note);
	else if (note->visit && note->visit->number)
		desk_write_denial(d, note->visit, note);
}

void desk_note(struct desk *d, struct note *note)
{
	switch (note->kind) {
	case NOTE_OPEN:
		note_open(d, note);
		break;
	case NOTE_DENIAL:
		note_denial(d, note);
		break;
	case NOTE_PLAIN:
		desk_plain_note(d, note);
		break;
	case NOTE_GONE:
		desk_plain_gone(d, note);
		break;
	case NOTE_LOG:
		logbook_read(&d->logbook, -1, note->at_us);
		logbook_open(&d->logbook, note->fd, note->log_generation, note->log_from);
		break;
	case NOTE_KEYLOG:
		desk_write_keys(d, note->text);
		break;
	case NOTE_LAST_GOOD:
		if (note->text)
			last_good_write(d->dir, note->text);
		break;
	case NOTE_REOPEN:
		journal_reopen(&d->journal);
		if (note->text) {
			free(d->policy);
			d->policy = note->text;
			note->text = NULL;
		}
		break;
	default:
		guest_note(d, note);
		break;
	}
	visit_free(note->visit);
	free(note->text);
}

/* ---- between notes ---- */

static void look_at_the_door(struct desk *d, int64_t now_us)
{
	struct guest *guest, *next;

	for (guest = TAILQ_FIRST(&d->guests.door); guest; guest = next) {
		next = TAILQ_NEXT(guest, order);
		if (now_us - guest->start_us < BEGIN_US)
			break;
		if (!guest->begun && !guest->plain)
			desk_write_begin(d, guest, now_us);
		if (guest->answered && now_us - guest->answered_us >= ANSWERED_US && guest->visit)
			desk_decide(d, guest, guest->visit->refused == REASON_NONE, now_us);
	}
}

void desk_round(struct desk *d, int64_t mark, uint32_t generation)
{
	int64_t now_us = clock_mono_us();

	if (now_us - d->checked_us >= DESK_TICK_MS * 1000) {
		d->checked_us = now_us;
		logbook_read(&d->logbook, -1, now_us);
		journal_check(&d->journal);
	}
	desk_settle_plain(d, mark, generation, now_us);
	look_at_the_door(d, now_us);
	if (d->flood_next_us >= 0 && now_us >= d->flood_next_us) {
		int64_t left = flood_tell(d->flood, now_us, false, desk_tell_run, d);

		d->flood_next_us = left < 0 ? -1 : now_us + left;
	}
	desk_flush(d);
}

void desk_tls_port(struct desk *d, uint16_t port)
{
	atomic_fetch_or(&d->tls_ports[port / 8], (uint8_t)(1U << port % 8));
}

bool desk_is_tls_port(const struct desk *d, uint16_t port)
{
	return atomic_load(&((struct desk *)(uintptr_t)d)->tls_ports[port / 8]) & 1U << port % 8;
}

void desk_plain_listener(struct desk *d, uint16_t port, const char *name)
{
	unsigned n = atomic_load(&d->plain_count);

	for (unsigned i = 0; i < n; i++)
		if (d->plain[i].port == port)
			return;
	if (n == DESK_PLAIN_MAX)
		return;
	snprintf(d->plain[n].name, sizeof(d->plain[n].name), "%s", name);
	d->plain[n].port = port;
	atomic_store(&d->plain_count, n + 1);
}

const char *desk_plain_name(const struct desk *d, uint16_t port)
{
	unsigned n = atomic_load(&((struct desk *)(uintptr_t)d)->plain_count);

	for (unsigned i = 0; i < n; i++)
		if (d->plain[i].port == port)
			return d->plain[i].name;
	return NULL;
}
