/* doorstep-conf: what broker/up has to know of class.json, by the same code that the plugin uses. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "conf.h"
#include "ports.h"

#define PROGRAM	  "doorstep-conf"
#define PORTS_MAX 64
#define SHOWN_MAX 300 /* bytes of a path */

enum { DONE = 0, REFUSED = 1, USAGE = 2 };

static int complain(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int complain(int code, const char *fmt, ...)
{
	va_list args;

	fputs(PROGRAM ": ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return code;
}

/* Prints what was made, and gives it back. */
static int print(struct text *out)
{
	int code = DONE;

	if (out->broken)
		code = complain(REFUSED, "out of memory");
	else if (out->s && (fputs(out->s, stdout) == EOF || fflush(stdout) == EOF))
		code = complain(REFUSED, "standard output: %s", strerror(errno));
	text_free(out);
	return code;
}

/* The policy of a class, or NULL after a message. */
static const struct policy *load(const char *dir)
{
	const struct policy *policy = NULL;
	struct text error = {0};

	if (policy_load(dir, &policy, &error) < 0)
		complain(REFUSED, "%s/%s", dir, error.s ? error.s : "class.json: out of memory");
	text_free(&error);
	return policy;
}

static bool there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* The paths are shown safe for a terminal: it may be what they hold that is at fault. */
static int complain_place(const struct conf_place *place, const char *fault)
{
	struct text dir = {0}, plugin = {0};

	text_show(&dir, place->dir, strlen(place->dir), SHOWN_MAX);
	text_show(&plugin, place->plugin, strlen(place->plugin), SHOWN_MAX);
	complain(REFUSED,
		 "mosquitto.conf cannot hold the path of the class (%s) or the plugin (%s): %s. "
		 "Choose another directory",
		 dir.s ? dir.s : "", plugin.s ? plugin.s : "", fault);
	text_free(&dir);
	text_free(&plugin);
	return REFUSED;
}

static int cmd_mosquitto(int argc, char **argv)
{
	static const struct option options[] = {{"plugin", required_argument, NULL, 'p'},
						{"user", required_argument, NULL, 'u'},
						{"broker", required_argument, NULL, 'b'},
						{0}};
	struct conf_place place = {.there = there};
	const struct policy *policy;
	struct text out = {0}, error = {0};
	const char *fault;
	int option, major = 2, minor = 0, code = REFUSED;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			place.plugin = optarg;
			break;
		case 'u':
			place.user = optarg;
			break;
		case 'b':
			if (sscanf(optarg, "%d.%d", &major, &minor) != 2)
				return complain(USAGE,
						"--broker wants a version as 2.0.11, not '%s'",
						optarg);
			break;
		default:
			return USAGE;
		}
	}
	if (argc - optind != 1 || !place.plugin)
		return complain(USAGE, "mosquitto wants --plugin FILE and one class directory");
	place.dir = argv[optind];
	place.neutral = major > 2 || (major == 2 && minor > 0);
	fault = conf_place_fault(&place);
	if (fault)
		return complain_place(&place, fault);
	policy = load(place.dir);
	if (!policy)
		return REFUSED;
	if (policy_fits_broker(policy, major, minor, &error) < 0) {
		complain(REFUSED, "%s/%s", place.dir, error.s ? error.s : "out of memory");
		goto out;
	}
	conf_write(&out, policy, &place);
	code = print(&out);
out:
	text_free(&error);
	policy_release(policy);
	return code;
}

static int cmd_listeners(int argc, char **argv)
{
	const struct policy *policy;
	struct text out = {0};

	if (argc != 2)
		return complain(USAGE, "listeners wants one class directory");
	policy = load(argv[1]);
	if (!policy)
		return REFUSED;
	conf_listeners(&out, policy);
	policy_release(policy);
	return print(&out);
}

/* The few values that scripts need beside the listeners, as NAME=VALUE lines. */
static int cmd_facts(int argc, char **argv)
{
	const struct policy *policy;
	struct text out = {0};

	if (argc != 2)
		return complain(USAGE, "facts wants one class directory");
	policy = load(argv[1]);
	if (!policy)
		return REFUSED;
	text_printf(&out, "domain=%s\ntag=%u\nseats=%zu\npage_port=%u\npage_bind=%s\ndigest=%s\n",
		    policy->domain, policy->tag, policy->seat_count, (unsigned)policy->page.port,
		    policy->page.bind, policy->digest);
	policy_release(policy);
	return print(&out);
}

static int cmd_exercises(int argc, char **argv)
{
	const struct policy *policy = NULL;
	enum exercise_form form = EXERCISE_PLAIN;
	struct text out = {0};
	int i = 1;

	if (i < argc && strcmp(argv[i], "--markdown") == 0) {
		form = EXERCISE_MARKDOWN;
		i++;
	} else if (i < argc && strcmp(argv[i], "--table") == 0) {
		form = EXERCISE_TABLE;
		i++;
	}
	if (argc - i > 1)
		return complain(USAGE, "exercises wants at most one class directory");
	if (i < argc) {
		policy = load(argv[i]);
		if (!policy)
			return REFUSED;
	}
	exercise_list(&out, form, policy ? policy->exercise_port : 0);
	policy_release(policy);
	return print(&out);
}

static bool number(const char *s, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(s, &end, 10);
	return !errno && *s >= '0' && *s <= '9' && !*end && *out <= max;
}

static int cmd_ports(int argc, char **argv)
{
	uint16_t ports[PORTS_MAX];
	unsigned long n;

	if (argc != 2 || !number(argv[1], PORTS_MAX, &n) || n == 0)
		return complain(USAGE, "ports wants how many, 1 to %d", PORTS_MAX);
	if (ports_pick(ports, n) < 0)
		return complain(REFUSED, "there are no %lu free ports on this machine", n);
	for (unsigned long i = 0; i < n; i++)
		printf("%u\n", (unsigned)ports[i]);
	return DONE;
}

static int cmd_free(int argc, char **argv)
{
	unsigned long port;

	if ((argc != 2 && argc != 3) || !number(argv[1], 65535, &port) || port == 0)
		return complain(USAGE, "free wants a port, and an address if not all");
	return port_is_free((uint16_t)port, argc == 3 && strcmp(argv[2], "*") != 0 ? argv[2] : NULL)
		       ? DONE
		       : REFUSED;
}

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args, *what;
} commands[] = {
	{"mosquitto", cmd_mosquitto, "--plugin FILE [--user NAME] [--broker VERSION] DIR",
	 "the mosquitto.conf of a class"},
	{"listeners", cmd_listeners, "DIR",
	 "a row a listener: name, port, address, profile, tls or plain, protocol, exercise"},
	{"facts", cmd_facts, "DIR", "domain, tag, seats, page: NAME=VALUE"},
	{"exercises", cmd_exercises, "[--markdown|--table] [DIR]", "the doors broken on purpose"},
	{"ports", cmd_ports, "N", "N ports that are free"},
	{"free", cmd_free, "PORT [ADDRESS]", "exit 0 if a listener could open there, 1 if not"},
};

static void usage(FILE *to)
{
	fputs("usage: " PROGRAM " COMMAND ...\n\n"
	      "Prints what broker/up needs of a class directory. Reads class.json and seats.json by\n"
	      "the code of the plugin, so both understand the same.\n\n",
	      to);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(to, "  %s %s\n        %s\n", commands[i].name, commands[i].args,
			commands[i].what);
	fputs("\nExit code: 0 done, 1 refused or failed, 2 usage.\n", to);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return USAGE;
	}
	if (strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		return DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts(PROGRAM " " DOORSTEP_VERSION);
		return DONE;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return complain(USAGE, "there is no command '%s'; see " PROGRAM " --help", argv[1]);
}
