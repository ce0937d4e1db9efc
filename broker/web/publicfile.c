#include "publicfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>

#define TAR_BLOCK 512

bool publicfile_name_ok(const char *name)
{
	size_t len = strlen(name);

	return len && len < 200 && *name != '.' &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
		       len;
}

bool publicfile_holds_key(const char *bytes, size_t len)
{
	static const char *const marks[] = {"PRIVATE KEY", "PRIVATE\\x20KEY", "AGE-SECRET-KEY"};
	const unsigned char *p = (const unsigned char *)bytes;
	EVP_PKEY *key;
	X509_SIG *sealed;
	PKCS12 *bag;
	bool found;

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (memmem(bytes, len, marks[i], strlen(marks[i])))
			return true;
	if (len < 16 || p[0] != 0x30)
		return false;
	key = d2i_AutoPrivateKey(NULL, &p, (long)len);
	p = (const unsigned char *)bytes;
	sealed = key ? NULL : d2i_X509_SIG(NULL, &p, (long)len);
	p = (const unsigned char *)bytes;
	bag = key || sealed ? NULL : d2i_PKCS12(NULL, &p, (long)len);
	found = key || sealed || bag;
	ERR_clear_error();
	EVP_PKEY_free(key);
	X509_SIG_free(sealed);
	PKCS12_free(bag);
	return found;
}

/* One component below fd; no links, no devices. */
static int step(int fd, const char *name, int flags)
{
	int next;

	if (!publicfile_name_ok(name)) {
		close(fd);
		errno = ENOENT;
		return -1;
	}
	next = openat(fd, name, flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	close(fd);
	return next;
}

int publicfile_read(const char *dir, const char *a, const char *b, const char *c, struct text *out)
{
	const char *names[] = {a, b, c};
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t start = out->len;
	struct stat st;
	char buf[4096];
	ssize_t n;
	int rc;

	for (int i = 0; i < 3 && names[i] && fd >= 0; i++)
		fd = step(fd, names[i], i < 2 && names[i + 1] ? O_DIRECTORY : 0);
	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP ? -ENOENT : -errno;
	rc = -ENOENT;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		goto out;
	rc = -EFBIG;
	if (st.st_size > (off_t)PUBLICFILE_MAX)
		goto out;
	while ((n = read(fd, buf, sizeof(buf))) > 0 && out->len - start <= PUBLICFILE_MAX)
		text_add(out, buf, (size_t)n);
	rc = n < 0 ? -errno : 0;
	if (rc == 0 && out->len > start && publicfile_holds_key(out->s + start, out->len - start))
		rc = -EACCES;
out:
	if (rc != 0 && out->s)
		out->s[out->len = start] = '\0';
	close(fd);
	return rc;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int may_list(const struct dirent *d)
{
	return publicfile_name_ok(d->d_name);
}

void publicfile_exports(const char *dir, const char *label, struct text *out)
{
	char path[4096];
	struct dirent **found = NULL;
	int n, listed = 0;

	snprintf(path, sizeof(path), "%s/exports/public/%s", dir, label ? label : "");
	n = scandir(path, &found, may_list, by_name);
	text_puts(out, label ? "[" : "{");
	for (int i = 0; i < n; i++) {
		const char *name = found[i]->d_name;
		struct text body = {0};

		if (!label) {
			text_puts(out, listed++ ? "," : "");
			text_json(out, name, strlen(name), 0);
			text_puts(out, ":");
			publicfile_exports(dir, name, out);
		} else {
			snprintf(path, sizeof(path), "%s/exports", dir);
			if (publicfile_read(path, "public", label, name, &body) == 0) {
				text_puts(out, listed++ ? ",{\"name\":" : "{\"name\":");
				text_json(out, name, strlen(name), 0);
				text_printf(out, ",\"bytes\":%zu}", body.len);
			}
		}
		text_free(&body);
		free(found[i]);
	}
	free(found);
	text_puts(out, label ? "]" : "}");
}

static void tar_add(struct text *out, const char *label, const char *name, const struct text *body)
{
	char head[TAR_BLOCK] = {0};
	static const char zeros[TAR_BLOCK];
	unsigned sum = 0;

	snprintf(head, 100, "%.60s/%.38s", label, name);
	snprintf(head + 100, 8, "%07o", 0644U);
	snprintf(head + 108, 8, "%07o", 0U);
	snprintf(head + 116, 8, "%07o", 0U);
	snprintf(head + 124, 12, "%011zo", body->len);
	snprintf(head + 136, 12, "%011o", 0U);
	memset(head + 148, ' ', 8);
	head[156] = '0';
	memcpy(head + 257, "ustar\00000", 8);
	for (int i = 0; i < TAR_BLOCK; i++)
		sum += (unsigned char)head[i];
	snprintf(head + 148, 8, "%06o", sum & 0777777U);
	text_add(out, head, sizeof(head));
	text_add(out, body->s, body->len);
	text_add(out, zeros, (TAR_BLOCK - body->len % TAR_BLOCK) % TAR_BLOCK);
}

int publicfile_bundle(const char *dir, const char *label, struct text *out)
{
	static const char zeros[2 * TAR_BLOCK];
	struct dirent **found = NULL;
	char path[4096];
	int n, added = 0;

	if (!publicfile_name_ok(label))
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/exports/public/%s", dir, label);
	n = scandir(path, &found, may_list, by_name);
	snprintf(path, sizeof(path), "%s/exports", dir);
	for (int i = 0; i < n; i++) {
		struct text body = {0};

		if (strlen(found[i]->d_name) <= 38 &&
		    publicfile_read(path, "public", label, found[i]->d_name, &body) == 0) {
			tar_add(out, label, found[i]->d_name, &body);
			added++;
		}
		text_free(&body);
		free(found[i]);
	}
	free(found);
	text_add(out, zeros, sizeof(zeros));
	return added ? 0 : -ENOENT;
}
