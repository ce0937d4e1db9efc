#include "handout.h"

#include <string.h>
#include <qrencode.h>

static void html(struct text *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (s[i]) {
		case '<':
			text_puts(out, "&lt;");
			break;
		case '>':
			text_puts(out, "&gt;");
			break;
		case '&':
			text_puts(out, "&amp;");
			break;
		case '"':
			text_puts(out, "&quot;");
			break;
		case '\r':
			break;
		default:
			text_add(out, s + i, 1);
		}
	}
}

void handout_qr(struct text *out, const char *content)
{
	QRcode *code = QRcode_encodeString8bit(content, 0, QR_ECLEVEL_L);

	if (!code)
		return;
	/* Four modules of quiet around it; one path, row by row. */
	text_printf(out,
		    "<svg class=\"qr\" viewBox=\"-4 -4 %d %d\" role=\"img\" aria-label=\"QR code\" "
		    "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M-4-4h%dv%dh-%dz\"/>"
		    "<path d=\"",
		    code->width + 8, code->width + 8, code->width + 8, code->width + 8,
		    code->width + 8);
	for (int y = 0; y < code->width; y++)
		for (int x = 0; x < code->width;) {
			const unsigned char *row = code->data + (ptrdiff_t)y * code->width;
			int run = 0;

			while (x + run < code->width && (row[x + run] & 1))
				run++;
			if (run)
				text_printf(out, "M%d %dh%dv1h-%dz", x, y, run, run);
			x += run ? run : 1;
		}
	text_puts(out, "\"/></svg>\n");
	QRcode_free(code);
}

void handout_begin(struct text *out, const struct handout *h)
{
	text_puts(out, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>");
	html(out, h->domain, strlen(h->domain));
	text_puts(
		out,
		": hand-out</title>\n<style>\n"
		"body { font: 11pt/1.35 sans-serif; margin: 1.5cm; color: #000; background: #fff; }\n"
		".card { border: 1px solid #000; border-radius: 4px; padding: .4cm .6cm; "
		"margin: 0 0 .6cm; break-inside: avoid; overflow: hidden; }\n"
		"h2 { margin: 0 0 .2cm; font-size: 20pt; }\n"
		"dl { display: grid; grid-template-columns: max-content 1fr; gap: .05cm .5cm; "
		"margin: 0; }\ndt { color: #444; }\ndd { margin: 0; }\n"
		"code, pre { font-family: monospace; font-size: 8.5pt; overflow-wrap: anywhere; "
		"white-space: pre-wrap; }\n"
		/* Not after the hyphen of -D, where it would be read as two words. */
		"code { word-break: break-all; }\npre { font-size: 7pt; line-height: 1.15; margin: .2cm 0 0; }\n"
		".qr { float: right; width: 4.5cm; height: 4.5cm; margin: 0 0 .2cm .4cm; }\n"
		"@media print { body { margin: 0; } }\n</style>\n");
}

static void row(struct text *out, const char *what, const char *value)
{
	text_printf(out, "<dt>%s</dt><dd><code>", what);
	html(out, value, strlen(value));
	text_puts(out, "</code></dd>\n");
}

/* What one version of the Academy's exercise has to be told. */
static void academy(struct text *out, const struct handout *h, const char *host, bool new)
{
	struct text line = {0};

	text_printf(&line, "-DCONFIG_MQTT_%sBROKER_HOSTNAME=\\\"%s\\\"", new ? "SAMPLE_" : "",
		    host);
	if (h->port != 8883)
		text_printf(&line, " -DCONFIG_MQTT_%s_PORT=%ld", new ? "HELPER" : "BROKER",
			    h->port);
	if (h->material->tag != 24)
		text_printf(&line, " -DCONFIG_MQTT_%s_SEC_TAG=%ld", new ? "HELPER" : "TLS",
			    h->material->tag);
	row(out, new ? "l4_e2 from v3.2" : "l4_e2 up to v3.1", line.s ? line.s : "");
	row(out, "and replace",
	    new ? "credentials/ca-cert.pem by ca-cert.pem; pristine build"
		: "src/certificate.h by certificate.h");
	text_free(&line);
}

void handout_card(struct text *out, const struct handout *h, const char *label, const char *host,
		  const char *client_id)
{
	struct text value = {0};
	char sum[65];

	text_puts(out, "<section class=\"card\">\n");
	if (h->url) {
		size_t len = strlen(h->url);

		len -= len && h->url[len - 1] == '/';
		text_printf(&value, "%.*s/seat/%s", (int)len, h->url, label);
		handout_qr(out, value.s ? value.s : "");
	} else {
		handout_qr(out, h->material->ca.s);
	}
	text_puts(out, "<h2>");
	html(out, label, strlen(label));
	text_puts(out, "</h2>\n<dl>\n");
	row(out, "host name", host);
	text_reset(&value);
	text_printf(&value, "%ld", h->port);
	row(out, "port", value.s ? value.s : "");
	text_reset(&value);
	text_printf(&value, "%ld", h->material->tag);
	row(out, "security tag", value.s ? value.s : "");
	row(out, "client id", client_id);
	export_sha256(sum, &h->material->ca, true);
	row(out, "AT%CMNG=1 shows", sum);
	export_sha256(sum, &h->material->ca, false);
	row(out, "or, written by firmware", sum);
	academy(out, h, host, false);
	academy(out, h, host, true);
	text_puts(out, "</dl>\n<pre>");
	text_reset(&value);
	export_at_lines(&value, h->material);
	if (value.s)
		html(out, value.s, value.len);
	text_puts(out, "</pre>\n</section>\n");
	out->broken |= value.broken;
	text_free(&value);
}

void handout_end(struct text *out)
{
	text_puts(out, "</html>\n");
}
