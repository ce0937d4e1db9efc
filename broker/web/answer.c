#include "answer.h"

#include <stdio.h>
#include <string.h>

#include <libwebsockets.h>

void answer_plain(struct answer *a, int status, const char *text)
{
	a->status = status;
	a->type = "text/plain; charset=utf-8";
	text_reset(&a->body);
	text_puts(&a->body, text);
}

void answer_redirect(struct answer *a, const char *to)
{
	answer_plain(a, 303, "");
	snprintf(a->location, sizeof(a->location), "%s", to);
	text_printf(&a->body, "see %s\n", to);
}

void answer_refuse(struct answer *a, int status)
{
	static const struct {
		int status;
		const char *text;
	} texts[] = {
		{405, "this page is read only: expected GET\n"},
		{414, "the address is too long, or has too many arguments\n"},
		{421,
		 "without a token this page answers on this machine's own name only "
		 "(localhost), and not behind a proxy: start doorstep-web with --token-file\n"},
		{503, "too many browsers follow this page: close some\n"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].status == status)
			answer_plain(a, status, texts[i].text);
}

static int add(struct lws *wsi, const char *name, const char *value, unsigned char **at,
	       unsigned char *end)
{
	if (!value || !*value)
		return 0;
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
					   (const unsigned char *)value, (int)strlen(value), at,
					   end);
}

int answer_head(const struct answer *a, struct lws *wsi, bool closes, unsigned char *out,
		size_t size)
{
	unsigned char *start = out, *at = start;
	unsigned char *end = out + size;
	char disposition[340] = "";
	int bad = 0;

	if (*a->filename)
		snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s\"",
			 a->filename);
	bad |= lws_add_http_common_headers(
		wsi, (unsigned)a->status, a->type,
		a->events ? LWS_ILLEGAL_HTTP_CONTENT_LEN : (lws_filepos_t)a->body.len, &at, end);
	bad |= add(wsi, "cache-control:", a->cache ? a->cache : "no-store", &at, end);
	bad |= add(wsi, "etag:", a->etag, &at, end);
	bad |= add(wsi, "set-cookie:", a->cookie, &at, end);
	bad |= add(wsi, "location:", a->location, &at, end);
	bad |= add(wsi, "content-disposition:", disposition, &at, end);
	if (a->status == 405)
		bad |= add(wsi, "allow:", "GET, HEAD", &at, end);
	if (closes && !a->events) /* else it says so anyway */
		bad |= add(wsi, "connection:", "close", &at, end);
	return bad ? -1 : lws_finalize_write_http_header(wsi, start, &at, end);
}
