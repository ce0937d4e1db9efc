#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct command command_read(const char *payload, size_t len)
{
	static const struct {
		const char *word;
		struct command command;
	} words[] = {
		{"LED1ON", {COMMAND_LED, 1, true}},
		{"LED1OFF", {COMMAND_LED, 1, false}},
		{"LED2ON", {COMMAND_LED, 2, true}},
		{"LED2OFF", {COMMAND_LED, 2, false}},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == len && memcmp(words[i].word, payload, len) == 0)
			return words[i].command;
	return (struct command){COMMAND_TEXT, 0, false};
}

__attribute__((format(printf, 4, 5))) static void put(char *out, size_t size, size_t *used,
						      const char *format, ...)
{
	va_list args;
	int n;

	if (*used >= size)
		return;
	va_start(args, format);
	n = vsnprintf(out + *used, size - *used, format, args);
	va_end(args);
	*used = n < 0 ? size : *used + (size_t)n;
}

size_t heartbeat_write(const struct heartbeat *h, char *out, size_t size)
{
	size_t used = 0;

	put(out, size, &used, "{\"uptime_s\":%lu", (unsigned long)h->uptime_s);
	if (h->signal_known)
		put(out, size, &used, ",\"rsrp_dbm\":%d", h->rsrp_dbm);
	if (h->firmware && h->firmware[0])
		put(out, size, &used, ",\"modem\":\"%s\"", h->firmware);
	put(out, size, &used, ",\"failures\":%lu", (unsigned long)h->failures);
	if (h->last_code)
		put(out, size, &used, ",\"last\":\"%s\",\"errno\":%d", h->last_code, h->last_error);
	put(out, size, &used, "}");
	return used < size ? used : 0;
}

bool signal_read(const char *answer, int16_t *rsrp_dbm)
{
	/* +CESQ: <rxlev>,<ber>,<rscp>,<ecno>,<rsrq>,<rsrp>; 255: not known */
	const char *p = strstr(answer, "+CESQ:");
	unsigned value = 0;

	for (int comma = 0; p && comma < 5; comma++) {
		p = strchr(p, ',');
		if (p)
			p++;
	}
	if (!p)
		return false;
	while (*p == ' ')
		p++;
	if (*p < '0' || *p > '9')
		return false;
	for (int digits = 0; *p >= '0' && *p <= '9' && digits < 3; p++, digits++)
		value = value * 10 + (unsigned)(*p - '0');
	if (value > 97)
		return false;
	*rsrp_dbm = (int16_t)((int)value - 140);
	return true;
}

void text_copy_safe(char *out, size_t size, const char *in, size_t len)
{
	size_t n = 0;

	if (size == 0)
		return;
	for (; n < len && n + 1 < size; n++)
		out[n] = in[n] >= ' ' && in[n] <= '~' ? in[n] : '.';
	out[n] = '\0';
	if (n < len && n >= 3)
		memcpy(out + n - 3, "...", 3);
}
