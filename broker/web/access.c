#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

static void proof(const struct access *a, const char *what, const char *label, char *out)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	char text[192];
	int n = snprintf(text, sizeof(text), "%s:%s", what, label);

	if (n < 0 || (size_t)n >= sizeof(text))
		n = 0;
	HMAC(EVP_sha256(), a->token, (int)strlen(a->token), (const unsigned char *)text, (size_t)n,
	     mac, &len);
	for (int i = 0; i < ACCESS_KEY_LEN / 2; i++)
		snprintf(out + 2 * i, 3, "%02x", mac[i]);
}

static bool same(const char *a, const char *b)
{
	size_t len = strlen(a);

	return len && len == strlen(b) && CRYPTO_memcmp(a, b, len) == 0;
}

static int make_token(const char *path, char *error, size_t size)
{
	unsigned char bytes[16];
	char line[2 * sizeof(bytes) + 2];
	int fd;
	bool ok;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
		snprintf(error, size, "no random bytes for a token");
		return -1;
	}
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(line + 2 * i, 3, "%02x", bytes[i]);
	line[sizeof(line) - 2] = '\n';
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		snprintf(error, size, "cannot make the token file %s: %s", path, strerror(errno));
		return -1;
	}
	ok = write(fd, line, sizeof(line) - 1) == (ssize_t)sizeof(line) - 1;
	ok = close(fd) == 0 && ok;
	if (!ok) {
		unlink(path);
		snprintf(error, size, "cannot write the token file %s", path);
	}
	return ok ? 0 : -1;
}

int access_load(struct access *a, const char *path, bool make, char *error, size_t size)
{
	struct stat st;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = -1;

	a->token[0] = '\0';
	if (fd < 0 && errno == ENOENT && make) {
		if (make_token(path, error, size) != 0)
			return -1;
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0 || fstat(fd, &st) != 0) {
		snprintf(error, size, "cannot read the token file %s: %s", path, strerror(errno));
		goto out;
	}
	if (st.st_mode & 077) {
		snprintf(error, size,
			 "the token file %s can be read by others (mode %04o); expected 0600: "
			 "chmod 600 %s",
			 path, (unsigned)(st.st_mode & 07777), path);
		goto out;
	}
	n = read(fd, a->token, sizeof(a->token) - 1);
	if (n < 0)
		n = 0;
	a->token[n] = '\0';
	a->token[strcspn(a->token, "\r\n")] = '\0';
	if (strlen(a->token) < ACCESS_TOKEN_MIN) {
		snprintf(error, size,
			 "the token in %s has %zu characters; expected one line of at least %d: "
			 "remove the file and a new one is made",
			 path, strlen(a->token), ACCESS_TOKEN_MIN);
		a->token[0] = '\0';
		goto out;
	}
	rc = 0;
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

void access_seat_key(const struct access *a, const char *label, char *out)
{
	proof(a, "seat", label, out);
}

bool access_is_token(const struct access *a, const char *token)
{
	return same(a->token, token);
}

bool access_is_seat_key(const struct access *a, const char *label, const char *key)
{
	char right[ACCESS_KEY_LEN + 1];

	if (!*a->token || !*label)
		return false;
	proof(a, "seat", label, right);
	return same(right, key);
}

/* "t.<proof>" or "s.<proof>.<label>": the token itself is not kept in browsers. */
void access_cookie(const struct access *a, const struct audience *who, char *out, size_t size)
{
	char mac[ACCESS_KEY_LEN + 1];

	proof(a, who->role == AUDIENCE_TEACHER ? "cookie-teacher" : "cookie-seat", who->seat, mac);
	if (who->role == AUDIENCE_TEACHER)
		snprintf(out, size, "t.%s", mac);
	else
		snprintf(out, size, "s.%s.%s", mac, who->seat);
}

static struct audience who_cookie(const struct access *a, const char *value, size_t len)
{
	struct audience who = {AUDIENCE_NONE, ""};
	char got[256], right[256];

	if (len < 2 + ACCESS_KEY_LEN || len >= sizeof(got))
		return who;
	memcpy(got, value, len);
	got[len] = '\0';
	if (got[0] == 't') {
		who.role = AUDIENCE_TEACHER;
	} else if (got[0] == 's' && got[2 + ACCESS_KEY_LEN] == '.' &&
		   strlen(got + 3 + ACCESS_KEY_LEN) < sizeof(who.seat)) {
		who.role = AUDIENCE_STUDENT;
		strcpy(who.seat, got + 3 + ACCESS_KEY_LEN);
	} else {
		return who;
	}
	access_cookie(a, &who, right, sizeof(right));
	if (!same(right, got))
		who = (struct audience){AUDIENCE_NONE, ""};
	return who;
}

struct audience access_who(const struct access *a, const char *authorization, const char *cookies)
{
	static const char name[] = "doorstep=";
	struct audience who = {AUDIENCE_NONE, ""};

	if (!*a->token)
		return (struct audience){AUDIENCE_TEACHER, ""};
	if (authorization && strncmp(authorization, "Bearer ", 7) == 0 &&
	    access_is_token(a, authorization + 7))
		return (struct audience){AUDIENCE_TEACHER, ""};
	for (const char *c = cookies; c && *c;) {
		size_t len;

		c += strspn(c, " ;");
		len = strcspn(c, ";");
		if (strncmp(c, name, sizeof(name) - 1) == 0)
			who = who_cookie(a, c + sizeof(name) - 1, len - (sizeof(name) - 1));
		if (who.role != AUDIENCE_NONE)
			break;
		c += len;
	}
	return who;
}
