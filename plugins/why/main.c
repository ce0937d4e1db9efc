/* doorstep-why: the journal in a terminal, and in CI. */
#include "why.h"

#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const char usage[] =
	"usage: doorstep-why [options]                 the newest visits, a line each\n"
	"       doorstep-why --follow [filters]        and what comes\n"
	"       doorstep-why --explain ID|last         the whole story of one, with the fix\n"
	"       doorstep-why REASON|ERRNO...           what the catalogue says: name-mismatch, -111\n"
	"       doorstep-why --expect REASON|accepted [filters] [--within 30s]\n"
	"\n"
	"Reads the journal of a class, and says why devices were turned away.\n"
	"\n"
	"  --class DIR        the class directory (var/)\n"
	"  --journal FILE     another journal, with its FILE.1, FILE.2 ...\n"
	"  -f, --follow       go on with what comes\n"
	"  -n, --last N|all   so many of the newest lines (50; with --follow 10; with --since all)\n"
	"  --json             the journal's own lines, unchanged\n"
	"  --colour WHEN      auto, always or never; NO_COLOR is honoured\n"
	"\n"
	"Filters; each may be a list with commas and hold * and ?, and - is what was not seen:\n"
	"  --seat, --client-id, --address, --listener, --stage, --verdict, --kind PATTERN\n"
	"  --reason PATTERN   a reason, a mark, or accepted\n"
	"  --since WHEN       10m, 2h, 1d, 2026-11-21, 2026-11-21T02:00:00Z\n"
	"\n"
	"In CI:\n"
	"  --expect REASON    waits for such a visit; exit code 1 and the story of what came instead if\n"
	"                     none came in time. Only what comes from now on, or with --since from then\n"
	"  --within TIME      how long (30s)\n"
	"  --first            the first visit decides\n"
	"\n"
	"To pass on:\n"
	"  --export-hello ID  writes hello-ID.json: what a device offered, without names and addresses\n"
	"  --export           the journal's lines with addresses and IMEIs replaced\n"
	"  --out FILE         where to (- is standard output); --force overwrites\n"
	"  --reasons[=FORM]   the list of all reasons; as a table (markdown), a page, or bare codes\n"
	"  --help, --version\n"
	"\n"
	"Examples:\n"
	"  doorstep-why --follow --seat 'seat*' --verdict rejected\n"
	"  doorstep-why --explain last --seat seat07\n"
	"  doorstep-why --expect accepted --seat seat07 --within 60s\n"
	"\n"
	"Exit code: 0 done, 1 failed or not as expected, 2 usage.\n";

enum option_id {
	OPT_CLASS = 256,
	OPT_JOURNAL,
	OPT_JSON,
	OPT_COLOUR,
	OPT_EXPLAIN,
	OPT_EXPECT,
	OPT_WITHIN,
	OPT_FIRST,
	OPT_EXPORT_HELLO,
	OPT_EXPORT,
	OPT_OUT,
	OPT_FORCE,
	OPT_REASONS,
	OPT_SINCE,
	OPT_SEAT,
	OPT_CLIENT_ID,
	OPT_ADDRESS,
	OPT_REASON,
	OPT_VERDICT,
	OPT_STAGE,
	OPT_LISTENER,
	OPT_KIND,
	OPT_VERSION,
};

static const struct option options[] = {
	{"class", required_argument, NULL, OPT_CLASS},
	{"journal", required_argument, NULL, OPT_JOURNAL},
	{"follow", no_argument, NULL, 'f'},
	{"last", required_argument, NULL, 'n'},
	{"json", no_argument, NULL, OPT_JSON},
	{"colour", required_argument, NULL, OPT_COLOUR},
	{"color", required_argument, NULL, OPT_COLOUR},
	{"explain", required_argument, NULL, OPT_EXPLAIN},
	{"expect", required_argument, NULL, OPT_EXPECT},
	{"within", required_argument, NULL, OPT_WITHIN},
	{"first", no_argument, NULL, OPT_FIRST},
	{"export-hello", required_argument, NULL, OPT_EXPORT_HELLO},
	{"export", no_argument, NULL, OPT_EXPORT},
	{"out", required_argument, NULL, OPT_OUT},
	{"force", no_argument, NULL, OPT_FORCE},
	{"reasons", optional_argument, NULL, OPT_REASONS},
	{"since", required_argument, NULL, OPT_SINCE},
	{"seat", required_argument, NULL, OPT_SEAT},
	{"client-id", required_argument, NULL, OPT_CLIENT_ID},
	{"address", required_argument, NULL, OPT_ADDRESS},
	{"reason", required_argument, NULL, OPT_REASON},
	{"verdict", required_argument, NULL, OPT_VERDICT},
	{"stage", required_argument, NULL, OPT_STAGE},
	{"listener", required_argument, NULL, OPT_LISTENER},
	{"kind", required_argument, NULL, OPT_KIND},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

/* What the command line asks for. */
struct wish {
	struct why why;
	const char *journal, *since, *last, *within, *colour;
	int what;	 /* an option_id that stands for a job; 0: show the journal */
	const char *arg; /* of that job */
	bool two;	 /* two jobs at once */
};

static void job(struct wish *wish, int what, const char *arg)
{
	wish->two = wish->two || wish->what;
	wish->what = what;
	wish->arg = arg;
}

static bool take(struct wish *wish, int option)
{
	struct why *w = &wish->why;
	struct filter *f = &w->filter;
	const struct {
		int option;
		const char **where;
	} strings[] = {
		{OPT_CLASS, &w->class_dir},
		{OPT_JOURNAL, &wish->journal},
		{OPT_OUT, &w->out},
		{OPT_SINCE, &wish->since},
		{'n', &wish->last},
		{OPT_WITHIN, &wish->within},
		{OPT_COLOUR, &wish->colour},
		{OPT_SEAT, &f->seat},
		{OPT_CLIENT_ID, &f->client_id},
		{OPT_ADDRESS, &f->address},
		{OPT_REASON, &f->reason},
		{OPT_VERDICT, &f->verdict},
		{OPT_STAGE, &f->stage},
		{OPT_LISTENER, &f->listener},
		{OPT_KIND, &f->kind},
	};
	const struct {
		int option;
		bool *where;
	} flags[] = {
		{'f', &w->follow},
		{OPT_JSON, &w->json},
		{OPT_FIRST, &w->first},
		{OPT_FORCE, &w->force},
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		if (strings[i].option == option) {
			*strings[i].where = optarg;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (flags[i].option == option) {
			*flags[i].where = true;
			return true;
		}
	}
	switch (option) {
	case OPT_EXPLAIN:
	case OPT_EXPECT:
	case OPT_EXPORT_HELLO:
	case OPT_EXPORT:
	case OPT_REASONS:
	case OPT_VERSION:
	case 'h':
		job(wish, option, optarg);
		return true;
	default:
		return false;
	}
}

/* Turns the strings into values. */
static bool settle(struct wish *wish)
{
	struct why *w = &wish->why;
	char *end;

	if (wish->two) {
		why_error(
			"one of --explain, --expect, --export-hello, --export and --reasons at a time");
		return false;
	}
	w->filter.since = -1;
	if (wish->since && (w->filter.since = filter_since(wish->since, why_now())) < 0) {
		why_error(
			"--since \"%s\" is no time: 10m, 2h, 1d, 2026-11-21 or 2026-11-21T02:00:00Z",
			wish->since);
		return false;
	}
	w->within = filter_duration(wish->within ? wish->within : "30s");
	if (w->within < 0) {
		why_error("--within \"%s\" is no duration: 30s, 500ms, 2m", wish->within);
		return false;
	}
	w->last = wish->since ? SIZE_MAX : w->follow ? 10 : 50;
	if (wish->last && strcmp(wish->last, "all") == 0) {
		w->last = SIZE_MAX;
	} else if (wish->last) {
		unsigned long n = strtoul(wish->last, &end, 10);

		if (*wish->last < '0' || *wish->last > '9' || *end) {
			why_error("--last \"%s\" is neither a number nor all", wish->last);
			return false;
		}
		w->last = n;
	}
	if (wish->colour && strcmp(wish->colour, "auto") && strcmp(wish->colour, "always") &&
	    strcmp(wish->colour, "never")) {
		why_error("--colour \"%s\" is none of auto, always, never", wish->colour);
		return false;
	}
	paint_init(&w->paint, !wish->colour || wish->colour[1] == 'u' ? PAINT_AUTO
			      : wish->colour[0] == 'a'		      ? PAINT_ALWAYS
								      : PAINT_NEVER);
	if (wish->journal)
		w->journal = strdup(wish->journal);
	else if (asprintf(&w->journal, "%s/journal.jsonl", w->class_dir) < 0)
		w->journal = NULL;
	if (!w->journal)
		why_error("out of memory");
	return w->journal != NULL;
}

static int run(struct wish *wish, char **names)
{
	struct why *w = &wish->why;
	int result = WHY_DONE;

	switch (wish->what) {
	case 'h':
		fputs(usage, stdout);
		return WHY_DONE;
	case OPT_VERSION:
		puts("doorstep-why " DOORSTEP_VERSION);
		return WHY_DONE;
	case OPT_EXPLAIN:
		return story_explain(w, wish->arg);
	case OPT_EXPECT:
		return expect(w, wish->arg);
	case OPT_EXPORT_HELLO:
		return export_hello(w, wish->arg);
	case OPT_EXPORT:
		return export_journal(w);
	case OPT_REASONS:
		return entry_list(w, wish->arg);
	}
	if (!*names)
		return show_journal(w);
	for (; *names; names++) {
		int one = entry_lookup(w, *names);

		result = one > result ? one : result;
		if (names[1])
			putchar('\n');
	}
	return result;
}

/* -111 is no option: everything from the first such number on is a name. */
static int options_end(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return argc;
		if (argv[i][0] == '-' && argv[i][1] >= '0' && argv[i][1] <= '9')
			return i;
	}
	return argc;
}

/* Characters are as wide as the terminal has them, and letters what they are everywhere: in Turkish
 * the small letter of I is another one, and no reason would be found by its name. */
static void take_locale(void)
{
	setlocale(LC_CTYPE, "");
	setlocale(LC_CTYPE, strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "C.UTF-8" : "C");
}

int main(int argc, char **argv)
{
	struct wish wish = {.why = {.class_dir = "var"}};
	int end = options_end(argc, argv), option, result = WHY_USAGE;
	char **names;

	take_locale();
	opterr = 0;
	while ((option = getopt_long(end, argv, ":fn:h", options, NULL)) != -1) {
		if (take(&wish, option))
			continue;
		if (option == ':')
			why_error("%s wants a value; see doorstep-why --help", argv[optind - 1]);
		else
			why_error("there is no option \"%s\"; see doorstep-why --help",
				  argv[optind - 1]);
		goto out;
	}
	names = argv + optind;
	for (char **name = argv + end; end < argc && *name; name++) {
		if (strncmp(*name, "--", 2) != 0)
			continue;
		why_error("%s stands behind %s: options go before a number", *name, argv[end]);
		goto out;
	}
	if (wish.what && *names) {
		why_error("\"%s\" does not belong here; see doorstep-why --help", *names);
		goto out;
	}
	if (!settle(&wish))
		goto out;
	fix_load(&wish.why.fix, wish.why.class_dir);
	result = run(&wish, names);
	if (fflush(stdout) || ferror(stdout)) {
		why_error("standard output: %s", strerror(errno));
		result = WHY_FAILED;
	}
out:
	fix_free(&wish.why.fix);
	free(wish.why.journal);
	return result;
}
