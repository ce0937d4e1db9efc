#include "handshake.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clerk_desk.h"
#include "hello.h"
#include "text.h"

static void keep_hello(struct visit *v, const uint8_t *msg, size_t len, bool v2)
{
	bool whole = !v2 && len <= VISIT_HELLO_MAX;
	size_t n = whole ? len : VISIT_HELLO_MAX;
	uint8_t *copy;

	visit_reach(v, STAGE_HELLO);
	/* after a HelloRetryRequest there is a second one; the first is the offer */
	if (v->hello)
		return;
	v->hello_bytes = (uint32_t)len;
	copy = malloc(n ? n : 1);
	if (!copy)
		return;
	if (v2)
		n = hello_of_v2(copy, n, msg, len);
	else if (!whole)
		n = hello_condense(copy, n, msg, len);
	if (whole || n == 0) {
		n = len < VISIT_HELLO_MAX ? len : VISIT_HELLO_MAX;
		memcpy(copy, msg, n);
	}
	v->hello = copy;
	v->hello_len = (uint32_t)n;
}

void handshake_hello_v2(struct visit *v, const uint8_t *msg, size_t len)
{
	visit_step(v, clock_mono_us(), false, SSL3_MT_CLIENT_HELLO, (uint32_t)len);
	keep_hello(v, msg, len, true);
}

/* Walks a Certificate message: how many there are, their bytes of DER, and where the first is. */
static size_t read_certificates(const uint8_t *msg, size_t len, bool tls13, const uint8_t **first,
				size_t *first_len, size_t *der_bytes)
{
	const uint8_t *p = msg + 4, *end = msg + len;
	size_t n = 0;

	*first = NULL;
	*first_len = *der_bytes = 0;
	if (len < 4)
		return 0;
	if (tls13) { /* request context */
		if (p >= end || (size_t)(end - p) < (size_t)p[0] + 1)
			return 0;
		p += p[0] + 1;
	}
	if (end - p < 3)
		return 0;
	for (p += 3; end - p >= 3;) {
		size_t der = (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2];

		p += 3;
		if (der > (size_t)(end - p))
			break;
		if (n++ == 0) {
			*first = p;
			*first_len = der;
		}
		*der_bytes += der;
		p += der;
		if (tls13) { /* extensions */
			if (end - p < 2 || (size_t)(end - p) < 2 + ((size_t)p[0] << 8 | p[1]))
				break;
			p += 2 + ((size_t)p[0] << 8 | p[1]);
		}
	}
	return n;
}

static void see_certificate(struct visit *v, bool out, const uint8_t *msg, size_t len, bool tls13)
{
	const uint8_t *first;
	size_t first_len, der;
	size_t n = read_certificates(msg, len, tls13, &first, &first_len, &der);

	if (out) {
		v->chain_bytes = (uint32_t)len;
		v->chain_der = (uint32_t)der;
		return;
	}
	v->cert_empty = n == 0;
	v->cert_chain = (uint32_t)n;
	if (n == 0 || v->cert || first_len > VISIT_CERT_MAX)
		return;
	v->cert = malloc(first_len ? first_len : 1);
	if (!v->cert)
		return;
	memcpy(v->cert, first, first_len);
	v->cert_len = (uint32_t)first_len;
}

/* HelloRetryRequest is a ServerHello with this in the place of its random bytes (RFC 8446, 4.1.3):
 * SHA-256 of its name. */
static bool is_retry_request(const uint8_t *msg, size_t len)
{
	static const uint8_t mark[] = {
		0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
		0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
		0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
	};

	return len >= 6 + sizeof(mark) && memcmp(msg + 6, mark, sizeof(mark)) == 0;
}

#define MT_COMPRESSED_CERTIFICATE 25 /* RFC 8879 */

/* A certificate as OpenSSL has read it: where the message was compressed we cannot read it. */
void handshake_certificate(struct visit *v, X509 *cert, unsigned chain)
{
	int len = cert ? i2d_X509(cert, NULL) : 0;
	uint8_t *at;

	if (v->cert || len <= 0 || len > VISIT_CERT_MAX)
		return;
	v->cert = at = malloc((size_t)len);
	if (!v->cert)
		return;
	i2d_X509(cert, &at);
	v->cert_len = (uint32_t)len;
	v->cert_chain = chain;
	v->cert_empty = false;
	visit_reach(v, STAGE_CLIENT_CERT);
}

/* Of a compressed one only the lengths can be told: of the message, and of what it unpacks to. */
static void see_compressed(struct visit *v, bool out, const uint8_t *msg, size_t len)
{
	if (!out)
		visit_reach(v, STAGE_CLIENT_CERT);
	if (!out || len < 9)
		return;
	v->chain_bytes = (uint32_t)len;
	v->chain_der = (uint32_t)msg[6] << 16 | (uint32_t)msg[7] << 8 | msg[8];
}

void handshake_message(struct visit *v, SSL *ssl, bool out, const uint8_t *msg, size_t len)
{
	visit_step(v, clock_mono_us(), out, msg[0], (uint32_t)len);
	switch (msg[0]) {
	case SSL3_MT_CLIENT_HELLO:
		if (!out)
			keep_hello(v, msg, len, false);
		break;
	case SSL3_MT_SERVER_HELLO:
		if (out && !is_retry_request(msg, len))
			visit_reach(v, STAGE_SERVER_FLIGHT);
		break;
	case SSL3_MT_CERTIFICATE:
		see_certificate(v, out, msg, len, SSL_version(ssl) == TLS1_3_VERSION);
		if (!out)
			visit_reach(v, STAGE_CLIENT_CERT);
		break;
	case MT_COMPRESSED_CERTIFICATE:
		see_compressed(v, out, msg, len);
		break;
	case SSL3_MT_CERTIFICATE_REQUEST:
		v->asked_certificate = v->asked_certificate || out;
		break;
	case SSL3_MT_FINISHED:
		if (!out)
			visit_reach(v, STAGE_FINISHED);
		break;
	default:
		break;
	}
}

void handshake_own(struct visit *v, SSL *ssl)
{
	X509 *ours;

	if (v->ours)
		return;
	ours = SSL_get_certificate(ssl);
	if (ours && X509_up_ref(ours))
		v->ours = ours;
}

void handshake_tcp(struct visit *v, int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (fd < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return;
	v->have_tcp = true;
	v->rtt_us = info.tcpi_rtt;
	v->retransmits = info.tcpi_total_retrans;
}

void handshake_done(struct visit *v, SSL *ssl)
{
	const char *group = NULL;
	int nid;

	v->handshake_done = true;
	visit_reach(v, STAGE_FINISHED);
	v->version = (uint16_t)SSL_version(ssl);
	text_copy(v->cipher, sizeof(v->cipher), SSL_get_cipher_name(ssl));
	/* with OpenSSL's mark for a group that has no NID of its own, as the hybrid ones */
	nid = (int)SSL_get_negotiated_group(ssl);
	if (nid)
		group = SSL_group_to_name(ssl, nid);
	if (group)
		text_copy(v->group, sizeof(v->group), group);
	v->resumed = SSL_session_reused(ssl);
	/* no message brings it then: it is that of the first handshake */
	if (v->resumed)
		handshake_certificate(v, SSL_get0_peer_certificate(ssl), 0);
	handshake_own(v, ssl);
}
