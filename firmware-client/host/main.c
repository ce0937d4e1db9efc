/* doorstep-dk: virtual boards. */
#include "at.h"
#include "bell.h"
#include "board.h"
#include "class.h"
#include "options.h"
#include "pty.h"
#include "result.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_bool stop;

static void on_signal(int number)
{
	(void)number;
	atomic_store(&stop, true);
}

/* A board with everything it was made from. */
struct seat {
	struct board board;
	struct class_seat class_seat;
	char label[64];
	char store[4096];
	char *carried;
	char *password;
	char fallback_host[256];
	pthread_t thread;
	bool open;
	bool running;
};

static int refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int refuse(const char *format, ...)
{
	va_list args;

	fputs("doorstep-dk: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return -1;
}

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
	unsigned long port = colon ? strtoul(colon + 1, NULL, 10) : 0;

	if (!o->fallback)
		return 0;
	if (!colon || port < 1 || port > 65535 ||
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

static int seat_open(struct seat *seat, const struct options *o, uint32_t index)
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
	rc = board_open(&seat->board, &plan, o->imei, o->store ? seat->store : NULL, &stop, &why);
	if (rc)
		return refuse("%s: %s", seat->store, why ? why : strerror(-rc));
	seat->open = true;
	return provision(seat, o, plan.settings.doors[0].tag);
}

static void seat_close(struct seat *seat)
{
	if (seat->open)
		board_close(&seat->board);
	free(seat->carried);
	if (seat->password)
		OPENSSL_cleanse(seat->password, strlen(seat->password));
	free(seat->password);
	OPENSSL_cleanse(&seat->class_seat, sizeof(seat->class_seat));
}

static void *seat_main(void *arg)
{
	struct seat *seat = arg;

	board_run(&seat->board);
	return NULL;
}

/* Runs all, waits for all. */
static int seats_run(struct seat *seats, uint32_t count)
{
	pthread_attr_t attr;
	int rc = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 512u << 10);
	for (uint32_t i = 0; i < count && rc == 0; i++) {
		rc = pthread_create(&seats[i].thread, &attr, seat_main, &seats[i]);
		seats[i].running = rc == 0;
	}
	if (rc) {
		refuse("no thread for every board: %s", strerror(rc));
		atomic_store(&stop, true);
	}
	for (uint32_t i = 0; i < count; i++)
		if (seats[i].running)
			pthread_join(seats[i].thread, NULL);
	pthread_attr_destroy(&attr);
	return rc ? -1 : 0;
}

static int results_write(const struct seat *seats, const struct options *o)
{
	struct text out = {0};
	FILE *file;
	int rc = 0;

	if (!o->json)
		return 0;
	for (uint32_t i = 0; i < o->count; i++) {
		result_put(&seats[i].board, &out);
		text_puts(&out, "\n");
	}
	file = strcmp(o->json, "-") == 0 ? stdout : fopen(o->json, "we");
	if (!file || out.broken || fwrite(out.s, 1, out.len, file) != out.len || fflush(file))
		rc = refuse("--json %s: %s", o->json, strerror(errno));
	if (file && file != stdout && fclose(file) && rc == 0)
		rc = refuse("--json %s: %s", o->json, strerror(errno));
	text_free(&out);
	return rc;
}

static bool as_expected(const struct board *board, const char *expect)
{
	const char *code = result_code(board);

	if (!expect || strcmp(expect, "accepted") == 0)
		return board->ended_well;
	return code && strcmp(code, expect) == 0;
}

static int run(const struct options *o)
{
	struct seat *seats = calloc(o->count, sizeof(*seats));
	struct pty pty = {0};
	int code = 1;
	uint32_t good = 0;
	int rc;

	if (!seats)
		return 1;
	mosquitto_lib_init();
	bell_init();
	/* The log goes where results do not. */
	board_log_to(o->json && strcmp(o->json, "-") == 0 ? stderr : stdout);
	for (uint32_t i = 0; i < o->count; i++)
		if (seat_open(&seats[i], o, i))
			goto out;
	if (o->pty) {
		rc = pty_start(&pty, &seats[0].board.modem, o->pty[0] ? o->pty : NULL);
		if (rc) {
			refuse("--pty %s: %s", o->pty, strerror(-rc));
			goto out;
		}
		fprintf(stderr, "doorstep-dk: the modem's terminal is %s\n", pty.name);
	}
	if (seats_run(seats, o->count))
		goto out;
	for (uint32_t i = 0; i < o->count; i++)
		good += as_expected(&seats[i].board, o->expect);
	code = results_write(seats, o) || good != o->count ? 1 : 0;
	if (o->count > 1 && !o->plan.quiet)
		fprintf(stderr, "doorstep-dk: %" PRIu32 " of %" PRIu32 " boards %s\n", good,
			o->count, o->expect ? "ended as expected" : "were accepted");
out:
	pty_stop(&pty);
	for (uint32_t i = 0; i < o->count; i++)
		seat_close(&seats[i]);
	free(seats);
	mosquitto_lib_cleanup();
	return code;
}

/* Commands from the command line: each is echoed and answered; ends at the first that fails. */
static int at_lines(const struct options *o, struct modem *modem)
{
	int code = 0;

	for (unsigned i = 0; i < o->line_count && code == 0; i++) {
		struct text out = {0};
		int rc = at_answer(modem, o->lines[i], strlen(o->lines[i]), &out);

		fputs(out.s ? out.s : "", stdout);
		text_free(&out);
		if (rc == AT_DEAD)
			refuse("the modem has crashed, reason 0x%x (%s)", modem->fault,
			       fault_name(modem->fault));
		code = rc == AT_OK ? 0 : 1;
	}
	return fflush(stdout) ? 1 : code;
}

static int at(const struct options *o)
{
	const char *name = o->seat ? o->seat : "board01";
	struct modem modem;
	struct pty pty = {0};
	char imei[16];
	const char *why;
	int code = 1;
	int rc;

	modem_imei_of(imei, name);
	modem_init(&modem, o->plan.firmware, o->imei ? o->imei : imei);
	modem_start(&modem);
	modem.low_power = o->plan.faults.low_power;
	modem.refuses = o->plan.faults.refuses;
	rc = store_open(&modem.store, o->store, &why);
	if (rc) {
		refuse("%s: %s", o->store, why ? why : strerror(-rc));
		goto out;
	}
	if (o->line_count) {
		modem.cmee = 1;
		code = at_lines(o, &modem);
		goto out;
	}
	rc = pty_start(&pty, &modem, o->pty && o->pty[0] ? o->pty : NULL);
	if (rc) {
		refuse("no terminal: %s", strerror(-rc));
		goto out;
	}
	printf("%s\n", pty.name);
	fflush(stdout);
	while (!atomic_load(&stop))
		pause();
	code = 0;
out:
	pty_stop(&pty);
	modem_close(&modem);
	return code;
}

static int list_firmwares(void)
{
	char ciphers[1024];

	printf("%-8s %-20s %-12s %-4s %-4s %-7s %-7s %-8s %s\n", "version", "AT+CGMR", "family",
	       "SNI", "GCM", "digest", "KEYGEN", "checks", "suites");
	for (const struct firmware *f = firmwares; f->version; f++) {
		unsigned suites = 1;

		firmware_ciphers(f, ciphers, sizeof(ciphers));
		for (const char *p = ciphers; *p; p++)
			suites += *p == ':';
		printf("%-8s %-20s %-12s %-4s %-4s %-7s %-7s %-8s %u  %s\n", f->version, f->cgmr,
		       f->family, f->sni ? "yes" : "no", f->gcm ? "yes" : "no",
		       f->shows_sha ? "yes" : "no", f->keygen ? "yes" : "no",
		       f->checks_content ? "yes" : "no", suites, f->remark);
	}
	return fflush(stdout) ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct options options;
	int rc = options_read(&options, argc, argv);

	if (rc)
		return rc - 1;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	switch (options.mode) {
	case MODE_AT:
		return at(&options);
	case MODE_FIRMWARES:
		return list_firmwares();
	default:
		return run(&options);
	}
}
