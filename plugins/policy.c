#include "policy.h"
#include "policy_arena.h"
#include "policy_json.h"
#include "policy_parts.h"
#include "policy_password.h"
#include "policy_table.h"
#include "regular.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* What is behind a policy's pointer: the arena that it lives in goes with it. */
struct policy_home {
	struct policy policy;
	struct arena arena;
};

static int digest_files(struct policy *p, const char *class_json, size_t class_len,
			const char *seats_json, size_t seats_len)
{
	uint8_t md[EVP_MAX_MD_SIZE];
	struct text hex = {.max = 128};
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(ctx, class_json, class_len) == 1 &&
		  EVP_DigestUpdate(ctx, seats_json, seats_len) == 1 &&
		  EVP_DigestFinal_ex(ctx, md, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	if (!ok)
		return -1;
	text_hex(&hex, md, POLICY_SHA256);
	ok = !hex.broken;
	if (ok)
		memcpy(p->digest, hex.s, sizeof(p->digest));
	text_free(&hex);
	return ok ? 0 : -1;
}

static int read_document(struct reader *r, struct arena *scratch, const char *s, size_t len,
			 const struct json **out)
{
	struct json_fault fault;

	*out = NULL;
	if (!s)
		return 0;
	if (len > POLICY_FILE_MAX)
		return read_fault(r, 1, "%zu bytes: expected at most %u", len, POLICY_FILE_MAX);
	*out = json_read(scratch, s, len, &fault);
	if (!*out)
		return read_fault(r, fault.line, "this is no JSON: expected %s", fault.expected);
	return 0;
}

int policy_parse(const char *class_json, size_t class_len, const char *seats_json, size_t seats_len,
		 const struct policy **out, struct text *error)
{
	struct policy_home *home = calloc(1, sizeof(*home));
	struct arena scratch = {0};
	struct making m = {0};
	struct reader class_r = {.file = POLICY_CLASS_FILE, .error = error};
	struct reader seats_r = {.file = POLICY_SEATS_FILE, .error = error};
	const struct json *class_doc, *seats_doc;
	int rc = -1;

	text_reset(error);
	if (!home) {
		text_puts(error, POLICY_CLASS_FILE ": no memory for a policy");
		return -1;
	}
	home->policy.holders = 1;
	m.policy = &home->policy;
	m.policy->has_roster = seats_json != NULL;
	class_r.keep = seats_r.keep = &home->arena;
	if (read_document(&class_r, &scratch, class_json, class_len, &class_doc) != 0 ||
	    class_read(&class_r, class_doc, &m) != 0 ||
	    read_document(&seats_r, &scratch, seats_json, seats_len, &seats_doc) != 0 ||
	    seats_read(&seats_r, seats_doc, &m) != 0 || class_seats(&class_r, &m) != 0)
		goto out;
	if (home->arena.broken || digest_files(m.policy, class_json, class_len,
					       seats_json ? seats_json : "", seats_len) != 0) {
		read_fault(&class_r, 1, "expected more memory");
		goto out;
	}
	*out = m.policy;
	rc = 0;
out:
	arena_free(&scratch);
	if (rc != 0)
		policy_release(m.policy);
	return rc;
}

const struct policy *policy_hold(const struct policy *policy)
{
	((struct policy_home *)policy)->policy.holders++;
	return policy;
}

void policy_release(const struct policy *policy)
{
	struct policy_home *home = (struct policy_home *)policy;
	struct arena arena;

	if (!home || --home->policy.holders > 0)
		return;
	arena = home->arena;
	arena_free(&arena);
	free(home);
}

/* A whole file into memory that the caller frees. Returns 1 where there is none and it may be
 * missing, else 0 or -1 with the error. */
static int file_read(const char *dir, const char *name, bool may_miss, char **out, size_t *len,
		     struct text *error)
{
	char path[4096];
	struct stat st;
	char *s = NULL;
	size_t got = 0;
	int fd, rc = -1;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = regular_open(path, 0, &st);
	if (fd < 0 && errno == ENOENT && may_miss)
		return 1;
	if (fd < 0)
		goto out;
	if ((uint64_t)st.st_size > POLICY_FILE_MAX) {
		errno = EFBIG;
		goto out;
	}
	s = malloc((size_t)st.st_size + 1);
	while (s && got < (size_t)st.st_size) {
		ssize_t n = read(fd, s + got, (size_t)st.st_size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			goto out;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	rc = s ? 0 : -1;
out:
	if (rc != 0) {
		text_printf(error, "%s:1: %s: expected a readable file of the class", path,
			    strerror(errno));
		free(s);
		s = NULL;
	}
	if (fd >= 0)
		close(fd);
	*out = s;
	*len = got;
	return rc;
}

int policy_load(const char *dir, const struct policy **out, struct text *error)
{
	char *class_json = NULL, *seats_json = NULL;
	size_t class_len = 0, seats_len = 0;
	int rc = -1;

	text_reset(error);
	if (file_read(dir, POLICY_CLASS_FILE, false, &class_json, &class_len, error) != 0 ||
	    file_read(dir, POLICY_SEATS_FILE, true, &seats_json, &seats_len, error) < 0)
		goto out;
	rc = policy_parse(class_json, class_len, seats_json, seats_len, out, error);
out:
	free(class_json);
	free(seats_json);
	return rc;
}

int policy_fits_broker(const struct policy *policy, int major, int minor, struct text *error)
{
	const struct listener *open = NULL;

	if (major != 2 || minor != 0 || !policy->has_open || !policy->has_deciding ||
	    policy->per_listener_settings)
		return 0;
	for (size_t i = 0; i < policy->listener_count && !open; i++)
		if (policy->listeners[i].profile == PROFILE_OPEN)
			open = &policy->listeners[i];
	text_reset(error);
	text_printf(error,
		    POLICY_CLASS_FILE
		    ":%u: listener %s is open beside listeners that decide: on Mosquitto 2.0 "
		    "this requires per_listener_settings true: expected "
		    "\"per_listener_settings\": true, or one kind of listeners",
		    open ? open->line : 1, open ? open->name : "");
	return -1;
}

bool policy_decides(const struct policy *policy)
{
	return policy->has_deciding;
}

const struct listener *policy_listener(const struct policy *policy, unsigned port)
{
	for (size_t i = 0; i < policy->listener_count; i++)
		if (policy->listeners[i].port == port)
			return &policy->listeners[i];
	if (policy->exercise_doors && port >= policy->exercise_port &&
	    port - policy->exercise_port + 1 < EXERCISE_COUNT)
		return &policy->exercise_doors[port - policy->exercise_port + 1];
	return NULL;
}

const struct listener *policy_listener_by_name(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->listener_count; i++)
		if (strcmp(policy->listeners[i].name, name) == 0)
			return &policy->listeners[i];
	for (int i = EXERCISE_NONE + 1; policy->exercise_doors && i < EXERCISE_COUNT; i++)
		if (strcmp(policy->exercise_doors[i].name, name) == 0)
			return &policy->exercise_doors[i];
	return NULL;
}

bool policy_keylog(const struct policy *policy, const struct listener *listener)
{
	for (size_t i = 0; i < policy->keylog.n; i++)
		if (strcmp(policy->keylog.v[i], listener->name) == 0)
			return true;
	return false;
}

/* Lower case, without a final dot; the length, or 0 where it can't be a host name. */
static size_t host_fold(char out[256], const char *s, size_t len)
{
	if (len && s[len - 1] == '.')
		len--;
	if (len == 0 || len > 253)
		return 0;
	for (size_t i = 0; i < len; i++)
		out[i] = (char)tolower((unsigned char)s[i]);
	out[len] = '\0';
	return len;
}

const struct seat *policy_seat_by_label(const struct policy *policy, const char *s, size_t len)
{
	return table_find(policy->table, KEY_LABEL, s, len);
}

const struct seat *policy_seat_by_host(const struct policy *policy, const char *s, size_t len)
{
	char host[256];
	size_t n = host_fold(host, s, len);

	return n ? table_find(policy->table, KEY_HOST, host, n) : NULL;
}

const struct seat *policy_seat_by_user(const struct policy *policy, const char *s, size_t len)
{
	return table_find(policy->table, KEY_USER, s, len);
}

const struct seat *policy_seat_by_client_id(const struct policy *policy, const char *s, size_t len)
{
	return table_find_client_id(policy->table, s, len);
}

const struct seat *policy_seat_by_cert(const struct policy *policy,
				       const uint8_t sha256[POLICY_SHA256], const char *subject)
{
	const struct seat *seat =
		table_find(policy->table, KEY_CERT, (const char *)sha256, POLICY_SHA256);

	if (seat || !subject)
		return seat;
	seat = table_find(policy->table, KEY_SUBJECT, subject, strlen(subject));
	/* a seat whose very certificate is known isn't had by another one with its subject */
	return seat && !seat->has_cert_sha256 ? seat : NULL;
}

/* What stands before ".<domain>", one label; NULL where it is no name of the class. */
static const char *below_domain(const struct policy *policy, const char *host, size_t len,
				size_t *label_len)
{
	size_t domain = strlen(policy->domain);

	if (len <= domain + 1 || host[len - domain - 1] != '.' ||
	    memcmp(host + len - domain, policy->domain, domain) != 0)
		return NULL;
	*label_len = len - domain - 1;
	return memchr(host, '.', *label_len) ? NULL : host;
}

bool policy_name_is_ours(const struct policy *policy, const struct listener *listener,
			 const char *sni, size_t len)
{
	char host[256];
	size_t n = host_fold(host, sni, len), label;

	if (n == 0)
		return false;
	if (strcmp(host, policy->domain) == 0 || below_domain(policy, host, n, &label))
		return true;
	for (size_t i = 0; listener && i < listener->sni.n; i++)
		if (strcmp(host, listener->sni.v[i]) == 0)
			return true;
	return table_find(policy->table, KEY_HOST, host, n) != NULL;
}

enum exercise_id policy_exercise(const struct policy *policy, const struct listener *listener,
				 const char *sni, size_t len)
{
	char host[256];
	const struct seat *seat;
	const char *label;
	size_t n, label_len;

	if (!listener || !listener->tls || listener->profile == PROFILE_OPEN)
		return EXERCISE_NONE;
	if (listener->exercise && policy->exercise_on[listener->exercise])
		return listener->exercise;
	n = sni ? host_fold(host, sni, len) : 0;
	if (n == 0)
		return EXERCISE_NONE;
	label = below_domain(policy, host, n, &label_len);
	if (label) {
		enum exercise_id e = exercise_by_name(label, label_len);

		if (e && policy->exercise_on[e])
			return e;
	}
	seat = table_find(policy->table, KEY_HOST, host, n);
	return seat ? seat->exercise : EXERCISE_NONE;
}

bool client_id_matches(const char *pattern, const char *id, size_t len)
{
	size_t i = 0;

	for (; *pattern; pattern++, i++) {
		if (*pattern == '*')
			return true;
		if (i == len)
			return false;
		if (*pattern == '#' ? !(id[i] >= '0' && id[i] <= '9') : id[i] != *pattern)
			return false;
	}
	return i == len;
}

bool seat_allows_client_id(const struct seat *seat, const char *id, size_t len)
{
	for (size_t i = 0; i < seat->client_ids.n; i++) {
		const char *own = seat->client_ids.v[i];
		size_t own_len = strlen(own);

		if (own[own_len - 1] == '*'
			    ? len >= own_len - 1 && memcmp(own, id, own_len - 1) == 0
			    : len == own_len && memcmp(own, id, len) == 0)
			return true;
	}
	return seat->client_ids.n == 0;
}

bool seat_password_is(const struct seat *seat, const void *password, size_t len)
{
	return password_is(&seat->password, password, len);
}
