/* doorstep-dk run: boards, each in a thread of its own, and what became of them. */
#include "bell.h"
#include "commands.h"
#include "pty.h"
#include "refuse.h"
#include "result.h"
#include "seat.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void *seat_main(void *arg)
{
	struct seat *seat = arg;

	board_run(&seat->board);
	return NULL;
}

/* Waits for a board's end; when all are to stop, not for what it waits for. */
static void seat_join(struct seat *seat, const atomic_bool *stop)
{
	struct timespec soon;

	do {
		if (atomic_load(stop))
			board_interrupt(&seat->board, seat->thread);
		clock_gettime(CLOCK_REALTIME, &soon);
		soon.tv_nsec += 100000000;
		soon.tv_sec += soon.tv_nsec / 1000000000;
		soon.tv_nsec %= 1000000000;
	} while (pthread_timedjoin_np(seat->thread, NULL, &soon) == ETIMEDOUT);
}

/* Runs all, waits for all. */
static int seats_run(struct seat *seats, uint32_t count, atomic_bool *stop)
{
	pthread_attr_t attr;
	int rc = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 512u << 10);
	for (uint32_t i = 0; i < count && rc == 0; i++) {
		rc = pthread_create(&seats[i].thread, &attr, seat_main, &seats[i]);
		seats[i].running = rc == 0;
	}
	if (rc) {
		refuse("no thread for every board: %s", strerror(rc));
		atomic_store(stop, true);
	}
	for (uint32_t i = 0; i < count; i++)
		if (seats[i].running)
			seat_join(&seats[i], stop);
	pthread_attr_destroy(&attr);
	return rc ? -1 : 0;
}

static int results_write(const struct seat *seats, const struct options *o)
{
	struct text out = {0};
	FILE *file;
	int rc = 0;

	if (!o->json)
		return 0;
	for (uint32_t i = 0; i < o->count; i++) {
		result_put(&seats[i].board, &out);
		text_puts(&out, "\n");
	}
	file = strcmp(o->json, "-") == 0 ? stdout : fopen(o->json, "we");
	if (!file || out.broken || fwrite(out.s, 1, out.len, file) != out.len || fflush(file))
		rc = refuse("--json %s: %s", o->json, strerror(errno));
	if (file && file != stdout && fclose(file) && rc == 0)
		rc = refuse("--json %s: %s", o->json, strerror(errno));
	text_free(&out);
	return rc;
}

static bool as_expected(const struct board *board, const char *expect)
{
	const char *code = result_code(board);

	if (!expect || strcmp(expect, "accepted") == 0)
		return board->ended_well;
	return code && strcmp(code, expect) == 0;
}

int cmd_run(const struct options *o, atomic_bool *stop)
{
	struct seat *seats = calloc(o->count, sizeof(*seats));
	struct pty pty = {0};
	int code = 1;
	uint32_t good = 0;
	int rc;

	if (!seats)
		return 1;
	mosquitto_lib_init();
	bell_init();
	/* The log goes where results do not. */
	board_log_to(o->json && strcmp(o->json, "-") == 0 ? stderr : stdout);
	for (uint32_t i = 0; i < o->count; i++)
		if (seat_open(&seats[i], o, i, stop))
			goto out;
	if (o->pty) {
		rc = pty_start(&pty, &seats[0].board.modem, o->pty[0] ? o->pty : NULL);
		if (rc) {
			refuse("--pty %s: %s", o->pty, strerror(-rc));
			goto out;
		}
		fprintf(stderr, "doorstep-dk: the modem's terminal is %s\n", pty.name);
	}
	if (seats_run(seats, o->count, stop))
		goto out;
	for (uint32_t i = 0; i < o->count; i++)
		good += as_expected(&seats[i].board, o->expect);
	code = results_write(seats, o) || good != o->count ? 1 : 0;
	if (o->count > 1 && !o->plan.quiet)
		fprintf(stderr, "doorstep-dk: %" PRIu32 " of %" PRIu32 " boards %s\n", good,
			o->count, o->expect ? "ended as expected" : "were accepted");
out:
	pty_stop(&pty);
	for (uint32_t i = 0; i < o->count; i++)
		seat_close(&seats[i]);
	free(seats);
	mosquitto_lib_cleanup();
	return code;
}
