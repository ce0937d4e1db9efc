/* What doorstep-web is told on its command line, read and checked. */
#ifndef DOORSTEP_WEB_OPTIONS_H
#define DOORSTEP_WEB_OPTIONS_H

#include <stdbool.h>

#include "feed.h"

#define NAME "doorstep-web"

struct options {
	const char *class_dir;
	const char *journals[FEED_JOURNALS];
	int journal_count;
	const char *bind; /* NULL: class.json says */
	long port;	  /* -1: class.json says */
	const char *token_file;
	const char *cert;
	const char *key;
	const char *name;
	const char *url_file;
	long lines;
	long memory; /* megabytes */
	long clients;
	long drop_after; /* seconds */
	bool links;
	bool unguarded;
};

/* 0, or after a message the exit code; -1 where --help or --version was all that was asked. */
int options_parse(struct options *o, int argc, char **argv);

#endif
