#include "groups.h"

#include <string.h>

#include "text.h"

/* What OpenSSL has by default, as class.json spells it. */
static const struct {
	const char *name;
	uint16_t group;
} known[] = {
	{"X25519", 29}, {"P-256", 23}, {"X448", 30}, {"P-521", 25}, {"P-384", 24},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

bool groups_set(SSL *ssl, const struct strings *groups)
{
	struct text list = {0};
	bool ok;

	for (size_t i = 0; i < groups->n; i++) {
		if (i)
			text_puts(&list, ":");
		text_puts(&list, groups->v[i]);
	}
	ok = list.s && !list.broken && SSL_set1_groups_list(ssl, list.s) == 1;
	text_free(&list);
	return ok;
}

bool groups_starve(const struct strings *groups, const struct hello *offer)
{
	bool by_default = false;

	for (size_t k = 0; k < COUNT(known); k++) {
		if (!hello_has(&offer->groups, known[k].group))
			continue;
		by_default = true;
		for (size_t i = 0; i < groups->n; i++)
			if (strcmp(groups->v[i], known[k].name) == 0)
				return false;
	}
	return by_default;
}
