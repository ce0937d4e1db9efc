/* seats: certificates, passwords, bundles and the roster of a class. Seats that are there stay. */
#include "command.h"

#include <ctype.h>
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

#define BATCH	       250
#define PATTERN_MEMBER "pattern"

struct class_room {
	const struct options *o;
	struct store store;
	struct device_issuer issuer;
	struct plan plan;
	struct text anchor; /* PEM of what boards trust */
	long tag;
	struct cert_facts server;
	cJSON *roster;
	cJSON *seats;
	struct roster wanted; /* labels */
	struct roster ids;    /* the first `given` of them are those of --ids */
	size_t given;
	size_t uncovered; /* seats on localhost that the certificate does not name */
	char first_uncovered[400];
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

	if (!file_exists(room->store.dir, SEATS_FILE)) {
		room->roster = cJSON_CreateObject();
		cJSON_AddNumberToObject(room->roster, "v", 1);
		cJSON_AddStringToObject(room->roster, "domain", domain);
		cJSON_AddNumberToObject(room->roster, "tag", (double)room->tag);
		room->seats = cJSON_AddArrayToObject(room->roster, "seats");
		return room->seats ? 0 : refuse(fault, "out of memory");
	}
	rc = file_read(room->store.dir, SEATS_FILE, &file, SEATS_MAX, fault);
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
			room->o->class_dir, SEATS_FILE);
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
	rc = seats_add_bundles(&room->store, &room->anchor, room->tag, label, cert, password,
			       fault);
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

static const char *first_id(const cJSON *seat)
{
	return cJSON_GetStringValue(
		cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(seat, "client_ids"), 0));
}

/* The client ids of --ids, and behind them those of the seats that the list does not reach: none may be
 * there twice, or two boards would be one. */
static int read_ids(struct class_room *room, struct fault *fault)
{
	size_t seats = (size_t)cJSON_GetArraySize(room->seats) + room->wanted.count, i = 0;
	struct text file = {0};
	const cJSON *seat;
	int rc;

	if (!room->o->ids)
		return 0;
	rc = file_read(AT_FDCWD, room->o->ids, &file, 16U << 20, fault);
	if (!rc)
		rc = roster_add_lines(&room->ids, &file, fault);
	room->given = room->ids.count;
	if (!rc && room->given > seats)
		rc = refuse(fault, "%s names %zu client ids and there are %zu seats", room->o->ids,
			    room->given, seats);
	cJSON_ArrayForEach(seat, room->seats)
	{
		if (!rc && i++ >= room->given && first_id(seat) && host_is_id(first_id(seat)))
			rc = roster_add(&room->ids, first_id(seat), fault);
	}
	if (!rc)
		rc = roster_check_twice(&room->ids, fault);
	text_free(&file);
	return rc;
}

/* Gives the client ids of the list to the seats in their order. */
static void give_ids(struct class_room *room)
{
	size_t i = 0;
	cJSON *seat;

	cJSON_ArrayForEach(seat, room->seats)
	{
		cJSON *list;

		if (i >= room->given)
			break;
		list = cJSON_CreateArray();
		cJSON_AddItemToArray(list, cJSON_CreateString(room->ids.ids[i++]));
		if (cJSON_GetObjectItemCaseSensitive(seat, "client_ids"))
			cJSON_ReplaceItemInObjectCaseSensitive(seat, "client_ids", list);
		else
			cJSON_AddItemToObject(seat, "client_ids", list);
		room->changed = true;
	}
}

struct present {
	const char *label, *role;
};

/* Host names have no case, and neither have labels. */
static int compare(const void *a, const void *b)
{
	return strcasecmp(((const struct present *)a)->label, ((const struct present *)b)->label);
}

/* cJSON finds by walking; a class of ten thousand is read once into a sorted list of labels. */
static struct present *sorted_seats(const struct class_room *room, size_t *count)
{
	struct present *seats = calloc((size_t)cJSON_GetArraySize(room->seats) + 1, sizeof(*seats));
	const cJSON *seat;

	*count = 0;
	cJSON_ArrayForEach(seat, room->seats)
	{
		const char *label =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(seat, "label"));

		if (seats && label)
			seats[(*count)++] = (struct present){
				label, cJSON_GetStringValue(
					       cJSON_GetObjectItemCaseSensitive(seat, "role"))};
	}
	if (seats)
		qsort(seats, *count, sizeof(*seats), compare);
	return seats;
}

/* What seats are called: as was said, else as those that are there. */
static const char *label_pattern(const struct class_room *room)
{
	const char *made = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(room->roster, PATTERN_MEMBER));

	return room->o->label ? room->o->label : made ? made : "seat%02d";
}

/* The pattern of the first seats is the class's own. */
static void keep_pattern(struct class_room *room)
{
	const char *pattern = label_pattern(room);

	if (room->made && strchr(pattern, '%') &&
	    !cJSON_HasObjectItem(room->roster, PATTERN_MEMBER))
		cJSON_AddStringToObject(room->roster, PATTERN_MEMBER, pattern);
}

/* One label of the pattern, looked at from all sides. */
static int make_label(const struct class_room *room, char *label, size_t size, long number,
		      struct fault *fault)
{
	const char *pattern = label_pattern(room);
	char host[400];

	if (roster_name(label, size, pattern, number)) {
		if (room->o->count > 1 || strchr(pattern, '%') || strlen(pattern) >= size)
			return misuse(fault, "--label %s: expected one %%d, such as seat%%02d",
				      pattern);
		strcpy(label, pattern);
	}
	for (char *c = label; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	snprintf(host, sizeof(host), "%s.%s", label, room->o->domain);
	if (strchr(label, '.') || !host_is_id(label) || host_kind(host) != HOST_NAME)
		return misuse(fault,
			      "--label %s: \"%s\" cannot be a label of a host name; expected "
			      "letters, digits and hyphens",
			      pattern, label);
	return 0;
}

/* OpenSSL refuses *.localhost, so that a class on localhost is covered as far as its names go. */
static int check_covered(struct class_room *room, const char *label, struct fault *fault)
{
	char host[400];

	snprintf(host, sizeof(host), "%s.%s", label, room->o->domain);
	if (cert_covers_host(&room->server, host))
		return 0;
	if (strcasecmp(room->o->domain, "localhost"))
		return refuse(
			fault,
			"the class certificate does not cover %s, so its board would refuse it; "
			"roll the certificate over to one that does: doorstep-ca rollover",
			host);
	if (!room->uncovered++)
		snprintf(room->first_uncovered, sizeof(room->first_uncovered), "%s", host);
	return 0;
}

/* Which seats are to be made: all is checked before the first one is. */
static int choose_seats(struct class_room *room, struct fault *fault)
{
	const char *role = room->o->role ? room->o->role : "student";
	struct present *there, *found;
	char label[80];
	size_t count;
	int rc = 0;

	there = sorted_seats(room, &count);
	if (!there)
		return refuse(fault, "out of memory");
	for (long i = 1; !rc && i <= room->o->count; i++) {
		struct present wanted = {label, role};

		rc = make_label(room, label, sizeof(label), i, fault);
		if (rc)
			break;
		found = bsearch(&wanted, there, count, sizeof(*there), compare);
		if (!found)
			rc = check_covered(room, label, fault);
		if (!rc && !found)
			rc = roster_add(&room->wanted, label, fault);
		if (found && room->o->role && found->role && strcmp(found->role, role))
			rc = misuse(fault,
				    "%s is the seat of a %s already; say another label for "
				    "the %s",
				    found->label, found->role, role);
	}
	free(there);
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
	rc = store_open(&room.store, o->class_dir, STORE_CHANGE, fault);
	if (rc)
		goto out;
	room.store.flags = o->no_sync ? FILE_NO_SYNC : 0;
	rc = device_issuer(&room.store, o->issuer, &room.issuer, fault);
	if (!rc)
		rc = seats_tag(&room.store, o, &room.tag, fault);
	if (!rc)
		rc = device_plan(&room.plan, o, &room.issuer, fault);
	if (!rc)
		rc = take_server(&room, fault);
	if (!rc)
		rc = bundle_anchor(&room.store, &room.anchor, fault);
	if (!rc)
		rc = read_roster(&room, fault);
	if (!rc)
		rc = choose_seats(&room, fault);
	if (!rc)
		rc = read_ids(&room, fault);
	if (!rc)
		rc = index_check(room.store.dir, &room.store.lines, fault);
	if (!rc)
		rc = file_mkdir(room.store.dir, "exports", 0755, room.store.flags, fault);
	if (!rc)
		rc = file_mkdir(room.store.dir, "exports/public", 0755, room.store.flags, fault);
	if (!rc)
		rc = file_mkdir(room.store.dir, "exports/private", 0700, room.store.flags, fault);
	for (size_t i = 0; !rc && i < room.wanted.count; i++)
		rc = add_seat(&room, room.wanted.ids[i], fault);
	if (!rc) {
		keep_pattern(&room);
		give_ids(&room);
	}
	if (!rc && room.changed)
		rc = seats_write(&room.store, room.roster, fault);
	if (!rc)
		rc = store_commit(&room.store, fault);
	if (!rc)
		printf("%s/%s: %ld new, %d seats in all\n", o->class_dir, SEATS_FILE, room.made,
		       cJSON_GetArraySize(room.seats));
	if (!rc && room.uncovered)
		fprintf(stderr,
			"doorstep-ca: note: the certificate does not name %s%s; a board that checks "
			"the name is turned away there (a class of a domain has no such end)\n",
			room.first_uncovered, room.uncovered > 1 ? " and those after it" : "");
out:
	roster_free(&room.wanted);
	roster_free(&room.ids);
	cJSON_Delete(room.roster);
	text_free(&room.anchor);
	cert_facts_free(&room.server);
	device_issuer_free(&room.issuer);
	store_close(&room.store);
	return rc;
}
