/* doorstep-web: the journal in, a live page out. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confine.h"
#include "http.h"
#include "rules.h"

#define NAME "doorstep-web"

struct options {
	const char *class_dir;
	const char *journals[FEED_JOURNALS];
	int journal_count;
	const char *bind;
	const char *port;
	const char *token_file;
	const char *cert;
	const char *key;
	const char *name;
	const char *url_file;
	const char *lines;
	const char *memory;
	const char *clients;
	const char *drop_after;
	bool links;
	bool unguarded;
};

static volatile int stop;

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

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static bool number(const char *text, long min, long max, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	return end != text && !*end && !errno && *out >= min && *out <= max;
}

static int parse(struct options *o, int argc, char **argv)
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
		{CLASS, &o->class_dir},	 {BIND, &o->bind},	 {PORT, &o->port},
		{TOKEN, &o->token_file}, {CERT, &o->cert},	 {KEY, &o->key},
		{HOST, &o->name},	 {URL, &o->url_file},	 {LINES, &o->lines},
		{MEMORY, &o->memory},	 {CLIENTS, &o->clients}, {DROP, &o->drop_after},
	};
	int c;

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
	}
	if (optind < argc)
		return usage("argument", argv[optind], "options only");
	if (!o->cert != !o->key)
		return usage(o->cert ? "--cert" : "--key", o->cert ? o->cert : o->key,
			     "--cert and --key together");
	return 0;
}

static int print_links(const struct page *p, const char *class_dir)
{
	char key[ACCESS_KEY_LEN + 1];

	if (!*p->access.token) {
		fprintf(stderr,
			NAME
			": class %s has no token, so there are no links: the page needs none on "
			"loopback. Give --token-file FILE or --bind ADDRESS\n",
			class_dir);
		return 1;
	}
	printf("teacher /?token=%s\n", p->access.token);
	for (size_t i = 0; i < p->roster.count; i++) {
		access_seat_key(&p->access, p->roster.tiles[i].name, key);
		printf("%s /seat/%s?key=%s\n", p->roster.tiles[i].name, p->roster.tiles[i].name,
		       key);
	}
	return 0;
}

static int write_url(const char *path, const char *url)
{
	char tmp[4096];
	FILE *f;
	bool ok;

	snprintf(tmp, sizeof(tmp), "%s.new", path);
	f = fopen(tmp, "w");
	ok = f && fprintf(f, "%s\n", url) > 0;
	ok = f && fclose(f) == 0 && ok;
	if (!ok || rename(tmp, path) != 0) {
		fprintf(stderr, NAME ": cannot write --url-file %s: %s\n", path, strerror(errno));
		unlink(tmp);
		return -1;
	}
	return 0;
}

/* Asked when nothing is left of what root may do: a page that shows nothing, and not why, is no use. */
static bool can_read(const char *journal)
{
	int fd = open(journal, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int error = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	if (!error || error == ENOENT)
		return true;
	fprintf(stderr,
		NAME
		": cannot read the journal %s: %s; root's rights are given up here. Run it as the "
		"journal's owner: runuser -u \"$(stat -c %%U '%s')\" -- " NAME " ...\n",
		journal, strerror(error), journal);
	return false;
}

static int serve(struct page *p, const struct options *o, const struct http_options *ho,
		 char *guard, size_t guard_size)
{
	struct sigaction sa = {.sa_handler = on_signal};
	char error[512] = "", url[300];
	int port = 0, rc = 1;
	struct http *h = http_open(p, ho, &port, error, sizeof(error));

	if (!h) {
		fprintf(stderr, NAME ": %s\n", error);
		return 1;
	}
	snprintf(url, sizeof(url), strchr(ho->bind, ':') ? "%s://[%s]:%d/" : "%s://%s:%d/",
		 ho->cert ? "https" : "http", ho->bind, port);
	if (o->url_file && write_url(o->url_file, url) != 0)
		goto out;
	if (confine_hide(o->class_dir, guard, guard_size) != 0) {
		fprintf(stderr, NAME ": %s%s\n", guard,
			o->unguarded ? ""
				     : "; expected a directory that it cannot read. Run it as "
				       "another user, mount only certs, exports/public and the "
				       "journal into its container, or accept it with --unguarded");
		if (!o->unguarded)
			goto out;
	}
	p->guard = guard;
	p->guarded = !o->unguarded;
	for (int i = 0; i < o->journal_count; i++)
		if (!can_read(o->journals[i]))
			goto out;
	if (confine_calls() != 0)
		fprintf(stderr, NAME ": no seccomp here: calls are not restricted\n");
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	printf("%s\n", url);
	fflush(stdout);
	fprintf(stderr, NAME ": listening on %s, %s\n", url, guard);
	rc = http_run(h, &stop) == 0 ? 0 : 1;
out:
	http_close(h);
	if (rc && o->url_file)
		unlink(o->url_file);
	return rc;
}

/* 0, or the errno that tells why it is none. */
static int no_directory(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return errno;
	return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

int main(int argc, char **argv)
{
	struct options o = {.class_dir = "var",
			    .lines = "100000",
			    .memory = "96",
			    .clients = "500",
			    .drop_after = "15"};
	struct http_options ho = {0};
	long port = 8080, lines, memory, clients, drop_after;
	char token_path[4096], journal[4096], guard[1024] = "", error[512];
	struct rlimit no_core = {0, 0};
	const cJSON *conf, *item;
	struct page *p;
	bool loopback;
	int rc = parse(&o, argc, argv), missing;

	if (rc)
		return rc < 0 ? 0 : rc;
	if (o.port && !number(o.port, 0, 65535, &port))
		return usage("--port", o.port, "0 to 65535");
	if (!number(o.lines, 1, 100000000, &lines))
		return usage("--lines", o.lines, "a number of at least 1");
	if (!number(o.memory, 1, 1 << 20, &memory))
		return usage("--memory", o.memory, "megabytes, at least 1");
	if (!number(o.clients, 1, 100000, &clients))
		return usage("--clients", o.clients, "a number of at least 1");
	if (!number(o.drop_after, 1, 3600, &drop_after))
		return usage("--drop-after", o.drop_after, "seconds, 1 to 3600");
	setrlimit(RLIMIT_CORE, &no_core); /* a core file would hold the token */
	p = malloc(sizeof(*p));
	if (!p || page_init(p, o.class_dir, (size_t)lines, (size_t)memory << 20) != 0) {
		fprintf(stderr, NAME ": out of memory\n");
		return 1;
	}
	rc = 1;
	missing = no_directory(o.class_dir);
	if (missing) {
		fprintf(stderr,
			NAME ": class directory %s: %s; expected one that broker/up or ca/class "
			     "made, or --class DIR\n",
			o.class_dir, strerror(missing));
		goto out;
	}
	classdir_refresh(&p->dir, &p->roster);
	conf = cJSON_GetObjectItemCaseSensitive(p->dir.conf, "page");
	item = cJSON_GetObjectItemCaseSensitive(conf, "port");
	if (!o.port && cJSON_IsNumber(item))
		port = item->valueint;
	if (port < 0 || port > 65535) {
		fprintf(stderr, NAME ": page.port in class.json is %ld; expected 0 to 65535\n",
			port);
		goto out;
	}
	ho.bind = o.bind		     ? o.bind
		  : *json_text(conf, "bind") ? json_text(conf, "bind")
					     : "127.0.0.1";
	ho.bind = strdup(strcmp(ho.bind, "localhost") == 0 ? "127.0.0.1" : ho.bind);
	ho.port = (int)port;
	ho.cert = o.cert;
	ho.key = o.key;
	ho.max_clients = (int)clients;
	ho.drop_after = (int)drop_after;
	p->name = o.name;
	p->tls = o.cert != NULL;
	loopback = address_is_loopback(ho.bind);
	if (o.token_file || !loopback) {
		snprintf(token_path, sizeof(token_path), "%s/state/page-token", o.class_dir);
		if (access_load(&p->access, o.token_file ? o.token_file : token_path, true, error,
				sizeof(error)) != 0) {
			fprintf(stderr, NAME ": %s\n", error);
			goto out;
		}
		if (!loopback && !o.cert && !o.links)
			fprintf(stderr,
				NAME
				": note: %s is served without TLS, so tokens cross the network "
				"readable; give --cert and --key, or put it behind a proxy that "
				"speaks TLS\n",
				ho.bind);
	}
	if (o.links) {
		rc = print_links(p, o.class_dir);
		goto out;
	}
	if (!o.journal_count) {
		snprintf(journal, sizeof(journal), "%s/journal.jsonl", o.class_dir);
		o.journals[o.journal_count++] = journal;
	}
	for (int i = 0; i < o.journal_count; i++)
		if (feed_add(&p->feed, o.journals[i]) != 0) {
			fprintf(stderr, NAME ": cannot follow the journal %s\n", o.journals[i]);
			goto out;
		}
	rc = serve(p, &o, &ho, guard, sizeof(guard));
out:
	free((char *)(uintptr_t)ho.bind);
	page_free(p);
	free(p);
	return rc;
}
