/*
 * doorstep-collect: the lines of several brokers, as they come over MQTT, into one journal.
 *
 * Each message is a journal line. Mosquitto's bridges bring them with QoS 1, and this program's session
 * is a lasting one: what comes while it is away waits at the hub. A line that finds no room on the
 * disk is held, and with it all that follow, until there is room. The library acknowledges a line before
 * we see it: one that is in our hands when we are ended is in its own broker's journal only.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cjson/cJSON.h>
#include <mosquitto.h>

#include "journal.h"

#define PROGRAM	       "doorstep-collect"
#define TOPIC	       "doorstep/#"
#define LINE_MAX_BYTES (JOURNAL_BUFFER - 1)

enum { DONE = 0, REFUSED = 1, USAGE = 2 };

struct collector {
	const char *host, *cafile, *cert, *key, *id, *path;
	int port;
	unsigned rotate_mb, keep_days;
	struct journal journal;
	struct mosquitto *mosq;
	bool waits;	/* for room on the disk */
	bool told_lost; /* that the hub is away */
};

static volatile sig_atomic_t stopping, reopening;

static void on_signal(int number)
{
	if (number == SIGHUP)
		reopening = 1;
	else
		stopping = 1;
}

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *fmt, ...)
{
	va_list args;

	fputs(PROGRAM ": ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

/* Is this a line of a journal: one JSON object, of one line, with a version and a kind? */
static bool is_line(const char *s, size_t len)
{
	cJSON *root;
	bool good;

	if (len < 2 || len > LINE_MAX_BYTES || s[0] != '{' || s[len - 1] != '}')
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20)
			return false;
	root = cJSON_ParseWithLength(s, len);
	good = cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(root, "v")) &&
	       cJSON_IsString(cJSON_GetObjectItemCaseSensitive(root, "kind"));
	cJSON_Delete(root);
	return good;
}

/* Not before the line is in the file, or we are told to stop. */
static void keep(struct collector *c, const char *line, size_t len)
{
	for (;;) {
		int rc;

		journal_add(&c->journal, line, len);
		rc = journal_flush(&c->journal);
		c->journal.lost = 0;
		if (rc == 0)
			break;
		if (!c->waits)
			say("cannot write to %s: %s. Lines wait at the hub until there is room",
			    c->path, strerror(-rc));
		c->waits = true;
		if (stopping)
			return;
		sleep(1);
	}
	if (c->waits)
		say("writing to %s again", c->path);
	c->waits = false;
}

static void on_message(struct mosquitto *mosq, void *arg, const struct mosquitto_message *message)
{
	(void)mosq;
	if (message->payloadlen > 0 && is_line(message->payload, (size_t)message->payloadlen))
		keep(arg, message->payload, (size_t)message->payloadlen);
	else
		say("what came on a topic of the hub is no journal line (%d bytes): left out",
		    message->payloadlen);
}

static void on_connect(struct mosquitto *mosq, void *arg, int rc)
{
	struct collector *c = arg;

	if (rc != 0) {
		say("the hub %s:%d refused us: %s", c->host, c->port, mosquitto_connack_string(rc));
		return;
	}
	say("collecting from %s:%d into %s", c->host, c->port, c->path);
	c->told_lost = false;
	mosquitto_subscribe(mosq, NULL, TOPIC, 1);
}

static void collect(struct collector *c)
{
	bool connected = false;

	while (!stopping) {
		int rc;

		if (reopening) {
			reopening = 0;
			journal_reopen(&c->journal);
		}
		rc = connected ? mosquitto_loop(c->mosq, 500, 1)
			       : mosquitto_connect(c->mosq, c->host, c->port, 15);
		if (rc == MOSQ_ERR_SUCCESS) {
			connected = true;
			continue;
		}
		connected = false;
		if (stopping)
			break;
		if (!c->told_lost)
			say("the hub %s:%d is away: %s. Trying again each second", c->host, c->port,
			    rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
		c->told_lost = true;
		sleep(1);
	}
	if (connected) {
		mosquitto_disconnect(c->mosq);
		mosquitto_loop(c->mosq, 100, 1);
	}
}

static bool number(const char *s, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(s, &end, 10);
	return !errno && *s >= '0' && *s <= '9' && !*end && *out <= max && *out > 0;
}

/* 0, or -errno: better said now than with the first line. */
static int can_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		      0640);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static const char help[] =
	"usage: " PROGRAM " --host HUB --journal FILE [options]\n"
	"Appends what several Doorstep brokers publish to one journal, for one page.\n\n"
	"  --host HUB        the MQTT broker to which the brokers' bridges lead\n"
	"  --port N          its port (default: 8883, or 1883 without --cafile)\n"
	"  --journal FILE    the journal to append to\n"
	"  --cafile FILE     TLS: what the hub's certificate is checked against\n"
	"  --cert FILE       our certificate, and\n"
	"  --key FILE        its key\n"
	"  --id NAME         our client id (default: " PROGRAM
	"); keep it: what came meanwhile waits under it\n"
	"  --rotate-mb N     a new file every so many MB (default: 64)\n"
	"  --keep-days N     and older ones are removed (default: 14)\n"
	"  --help, --version\n\n"
	"  " PROGRAM " --host hub.class.example --cafile server.pem --cert collector.pem \\\n"
	"      --key collector.key --journal /journal/journal.jsonl\n"
	"  doorstep-web --journal /journal/journal.jsonl\n\n"
	"Exit code: 0 told to stop, 1 refused or failed, 2 usage.\n";

static int usage_error(const char *what, const char *value)
{
	say("%s%s%s; see " PROGRAM " --help", what, value ? ": " : "", value ? value : "");
	return USAGE;
}

/* DONE, USAGE; or -1: go on. */
static int options_read(struct collector *c, int argc, char **argv)
{
	static const struct option options[] = {{"host", required_argument, NULL, 'h'},
						{"port", required_argument, NULL, 'p'},
						{"journal", required_argument, NULL, 'j'},
						{"cafile", required_argument, NULL, 'a'},
						{"cert", required_argument, NULL, 'c'},
						{"key", required_argument, NULL, 'k'},
						{"id", required_argument, NULL, 'i'},
						{"rotate-mb", required_argument, NULL, 'r'},
						{"keep-days", required_argument, NULL, 'd'},
						{"help", no_argument, NULL, '?' + 1},
						{"version", no_argument, NULL, 'V'},
						{0}};
	unsigned long n;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			c->host = optarg;
			break;
		case 'j':
			c->path = optarg;
			break;
		case 'a':
			c->cafile = optarg;
			break;
		case 'c':
			c->cert = optarg;
			break;
		case 'k':
			c->key = optarg;
			break;
		case 'i':
			c->id = optarg;
			break;
		case 'p':
			if (!number(optarg, 65535, &n))
				return usage_error("--port wants 1 to 65535, not", optarg);
			c->port = (int)n;
			break;
		case 'r':
			if (!number(optarg, 1 << 20, &n))
				return usage_error("--rotate-mb wants a number of MB, not", optarg);
			c->rotate_mb = (unsigned)n;
			break;
		case 'd':
			if (!number(optarg, 36500, &n))
				return usage_error("--keep-days wants a number of days, not",
						   optarg);
			c->keep_days = (unsigned)n;
			break;
		case '?' + 1:
			fputs(help, stdout);
			return DONE;
		case 'V':
			puts(PROGRAM " " DOORSTEP_VERSION);
			return DONE;
		default:
			return USAGE;
		}
	}
	if (optind < argc)
		return usage_error("there is no argument", argv[optind]);
	if (!c->host || !c->path)
		return usage_error("--host and --journal are wanted", NULL);
	if (!c->cert != !c->key || (c->cert && !c->cafile))
		return usage_error("--cert, --key and --cafile go together", NULL);
	if (!c->port)
		c->port = c->cafile ? 8883 : 1883;
	return -1;
}

int main(int argc, char **argv)
{
	struct collector c = {.id = PROGRAM, .rotate_mb = 64, .keep_days = 14};
	struct sigaction action = {.sa_handler = on_signal};
	int code = options_read(&c, argc, argv), rc;

	if (code >= 0)
		return code;
	code = REFUSED;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	mosquitto_lib_init();
	rc = journal_init(&c.journal, c.path, c.rotate_mb, c.keep_days);
	if (rc == 0)
		rc = can_write(c.path);
	if (rc != 0) {
		say("cannot write to %s: %s", c.path, strerror(-rc));
		goto out;
	}
	c.mosq = mosquitto_new(c.id, false, &c);
	if (!c.mosq) {
		say("--id %s: %s", c.id, strerror(errno));
		goto out;
	}
	if (c.cafile) {
		rc = mosquitto_tls_set(c.mosq, c.cafile, NULL, c.cert, c.key, NULL);
		if (rc != MOSQ_ERR_SUCCESS) {
			say("--cafile %s, --cert, --key: %s", c.cafile, mosquitto_strerror(rc));
			goto out;
		}
	}
	mosquitto_connect_callback_set(c.mosq, on_connect);
	mosquitto_message_callback_set(c.mosq, on_message);
	collect(&c);
	code = DONE;
out:
	mosquitto_destroy(c.mosq);
	mosquitto_lib_cleanup();
	journal_done(&c.journal);
	return code;
}
