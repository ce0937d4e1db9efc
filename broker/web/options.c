#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
	"usage: doorstep-web [--class DIR] [--journal FILE]... [options]\n"
	"Serves a live page of the visits in a class's journal.\n"
	"\n"
	"  --class DIR        the class directory (default: var)\n"
	"  --journal FILE     a journal to read; repeat for several (default: DIR/journal.jsonl)\n"
	"  --bind ADDRESS     where to listen (default: class.json's page.bind, else 127.0.0.1)\n"
	"  --port PORT        (default: class.json's page.port, else 8080; 0: any free one)\n"
	"  --token-file FILE  the teacher's token, mode 0600; made if missing. Beyond loopback a\n"
	"                     token is always needed (default there: DIR/state/page-token)\n"
	"  --cert FILE        the page's own certificate chain, for https\n"
	"  --key FILE         its private key\n"
	"  --name HOST        a name by which the page may be called without a token\n"
	"  --links            print the teacher's link and each seat's, and exit\n"
	"  --url-file FILE    write the page's address there once it listens\n"
	"  --lines N          how many journal lines to keep in memory (default: 100000)\n"
	"  --memory MB        and how much memory for them (default: 96)\n"
	"  --clients N        how many browsers may follow (default: 500)\n"
	"  --drop-after S     seconds after which a stuck browser is dropped (default: 15)\n"
	"  --unguarded        serve even if this process could read the class's keys\n"
	"  --help, --version\n";

static int usage(const char *what, const char *value, const char *expected)
{
	fprintf(stderr, NAME ": %s \"%s\": expected %s; see " NAME " --help\n", what, value,
		expected);
	return 2;
}

static bool number(const char *text, long min, long max, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	return end != text && !*end && !errno && *out >= min && *out <= max;
}

int options_parse(struct options *o, int argc, char **argv)
{
	enum {
		CLASS = 256,
		JOURNAL,
		BIND,
		PORT,
		TOKEN,
		CERT,
		KEY,
		HOST,
		LINKS,
		URL,
		LINES,
		MEMORY,
		CLIENTS,
		DROP,
		UNGUARDED,
		HELP,
		VERSION
	};
	static const struct option table[] = {
		{"class", 1, NULL, CLASS},
		{"journal", 1, NULL, JOURNAL},
		{"bind", 1, NULL, BIND},
		{"port", 1, NULL, PORT},
		{"token-file", 1, NULL, TOKEN},
		{"cert", 1, NULL, CERT},
		{"key", 1, NULL, KEY},
		{"name", 1, NULL, HOST},
		{"links", 0, NULL, LINKS},
		{"url-file", 1, NULL, URL},
		{"lines", 1, NULL, LINES},
		{"memory", 1, NULL, MEMORY},
		{"clients", 1, NULL, CLIENTS},
		{"drop-after", 1, NULL, DROP},
		{"unguarded", 0, NULL, UNGUARDED},
		{"help", 0, NULL, HELP},
		{"version", 0, NULL, VERSION},
		{NULL, 0, NULL, 0},
	};
	const struct {
		int option;
		const char **to;
	} strings[] = {
		{CLASS, &o->class_dir}, {BIND, &o->bind}, {TOKEN, &o->token_file}, {CERT, &o->cert},
		{KEY, &o->key},		{HOST, &o->name}, {URL, &o->url_file},
	};
	const struct {
		int option;
		const char *name;
		long min, max;
		const char *expected;
		long *to;
	} numbers[] = {
		{PORT, "--port", 0, 65535, "0 to 65535", &o->port},
		{LINES, "--lines", 1, 100000000, "a number of at least 1", &o->lines},
		{MEMORY, "--memory", 1, 1 << 20, "megabytes, at least 1", &o->memory},
		{CLIENTS, "--clients", 1, 100000, "a number of at least 1", &o->clients},
		{DROP, "--drop-after", 1, 3600, "seconds, 1 to 3600", &o->drop_after},
	};
	int c;

	*o = (struct options){.class_dir = "var",
			      .port = -1,
			      .lines = 100000,
			      .memory = 96,
			      .clients = 500,
			      .drop_after = 15};
	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (c == HELP || c == VERSION) {
			fputs(c == HELP ? help : NAME " " DOORSTEP_VERSION "\n", stdout);
			return -1;
		}
		if (c == '?')
			return 2;
		if (c == JOURNAL) {
			if (o->journal_count == FEED_JOURNALS)
				return usage("--journal", optarg, "at most 32 of them");
			o->journals[o->journal_count++] = optarg;
		}
		o->links = o->links || c == LINKS;
		o->unguarded = o->unguarded || c == UNGUARDED;
		for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
			if (strings[i].option == c)
				*strings[i].to = optarg;
		for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
			if (numbers[i].option == c &&
			    !number(optarg, numbers[i].min, numbers[i].max, numbers[i].to))
				return usage(numbers[i].name, optarg, numbers[i].expected);
	}
	if (optind < argc)
		return usage("argument", argv[optind], "options only");
	if (!o->cert != !o->key)
		return usage(o->cert ? "--cert" : "--key", o->cert ? o->cert : o->key,
			     "--cert and --key together");
	return 0;
}
