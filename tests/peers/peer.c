#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "peer.h"

/* One visit: everything that main() would otherwise hand around. */
struct visit {
	struct options opt;
	struct wire wire;
	struct report report;
	struct tls *tls;
	int local_port;
};

static ssize_t speak(struct visit *v, const void *buf, size_t len)
{
	ssize_t n;

	if (v->tls)
		n = the_stack.write(v->tls, buf, len);
	else
		n = wire_send(&v->wire, buf, len);
	if (n < 0 && !v->report.error[0])
		snprintf(v->report.error, sizeof(v->report.error), "write: %s", strerror(errno));
	return n;
}

static ssize_t hear(struct visit *v, void *buf, size_t len)
{
	return v->tls ? the_stack.read(v->tls, buf, len) : wire_recv(&v->wire, buf, len);
}

static void how_it_closed(struct visit *v, ssize_t n)
{
	if (!strcmp(v->report.closed, "none"))
		v->report.closed = v->report.alert_in >= 0     ? "alert"
				   : !n || v->wire.eof	       ? "eof"
				   : v->wire.err == ECONNRESET ? "rst"
				   : v->wire.err == EPIPE      ? "rst"
				   : v->wire.err == EAGAIN     ? "timeout"
							       : "error";
}

/* Reads one whole packet. Returns its length, or <= 0 at the end. */
static ssize_t packet_read(struct visit *v, uint8_t *buf, size_t room)
{
	size_t have = 0, need = 2, i;
	ssize_t n;

	while (have < need && need <= room) {
		n = hear(v, buf + have, have < 2 ? 2 - have : need - have);
		if (n <= 0) {
			how_it_closed(v, n);
			return n;
		}
		have += (size_t)n;
		for (i = 1, need = 0; i < have && i <= 4; i++) {
			need += (size_t)(buf[i] & 0x7f) << (7 * (i - 1));
			if (!(buf[i] & 0x80))
				break;
		}
		need = i < have && i <= 4 ? need + i + 1 : have + 1;
	}
	return (ssize_t)have;
}

/* Ends the session as told. */
static void end_session(struct visit *v, enum end_how how)
{
	if (v->tls && how == HOW_CLOSE)
		the_stack.notify(v->tls);
	if (v->tls && how == HOW_ALERT)
		the_stack.alert(v->tls);
	wire_end(&v->wire, how);
	v->report.closed = wire_drain(&v->wire);
}

static bool say_and_wait(struct visit *v, const char *kind)
{
	uint8_t *at = NULL, buf[256];
	size_t len = mqtt_say(&v->opt, kind, &at);

	speak(v, at, len);
	free(at);
	while (packet_read(v, buf, sizeof(buf)) > 0)
		continue;
	return true;
}

/* Splits "publish:TOPIC:BYTES". */
static size_t topic_and_size(const char *then, char *topic, size_t room)
{
	const char *from = strchr(then, ':'), *last = strrchr(then, ':');

	topic[0] = 0;
	if (!from || last == from)
		return 0;
	snprintf(topic, room, "%.*s", (int)(last - from - 1), from + 1);
	return strtoul(last + 1, NULL, 10);
}

static void then_publish(struct visit *v, bool echo)
{
	static uint8_t buf[200000];
	char topic[1024];
	uint8_t *at;
	size_t size = topic_and_size(v->opt.then, topic, sizeof(topic)), len;
	ssize_t n;

	if (echo) {
		len = mqtt_subscribe(&v->opt, topic, &at);
		speak(v, at, len);
		free(at);
		if (packet_read(v, buf, sizeof(buf)) <= 0)
			return;
	}
	len = mqtt_publish(&v->opt, topic, size, &at);
	speak(v, at, len);
	free(at);
	if (echo) {
		n = packet_read(v, buf, sizeof(buf));
		v->report.echoed = n == (ssize_t)len;
		v->report.echo_bytes = n > 0 ? (size_t)n : 0;
	}
	if (n = speak(v, "\xe0\x00", 2), n > 0)
		end_session(v, HOW_FIN);
	else
		how_it_closed(v, hear(v, buf, sizeof(buf)));
}

static void then_what(struct visit *v)
{
	const char *then = v->opt.then;
	uint8_t buf[4096];

	if (!strcmp(then, "disconnect")) {
		speak(v, "\xe0\x00", 2);
		end_session(v, HOW_CLOSE);
	} else if (!strcmp(then, "hold")) {
		while (packet_read(v, buf, sizeof(buf)) > 0)
			continue;
	} else if (!strcmp(then, "fin")) {
		end_session(v, HOW_FIN);
	} else if (!strcmp(then, "rst")) {
		end_session(v, HOW_RST);
	} else if (!strcmp(then, "close")) {
		end_session(v, HOW_CLOSE);
	} else if (!strcmp(then, "second-connect")) {
		say_and_wait(v, "connect");
	} else if (!strcmp(then, "garbage")) {
		say_and_wait(v, "garbage");
	} else if (!strncmp(then, "publish:", 8)) {
		then_publish(v, false);
	} else if (!strncmp(then, "echo:", 5)) {
		then_publish(v, true);
	} else {
		fprintf(stderr, "peer-%s: --then '%s': no such word; see --help\n", the_stack.name,
			then);
		exit(2);
	}
}

static void mqtt_visit(struct visit *v)
{
	uint8_t *at = NULL, buf[1024];
	size_t len = mqtt_say(&v->opt, v->opt.say, &at);
	ssize_t n;

	if (!len) {
		fprintf(stderr, "peer-%s: --say '%s': no such kind; see --help\n", the_stack.name,
			v->opt.say);
		exit(2);
	}
	n = speak(v, at, len);
	free(at);
	if (v->opt.end == END_SAID) {
		end_session(v, v->opt.how);
		return;
	}
	if (n < 0) {
		/* An alert may still wait to be read. */
		how_it_closed(v, hear(v, buf, sizeof(buf)));
		return;
	}
	n = packet_read(v, buf, sizeof(buf));
	if (n <= 0)
		return;
	if (n >= 4 && buf[0] == 0x20)
		v->report.connack = buf[3];
	if (v->report.connack)
		while (packet_read(v, buf, sizeof(buf)) > 0)
			continue;
	else
		then_what(v);
}

static void visit(struct visit *v)
{
	struct sockaddr_storage me;
	socklen_t len = sizeof(me);

	if (wire_connect(&v->wire, &v->opt)) {
		snprintf(v->report.error, sizeof(v->report.error), "connect: %s",
			 strerror(v->wire.err));
		return;
	}
	if (!getsockname(v->wire.fd, (struct sockaddr *)&me, &len))
		v->local_port = ntohs(((struct sockaddr_in *)&me)->sin_port);
	if (v->opt.end == END_TCP) {
		end_session(v, v->opt.how);
		return;
	}
	if (!v->opt.plain) {
		v->tls = the_stack.open(&v->opt, &v->wire, &v->report);
		if (!v->tls) {
			fprintf(stderr, "peer-%s: %s\n", the_stack.name, v->report.error);
			exit(2);
		}
		v->report.handshake = "failed";
		if (the_stack.handshake(v->tls)) {
			how_it_closed(v, -1);
			if (!v->wire.eof && v->wire.err != ECONNRESET) {
				wire_end(&v->wire, v->opt.how == HOW_STALL ? HOW_STALL : HOW_FIN);
				v->report.closed = wire_drain(&v->wire);
			}
			return;
		}
		v->report.handshake = "ok";
		v->wire.established = true;
		if (v->opt.end == END_HANDSHAKE) {
			end_session(v, v->opt.how);
			return;
		}
	}
	mqtt_visit(v);
}

static void print_string(const char *name, const char *value)
{
	const unsigned char *c = (const unsigned char *)value;

	printf(",\"%s\":\"", name);
	for (; *c; c++) {
		if (*c < 0x20 || *c == '"' || *c == '\\' || *c > 0x7e)
			printf("\\u%04x", *c);
		else
			putchar(*c);
	}
	putchar('"');
}

static void tell(const struct visit *v)
{
	const struct report *r = &v->report;

	printf("{\"stack\":\"%s\",\"port\":%d", the_stack.name, v->local_port);
	print_string("handshake", r->handshake);
	if (r->error[0])
		print_string("error", r->error);
	if (r->alert_in >= 0)
		printf(",\"alert_in\":%d", r->alert_in);
	if (r->alert_out >= 0)
		printf(",\"alert_out\":%d", r->alert_out);
	if (r->version[0])
		print_string("version", r->version);
	if (r->cipher[0])
		print_string("cipher", r->cipher);
	if (!strcmp(r->handshake, "ok"))
		printf(",\"resumed\":%s", r->resumed ? "true" : "false");
	if (r->connack >= 0)
		printf(",\"connack\":%d", r->connack);
	print_string("closed", r->closed);
	if (v->wire.err)
		printf(",\"errno\":%d", v->wire.err);
	printf(",\"wire_in\":%zu,\"wire_out\":%zu,\"record_handshake\":%zu,\"record_data\":%zu",
	       v->wire.in, v->wire.out, v->wire.record_handshake, v->wire.record_data);
	if (!strncmp(v->opt.then, "echo:", 5))
		printf(",\"echoed\":%s,\"echo_bytes\":%zu", r->echoed ? "true" : "false",
		       r->echo_bytes);
	printf("}\n");
}

int main(int argc, char **argv)
{
	struct visit v = {.report = {.handshake = "none",
				     .closed = "none",
				     .alert_in = -1,
				     .alert_out = -1,
				     .connack = -1}};

	options_read(&v.opt, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	alarm(v.opt.timeout_s * 3 + 30);
	visit(&v);
	if (v.tls)
		the_stack.close(v.tls);
	if (v.wire.fd >= 0)
		close(v.wire.fd);
	tell(&v);
	return v.report.connack == 0 ? 0 : 1;
}
