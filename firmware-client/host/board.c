#include "bell.h"
#include "board_parts.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static FILE *log_file;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

void board_log_to(void *file)
{
	log_file = file;
}

static void board_say(void *arg, enum say how, const char *line)
{
	static const char *const levels[] = {"<err>", "<wrn>", "<inf>"};
	struct board *board = arg;
	struct timespec now;

	if (board->plan.quiet || !log_file)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&log_lock);
	fprintf(log_file, "[%02ld:%02ld:%02ld.%03ld] %s %s: %s\n", now.tv_sec / 3600 % 100,
		now.tv_sec / 60 % 60, now.tv_sec % 60, now.tv_nsec / 1000000, levels[how],
		board->plan.name, line);
	fflush(log_file);
	pthread_mutex_unlock(&log_lock);
}

void board_tell(struct board *board, enum say how, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	board_say(board, how, line);
}

uint64_t board_now(void *arg)
{
	struct timespec now;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint32_t board_random(void *arg)
{
	struct board *board = arg;

	board->random = board->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(board->random >> 32);
}

int board_number(const struct board *board, enum error error)
{
	int result = error_number(error, board->plan.numbering);

	/* An error without a number in the old numbering keeps today's. */
	return result ? result : error_number(error, NUMBERING_NEW);
}

int board_outcome(struct board *board, const struct outcome *found)
{
	bool mbedtls = board->plan.stack == STACK_MBEDTLS;
	enum error error = mbedtls				    ? found->error_mbedtls
			   : board->plan.numbering == NUMBERING_OLD ? found->error_old
								    : found->error;
	int result = board_number(board, error);

	board->outcome = found;
	board->basis = mbedtls ? SURE_KNOWN : found->sure;
	board->source = mbedtls ? "sockets_tls.c" : found->source;
	board_tell(board, SAY_INFO, "simulated %s: %s gives %d %s (%s: %s)",
		   mbedtls ? "mbedTLS" : "modem", found->name, result, error_name(error),
		   sure_name(board->basis), board->source);
	return result;
}

static bool board_pause(void *arg, uint32_t ms)
{
	struct board *board = arg;
	uint64_t deadline = board_now(board) + ms;
	const struct timespec slice = {.tv_nsec = 20000000};

	board->attempts++;
	if (board->plan.attempts && board->attempts >= board->plan.attempts)
		return true;
	while (board_now(board) < deadline) {
		if (atomic_load(board->stop))
			return true;
		nanosleep(&slice, NULL);
	}
	return atomic_load(board->stop);
}

static void board_show(void *arg, uint8_t blinks)
{
	if (blinks)
		board_tell(arg, SAY_INFO, "LED blinks %u times", blinks);
}

static void board_act(void *arg, const struct command *command)
{
	board_tell(arg, SAY_INFO, "LED%u %s", command->led, command->on ? "on" : "off");
}

int board_open(struct board *board, const struct board_plan *plan, const char *imei,
	       const char *store, const atomic_bool *stop, const char **why)
{
	char made[16];

	memset(board, 0, sizeof(*board));
	board->plan = *plan;
	board->stop = stop;
	if (!imei) {
		modem_imei_of(made, plan->name);
		imei = made;
	}
	modem_init(&board->modem, plan->firmware, imei);
	board->modem.network = !plan->faults.no_network;
	board->modem.ipv6 = plan->pdn_ipv6;
	board->modem.low_power = plan->faults.low_power;
	board->modem.refuses = plan->faults.refuses;
	board->modem.lists = plan->faults.lists;
	board->random = board_now(board) ^ (uint64_t)(uintptr_t)board;
	board->connack = -1;
	board->port = (struct port){
		.arg = board,
		.stack = plan->stack,
		.numbering = plan->numbering,
		.pause = board_pause,
		.now_ms = board_now,
		.random = board_random,
		.say = board_say,
		.show = board_show,
		.act = board_act,
	};
	board_modem_port(&board->port);
	board_visit_port(&board->port);
	/* Without a modem in between nobody can look at the credentials. */
	if (plan->stack == STACK_MBEDTLS)
		board->port.at = NULL;
	return store_open(&board->modem.store, store, why);
}

void board_run(struct board *board)
{
	uint64_t began = board_now(board);

	client_init(&board->client, &board->plan.settings, &board->port);
	while (board->client.state != CLIENT_STOPPED)
		client_step(&board->client);
	board->took_ms = board_now(board) - began;
}

void board_interrupt(struct board *board, pthread_t thread)
{
	if (atomic_load(&board->waits_for_tcp))
		bell_ring(thread);
}

void board_close(struct board *board)
{
	board_hang_up(board);
	tls_forget(&board->tls);
	modem_close(&board->modem);
}
