#include "conf.h"

#include <string.h>

/* Mosquitto refuses a file with anything but UTF-8 and with control characters. */
static const char *letters_fault(const char *path, size_t len)
{
	const unsigned char *p = (const unsigned char *)path;
	uint32_t c;

	for (size_t n; len; p += n, len -= n) {
		n = text_utf8(p, len, &c);
		if (n == 0)
			return "it is not UTF-8";
		if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
			return "it holds a control character";
	}
	return NULL;
}

const char *conf_place_fault(const struct conf_place *place)
{
	const char *paths[] = {place->dir, place->plugin};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		size_t len = strlen(paths[i]);
		const char *fault = letters_fault(paths[i], len);

		if (paths[i][0] != '/')
			return "it is not absolute";
		if (len > POLICY_DIR_MAX)
			return "it is too long";
		if (paths[i][len - 1] == ' ')
			return "it ends in a blank";
		if (fault)
			return fault;
	}
	return NULL;
}

/* Calls fn for each listener that is open: those of class.json, then the doors that are on. */
static void each_listener(const struct policy *policy,
			  void (*fn)(const struct listener *listener, void *arg), void *arg)
{
	for (size_t i = 0; i < policy->listener_count; i++)
		fn(&policy->listeners[i], arg);
	if (!policy->exercise_doors)
		return;
	for (int id = EXERCISE_NONE + 1; id < EXERCISE_COUNT; id++)
		if (policy->exercise_doors[id].on)
			fn(&policy->exercise_doors[id], arg);
}

struct sink {
	struct text *out;
	const struct policy *policy;
	const struct conf_place *place;
};

static void put_plugin(const struct sink *sink)
{
	text_printf(sink->out, "plugin %s\nplugin_opt_class %s\n", sink->place->plugin,
		    sink->place->dir);
}

/* What mosquitto.conf calls a file of the class. */
static void put_file(const struct sink *sink, const char *option, const char *file)
{
	text_printf(sink->out, "%s %s/%s\n", option, sink->place->dir, file);
}

static void put_crl(const struct sink *sink, const struct listener *listener)
{
	struct text path = {0};

	text_printf(&path, "%s/%s", sink->place->dir, listener->crl);
	if (!path.broken && sink->place->there(path.s))
		text_printf(sink->out, "crlfile %s\n", path.s);
	text_free(&path);
}

/* Who issued the devices' certificates: after a rollover two, in a file of their own. */
static void put_client_ca(const struct sink *sink, const struct listener *listener)
{
	static const char usual[] = "certs/server.pem", both[] = "certs/client-ca.pem";
	struct text path = {0};
	bool rolled_over;

	text_printf(&path, "%s/%s", sink->place->dir, both);
	rolled_over = !path.broken && sink->place->there(path.s);
	text_free(&path);
	if (!listener->client_ca || strcmp(listener->client_ca, usual) == 0)
		put_file(sink, "cafile", rolled_over ? both : usual);
	else
		put_file(sink, "cafile", listener->client_ca);
}

static void put_tls(const struct sink *sink, const struct listener *listener)
{
	put_file(sink, "certfile", "certs/server.pem");
	put_file(sink, "keyfile", "keys/server.key");
	/* Also where no certificate is asked for: an exercise may ask for one by host name. */
	put_client_ca(sink, listener);
	if (profile_client_cert(listener->profile) != CLIENT_CERT_REQUIRED)
		return;
	text_puts(sink->out, "require_certificate true\n");
	if (listener->crl)
		put_crl(sink, listener);
}

static void put_listener(const struct listener *listener, void *arg)
{
	const struct sink *sink = arg;
	struct text *out = sink->out;

	text_printf(out, "\n# %s: %s\nlistener %u", listener->name, profile_name(listener->profile),
		    (unsigned)listener->port);
	text_printf(out, listener->bind ? " %s\n" : "\n", listener->bind);
	if (listener->protocol == PROTOCOL_WEBSOCKETS)
		text_puts(out, "protocol websockets\n");
	if (listener->tls)
		put_tls(sink, listener);
	if (listener->max_connections)
		text_printf(out, "max_connections %u\n", listener->max_connections);
	if (!sink->policy->per_listener_settings)
		return;
	text_puts(out, "allow_anonymous true\n");
	/* On 2.0 a plugin that is attached to a listener decides there: an open one goes without. */
	if (listener->profile != PROFILE_OPEN || sink->place->neutral)
		put_plugin(sink);
}

void conf_write(struct text *out, const struct policy *policy, const struct conf_place *place)
{
	struct sink sink = {.out = out, .policy = policy, .place = place};

	text_puts(
		out,
		"# Made by broker/up from class.json: edit that, or add files to mosquitto.d/.\n");
	if (policy->per_listener_settings)
		text_puts(out, "per_listener_settings true\n");
	if (place->user)
		text_printf(out, "user %s\n", place->user);
	put_file(&sink, "log_dest file", "mosquitto.log");
	text_puts(out, "log_timestamp true\nlog_timestamp_format %Y-%m-%dT%H:%M:%S\n"
		       "log_type error\nlog_type warning\nlog_type notice\nlog_type information\n"
		       "connection_messages true\n");
	/* Without it a TLS 1.3 client waits 40 ms for its CONNACK: Nagle against delayed ACKs. */
	text_puts(out, "set_tcp_nodelay true\n");
	text_puts(out, "persistence true\n");
	put_file(&sink, "persistence_location", "state/");
	if (!policy->per_listener_settings) {
		/* Mosquitto lets everyone in, and the plugin decides. */
		text_puts(out, "allow_anonymous true\n");
		put_plugin(&sink);
	}
	each_listener(policy, put_listener, &sink);
	text_puts(out, "\n# Yours.\n");
	put_file(&sink, "include_dir", "mosquitto.d");
}

static void put_row(const struct listener *listener, void *arg)
{
	const struct exercise *exercise = exercise_get(listener->exercise);

	text_printf(arg, "%s\t%u\t%s\t%s\t%s\t%s\t%s\n", listener->name, (unsigned)listener->port,
		    listener->bind ? listener->bind : "*", profile_name(listener->profile),
		    listener->tls ? "tls" : "plain",
		    listener->protocol == PROTOCOL_WEBSOCKETS ? "websockets" : "mqtt",
		    exercise ? exercise->name : "-");
}

void conf_listeners(struct text *out, const struct policy *policy)
{
	each_listener(policy, put_row, out);
}
