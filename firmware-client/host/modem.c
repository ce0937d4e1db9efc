#include "modem.h"

#include <stdio.h>
#include <string.h>

void modem_init(struct modem *modem, const struct firmware *firmware, const char *imei)
{
	memset(modem, 0, sizeof(*modem));
	modem->firmware = firmware;
	modem->network = true;
	snprintf(modem->imei, sizeof(modem->imei), "%s", imei);
	pthread_mutex_init(&modem->lock, NULL);
}

void modem_close(struct modem *modem)
{
	store_close(&modem->store);
	pthread_mutex_destroy(&modem->lock);
}

void modem_start(struct modem *modem)
{
	modem->cfun = 0;
	modem->cmee = 0;
	modem->cereg = 0;
	modem->fault = 0;
	modem->handshaking = false;
}

bool modem_attached(const struct modem *modem)
{
	return modem->network && !modem->fault && (modem->cfun == 1 || modem->cfun == 21);
}

void modem_imei_of(char imei[16], const char *name)
{
	uint32_t hash = 2166136261u;
	int sum = 0;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	snprintf(imei, 16, "35165610%06u", hash % 1000000u);
	for (int i = 0; i < 14; i++) {
		int digit = imei[i] - '0';

		if (i % 2)
			digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
		sum += digit;
	}
	imei[14] = (char)('0' + (10 - sum % 10) % 10);
	imei[15] = '\0';
}
