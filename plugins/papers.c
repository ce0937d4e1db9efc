#include "papers.h"
#include "regular.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#define LAST_GOOD_MAX (4U << 20)

struct papers {
	size_t count;
	struct {
		char *name;
		STACK_OF(X509_CRL) * lists; /* one of each issuer */
	} files[POLICY_LISTENERS_MAX];
};

static STACK_OF(X509_CRL) * lists_of(const struct papers *papers, const char *path)
{
	for (size_t i = 0; i < papers->count; i++)
		if (strcmp(papers->files[i].name, path) == 0)
			return papers->files[i].lists;
	return NULL;
}

static void lists_free(STACK_OF(X509_CRL) * lists)
{
	sk_X509_CRL_pop_free(lists, X509_CRL_free);
}

/* All of them, at least one; NULL where the file holds something else. */
static STACK_OF(X509_CRL) * lists_read(FILE *f)
{
	STACK_OF(X509_CRL) *lists = sk_X509_CRL_new_null();
	X509_CRL *crl;

	while (lists && (crl = PEM_read_X509_CRL(f, NULL, NULL, NULL)) != NULL)
		if (!sk_X509_CRL_push(lists, crl)) {
			X509_CRL_free(crl);
			break;
		}
	if (sk_X509_CRL_num(lists) > 0 &&
	    ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
		return lists;
	lists_free(lists);
	return NULL;
}

FILE *paper_open(const char *path)
{
	struct stat st;
	int fd = regular_open(path, 0, &st);
	FILE *f;

	if (fd < 0)
		return NULL;
	f = fdopen(fd, "r");
	if (!f)
		close(fd);
	return f;
}

static int lists_load(struct papers *papers, const char *dir, const char *name, struct text *error)
{
	char path[4096];
	STACK_OF(X509_CRL) *lists = NULL;
	FILE *f;

	if (lists_of(papers, name))
		return 0;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = paper_open(path);
	if (!f && errno == ENOENT)
		return 0;
	if (f) {
		lists = lists_read(f);
		fclose(f);
	}
	papers->files[papers->count].name = lists ? strdup(name) : NULL;
	if (!papers->files[papers->count].name) {
		lists_free(lists);
		text_printf(error,
			    "%s:1: expected revocation lists in PEM, as doorstep-ca crl makes it",
			    path);
		return -1;
	}
	papers->files[papers->count++].lists = lists;
	return 0;
}

struct papers *papers_load(const char *dir, const struct policy *policy, struct text *error)
{
	struct papers *papers = calloc(1, sizeof(*papers));

	text_reset(error);
	if (!papers)
		text_puts(error, "no memory for revocation lists");
	for (size_t i = 0; papers && i < policy->listener_count; i++) {
		if (!policy->listeners[i].crl ||
		    lists_load(papers, dir, policy->listeners[i].crl, error) == 0)
			continue;
		papers_free(papers);
		return NULL;
	}
	return papers;
}

void papers_free(struct papers *papers)
{
	for (size_t i = 0; papers && i < papers->count; i++) {
		free(papers->files[i].name);
		lists_free(papers->files[i].lists);
	}
	free(papers);
}

/* X509_V_OK: it is in force now. */
static int list_check(const X509_CRL *crl)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);

	if (X509_cmp_current_time(X509_CRL_get0_lastUpdate(crl)) > 0)
		return X509_V_ERR_CRL_NOT_YET_VALID;
	return next && X509_cmp_current_time(next) < 0 ? X509_V_ERR_CRL_HAS_EXPIRED : X509_V_OK;
}

int papers_check(const struct papers *papers, const struct listener *listener, X509 *cert)
{
	STACK_OF(X509_CRL) *lists = listener->crl ? lists_of(papers, listener->crl) : NULL;
	int stale = sk_X509_CRL_num(lists) > 0 ? X509_V_ERR_UNABLE_TO_GET_CRL : X509_V_OK;
	bool in_force = false;

	for (int i = 0; i < sk_X509_CRL_num(lists); i++) {
		X509_CRL *crl = sk_X509_CRL_value(lists, i);
		X509_REVOKED *revoked;
		int of_list;

		if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(cert)) != 0)
			continue;
		of_list = list_check(crl);
		if (of_list == X509_V_OK && X509_CRL_get0_by_cert(crl, &revoked, cert) == 1)
			return X509_V_ERR_CERT_REVOKED;
		if (of_list == X509_V_OK)
			in_force = true;
		else
			stale = of_list;
	}
	return in_force ? X509_V_OK : stale;
}

void last_good_read(const char *dir, struct seats *seats)
{
	char path[4096];
	struct stat st;
	char *s;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/" LAST_GOOD_FILE, dir);
	fd = regular_open(path, O_NOFOLLOW, &st);
	if (fd < 0)
		return;
	if (st.st_size > 0 && st.st_size <= (off_t)LAST_GOOD_MAX) {
		s = malloc((size_t)st.st_size);
		n = s ? read(fd, s, (size_t)st.st_size) : -1;
		if (n > 0)
			seats_good_parse(seats, s, (size_t)n);
		free(s);
	}
	close(fd);
}

void last_good_write(const char *dir, const char *text)
{
	char path[4096], fresh[4104];
	size_t len = strlen(text);
	bool ok;
	int fd;

	snprintf(path, sizeof(path), "%s/state", dir);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/" LAST_GOOD_FILE, dir);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	ok = write(fd, text, len) == (ssize_t)len;
	if (close(fd) != 0 || !ok || rename(fresh, path) != 0)
		unlink(fresh);
}
