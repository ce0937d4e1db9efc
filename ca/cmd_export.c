/* export: one certificate, one folder, every form. */
#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <openssl/x509v3.h>
#include "bundle.h"
#include "key.h"
#include "seats.h"

/* What devices trust: --ca, else what the class directory says. One PEM block each, LF. */
static int take_ca(const struct options *o, struct material *m, struct budget *budget,
		   struct fault *fault)
{
	struct store store = STORE_CLOSED;
	struct bundle bundle = {0};
	int rc;

	if (!o->ca) {
		rc = store_open(&store, o->class_dir, STORE_READ, fault);
		if (!rc && !o->tag_given)
			rc = seats_tag(&store, o, &m->tag, fault);
		if (!rc)
			rc = bundle_anchor(&store, &m->ca, fault);
		store_close(&store);
		if (!rc)
			rc = bundle_read(&bundle, &m->ca, o->class_dir, fault);
	} else {
		rc = bundle_read_file(&bundle, o->ca, fault);
		for (size_t i = 0; !rc && i < bundle.count; i++)
			plan_pem(&m->ca, bundle.cert[i]);
	}
	if (!rc)
		*budget = budget_of_chain(bundle.cert, bundle.count);
	bundle_free(&bundle);
	return rc;
}

static int take_device(const struct options *o, struct material *m, struct fault *fault)
{
	struct bundle bundle = {0};
	struct text file = {0};
	EVP_PKEY *key = NULL;
	int rc = 0;

	if (!o->cert && !o->key)
		return 0;
	if (!o->cert || !o->key)
		return misuse(fault, "a device needs both: --cert FILE --key FILE");
	rc = bundle_read_file(&bundle, o->cert, fault);
	if (!rc)
		rc = file_read(AT_FDCWD, o->key, &file, 1 << 16, fault);
	if (!rc) {
		key = key_read(&file, o->key, fault);
		rc = key ? key_pem(key, &m->key, fault) : FAULT_REFUSED;
	}
	if (!rc && X509_check_private_key(bundle.cert[0], key) != 1)
		rc = refuse(
			fault,
			"the key %s does not belong to the certificate %s; take the pair that was "
			"made together",
			o->key, o->cert);
	if (!rc && !o->force && X509_check_ca(bundle.cert[0]) == 1)
		rc = refuse(
			fault,
			"%s is a CA certificate, not a device certificate signed by one; issue one "
			"(doorstep-ca device ID), or say --force",
			o->cert);
	if (!rc)
		plan_pem(&m->cert, bundle.cert[0]);
	EVP_PKEY_free(key);
	bundle_free(&bundle);
	key_wipe(&file);
	return rc;
}

static int write_forms(const struct options *o, const struct forms *forms, bool private,
		       struct fault *fault)
{
	int dir, rc;

	rc = file_mkdir(AT_FDCWD, o->args[0], private ? 0700 : 0755, 0, fault);
	if (rc)
		return rc;
	dir = open(o->args[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return refuse(fault, "cannot open %s", o->args[0]);
	/* First whether all can be written, then the writing. */
	for (size_t i = 0; !rc && i < forms->count; i++)
		if (!o->force && file_exists(dir, forms->form[i].name))
			rc = refuse(fault,
				    "%s/%s is there already; nothing was written (--force "
				    "replaces what is there)",
				    o->args[0], forms->form[i].name);
	if (!rc)
		rc = file_mkdir(dir, "quoted", private ? 0700 : 0755, 0, fault);
	for (size_t i = 0; !rc && i < forms->count; i++) {
		const struct form *form = &forms->form[i];

		rc = file_write(dir, form->name, form->content.s, form->content.len,
				form->secret ? FILE_KEY : FILE_PUBLIC, o->force ? FILE_REPLACE : 0,
				fault);
		if (!rc)
			printf("  %-28s %5zu bytes  %s\n", form->name, form->content.len,
			       form->for_whom);
	}
	if (!rc)
		rc = file_sync_dir(dir, ".", fault);
	if (!rc)
		rc = file_sync_dir(dir, "quoted", fault);
	close(dir);
	return rc;
}

int cmd_export(const struct options *given, struct fault *fault)
{
	struct material material = {.tag = given->tag, .client_id = given->id};
	struct options own = *given;
	const struct options *o = &own;
	struct forms forms = {0};
	struct budget budget = {0};
	int rc;

	rc = take_ca(o, &material, &budget, fault);
	own.tag = material.tag;
	if (!rc)
		rc = take_device(o, &material, fault);
	material_budget(&material, &budget);
	if (!rc && !o->force)
		rc = budget_check(&budget, o->args[0], fault);
	if (!rc)
		rc = forms_make(&forms, &material, fault);
	if (!rc) {
		printf("%s:\n", o->args[0]);
		rc = write_forms(o, &forms, material.key.len > 0, fault);
	}
	if (!rc)
		rc = report_budget(&budget, o->args[0], o, fault);
	forms_free(&forms);
	text_free(&material.ca);
	text_free(&material.cert);
	key_wipe(&material.key);
	return rc;
}
