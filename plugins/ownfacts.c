#include "ownfacts.h"

#include <string.h>

#include "telling.h"

static void own_cert_drop(struct own_cert *c)
{
	cert_facts_free(&c->facts);
	X509_free(c->cert);
	text_free(&c->told);
	memset(c, 0, sizeof(*c));
}

const struct own_cert *own_cert_of(struct own_facts *own, X509 *cert)
{
	static const struct own_cert none;
	struct own_cert *c;

	if (!cert)
		return &none;
	for (size_t i = 0; i < OWN_FACTS_MAX; i++)
		if (own->kept[i].cert == cert)
			return &own->kept[i];
	if (!X509_up_ref(cert))
		return &none;
	c = &own->kept[own->next];
	own->next = (own->next + 1) % OWN_FACTS_MAX;
	own_cert_drop(c);
	c->cert = cert;
	/* what cannot be read stays empty */
	if (cert_facts_of(&c->facts, cert) == 0)
		tell_certificate(&c->told, "our_certificate", &c->facts, 0);
	if (c->told.broken)
		text_free(&c->told);
	return c;
}

void own_facts_free(struct own_facts *own)
{
	for (size_t i = 0; i < OWN_FACTS_MAX; i++)
		own_cert_drop(&own->kept[i]);
	own->next = 0;
}
