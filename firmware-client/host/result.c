#include "result.h"

#include <inttypes.h>
#include <string.h>

const char *result_code(const struct board *board)
{
	/* A tag that was only remarked upon is no failure of a board that was let in. */
	return board->ended_well ? NULL : board->client.last.code;
}

static void put_string(struct text *out, const char *name, const char *value)
{
	if (!value || !value[0])
		return;
	text_printf(out, ",\"%s\":", name);
	text_json(out, value, strlen(value), 1000);
}

static void put_tls(const struct board *board, struct text *out)
{
	const struct tls_seen *seen = &board->seen;

	if (!seen->hello_sent)
		return;
	text_printf(out, ",\"tls\":{\"handshake\":%s,\"resumed\":%s", seen->done ? "true" : "false",
		    seen->resumed ? "true" : "false");
	put_string(out, "cipher", seen->cipher);
	put_string(out, "sni", seen->sni);
	if (seen->certificate)
		text_printf(out, ",\"chain_bytes\":%zu,\"certificates\":%zu", seen->chain_bytes,
			    seen->chain_count);
	if (seen->alert_in >= 0)
		text_printf(out, ",\"alert_in\":%d", seen->alert_in);
	if (seen->alert_out >= 0)
		text_printf(out, ",\"alert_out\":%d", seen->alert_out);
	if (seen->largest_record)
		text_printf(out, ",\"largest_record\":%zu", seen->largest_record);
	for (unsigned i = 0; i < seen->assumed_count; i++) {
		text_puts(out, i ? "," : ",\"assumed\":[");
		text_json(out, seen->assumed[i], strlen(seen->assumed[i]), 200);
	}
	text_puts(out, seen->assumed_count ? "]}" : "}");
}

static void put_mend(const struct board *board, struct text *out)
{
	char line[CLIENT_LINE_BYTES];
	const struct client *c = &board->client;

	text_puts(out, ",\"do\":[");
	for (unsigned i = 0; diagnosis_mend(&c->last, &c->names, i, line, sizeof(line)); i++) {
		text_puts(out, i ? "," : "");
		text_json(out, line, strlen(line), sizeof(line));
	}
	text_puts(out, "]");
}

void result_put(const struct board *board, struct text *out)
{
	const struct client *c = &board->client;
	const char *code = result_code(board);

	text_puts(out, "{\"board\":");
	text_json(out, board->plan.name, strlen(board->plan.name), 64);
	put_string(out, "client_id", c->client_id);
	put_string(out, "imei", c->imei);
	put_string(out, board->plan.stack == STACK_MODEM ? "modem" : "stack",
		   board->plan.stack == STACK_MODEM ? board->plan.firmware->version : "mbedtls");
	put_string(out, "host", board->plan.settings.doors[c->door].host);
	text_printf(out, ",\"port\":%u", board->plan.settings.doors[c->door].port);
	text_printf(out, ",\"verdict\":\"%s\",\"ok\":%s",
		    board->accepted_now || board->ended_well ? "accepted" : "rejected",
		    board->ended_well ? "true" : "false");
	put_string(out, "code", code);
	if (code) {
		put_string(out, "step", step_name(c->last.step));
		text_printf(out, ",\"%s\":%d", c->last.cme ? "cme" : "errno", c->last.result);
		put_string(out, c->last.cme ? "cme_name" : "errno_name",
			   c->last.cme			 ? cme_error_name(c->last.result)
			   : c->last.error == ERROR_NONE ? dns_error_name(c->last.result)
							 : error_name(c->last.error));
		put_string(out, "says", c->line);
		put_string(out, "diagnosis", sure_name(c->last.sure));
		put_mend(board, out);
	}
	if (code && board->outcome) {
		put_string(out, "simulated", board->outcome->name);
		put_string(out, "basis", sure_name(board->basis));
		put_string(out, "source", board->source);
	}
	if (board->connack >= 0)
		text_printf(out, ",\"connack\":%d", board->connack);
	put_tls(board, out);
	text_printf(out,
		    ",\"visits\":%" PRIu32 ",\"handshakes\":%" PRIu32 ",\"accepted\":%" PRIu32
		    ",\"heartbeats\":%" PRIu32 ",\"received\":%" PRIu32 ",\"ms\":%" PRIu64 "}",
		    c->visits, board->wire_handshakes, c->accepted, board->acknowledged,
		    c->received, board->took_ms);
}
