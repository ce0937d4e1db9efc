/*
 * What the page takes from the class directory: class.json (how the page is to be), seats.json
 * (who is expected), run.json (what runs). Read again when one of them changes.
 */
#ifndef DOORSTEP_WEB_CLASSDIR_H
#define DOORSTEP_WEB_CLASSDIR_H

#include <stdbool.h>
#include <stdint.h>
#include <cjson/cJSON.h>

#include "roster.h"

/* What a student sees of others: the teacher's switch, page.students in class.json. */
enum others { OTHERS_NONE, OTHERS_TILES, OTHERS_VISITS };

struct classdir {
	const char *path;
	const char *shown_path; /* how commands in a fix spell it */
	cJSON *conf;		/* class.json; NULL when there is none, or it is broken */
	cJSON *seats;
	cJSON *run;   /* NULL where broker/up does not run here (a container of its own) */
	cJSON *facts; /* what stands in for run.json then: domain, tag, the certificate's digests */
	int64_t stamp[3][2]; /* modification time and size of each when it was read */
	char domain[256];
	enum others others;
	unsigned redact;	  /* for students */
	unsigned redact_everyone; /* for the teacher's view too: it may be on a wall */
	char problem[512];	  /* what is wrong with one of the files, "" if nothing */
};

void classdir_init(struct classdir *c, const char *path);
void classdir_free(struct classdir *c);

/* Looks whether a file changed, reads what did, and tells the roster. True if something is new. */
bool classdir_refresh(struct classdir *c, struct roster *ro);

/* What a fix is filled in with: run.json, else what can be known without it. */
const cJSON *classdir_facts(const struct classdir *c);

const char *others_name(enum others others);

/* A string member, or "". */
const char *json_text(const cJSON *json, const char *name);

#endif
