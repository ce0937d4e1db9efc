#include "options.h"
#include "at.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef DOORSTEP_VERSION
#define DOORSTEP_VERSION "0"
#endif

static const char help[] =
	"usage: doorstep-dk [run] [options]       run one virtual board, or a class of them\n"
	"       doorstep-dk at [--store FILE] [--modem V] ['AT...' ...]\n"
	"                                         AT commands to its modem; none: a terminal on a pty\n"
	"       doorstep-dk firmwares             the modem firmware versions that it can be\n"
	"\n"
	"The firmware's own core on a simulated nRF91 modem: same checks, same lines, same errnos.\n"
	"\n"
	"Where to:\n"
	"  --class DIR         a class: host, port, certificates and passwords come from it\n"
	"  --seat LABEL        that seat of it (default seat01); without --class: a name\n"
	"  --count N           N boards, from that seat on, at the same time\n"
	"  --listener NAME     a listener of the class (default academy)\n"
	"  --host NAME         the broker's host; it is sent as SNI and checked\n"
	"  --port N            its port (default 8883)\n"
	"  --connect ADDRESS   really go there (with --class: 127.0.0.1)\n"
	"  --fallback HOST:PORT  a second broker, tried after two failures\n"
	"  --plain             no TLS\n"
	"\n"
	"The application:\n"
	"  --tag N             security tag (default 24)\n"
	"  --name NAME         what TLS asks for, if it is not the host\n"
	"  --no-name           no host name given to TLS: no SNI, no check of the name\n"
	"  --no-verify         TLS_PEER_VERIFY none: neither certificate nor name is checked\n"
	"  --client-cert       the listener wants a client certificate: check the tag for one\n"
	"  --client-id ID      a pattern, %i is the IMEI (default nrf-%i)\n"
	"  --user NAME         --password-file FILE\n"
	"  --carry FILE        the CA certificate that the firmware was built with\n"
	"  --write-ca          and that it writes into the tag if that holds none or another\n"
	"  --read-back         reads its credential back at boot, as the Academy's code up to v3.1 did\n"
	"  --resume            TLS session cache on\n"
	"  --any-family        ask DNS for any address: the modem puts IPv6 first\n"
	"\n"
	"The modem:\n"
	"  --modem VERSION     its firmware (default 2.0.x), see `doorstep-dk firmwares`\n"
	"  --stack modem|mbedtls  whose TLS: mbedtls is an nRF70, credentials compiled in\n"
	"  --numbering old|new error numbers of nRF Connect SDK up to 1.5, or later (default new)\n"
	"  --store FILE        its credentials; %s becomes the board's name (default: in memory)\n"
	"  --imei N            15 digits (default: made from the name)\n"
	"  --provision         write the seat's credentials into it first, over AT\n"
	"  --ca F --cert F --key F   or these\n"
	"  --pdn-ipv6          its PDN has IPv6\n"
	"  --pty [LINK]        a serial terminal to it while the board runs\n"
	"\n"
	"What goes wrong:\n"
	"  --fault lost-credentials|no-network|busy\n"
	"  --fault low-power   the modem warns of a low supply: CME 528 to each write\n"
	"  --fault cme:N       each write of a credential ends with +CME ERROR: N\n"
	"  --fault slow[:delay=MS][,loss=PERCENT][,chunk=BYTES]   (100 ms, 5 %, 64 bytes)\n"
	"  --fault reset:BYTES the connection is reset after so many bytes from the board\n"
	"\n"
	"How long, and what comes out:\n"
	"  --attempts N        give up after N failures (default 1)\n"
	"  --heartbeats N      done after N acknowledged heartbeats (default 1); 0 with --stay\n"
	"  --every MS          between heartbeats (default 60000)\n"
	"  --stay MS           stay connected so long after the last one\n"
	"  --timeout MS        for TCP and TLS, and again for CONNACK (default 10000)\n"
	"  --json FILE         one line of result a board; - is standard output\n"
	"  --expect CODE       exit 0 only if every board ends with this code ('accepted' for none)\n"
	"  --quiet             no log\n"
	"  --help, --version\n"
	"\n"
	"example: doorstep-dk --class var --seat seat07 --provision --json -\n"
	"Exit code: 0 every board was accepted (or as expected), 1 not, 2 usage.\n";

static int usage(const char *what, const char *value, const char *expected)
{
	fprintf(stderr, "doorstep-dk: %s%s%s%s: expected %s; see doorstep-dk --help\n", what,
		value ? " '" : "", value ? value : "", value ? "'" : "", expected);
	return 3;
}

static bool number(const char *text, uint32_t min, uint32_t max, uint32_t *value)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || n < min || n > max)
		return false;
	*value = (uint32_t)n;
	return true;
}

/* slow[:delay=MS][,loss=P][,chunk=B] */
static bool slow(struct link_faults *link, char *rest)
{
	uint32_t value;

	link->delay_ms = 100;
	link->loss_percent = 5;
	link->chunk_bytes = 64;
	for (char *save = NULL, *part = strtok_r(rest, ",", &save); part;
	     part = strtok_r(NULL, ",", &save)) {
		char *equals = strchr(part, '=');

		if (!equals || !number(equals + 1, 0, 60000, &value))
			return false;
		*equals = '\0';
		if (strcmp(part, "delay") == 0)
			link->delay_ms = value;
		else if (strcmp(part, "loss") == 0 && value <= 90)
			link->loss_percent = value;
		else if (strcmp(part, "chunk") == 0)
			link->chunk_bytes = value;
		else
			return false;
	}
	return true;
}

/* One that the facts know; 0 has a number of its own. */
static bool cme(int *refuses, const char *text)
{
	uint32_t value;

	if (!number(text, 0, 999, &value) || !cme_error_name((int)value))
		return false;
	*refuses = value ? (int)value : AT_PHONE_FAILURE;
	return true;
}

static bool fault(struct board_faults *faults, const char *text)
{
	char copy[100];

	if (strcmp(text, "lost-credentials") == 0)
		return faults->lost_credentials = true;
	if (strcmp(text, "no-network") == 0)
		return faults->no_network = true;
	if (strcmp(text, "busy") == 0)
		return faults->busy = true;
	if (strcmp(text, "low-power") == 0)
		return faults->low_power = true;
	if (strncmp(text, "cme:", 4) == 0)
		return cme(&faults->refuses, text + 4);
	if (strncmp(text, "reset:", 6) == 0)
		return number(text + 6, 1, 1u << 30, &faults->link.reset_after);
	if (strlen(text) >= sizeof(copy) || strncmp(text, "slow", 4) != 0)
		return false;
	snprintf(copy, sizeof(copy), "%s", text);
	if (copy[4] == '\0')
		return slow(&faults->link, copy + 4);
	return copy[4] == ':' && slow(&faults->link, copy + 5);
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
		if (!number(text, numbers[i].min, numbers[i].max, numbers[i].to))
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
		return fault(&o->plan.faults, text)
			       ? 0
			       : usage("--fault", text,
				       "lost-credentials, no-network, busy, low-power, cme:N, slow[:...] or reset:BYTES");
	case OPT_PTY:
		o->pty = text ? text : "";
		return 0;
	case OPT_HELP:
		fputs(help, stdout);
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
	if (o->imei && (strlen(o->imei) != 15 || strspn(o->imei, "0123456789") != 15))
		return usage("--imei", o->imei, "15 digits");
	if (o->mode == MODE_RUN && !o->class_dir && !o->host)
		return usage("no --host and no --class", NULL, "a broker to go to");
	if (o->count > 1 && o->store && !strstr(o->store, "%s"))
		return usage("--store", o->store, "%s in it, for each board's name");
	if (o->count > 1 && (o->pty || o->imei))
		return usage(o->pty ? "--pty" : "--imei", NULL, "one board, not --count");
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
