/* doorstep-dk at: a modem alone, commands from the command line or a terminal to it. */
#include "at.h"
#include "commands.h"
#include "diagnosis.h"
#include "pty.h"
#include "refuse.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

/* Commands from the command line: each is echoed and answered; ends at the first that fails. */
static int at_lines(const struct options *o, struct modem *modem)
{
	int code = 0;

	for (unsigned i = 0; i < o->line_count && code == 0; i++) {
		struct text out = {0};
		int rc = at_answer(modem, o->lines[i], strlen(o->lines[i]), &out);

		fputs(out.s ? out.s : "", stdout);
		text_free(&out);
		if (rc == AT_DEAD)
			refuse("the modem has crashed, reason 0x%x (%s)", modem->fault,
			       fault_name(modem->fault));
		code = rc == AT_OK ? 0 : 1;
	}
	return fflush(stdout) ? 1 : code;
}

int cmd_at(const struct options *o, atomic_bool *stop)
{
	const char *name = o->seat ? o->seat : "board01";
	struct modem modem;
	struct pty pty = {0};
	char imei[16];
	const char *why;
	int code = 1;
	int rc;

	modem_imei_of(imei, name);
	modem_init(&modem, o->plan.firmware, o->imei ? o->imei : imei);
	modem_start(&modem);
	modem.low_power = o->plan.faults.low_power;
	modem.refuses = o->plan.faults.refuses;
	modem.lists = o->plan.faults.lists;
	rc = store_open(&modem.store, o->store, &why);
	if (rc) {
		refuse("%s: %s", o->store, why ? why : strerror(-rc));
		goto out;
	}
	if (o->line_count) {
		modem.cmee = 1;
		code = at_lines(o, &modem);
		goto out;
	}
	rc = pty_start(&pty, &modem, o->pty && o->pty[0] ? o->pty : NULL);
	if (rc) {
		refuse("no terminal: %s", strerror(-rc));
		goto out;
	}
	printf("%s\n", pty.name);
	fflush(stdout);
	while (!atomic_load(stop))
		poll(NULL, 0, 1000); /* or until a signal */
	code = 0;
out:
	pty_stop(&pty);
	modem_close(&modem);
	return code;
}
