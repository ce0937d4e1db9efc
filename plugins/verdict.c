#include "verdict.h"

#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include "alert.h"

#define MODEM_CHAIN_MAX 4096

/* ---- words that the table is written in ---- */

static bool left(const struct evidence *e)
{
	return e->ending == ENDING_FIN || e->ending == ENDING_RESET;
}

/* Did it stand still: until the broker, or TCP, gave up waiting? */
static bool gave_up(const struct evidence *e)
{
	return e->stalled || e->ending == ENDING_LOST;
}

static bool says_cert(const struct evidence *e)
{
	switch (e->cert_shown ? e->device_alert : -1) {
	case ALERT_BAD_CERTIFICATE:
	case ALERT_UNSUPPORTED_CERTIFICATE:
	case ALERT_CERTIFICATE_REVOKED:
	case ALERT_CERTIFICATE_EXPIRED:
	case ALERT_CERTIFICATE_UNKNOWN:
		return true;
	default:
		return false;
	}
}

/* Is this what the device answered our certificate with? */
static bool shown(const struct evidence *e, int alert)
{
	return e->cert_shown && e->device_alert == alert;
}

/* Alerts that stacks use for "something about this certificate". */
static bool says_vaguely(const struct evidence *e)
{
	return e->cert_shown && (e->device_alert == ALERT_BAD_CERTIFICATE ||
				 e->device_alert == ALERT_CERTIFICATE_UNKNOWN);
}

/* Those that may be about its name: 80 is libmosquitto's own, 40 Erlang's. */
static bool says_name(const struct evidence *e)
{
	return says_vaguely(e) || shown(e, ALERT_INTERNAL_ERROR) ||
	       shown(e, ALERT_HANDSHAKE_FAILURE);
}

static bool nothing_in_common(const struct evidence *e)
{
	switch (e->error) {
	case SSL_R_NO_CIPHERS_SPECIFIED:
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_NO_SUITABLE_KEY_SHARE:
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
	case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
	case SSL_R_NO_SUITABLE_GROUPS:
	case SSL_R_NO_SHARED_GROUPS:
		return true;
	default:
		return false;
	}
}

static bool signature_error(const struct evidence *e)
{
	return e->error == SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM ||
	       e->error == SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS;
}

static bool group_error(const struct evidence *e)
{
	return e->error == SSL_R_NO_SUITABLE_KEY_SHARE || e->error == SSL_R_NO_SUITABLE_GROUPS ||
	       e->error == SSL_R_NO_SHARED_GROUPS;
}

static bool version_refused(const struct evidence *e)
{
	switch (e->error) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_UNKNOWN_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_WRONG_SSL_VERSION:
		return true;
	default:
		/* TLS 1.1 that is not switched off fails for its signatures, with alert 80 */
		return (e->our_alert == ALERT_PROTOCOL_VERSION &&
			e->error != SSL_R_BAD_LEGACY_VERSION) ||
		       (nothing_in_common(e) && !e->version_shared);
	}
}

static bool cert_refused(const struct evidence *e)
{
	return e->cert_sent && e->error == SSL_R_CERTIFICATE_VERIFY_FAILED;
}

/* Was it the device's own certificate that this was said of, and not one that it hangs from? */
static bool own_error(const struct evidence *e, int error)
{
	return cert_refused(e) && e->verify_error == error && e->verify_depth == 0;
}

static bool issuer_error(const struct evidence *e)
{
	switch (e->verify_error) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED:
	/* The issuer's name is ours and its key is another: what OpenSSL before 3.0.6 says of it. */
	case X509_V_ERR_AKID_SKID_MISMATCH:
	case X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
		return true;
	default:
		return false;
	}
}

/* ---- the table ---- */

#define DEVICE RULE_BY_DEVICE
#define BROKER RULE_BY_BROKER
#define ENDING RULE_BY_ENDING
#define POLICY RULE_BY_POLICY

#define RULES(ROW)                                                                                 \
	/* our own word comes first: nobody else knows why we refused */                           \
	ROW(NONE, POLICY, refused, e->refused != REASON_NONE)                                      \
	/* only the broker's own log knows these */                                                \
	ROW(TOO_MANY_CONNECTIONS, BROKER, too_many, e->log == LOG_TOO_MANY)                        \
	ROW(HOST_DENIED, BROKER, host_denied, e->log == LOG_HOST_DENIED)                           \
	ROW(TLS_ON_PLAIN_PORT, BROKER, tls_on_plain, !e->tls && e->log == LOG_TLS_ON_PLAIN)        \
	ROW(STOPPED_AT_THE_DOOR, BROKER, stopped,                                                  \
	    e->stopping && e->ending == ENDING_CLOSED && e->device_alert < 0)                      \
	/* before a ClientHello */                                                                 \
	ROW(NOTHING_SENT, ENDING, nothing,                                                         \
	    e->tls && e->stage == STAGE_TCP && e->spoke == SPOKE_NOTHING)                          \
	ROW(NOT_TLS, BROKER, not_tls,                                                              \
	    e->tls && e->stage == STAGE_TCP && e->spoke != SPOKE_TLS && e->spoke != SPOKE_NOTHING) \
	ROW(NO_COMMON_VERSION, BROKER, version,                                                    \
	    e->stage <= STAGE_HELLO && e->device_alert < 0 && version_refused(e))                  \
	ROW(HELLO_INCOMPLETE, ENDING, half_hello,                                                  \
	    e->tls && e->stage == STAGE_TCP && e->device_alert < 0 &&                              \
		    (left(e) || (!e->error && e->our_alert < 0)))                                  \
	/* the offers do not meet */                                                               \
	ROW(NO_COMMON_CIPHER, BROKER, cipher, nothing_in_common(e) && !e->suite_for_our_key)       \
	ROW(NO_COMMON_SIGNATURE, BROKER, signature,                                                \
	    nothing_in_common(e) && (signature_error(e) || !e->signature_fits))                    \
	ROW(NO_COMMON_CURVE, BROKER, curve, nothing_in_common(e) && !e->curve_listed)              \
	ROW(NO_COMMON_GROUP, BROKER, group,                                                        \
	    nothing_in_common(e) && (group_error(e) || !e->group_shared))                          \
	ROW(NO_COMMON_CIPHER, BROKER, nothing_shared, nothing_in_common(e))                        \
	ROW(SNI_MISSING, BROKER, no_name, e->our_alert == ALERT_UNRECOGNIZED_NAME && !e->sni_sent) \
	ROW(SNI_UNKNOWN, BROKER, other_name, e->our_alert == ALERT_UNRECOGNIZED_NAME)              \
	/* the device's certificate, which we refused */                                           \
	ROW(CLIENT_CERT_MISSING, BROKER, cert_missing,                                             \
	    e->error == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE ||                                 \
		    e->our_alert == ALERT_CERTIFICATE_REQUIRED)                                    \
	ROW(CLIENT_CERT_IS_A_CA, BROKER, cert_is_ca, cert_refused(e) && e->cert_is_ca)             \
	ROW(CLIENT_CERT_REVOKED, BROKER, cert_revoked, own_error(e, X509_V_ERR_CERT_REVOKED))      \
	ROW(CLIENT_CERT_EXPIRED, BROKER, cert_expired, own_error(e, X509_V_ERR_CERT_HAS_EXPIRED))  \
	ROW(CLIENT_CERT_NOT_YET_VALID, BROKER, cert_not_yet,                                       \
	    own_error(e, X509_V_ERR_CERT_NOT_YET_VALID))                                           \
	ROW(CLIENT_CERT_WRONG_PURPOSE, BROKER, cert_purpose,                                       \
	    own_error(e, X509_V_ERR_INVALID_PURPOSE))                                              \
	ROW(CLIENT_CERT_UNTRUSTED, BROKER, cert_untrusted, cert_refused(e) && issuer_error(e))     \
	ROW(CLIENT_CERT_REFUSED, BROKER, cert_other, cert_refused(e))                              \
	ROW(CLIENT_CERT_WRONG_KEY, BROKER, cert_key,                                               \
	    e->cert_sent && !e->handshake_done &&                                                  \
		    (e->error == SSL_R_BAD_SIGNATURE || e->our_alert == ALERT_DECRYPT_ERROR))      \
	/* our certificate, which the device refused: the alert alone decides nothing */           \
	ROW(DEVICE_DOES_NOT_TRUST_US, DEVICE, trust, shown(e, ALERT_UNKNOWN_CA))                   \
	ROW(OUR_CERTIFICATE_EXPIRED, DEVICE, expired,                                              \
	    e->expired &&shown(e, ALERT_CERTIFICATE_EXPIRED))                                      \
	ROW(OUR_CERTIFICATE_NOT_YET_VALID, DEVICE, not_yet,                                        \
	    e->not_yet &&shown(e, ALERT_CERTIFICATE_EXPIRED))                                      \
	ROW(NAME_MISMATCH, DEVICE, name, e->sni_sent && !e->sni_covered && says_name(e))           \
	ROW(OUR_CERTIFICATE_EXPIRED, DEVICE, expired_vague, e->expired &&says_vaguely(e))          \
	ROW(OUR_CERTIFICATE_NOT_YET_VALID, DEVICE, not_yet_vague, e->not_yet &&says_vaguely(e))    \
	ROW(DEVICE_DOES_NOT_TRUST_US, DEVICE, trust_vague,                                         \
	    shown(e, ALERT_BAD_CERTIFICATE) && e->sni_sent && e->says_42)                          \
	ROW(OUR_CERTIFICATE_REFUSED, DEVICE, cert_alert, says_cert(e))                             \
	ROW(CHAIN_TOO_LARGE, DEVICE, chain_alert,                                                  \
	    e->device_alert >= 0 && e->stage == STAGE_SERVER_FLIGHT && e->cert_shown &&            \
		    e->chain_der > MODEM_CHAIN_MAX)                                                \
	ROW(DEVICE_ALERT, DEVICE, device_alert, e->device_alert >= 0 && !e->handshake_done)        \
	/* the handshake just ended */                                                             \
	ROW(CHAIN_TOO_LARGE, ENDING, chain_silent,                                                 \
	    !e->handshake_done && e->stage == STAGE_SERVER_FLIGHT && e->cert_shown &&              \
		    e->chain_der > MODEM_CHAIN_MAX && (left(e) || e->stalled))                     \
	ROW(LEFT_AFTER_CERTIFICATE, ENDING, left_cert,                                             \
	    e->tls && !e->handshake_done && e->cert_shown && left(e))                              \
	ROW(LEFT_IN_HANDSHAKE, ENDING, left_midway,                                                \
	    e->tls && !e->handshake_done && e->stage >= STAGE_HELLO && left(e) && !e->error)       \
	ROW(HANDSHAKE_STALLED, ENDING, stalled,                                                    \
	    e->tls && !e->handshake_done && !left(e) && e->error == 0 && e->our_alert < 0)         \
	ROW(HANDSHAKE_FAILED, BROKER, failed, e->tls && !e->handshake_done)                        \
	/* the handshake is done; what came through it is not a session yet */                     \
	ROW(MQTT_VERSION_UNSUPPORTED, BROKER, mqtt_version,                                        \
	    e->log == LOG_MQTT_VERSION ||                                                          \
		    ((e->connack == 1 || e->connack == 132) && !e->auth_seen))                     \
	ROW(CLIENT_ID_EMPTY, BROKER, id_empty,                                                     \
	    e->log == LOG_CLIENT_ID_EMPTY || (e->connack == 2 && !e->auth_seen))                   \
	ROW(NOT_A_CONNECT, BROKER, not_connect, e->log == LOG_NOT_CONNECT)                         \
	ROW(CONNECT_MALFORMED, BROKER, malformed,                                                  \
	    e->log == LOG_CONNECT_MALFORMED || e->log == LOG_GONE_MALFORMED ||                     \
		    e->log == LOG_GONE_OVERSIZE)                                                   \
	ROW(CLIENT_ID_NOT_ALLOWED, BROKER, id_prefix,                                              \
	    e->auth_watched && !e->auth_seen && e->log == LOG_GONE_NOT_AUTHORISED)                 \
	ROW(NOT_AUTHORISED, BROKER, not_authorised,                                                \
	    e->auth_seen || e->log == LOG_GONE_NOT_AUTHORISED)                                     \
	ROW(LEFT_AFTER_HANDSHAKE, DEVICE, alert_done,                                              \
	    e->handshake_done && !e->data_in && e->device_alert >= 0)                              \
	ROW(LEFT_AFTER_HANDSHAKE, ENDING, left_done, e->handshake_done && !e->data_in && left(e))  \
	ROW(CONNECT_INCOMPLETE, DEVICE, alert_connect, e->handshake_done && e->device_alert >= 0)  \
	ROW(CONNECT_INCOMPLETE, ENDING, half_connect, e->handshake_done && e->data_in && left(e))  \
	ROW(CONNECT_TIMEOUT, ENDING, timeout,                                                      \
	    e->handshake_done && (gave_up(e) || (!e->data_in && e->our_alert < 0)))                \
	ROW(CONNECT_TIMEOUT, BROKER, plain_timeout, e->log == LOG_GONE_TIMEOUT)                    \
	ROW(PROTOCOL_ERROR_BEFORE_CONNECT, BROKER, protocol_error, true)

#define HOLDS(reason, by, name, ...)                      \
	static bool rule_##name(const struct evidence *e) \
	{                                                 \
		(void)e;                                  \
		return __VA_ARGS__;                       \
	}
#define ENTRY(reason, by, name, ...) {REASON_##reason, by, rule_##name, #__VA_ARGS__},

RULES(HOLDS)

const struct rule verdict_rules[] = {RULES(ENTRY)};
const size_t verdict_rule_count = sizeof(verdict_rules) / sizeof(verdict_rules[0]);

static enum by by_of_ending(enum ending ending)
{
	switch (ending) {
	case ENDING_FIN:
	case ENDING_RESET:
		return BY_DEVICE;
	case ENDING_LOST:
		return BY_NETWORK;
	case ENDING_CLOSED:
	default:
		return BY_BROKER;
	}
}

enum reason_id verdict_by_rules(const struct rule *rules, size_t count, const struct evidence *e,
				enum by *by)
{
	for (size_t i = 0; i < count; i++) {
		if (!rules[i].holds(e))
			continue;
		switch (rules[i].by) {
		case RULE_BY_DEVICE:
			*by = BY_DEVICE;
			break;
		case RULE_BY_BROKER:
			*by = BY_BROKER;
			break;
		case RULE_BY_ENDING:
			*by = by_of_ending(e->ending);
			break;
		case RULE_BY_POLICY:
			*by = e->refused_by == BY_NOBODY ? BY_BROKER : e->refused_by;
			break;
		}
		return rules[i].reason == REASON_NONE ? e->refused : rules[i].reason;
	}
	*by = BY_BROKER;
	return REASON_PROTOCOL_ERROR_BEFORE_CONNECT;
}

enum reason_id verdict(const struct evidence *e, enum by *by)
{
	return verdict_by_rules(verdict_rules, verdict_rule_count, e, by);
}

enum reason_id verdict_of_end(const struct session_end *end, enum by *by)
{
	/* What Mosquitto 2.1's event says, in the numbers of MQTT 5 and of its own errors. */
	static const struct {
		int event;
		enum log_kind log;
	} events[] = {
		{142, LOG_TAKEN_OVER},	  {19, LOG_GONE_TIMEOUT},   {141, LOG_GONE_TIMEOUT},
		{2, LOG_GONE_PROTOCOL},	  {130, LOG_GONE_PROTOCOL}, {129, LOG_GONE_MALFORMED},
		{21, LOG_GONE_MALFORMED}, {25, LOG_GONE_OVERSIZE},  {149, LOG_GONE_OVERSIZE},
		{152, LOG_GONE_ADMIN},
	};
	enum log_kind log = end->log;

	for (size_t i = 0; log == LOG_OTHER && i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i].event == end->event_reason)
			log = events[i].log;
	*by = BY_BROKER;
	if (end->refused != REASON_NONE)
		return end->refused;
	switch (log) {
	case LOG_TAKEN_OVER:
		*by = BY_DEVICE;
		return REASON_TAKEN_OVER;
	case LOG_GONE_TIMEOUT:
		*by = BY_NETWORK;
		return REASON_KEEPALIVE_EXPIRED;
	case LOG_SECOND_CONNECT:
	case LOG_GONE_PROTOCOL:
	case LOG_GONE_MALFORMED:
		/* Mosquitto calls a lost TLS connection a protocol error as well. */
		if (end->ending == ENDING_CLOSED)
			return REASON_PROTOCOL_ERROR;
		break;
	case LOG_GONE_OVERSIZE:
		return REASON_MESSAGE_TOO_LARGE;
	case LOG_GONE_ADMIN:
		return REASON_CLOSED_BY_BROKER;
	case LOG_GONE_CLEAN:
		*by = BY_DEVICE;
		return REASON_DEVICE_LEFT;
	case LOG_GONE_NETWORK:
		*by = BY_NETWORK;
		return REASON_NETWORK_LOST;
	default:
		break;
	}
	if (end->ending == ENDING_RESET || end->ending == ENDING_LOST) {
		*by = BY_NETWORK;
		return REASON_NETWORK_LOST;
	}
	/* libwebsockets logs "closed its connection" of this as well */
	if (end->silent && end->ending == ENDING_CLOSED && !end->goodbye && !end->stopping) {
		*by = BY_NETWORK;
		return REASON_KEEPALIVE_EXPIRED;
	}
	if (end->ending == ENDING_FIN || end->goodbye || log == LOG_GONE_CLOSED) {
		*by = BY_DEVICE;
		return REASON_DEVICE_LEFT;
	}
	return end->stopping ? REASON_BROKER_STOPPED : REASON_CLOSED_BY_BROKER;
}
