/* Who may publish, subscribe to and read what. */
#include "unit.h"
#include "rules_facts.h"

#include <string.h>

START_TEST(a_topic_is_free_a_seats_own_or_ours)
{
	static const struct {
		unsigned port;
		const char *seat;
		enum acl acl;
		const char *topic;
		bool allowed;
	} acls[] = {
		{1, NULL, ACL_WRITE, "devacademy/publish/topic", true},
		{1, NULL, ACL_SUBSCRIBE, "devacademy/subscribe/topic", true},
		{1, NULL, ACL_READ, "devacademy/subscribe/topic", true},
		{1, NULL, ACL_WRITE, "doorstep/visits/x/accepted", false},
		{1, NULL, ACL_WRITE, "doorstep", false},
		{1, NULL, ACL_WRITE, "doorstepper/x", true},
		{1, NULL, ACL_SUBSCRIBE, "doorstep/#", false},
		{1, NULL, ACL_SUBSCRIBE, "doorstep/+/x", false},
		{1, NULL, ACL_SUBSCRIBE, "$share/g/doorstep/#", false},
		{1, NULL, ACL_SUBSCRIBE, "#", true},
		{1, NULL, ACL_READ, "doorstep/visits/x/accepted", false},
		{1, NULL, ACL_SUBSCRIBE, "$SYS/#", false},
		{1, NULL, ACL_READ, "$SYS/broker/uptime", false},
		{1, NULL, ACL_WRITE, "$SYS/broker/uptime", false},
		{1, NULL, ACL_WRITE, "$CONTROL/dynamic-security/v1", false},
		{1, NULL, ACL_WRITE, "$aws/things/x/shadow/update", true},
		{1, NULL, ACL_WRITE, "class/seat01/x", false},
		{1, "seat01", ACL_WRITE, "class/seat01/x", true},
		{1, "seat01", ACL_WRITE, "class/seat01", true},
		{1, "seat01", ACL_SUBSCRIBE, "class/seat01/#", true},
		{1, "seat01", ACL_READ, "class/seat01/a/b", true},
		{1, "seat01", ACL_WRITE, "class/seat02/x", false},
		{1, "seat01", ACL_SUBSCRIBE, "class/seat02/#", false},
		{1, "seat01", ACL_SUBSCRIBE, "class/#", true},
		{1, "seat01", ACL_SUBSCRIBE, "class/+/x", true},
		{1, "seat01", ACL_READ, "class/seat02/x", false},
		{1, "seat01", ACL_WRITE, "class/seat011/x", false},
		{1, "seat01", ACL_WRITE, "class/all/x", false},
		{1, "seat02", ACL_WRITE, "class/all/x", true},
		{1, "seat02", ACL_WRITE, "class/all", true},
		{1, "seat02", ACL_SUBSCRIBE, "class/all/#", true},
		{1, "seat02", ACL_SUBSCRIBE, "class/all2/#", false},
		{1, "seat02", ACL_WRITE, "doorstep/x", false},
		{1, "boss", ACL_SUBSCRIBE, "doorstep/#", true},
		{1, "boss", ACL_READ, "doorstep/visits/x/accepted", true},
		{1, "boss", ACL_READ, "$SYS/broker/uptime", true},
		{1, "boss", ACL_WRITE, "doorstep/x", false},
		{1, "boss", ACL_WRITE, "$CONTROL/dynamic-security/v1", false},
		{1, "boss", ACL_SUBSCRIBE, "$CONTROL/#", false},
		{1, "boss", ACL_WRITE, "class/seat01/x", true},
		{1, "boss", ACL_READ, "class/seat02/x", true},
		{7, NULL, ACL_SUBSCRIBE, "doorstep/#", true},
		{7, NULL, ACL_READ, "doorstep/visits/x/accepted", true},
		{7, NULL, ACL_SUBSCRIBE, "$SYS/#", true},
		{7, NULL, ACL_WRITE, "doorstep/x", false},
		{7, NULL, ACL_WRITE, "$CONTROL/dynamic-security/v1", true},
		{7, NULL, ACL_WRITE, "class/seat01/x", true},
		{8, NULL, ACL_SUBSCRIBE, "doorstep/#", false},
	};

	for (size_t i = 0; i < sizeof(acls) / sizeof(acls[0]); i++) {
		const char *label = acls[i].seat;
		const struct seat *seat =
			label ? policy_seat_by_label(policy, label, strlen(label)) : NULL;
		enum reason_id denied =
			acls[i].acl == ACL_WRITE ? REASON_PUBLISH_DENIED : REASON_SUBSCRIBE_DENIED;
		enum reason_id got = rules_topic(policy_listener(policy, acls[i].port), seat,
						 acls[i].acl, acls[i].topic);

		ck_assert_msg(got == (acls[i].allowed ? REASON_NONE : denied), "row %zu: %s", i,
			      acls[i].topic);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("topics");
	TCase *t = tcase_create("topics");

	tcase_add_unchecked_fixture(t, make_policy, free_policy);
	tcase_add_test(t, a_topic_is_free_a_seats_own_or_ours);
	suite_add_tcase(s, t);
	return unit_run(s);
}
