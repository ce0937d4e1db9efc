#include "classdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certfile.h"
#include "redact.h"

#define FILE_MAX_BYTES (4 * 1024 * 1024)

static const char *const others_names[] = {"none", "tiles", "visits"};

const char *others_name(enum others others)
{
	return others_names[others];
}

const char *json_text(const cJSON *json, const char *name)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));

	return s ? s : "";
}

void classdir_init(struct classdir *c, const char *path)
{
	*c = (struct classdir){.path = path, .shown_path = path, .others = OTHERS_TILES};
	c->redact = REDACT_IMEI | REDACT_ADDRESS;
	for (int i = 0; i < 3; i++)
		c->stamp[i][0] = -1;
}

void classdir_free(struct classdir *c)
{
	cJSON_Delete(c->conf);
	cJSON_Delete(c->seats);
	cJSON_Delete(c->run);
	cJSON_Delete(c->facts);
}

const cJSON *classdir_facts(const struct classdir *c)
{
	return c->run ? c->run : c->facts;
}

static void make_facts(struct classdir *c)
{
	struct text cert = {0};
	const cJSON *tag = cJSON_GetObjectItemCaseSensitive(c->seats, "tag");

	cJSON_Delete(c->facts);
	c->facts = cJSON_CreateObject();
	certfile_json(c->path, &cert);
	cJSON_AddStringToObject(c->facts, "domain", c->domain);
	cJSON_AddNumberToObject(c->facts, "tag", cJSON_IsNumber(tag) ? tag->valueint : 24);
	cJSON_AddItemToObject(c->facts, "certificate", cJSON_Parse(cert.s ? cert.s : "{}"));
	cJSON_AddItemToObject(
		c->facts, "listeners",
		cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(c->conf, "listeners"), true));
	text_free(&cert);
}

static cJSON *read_json(const char *path, char *problem, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	cJSON *json = NULL;
	char *text = NULL;
	ssize_t n;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX_BYTES) {
		snprintf(problem, size, "%.400s is no file of at most 4 MB", path);
		goto out;
	}
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		goto out;
	n = read(fd, text, (size_t)st.st_size);
	json = n > 0 ? cJSON_ParseWithLength(text, (size_t)n) : NULL;
	if (!cJSON_IsObject(json)) {
		cJSON_Delete(json);
		json = NULL;
		snprintf(problem, size,
			 "%.400s is not a JSON object: what it said before still holds", path);
	}
out:
	free(text);
	close(fd);
	return json;
}

static unsigned redact_flags(const cJSON *list, unsigned otherwise)
{
	const cJSON *word;
	unsigned flags = 0;

	if (!cJSON_IsArray(list))
		return otherwise;
	cJSON_ArrayForEach(word, list) if (cJSON_IsString(word)) flags |=
		redact_flag(word->valuestring);
	return flags;
}

/* page: {"students": "none"|"tiles"|"visits", "redact": [...], "redact_everyone": [...]} */
static void take_conf(struct classdir *c)
{
	const cJSON *page = cJSON_GetObjectItemCaseSensitive(c->conf, "page");
	const char *word = json_text(page, "students");

	snprintf(c->domain, sizeof(c->domain), "%s", json_text(c->conf, "domain"));
	c->others = OTHERS_TILES;
	for (int i = 0; i < 3; i++)
		if (strcmp(word, others_names[i]) == 0)
			c->others = (enum others)i;
	if (*word && strcmp(word, others_names[c->others]) != 0) {
		/* a switch that cannot be read must not show more than was meant */
		c->others = OTHERS_NONE;
		snprintf(c->problem, sizeof(c->problem),
			 "page.students in class.json is \"%.40s\"; expected none, tiles or visits "
			 "(students see nothing of others until then)",
			 word);
	}
	c->redact = redact_flags(cJSON_GetObjectItemCaseSensitive(page, "redact"),
				 REDACT_IMEI | REDACT_ADDRESS);
	c->redact_everyone =
		redact_flags(cJSON_GetObjectItemCaseSensitive(page, "redact_everyone"), 0);
	c->redact |= c->redact_everyone;
}

static void take_seats(struct classdir *c, struct roster *ro)
{
	const cJSON *seat, *pattern;

	roster_expect_none(ro);
	cJSON_ArrayForEach(seat, cJSON_GetObjectItemCaseSensitive(c->seats, "seats"))
	{
		char ids[128] = "";

		if (!*json_text(seat, "label"))
			continue;
		cJSON_ArrayForEach(
			pattern,
			cJSON_GetObjectItemCaseSensitive(
				seat,
				"client_ids")) if (cJSON_IsString(pattern) &&
						   strlen(ids) + strlen(pattern->valuestring) + 3 <
							   sizeof(ids))
		{
			strcat(ids, *ids ? ", " : "");
			strcat(ids, pattern->valuestring);
		}
		roster_expect(ro, json_text(seat, "label"), json_text(seat, "host"),
			      json_text(seat, "role"), ids);
	}
	roster_expect_done(ro);
}

bool classdir_refresh(struct classdir *c, struct roster *ro)
{
	static const char *const names[3] = {"class.json", "seats.json", "run.json"};
	cJSON **const slots[3] = {&c->conf, &c->seats, &c->run};
	bool changed = false;
	char path[4096];

	for (int i = 0; i < 3; i++) {
		struct stat st = {0};
		int64_t stamp[2] = {0, 0};
		cJSON *json;

		snprintf(path, sizeof(path), "%s/%s", c->path, names[i]);
		if (stat(path, &st) == 0) {
			stamp[0] = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
			stamp[1] = (int64_t)st.st_size ^ (int64_t)st.st_ino << 32;
		}
		if (stamp[0] == c->stamp[i][0] && stamp[1] == c->stamp[i][1])
			continue;
		memcpy(c->stamp[i], stamp, sizeof(stamp));
		if (!changed)
			c->problem[0] = '\0';
		changed = true;
		json = read_json(path, c->problem, sizeof(c->problem));
		if (!json && stamp[0] && i != 2)
			continue; /* broken: the one before still holds */
		cJSON_Delete(*slots[i]);
		*slots[i] = json;
		if (i == 0)
			take_conf(c);
		else if (i == 1)
			take_seats(c, ro);
	}
	if (changed)
		make_facts(c);
	return changed;
}
