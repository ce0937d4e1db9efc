#include "fix.h"
#include "regular.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (64U * 1024U * 1024U)

/* A whole regular file, NUL-terminated; NULL if it cannot be had. */
static char *read_file(const char *dir, const char *name)
{
	struct text path = {.max = 4096};
	char *s = NULL;
	struct stat st;
	size_t len = 0;
	int fd = -1;

	text_printf(&path, "%s/%s", dir, name);
	if (!path.broken)
		fd = regular_open(path.s, 0, &st);
	if (fd < 0 || st.st_size > (off_t)FILE_MAX)
		goto out;
	s = malloc((size_t)st.st_size + 1);
	while (s && len < (size_t)st.st_size) {
		ssize_t n = read(fd, s + len, (size_t)st.st_size - len);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (s)
		s[len] = '\0';
out:
	if (fd >= 0)
		close(fd);
	text_free(&path);
	return s;
}

static cJSON *read_json(const char *dir, const char *name)
{
	char *s = read_file(dir, name);
	cJSON *json = s ? cJSON_Parse(s) : NULL;

	free(s);
	return json;
}

void fix_load(struct fix *fix, const char *class_dir)
{
	*fix = (struct fix){.class_dir = class_dir, .value = {.max = 65536}};
	fix->run = read_json(class_dir, "run.json");
	fix->seats = read_json(class_dir, "seats.json");
}

void fix_free(struct fix *fix)
{
	cJSON_Delete(fix->run);
	cJSON_Delete(fix->seats);
	text_free(&fix->value);
	*fix = (struct fix){0};
}

static const cJSON *in_run(const struct fix *fix, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(fix->run, name);
}

static const char *domain(const struct fix *fix)
{
	const char *d = cJSON_GetStringValue(in_run(fix, "domain"));

	return d ? d : cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(fix->seats, "domain"));
}

/* The entry of a list whose member `key` is `value`. */
static const cJSON *find(const cJSON *list, const char *key, const char *value)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		const char *v = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, key));

		if (v && value && strcmp(v, value) == 0)
			return item;
	}
	return NULL;
}

/* The seat of the visit as the roster has it: only such a label may become part of a file name. */
static const cJSON *seat(const struct fix *fix)
{
	return fix->line ? find(cJSON_GetObjectItemCaseSensitive(fix->seats, "seats"), "label",
				fix->line->seat)
			 : NULL;
}

static const char *seat_string(const struct fix *fix, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(seat(fix), key));
}

static void put(struct fix *fix, const char *s)
{
	if (s)
		text_show(&fix->value, s, strlen(s), 4096);
}

static void put_number(struct fix *fix, const cJSON *n)
{
	if (cJSON_IsNumber(n))
		text_printf(&fix->value, "%.15g", n->valuedouble);
}

/* A PEM file of a seat, without its last newline. Its own newlines are wanted, so it is let through
 * only if it is plain text that belongs into a certificate. */
static void put_pem(struct fix *fix, const char *label, const char *fmt)
{
	struct text name = {.max = 512};
	char *pem = NULL;
	size_t len;

	if (label && !strchr(label, '/') && label[0] != '.') {
		const char *at = strchr(fmt, '*');

		text_add(&name, fmt, (size_t)(at - fmt));
		text_puts(&name, label);
		text_puts(&name, at + 1);
		pem = name.broken ? NULL : read_file(fix->class_dir, name.s);
	}
	if (pem) {
		len = strlen(pem);
		while (len && pem[len - 1] == '\n')
			len--;
		pem[len] = '\0';
		if (strncmp(pem, "-----BEGIN CERTIFICATE-----", 27) == 0 &&
		    strspn(pem,
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=- \n") ==
			    len)
			text_add(&fix->value, pem, len);
	}
	free(pem);
	text_free(&name);
}

static void tag(struct fix *fix)
{
	const cJSON *own = cJSON_GetObjectItemCaseSensitive(seat(fix), "tag");

	if (!own)
		own = in_run(fix, "tag");
	put_number(fix, own ? own : cJSON_GetObjectItemCaseSensitive(fix->seats, "tag"));
}

static void host(struct fix *fix)
{
	const char *own = seat_string(fix, "host");

	put(fix, own ? own : domain(fix));
}

static void port(struct fix *fix)
{
	const cJSON *listeners = in_run(fix, "listeners"), *l = NULL;

	if (fix->line)
		put_number(fix, line_at(fix->line, "port"));
	if (fix->value.len)
		return;
	if (fix->line)
		l = find(listeners, "name", fix->line->listener);
	if (!l)
		l = cJSON_GetArrayItem(listeners, 0);
	put_number(fix, cJSON_GetObjectItemCaseSensitive(l, "port"));
}

/* As the modem lists it: in capitals. */
static void of_certificate(struct fix *fix, const char *key)
{
	const char *hex = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(in_run(fix, "certificate"), key));

	for (; hex && *hex; hex++) {
		char c = *hex >= 'a' && *hex <= 'f' ? (char)(*hex - 'a' + 'A') : *hex;

		if (!strchr("0123456789ABCDEF", c)) {
			text_reset(&fix->value);
			return;
		}
		text_add(&fix->value, &c, 1);
	}
}

static void hash(struct fix *fix)
{
	of_certificate(fix, "sha256_pem");
}

static void hash_trimmed(struct fix *fix)
{
	of_certificate(fix, "sha256_pem_trimmed");
}

static void class_dir(struct fix *fix)
{
	put(fix, fix->class_dir);
}

static void class_domain(struct fix *fix)
{
	put(fix, domain(fix));
}

/* These get into shell commands: what is not of the usual form stays open. */
static void put_word(struct fix *fix, const char *s)
{
	if (s && *s && *s != '-' &&
	    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
		    strlen(s))
		text_puts(&fix->value, s);
}

static void seat_label(struct fix *fix)
{
	put_word(fix, fix->line ? fix->line->seat : NULL);
}

static void client_id(struct fix *fix)
{
	put(fix, fix->line ? fix->line->client_id : NULL);
}

static void id(struct fix *fix)
{
	put_word(fix, fix->line ? fix->line->id : NULL);
}

static void ca_cert(struct fix *fix)
{
	const char *label = seat_string(fix, "label");
	const cJSON *first =
		cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(fix->seats, "seats"), 0);

	/* it is the same for all */
	if (!label)
		label = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(first, "label"));
	put_pem(fix, label, "exports/public/*/ca-cert.pem");
}

static void client_cert(struct fix *fix)
{
	put_pem(fix, seat_string(fix, "label"), "exports/private/*/client-cert.pem");
}

static void never(struct fix *fix)
{
	(void)fix;
}

static const struct {
	const char *name;
	void (*put)(struct fix *);
} values[] = {
	{"tag", tag},
	{"host", host},
	{"port", port},
	{"hash", hash},
	{"hash_trimmed", hash_trimmed},
	{"class", class_dir},
	{"domain", class_domain},
	{"seat", seat_label},
	{"client_id", client_id},
	{"id", id},
	{"ca-cert.pem", ca_cert},
	{"client-cert.pem", client_cert},
	{"private-key.pem", never},
};

const char *fix_value(const char *name, void *arg)
{
	struct fix *fix = arg;

	text_reset(&fix->value);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strcmp(values[i].name, name) == 0)
			values[i].put(fix);
	return fix->value.len && !fix->value.broken ? fix->value.s : NULL;
}
