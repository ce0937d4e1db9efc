/* mosquitto.conf and the listeners' rows, from a policy in memory; and ports, by really taking one. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "conf.h"
#include "ports.h"
#include "unit.h"

#define CLASS(more, listeners) \
	"{\"v\":1,\"domain\":\"class.example\"," more "\"listeners\":[" listeners "]}"
#define ACADEMY	 "{\"name\":\"academy\",\"port\":8883,\"profile\":\"academy\"}"
#define NRFCLOUD "{\"name\":\"nrfcloud\",\"port\":8884,\"profile\":\"nrfcloud\"}"
#define PLAIN	 "{\"name\":\"plain\",\"port\":1883,\"tls\":false,\"profile\":\"academy\"}"
#define OPEN	 "{\"name\":\"plain\",\"port\":1883,\"tls\":false,\"profile\":\"open\"}"

static bool nothing_there(const char *path)
{
	(void)path;
	return false;
}

static bool all_there(const char *path)
{
	(void)path;
	return true;
}

static struct text made;

/* mosquitto.conf of a class in memory; freed by the fixture. */
static const char *conf_of(const char *class_json, const char *user, bool (*there)(const char *))
{
	struct conf_place place = {
		.dir = "/srv/my class", .plugin = "/p/door.so", .user = user, .there = there};
	const struct policy *policy = NULL;
	struct text error = {0};

	ck_assert_msg(policy_parse(class_json, strlen(class_json), NULL, 0, &policy, &error) == 0,
		      "%s", error.s ? error.s : "");
	conf_write(&made, policy, &place);
	policy_release(policy);
	text_free(&error);
	ck_assert(!made.broken);
	return made.s;
}

static const char *rows_of(const char *class_json)
{
	const struct policy *policy = NULL;
	struct text error = {0};

	ck_assert_msg(policy_parse(class_json, strlen(class_json), NULL, 0, &policy, &error) == 0,
		      "%s", error.s ? error.s : "");
	conf_listeners(&made, policy);
	policy_release(policy);
	text_free(&error);
	return made.s;
}

static void give_back(void)
{
	text_free(&made);
}

static int count(const char *in, const char *what)
{
	int n = 0;

	for (const char *p = strstr(in, what); p; p = strstr(p + 1, what))
		n++;
	return n;
}

START_TEST(the_plugin_is_named_once_with_its_class_where_settings_are_shared)
{
	const char *conf = conf_of(CLASS("", ACADEMY "," PLAIN), NULL, nothing_there);

	ck_assert_int_eq(count(conf, "\nplugin /p/door.so\nplugin_opt_class /srv/my class\n"), 1);
	ck_assert_int_eq(count(conf, "\nallow_anonymous true\n"), 1);
	ck_assert_ptr_null(strstr(conf, "per_listener_settings"));
}
END_TEST

START_TEST(an_open_listener_carries_no_plugin_where_settings_are_per_listener)
{
	const char *conf = conf_of(CLASS("\"per_listener_settings\":true,", ACADEMY "," OPEN), NULL,
				   nothing_there);

	ck_assert_ptr_nonnull(strstr(conf, "per_listener_settings true\n"));
	ck_assert_int_eq(count(conf, "plugin /p/door.so"), 1);
	ck_assert_int_eq(count(conf, "allow_anonymous true"), 2);
	ck_assert_ptr_null(strstr(strstr(conf, "listener 1883"), "plugin"));
}
END_TEST

START_TEST(a_tls_listener_shows_the_class_certificate_and_a_plain_one_stays_on_loopback)
{
	const char *conf = conf_of(CLASS("", ACADEMY "," PLAIN), NULL, nothing_there);
	const char *plain = strstr(conf, "listener 1883");

	ck_assert_ptr_nonnull(strstr(conf, "listener 8883\n"
					   "certfile /srv/my class/certs/server.pem\n"
					   "keyfile /srv/my class/keys/server.key\n"));
	ck_assert_ptr_nonnull(plain);
	ck_assert(strncmp(plain, "listener 1883 127.0.0.1\n", 24) == 0);
	ck_assert_ptr_null(strstr(plain, "certfile"));
}
END_TEST

START_TEST(only_a_profile_that_insists_on_certificates_requires_them)
{
	const char *conf = conf_of(CLASS("", ACADEMY "," NRFCLOUD), NULL, nothing_there);

	ck_assert_int_eq(count(conf, "require_certificate true"), 1);
	ck_assert_ptr_nonnull(strstr(strstr(conf, "listener 8884"), "require_certificate true"));
	ck_assert_ptr_null(strstr(conf, "crlfile"));
}
END_TEST

START_TEST(after_a_rollover_devices_of_both_issuers_are_known)
{
	const char *usual = conf_of(CLASS("", ACADEMY "," NRFCLOUD), NULL, nothing_there);

	ck_assert_ptr_nonnull(strstr(usual, "cafile /srv/my class/certs/server.pem\n"));
	ck_assert_ptr_null(strstr(usual, "client-ca.pem"));
	ck_assert_ptr_nonnull(strstr(conf_of(CLASS("", ACADEMY "," NRFCLOUD), NULL, all_there),
				     "cafile /srv/my class/certs/client-ca.pem\n"));
}
END_TEST

START_TEST(a_revocation_list_is_used_where_there_is_one)
{
	const char *conf = conf_of(CLASS("", ACADEMY "," NRFCLOUD), NULL, all_there);

	ck_assert_int_eq(count(conf, "crlfile /srv/my class/certs/crl.pem\n"), 1);
}
END_TEST

START_TEST(the_user_is_named_only_where_root_starts_it)
{
	ck_assert_ptr_null(strstr(conf_of(CLASS("", PLAIN), NULL, nothing_there), "\nuser "));
	give_back();
	ck_assert_ptr_nonnull(strstr(conf_of(CLASS("", PLAIN), "mosquitto", nothing_there),
				     "\nuser mosquitto\n"));
}
END_TEST

START_TEST(every_connack_leaves_at_once)
{
	ck_assert_ptr_nonnull(
		strstr(conf_of(CLASS("", PLAIN), NULL, nothing_there), "set_tcp_nodelay true"));
}
END_TEST

START_TEST(only_exercises_that_are_on_get_a_door)
{
	const char *conf =
		conf_of(CLASS("\"exercises\":{\"port\":8900,\"on\":[\"expired\"]},", ACADEMY), NULL,
			nothing_there);

	ck_assert_int_eq(count(conf, "\nlistener "), 2);
	ck_assert_ptr_nonnull(strstr(conf, "\nlistener 8900\n"));
}
END_TEST

START_TEST(websockets_are_said_to_be_websockets)
{
	const char *conf =
		conf_of(CLASS("", "{\"name\":\"ws\",\"port\":8888,\"profile\":\"academy\","
				  "\"protocol\":\"websockets\"}"),
			NULL, nothing_there);

	ck_assert_ptr_nonnull(strstr(conf, "listener 8888\nprotocol websockets\n"));
}
END_TEST

START_TEST(a_limit_of_connections_is_the_listeners_own)
{
	const char *conf =
		conf_of(CLASS("", PLAIN ",{\"name\":\"few\",\"port\":8888,\"profile\":\"academy\","
					"\"options\":{\"max_connections\":9}}"),
			NULL, nothing_there);

	ck_assert_int_eq(count(conf, "max_connections"), 1);
	ck_assert_ptr_nonnull(strstr(strstr(conf, "listener 8888\n"), "\nmax_connections 9\n"));
}
END_TEST

START_TEST(rows_for_scripts_have_seven_fields)
{
	const char *rows = rows_of(
		CLASS("\"exercises\":{\"port\":8900,\"on\":[\"expired\"]},", ACADEMY "," PLAIN));

	ck_assert_str_eq(rows, "academy\t8883\t*\tacademy\ttls\tmqtt\t-\n"
			       "plain\t1883\t127.0.0.1\tacademy\tplain\tmqtt\t-\n"
			       "exercise-expired\t8900\t*\tacademy\ttls\tmqtt\texpired\n");
}
END_TEST

START_TEST(a_path_that_mosquitto_conf_cannot_hold_is_refused)
{
	static const char *const bad[] = {"relative", "/with\nnewline", "/ends in blank ",
					  "/bell\a",  "/latin\xe9",	"/csi\xc2\x9b"};
	struct conf_place place = {.plugin = "/p/door.so", .there = nothing_there};
	char longest[POLICY_DIR_MAX + 2] = "/";

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		place.dir = bad[i];
		ck_assert_ptr_nonnull(conf_place_fault(&place));
	}
	place.dir = "/srv/my class";
	ck_assert_ptr_null(conf_place_fault(&place));
	place.dir = "/srv/übung";
	ck_assert_ptr_null(conf_place_fault(&place));
	memset(longest + 1, 'x', POLICY_DIR_MAX - 1);
	place.dir = longest;
	ck_assert_ptr_null(conf_place_fault(&place));
	longest[POLICY_DIR_MAX] = 'x';
	ck_assert_ptr_nonnull(conf_place_fault(&place));
}
END_TEST

START_TEST(a_port_that_is_taken_is_not_free)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	ck_assert(!port_is_free(ntohs(at.sin_port), NULL));
	ck_assert(!port_is_free(ntohs(at.sin_port), "127.0.0.1"));
	ck_assert(!port_is_free(ntohs(at.sin_port), "localhost"));
	close(fd);
	ck_assert(port_is_free(ntohs(at.sin_port), "127.0.0.1"));
}
END_TEST

START_TEST(picked_ports_differ_and_are_below_the_kernels_own_range)
{
	uint16_t ports[40];

	ck_assert_int_eq(ports_pick(ports, 40), 0);
	for (int i = 0; i < 40; i++) {
		ck_assert_uint_ge(ports[i], 20000);
		ck_assert_uint_le(ports[i], 32000);
		for (int k = 0; k < i; k++)
			ck_assert_uint_ne(ports[i], ports[k]);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conf");
	TCase *conf = tcase_create("mosquitto.conf");
	TCase *ports = tcase_create("ports");

	tcase_add_checked_fixture(conf, NULL, give_back);
	tcase_add_test(conf, after_a_rollover_devices_of_both_issuers_are_known);
	tcase_add_test(conf, the_plugin_is_named_once_with_its_class_where_settings_are_shared);
	tcase_add_test(conf, an_open_listener_carries_no_plugin_where_settings_are_per_listener);
	tcase_add_test(
		conf, a_tls_listener_shows_the_class_certificate_and_a_plain_one_stays_on_loopback);
	tcase_add_test(conf, only_a_profile_that_insists_on_certificates_requires_them);
	tcase_add_test(conf, a_revocation_list_is_used_where_there_is_one);
	tcase_add_test(conf, the_user_is_named_only_where_root_starts_it);
	tcase_add_test(conf, every_connack_leaves_at_once);
	tcase_add_test(conf, only_exercises_that_are_on_get_a_door);
	tcase_add_test(conf, websockets_are_said_to_be_websockets);
	tcase_add_test(conf, a_limit_of_connections_is_the_listeners_own);
	tcase_add_test(conf, rows_for_scripts_have_seven_fields);
	tcase_add_test(conf, a_path_that_mosquitto_conf_cannot_hold_is_refused);
	tcase_add_test(ports, a_port_that_is_taken_is_not_free);
	tcase_add_test(ports, picked_ports_differ_and_are_below_the_kernels_own_range);
	suite_add_tcase(suite, conf);
	suite_add_tcase(suite, ports);
	return unit_run(suite);
}
