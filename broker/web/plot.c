#include "plot.h"

#include <stdio.h>
#include <string.h>

#define TOP 5

void plot_init(struct plot *p)
{
	*p = (struct plot){.ncodes = 1};
	strcpy(p->codes[0], "other");
}

static int code_slot(struct plot *p, const char *code)
{
	for (int i = 1; i < p->ncodes; i++)
		if (strcmp(p->codes[i], code) == 0)
			return i;
	if (p->ncodes == PLOT_REASONS || strlen(code) >= sizeof(p->codes[0]))
		return 0;
	strcpy(p->codes[p->ncodes], code);
	return p->ncodes++;
}

void plot_count(struct plot *p, const struct record *r, int64_t now_ms)
{
	int64_t minute = r->t / 60000;
	struct plot_bucket *b = &p->at[minute % PLOT_MINUTES];
	bool away = (r->kind == LINE_VISIT && !r->accepted) || r->kind == LINE_FLOOD;

	if (r->kind != LINE_VISIT && r->kind != LINE_FLOOD && r->kind != LINE_DENIAL)
		return;
	if (minute <= now_ms / 60000 - PLOT_MINUTES || minute > now_ms / 60000 + 1)
		return;
	if (b->minute != minute) {
		if (b->minute > minute)
			return;
		*b = (struct plot_bucket){.minute = minute};
	}
	if (away)
		b->rejected += r->count;
	else if (r->kind == LINE_VISIT)
		b->accepted++;
	if (*r->reason)
		b->by_reason[code_slot(p, r->reason)] += r->count;
}

void plot_json(const struct plot *p, int64_t now_ms, struct text *out)
{
	int64_t from = now_ms / 60000 - PLOT_MINUTES + 1;
	uint64_t sums[PLOT_REASONS] = {0};

	text_printf(out, "{\"from\":%lld", (long long)from);
	for (int series = 0; series < 2; series++) {
		text_puts(out, series ? ",\"rejected\":[" : ",\"accepted\":[");
		for (int64_t m = from; m < from + PLOT_MINUTES; m++) {
			const struct plot_bucket *b = &p->at[m % PLOT_MINUTES];
			uint32_t n = series ? b->rejected : b->accepted;

			text_printf(out, "%s%u", m > from ? "," : "", b->minute == m ? n : 0);
			if (series || b->minute != m)
				continue;
			for (int i = 0; i < p->ncodes; i++)
				sums[i] += b->by_reason[i];
		}
		text_puts(out, "]");
	}
	text_puts(out, ",\"top\":[");
	for (int k = 0; k < TOP; k++) {
		int best = 0;

		for (int i = 1; i < p->ncodes; i++)
			if (sums[i] > sums[best])
				best = i;
		if (!sums[best])
			break;
		text_puts(out, k ? ",{\"reason\":" : "{\"reason\":");
		text_json(out, p->codes[best], strlen(p->codes[best]), 0);
		text_printf(out, ",\"count\":%llu}", (unsigned long long)sums[best]);
		sums[best] = 0;
	}
	text_puts(out, "]}");
}
