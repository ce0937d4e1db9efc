/* Files as they are: the page's own, and what is public of the class. */
#ifndef DOORSTEP_WEB_DOWNLOAD_H
#define DOORSTEP_WEB_DOWNLOAD_H

#include "answer.h"

/* One of the page's own files; with its ETag, or 304 for who has it. */
void download_asset(const struct request *rq, const char *name, struct answer *a);
answer_get download_get_asset;

/* exports/<label>.tar, exports/<label>/<file> */
answer_get download_get_export;

/* /<host>.pem as the Academy's site has it; any name of this class gives the one certificate.
 * False: path is none of these. */
bool download_pem(struct page *p, const char *path, struct answer *a);

#endif
