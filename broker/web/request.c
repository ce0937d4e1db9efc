#include "request.h"

#include <string.h>
#include <strings.h>

#include <libwebsockets.h>

const char *request_arg(const struct request *rq, const char *name)
{
	for (int i = 0; i < rq->nargs; i++)
		if (strcmp(rq->args[i].name, name) == 0)
			return rq->args[i].value;
	return NULL;
}

static int header(struct lws *wsi, enum lws_token_indexes token, char *out, int size)
{
	out[0] = '\0';
	return lws_hdr_copy(wsi, out, size, token) > 0 ? 0 : -1;
}

static void custom(struct lws *wsi, const char *name, char *out, int size)
{
	out[0] = '\0';
	if (lws_hdr_custom_copy(wsi, out, size, name, (int)strlen(name)) < 0)
		out[0] = '\0';
}

/* Without a token only this machine's own names are ours: another name is a page on the net that
 * was made to point here, and a forwarded request is a proxy that lets the world in. */
static bool is_own_host(const struct page *p, const char *host)
{
	static const char *const own[] = {"localhost", "127.0.0.1", "::1", NULL};
	char name[256];

	record_address(host, name, sizeof(name));
	if (p->name && strcasecmp(name, p->name) == 0)
		return true;
	for (const char *const *o = own; *o; o++)
		if (strcasecmp(name, *o) == 0)
			return true;
	return strncmp(name, "127.", 4) == 0 && strspn(name, "0123456789.") == strlen(name);
}

static bool is_forwarded(struct lws *wsi)
{
	static const enum lws_token_indexes known[] = {
		WSI_TOKEN_X_FORWARDED_FOR, WSI_TOKEN_HTTP_X_REAL_IP, WSI_TOKEN_HTTP_VIA};
	static const char *const others[] = {
		"forwarded:", "x-forwarded-host:", "x-forwarded-proto:", "x-forwarded-server:"};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (lws_hdr_total_length(wsi, known[i]) > 0)
			return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (lws_hdr_custom_length(wsi, others[i], (int)strlen(others[i])) >= 0)
			return true;
	return false;
}

static bool may_come_without_token(const struct page *p, struct lws *wsi)
{
	char host[256];

	return header(wsi, WSI_TOKEN_HOST, host, sizeof(host)) == 0 && is_own_host(p, host) &&
	       !is_forwarded(wsi);
}

bool request_has_body(struct lws *wsi)
{
	char length[32];

	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
		return true;
	return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0 &&
	       (header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, length, sizeof(length)) != 0 ||
		strcmp(length, "0") != 0);
}

int request_read(struct request *rq, const struct page *p, struct lws *wsi, const char *path)
{
	char fragment[600], authorization[300], cookies[REQUEST_HEADERS], proto[16];
	int n;

	memset(rq, 0, sizeof(*rq));
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0)
		rq->head = true;
	else if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0)
		return 405;
	if (strlen(path) >= sizeof(rq->path))
		return 414;
	strcpy(rq->path, path);
	for (int i = 0; (n = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i)) > 0; i++) {
		char *value;

		if (n >= (int)sizeof(fragment) || rq->nargs == REQUEST_ARGS)
			return 414;
		lws_hdr_copy_fragment(wsi, fragment, sizeof(fragment), WSI_TOKEN_HTTP_URI_ARGS, i);
		value = strchr(fragment, '=');
		if (!value) /* libwebsockets makes a "/" of an empty query */
			continue;
		*value++ = '\0';
		if (strlen(fragment) >= sizeof(rq->args[0].name) ||
		    strlen(value) >= sizeof(rq->args[0].value))
			return 414;
		strcpy(rq->args[rq->nargs].name, fragment);
		strcpy(rq->args[rq->nargs++].value, value);
	}
	custom(wsi, "x-forwarded-proto:", proto, sizeof(proto));
	rq->https = p->tls || strcasecmp(proto, "https") == 0;
	custom(wsi, "last-event-id:", rq->last_event_id, sizeof(rq->last_event_id));
	header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, rq->if_none_match, sizeof(rq->if_none_match));
	header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, authorization, sizeof(authorization));
	header(wsi, WSI_TOKEN_HTTP_COOKIE, cookies, sizeof(cookies));
	rq->who = access_who(&p->access, authorization, cookies);
	if (!*p->access.token && !may_come_without_token(p, wsi))
		return 421;
	return 0;
}
