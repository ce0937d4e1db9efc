/* doorstep-web: the journal in, a live page out. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confine.h"
#include "http.h"
#include "options.h"
#include "rules.h"

static volatile int stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
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

/* The listeners' place and the page's name in it, from class.json where the command line doesn't say. */
static int place(struct page *p, const struct options *o, struct http_options *ho)
{
	const cJSON *conf = cJSON_GetObjectItemCaseSensitive(p->dir.conf, "page");
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(conf, "port");
	const char *bind = o->bind		      ? o->bind
			   : *json_text(conf, "bind") ? json_text(conf, "bind")
						      : "127.0.0.1";

	ho->port = o->port >= 0 ? (int)o->port : cJSON_IsNumber(item) ? item->valueint : 8080;
	if (ho->port < 0 || ho->port > 65535) {
		fprintf(stderr, NAME ": page.port in class.json is %d; expected 0 to 65535\n",
			ho->port);
		return -1;
	}
	ho->bind = strdup(strcmp(bind, "localhost") == 0 ? "127.0.0.1" : bind);
	ho->cert = o->cert;
	ho->key = o->key;
	ho->max_clients = (int)o->clients;
	ho->drop_after = (int)o->drop_after;
	p->name = o->name;
	p->tls = o->cert != NULL;
	return ho->bind ? 0 : -1;
}

/* Beyond loopback nobody sees the page without a token. */
static int admit(struct page *p, const struct options *o, const struct http_options *ho)
{
	bool loopback = address_is_loopback(ho->bind);
	char path[4096], error[512];

	if (!o->token_file && loopback)
		return 0;
	snprintf(path, sizeof(path), "%s/state/page-token", o->class_dir);
	if (access_load(&p->access, o->token_file ? o->token_file : path, true, error,
			sizeof(error)) != 0) {
		fprintf(stderr, NAME ": %s\n", error);
		return -1;
	}
	if (!loopback && !o->cert && !o->links)
		fprintf(stderr,
			NAME ": note: %s is served without TLS, so tokens cross the network "
			     "readable; give --cert and --key, or put it behind a proxy that "
			     "speaks TLS\n",
			ho->bind);
	return 0;
}

/* The class's own journal, unless others are named. */
static int follow(struct page *p, struct options *o, const char *own)
{
	if (!o->journal_count)
		o->journals[o->journal_count++] = own;
	for (int i = 0; i < o->journal_count; i++)
		if (feed_add(&p->feed, o->journals[i]) != 0) {
			fprintf(stderr, NAME ": cannot follow the journal %s\n", o->journals[i]);
			return -1;
		}
	return 0;
}

static int run(struct page *p, struct options *o)
{
	struct http_options ho = {0};
	char own[4096], guard[1024] = "";
	int missing = no_directory(o->class_dir);
	int rc = 1;

	if (missing) {
		fprintf(stderr,
			NAME ": class directory %s: %s; expected one that broker/up or ca/class "
			     "made, or --class DIR\n",
			o->class_dir, strerror(missing));
		return 1;
	}
	classdir_refresh(&p->dir, &p->roster);
	snprintf(own, sizeof(own), "%s/journal.jsonl", o->class_dir);
	if (place(p, o, &ho) != 0 || admit(p, o, &ho) != 0)
		goto out;
	if (o->links)
		rc = print_links(p, o->class_dir);
	else if (follow(p, o, own) == 0)
		rc = serve(p, o, &ho, guard, sizeof(guard));
out:
	free((char *)(uintptr_t)ho.bind);
	return rc;
}

int main(int argc, char **argv)
{
	struct options o;
	struct rlimit no_core = {0, 0};
	struct page *p;
	int rc = options_parse(&o, argc, argv);

	if (rc)
		return rc < 0 ? 0 : rc;
	setrlimit(RLIMIT_CORE, &no_core); /* a core file would hold the token */
	p = malloc(sizeof(*p));
	if (!p || page_init(p, o.class_dir, (size_t)o.lines, (size_t)o.memory << 20) != 0) {
		fprintf(stderr, NAME ": out of memory\n");
		return 1;
	}
	rc = run(p, &o);
	page_free(p);
	free(p);
	return rc;
}
