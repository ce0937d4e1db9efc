/* sign: a certificate for a key that never leaves its modem. */
#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "device.h"
#include "host.h"
#include "key.h"
#include "request.h"

static int choose_id(const struct options *o, X509_REQ *request, char id[128], struct fault *fault)
{
	if (o->id)
		snprintf(id, 128, "%s", o->id);
	else if (request_cn(request, id, 128))
		return refuse(fault, "%s has no single CN to name the device by; say --id ID",
			      o->args[0]);
	if (!host_is_id(id))
		return refuse(
			fault,
			"\"%s\" is no device id; say another with --id: letters, digits and . _ "
			": @ + -",
			id);
	return 0;
}

/* The certificate on standard output or in a file, and the line that stores it. */
static int hand_over(const struct options *o, X509 *cert, struct fault *fault)
{
	struct text pem = {0};
	int rc = 0;

	plan_pem(&pem, cert);
	if (o->out && strcmp(o->out, "-") == 0)
		fwrite(pem.s, 1, pem.len, stdout);
	else if (o->out)
		rc = file_write(AT_FDCWD, o->out, pem.s, pem.len, FILE_PUBLIC,
				o->force ? FILE_REPLACE : 0, fault);
	else
		printf("Store it, the radio being off:\nAT+CFUN=4\nAT%%CMNG=0,%ld,1,\"%.*s\"\n",
		       o->tag, (int)pem.len - 1, pem.s);
	text_free(&pem);
	return rc;
}

int cmd_sign(const struct options *o, struct fault *fault)
{
	struct options own;
	struct device_issuer issuer = {0};
	struct store store = STORE_CLOSED;
	struct plan plan = {0};
	struct text file = {0};
	X509_REQ *request = NULL;
	X509 *cert = NULL;
	char id[128], name[160], path[400];
	int rc;

	rc = file_read(AT_FDCWD, o->args[0], &file, 1 << 16, fault);
	if (rc)
		goto out;
	request = request_read(&file, o->args[0], fault);
	rc = request ? key_check(X509_REQ_get0_pubkey(request), o->args[0], fault) : FAULT_REFUSED;
	if (!rc)
		rc = choose_id(o, request, id, fault);
	if (!rc)
		rc = device_begin(o, &own, &store, &issuer, &plan, fault);
	if (rc)
		goto out;
	/* Only the name that we chose goes in: a request can ask for anything, a CA above all. */
	plan.cn = id;
	plan.key = X509_REQ_get0_pubkey(request);
	cert = plan_sign(&plan, fault);
	rc = cert ? 0 : FAULT_REFUSED;
	snprintf(name, sizeof(name), "devices/%s", id);
	snprintf(path, sizeof(path), "%s/certs/%s.pem", o->class_dir, name);
	if (!rc)
		rc = report_certificate(&own, path, &cert, 1, false, true, fault);
	if (!rc)
		rc = store_prepare(&store, name, cert, NULL, NULL, "signed", issuer.name,
				   o->force ? FILE_REPLACE : 0, fault);
	if (!rc)
		rc = store_commit(&store, fault);
	if (!rc)
		rc = hand_over(&own, cert, fault);
out:
	X509_REQ_free(request);
	X509_free(cert);
	device_issuer_free(&issuer);
	text_free(&file);
	store_close(&store);
	return rc;
}
