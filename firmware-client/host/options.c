#include "options.h"
#include "faults.h"
#include "number.h"
#include "reason.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#ifndef DOORSTEP_VERSION
#define DOORSTEP_VERSION "0"
#endif

static int usage(const char *what, const char *value, const char *expected)
{
	fprintf(stderr, "doorstep-dk: %s%s%s%s: expected %s; see doorstep-dk --help\n", what,
		value ? " '" : "", value ? value : "", value ? "'" : "", expected);
	return 3;
}

enum option_id {
	OPT_CLASS = 256,
	OPT_SEAT,
	OPT_COUNT,
	OPT_LISTENER,
	OPT_HOST,
	OPT_PORT,
	OPT_CONNECT,
	OPT_FALLBACK,
	OPT_PLAIN,
	OPT_TAG,
	OPT_NAME,
	OPT_NO_NAME,
	OPT_NO_VERIFY,
	OPT_CLIENT_CERT,
	OPT_CLIENT_ID,
	OPT_USER,
	OPT_PASSWORD_FILE,
	OPT_CARRY,
	OPT_WRITE_CA,
	OPT_READ_BACK,
	OPT_RESUME,
	OPT_ANY_FAMILY,
	OPT_MODEM,
	OPT_NUMBERING,
	OPT_STACK,
	OPT_STORE,
	OPT_IMEI,
	OPT_PROVISION,
	OPT_CA,
	OPT_CERT,
	OPT_KEY,
	OPT_PDN_IPV6,
	OPT_PTY,
	OPT_FAULT,
	OPT_ATTEMPTS,
	OPT_HEARTBEATS,
	OPT_EVERY,
	OPT_STAY,
	OPT_TIMEOUT,
	OPT_JSON,
	OPT_EXPECT,
	OPT_QUIET,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option_row {
	struct option_name {
		const char *name;
		int argument;
	} name;
	int value;
} rows[] = {
	{{"class", 1}, OPT_CLASS},
	{{"seat", 1}, OPT_SEAT},
	{{"count", 1}, OPT_COUNT},
	{{"listener", 1}, OPT_LISTENER},
	{{"host", 1}, OPT_HOST},
	{{"port", 1}, OPT_PORT},
	{{"connect", 1}, OPT_CONNECT},
	{{"fallback", 1}, OPT_FALLBACK},
	{{"plain", 0}, OPT_PLAIN},
	{{"tag", 1}, OPT_TAG},
	{{"name", 1}, OPT_NAME},
	{{"no-name", 0}, OPT_NO_NAME},
	{{"no-verify", 0}, OPT_NO_VERIFY},
	{{"client-cert", 0}, OPT_CLIENT_CERT},
	{{"client-id", 1}, OPT_CLIENT_ID},
	{{"user", 1}, OPT_USER},
	{{"password-file", 1}, OPT_PASSWORD_FILE},
	{{"carry", 1}, OPT_CARRY},
	{{"write-ca", 0}, OPT_WRITE_CA},
	{{"read-back", 0}, OPT_READ_BACK},
	{{"resume", 0}, OPT_RESUME},
	{{"any-family", 0}, OPT_ANY_FAMILY},
	{{"modem", 1}, OPT_MODEM},
	{{"numbering", 1}, OPT_NUMBERING},
	{{"stack", 1}, OPT_STACK},
	{{"store", 1}, OPT_STORE},
	{{"imei", 1}, OPT_IMEI},
	{{"provision", 0}, OPT_PROVISION},
	{{"ca", 1}, OPT_CA},
	{{"cert", 1}, OPT_CERT},
	{{"key", 1}, OPT_KEY},
	{{"pdn-ipv6", 0}, OPT_PDN_IPV6},
	{{"pty", 2}, OPT_PTY},
	{{"fault", 1}, OPT_FAULT},
	{{"attempts", 1}, OPT_ATTEMPTS},
	{{"heartbeats", 1}, OPT_HEARTBEATS},
	{{"every", 1}, OPT_EVERY},
	{{"stay", 1}, OPT_STAY},
	{{"timeout", 1}, OPT_TIMEOUT},
	{{"json", 1}, OPT_JSON},
	{{"expect", 1}, OPT_EXPECT},
	{{"quiet", 0}, OPT_QUIET},
	{{"help", 0}, OPT_HELP},
	{{"version", 0}, OPT_VERSION},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Options that are one string or one switch. */
static bool take_simple(struct options *o, int value, const char *text)
{
	const struct {
		int value;
		const char **text;
		bool *flag;
	} simple[] = {
		{OPT_CLASS, &o->class_dir, NULL},
		{OPT_SEAT, &o->seat, NULL},
		{OPT_LISTENER, &o->listener, NULL},
		{OPT_HOST, &o->host, NULL},
		{OPT_CONNECT, &o->plan.address, NULL},
		{OPT_FALLBACK, &o->fallback, NULL},
		{OPT_PLAIN, NULL, &o->plain},
		{OPT_NAME, &o->tls_name, NULL},
		{OPT_NO_NAME, NULL, &o->no_name},
		{OPT_NO_VERIFY, NULL, &o->no_verify},
		{OPT_CLIENT_CERT, NULL, &o->plan.settings.doors[0].client_cert},
		{OPT_CLIENT_ID, &o->client_id, NULL},
		{OPT_USER, &o->user, NULL},
		{OPT_PASSWORD_FILE, &o->password_file, NULL},
		{OPT_CARRY, &o->carry, NULL},
		{OPT_WRITE_CA, NULL, &o->plan.settings.write_ca},
		{OPT_READ_BACK, NULL, &o->plan.faults.read_back},
		{OPT_RESUME, NULL, &o->plan.settings.doors[0].session_cache},
		{OPT_ANY_FAMILY, NULL, &o->plan.any_family},
		{OPT_STORE, &o->store, NULL},
		{OPT_IMEI, &o->imei, NULL},
		{OPT_PROVISION, NULL, &o->provision},
		{OPT_CA, &o->ca, NULL},
		{OPT_CERT, &o->cert, NULL},
		{OPT_KEY, &o->key, NULL},
		{OPT_PDN_IPV6, NULL, &o->plan.pdn_ipv6},
		{OPT_JSON, &o->json, NULL},
		{OPT_EXPECT, &o->expect, NULL},
		{OPT_QUIET, NULL, &o->plan.quiet},
	};

	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++) {
		if (simple[i].value != value)
			continue;
		if (simple[i].text)
			*simple[i].text = text;
		else
			*simple[i].flag = true;
		return true;
	}
	return false;
}

/* Options that are one number. */
static int take_number(struct options *o, int value, const char *text)
{
	uint32_t port = o->port;
	const struct {
		int value;
		uint32_t *to;
		uint32_t min, max;
		const char *name, *expected;
	} numbers[] = {
		{OPT_COUNT, &o->count, 1, 2000, "--count", "a number from 1 to 2000"},
		{OPT_PORT, &port, 1, 65535, "--port", "a port number"},
		{OPT_TAG, &o->tag, 0, 2147483647, "--tag", "a security tag, 0 to 2147483647"},
		{OPT_ATTEMPTS, &o->plan.attempts, 1, 1000000, "--attempts", "a number from 1"},
		{OPT_HEARTBEATS, &o->plan.heartbeats, 0, 1000000, "--heartbeats", "a number"},
		{OPT_EVERY, &o->plan.settings.heartbeat_ms, 1, 86400000, "--every", "milliseconds"},
		{OPT_STAY, &o->plan.stay_ms, 0, 86400000, "--stay", "milliseconds"},
		{OPT_TIMEOUT, &o->plan.handshake_ms, 1, 3600000, "--timeout", "milliseconds"},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i].value != value)
			continue;
		if (!number_read(text, numbers[i].min, numbers[i].max, numbers[i].to))
			return usage(numbers[i].name, text, numbers[i].expected);
		o->port = (uint16_t)port;
		o->port_set |= value == OPT_PORT;
		o->tag_set |= value == OPT_TAG;
		return 0;
	}
	return -1;
}

static int take(struct options *o, int value, const char *text)
{
	int rc = take_number(o, value, text);

	if (rc >= 0 || take_simple(o, value, text))
		return rc > 0 ? rc : 0;
	switch (value) {
	case OPT_MODEM:
		o->plan.firmware = firmware_find(text);
		if (!o->plan.firmware)
			return usage("--modem", text,
				     "a version that `doorstep-dk firmwares` lists");
		return 0;
	case OPT_NUMBERING:
		if (strcmp(text, "old") != 0 && strcmp(text, "new") != 0)
			return usage("--numbering", text, "old or new");
		o->plan.numbering = text[0] == 'o' ? NUMBERING_OLD : NUMBERING_NEW;
		return 0;
	case OPT_STACK:
		if (strcmp(text, "modem") != 0 && strcmp(text, "mbedtls") != 0)
			return usage("--stack", text, "modem or mbedtls");
		o->plan.stack = text[1] == 'o' ? STACK_MODEM : STACK_MBEDTLS;
		return 0;
	case OPT_FAULT:
		return faults_read(&o->plan.faults, text)
			       ? 0
			       : usage("--fault", text,
				       "lost-credentials, no-network, no-modem, busy, low-power, cme:N, list:N, slow[:...] or reset:BYTES");
	case OPT_PTY:
		o->pty = text ? text : "";
		return 0;
	case OPT_HELP:
		fputs(options_help, stdout);
		return 1;
	case OPT_VERSION:
		puts("doorstep-dk " DOORSTEP_VERSION);
		return 1;
	default:
		return 3; /* getopt has told */
	}
}

static int check(const struct options *o)
{
	uint32_t port;

	if (o->imei && (strlen(o->imei) != 15 || strspn(o->imei, "0123456789") != 15))
		return usage("--imei", o->imei, "15 digits");
	if (o->mode == MODE_RUN && !o->class_dir && !(o->host && o->host[0]))
		return usage("no --host and no --class", NULL, "a broker to go to");
	if (o->count > 1 && o->store && !strstr(o->store, "%s"))
		return usage("--store", o->store, "%s in it, for each board's name");
	if (o->count > 1 && (o->pty || o->imei))
		return usage(o->pty ? "--pty" : "--imei", NULL, "one board, not --count");
	if (o->fallback && !(strrchr(o->fallback, ':') &&
			     number_read(strrchr(o->fallback, ':') + 1, 1, 65535, &port)))
		return usage("--fallback", o->fallback, "HOST:PORT");
	if (o->expect && strcmp(o->expect, "accepted") != 0 &&
	    reason_by_code(o->expect) == REASON_NONE)
		return usage("--expect", o->expect,
			     "accepted, or a code that `doorstep-why --reasons` lists");
	if (o->plan.settings.write_ca && !o->carry)
		return usage("--write-ca", NULL, "--carry FILE beside it");
	return 0;
}

int options_read(struct options *o, int argc, char **argv)
{
	static const char *const commands[] = {"run", "at", "firmwares"};
	struct option names[ROWS + 1];
	int value;
	int rc;

	memset(o, 0, sizeof(*o));
	o->plan.firmware = firmware_find("2.0.x");
	o->plan.attempts = 1;
	o->plan.heartbeats = 1;
	o->plan.handshake_ms = 10000;
	o->plan.settings.heartbeat_ms = 60000;
	o->count = 1;
	o->port = 8883;
	o->tag = 24;
	memset(names, 0, sizeof(names));
	for (size_t i = 0; i < ROWS; i++)
		names[i] = (struct option){rows[i].name.name, rows[i].name.argument, NULL,
					   rows[i].value};
	while ((value = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		rc = take(o, value == 'h' ? OPT_HELP : value, optarg);
		if (rc)
			return rc;
	}
	if (optind < argc) {
		size_t i = 0;

		while (i < 3 && strcmp(argv[optind], commands[i]) != 0)
			i++;
		if (i == 3)
			return usage("command", argv[optind], "run, at or firmwares");
		o->mode = (enum mode)i;
		optind++;
	}
	for (; optind < argc; optind++) {
		if (o->mode != MODE_AT || o->line_count == OPTIONS_LINES)
			return usage("argument", argv[optind], "options only");
		o->lines[o->line_count++] = argv[optind];
	}
	return check(o);
}
