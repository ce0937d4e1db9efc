/* LED 1 and 2: commands switch them, and the first blinks the number of the step that failed. */
#include <zephyr/kernel.h>
#include <zephyr/drivers/gpio.h>

#include "app.h"

#define BLINK_MS 250
#define GAP_MS	 1500

#define LED_SPEC(alias) GPIO_DT_SPEC_GET_OR(DT_ALIAS(alias), gpios, {0})

static const struct gpio_dt_spec leds[] = {LED_SPEC(led0), LED_SPEC(led1)};

static uint8_t blinks;
static uint8_t phase;

static void led_set(size_t index, bool on)
{
	if (leds[index].port) {
		(void)gpio_pin_set_dt(&leds[index], on);
	}
}

static void blink(struct k_work *work)
{
	struct k_work_delayable *delayable = k_work_delayable_from_work(work);

	if (blinks == 0) {
		return;
	}
	led_set(0, phase % 2 == 0 && phase < 2 * blinks);
	phase++;
	if (phase > 2 * blinks) {
		phase = 0;
		(void)k_work_schedule(delayable, K_MSEC(GAP_MS));
	} else {
		(void)k_work_schedule(delayable, K_MSEC(BLINK_MS));
	}
}

static K_WORK_DELAYABLE_DEFINE(blink_work, blink);

static void show(void *arg, uint8_t count)
{
	ARG_UNUSED(arg);
	blinks = count;
	phase = 0;
	if (count) {
		(void)k_work_schedule(&blink_work, K_NO_WAIT);
	} else {
		led_set(0, false);
	}
}

static void act(void *arg, const struct command *command)
{
	ARG_UNUSED(arg);
	if (command->kind == COMMAND_LED) {
		led_set(command->led - 1u, command->on);
	}
}

void leds_port(struct port *port)
{
	for (size_t i = 0; i < ARRAY_SIZE(leds); i++) {
		if (leds[i].port && gpio_is_ready_dt(&leds[i])) {
			(void)gpio_pin_configure_dt(&leds[i], GPIO_OUTPUT_INACTIVE);
		}
	}
	port->show = show;
	port->act = act;
}
