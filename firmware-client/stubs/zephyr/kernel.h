/* Stub: see README.md. */
#ifndef STUB_ZEPHYR_KERNEL_H
#define STUB_ZEPHYR_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARG_UNUSED(x) (void)(x)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)     ((a) < (b) ? (a) : (b))
#define BUILD_ASSERT(condition, ...) _Static_assert(condition, "" __VA_ARGS__)

/* IS_ENABLED(X): 1 if X is defined as 1. */
#define STUB_ENABLED_1		  0,
#define STUB_SECOND(a, b, ...)	  b
#define STUB_IS(x)		  STUB_IS2(STUB_ENABLED_##x)
#define STUB_IS2(one_or_nothing)  STUB_SECOND(one_or_nothing 1, 0, 0)
#define IS_ENABLED(x)		  STUB_IS(x)

typedef struct {
	int64_t ticks;
} k_timeout_t;

#define K_MSEC(ms)   ((k_timeout_t){(int64_t)(ms)})
#define K_SECONDS(s) K_MSEC((s) * 1000)
#define K_NO_WAIT    ((k_timeout_t){0})

int64_t k_uptime_get(void);
uint32_t k_cycle_get_32(void);
int32_t k_sleep(k_timeout_t timeout);

struct k_work;
typedef void (*k_work_handler_t)(struct k_work *work);
struct k_work {
	k_work_handler_t handler;
};
struct k_work_delayable {
	struct k_work work;
};
#define K_WORK_DELAYABLE_DEFINE(name, function)                                                    \
	struct k_work_delayable name = {{function}}
struct k_work_delayable *k_work_delayable_from_work(struct k_work *work);
int k_work_schedule(struct k_work_delayable *work, k_timeout_t delay);

#endif
