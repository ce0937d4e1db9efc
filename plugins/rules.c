#include "rules.h"

#include <stdio.h>
#include <string.h>
#include <openssl/x509_vfy.h>

/* ---- what the rules ask ---- */

static bool same(const char *a, const char *b, size_t b_len)
{
	return strlen(a) == b_len && memcmp(a, b, b_len) == 0;
}

static bool id_unexpected(const struct facts *f)
{
	const char *own = f->listener->client_id;

	if (own && client_id_matches(own, f->client_id, f->client_id_len))
		return false;
	/* the roster's word counts as much as the listener's */
	if (f->seat && f->seat->client_ids.n)
		return !seat_allows_client_id(f->seat, f->client_id, f->client_id_len);
	return own != NULL;
}

static bool user_missing(const struct facts *f)
{
	return !f->user || f->user_len == 0;
}

static bool login_too_often(const struct facts *f)
{
	return f->login == LOGIN_TOO_OFTEN;
}

static bool user_unknown(const struct facts *f)
{
	return !policy_seat_by_user(f->policy, f->user, f->user_len);
}

static bool password_missing(const struct facts *f)
{
	return !f->has_password;
}

static bool password_wrong(const struct facts *f)
{
	return f->login != LOGIN_RIGHT;
}

static bool sni_missing(const struct facts *f)
{
	return !f->sni;
}

static bool sni_other(const struct facts *f)
{
	return !policy_name_is_ours(f->policy, f->listener, f->sni, f->sni_len);
}

static bool cert_gone(const struct facts *f)
{
	return !f->cert.present && f->cert_was_here;
}

static bool cert_missing(const struct facts *f)
{
	return !f->cert.present;
}

static bool cert_revoked(const struct facts *f)
{
	return f->cert.revocation == X509_V_ERR_CERT_REVOKED;
}

static bool cert_is_ca(const struct facts *f)
{
	return f->cert.is_ca;
}

/* Is it unknown whether it is revoked? As in a handshake, the chain and the purpose come first. */
static bool cert_uncheckable(const struct facts *f)
{
	return f->cert.trusted && f->cert.revocation != X509_V_OK && !cert_revoked(f);
}

static bool cert_expired(const struct facts *f)
{
	return f->now > f->cert.not_after;
}

static bool cert_not_yet(const struct facts *f)
{
	return f->now < f->cert.not_before;
}

static bool cert_purpose(const struct facts *f)
{
	return f->cert.wrong_purpose;
}

static bool cert_untrusted(const struct facts *f)
{
	return !f->cert.trusted;
}

static const struct seat *cert_seat(const struct facts *f)
{
	return policy_seat_by_cert(f->policy, f->cert.sha256, f->cert.subject);
}

/* The seat that the device says it is: by the host name it asked for, else by its client id. */
static const struct seat *claimed_seat(const struct facts *f)
{
	const struct seat *seat =
		f->sni ? policy_seat_by_host(f->policy, f->sni, f->sni_len) : NULL;

	return seat ? seat : policy_seat_by_client_id(f->policy, f->client_id, f->client_id_len);
}

static bool seat_has_cert(const struct seat *seat)
{
	return seat->has_cert_sha256 || seat->cert_subject;
}

static bool cert_other_seat(const struct facts *f)
{
	const struct seat *claimed = claimed_seat(f);

	return claimed && seat_has_cert(claimed) && claimed != cert_seat(f);
}

/* A class without a roster knows no seats: there the certificate's own name is all there is. */
static bool seat_unknown(const struct facts *f)
{
	return f->policy->seat_count > 0 && !cert_seat(f);
}

static bool id_not_the_certs(const struct facts *f)
{
	const struct seat *seat = cert_seat(f);

	if (same(f->cert.cn, f->client_id, f->client_id_len))
		return false;
	return !seat || seat->client_ids.n == 0 ||
	       !seat_allows_client_id(seat, f->client_id, f->client_id_len);
}

static bool id_not_the_cn(const struct facts *f)
{
	return !same(f->cert.cn, f->client_id, f->client_id_len);
}

static bool azure_malformed(const struct facts *f)
{
	return !azure_user_read(f->user, f->user_len).formed;
}

static bool azure_other_host(const struct facts *f)
{
	struct azure_user u = azure_user_read(f->user, f->user_len);

	return !policy_name_is_ours(f->policy, f->listener, u.host, u.host_len);
}

static bool azure_other_device(const struct facts *f)
{
	struct azure_user u = azure_user_read(f->user, f->user_len);

	return u.device_len != f->client_id_len ||
	       memcmp(u.device, f->client_id, u.device_len) != 0;
}

static bool azure_no_version(const struct facts *f)
{
	return !azure_user_read(f->user, f->user_len).api_version;
}

/* 2021-04-12, or 2021-04-12-preview */
static bool is_date(const char *s, size_t len)
{
	static const char form[] = "####-##-##";

	return client_id_matches(form, s, len) || (len > strlen(form) && s[strlen(form)] == '-' &&
						   client_id_matches(form, s, strlen(form)));
}

static bool azure_other_version(const struct facts *f)
{
	struct azure_user u = azure_user_read(f->user, f->user_len);
	const struct strings *known = &f->listener->api_versions;

	for (size_t i = 0; i < known->n; i++)
		if (same(known->v[i], u.api_version, u.api_version_len))
			return false;
	return known->n > 0 || !is_date(u.api_version, u.api_version_len);
}

/* ---- what would have been right ---- */

static void expects_id(const struct facts *f, char *out, size_t size)
{
	const char *own = f->listener->client_id;

	if (!own && f->seat && f->seat->client_ids.n)
		own = f->seat->client_ids.v[0];
	snprintf(out, size, "%s", own ? own : "");
}

static void expects_cert_id(const struct facts *f, char *out, size_t size)
{
	const struct seat *seat = cert_seat(f);

	snprintf(out, size, "%s", seat && seat->client_ids.n ? seat->client_ids.v[0] : f->cert.cn);
}

static void expects_cn(const struct facts *f, char *out, size_t size)
{
	snprintf(out, size, "%s", f->cert.cn);
}

static void expects_names(const struct facts *f, char *out, size_t size)
{
	snprintf(out, size, "%s or *.%s", f->policy->domain, f->policy->domain);
}

static void expects_seat_cert(const struct facts *f, char *out, size_t size)
{
	const struct seat *claimed = claimed_seat(f);

	snprintf(out, size, "%s", claimed->cert_subject ? claimed->cert_subject : claimed->label);
}

static void expects_host(const struct facts *f, char *out, size_t size)
{
	snprintf(out, size, "%s", f->policy->domain);
}

static void expects_azure(const struct facts *f, char *out, size_t size)
{
	snprintf(out, size, "%s/%.*s/?api-version=%s", f->policy->domain,
		 f->client_id_len > 64 ? 64 : (int)f->client_id_len, f->client_id,
		 f->listener->api_versions.n ? f->listener->api_versions.v[0] : "2021-04-12");
}

/* ---- the tables ---- */

#define RULE(judge, reason, broken, expects)                             \
	{                                                                \
#broken, REASON_##reason, JUDGE_##judge, broken, expects \
	}

/* What every door that judges certificates asks of one. */
#define CERTIFICATE_RULES(judge)                                                               \
	RULE(judge, CLIENT_CERT_GONE, cert_gone, NULL),                                        \
		RULE(judge, CLIENT_CERT_MISSING, cert_missing, NULL),                          \
		RULE(judge, CLIENT_CERT_IS_A_CA, cert_is_ca, NULL),                            \
		RULE(judge, CLIENT_CERT_REVOKED, cert_revoked, NULL),                          \
		RULE(judge, CLIENT_CERT_REFUSED, cert_uncheckable, NULL),                      \
		RULE(judge, CLIENT_CERT_EXPIRED, cert_expired, NULL),                          \
		RULE(judge, CLIENT_CERT_NOT_YET_VALID, cert_not_yet, NULL),                    \
		RULE(judge, CLIENT_CERT_WRONG_PURPOSE, cert_purpose, NULL),                    \
		RULE(judge, CLIENT_CERT_UNTRUSTED, cert_untrusted, NULL),                      \
		RULE(judge, CLIENT_CERT_NOT_OF_THIS_SEAT, cert_other_seat, expects_seat_cert), \
		RULE(judge, SEAT_UNKNOWN, seat_unknown, NULL)

static const struct profile_rule academy[] = {
	RULE(ACCEPT, CLIENT_ID_UNEXPECTED, id_unexpected, expects_id),
};

static const struct profile_rule password[] = {
	RULE(REFUSE, USER_NAME_MISSING, user_missing, NULL),
	RULE(REFUSE, LOGIN_TOO_OFTEN, login_too_often, NULL),
	RULE(REFUSE, USER_UNKNOWN, user_unknown, NULL),
	RULE(REFUSE, PASSWORD_MISSING, password_missing, NULL),
	RULE(REFUSE, PASSWORD_WRONG, password_wrong, NULL),
	RULE(ACCEPT, CLIENT_ID_UNEXPECTED, id_unexpected, expects_id),
};

static const struct profile_rule nrfcloud[] = {
	CERTIFICATE_RULES(REFUSE),
	RULE(REFUSE, CLIENT_ID_NOT_THE_CERTIFICATES, id_not_the_certs, expects_cert_id),
};

/* Field report 3: the handshake is fine, then the server just closes. */
static const struct profile_rule aws[] = {
	RULE(CLOSE, SNI_MISSING, sni_missing, expects_names),
	RULE(CLOSE, SNI_NOT_THIS_BROKER, sni_other, expects_names),
	CERTIFICATE_RULES(CLOSE),
	RULE(CLOSE, CLIENT_ID_NOT_THE_CERTIFICATES, id_not_the_certs, expects_cert_id),
};

static const struct profile_rule azure[] = {
	CERTIFICATE_RULES(REFUSE),
	RULE(REFUSE, CLIENT_ID_NOT_THE_CERTIFICATES, id_not_the_cn, expects_cn),
	RULE(REFUSE, USER_NAME_MISSING, user_missing, expects_azure),
	RULE(REFUSE, USER_NAME_MALFORMED, azure_malformed, expects_azure),
	RULE(REFUSE, USER_NAME_OTHER_HOST, azure_other_host, expects_host),
	RULE(REFUSE, USER_NAME_OTHER_DEVICE, azure_other_device, expects_azure),
	RULE(REFUSE, API_VERSION_MISSING, azure_no_version, expects_azure),
	RULE(REFUSE, USER_NAME_MALFORMED, azure_other_version, expects_azure),
};

#define TABLE(profile)                                          \
	{                                                       \
		profile, sizeof(profile) / sizeof((profile)[0]) \
	}

static const struct profile_rules tables[PROFILE_COUNT] = {
	[PROFILE_ACADEMY] = TABLE(academy),   [PROFILE_PASSWORD] = TABLE(password),
	[PROFILE_NRFCLOUD] = TABLE(nrfcloud), [PROFILE_AWS] = TABLE(aws),
	[PROFILE_AZURE] = TABLE(azure),
};

struct profile_rules profile_rules(enum profile_id profile)
{
	return tables[profile];
}

struct judgement rules_judge(const struct facts *f)
{
	struct judgement j = {.judge = JUDGE_ACCEPT};
	struct profile_rules table = tables[f->listener->profile];

	for (size_t i = 0; i < table.count; i++) {
		const struct profile_rule *rule = &table.rules[i];

		if (!rule->broken(f))
			continue;
		if (rule->expects)
			rule->expects(f, j.expected, sizeof(j.expected));
		if (rule->judge != JUDGE_ACCEPT) {
			j.judge = rule->judge;
			j.reason = rule->reason;
			return j;
		}
		if (j.mark_count < JUDGEMENT_MARKS)
			j.marks[j.mark_count++] = rule->reason;
	}
	return j;
}

const struct seat *rules_owner(const struct facts *f)
{
	if (rules_need_login(f->listener->profile))
		return f->user ? policy_seat_by_user(f->policy, f->user, f->user_len) : NULL;
	if (f->cert.present && profile_client_cert(f->listener->profile) != CLIENT_CERT_NO)
		return cert_seat(f);
	return f->seat;
}

bool rules_need_login(enum profile_id profile)
{
	return profile == PROFILE_PASSWORD;
}
