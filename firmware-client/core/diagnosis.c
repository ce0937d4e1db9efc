#include "diagnosis.h"

#include <stdio.h>
#include <string.h>

/* Codes as the catalogue has them; what no row uses costs nothing. */
#define HINT(id, code, title) static const char code_##id[] __attribute__((unused)) = code;
#include "reasons.inc"
#undef HINT

/* Facts about the attempt, each a bit, so that a row can ask for some and rule others out. */
enum fact {
	CA_ABSENT = 1 << 0,
	CA_OTHER = 1 << 1,
	PAIR_ABSENT = 1 << 2, /* client certificate or key, where the door wants them */
	TAG_SEEN = 1 << 3,
	WITH_CERT = 1 << 4,
	WITH_USER = 1 << 5,
	WITH_NAME = 1 << 6,
	WITH_TLS = 1 << 7,
	VIA_IPV6 = 1 << 8,
	IS_DNS = 1 << 9,
	IS_FAULT = 1 << 10,
	ON_MBEDTLS = 1 << 11,
	SUBACK_BAD = 1 << 12,
	WRITING = 1 << 13,
};

#define AT(step)  (1u << STEP_##step)
#define ANYWHERE  0xffffu
#define ANY_ERROR ERROR_COUNT
#define NO_CODE	  0

#define WRITE_CA "AT+CFUN=4\nAT%CMNG=0,{tag},0,\"<ca-cert.pem>\"\nAT+CFUN=1"
#define WRITE_PAIR                                             \
	"AT+CFUN=4\nAT%CMNG=0,{tag},1,\"<client-cert.pem>\"\n" \
	"AT%CMNG=0,{tag},2,\"<private-key.pem>\"\nAT+CFUN=1"

/* Many rows end with this line, so that it stands in them as one short word. */
#define ASK_BROKER "{ask}"
static const char ask_broker[] =
	"The broker's page names the reason: look for {host} or this board's client id";

static const struct row {
	uint16_t steps;
	uint16_t need;
	uint16_t without;
	uint8_t code_number;
	uint8_t error; /* enum error */
	uint8_t sure;
	const char *code;
	const char *means;
	const char *mend;
} rows[] = {
#define ROW(steps, error, number, need, without, id, sure, means, mend) \
	{steps, need, without, number, error, SURE_##sure, code_##id, means, mend},
#include "diagnosis.def"
#undef ROW
};

static unsigned facts_of(const struct evidence *e)
{
	const struct credential *items = e->tag.items;
	unsigned facts = 0;

	if (e->tag.checked) {
		facts |= TAG_SEEN;
		if (e->tls && items[CREDENTIAL_CA].state == CREDENTIAL_ABSENT)
			facts |= CA_ABSENT;
		if (e->tls && items[CREDENTIAL_CA].state == CREDENTIAL_OTHER)
			facts |= CA_OTHER;
		if (e->client_cert && (items[CREDENTIAL_CERT].state == CREDENTIAL_ABSENT ||
				       items[CREDENTIAL_KEY].state == CREDENTIAL_ABSENT))
			facts |= PAIR_ABSENT;
	}
	facts |= e->client_cert ? WITH_CERT : 0u;
	facts |= e->user ? WITH_USER : 0u;
	facts |= e->name_sent ? WITH_NAME : 0u;
	facts |= e->tls ? WITH_TLS : 0u;
	facts |= e->ipv6 ? VIA_IPV6 : 0u;
	facts |= e->dns ? IS_DNS : 0u;
	facts |= e->fault ? IS_FAULT : 0u;
	facts |= e->stack == STACK_MBEDTLS ? ON_MBEDTLS : 0u;
	facts |= e->suback ? SUBACK_BAD : 0u;
	facts |= e->writing ? WRITING : 0u;
	return facts;
}

/* The number that says more than an errno: of a fault, of getaddrinfo(), in CONNACK. */
static int code_number(const struct evidence *e)
{
	if (e->fault)
		return e->fault;
	if (e->dns)
		return e->result < 0 ? -e->result : e->result;
	return e->connack;
}

struct diagnosis diagnose(const struct evidence *e)
{
	bool is_errno = !e->dns && !e->cme;
	enum error error = is_errno ? error_from(e->result, e->numbering) : ERROR_NONE;
	struct diagnosis found = {
		.step = e->step, .error = error, .result = e->result, .cme = e->cme};
	unsigned facts = facts_of(e);

	if (e->step == STEP_NONE || e->step >= STEP_COUNT)
		return found;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		if (!(row->steps & 1u << e->step) || (row->need & ~facts) || (row->without & facts))
			continue;
		if (row->code_number != NO_CODE && row->code_number != code_number(e))
			continue;
		if (row->error != ANY_ERROR && row->error != (uint8_t)error)
			continue;
		/* A row for no error speaks of the tag alone; one for any error, of a failure. */
		if (row->error == ERROR_NONE && e->result != 0)
			continue;
		if (row->error == ANY_ERROR && e->result == 0 && row->code_number == NO_CODE &&
		    !(row->need & (IS_FAULT | SUBACK_BAD)))
			continue;
		found.code = row->code;
		found.means = row->means;
		found.mend = row->mend;
		found.sure = (enum sure)row->sure;
		return found;
	}
	return found;
}

/* Appends and keeps the end in bounds; the result is always terminated. */
static void put(char *out, size_t size, size_t *used, const char *s, size_t len)
{
	if (size == 0)
		return;
	if (len > size - 1 - *used)
		len = size - 1 - *used;
	memcpy(out + *used, s, len);
	*used += len;
	out[*used] = '\0';
}

static void put_name(char *out, size_t size, size_t *used, const struct diagnosis_names *names,
		     const char *name, size_t len)
{
	char number[12];
	const char *value = NULL;

	if (len == 4 && memcmp(name, "host", 4) == 0)
		value = names->host;
	else if (len == 9 && memcmp(name, "client_id", 9) == 0)
		value = names->client_id;
	else if (len == 3 && memcmp(name, "tag", 3) == 0)
		snprintf(number, sizeof(number), "%lu", (unsigned long)names->tag), value = number;
	else if (len == 4 && memcmp(name, "port", 4) == 0)
		snprintf(number, sizeof(number), "%u", names->port), value = number;
	if (value) {
		put(out, size, used, value, strlen(value));
		return;
	}
	put(out, size, used, "<", 1);
	put(out, size, used, name, len);
	put(out, size, used, ">", 1);
}

static void put_filled(char *out, size_t size, size_t *used, const struct diagnosis_names *names,
		       const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *close = *text == '{' ? memchr(text, '}', (size_t)(end - text)) : NULL;

		if (close) {
			put_name(out, size, used, names, text + 1, (size_t)(close - text - 1));
			text = close + 1;
		} else {
			put(out, size, used, text++, 1);
		}
	}
}

size_t diagnosis_line(const struct diagnosis *d, const struct diagnosis_names *names, char *out,
		      size_t size)
{
	char head[96];
	size_t used = 0;

	if (size)
		out[0] = '\0';
	if (!d->code)
		return 0;
	if (d->result == 0)
		snprintf(head, sizeof(head), "%s: [%s] ", step_name(d->step), d->code);
	else if (d->cme)
		snprintf(head, sizeof(head), "%s failed: CME %d %s [%s] ", step_name(d->step),
			 d->result,
			 cme_error_name(d->result) ? cme_error_name(d->result) : "an unknown code",
			 d->code);
	else if (d->error == ERROR_NONE)
		snprintf(head, sizeof(head), "%s failed: %d %s [%s] ", step_name(d->step),
			 d->result,
			 dns_error_name(d->result) ? dns_error_name(d->result) : "an unknown code",
			 d->code);
	else
		snprintf(head, sizeof(head), "%s failed: %d %s [%s] ", step_name(d->step),
			 d->result, error_name(d->error), d->code);
	put(out, size, &used, head, strlen(head));
	put_filled(out, size, &used, names, d->means, strlen(d->means));
	if (d->sure != SURE_KNOWN) {
		put(out, size, &used, " (", 2);
		put(out, size, &used, sure_name(d->sure), strlen(sure_name(d->sure)));
		put(out, size, &used, ")", 1);
	}
	return used;
}

bool diagnosis_mend(const struct diagnosis *d, const struct diagnosis_names *names, unsigned index,
		    char *out, size_t size)
{
	const char *line = d->mend;
	size_t used = 0;
	size_t len;

	if (!d->code || !line)
		return false;
	for (; index > 0; index--) {
		line = strchr(line, '\n');
		if (!line)
			return false;
		line++;
	}
	len = strcspn(line, "\n");
	if (len == strlen(ASK_BROKER) && memcmp(line, ASK_BROKER, len) == 0) {
		line = ask_broker;
		len = sizeof(ask_broker) - 1;
	}
	put_filled(out, size, &used, names, line, len);
	return true;
}

const char *step_name(enum step step)
{
	static const char *const names[STEP_COUNT] = {
		[STEP_NONE] = "nothing",	 [STEP_MODEM] = "modem start",
		[STEP_TAG] = "credential check", [STEP_NETWORK] = "network",
		[STEP_RESOLVE] = "DNS",		 [STEP_CONNECT] = "connect",
		[STEP_CONNACK] = "MQTT connect", [STEP_SESSION] = "session",
	};

	return step < STEP_COUNT ? names[step] : "nothing";
}

const char *sure_name(enum sure sure)
{
	static const char *const names[] = {"known", "reported", "assumed"};

	return names[sure];
}

const char *fault_name(uint8_t fault)
{
	static const struct {
		uint8_t fault;
		const char *name;
	} names[] = {
		{0x1, "undefined fault"},
		{0x2, "hardware watchdog"},
		{0x3, "hard fault"},
		{0x4, "mem-manage fault"},
		{0x5, "bus fault"},
		{0x6, "usage fault"},
		{0x7, "secure reset"},
		{0x8, "panic, double fault"},
		{0x9, "panic, reset loop"},
		{0x10, "assertion"},
		{0x11, "panic"},
		{0x12, "flash erase"},
		{0x13, "flash write"},
		{0x14, "undervoltage"},
		{0x15, "overtemperature"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].fault == fault)
			return names[i].name;
	return "unknown fault";
}
