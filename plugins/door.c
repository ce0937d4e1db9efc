/* The plugin's beginning and end: what Mosquitto calls when it loads and unloads us. */
#include "door_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "admit.h"
#include "clerk_desk.h"

#define RING_NOTES 8192
#define STOP_MS	   3000
#define EXPORTED   __attribute__((visibility("default")))

struct door door = {.log_fd = -1, .context_index = -1};

/* 2.1 only: NULL in 2.0. */
extern int mosquitto_plugin_set_info(mosquitto_plugin_id_t *id, const char *name,
				     const char *version) __attribute__((weak));

void door_name_listeners(void)
{
	for (size_t i = 0; door.policy && i < door.policy->listener_count; i++) {
		const struct listener *l = &door.policy->listeners[i];

		if (l->tls)
			clerk_tls_port(door.clerk, l->port);
		else
			clerk_plain_listener(door.clerk, l->port, l->name);
	}
}

static int start_clerk(void)
{
	char host[256] = "localhost", version[32], journal[4096];
	const char *keylog[POLICY_LISTENERS_MAX + 1] = {NULL};
	unsigned char random[8];
	struct clerk_setup setup = {
		.journal = journal,
		.broker = host,
		.run = door.run,
		.mosquitto = version,
		.openssl = OpenSSL_version(OPENSSL_VERSION_STRING),
		.policy = door.policy ? door.policy->digest : NULL,
		.keylog = keylog,
		.rotate_mb = door.policy ? door.policy->journal.rotate_mb : 64,
		.keep_days = door.policy ? door.policy->journal.keep_days : 14,
		.dir = door.dir,
		.ring = RING_NOTES,
	};

	gethostname(host, sizeof(host) - 1);
	if (RAND_bytes(random, sizeof(random)) != 1)
		return -1;
	for (size_t i = 0; i < sizeof(random); i++)
		sprintf(door.run + 2 * i, "%02x", random[i]);
	snprintf(journal, sizeof(journal), "%s/journal.jsonl", door.dir);
	door_broker_version(version, sizeof(version));
	for (size_t i = 0; door.policy && i < door.policy->keylog.n && i < POLICY_LISTENERS_MAX;
	     i++)
		keylog[i] = door.policy->keylog.v[i];
	door.clerk = clerk_start(&setup);
	return door.clerk ? 0 : -1;
}

static int door_open(const struct mosquitto_opt *options, int count)
{
	const char *dir = NULL;
	char path[4096];

	for (int i = 0; i < count; i++)
		if (strcmp(options[i].key, "class") == 0)
			dir = options[i].value;
	if (!dir || !*dir || strlen(dir) > POLICY_DIR_MAX) {
		mosquitto_log_printf(
			MOSQ_LOG_ERR,
			"doorstep: plugin_opt_class is missing: it has to name the class directory, "
			"as in: plugin_opt_class /var/lib/doorstep");
		return MOSQ_ERR_INVAL;
	}
	door.dir = strdup(dir);
	door.is21 = mosquitto_plugin_set_info != NULL;
	if (!door.dir)
		return MOSQ_ERR_NOMEM;
	snprintf(path, sizeof(path), "%s/" POLICY_CLASS_FILE, dir);
	if (access(path, F_OK) == 0 && admit_load(false) != 0)
		return MOSQ_ERR_INVAL;
	door.decides = door.policy && policy_decides(door.policy);
	if (start_clerk() != 0) {
		mosquitto_log_printf(MOSQ_LOG_ERR, "doorstep: cannot start its thread: %s",
				     strerror(errno));
		return MOSQ_ERR_ERRNO;
	}
	door_log_open(true);
	door_name_listeners();
	if (watch_start(&door_watch_events) != 0) {
		mosquitto_log_printf(MOSQ_LOG_ERR, "doorstep: OpenSSL gave no ex-data index");
		return MOSQ_ERR_UNKNOWN;
	}
	return MOSQ_ERR_SUCCESS;
}

static void door_close(void)
{
	door_fetch_parcels();
	watch_stop();
	door_kept_flush();
	door_kept_drop();
	if (door.clerk && !clerk_stop(door.clerk, STOP_MS))
		mosquitto_log_printf(
			MOSQ_LOG_WARNING,
			"doorstep: the journal's disk does not answer; its last lines may be lost");
	admit_unload();
	if (door.log_fd >= 0)
		close(door.log_fd);
	free(door.dir);
	door = (struct door){.log_fd = -1, .context_index = -1};
}

EXPORTED int mosquitto_plugin_version(int count, const int *versions)
{
	for (int i = 0; i < count; i++)
		if (versions[i] == MOSQ_PLUGIN_VERSION)
			return MOSQ_PLUGIN_VERSION;
	return -1;
}

EXPORTED int mosquitto_plugin_init(mosquitto_plugin_id_t *identifier, void **user_data,
				   struct mosquitto_opt *options, int option_count)
{
	int rc;

	*user_data = identifier;
	if (door.loads == DOOR_LOADS_MAX)
		return MOSQ_ERR_NOMEM;
	if (door.loads == 0) {
		rc = door_open(options, option_count);
		if (rc) {
			if (door.clerk || door.dir)
				door_close();
			return rc;
		}
	}
	rc = door_register(identifier);
	if (rc)
		return rc;
	door.ids[door.loads++] = identifier;
	return MOSQ_ERR_SUCCESS;
}

EXPORTED int mosquitto_plugin_cleanup(void *user_data, struct mosquitto_opt *options,
				      int option_count)
{
	(void)options;
	(void)option_count;
	if (door.loads == 0)
		return MOSQ_ERR_SUCCESS;
	door_unregister(user_data);
	if (--door.loads == 0)
		door_close();
	return MOSQ_ERR_SUCCESS;
}
