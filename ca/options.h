/* The options of all commands, in one table; each command says which of them it takes. */
#ifndef DOORSTEP_OPTIONS_H
#define DOORSTEP_OPTIONS_H

#include <stdbool.h>
#include "fault.h"

struct options {
	const char *class_dir; /* "var" */
	const char *as;
	const char *issuer;
	const char *curve;
	const char *hash;
	const char *serial;
	const char *from;
	const char *key;
	const char *out;
	const char *list;
	const char *pattern;
	const char *id;
	const char *ids;
	const char *host;
	const char *sni;
	const char *domain;
	const char *label;
	const char *cert;
	const char *ca;
	const char *role;
	const char *reason;
	const char *url;
	const char *family;
	long days; /* -1: not given */
	long tag;  /* 24 unless tag_given */
	long port; /* -1: not given */
	long count;
	bool tag_given;
	bool smallest;
	bool leaf;
	bool issues;
	bool force;
	bool no_sync;
	bool json;
	bool fix;
	bool no_sni;
	bool swap;
	bool help;

	char *const *args; /* what is left */
	int arg_count;
};

struct command {
	const char *name;
	const char *arguments; /* "NAME..." */
	const char *does;      /* one sentence */
	const char *takes;     /* its options, " server days " */
	const char *more;      /* for --help: what to know, and an example */
	int least, most;       /* arguments; most -1: any number */
	int (*run)(const struct options *options, struct fault *fault);
};

/* Reads everything after the command's name. The first fault is FAULT_USAGE. */
int options_read(struct options *options, const struct command *command, int argc, char **argv,
		 struct fault *fault);

/* Prints the options that a command takes, a line each. */
void options_print(const struct command *command);

#endif
