#include "exercise.h"

#include <string.h>
#include <strings.h>

#define EXERCISE(id, name, act, arg, record_max, suite, outcome, does, board, basis, source,       \
		 journal, reasons, learnt)                                                         \
	[EXERCISE_##                                                                               \
		id] = {#id,  name,  ACT_##act,	   arg,	   record_max, suite,	OUTCOME_##outcome, \
		       does, board, BASIS_##basis, source, journal,    reasons, learnt},

static const struct exercise table[EXERCISE_COUNT] = {
#include "exercise.def"
};

const struct exercise *exercise_get(enum exercise_id id)
{
	if (id <= EXERCISE_NONE || id >= EXERCISE_COUNT)
		return NULL;
	return &table[id];
}

enum exercise_id exercise_by_name(const char *name, size_t len)
{
	for (int i = EXERCISE_NONE + 1; i < EXERCISE_COUNT; i++)
		if (strlen(table[i].name) == len && strncasecmp(table[i].name, name, len) == 0)
			return (enum exercise_id)i;
	return EXERCISE_NONE;
}

bool exercise_has_certificate(enum exercise_id id)
{
	const struct exercise *e = exercise_get(id);

	return e && e->act == ACT_CERTIFICATE;
}

unsigned exercise_port(unsigned base, enum exercise_id id)
{
	return base + (unsigned)id - 1;
}

const char *exercise_outcome_name(enum exercise_outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_CLIENT_REFUSES] = "client-refuses",
		[OUTCOME_LIMIT] = "limit",
		[OUTCOME_WE_REFUSE] = "we-refuse",
		[OUTCOME_CLOSED] = "closed",
		[OUTCOME_SILENCE] = "silence",
		[OUTCOME_DELIVERED] = "delivered",
	};

	return names[outcome];
}

static const char *exercise_act_name(enum exercise_act act)
{
	static const char *const names[] = {
		[ACT_CERTIFICATE] = "certificate",
		[ACT_SUITE] = "suite",
		[ACT_TLS13] = "tls13",
		[ACT_CLIENT_CERT] = "client-cert",
		[ACT_STALL] = "stall",
		[ACT_CLOSE_AFTER_CERT] = "close-after-cert",
		[ACT_CLOSE_AFTER_HANDSHAKE] = "close-after-handshake",
		[ACT_CONNACK] = "connack",
		[ACT_NO_CONNACK] = "no-connack",
		[ACT_CLOSE_AFTER_PUBLISH] = "close-after-publish",
		[ACT_PUBLISH] = "publish",
	};

	return names[act];
}

static void list_plain(struct text *out, const struct exercise *e, unsigned port)
{
	text_printf(out, "%s", e->name);
	if (port)
		text_printf(out, " (port %u)", port);
	text_printf(out,
		    "\n    the broker  %s\n    the board   %s [%s: %s]\n    the journal %s (%s)\n"
		    "    learnt      %s\n\n",
		    e->does, e->board, basis_name(e->basis), e->source, e->journal, e->reasons,
		    e->learnt);
}

static void list_markdown(struct text *out, const struct exercise *e, unsigned port)
{
	text_printf(out, "| `%s` | ", e->name);
	if (port)
		text_printf(out, "%u | ", port);
	text_printf(out, "%s | %s (*%s*: %s) | %s (`%s`) | %s |\n", e->does, e->board,
		    basis_name(e->basis), e->source, e->journal, e->reasons, e->learnt);
}

static void list_table(struct text *out, const struct exercise *e, unsigned port)
{
	text_printf(out, "%s\t%s\t%s\t%u\t%s\t%s\n", e->name, exercise_act_name(e->act),
		    exercise_outcome_name(e->outcome), port,
		    e->act == ACT_CERTIFICATE ? "certificate" : "-", e->reasons);
}

void exercise_list(struct text *out, enum exercise_form form, unsigned base)
{
	static void (*const rows[])(struct text *, const struct exercise *, unsigned) = {
		[EXERCISE_PLAIN] = list_plain,
		[EXERCISE_MARKDOWN] = list_markdown,
		[EXERCISE_TABLE] = list_table,
	};

	if (form == EXERCISE_MARKDOWN)
		text_printf(
			out,
			"| exercise |%s the broker | a board prints | the journal says | learnt |\n"
			"|---|%s---|---|---|---|\n",
			base ? " port |" : "", base ? "---|" : "");
	for (int i = EXERCISE_NONE + 1; i < EXERCISE_COUNT; i++)
		rows[form](out, &table[i], base ? exercise_port(base, (enum exercise_id)i) : 0);
}

size_t exercise_connack(uint8_t out[8], int version, unsigned code)
{
	/* MQTT 5 has other numbers for the same five refusals, and an empty list of properties */
	static const uint8_t five[] = {0, 0x84, 0x85, 0x88, 0x86, 0x87};

	if (code == 0 || code >= sizeof(five))
		return 0;
	out[0] = 0x20;
	out[2] = 0;
	if (version < 5) {
		out[1] = 2;
		out[3] = (uint8_t)code;
		return 4;
	}
	out[1] = 3;
	out[3] = five[code];
	out[4] = 0;
	return 5;
}
