/* seats: certificates, passwords, bundles and the roster of a class. Seats that are there stay. */
#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include "bundle.h"
#include "device.h"
#include "host.h"
#include "key.h"
#include "roster.h"
#include "seats.h"

#define ROSTER_FILE "seats.json"
#define BATCH	    250

struct class_room {
	const struct options *o;
	struct store store;
	struct device_issuer issuer;
	struct plan plan;
	struct text anchor; /* PEM of what boards trust */
	struct cert_facts server;
	cJSON *roster;
	cJSON *seats;
	long made;
	int waiting; /* seats prepared since the last commit */
	bool changed;
};

/* 20 characters of 32: 100 bits, none that is read for another. */
static int make_password(char out[21])
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789A";
	unsigned char random[20];

	if (RAND_bytes(random, sizeof(random)) != 1)
		return -1;
	for (size_t i = 0; i < sizeof(random); i++)
		out[i] = letters[random[i] % 32];
	out[20] = '\0';
	OPENSSL_cleanse(random, sizeof(random));
	return 0;
}

/* sha256$<salt>$<SHA-256 of salt and password>: cheap, since the password is 100 random bits. */
static int hash_password(char out[128], const char *password)
{
	unsigned char buf[16 + 20], digest[32];
	char salt[33], sum[65];

	if (RAND_bytes(buf, 16) != 1)
		return -1;
	memcpy(buf + 16, password, 20);
	if (EVP_Digest(buf, sizeof(buf), digest, NULL, EVP_sha256(), NULL) != 1)
		return -1;
	cert_hex(salt, buf, 16);
	cert_hex(sum, digest, 32);
	snprintf(out, 128, "sha256$%s$%s", salt, sum);
	OPENSSL_cleanse(buf, sizeof(buf));
	return 0;
}

static int read_roster(struct class_room *room, struct fault *fault)
{
	const char *domain = room->o->domain;
	struct text file = {0};
	cJSON *has;
	int rc = 0;

	if (!file_exists(room->store.dir, ROSTER_FILE)) {
		room->roster = cJSON_CreateObject();
		cJSON_AddNumberToObject(room->roster, "v", 1);
		cJSON_AddStringToObject(room->roster, "domain", domain);
		cJSON_AddNumberToObject(room->roster, "tag", (double)room->o->tag);
		room->seats = cJSON_AddArrayToObject(room->roster, "seats");
		return room->seats ? 0 : refuse(fault, "out of memory");
	}
	rc = file_read(room->store.dir, ROSTER_FILE, &file, 64U << 20, fault);
	if (rc)
		return rc;
	room->roster = cJSON_ParseWithLength(file.s, file.len);
	text_free(&file);
	room->seats = cJSON_GetObjectItemCaseSensitive(room->roster, "seats");
	has = cJSON_GetObjectItemCaseSensitive(room->roster, "domain");
	if (!cJSON_IsArray(room->seats) || !cJSON_IsString(has))
		return refuse(
			fault,
			"%s/%s is not as ca/class writes it (an object with domain and seats); "
			"restore it or move it away",
			room->o->class_dir, ROSTER_FILE);
	if (strcasecmp(has->valuestring, domain))
		return refuse(fault,
			      "%s is a class of %s, and %s was asked for; use another --class "
			      "directory for another domain",
			      room->o->class_dir, has->valuestring, domain);
	return 0;
}

static int add_seat(struct class_room *room, const char *label, struct fault *fault)
{
	const struct options *o = room->o;
	const char *role = o->role ? o->role : "student";
	char password[21], hash[128], host[400], name[120], topic[120], sum[65];
	struct cert_facts facts = {0};
	cJSON *seat = NULL, *topics;
	X509 *cert = NULL;
	int rc = 0;

	snprintf(host, sizeof(host), "%s.%s", label, o->domain);
	/* OpenSSL refuses *.localhost, so that a class on localhost is covered in name only. */
	if (strcasecmp(o->domain, "localhost") && !cert_covers_host(&room->server, host))
		return refuse(
			fault,
			"the class certificate does not cover %s, so its board would refuse it; "
			"roll the certificate over to one that does: doorstep-ca rollover",
			host);
	/* A call that was cut short left certificates that the roster does not know yet. */
	snprintf(name, sizeof(name), "seats/%s", label);
	if (store_has(&room->store, name) && store_has_key(&room->store, name))
		rc = store_load(&room->store, name, &cert, NULL, fault);
	else
		cert = device_prepare(&room->store, o, &room->plan, room->issuer.name, "seats",
				      label, "device", 0, fault);
	if (!cert)
		return FAULT_REFUSED;
	if (make_password(password) || hash_password(hash, password) ||
	    cert_facts_of(&facts, cert)) {
		rc = refuse(fault, "no random bytes, or out of memory");
		goto out;
	}
	rc = seats_add_bundles(&room->store, &room->anchor, o->tag, label, cert, password, fault);
	/* Thousands of bundles do not have to be in memory at once; the roster comes last. */
	if (!rc && ++room->waiting >= BATCH) {
		rc = store_commit(&room->store, fault);
		room->waiting = 0;
	}
	if (rc)
		goto out;
	snprintf(topic, sizeof(topic), strcmp(role, "teacher") ? "class/%s/#" : "class/#", label);
	cert_hex(sum, facts.sha256, 32);
	seat = cJSON_CreateObject();
	cJSON_AddStringToObject(seat, "label", label);
	cJSON_AddStringToObject(seat, "host", host);
	cJSON_AddStringToObject(seat, "role", role);
	cJSON_AddStringToObject(seat, "cert_subject", facts.subject);
	cJSON_AddStringToObject(seat, "cert_sha256", sum);
	cJSON_AddStringToObject(seat, "user", label);
	cJSON_AddStringToObject(seat, "password_hash", hash);
	topics = cJSON_AddArrayToObject(seat, "topics");
	cJSON_AddItemToArray(topics, cJSON_CreateString(topic));
	cJSON_AddItemToArray(room->seats, seat);
	room->made++;
	room->changed = true;
out:
	OPENSSL_cleanse(password, sizeof(password));
	cert_facts_free(&facts);
	X509_free(cert);
	return rc;
}

/* Gives the client ids of a list to the seats in their order. */
static int give_ids(struct class_room *room, struct fault *fault)
{
	struct roster ids = {0};
	struct text file = {0};
	size_t i = 0;
	cJSON *seat;
	int rc;

	if (!room->o->ids)
		return 0;
	rc = file_read(AT_FDCWD, room->o->ids, &file, 16U << 20, fault);
	if (!rc)
		rc = roster_add_lines(&ids, file.s, fault);
	if (!rc && ids.count > (size_t)cJSON_GetArraySize(room->seats))
		rc = refuse(fault, "%s names %zu client ids and there are %d seats", room->o->ids,
			    ids.count, cJSON_GetArraySize(room->seats));
	if (rc)
		goto out;
	cJSON_ArrayForEach(seat, room->seats)
	{
		cJSON *list = cJSON_CreateArray();

		if (i >= ids.count) {
			cJSON_Delete(list);
			break;
		}
		cJSON_AddItemToArray(list, cJSON_CreateString(ids.ids[i++]));
		if (cJSON_GetObjectItemCaseSensitive(seat, "client_ids"))
			cJSON_ReplaceItemInObjectCaseSensitive(seat, "client_ids", list);
		else
			cJSON_AddItemToObject(seat, "client_ids", list);
	}
	room->changed = true;
out:
	roster_free(&ids);
	text_free(&file);
	return rc;
}

/* One seat a line, so that a diff shows a seat and an error its line. */
static int write_roster(struct class_room *room, struct fault *fault)
{
	struct text out = {0};
	const char *before = "\n";
	cJSON *item, *seat;
	char *s;
	int rc;

	text_puts(&out, "{");
	cJSON_ArrayForEach(item, room->roster)
	{
		if (item == room->seats)
			continue;
		s = cJSON_PrintUnformatted(item);
		text_printf(&out, "\"%s\":%s,", item->string, s ? s : "null");
		cJSON_free(s);
	}
	text_puts(&out, "\"seats\":[");
	cJSON_ArrayForEach(seat, room->seats)
	{
		s = cJSON_PrintUnformatted(seat);
		text_puts(&out, before);
		if (s)
			text_puts(&out, s);
		else
			out.broken = true;
		cJSON_free(s);
		before = ",\n";
	}
	text_puts(&out, "\n]}\n");
	rc = out.broken ? refuse(fault, "out of memory")
			: store_prepare_file(&room->store, ROSTER_FILE, &out, FILE_PUBLIC,
					     FILE_REPLACE, fault);
	text_free(&out);
	return rc;
}

/* cJSON finds by walking; a class of ten thousand is read once into a sorted list of labels. */
static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_seats(struct class_room *room, struct fault *fault)
{
	const char *pattern = room->o->label ? room->o->label : "seat%02d";
	long count = room->o->count > 0 ? room->o->count : 0;
	size_t had = 0;
	const char **labels;
	cJSON *seat, *has;
	char label[80];
	int rc = 0;

	labels = calloc((size_t)cJSON_GetArraySize(room->seats) + 1, sizeof(*labels));
	if (!labels)
		return refuse(fault, "out of memory");
	cJSON_ArrayForEach(seat, room->seats)
	{
		has = cJSON_GetObjectItemCaseSensitive(seat, "label");
		if (cJSON_IsString(has))
			labels[had++] = has->valuestring;
	}
	qsort(labels, had, sizeof(*labels), compare);
	for (long i = 1; !rc && i <= count; i++) {
		const char *wanted = label;

		if (roster_name(label, sizeof(label), pattern, i)) {
			if (count > 1 || strchr(pattern, '%') || strlen(pattern) >= sizeof(label)) {
				rc = misuse(fault,
					    "--label %s: expected one %%d, such as seat%%02d",
					    pattern);
				break;
			}
			strcpy(label, pattern);
		}
		if (strchr(label, '.') || host_kind(label) != HOST_NAME || !host_is_id(label)) {
			rc = misuse(fault,
				    "--label %s: \"%s\" cannot be a label of a host name; expected "
				    "letters, digits and hyphens",
				    pattern, label);
			break;
		}
		if (!bsearch(&wanted, labels, had, sizeof(*labels), compare))
			rc = add_seat(room, label, fault);
	}
	free(labels);
	return rc;
}

static int take_server(struct class_room *room, struct fault *fault)
{
	X509 *cert = NULL;
	int rc = store_load(&room->store, "server", &cert, NULL, fault);

	if (!rc && cert_facts_of(&room->server, cert))
		rc = refuse(fault, "out of memory");
	X509_free(cert);
	return rc;
}

int cmd_seats(const struct options *o, struct fault *fault)
{
	struct class_room room = {.o = o, .store = STORE_CLOSED};
	int rc;

	if (!o->domain || o->count < 1)
		return misuse(fault, "seats needs --domain NAME and --count N");
	if (!host_is_domain(o->domain))
		return misuse(
			fault,
			"--domain %s: expected a domain of two labels or more (OpenSSL refuses "
			"*.%s), or localhost",
			o->domain, o->domain);
	if (o->role && strcmp(o->role, "student") && strcmp(o->role, "teacher"))
		return misuse(fault, "--role %s: expected student or teacher", o->role);
	rc = store_open(&room.store, o->class_dir, STORE_WRITE, fault);
	if (rc)
		goto out;
	room.store.flags = o->no_sync ? FILE_NO_SYNC : 0;
	rc = device_issuer(&room.store, o->issuer, &room.issuer, fault);
	if (!rc)
		rc = device_plan(&room.plan, o, &room.issuer, fault);
	if (!rc)
		rc = take_server(&room, fault);
	if (!rc)
		rc = bundle_anchor(&room.store, &room.anchor, fault);
	if (!rc)
		rc = file_mkdir(room.store.dir, "exports", 0755, fault);
	if (!rc)
		rc = file_mkdir(room.store.dir, "exports/public", 0755, fault);
	if (!rc)
		rc = file_mkdir(room.store.dir, "exports/private", 0700, fault);
	if (!rc)
		rc = read_roster(&room, fault);
	if (!rc)
		rc = add_seats(&room, fault);
	if (!rc)
		rc = give_ids(&room, fault);
	if (!rc && room.changed)
		rc = write_roster(&room, fault);
	if (!rc)
		rc = store_commit(&room.store, fault);
	if (!rc)
		printf("%s/%s: %ld new, %d seats in all\n", o->class_dir, ROSTER_FILE, room.made,
		       cJSON_GetArraySize(room.seats));
out:
	cJSON_Delete(room.roster);
	text_free(&room.anchor);
	cert_facts_free(&room.server);
	device_issuer_free(&room.issuer);
	store_close(&room.store);
	return rc;
}
