/* The queue of events, the plot, what differs between two visits. */
#include "plot.h"
#include "story.h"
#include "stream.h"
#include "web.h"

static struct stream s;

static void add(const char *seat, const char *data, uint64_t seq)
{
	struct event *e = stream_add(&s, seat, seq ? "abcdef01" : "", seq);

	for (int v = 0; v < VIEWS; v++)
		stream_render(&s, e, (enum view)v, v == VIEW_TILE ? "tile" : "line", data,
			      strlen(data));
}

START_TEST(a_reader_gets_every_event_once_in_pieces_of_any_size)
{
	struct text out = {0}, all = {0};
	uint64_t next = 1;

	ck_assert_int_eq(stream_init(&s, 64, 1 << 20, "0011223344556677"), 0);
	for (int i = 1; i <= 50; i++)
		add("a", "{}", (uint64_t)i);
	while (next < s.end) {
		text_reset(&out);
		ck_assert(stream_take(&s, &next, VIEW_TEACHER, "", 10, &out));
		text_add(&all, out.s, out.len);
	}
	for (int i = 1; i <= 50; i++) {
		char id[64];

		snprintf(id, sizeof(id),
			 "id: 0011223344556677-%d-abcdef01-%d\nevent: line\ndata: {}\n\n", i, i);
		ck_assert_ptr_nonnull(strstr(all.s, id));
	}
	text_free(&out);
	text_free(&all);
	stream_free(&s);
}
END_TEST

START_TEST(who_falls_behind_the_queue_is_told)
{
	struct text out = {0};
	uint64_t next = 1;

	stream_init(&s, 64, 1 << 20, "00");
	for (int i = 1; i <= 65; i++)
		add("a", "{}", (uint64_t)i);
	ck_assert(!stream_take(&s, &next, VIEW_TEACHER, "", 1000, &out));
	ck_assert_uint_eq(s.end - s.first, 64);
	text_free(&out);
	stream_free(&s);
}
END_TEST

START_TEST(the_queue_is_bounded_in_bytes)
{
	char big[1000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	stream_init(&s, 4096, 20000, "00");
	for (int i = 1; i <= 1000; i++)
		add("a", big, (uint64_t)i);
	ck_assert_uint_le(s.bytes, 20000 + 3 * 1100);
	stream_free(&s);
}
END_TEST

START_TEST(each_audience_gets_its_own_view)
{
	struct text out = {0};
	uint64_t next = 1;

	stream_init(&s, 64, 1 << 20, "00");
	add("a", "{}", 1);
	add("b", "{}", 2);
	add("", "{}", 0); /* nobody's: a pulse */
	stream_take(&s, &next, VIEW_TILE, "b", 1000, &out);
	ck_assert_ptr_nonnull(strstr(out.s, "-1\nevent: tile"));
	ck_assert_ptr_nonnull(strstr(out.s, "-2\nevent: line"));
	text_reset(&out);
	next = 1;
	stream_take(&s, &next, VIEWS, "b", 1000, &out);
	ck_assert_ptr_null(strstr(out.s, "-abcdef01-1\n"));
	ck_assert_ptr_nonnull(strstr(out.s, "-abcdef01-2\n"));
	ck_assert_ptr_nonnull(strstr(out.s, "\n\nevent: tile"));
	text_free(&out);
	stream_free(&s);
}
END_TEST

START_TEST(an_id_leads_back_to_its_event_or_to_its_journal_line)
{
	uint64_t next = 0, seq = 0;
	char run[40];

	stream_init(&s, 64, 1 << 20, "0011223344556677");
	for (int i = 1; i <= 100; i++)
		add("a", "{}", (uint64_t)i);
	ck_assert_int_eq(stream_resume(&s, "0011223344556677-90-abcdef01-90", &next, run, &seq), 1);
	ck_assert_uint_eq(next, 91);
	ck_assert_int_eq(stream_resume(&s, "0011223344556677-3-abcdef01-3", &next, run, &seq), 0);
	ck_assert_int_eq(stream_resume(&s, "ffffffffffffffff-90-abcdef01-77", &next, run, &seq), 0);
	ck_assert_str_eq(run, "abcdef01");
	ck_assert_uint_eq(seq, 77);
	ck_assert_int_eq(stream_resume(&s, "0011223344556677-999-abcdef01-1", &next, run, &seq), 0);
	ck_assert_int_eq(stream_resume(&s, "nonsense", &next, run, &seq), -1);
	ck_assert_int_eq(stream_resume(&s, "0011223344556677-90-abcdef01-90 ", &next, run, &seq),
			 -1);
	ck_assert_int_eq(stream_resume(&s, "", &next, run, &seq), -1);
	stream_free(&s);
}
END_TEST

START_TEST(the_plot_counts_by_minute_and_forgets_after_an_hour)
{
	struct plot p;
	struct text out = {0};
	int64_t now = line_time("2026-11-21T02:00:30.000Z");
	struct record *r[] = {record_of("visit", 7200, VISIT_IN("0123456789", "a")),
			      record_of("visit", 7201, VISIT_AWAY("1123456789", "a", "not-tls")),
			      record_of("flood", 7202, "\"reason\":\"nothing-sent\",\"count\":40"),
			      record_of("visit", 3000, VISIT_IN("2123456789", "a"))};
	cJSON *json;

	plot_init(&p);
	for (int i = 0; i < 4; i++) {
		plot_count(&p, r[i], now);
		free(r[i]);
	}
	plot_json(&p, now, &out);
	json = cJSON_Parse(out.s);
	ck_assert_ptr_nonnull(json);
	ck_assert_int_eq(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "accepted"), 59)->valueint,
			 1);
	ck_assert_int_eq(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "rejected"), 59)->valueint,
			 41);
	ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(json, "accepted")), 60);
	ck_assert_str_eq(
		cJSON_GetStringValue(cJSON_GetObjectItem(
			cJSON_GetArrayItem(cJSON_GetObjectItem(json, "top"), 0), "reason")),
		"nothing-sent");
	cJSON_Delete(json);
	text_free(&out);
}
END_TEST

static void differ(const char *then, const char *now, const char *expected)
{
	struct line a, b;
	struct text out = {0};
	char one[600], two[600];
	static const char form[] =
		"{\"v\":1,\"kind\":\"visit\",\"broker\":\"b\",\"run\":\"00112233\",\"seq\":1,\"t\":\"2026-11-21T00:00:00.000Z\",%s}";

	snprintf(one, sizeof(one), form, then);
	snprintf(two, sizeof(two), form, now);
	ck_assert_int_eq(line_parse(&a, one, strlen(one), NULL), 0);
	ck_assert_int_eq(line_parse(&b, two, strlen(two), NULL), 0);
	story_differences(&out, &a, &b);
	ck_assert_str_eq(out.s, expected);
	line_free(&a);
	line_free(&b);
	text_free(&out);
}

START_TEST(only_what_a_visit_lived_to_show_is_a_difference)
{
	differ("\"stage\":\"session\",\"mqtt\":{\"client_id\":\"me\"},\"tls\":{\"sni\":\"a\"}",
	       "\"stage\":\"server-flight\",\"tls\":{\"sni\":\"a\"}", "[]");
	differ("\"stage\":\"session\",\"tls\":{\"client_certificate\":{\"subject\":\"CN=a\"}}",
	       "\"stage\":\"finished\",\"tls\":{}",
	       "[{\"what\":\"its certificate\",\"then\":\"CN=a\"}]");
	differ("\"stage\":\"session\",\"tls\":{\"offer\":{\"ciphers\":[\"C02B\",\"C030\"]}}",
	       "\"stage\":\"hello\",\"tls\":{\"offer\":{\"ciphers\":[\"C02B\"]}}",
	       "[{\"what\":\"cipher suites it offered\",\"then\":\"C02B, C030\",\"now\":\"C02B\"}]");
	differ("\"stage\":\"session\",\"peer\":\"10.0.0.1:5\"",
	       "\"stage\":\"session\",\"peer\":\"10.0.0.1:6\"", "[]");
	differ("\"stage\":\"session\",\"peer\":\"10.0.0.1:5\"",
	       "\"stage\":\"tcp\",\"peer\":\"10.0.0.2:5\"",
	       "[{\"what\":\"address\",\"then\":\"10.0.0.1\",\"now\":\"10.0.0.2\"}]");
}
END_TEST

SUITE("web-stream", a_reader_gets_every_event_once_in_pieces_of_any_size,
      who_falls_behind_the_queue_is_told, the_queue_is_bounded_in_bytes,
      each_audience_gets_its_own_view, an_id_leads_back_to_its_event_or_to_its_journal_line,
      the_plot_counts_by_minute_and_forgets_after_an_hour,
      only_what_a_visit_lived_to_show_is_a_difference)
