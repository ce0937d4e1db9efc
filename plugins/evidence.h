/*
 * The evidence: what a rejected visit's verdict may rest on, taken out of the visit once, as plain
 * values. The decision table (verdict.h) sees nothing else.
 */
#ifndef DOORSTEP_EVIDENCE_H
#define DOORSTEP_EVIDENCE_H

#include "brokerlog.h"
#include "cert.h"
#include "hello.h"
#include "visit.h"

enum spoke { SPOKE_NOTHING, SPOKE_TLS, SPOKE_MQTT, SPOKE_HTTP, SPOKE_OTHER };

struct evidence {
	bool tls;
	enum stage stage;
	enum ending ending;
	bool stalled;
	enum spoke spoke;
	bool hello_whole;

	int device_alert; /* -1: none came */
	int our_alert;	  /* -1: none sent */
	int error;	  /* OpenSSL's reason, 0: none */

	/* between the offer and us; true as well where it could not be told */
	bool version_shared;
	bool suite_shared;	/* any suite at all */
	bool suite_for_our_key; /* one that our key can sign for */
	bool curve_listed;	/* our certificate's curve is in its groups */
	bool group_shared;
	bool signature_fits;
	bool offers_tls13;
	bool says_42; /* it looks like a stack that has one alert for every fault of a certificate */

	bool sni_sent;
	bool sni_covered;      /* our certificate covers the SNI */
	bool expired, not_yet; /* our certificate, on the visit's day */
	bool cert_shown;       /* our certificate went out: neither a retry nor a resumption */
	uint32_t chain_der;    /* bytes of our certificates */

	bool cert_asked, cert_sent, cert_empty, cert_is_ca;
	int verify_error; /* X509_V_*; 0: none seen */
	int verify_depth; /* 0: of the device's own certificate, else of one above it */

	bool handshake_done;
	uint32_t data_in, data_out;
	bool auth_watched, auth_seen; /* we are asked for verdicts; we were asked for this one */
	bool stopping;		      /* the broker was shutting down */
	enum reason_id refused;	      /* the policy's own word */
	enum by refused_by;
	int connack;
	enum log_kind log;
};

/* Fills e from v, and the parsed offer, which callers need as well; h is valid while v lives. ours are
 * the facts of v->ours, empty if there is none. */
void evidence_of(struct evidence *e, const struct visit *v, struct hello *h,
		 const struct cert_facts *ours);

/* Does our certificate hold the name that was asked for? */
bool evidence_sni_covered(const struct hello *h, const struct cert_facts *ours);

const char *spoke_name(enum spoke spoke);
enum spoke spoke_of(const uint8_t *first, size_t len);

#endif
