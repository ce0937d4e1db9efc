#include "bell.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static void on_ring(int number)
{
	(void)number;
}

void bell_init(void)
{
	struct sigaction action = {.sa_handler = on_ring}; /* no SA_RESTART: that is its use */

	sigaction(SIGRTMIN, &action, NULL);
}

void bell_set(struct bell *bell, uint32_t ms)
{
	struct sigevent event;
	struct itimerspec when = {
		.it_value = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}};

	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_signo = SIGRTMIN;
	event.sigev_notify_thread_id = gettid();
	bell->set = timer_create(CLOCK_MONOTONIC, &event, &bell->timer) == 0;
	if (bell->set)
		timer_settime(bell->timer, 0, &when, NULL);
}

void bell_off(struct bell *bell)
{
	if (bell->set)
		timer_delete(bell->timer);
	bell->set = false;
}

void bell_ring(pthread_t thread)
{
	pthread_kill(thread, SIGRTMIN);
}
