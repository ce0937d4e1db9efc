/* Stub: see README.md. */
#ifndef STUB_ZEPHYR_GPIO_H
#define STUB_ZEPHYR_GPIO_H

#include <stdbool.h>
#include <stdint.h>

struct device;
typedef uint32_t gpio_flags_t;
struct gpio_dt_spec {
	const struct device *port;
	uint8_t pin;
	uint16_t dt_flags;
};
#define DT_ALIAS(alias)				 alias
#define GPIO_DT_SPEC_GET_OR(node, property, ...) __VA_ARGS__
#define GPIO_OUTPUT_INACTIVE			 (1u << 17)

bool gpio_is_ready_dt(const struct gpio_dt_spec *spec);
int gpio_pin_configure_dt(const struct gpio_dt_spec *spec, gpio_flags_t extra_flags);
int gpio_pin_set_dt(const struct gpio_dt_spec *spec, int value);

#endif
