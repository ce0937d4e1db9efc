#include "download.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "asset.h"
#include "publicfile.h"

static void asset_type(const char *name, struct answer *a)
{
	static const struct {
		const char *end, *type;
	} types[] = {{".js", "text/javascript; charset=utf-8"},
		     {".css", "text/css; charset=utf-8"},
		     {".html", "text/html; charset=utf-8"},
		     {".svg", "image/svg+xml"}};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(dot, types[i].end) == 0)
			a->type = types[i].type;
}

void download_asset(const struct request *rq, const char *name, struct answer *a)
{
	const struct asset *f = assets;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	while (f->name && strcmp(f->name, name) != 0)
		f++;
	if (!f->name) {
		answer_plain(a, 404, "there is no such file\n");
		return;
	}
	asset_type(name, a);
	a->cache = "no-cache";
	if (EVP_Digest(f->bytes, f->len, digest, &n, EVP_sha256(), NULL) == 1)
		snprintf(a->etag, sizeof(a->etag), "\"%02x%02x%02x%02x%02x%02x%02x%02x\"",
			 digest[0], digest[1], digest[2], digest[3], digest[4], digest[5],
			 digest[6], digest[7]);
	if (*a->etag && strstr(rq->if_none_match, a->etag)) { /* a proxy may have made it W/ */
		a->status = 304;
		return;
	}
	text_add(&a->body, (const char *)f->bytes, f->len);
}

void download_get_asset(struct page *p, const struct request *rq, const char *rest,
			struct answer *a)
{
	(void)p;
	download_asset(rq, rest, a);
}

static void send_file(struct answer *a, int rc, const char *name)
{
	if (rc == -EACCES)
		answer_plain(a, 403, "this file holds a private key and is not served\n");
	else if (rc != 0)
		answer_plain(a, 404, "there is no such file\n");
	if (rc != 0)
		return;
	a->type = "application/octet-stream";
	snprintf(a->filename, sizeof(a->filename), "%s", name);
}

/* exports/<label>.tar, exports/<label>/<file> */
void download_get_export(struct page *p, const struct request *rq, const char *rest,
			 struct answer *a)
{
	char label[256], path[4096];
	const char *slash = strchr(rest, '/');
	const char *name = slash ? slash + 1 : NULL;
	size_t len = slash ? (size_t)(slash - rest) : strlen(rest);
	bool tar = !slash && len > 4 && strcmp(rest + len - 4, ".tar") == 0;

	if (tar)
		len -= 4;
	snprintf(label, sizeof(label), "%.*s", (int)(len < 255 ? len : 255), rest);
	if ((!tar && !name) ||
	    (rq->who.role == AUDIENCE_STUDENT && strcmp(label, rq->who.seat) != 0)) {
		answer_plain(a, 404, "there is no such file\n");
		return;
	}
	snprintf(path, sizeof(path), "%s/exports", p->dir.path);
	if (tar)
		send_file(a, publicfile_bundle(p->dir.path, label, &a->body), rest);
	else
		send_file(a, publicfile_read(path, "public", label, name, &a->body), name);
}

/* /<host>.pem as the Academy's site has it; any name of this class gives the one certificate. */
bool download_pem(struct page *p, const char *path, struct answer *a)
{
	size_t len = strlen(path), domain = strlen(p->dir.domain);
	const char *host = path + 1;

	if (len < 6 || strcmp(path + len - 4, ".pem") != 0 || strchr(host, '/'))
		return false;
	len -= 5;
	if (!(len == 6 && strncmp(host, "server", 6) == 0) &&
	    !(domain && len == domain && strncasecmp(host, p->dir.domain, domain) == 0) &&
	    !(domain && len > domain + 1 && host[len - domain - 1] == '.' &&
	      strncasecmp(host + len - domain, p->dir.domain, domain) == 0))
		return false;
	if (!publicfile_name_ok(host))
		return false;
	send_file(a, publicfile_read(p->dir.path, "certs", "server.pem", NULL, &a->body), host);
	if (a->status == 200)
		a->type = "application/x-pem-file";
	return true;
}
