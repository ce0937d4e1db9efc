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

/* What many rows share stands in them as one byte, the number of a phrase: flash is dear. */
#define WRITE_CA    "\1"
#define ASK_BROKER  "\2"
#define NO_LISTENER "\3"
#define HOST_PORT   "\4"
#define TRY_PORT    "\5"
#define LIST_TAG    "\6"
#define REGISTERED  "\7"
#define CLOSED	    "\10"
#define STORE_CA    "\11"
#define PHRASES	    10
_Static_assert(PHRASES <= '\n', "a text has line ends of its own");
static const char *const phrases[PHRASES] = {
	[1] = "AT+CFUN=4\n" STORE_CA,
	[2] = "The broker's page names the reason: look for {host} or this board's client id",
	[3] = "nothing listens on " HOST_PORT,
	[4] = "{host} port {port}",
	[5] = "$ nc -vz {host} {port}",
	[6] = "AT%CMNG=1,{tag}",
	[7] = "AT+CEREG?",
	[8] = "the handshake was done, then the broker closed without a CONNACK: AWS does so ",
	[9] = "AT%CMNG=0,{tag},0,\"<ca-cert.pem>\"\nAT+CFUN=1",
};

/* And these in whole strings, which the linker keeps once. */
#define WRITE_PAIR                                             \
	"AT+CFUN=4\nAT%CMNG=0,{tag},1,\"<client-cert.pem>\"\n" \
	"AT%CMNG=0,{tag},2,\"<private-key.pem>\"\nAT+CFUN=1"
#define LOOK_ABOVE "Look for the fault's reason above; then restart the board"
#define RESOLVE	   "$ getent ahosts {host}\nThe name must have a public A record: /etc/hosts is no use"
#define NO_ERRNO   "; the number is getaddrinfo()'s, not an errno"
#define BY_WHOM	   "by the broker or something between"

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

/* One line of a text on its way into a buffer. */
struct sink {
	char *out;
	size_t size;
	size_t used;
	unsigned skip; /* lines that go before it */
	bool over;     /* it has ended */
	const struct diagnosis_names *names;
};

static void put_char(struct sink *sink, char c)
{
	if (c == '\n' && sink->skip)
		sink->skip--;
	else if (c == '\n')
		sink->over = true;
	else if (!sink->skip && !sink->over && sink->used + 1 < sink->size)
		sink->out[sink->used++] = c;
}

static void put(struct sink *sink, const char *text)
{
	while (*text)
		put_char(sink, *text++);
}

static bool is_name(const char *name, size_t len, const char *which)
{
	return strncmp(name, which, len) == 0 && which[len] == '\0';
}

/* A placeholder: its value, or its name in angle brackets. */
static void put_value(struct sink *sink, const char *name, size_t len)
{
	const struct diagnosis_names *names = sink->names;
	char number[12];
	const char *value = NULL;

	if (is_name(name, len, "host"))
		value = names->host;
	else if (is_name(name, len, "client_id"))
		value = names->client_id;
	else if (is_name(name, len, "tag"))
		snprintf(number, sizeof(number), "%lu", (unsigned long)names->tag), value = number;
	else if (is_name(name, len, "port"))
		snprintf(number, sizeof(number), "%u", names->port), value = number;
	if (value) {
		put(sink, value);
		return;
	}
	put_char(sink, '<');
	while (len--)
		put_char(sink, *name++);
	put_char(sink, '>');
}

/* A text with its phrases and placeholders filled in. Phrases hold no more than one another. */
static void put_filled(struct sink *sink, const char *text)
{
	for (; *text; text++) {
		const char *close = *text == '{' ? strchr(text, '}') : NULL;

		if (close) {
			put_value(sink, text + 1, (size_t)(close - text - 1));
			text = close;
		} else if (*text > 0 && *text < PHRASES) {
			put_filled(sink, phrases[(int)*text]);
		} else {
			put_char(sink, *text);
		}
	}
}

/* What the number is called. */
static const char *result_name(const struct diagnosis *d)
{
	const char *name = d->cme		    ? cme_error_name(d->result)
			   : d->error == ERROR_NONE ? dns_error_name(d->result)
						    : error_name(d->error);

	return name ? name : "an unknown code";
}

size_t diagnosis_line(const struct diagnosis *d, const struct diagnosis_names *names, char *out,
		      size_t size)
{
	struct sink sink = {.out = out, .size = size, .names = names};
	char number[16];

	if (size)
		out[0] = '\0';
	if (!d->code)
		return 0;
	put(&sink, step_name(d->step));
	if (d->result) {
		snprintf(number, sizeof(number), "%d ", d->result);
		put(&sink, d->cme ? " failed: CME " : " failed: ");
		put(&sink, number);
		put(&sink, result_name(d));
		put(&sink, " [");
	} else {
		put(&sink, ": [");
	}
	put(&sink, d->code);
	put(&sink, "] ");
	put_filled(&sink, d->means);
	if (d->sure != SURE_KNOWN) {
		put(&sink, " (");
		put(&sink, sure_name(d->sure));
		put(&sink, ")");
	}
	if (size)
		out[sink.used] = '\0';
	return sink.used;
}

bool diagnosis_mend(const struct diagnosis *d, const struct diagnosis_names *names, unsigned index,
		    char *out, size_t size)
{
	struct sink sink = {.out = out, .size = size, .skip = index, .names = names};

	if (!d->code || !d->mend)
		return false;
	put_filled(&sink, d->mend);
	if (size)
		out[sink.used] = '\0';
	return sink.skip == 0;
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
