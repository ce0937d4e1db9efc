/* A board's modem: the core's AT commands, credentials and network, on the simulated one. */
#include "at.h"
#include "board_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int board_at(void *arg, const char *command, char *answer, size_t size)
{
	struct board *board = arg;
	struct text out = {0};
	int rc;

	pthread_mutex_lock(&board->modem.lock);
	rc = at_execute(&board->modem, command, strlen(command), &out);
	pthread_mutex_unlock(&board->modem.lock);
	snprintf(answer, size, "%s", out.s ? out.s : "");
	text_free(&out);
	if (rc == AT_DEAD)
		return board_number(board, ERROR_EPERM);
	if (rc == AT_ERROR)
		return CME_INCORRECT_PARAMETER;
	return rc;
}

/* As modem_key_mgmt translates CME errors. */
static int errno_of_cme(const struct board *board, int cme)
{
	static const struct {
		int cme;
		enum error error;
	} map[] = {
		{CME_MEMORY_FAILURE, ERROR_E2BIG},
		{CME_INCORRECT_PARAMETER, ERROR_EINVAL},
		{CME_SYSTEM_ERROR, ERROR_ENOEXEC},
		{CME_NOT_FOUND, ERROR_ENOENT},
		{CME_NO_ACCESS, ERROR_EACCES},
		{CME_MEMORY_FULL, ERROR_ENOMEM},
		{CME_ACTIVE_STATE, ERROR_EPERM},
		{CME_ALREADY_EXISTS, ERROR_EALREADY},
		{CME_INVALID_CONTENT, ERROR_EINVAL},
		{CME_POWER_OFF_WARNING, ERROR_ECANCELED},
		{AT_DEAD, ERROR_EPERM},
		{AT_PHONE_FAILURE, ERROR_EIO},
	};

	if (cme == AT_OK)
		return 0;
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].cme == cme)
			return board_number(board, map[i].error);
	return board_number(board, ERROR_EIO);
}

int board_provision(struct board *board, uint32_t tag, int type, const char *text, size_t len)
{
	struct text line = {0};
	struct text out = {0};
	int rc;

	/* Compiled in: nobody looks at it before the connection is made. */
	if (board->plan.stack == STACK_MBEDTLS)
		return store_put(&board->modem.store, tag, (uint32_t)type, text, len, false)
			       ? CME_MEMORY_FULL
			       : AT_OK;
	text_printf(&line, "AT%%CMNG=0,%" PRIu32 ",%d,\"", tag, type);
	text_add(&line, text, len);
	text_puts(&line, "\"");
	pthread_mutex_lock(&board->modem.lock);
	rc = at_execute(&board->modem, line.s, line.len, &out);
	pthread_mutex_unlock(&board->modem.lock);
	text_free(&line);
	text_free(&out);
	return rc;
}

static int board_credential_write(void *arg, uint32_t tag, enum credential_type type,
				  const char *text, size_t len)
{
	return errno_of_cme(arg, board_provision(arg, tag, (int)type, text, len));
}

static int board_modem_start(void *arg)
{
	struct board *board = arg;
	char command[40];
	char *answer;

	if (board->plan.faults.no_modem)
		return board_number(board, ERROR_EIO);
	pthread_mutex_lock(&board->modem.lock);
	modem_start(&board->modem);
	if (board->plan.faults.lost_credentials)
		store_clear(&board->modem.store);
	pthread_mutex_unlock(&board->modem.lock);
	if (!board->plan.faults.read_back)
		return 0;
	/* What the Academy's application up to v3.1 does at boot: modem_key_mgmt_cmp(). */
	board_tell(board, SAY_INFO, "the application reads the credential of tag %" PRIu32 " back",
		   board->plan.settings.doors[0].tag);
	answer = malloc(AT_LINE_MAX * 2);
	if (!answer)
		return board_number(board, ERROR_ENOMEM);
	snprintf(command, sizeof(command), "AT%%CMNG=2,%" PRIu32 ",0",
		 board->plan.settings.doors[0].tag);
	board_at(board, command, answer, AT_LINE_MAX * 2);
	free(answer);
	return 0;
}

static uint8_t board_fault(void *arg)
{
	struct board *board = arg;
	uint8_t fault;

	pthread_mutex_lock(&board->modem.lock);
	fault = board->modem.fault;
	pthread_mutex_unlock(&board->modem.lock);
	return fault;
}

bool board_attached(struct board *board)
{
	bool result;

	pthread_mutex_lock(&board->modem.lock);
	result = modem_attached(&board->modem);
	pthread_mutex_unlock(&board->modem.lock);
	return result;
}

static int board_network(void *arg, uint32_t timeout_ms)
{
	struct board *board = arg;
	char answer[8];

	if (board_fault(board))
		return board_number(board, ERROR_ESHUTDOWN);
	if (!board_attached(board))
		board_at(board, "AT+CFUN=1", answer, sizeof(answer));
	if (board_attached(board))
		return 0;
	board_tell(board, SAY_WARNING, "no network; the wait of %" PRIu32 " s is left out",
		   timeout_ms / 1000);
	return board_number(board, ERROR_ETIMEDOUT);
}

void board_modem_port(struct port *port)
{
	port->modem_start = board_modem_start;
	port->at = board_at;
	port->fault = board_fault;
	port->credential_write = board_credential_write;
	port->network = board_network;
}
