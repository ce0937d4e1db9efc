#include "options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "modem_limits.h"

enum kind { TEXT, NUMBER, FLAG };

static const struct {
	const char *name;
	enum kind kind;
	size_t at;
	const char *value; /* in the help */
	const char *help;
	long least, most;
} table[] = {
#define AT(field) offsetof(struct options, field)
	{"class", TEXT, AT(class_dir), "DIR", "the class directory (default: var)", 0, 0},
	{"as", TEXT, AT(as), "NAME", "call the files certs/NAME.pem and keys/NAME.key", 0, 0},
	{"issuer", TEXT, AT(issuer), "NAME", "who signs: certs/NAME.pem with keys/NAME.key", 0, 0},
	{"curve", TEXT, AT(curve), "CURVE", "the key's curve: p384 or p256", 0, 0},
	{"hash", TEXT, AT(hash), "HASH", "of the signature: sha256 (default), sha384 or sha512", 0,
	 0},
	{"days", NUMBER, AT(days), "N", "how long it is valid", 1, 36500},
	{"serial", TEXT, AT(serial), "HEX", "this serial number instead of a random one (tests)", 0,
	 0},
	{"from", TEXT, AT(from), "DATE", "valid from then instead of an hour ago (tests)", 0, 0},
	{"key", TEXT, AT(key), "FILE", "use this key instead of a new one", 0, 0},
	{"out", TEXT, AT(out), "FILE", "write there; - is standard output", 0, 0},
	{"list", TEXT, AT(list), "FILE",
	 "read the names from FILE, one a line; - is standard input", 0, 0},
	{"pattern", TEXT, AT(pattern), "P:A-B", "names from a pattern: nrf-%06d:1-1000", 0, 0},
	{"id", TEXT, AT(id), "ID", "the device's name", 0, 0},
	{"ids", TEXT, AT(ids), "FILE", "client ids, one a line, for the seats in their order", 0,
	 0},
	{"host", TEXT, AT(host), "NAME", "the host name that devices ask for", 0, 0},
	{"sni", TEXT, AT(sni), "NAME", "ask for this name instead of HOST", 0, 0},
	{"no-sni", FLAG, AT(no_sni), NULL, "ask for no name, as modem firmware before 1.2.1 does",
	 0, 0},
	{"family", TEXT, AT(family), "CODE",
	 "one modem alone: nrf9160-1.0, nrf9160-1.2, nrf9160-1.3 or nrf91x1-2.0", 0, 0},
	{"domain", TEXT, AT(domain), "NAME", "the domain of the class", 0, 0},
	{"label", TEXT, AT(label), "PATTERN",
	 "what the seats are called (default: as those of the class, or seat%02d)", 0, 0},
	{"count", NUMBER, AT(count), "N", "how many", 1, 100000},
	{"cert", TEXT, AT(cert), "FILE", "the client certificate", 0, 0},
	{"ca", TEXT, AT(ca), "FILE", "the certificate that devices trust", 0, 0},
	{"tag", NUMBER, AT(tag), "N", "the security tag (default: that of the class, or 24)", 0,
	 2147483647},
	{"port", NUMBER, AT(port), "N", "the broker's port (default: out of class.json, or 8883)",
	 1, 65535},
	{"role", TEXT, AT(role), "ROLE",
	 "what it is for: ca, server, device; of a seat: student, teacher", 0, 0},
	{"reason", TEXT, AT(reason), "WORD",
	 "unspecified, keyCompromise, superseded, cessationOfOperation", 0, 0},
	{"url", TEXT, AT(url), "URL", "where the page is, for the QR codes", 0, 0},
	{"smallest", FLAG, AT(smallest), NULL,
	 "as few bytes as the key allows (not tried on a modem)", 0, 0},
	{"leaf", FLAG, AT(leaf), NULL,
	 "CA:FALSE, for clients that refuse CA:TRUE as a server's own", 0, 0},
	{"issues", FLAG, AT(issues), NULL, "it also issues: with keyUsage and key identifier", 0,
	 0},
	{"switch", FLAG, AT(swap), NULL, "make the next certificate the broker's own now", 0, 0},
	{"fix", FLAG, AT(fix), NULL, "write the mended file beside it, as FILE.fixed", 0, 0},
	{"json", FLAG, AT(json), NULL, "as JSON", 0, 0},
	{"no-sync", FLAG, AT(no_sync), NULL, "leave the writing to the kernel (throw-away classes)",
	 0, 0},
	{"force", FLAG, AT(force), NULL, "although a limit is passed, or a file is there", 0, 0},
	{"help", FLAG, AT(help), NULL, "this text", 0, 0},
#undef AT
};

#define COUNT (sizeof(table) / sizeof(table[0]))

static bool takes(const struct command *command, const char *name)
{
	const char *at = command->takes;
	size_t len = strlen(name);

	if (strcmp(name, "help") == 0)
		return true;
	while ((at = strstr(at, name)) != NULL) {
		if ((at == command->takes || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
		at += len;
	}
	return false;
}

static int take_number(long *field, const char *text, size_t i, struct fault *fault)
{
	char *end;

	errno = 0;
	*field = strtol(text, &end, 10);
	if (!*text || *end || errno || *field < table[i].least || *field > table[i].most)
		return misuse(fault, "--%s %s: expected a number from %ld to %ld", table[i].name,
			      text, table[i].least, table[i].most);
	return 0;
}

/* One option at argv[at]; *used says how many words it took. */
static int take(struct options *options, const struct command *command, int argc, char **argv,
		int at, int *used, struct fault *fault)
{
	const char *word = argv[at] + 2, *value = strchr(word, '=');
	size_t len = value ? (size_t)(value - word) : strlen(word);
	char *field;

	*used = 1;
	for (size_t i = 0; i < COUNT; i++) {
		if (strlen(table[i].name) != len || memcmp(table[i].name, word, len) ||
		    !takes(command, table[i].name))
			continue;
		field = (char *)options + table[i].at;
		if (table[i].kind == FLAG) {
			if (value)
				return misuse(fault, "--%s takes no value, %s was given",
					      table[i].name, value + 1);
			*(bool *)(void *)field = true;
			return 0;
		}
		if (!value && at + 1 >= argc)
			return misuse(fault, "--%s needs a value: --%s %s", table[i].name,
				      table[i].name, table[i].value);
		*used = value ? 1 : 2;
		value = value ? value + 1 : argv[at + 1];
		if (table[i].kind == NUMBER)
			return take_number((long *)(void *)field, value, i, fault);
		*(const char **)(void *)field = value;
		return 0;
	}
	return misuse(fault, "%s has no option %s; see doorstep-ca %s --help", command->name,
		      argv[at], command->name);
}

int options_read(struct options *options, const struct command *command, int argc, char **argv,
		 struct fault *fault)
{
	int rc, used, kept = 0;

	*options = (struct options){
		.class_dir = "var", .days = -1, .tag = -1, .port = -1, .count = -1};
	for (int i = 0; i < argc; i += used) {
		used = 1;
		if (strcmp(argv[i], "--") == 0) {
			for (i++; i < argc; i++)
				argv[kept++] = argv[i];
			break;
		}
		if (strncmp(argv[i], "--", 2) == 0) {
			rc = take(options, command, argc, argv, i, &used, fault);
			if (rc)
				return rc;
		} else if (argv[i][0] == '-' && argv[i][1]) {
			return misuse(fault, "%s has no option %s; see doorstep-ca %s --help",
				      command->name, argv[i], command->name);
		} else {
			argv[kept++] = argv[i];
		}
	}
	options->args = argv;
	options->arg_count = kept;
	options->tag_given = options->tag >= 0;
	if (!options->tag_given)
		options->tag = MODEM_TAG;
	if (options->help)
		return 0;
	if (kept < command->least || (command->most >= 0 && kept > command->most))
		return misuse(fault, "%s takes %s, %d %s given; see doorstep-ca %s --help",
			      command->name,
			      *command->arguments ? command->arguments : "no argument", kept,
			      kept == 1 ? "was" : "were", command->name);
	return 0;
}

void options_print(const struct command *command)
{
	for (size_t i = 0; i < COUNT; i++) {
		char left[40];

		if (!takes(command, table[i].name))
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", table[i].name, table[i].value ? " " : "",
			 table[i].value ? table[i].value : "");
		printf("  %-18s %s\n", left, table[i].help);
	}
}
