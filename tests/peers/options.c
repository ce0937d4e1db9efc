#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "peer.h"

enum {
	O_HOST = 256,
	O_PORT,
	O_CA,
	O_NO_VERIFY,
	O_SNI,
	O_NO_SNI,
	O_VERIFY_NAME,
	O_CERT,
	O_KEY,
	O_MISMATCH,
	O_TLS,
	O_CIPHERS,
	O_GROUPS,
	O_SIGALGS,
	O_ALPN,
	O_FRAGMENT,
	O_ID,
	O_USER,
	O_PASSWORD,
	O_MQTT,
	O_KEEPALIVE,
	O_RESUME,
	O_SESSION_IN,
	O_SESSION_OUT,
	O_NO_TICKET,
	O_PLAIN,
	O_SAY,
	O_THEN,
	O_END,
	O_HOW,
	O_CORRUPT,
	O_SLOW,
	O_CHUNK,
	O_TIMEOUT,
	O_HELP,
	O_VERSION,
};

static const struct option longs[] = {
	{"host", required_argument, NULL, O_HOST},
	{"port", required_argument, NULL, O_PORT},
	{"ca", required_argument, NULL, O_CA},
	{"no-verify", no_argument, NULL, O_NO_VERIFY},
	{"sni", required_argument, NULL, O_SNI},
	{"no-sni", no_argument, NULL, O_NO_SNI},
	{"verify-name", required_argument, NULL, O_VERIFY_NAME},
	{"cert", required_argument, NULL, O_CERT},
	{"key", required_argument, NULL, O_KEY},
	{"mismatch", no_argument, NULL, O_MISMATCH},
	{"tls", required_argument, NULL, O_TLS},
	{"ciphers", required_argument, NULL, O_CIPHERS},
	{"groups", required_argument, NULL, O_GROUPS},
	{"sigalgs", required_argument, NULL, O_SIGALGS},
	{"alpn", required_argument, NULL, O_ALPN},
	{"fragment", required_argument, NULL, O_FRAGMENT},
	{"client-id", required_argument, NULL, O_ID},
	{"user", required_argument, NULL, O_USER},
	{"password", required_argument, NULL, O_PASSWORD},
	{"mqtt", required_argument, NULL, O_MQTT},
	{"keepalive", required_argument, NULL, O_KEEPALIVE},
	{"keep-session", no_argument, NULL, O_RESUME},
	{"session-in", required_argument, NULL, O_SESSION_IN},
	{"session-out", required_argument, NULL, O_SESSION_OUT},
	{"no-ticket", no_argument, NULL, O_NO_TICKET},
	{"plain", no_argument, NULL, O_PLAIN},
	{"say", required_argument, NULL, O_SAY},
	{"then", required_argument, NULL, O_THEN},
	{"end", required_argument, NULL, O_END},
	{"how", required_argument, NULL, O_HOW},
	{"corrupt-finished", no_argument, NULL, O_CORRUPT},
	{"slow-us", required_argument, NULL, O_SLOW},
	{"chunk", required_argument, NULL, O_CHUNK},
	{"timeout", required_argument, NULL, O_TIMEOUT},
	{"help", no_argument, NULL, O_HELP},
	{"version", no_argument, NULL, O_VERSION},
	{0},
};

struct word {
	const char *name;
	int value;
};

static const struct word ends[] = {
	{"never", END_NEVER},	      {"tcp", END_TCP},	      {"hello-half", END_HELLO_HALF},
	{"hello", END_HELLO},	      {"flight", END_FLIGHT}, {"flight-half", END_FLIGHT_HALF},
	{"handshake", END_HANDSHAKE}, {"said", END_SAID},     {0},
};
static const struct word hows[] = {
	{"fin", HOW_FIN},     {"rst", HOW_RST},	    {"stall", HOW_STALL},
	{"close", HOW_CLOSE}, {"alert", HOW_ALERT}, {0},
};
static const struct word levels[] = {{"3.1", 3}, {"3.1.1", 4}, {"5", 5}, {0}};

static void usage(FILE *to)
{
	fprintf(to,
		"usage: peer-STACK --host H --port P [--ca FILE | --no-verify | --plain]\n"
		"  TLS   [--sni NAME | --no-sni] [--verify-name NAME] [--cert F --key F [--mismatch]]\n"
		"        [--tls 1.2|1.3] [--ciphers L] [--groups L] [--sigalgs L] [--alpn P]\n"
		"        [--fragment 512|1024|2048|4096] [--session-in F] [--session-out F]\n"
		"        [--no-ticket (wolfSSL: never has one)] [--corrupt-finished]\n"
		"  MQTT  [--client-id ID] [--user U] [--password P] [--mqtt 3.1|3.1.1|5] [--keepalive S]\n"
		"        [--keep-session] [--say KIND] [--then WHAT]\n"
		"  ends  [--end never|tcp|hello-half|hello|flight|flight-half|handshake|said]\n"
		"        [--how fin|rst|stall|close|alert] [--slow-us N --chunk N] [--timeout S]\n"
		"  THEN  disconnect, hold, fin, rst, close, second-connect, garbage, publish:TOPIC:BYTES,\n"
		"        echo:TOPIC:BYTES\n"
		"  KIND ");
	mqtt_kinds(to);
}

static void bad(const char *what, const char *value, const char *expected)
{
	fprintf(stderr, "peer-%s: %s '%s': expected %s; see --help\n", the_stack.name, what, value,
		expected);
	exit(2);
}

static int word(const struct word *words, const char *what, const char *value)
{
	for (; words->name; words++) {
		if (!strcmp(words->name, value))
			return words->value;
	}
	bad(what, value, "one of the words in the help");
	return 0;
}

static unsigned number(const char *what, const char *value, unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(value, &end, 10);
	if (errno || end == value || *end || n > max)
		bad(what, value, "a smaller whole number");
	return (unsigned)n;
}

void options_read(struct options *opt, int argc, char **argv)
{
	int c;

	*opt = (struct options){.host = "127.0.0.1",
				.verify = true,
				.client_id = "peer",
				.mqtt = 4,
				.keepalive = 60,
				.say = "connect",
				.then = "disconnect",
				.timeout_s = 20};
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case O_HOST:
			opt->host = optarg;
			break;
		case O_PORT:
			opt->port = optarg;
			break;
		case O_CA:
			opt->ca = optarg;
			break;
		case O_NO_VERIFY:
			opt->verify = false;
			break;
		case O_SNI:
			opt->sni = optarg;
			break;
		case O_NO_SNI:
			opt->no_sni = true;
			break;
		case O_VERIFY_NAME:
			opt->verify_name = optarg;
			break;
		case O_CERT:
			opt->cert = optarg;
			break;
		case O_KEY:
			opt->key = optarg;
			break;
		case O_MISMATCH:
			opt->mismatch = true;
			break;
		case O_TLS:
			opt->tls = optarg;
			break;
		case O_CIPHERS:
			opt->ciphers = optarg;
			break;
		case O_GROUPS:
			opt->groups = optarg;
			break;
		case O_SIGALGS:
			opt->sigalgs = optarg;
			break;
		case O_ALPN:
			opt->alpn = optarg;
			break;
		case O_FRAGMENT:
			opt->fragment = number("--fragment", optarg, 4096);
			break;
		case O_ID:
			opt->client_id = optarg;
			break;
		case O_USER:
			opt->user = optarg;
			break;
		case O_PASSWORD:
			opt->password = optarg;
			break;
		case O_MQTT:
			opt->mqtt = word(levels, "--mqtt", optarg);
			break;
		case O_KEEPALIVE:
			opt->keepalive = number("--keepalive", optarg, 65535);
			break;
		case O_RESUME:
			opt->resume_session = true;
			break;
		case O_SESSION_IN:
			opt->session_in = optarg;
			break;
		case O_SESSION_OUT:
			opt->session_out = optarg;
			break;
		case O_NO_TICKET:
			opt->no_ticket = true;
			break;
		case O_PLAIN:
			opt->plain = true;
			break;
		case O_SAY:
			opt->say = optarg;
			break;
		case O_THEN:
			opt->then = optarg;
			break;
		case O_END:
			opt->end = (enum end_at)word(ends, "--end", optarg);
			break;
		case O_HOW:
			opt->how = (enum end_how)word(hows, "--how", optarg);
			break;
		case O_CORRUPT:
			opt->corrupt = true;
			break;
		case O_SLOW:
			opt->slow_us = number("--slow-us", optarg, 10000000);
			break;
		case O_CHUNK:
			opt->chunk = number("--chunk", optarg, 100000);
			break;
		case O_TIMEOUT:
			opt->timeout_s = number("--timeout", optarg, 600);
			break;
		case O_HELP:
			usage(stdout);
			exit(0);
		case O_VERSION:
			printf("peer-%s\n", the_stack.name);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (opt->how == HOW_ALERT && !the_stack.alert)
		bad("--how", "alert", "another end: this library sends no alert on request");
	if (opt->how == HOW_ALERT && !the_stack.alert)
		bad("--how", "alert", "another end: this library sends no alert on request");
	if (optind < argc)
		bad("argument", argv[optind], "options only");
	if (!opt->port)
		bad("--port", "", "a port");
	if (opt->tls && strcmp(opt->tls, "1.2") && strcmp(opt->tls, "1.3"))
		bad("--tls", opt->tls, "1.2 or 1.3");
	if (!opt->plain && opt->verify && !opt->ca)
		bad("--ca", "", "a file, or --no-verify");
	if (!opt->sni && !opt->no_sni)
		opt->sni = opt->host;
	if (opt->no_sni)
		opt->sni = NULL;
	if (!opt->verify_name)
		opt->verify_name = opt->sni ? opt->sni : opt->host;
	if (!opt->cert != !opt->key)
		bad("--cert/--key", opt->cert ? opt->cert : opt->key, "both");
}
