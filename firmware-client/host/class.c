#include "class.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (8u << 20)

char *file_text(const char *path, size_t *len)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	struct stat st;
	long size;

	if (!file)
		return NULL;
	if (fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		goto out;
	}
	if (fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0)
		goto out;
	if (size > (long)FILE_MAX) {
		errno = EFBIG;
		goto out;
	}
	rewind(file);
	text = malloc((size_t)size + 1);
	if (!text)
		goto out;
	*len = fread(text, 1, (size_t)size, file);
	text[*len] = '\0';
out:
	fclose(file);
	return text;
}

static cJSON *json_of(const char *directory, const char *name)
{
	char path[4200];
	size_t len;
	char *text;
	cJSON *json;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	text = file_text(path, &len);
	json = text ? cJSON_ParseWithLength(text, len) : NULL;
	free(text);
	return json;
}

static const char *string_of(const cJSON *object, const char *name)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(value) ? value->valuestring : NULL;
}

static const cJSON *find(const cJSON *list, const char *name, const char *value)
{
	const cJSON *entry;

	cJSON_ArrayForEach(entry, list)
	{
		const char *has = string_of(entry, name);

		if (has && strcmp(has, value) == 0)
			return entry;
	}
	return NULL;
}

/* What a profile asks of the seat (DESIGN: academy, password, nrfcloud, aws, azure, open). */
static const struct profile {
	const char *name;
	bool cert;
	bool password;
	const char *client_id; /* NULL: the IMEI's; {label} is the certificate's CN */
	const char *user;
} profiles[] = {
	{"academy", false, false, NULL, NULL},
	{"open", false, false, NULL, NULL},
	{"password", false, true, NULL, "{label}"},
	{"nrfcloud", true, false, "{label}", NULL},
	{"aws", true, false, "{label}", NULL},
	{"azure", true, false, "{label}", "{host}/{label}/?api-version=2021-04-12"},
};

static void fill(char *out, size_t size, const char *template, const struct class_seat *seat)
{
	size_t used = 0;

	out[0] = '\0';
	while (template && *template && used + 1 < size) {
		const char *value = NULL;

		if (strncmp(template, "{label}", 7) == 0)
			value = seat->label, template += 7;
		else if (strncmp(template, "{host}", 6) == 0)
			value = seat->host, template += 6;
		if (value) {
			int n = snprintf(out + used, size - used, "%s", value);

			used += n > 0 ? (size_t)n : 0;
		} else {
			out[used++] = *template ++;
			out[used] = '\0';
		}
	}
}

static int profile_apply(struct class_seat *seat, const char *directory, char *why, size_t size)
{
	const struct profile *profile = NULL;
	char path[4200];
	size_t len;
	char *text;

	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (strcmp(profiles[i].name, seat->profile) == 0)
			profile = &profiles[i];
	if (!profile) {
		snprintf(why, size,
			 "listener has the profile '%s', which this program does not know",
			 seat->profile);
		return -1;
	}
	fill(seat->client_id, sizeof(seat->client_id), profile->client_id, seat);
	fill(seat->user, sizeof(seat->user), profile->user, seat);
	snprintf(seat->ca_file, sizeof(seat->ca_file), "%s/exports/public/%s/ca-cert.pem",
		 directory, seat->label);
	if (profile->cert) {
		snprintf(seat->cert_file, sizeof(seat->cert_file),
			 "%s/exports/private/%s/client-cert.pem", directory, seat->label);
		snprintf(seat->key_file, sizeof(seat->key_file),
			 "%s/exports/private/%s/private-key.pem", directory, seat->label);
	}
	if (!profile->password)
		return 0;
	snprintf(path, sizeof(path), "%s/exports/private/%s/password.txt", directory, seat->label);
	text = file_text(path, &len);
	if (!text) {
		snprintf(why, size, "%.200s: %s; expected the seat's password", path,
			 strerror(errno));
		return -1;
	}
	snprintf(seat->password, sizeof(seat->password), "%.*s", (int)strcspn(text, "\r\n"), text);
	free(text);
	return 0;
}

static int listener_apply(struct class_seat *seat, const cJSON *json, const char *listener,
			  char *why, size_t size)
{
	const cJSON *entry =
		find(cJSON_GetObjectItemCaseSensitive(json, "listeners"), "name", listener);
	const cJSON *port = cJSON_GetObjectItemCaseSensitive(entry, "port");
	const char *profile = string_of(entry, "profile");

	if (!cJSON_IsNumber(port) || !profile || port->valuedouble < 1 ||
	    port->valuedouble > 65535) {
		snprintf(why, size, "the class has no listener '%.60s' with a port and a profile",
			 listener);
		return -1;
	}
	seat->port = (uint16_t)port->valuedouble;
	seat->tls = !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(entry, "tls"));
	snprintf(seat->profile, sizeof(seat->profile), "%s", profile);
	return 0;
}

int class_seat_read(struct class_seat *seat, const char *directory, const char *listener,
		    const char *label, char *why, size_t size)
{
	cJSON *json = json_of(directory, "run.json");
	cJSON *roster = json_of(directory, "seats.json");
	const cJSON *entry =
		find(cJSON_GetObjectItemCaseSensitive(roster, "seats"), "label", label);
	const cJSON *tag = cJSON_GetObjectItemCaseSensitive(roster, "tag");
	const char *host = string_of(entry, "host");
	int rc = -1;

	memset(seat, 0, sizeof(*seat));
	if (!json)
		json = json_of(directory, "class.json");
	if (!json || !roster)
		snprintf(why, size,
			 "%.300s is no class: expected run.json or class.json, and "
			 "seats.json; make one with ca/class",
			 directory);
	else if (!host)
		snprintf(why, size, "the class has no seat '%.60s'", label);
	else
		rc = listener_apply(seat, json, listener, why, size);
	if (rc == 0) {
		snprintf(seat->label, sizeof(seat->label), "%s", label);
		snprintf(seat->host, sizeof(seat->host), "%s", host);
		seat->tag = cJSON_IsNumber(tag) ? (uint32_t)tag->valuedouble : 24;
		rc = profile_apply(seat, directory, why, size);
	}
	cJSON_Delete(json);
	cJSON_Delete(roster);
	return rc;
}
