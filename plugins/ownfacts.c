#include "ownfacts.h"

#include <string.h>

const struct cert_facts *own_facts_of(struct own_facts *own, X509 *cert)
{
	static const struct cert_facts none;
	size_t at;

	if (!cert)
		return &none;
	for (size_t i = 0; i < OWN_FACTS_MAX; i++)
		if (own->kept[i].cert == cert)
			return &own->kept[i].facts;
	at = own->next;
	if (!X509_up_ref(cert))
		return &none;
	own->next = (at + 1) % OWN_FACTS_MAX;
	cert_facts_free(&own->kept[at].facts);
	X509_free(own->kept[at].cert);
	own->kept[at].cert = cert;
	/* what cannot be read stays empty */
	cert_facts_of(&own->kept[at].facts, cert);
	return &own->kept[at].facts;
}

void own_facts_free(struct own_facts *own)
{
	for (size_t i = 0; i < OWN_FACTS_MAX; i++) {
		cert_facts_free(&own->kept[i].facts);
		X509_free(own->kept[i].cert);
	}
	memset(own, 0, sizeof(*own));
}
