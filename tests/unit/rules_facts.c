#include "unit.h"
#include "rules_facts.h"

#include <string.h>
#include <openssl/x509_vfy.h>

static const char class_json[] =
	"{\"v\":1,\"domain\":\"class.example\",\"listeners\":["
	"{\"name\":\"academy\",\"port\":1,\"profile\":\"academy\"},"
	"{\"name\":\"password\",\"port\":2,\"profile\":\"password\"},"
	"{\"name\":\"nrfcloud\",\"port\":3,\"profile\":\"nrfcloud\"},"
	"{\"name\":\"aws\",\"port\":4,\"profile\":\"aws\"},"
	"{\"name\":\"azure\",\"port\":5,\"profile\":\"azure\",\"options\":{\"api_versions\":[\"2021-04-12\"]}},"
	"{\"name\":\"open\",\"port\":6,\"profile\":\"open\"},"
	"{\"name\":\"plain\",\"port\":7,\"tls\":false,\"profile\":\"password\"},"
	"{\"name\":\"wide\",\"port\":8,\"tls\":false,\"bind\":\"0.0.0.0\",\"protocol\":\"websockets\","
	"\"profile\":\"password\"},"
	"{\"name\":\"azure-any\",\"port\":9,\"profile\":\"azure\"}]}";

static const char seats_json[] =
	"{\"v\":1,\"seats\":["
	"{\"label\":\"seat01\",\"cert_subject\":\"CN=" IMEI "\",\"client_ids\":[\"" IMEI
	"\"],\"user\":\"one\"},"
	"{\"label\":\"seat02\",\"cert_subject\":\"CN=dev2\",\"user\":\"two\",\"topics\":[\"class/all/#\"]},"
	"{\"label\":\"boss\",\"role\":\"teacher\"}]}";

const struct policy *policy;

void make_policy(void)
{
	struct text error = {0};
	int rc = policy_parse(class_json, strlen(class_json), seats_json, strlen(seats_json),
			      &policy, &error);

	ck_assert_msg(rc == 0, "%s", error.s);
	text_free(&error);
}

void free_policy(void)
{
	policy_release(policy);
}

struct facts good(unsigned port)
{
	struct facts f = {
		.policy = policy,
		.listener = policy_listener(policy, port),
		.now = NOW,
		.sni = "class.example",
		.sni_len = 13,
		.client_id = IMEI,
		.client_id_len = strlen(IMEI),
		.user = "one",
		.user_len = 3,
		.has_password = true,
		.login = LOGIN_RIGHT,
		.cert = {.present = true,
			 .subject = "CN=" IMEI,
			 .cn = IMEI,
			 .trusted = true,
			 .not_before = NOW - 10,
			 .not_after = NOW + 10},
	};

	if (f.listener->profile == PROFILE_AZURE) {
		f.user = "class.example/" IMEI "/?api-version=2021-04-12";
		f.user_len = strlen(f.user);
	}
	return f;
}

void set_id(struct facts *f, const char *id)
{
	f->client_id = id;
	f->client_id_len = strlen(id);
}

void set_user(struct facts *f, const char *user)
{
	f->user = user;
	f->user_len = strlen(user);
}

/* ---- ways to break one thing ---- */

void other_id(struct facts *f)
{
	set_id(f, "mosq-1");
}

void short_imei(struct facts *f)
{
	set_id(f, "nrf-12345");
}

void no_user(struct facts *f)
{
	f->user = NULL;
}

void empty_user(struct facts *f)
{
	set_user(f, "");
}

void too_often(struct facts *f)
{
	f->login = LOGIN_TOO_OFTEN;
}

void strange_user(struct facts *f)
{
	set_user(f, "nobody");
	f->login = LOGIN_UNCHECKED;
}

void no_password(struct facts *f)
{
	f->has_password = false;
	f->login = LOGIN_UNCHECKED;
}

void wrong_password(struct facts *f)
{
	f->login = LOGIN_WRONG;
}

void unchecked_password(struct facts *f)
{
	f->login = LOGIN_UNCHECKED;
}

void no_cert(struct facts *f)
{
	f->cert = (struct client_cert){0};
}

void cert_was_here(struct facts *f)
{
	no_cert(f);
	f->cert_was_here = true;
}

void ca_cert(struct facts *f)
{
	f->cert.is_ca = true;
}

void revoked(struct facts *f)
{
	f->cert.revocation = X509_V_ERR_CERT_REVOKED;
}

void list_out(struct facts *f)
{
	f->cert.revocation = X509_V_ERR_CRL_HAS_EXPIRED;
	f->cert.not_after = NOW - 1;
}

void list_missing(struct facts *f)
{
	f->cert.revocation = X509_V_ERR_UNABLE_TO_GET_CRL;
}

void expired(struct facts *f)
{
	f->cert.not_after = NOW - 1;
}

void not_yet(struct facts *f)
{
	f->cert.not_before = NOW + 1;
}

void untrusted(struct facts *f)
{
	f->cert.revocation = X509_V_ERR_UNABLE_TO_GET_CRL;
	f->cert.trusted = false;
}

void server_cert(struct facts *f)
{
	f->cert.revocation = X509_V_ERR_UNABLE_TO_GET_CRL;
	f->cert.wrong_purpose = true;
	f->cert.trusted = false;
}

void sni_of_two(struct facts *f)
{
	f->sni = "seat02.class.example";
	f->sni_len = strlen(f->sni);
}

void id_of_one_cert_of_two(struct facts *f)
{
	f->cert.subject = "CN=dev2";
	f->cert.cn = "dev2";
}

void unknown_cert(struct facts *f)
{
	f->cert.subject = "CN=stranger";
	f->cert.cn = "stranger";
	set_id(f, "stranger");
}

void no_sni(struct facts *f)
{
	f->sni = NULL;
}

void sni_elsewhere(struct facts *f)
{
	f->sni = "mqtt.nordicsemi.academy";
	f->sni_len = strlen(f->sni);
}

void user_without_query(struct facts *f)
{
	set_user(f, "class.example/" IMEI);
}

void user_without_slash(struct facts *f)
{
	set_user(f, "class.example");
}

void user_with_path(struct facts *f)
{
	set_user(f, "class.example/" IMEI "/api-version=2021-04-12");
}

void user_other_host(struct facts *f)
{
	set_user(f, "hub.azure-devices.net/" IMEI "/?api-version=2021-04-12");
}

void user_other_device(struct facts *f)
{
	set_user(f, "class.example/dev9/?api-version=2021-04-12");
}

void user_no_version(struct facts *f)
{
	set_user(f, "class.example/" IMEI "/?DeviceClientType=x");
}

void user_empty_version(struct facts *f)
{
	set_user(f, "class.example/" IMEI "/?api-version=");
}

void user_other_version(struct facts *f)
{
	set_user(f, "class.example/" IMEI "/?x=y&api-version=2016-11-14");
}

void user_no_date(struct facts *f)
{
	set_user(f, "class.example/" IMEI "/?api-version=latest");
}
