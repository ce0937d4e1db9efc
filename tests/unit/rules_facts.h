/* A visit that each profile accepts, and the ways to break one thing about it. */
#ifndef DOORSTEP_RULES_FACTS_H
#define DOORSTEP_RULES_FACTS_H

#include "rules.h"

#define NOW  1000000
#define IMEI "nrf-350000000000001"

/* One listener a profile, on the ports 1 to 9; seats seat01, seat02 and boss. */
extern const struct policy *policy;

void make_policy(void);
void free_policy(void);

/* A visit that its profile accepts without a remark. */
struct facts good(unsigned port);

void set_id(struct facts *f, const char *id);
void set_user(struct facts *f, const char *user);

void other_id(struct facts *f);
void short_imei(struct facts *f);
void no_user(struct facts *f);
void empty_user(struct facts *f);
void too_often(struct facts *f);
void strange_user(struct facts *f);
void no_password(struct facts *f);
void wrong_password(struct facts *f);
void unchecked_password(struct facts *f);
void no_cert(struct facts *f);
void cert_was_here(struct facts *f);
void ca_cert(struct facts *f);
void revoked(struct facts *f);
void list_out(struct facts *f);
void list_missing(struct facts *f);
void expired(struct facts *f);
void not_yet(struct facts *f);
void untrusted(struct facts *f);
void server_cert(struct facts *f);
void sni_of_two(struct facts *f);
void id_of_one_cert_of_two(struct facts *f);
void unknown_cert(struct facts *f);
void no_sni(struct facts *f);
void sni_elsewhere(struct facts *f);
void user_without_query(struct facts *f);
void user_without_slash(struct facts *f);
void user_with_path(struct facts *f);
void user_other_host(struct facts *f);
void user_other_device(struct facts *f);
void user_no_version(struct facts *f);
void user_empty_version(struct facts *f);
void user_other_version(struct facts *f);
void user_no_date(struct facts *f);

#endif
