#include "why.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redact.h"

/* Writes a file whole or not at all; "-" is standard output. */
static int write_out(struct why *w, const char *path, const struct text *t)
{
	struct text temporary = {0};
	int fd = -1, result = WHY_FAILED;
	size_t done = 0;

	if (strcmp(path, "-") == 0)
		return fwrite(t->s, 1, t->len, stdout) == t->len ? WHY_DONE : WHY_FAILED;
	text_printf(&temporary, "%s.XXXXXX", path);
	fd = temporary.broken ? -1 : mkstemp(temporary.s);
	if (fd < 0) {
		why_error("%s cannot be made: %s", path, strerror(errno));
		goto out;
	}
	while (done < t->len) {
		ssize_t n = write(fd, t->s + done, t->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			goto failed;
		done += (size_t)n;
	}
	if (fchmod(fd, 0644) || fsync(fd))
		goto failed;
	/* a link does not overwrite, a rename does */
	if (w->force ? rename(temporary.s, path) : link(temporary.s, path)) {
		if (errno == EEXIST)
			why_error("%s is there already; --force overwrites it, --out names another",
				  path);
		else
			why_error("%s cannot be written: %s", path, strerror(errno));
		unlink(temporary.s);
		goto out;
	}
	if (!w->force)
		unlink(temporary.s);
	result = WHY_DONE;
	goto out;
failed:
	why_error("%s cannot be written: %s", temporary.s, strerror(errno));
	unlink(temporary.s);
out:
	if (fd >= 0)
		close(fd);
	text_free(&temporary);
	return result;
}

/* A copy of what stands at `path` becomes `name` in the target. */
static void copy(cJSON *to, const char *name, const struct line *l, const char *path)
{
	const cJSON *at = line_at(l, path);

	if (at)
		cJSON_AddItemToObject(to, name, cJSON_Duplicate(at, 1));
}

/* Of the host name only its shape: how many labels, how long. */
static void add_sni(cJSON *to, const struct line *l)
{
	cJSON *sni = cJSON_AddObjectToObject(to, "sni");
	double labels = 1;

	cJSON_AddBoolToObject(sni, "sent", l->sni != NULL);
	if (!l->sni)
		return;
	for (const char *p = l->sni; *p; p++)
		labels += *p == '.';
	cJSON_AddNumberToObject(sni, "bytes", (double)strlen(l->sni));
	cJSON_AddNumberToObject(sni, "labels", labels);
}

static const struct {
	const char *name, *path;
} kept[] = {
	{"verdict", "verdict"},
	{"reason", "reason"},
	{"by", "by"},
	{"stage", "stage"},
	{"exercise", "exercise"},
	{"ms", "ms"},
	{"version", "tls.version"},
	{"cipher", "tls.cipher"},
	{"group", "tls.group"},
	{"resumed", "tls.resumed"},
	{"alert", "tls.alert"},
	{"error", "tls.error"},
	{"looks_like", "tls.looks_like"},
	{"our_key", "tls.our_certificate.key"},
	{"our_certificate_bytes", "tls.our_certificate.bytes"},
	{"chain_bytes", "tls.chain_bytes"},
	{"client_key", "tls.client_certificate.key"},
	{"verify", "tls.verify"},
	{"steps", "steps"},
	{"offer", "tls.offer"},
	{"mqtt_version", "mqtt.version"},
	{"keepalive", "mqtt.keepalive"},
	{"connack", "mqtt.connack"},
};

int export_hello(struct why *w, const char *id)
{
	struct text name = {0}, out = {0};
	struct redact redact = {0};
	cJSON *json = NULL;
	char *text = NULL;
	struct line l = {0};
	int result = WHY_FAILED;

	if (!why_journal_there(w))
		return WHY_FAILED;
	if (!story_find(w, id, &l)) {
		why_error("no visit has the id \"%s\" in %s", id, w->journal);
		return WHY_FAILED;
	}
	if (!line_at(&l, "tls.offer")) {
		why_error("visit %s has no ClientHello: it ended before one was whole", l.id);
		goto out;
	}
	json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "what",
				"doorstep hello, v 1: what a device offered, without "
				"names, addresses and ids");
	cJSON_AddStringToObject(
		json, "please_add",
		"board, modem firmware (AT+CGMR), SDK version, what the board printed");
	add_sni(json, &l);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		copy(json, kept[i].name, &l, kept[i].path);
	if (redact_line(&redact, json))
		text = cJSON_Print(json);
	if (!text) {
		why_error("out of memory");
		goto out;
	}
	text_printf(&out, "%s\n", text);
	/* an id is made by the broker, yet it comes out of a file */
	text_puts(&name, "hello-");
	for (const char *p = l.id; *p && name.len < 80; p++)
		text_add(&name, strchr("abcdefghijklmnopqrstuvwxyz0123456789-", *p) ? p : "_", 1);
	text_puts(&name, ".json");
	result = write_out(w, w->out ? w->out : name.s, &out);
	if (result == WHY_DONE && !(w->out && strcmp(w->out, "-") == 0))
		printf("%s\n", w->out ? w->out : name.s);
out:
	cJSON_free(text);
	cJSON_Delete(json);
	redact_free(&redact);
	line_free(&l);
	text_free(&name);
	text_free(&out);
	return result;
}

int export_journal(struct why *w)
{
	struct redact redact = {0};
	struct text out = {0};
	struct tail *t;
	const char *s;
	size_t len;
	int result = WHY_FAILED;

	if (!why_journal_there(w) || !(t = tail_open(w->journal, NULL, NULL)))
		return WHY_FAILED;
	while (tail_next(t, &s, &len) == 1) {
		struct line l;
		char *text;

		if (!why_parse(w, s, len, &l))
			continue;
		if (!filter_match(&w->filter, &l)) {
			line_free(&l);
			continue;
		}
		text = redact_line(&redact, l.json) ? cJSON_PrintUnformatted(l.json) : NULL;
		line_free(&l);
		if (!text) {
			why_error("out of memory");
			goto out;
		}
		text_puts(&out, text);
		text_puts(&out, "\n");
		cJSON_free(text);
		if (!w->out)
			why_print(&out);
	}
	result = w->out ? write_out(w, w->out, &out) : WHY_DONE;
	if (result == WHY_DONE && w->refused_v)
		result = WHY_FAILED;
out:
	redact_free(&redact);
	tail_close(t);
	text_free(&out);
	return result;
}
