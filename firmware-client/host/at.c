#include "at.h"
#include "at_args.h"
#include "at_credential.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define XON  0x11
#define XOFF 0x13

static int cmee(struct modem *modem, const struct at_args *args, struct text *out)
{
	uint64_t value;

	if (!args) {
		text_printf(out, "+CMEE: %d\r\n", modem->cmee);
		return AT_OK;
	}
	if (args->count != 1 || !at_arg_number(args, 0, 2, &value))
		return CME_INCORRECT_PARAMETER;
	modem->cmee = (int)value;
	return AT_OK;
}

static int cfun(struct modem *modem, const struct at_args *args, struct text *out)
{
	static const uint8_t modes[] = {0, 1, 2, 4, 20, 21, 30, 31, 40, 41, 44};
	uint64_t value;

	if (!args) {
		text_printf(out, "+CFUN: %d\r\n", modem->cfun);
		return AT_OK;
	}
	if (args->count != 1 || !at_arg_number(args, 0, 44, &value) ||
	    !memchr(modes, (int)value, sizeof(modes)))
		return CME_INCORRECT_PARAMETER;
	/* 20 and 21 switch LTE alone, 44 all but the SIM; the rest is GNSS's and the SIM's. */
	if (value == 20 || value == 44)
		modem->cfun = 4;
	else if (value < 30)
		modem->cfun = (int)value;
	return AT_OK;
}

static int cereg(struct modem *modem, const struct at_args *args, struct text *out)
{
	uint64_t value;

	if (!args) {
		text_printf(out, "+CEREG: %d,%d\r\n", modem->cereg, modem_attached(modem) ? 1 : 0);
		return AT_OK;
	}
	if (args->count != 1 || !at_arg_number(args, 0, 5, &value))
		return CME_INCORRECT_PARAMETER;
	modem->cereg = (int)value;
	return AT_OK;
}

static int cgsn(struct modem *modem, const struct at_args *args, struct text *out)
{
	uint64_t value = 0;

	if (args && (args->count != 1 || !at_arg_number(args, 0, 3, &value)))
		return CME_INCORRECT_PARAMETER;
	switch (value) {
	case 0:
		text_printf(out, "%s\r\n", modem->imei);
		break;
	case 1:
		text_printf(out, "+CGSN: \"%s\"\r\n", modem->imei);
		break;
	default:
		text_printf(out, "+CGSN: \"%.14s01\"\r\n", modem->imei);
	}
	return AT_OK;
}

static int cgmr(struct modem *modem, const struct at_args *args, struct text *out)
{
	(void)args;
	text_printf(out, "%s\r\n", modem->firmware->cgmr);
	return AT_OK;
}

static int cgmm(struct modem *modem, const struct at_args *args, struct text *out)
{
	(void)args;
	text_printf(out, "%s\r\n", modem->firmware->model);
	return AT_OK;
}

static int shortswver(struct modem *modem, const struct at_args *args, struct text *out)
{
	const char *version = modem->firmware->cgmr + strlen("mfw_");

	(void)args;
	text_printf(out, "%%SHORTSWVER: %s\r\n", version);
	return AT_OK;
}

/* "nRF9151-LACA" as it is printed on the package: "nRF9151 LACA A0A". */
static int hwversion(struct modem *modem, const struct at_args *args, struct text *out)
{
	const char *model = modem->firmware->model;
	int name = (int)strcspn(model, "-");

	(void)args;
	text_printf(out, "%%HWVERSION: %.*s %s %s\r\n", name, model, model + name + 1,
		    strncmp(model, "nRF9160", 7) == 0 ? "B1A" : "A0A");
	return AT_OK;
}

static int cesq(struct modem *modem, const struct at_args *args, struct text *out)
{
	(void)args;
	if (modem_attached(modem))
		text_puts(out, "+CESQ: 99,99,255,255,20,50\r\n");
	else
		text_puts(out, "+CESQ: 99,99,255,255,255,255\r\n");
	return AT_OK;
}

static int cops(struct modem *modem, const struct at_args *args, struct text *out)
{
	if (args)
		return AT_OK;
	text_puts(out, modem_attached(modem) ? "+COPS: 0,2,\"00101\",7\r\n" : "+COPS: 0\r\n");
	return AT_OK;
}

static int cgatt(struct modem *modem, const struct at_args *args, struct text *out)
{
	if (args)
		return AT_OK;
	text_printf(out, "+CGATT: %d\r\n", modem_attached(modem));
	return AT_OK;
}

static int cgpaddr(struct modem *modem, const struct at_args *args, struct text *out)
{
	(void)args;
	if (modem_attached(modem))
		text_printf(out, "+CGPADDR: 0,\"192.0.2.17\"%s\r\n",
			    modem->ipv6 ? ",\"2001:DB8:0:0:0:0:0:17\"" : "");
	else
		text_puts(out, "+CGPADDR: 0\r\n");
	return AT_OK;
}

/* Taken and without effect here. */
static int nothing(struct modem *modem, const struct at_args *args, struct text *out)
{
	(void)modem, (void)args, (void)out;
	return AT_OK;
}

enum form {
	FORM_PLAIN = 1, /* AT+X */
	FORM_ASK = 2,	/* AT+X? */
	FORM_SET = 4,	/* AT+X=... */
	FORM_TEST = 8,	/* AT+X=? */
};

/* A handler gets NULL for arguments when the command came plain or as a question. */
static const struct command_row {
	const char *name;
	int forms;
	int (*run)(struct modem *modem, const struct at_args *args, struct text *out);
	const char *answer; /* for a question, instead of a handler */
	const char *test;   /* what it takes, for AT+X=? */
} commands[] = {
	{"+CMEE", FORM_ASK | FORM_SET, cmee, NULL, "+CMEE: (0,1,2)"},
	{"+CFUN", FORM_ASK | FORM_SET, cfun, NULL, "+CFUN: (0,1,2,4,20,21,30,31,40,41,44)"},
	{"+CEREG", FORM_ASK | FORM_SET, cereg, NULL, "+CEREG: (0-5)"},
	{"+CGSN", FORM_PLAIN | FORM_SET, cgsn, NULL, "+CGSN: (0-3)"},
	{"+CGMR", FORM_PLAIN, cgmr, NULL, NULL},
	{"+CGMM", FORM_PLAIN, cgmm, NULL, NULL},
	{"+CGMI", FORM_PLAIN, NULL, "Nordic Semiconductor ASA", NULL},
	{"+CESQ", FORM_PLAIN, cesq, NULL, NULL},
	{"+COPS", FORM_ASK | FORM_SET, cops, NULL, NULL},
	{"+CGATT", FORM_ASK | FORM_SET, cgatt, NULL, NULL},
	{"+CGPADDR", FORM_PLAIN | FORM_SET, cgpaddr, NULL, NULL},
	{"+CGDCONT", FORM_ASK | FORM_SET, nothing, "+CGDCONT: 0,\"IP\",\"\",\"\",0,0", NULL},
	{"+CPIN", FORM_ASK | FORM_SET, nothing, "+CPIN: READY", NULL},
	{"+CIMI", FORM_PLAIN, NULL, "001010123456063", NULL},
	{"+CSCON", FORM_ASK | FORM_SET, nothing, "+CSCON: 0,0", NULL},
	{"+CPSMS", FORM_ASK | FORM_SET, nothing, "+CPSMS: 0", NULL},
	{"+CGEREP", FORM_ASK | FORM_SET, nothing, "+CGEREP: 0,0", NULL},
	{"+CNEC", FORM_ASK | FORM_SET, nothing, "+CNEC: 0", NULL},
	{"%CMNG", FORM_SET, at_cmng, NULL, NULL},
	{"%KEYGEN", FORM_SET, at_keygen, NULL, NULL},
	{"%CERTEXPIRY", FORM_SET, at_certexpiry, NULL, NULL},
	{"%ATTESTTOKEN", FORM_PLAIN | FORM_SET, at_attesttoken, NULL, NULL},
	{"%CLAIMTOKEN", FORM_SET, at_claimtoken, NULL, NULL},
	{"%XSUDO", FORM_SET, at_xsudo, NULL, NULL},
	{"%XMODEMTRACE", FORM_SET | FORM_PLAIN, nothing, NULL, NULL},
	{"%XSYSTEMMODE", FORM_ASK | FORM_SET, nothing, "%XSYSTEMMODE: 1,1,0,0", NULL},
	{"%SHORTSWVER", FORM_PLAIN, shortswver, NULL, NULL},
	{"%HWVERSION", FORM_PLAIN, hwversion, NULL, NULL},
	{"%XICCID", FORM_PLAIN, NULL, "%XICCID: 8900101234560000633F", NULL},
	{"%XVBAT", FORM_PLAIN, NULL, "%XVBAT: 5026", NULL},
	{"%XTEMP", FORM_ASK | FORM_SET, nothing, "%XTEMP: 25", NULL},
	{"%XSNRSQ", FORM_ASK | FORM_SET, nothing, "%XSNRSQ: 127,127,0", NULL},
};

/* The length of the name that a line (after AT) begins with. */
static size_t name_length(const char *p, size_t len)
{
	size_t n = 1;

	while (n < len && (isalnum((unsigned char)p[n])))
		n++;
	return n;
}

static int row_run(const struct command_row *row, enum form form, struct modem *modem,
		   const char *rest, size_t len, struct text *out)
{
	struct at_args args;

	if (form == FORM_TEST && row->test) {
		text_printf(out, "%s\r\n", row->test);
		return AT_OK;
	}
	if (!(row->forms & (int)form))
		return AT_ERROR;
	if (form == FORM_SET) {
		if (!at_args_read(&args, rest, len, row->run == at_xsudo))
			return CME_INCORRECT_PARAMETER;
		return row->run(modem, &args, out);
	}
	if (row->answer) {
		text_printf(out, "%s\r\n", row->answer);
		return AT_OK;
	}
	return row->run(modem, NULL, out);
}

int at_execute(struct modem *modem, const char *line, size_t len, struct text *out)
{
	size_t name;
	enum form form;

	if (modem->fault)
		return AT_DEAD;
	while (len && (*line == ' ' || *line == '\t'))
		line++, len--;
	while (len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	if (len < 2 || strncasecmp(line, "AT", 2) != 0)
		return AT_ERROR;
	line += 2;
	len -= 2;
	/* The AT host never echoes. */
	if (len == 0 || (len == 2 && strncasecmp(line, "E0", 2) == 0))
		return AT_OK;
	if (*line != '+' && *line != '%')
		return AT_ERROR;
	name = name_length(line, len);
	if (name == len)
		form = FORM_PLAIN;
	else if (name + 2 == len && line[name] == '=' && line[name + 1] == '?')
		form = FORM_TEST;
	else if (line[name] == '=')
		form = FORM_SET;
	else if (line[name] == '?' && name + 1 == len)
		form = FORM_ASK;
	else
		return AT_ERROR;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command_row *row = &commands[i];

		if (strlen(row->name) != name || strncasecmp(row->name, line, name) != 0)
			continue;
		return row_run(row, form, modem, line + name + (form == FORM_SET),
			       len - name - (form == FORM_SET), out);
	}
	return AT_ERROR;
}

int at_answer(struct modem *modem, const char *line, size_t len, struct text *out)
{
	int rc = at_execute(modem, line, len, out);

	if (rc == AT_OK)
		text_puts(out, "OK\r\n");
	else if (rc == AT_ERROR || rc == AT_DEAD || modem->cmee == 0)
		text_puts(out, "ERROR\r\n");
	else
		text_printf(out, "+CME ERROR: %d\r\n", rc == AT_PHONE_FAILURE ? 0 : rc);
	return rc;
}

int at_frame_take(struct at_frame *frame, char byte)
{
	bool ends = !frame->quoted && (byte == '\r' || byte == '\n');

	/* Flow control is the line's, not the command's; a NUL the AT host drops as well (at_host.c). */
	if (byte == XON || byte == XOFF || (byte == '\0' && !frame->quoted))
		return 0;
	if (ends) {
		bool too_long = frame->too_long;
		size_t len = frame->len;

		frame->too_long = false;
		if (too_long) {
			frame->len = 0;
			return -1;
		}
		if (len == 0)
			return 0;
		frame->line[len] = '\0';
		return 1;
	}
	if (byte == '\b' || byte == 0x7f) {
		if (frame->len && !frame->too_long && frame->line[--frame->len] == '"')
			frame->quoted = !frame->quoted;
		return 0;
	}
	/* Counted in a line that is too long as well: it ends where it would have ended. */
	if (byte == '"')
		frame->quoted = !frame->quoted;
	if (frame->len + 1 < sizeof(frame->line))
		frame->line[frame->len++] = byte;
	else
		frame->too_long = true;
	return 0;
}
