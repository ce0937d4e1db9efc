/* The application: wires the ports to the core and lets it step. */
#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>

#include "app.h"

LOG_MODULE_REGISTER(doorstep, CONFIG_DOORSTEP_LOG_LEVEL);

static uint64_t now_ms(void *arg)
{
	ARG_UNUSED(arg);
	return (uint64_t)k_uptime_get();
}

static struct client client;

/* Jitter, not cryptography: the cycle counter at the moment of a failure, and the IMEI, so that two
 * boards that fail in the same tick part all the same. */
static uint32_t random_bits(void *arg)
{
	static uint32_t state;

	ARG_UNUSED(arg);
	state = (state ^ k_cycle_get_32()) * 2654435761u + 1u;
	for (const char *digit = client.imei; *digit; digit++) {
		state = (state ^ (uint8_t)*digit) * 16777619u;
	}
	return state;
}

static bool pause_for(void *arg, uint32_t ms)
{
	ARG_UNUSED(arg);
	k_sleep(K_MSEC(ms));
	return false;
}

static void say(void *arg, enum say how, const char *line)
{
	ARG_UNUSED(arg);
	switch (how) {
	case SAY_ERROR:
		LOG_ERR("%s", line);
		break;
	case SAY_WARNING:
		LOG_WRN("%s", line);
		break;
	default:
		LOG_INF("%s", line);
		break;
	}
}

static void show_nothing(void *arg, uint8_t blinks)
{
	ARG_UNUSED(arg);
	ARG_UNUSED(blinks);
}

int main(void)
{
	static struct port port = {
		.now_ms = now_ms,
		.random = random_bits,
		.pause = pause_for,
		.say = say,
		.show = show_nothing,
	};

	platform_port(&port);
	net_port(&port);
	if (IS_ENABLED(CONFIG_DOORSTEP_LED)) {
		leds_port(&port);
	}
	client_init(&client, settings_get(), &port);
	while (client.state != CLIENT_STOPPED) {
		client_step(&client);
	}
	return 0;
}
