#include "papers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/pem.h>

#define LAST_GOOD_MAX (4U << 20)

struct papers {
	size_t count;
	struct {
		char *name;
		X509_CRL *crl;
	} crls[POLICY_LISTENERS_MAX];
};

static X509_CRL *crl_of(const struct papers *papers, const char *path)
{
	for (size_t i = 0; i < papers->count; i++)
		if (strcmp(papers->crls[i].name, path) == 0)
			return papers->crls[i].crl;
	return NULL;
}

static int crl_load(struct papers *papers, const char *dir, const char *name, struct text *error)
{
	char path[4096];
	X509_CRL *crl = NULL;
	FILE *f;

	if (crl_of(papers, name))
		return 0;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	if (!f && errno == ENOENT)
		return 0;
	if (f) {
		crl = PEM_read_X509_CRL(f, NULL, NULL, NULL);
		fclose(f);
	}
	papers->crls[papers->count].name = crl ? strdup(name) : NULL;
	if (!papers->crls[papers->count].name) {
		X509_CRL_free(crl);
		text_printf(error,
			    "%s:1: expected a revocation list in PEM, as doorstep-ca crl makes it",
			    path);
		return -1;
	}
	papers->crls[papers->count++].crl = crl;
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
		    crl_load(papers, dir, policy->listeners[i].crl, error) == 0)
			continue;
		papers_free(papers);
		return NULL;
	}
	return papers;
}

void papers_free(struct papers *papers)
{
	for (size_t i = 0; papers && i < papers->count; i++) {
		free(papers->crls[i].name);
		X509_CRL_free(papers->crls[i].crl);
	}
	free(papers);
}

bool papers_revoke(const struct papers *papers, const struct listener *listener, X509 *cert)
{
	X509_CRL *crl = listener->crl ? crl_of(papers, listener->crl) : NULL;
	X509_REVOKED *revoked = NULL;

	return crl && X509_CRL_get0_by_cert(crl, &revoked, cert) == 1;
}

void last_good_read(const char *dir, struct seats *seats)
{
	char path[4096];
	struct stat st;
	char *s;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/" LAST_GOOD_FILE, dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= (off_t)LAST_GOOD_MAX) {
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
