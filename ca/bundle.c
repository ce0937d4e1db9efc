#include "bundle.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "plan.h"

#define SECOND_DER "ca-cert-2.der"

int bundle_read(struct bundle *bundle, const struct text *file, const char *where,
		struct fault *fault)
{
	const unsigned char *der = (const unsigned char *)file->s;
	BIO *in = BIO_new_mem_buf(file->s, (int)file->len);
	X509 *cert;

	memset(bundle, 0, sizeof(*bundle));
	if (!in)
		return refuse(fault, "out of memory");
	while ((cert = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		if (bundle->count == BUNDLE_MAX) {
			X509_free(cert);
			BIO_free(in);
			bundle_free(bundle);
			return refuse(fault, "%s holds more than %d certificates", where,
				      BUNDLE_MAX);
		}
		bundle->cert[bundle->count++] = cert;
	}
	BIO_free(in);
	if (!bundle->count && file->len)
		bundle->cert[0] = d2i_X509(NULL, &der, (long)file->len);
	if (bundle->cert[0] && !bundle->count)
		bundle->count = 1;
	ERR_clear_error();
	if (!bundle->count)
		return refuse(
			fault,
			"%s holds no certificate that can be read; doorstep-ca lint %s says why",
			where, where);
	return 0;
}

int bundle_read_file(struct bundle *bundle, const char *path, struct fault *fault)
{
	struct text file = {0};
	int rc = file_read(AT_FDCWD, path, &file, 1 << 20, fault);

	memset(bundle, 0, sizeof(*bundle));
	if (!rc)
		rc = bundle_read(bundle, &file, path, fault);
	text_free(&file);
	return rc;
}

void bundle_free(struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->count; i++)
		X509_free(bundle->cert[i]);
	memset(bundle, 0, sizeof(*bundle));
}

static int add_anchor(const struct store *store, const char *name, struct text *pem,
		      struct fault *fault)
{
	X509 *cert = NULL;
	int rc = store_load(store, name, &cert, NULL, fault);

	if (rc)
		return rc;
	if (X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0)
		plan_pem(pem, cert);
	else if (strcmp(name, "root") != 0)
		rc = add_anchor(store, "root", pem, fault);
	X509_free(cert);
	return rc;
}

int bundle_anchor(const struct store *store, struct text *pem, struct fault *fault)
{
	int rc = add_anchor(store, "server", pem, fault);

	if (!rc && store_has(store, "server.next"))
		rc = add_anchor(store, "server.next", pem, fault);
	return !rc && pem->broken ? refuse(fault, "out of memory") : rc;
}

int bundle_prepare_forms(struct store *store, const char *directory, const struct forms *forms,
			 bool private, int flags, struct fault *fault)
{
	char path[400];
	bool second = false;
	int rc = 0;

	for (size_t i = 0; !rc && i < forms->count; i++) {
		const struct form *form = &forms->form[i];

		snprintf(path, sizeof(path), "%s/%s", directory, form->name);
		rc = store_prepare_file(store, path, &form->content,
					private || form->secret ? FILE_KEY : FILE_PUBLIC, flags,
					fault);
		second |= strcmp(form->name, SECOND_DER) == 0;
	}
	/* After a rollover there is one again. */
	snprintf(path, sizeof(path), "%s/" SECOND_DER, directory);
	if (!rc && !second)
		rc = store_prepare_removal(store, path, fault);
	return rc;
}
