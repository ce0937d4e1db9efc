/* doorstep-dk: virtual boards. */
#include "commands.h"

#include <signal.h>

static atomic_bool stop;

static void on_signal(int number)
{
	(void)number;
	atomic_store(&stop, true);
}

int main(int argc, char **argv)
{
	static int (*const commands[])(const struct options *, atomic_bool *) = {
		[MODE_RUN] = cmd_run,
		[MODE_AT] = cmd_at,
		[MODE_FIRMWARES] = cmd_firmwares,
	};
	struct sigaction action = {.sa_handler = on_signal};
	struct options options;
	int rc = options_read(&options, argc, argv);

	if (rc)
		return rc - 1;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	return commands[options.mode](&options, &stop);
}
