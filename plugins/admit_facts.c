#include "admit_facts.h"

#include <string.h>

#include "clerk_desk.h"

static bool is_date_error(int error)
{
	return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
}

int verify_and_go_on(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct conn *c = ssl ? watch_conn(ssl) : NULL;
	struct admission *a = c ? c->admission : NULL;
	int error = X509_STORE_CTX_get_error(store);

	if (!a)
		return ok;
	if (!ok &&
	    (!a->verify_error || (is_date_error(a->verify_error) && !is_date_error(error)))) {
		a->verify_error = error;
		if (c->visit) {
			c->visit->verify_seen = true;
			c->visit->verify_error = error;
			c->visit->verify_depth = X509_STORE_CTX_get_error_depth(store);
		}
	}
	/* the session, and each ticket made from it, keeps this */
	X509_STORE_CTX_set_error(store, a->verify_error);
	return 1;
}

static void take_certificate(struct visit_facts *vf)
{
	const struct cert_facts *from = &vf->cert;
	struct client_cert *to = &vf->f.cert;

	to->present = true;
	to->subject = from->subject;
	to->cn = from->cn;
	memcpy(to->sha256, from->sha256, sizeof(to->sha256));
	to->is_ca = from->is_ca;
	to->not_before = from->not_before;
	to->not_after = from->not_after;
}

/* The certificate of the session: of a resumed one, that of its first handshake. */
static void session_certificate(struct visit_facts *vf, const struct admission *a, SSL *ssl)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	long verify = SSL_get_verify_result(ssl);

	if (!cert || cert_facts_of(&vf->cert, cert) != 0)
		return;
	take_certificate(vf);
	vf->f.cert.trusted = verify == X509_V_OK || verify == X509_V_ERR_CERT_REVOKED ||
			     is_date_error((int)verify);
	vf->f.cert.wrong_purpose = verify == X509_V_ERR_INVALID_PURPOSE;
	if (a->listener)
		vf->f.cert.revocation = papers_check(office.papers, a->listener, cert);
}

static int64_t now_s(void)
{
	return clock_mono_us() / 1000000;
}

static struct facts facts_of(const struct admission *a)
{
	return (struct facts){
		.policy = a->policy,
		.listener = a->listener,
		.now = clock_wall_us() / 1000000,
		.sni = a->sni,
		.sni_len = a->sni ? strlen(a->sni) : 0,
	};
}

static void resolve(struct visit_facts *vf, struct admission *a, const char *address)
{
	seats_resolve(office.seats, &vf->f, address, now_s());
	a->seat = vf->f.seat;
	a->seat_by = vf->f.seat_by;
	/* one that is turned away was here all the same: two seats behind one address stay two */
	if (a->seat && a->seat_by != SEAT_BY_ADDRESS)
		seats_note_address(office.seats, address, a->seat->label, now_s());
}

void facts_at_hello(struct visit_facts *vf, struct admission *a, const char *address)
{
	*vf = (struct visit_facts){.f = facts_of(a)};
	resolve(vf, a, address);
}

static enum login check_login(const struct facts *f, const char *password, const char *address)
{
	const struct seat *seat;
	const char *user;
	int64_t now = now_s();

	if (!f->user || !f->user_len)
		return LOGIN_UNCHECKED;
	seat = policy_seat_by_user(f->policy, f->user, f->user_len);
	user = seat ? f->user : NULL;
	if (seats_login_limited(office.seats, user, f->user_len, address, now))
		return LOGIN_TOO_OFTEN;
	if (seat && password && seat_password_is(seat, password, strlen(password))) {
		seats_login_right(office.seats, f->user, f->user_len, address);
		return LOGIN_RIGHT;
	}
	seats_login_failed(office.seats, user, f->user_len, address, now);
	return LOGIN_WRONG;
}

void facts_at_connect(struct visit_facts *vf, struct admission *a, const char *address,
		      const struct mosquitto_evt_basic_auth *auth)
{
	const char *id = mosquitto_client_id(auth->client);
	struct facts *f = &vf->f;

	*vf = (struct visit_facts){.f = facts_of(a)};
	if (a->conn)
		session_certificate(vf, a, a->conn->ssl);
	f->client_id = id ? id : "";
	f->client_id_len = strlen(f->client_id);
	f->user = auth->username;
	f->user_len = auth->username ? strlen(auth->username) : 0;
	f->has_password = auth->password != NULL;
	if (rules_need_login(a->listener->profile))
		f->login = check_login(f, auth->password, address);
	resolve(vf, a, address);
	f->cert_was_here = seats_cert_gone(office.seats, f) != NULL;
}

void facts_at_end(struct visit_facts *vf, struct admission *a, const struct visit *v)
{
	*vf = (struct visit_facts){.f = facts_of(a)};
	if (v->cert_len && cert_facts_of_der(&vf->cert, v->cert, v->cert_len) == 0)
		take_certificate(vf);
	resolve(vf, a, v->peer.ip);
	vf->f.cert_was_here = seats_cert_gone(office.seats, &vf->f) != NULL;
}
