/* lint: the mistakes that people really make, and how to mend each. */
#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "key.h"
#include "lint.h"

static enum lint_role guess_role(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (strncmp(name, "client-cert", 11) == 0)
		return ROLE_DEVICE_CERT;
	if (strncmp(name, "ca-cert", 7) == 0)
		return ROLE_CA;
	return strcmp(name, "server.pem") == 0 ? ROLE_SERVER : ROLE_UNKNOWN;
}

static int read_role(const struct options *o, enum lint_role *role, struct fault *fault)
{
	static const char *const names[] = {"", "ca", "server", "device"};

	*role = ROLE_UNKNOWN;
	for (int i = 1; o->role && i < 4; i++)
		if (strcmp(names[i], o->role) == 0)
			*role = (enum lint_role)i;
	if (o->role && *role == ROLE_UNKNOWN)
		return misuse(fault, "--role %s: expected ca, server or device", o->role);
	return 0;
}

static int show(const struct options *o, const char *path, const struct lint_report *r,
		struct fault *fault)
{
	char beside[4096];
	int rc = 0;

	if (!r->count)
		printf("%s: good\n", path);
	for (size_t i = 0; i < r->count; i++) {
		const struct lint_finding *f = &r->found[i];
		const struct lint_rule *rule = lint_rule(f->id);

		printf("%s: %s: %s%s%s%s\n    %s\n", path, rule->code, rule->what,
		       f->value[0] ? " (" : "", f->value, f->value[0] ? ")" : "", rule->mend);
	}
	if (o->fix && r->count && !lint_mendable(r))
		printf("%s: nothing in it that --fix can mend\n", path);
	if (!o->fix || !lint_mendable(r))
		return 0;
	if (strlen(path) + 7 > sizeof(beside))
		return refuse(fault, "%s: the name is too long", path);
	snprintf(beside, sizeof(beside), "%s.fixed", path);
	rc = file_write(AT_FDCWD, beside, r->mended.s, r->mended.len,
			r->key_count ? FILE_KEY : FILE_PUBLIC, o->force ? FILE_REPLACE : 0, fault);
	if (!rc)
		printf("%s: written\n", beside);
	return rc;
}

int cmd_lint(const struct options *o, struct fault *fault)
{
	struct lint_setting setting = {.host = o->host, .tag = o->tag, .now = when_now()};
	struct lint_report *reports = calloc((size_t)o->arg_count, sizeof(*reports));
	struct text file = {0};
	enum lint_role role;
	size_t wrong = 0;
	int rc;

	if (!reports)
		return refuse(fault, "out of memory");
	rc = read_role(o, &role, fault);
	for (int i = 0; !rc && i < o->arg_count; i++) {
		rc = file_read(AT_FDCWD, o->args[i], &file, 1 << 20, fault);
		setting.role = role == ROLE_UNKNOWN ? guess_role(o->args[i]) : role;
		if (!rc)
			lint_text(&reports[i], file.s, file.len, &setting);
	}
	if (!rc)
		lint_match(reports, (size_t)o->arg_count);
	for (int i = 0; !rc && i < o->arg_count; i++) {
		rc = show(o, o->args[i], &reports[i], fault);
		wrong += reports[i].count > 0;
	}
	for (int i = 0; i < o->arg_count; i++)
		lint_free(&reports[i]);
	free(reports);
	key_wipe(&file);
	if (!rc && wrong)
		rc = refuse(fault, "%zu of %d file%s should be mended", wrong, o->arg_count,
			    o->arg_count == 1 ? "" : "s");
	return rc;
}
