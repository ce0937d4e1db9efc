#include "faults.h"
#include "at.h"
#include "number.h"

#include <stdio.h>
#include <string.h>

/* slow[:delay=MS][,loss=P][,chunk=B] */
static bool slow(struct link_faults *link, char *rest)
{
	uint32_t value;

	link->delay_ms = 100;
	link->loss_percent = 5;
	link->chunk_bytes = 64;
	for (char *save = NULL, *part = strtok_r(rest, ",", &save); part;
	     part = strtok_r(NULL, ",", &save)) {
		char *equals = strchr(part, '=');

		if (!equals || !number_read(equals + 1, 0, 60000, &value))
			return false;
		*equals = '\0';
		if (strcmp(part, "delay") == 0)
			link->delay_ms = value;
		else if (strcmp(part, "loss") == 0 && value <= 90)
			link->loss_percent = value;
		else if (strcmp(part, "chunk") == 0)
			link->chunk_bytes = value;
		else
			return false;
	}
	return true;
}

/* One that the facts know; 0 has a number of its own. */
static bool cme(int *code, const char *text)
{
	uint32_t value;

	if (!number_read(text, 0, 999, &value) || !cme_error_name((int)value))
		return false;
	*code = value ? (int)value : AT_PHONE_FAILURE;
	return true;
}

bool faults_read(struct board_faults *faults, const char *text)
{
	char copy[100];

	if (strcmp(text, "lost-credentials") == 0)
		return faults->lost_credentials = true;
	if (strcmp(text, "no-network") == 0)
		return faults->no_network = true;
	if (strcmp(text, "no-modem") == 0)
		return faults->no_modem = true;
	if (strcmp(text, "busy") == 0)
		return faults->busy = true;
	if (strcmp(text, "low-power") == 0)
		return faults->low_power = true;
	if (strncmp(text, "cme:", 4) == 0)
		return cme(&faults->refuses, text + 4);
	if (strncmp(text, "list:", 5) == 0)
		return cme(&faults->lists, text + 5);
	if (strncmp(text, "reset:", 6) == 0)
		return number_read(text + 6, 1, 1u << 30, &faults->link.reset_after);
	if (strlen(text) >= sizeof(copy) || strncmp(text, "slow", 4) != 0)
		return false;
	snprintf(copy, sizeof(copy), "%s", text);
	if (copy[4] == '\0')
		return slow(&faults->link, copy + 4);
	return copy[4] == ':' && slow(&faults->link, copy + 5);
}
