/* What boards have to trust: certs/server.pem, measured. */
#ifndef DOORSTEP_WEB_CERTFILE_H
#define DOORSTEP_WEB_CERTFILE_H

#include "text.h"

/* Appends {"file","subject","names","key","der_bytes","pem_bytes","not_before","not_after" (seconds),
 * "sha256","sha256_pem","sha256_pem_trimmed","ca","certificates"} or {"problem"}. The PEM digests
 * are those of the file's own text: with its final newline, and without. */
void certfile_json(const char *class_dir, struct text *out);

#endif
