#include "outcome.h"

#define OUTCOME(id, text, now, old, mbedtls, how, where) \
	const struct outcome outcome_##id = {            \
		text, ERROR_##now, ERROR_##old, ERROR_##mbedtls, SURE_##how, where}

/* nrf_modem 1.1.0 and later answer ECONNREFUSED for a missing or wrong credential; before, every
 * failed handshake was EOPNOTSUPP (-45 in the numbering of the time, field report 2). */
OUTCOME(no_anchor, "no-anchor", ECONNREFUSED, EOPNOTSUPP, ENOENT, KNOWN,
	"nrf_modem changelog; that no packet is sent is assumed");
OUTCOME(bad_anchor, "unreadable-anchor", ECONNREFUSED, EOPNOTSUPP, EINVAL, KNOWN,
	"nrf_modem changelog");
OUTCOME(bad_pair, "key-not-the-certificates", ECONNREFUSED, EOPNOTSUPP, EINVAL, KNOWN,
	"nrf_modem changelog");
OUTCOME(untrusted, "untrusted", ECONNREFUSED, EOPNOTSUPP, ECONNABORTED, KNOWN,
	"nrf_modem changelog: wrong certificate");
OUTCOME(no_suite, "no-common-suite", EOPNOTSUPP, EOPNOTSUPP, ECONNABORTED, KNOWN,
	"cipher suites sample");
OUTCOME(name, "name", EOPNOTSUPP, EOPNOTSUPP, ECONNABORTED, ASSUMED, "no source gives this errno");
OUTCOME(dates, "dates", EOPNOTSUPP, EOPNOTSUPP, ECONNABORTED, ASSUMED,
	"no source says that the modem looks at dates at all");
OUTCOME(chain, "chain-too-large", EOPNOTSUPP, EOPNOTSUPP, ECONNABORTED, ASSUMED,
	"limit reported (DevZone 114031), errno in no source");
OUTCOME(unfit, "certificate-unfit", EOPNOTSUPP, EOPNOTSUPP, ECONNABORTED, ASSUMED,
	"no source gives this errno");
OUTCOME(alert, "alert", EOPNOTSUPP, EOPNOTSUPP, ECONNABORTED, REPORTED, "field report 2");
OUTCOME(protocol, "protocol", EOPNOTSUPP, EOPNOTSUPP, ECONNABORTED, ASSUMED,
	"no source gives this errno");
OUTCOME(stalled, "stalled", ETIMEDOUT, ETIMEDOUT, ETIMEDOUT, KNOWN, "nrf_modem changelog");
OUTCOME(tcp_refused, "port-closed", ECONNREFUSED, ECONNREFUSED, ECONNREFUSED, KNOWN, "nrf_errno.h");
OUTCOME(tcp_unanswered, "no-answer", ETIMEDOUT, ETIMEDOUT, ETIMEDOUT, KNOWN, "nrf_modem changelog");
OUTCOME(no_ipv6, "no-ipv6", ENETUNREACH, ENETUNREACH, ENETUNREACH, ASSUMED,
	"IPv6 first is known, the errno is not");
OUTCOME(no_route, "no-route", ENETUNREACH, ENETUNREACH, ENETUNREACH, KNOWN, "nrf_errno.h");
OUTCOME(busy, "busy", EBUSY, EBUSY, EBUSY, KNOWN, "nrf_socket.h");
OUTCOME(record, "record-too-large", EMSGSIZE, EMSGSIZE, ECONNABORTED, REPORTED,
	"sdk-nrf pull request 20182");
OUTCOME(closed, "closed", ENOTCONN, ENOTCONN, ENOTCONN, KNOWN, "Zephyr mqtt");
OUTCOME(reset, "reset", ECONNRESET, ECONNRESET, ECONNRESET, ASSUMED, "nrf_errno.h");
OUTCOME(no_pdn, "no-pdn", ENETDOWN, ENETDOWN, ENETDOWN, KNOWN, "nrf_errno.h");
