#include "evidence.h"

#include <string.h>
#include <openssl/obj_mac.h>
#include <openssl/ssl.h>

#include "looks.h"
#include "tlsname.h"

enum spoke spoke_of(const uint8_t *p, size_t len)
{
	static const char *const verbs[] = {"GET ", "POST", "PUT ", "HEAD", "OPTI",
					    "DELE", "PATC", "CONN", "TRAC", "PRI "};

	if (len == 0)
		return SPOKE_NOTHING;
	/* a TLS record, or an SSLv2-shaped ClientHello */
	if (p[0] >= 0x14 && p[0] <= 0x17 && (len < 2 || p[1] == 3))
		return SPOKE_TLS;
	if (len >= 3 && p[0] & 0x80 && p[2] == 1)
		return SPOKE_TLS;
	for (size_t i = 0; len >= 4 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (memcmp(p, verbs[i], 4) == 0)
			return SPOKE_HTTP;
	/* A CONNECT: 0x10, its length in up to four bytes, then the protocol name's length. Of the
	 * five bytes that the TLS reader asks for, the length and the 00 are there at the latest. */
	if (p[0] == 0x10) {
		size_t i = 1;

		while (i < len && i < 5 && p[i] & 0x80)
			i++;
		if (i + 1 >= len || p[i + 1] == 0)
			return SPOKE_MQTT;
	}
	return SPOKE_OTHER;
}

const char *spoke_name(enum spoke spoke)
{
	static const char *const names[] = {"nothing", "tls", "mqtt", "http", "other"};

	return names[spoke];
}

static void compare_offer(struct evidence *e, const struct visit *v, const struct hello *h,
			  const struct cert_facts *ours)
{
	bool tls13 = hello_offers(h, 0x0304) && v->side && v->side->max_version >= 0x0304;
	bool any = false, for_key = false, fits = false;

	e->offers_tls13 = tls13;
	if (v->side) {
		bool shared = false;

		for (uint16_t ver = v->side->min_version; ver <= v->side->max_version; ver++)
			shared = shared || hello_offers(h, ver);
		e->version_shared = shared;
		for (size_t i = 0; i < h->suites.n; i++) {
			uint16_t suite = hello_at(&h->suites, i);
			enum suite_auth auth = tls_suite_auth(suite);

			for (size_t j = 0; j < v->side->suite_count; j++) {
				if (v->side->suites[j] != suite)
					continue;
				/* 1.3 has suites of its own, and wins where both sides have it */
				if ((auth == SUITE_AUTH_ANY) != tls13)
					continue;
				any = true;
				for_key = for_key || auth == SUITE_AUTH_ANY ||
					  !v->ours || /* cannot be told */
					  auth == (ours->curve_nid ? SUITE_AUTH_ECDSA
								   : SUITE_AUTH_RSA);
			}
		}
		e->suite_shared = any;
		e->suite_for_our_key = for_key;
	}
	/* In TLS 1.2 the list binds the certificate's curve too; in 1.3 it does not. */
	if (h->groups.n && ours->tls_group && !tls13)
		e->curve_listed = hello_has(&h->groups, ours->tls_group);
	if (v->shared_groups >= 0)
		e->group_shared = v->shared_groups > 0;
	/* one that lists none means SHA-1, which nobody signs with any more */
	if (v->ours) {
		int nid = ours->curve_nid ? ours->curve_nid : NID_rsaEncryption;

		for (size_t i = 0; i < h->sigalgs.n; i++)
			fits = fits || tls_sigalg_fits(hello_at(&h->sigalgs, i), nid, tls13);
		e->signature_fits = fits;
	}
}

/* The SNI as a C string; one that holds a NUL covers nothing. */
bool evidence_sni_covered(const struct hello *h, const struct cert_facts *ours)
{
	char host[256];

	if (h->sni_len == 0 || h->sni_len >= sizeof(host) || memchr(h->sni, 0, h->sni_len))
		return false;
	memcpy(host, h->sni, h->sni_len);
	host[h->sni_len] = '\0';
	return cert_covers_host(ours, host) != COVERS_NO;
}

/* A warning that the handshake went on after was no refusal; in TLS 1.3 the level means nothing. */
static bool alert_counts(const struct visit *v)
{
	return v->alert_level == SSL3_AL_FATAL || !v->handshake_done ||
	       v->version == TLS1_3_VERSION;
}

void evidence_of(struct evidence *e, const struct visit *v, struct hello *h,
		 const struct cert_facts *ours)
{
	int64_t now = v->wall_us / 1000000;

	memset(e, 0, sizeof(*e));
	memset(h, 0, sizeof(*h));
	e->device_alert = -1;
	e->tls = v->tls;
	e->stage = v->stage;
	e->ending = v->ending;
	e->stalled = v->stalled;
	e->spoke = spoke_of(v->first, v->first_len);
	if (v->alert_seen && v->alert_from_device && alert_counts(v))
		e->device_alert = v->alert_code;
	e->our_alert = v->alert_seen && !v->alert_from_device ? v->alert_code : -1;
	e->error = v->error;
	e->version_shared = e->suite_shared = e->suite_for_our_key = true;
	e->curve_listed = e->group_shared = e->signature_fits = true;
	e->sni_covered = true;

	if (v->ours && ours->der_bytes) {
		e->expired = now > ours->not_after;
		e->not_yet = now < ours->not_before;
	}
	if (v->hello) {
		e->hello_whole = hello_parse(h, v->hello, v->hello_len) == 0;
		/* of one that is too large to be kept the lists are not whole */
		if (e->hello_whole)
			compare_offer(e, v, h, ours);
		e->says_42 = looks_bad_certificate_only(h);
		e->sni_sent = h->sni != NULL;
		if (h->sni && v->ours)
			e->sni_covered = evidence_sni_covered(h, ours);
	}
	e->cert_shown = v->chain_bytes && v->bytes_out > v->chain_bytes;
	e->chain_der = v->chain_der;

	e->cert_asked = v->asked_certificate;
	e->cert_sent = v->cert_len > 0;
	e->cert_empty = v->cert_empty;
	if (v->cert_len) {
		struct cert_facts theirs;

		if (cert_facts_of_der(&theirs, v->cert, v->cert_len) == 0)
			e->cert_is_ca = theirs.is_ca;
		cert_facts_free(&theirs);
	}
	e->verify_error = v->verify_seen ? v->verify_error : 0;
	e->verify_depth = v->verify_seen ? v->verify_depth : 0;

	e->handshake_done = v->handshake_done;
	e->data_in = v->data_in;
	e->data_out = v->data_out;
	e->auth_watched = v->auth_watched;
	e->auth_seen = v->auth_seen;
	e->stopping = v->stopping;
	e->refused = v->refused;
	e->refused_by = v->refused_by;
	e->connack = v->connack;
	e->log = (enum log_kind)v->log_kind;
}
