/*
 * The only way by which a file of the class gets out: certificates and exports/public, looked up
 * by name in a fixed set of places, never by a path that a client sent; and nothing that holds a
 * private key, wherever it lies.
 */
#ifndef DOORSTEP_WEB_PUBLICFILE_H
#define DOORSTEP_WEB_PUBLICFILE_H

#include <stdbool.h>
#include "text.h"

#define PUBLICFILE_MAX (1024U * 1024U)

/* A name of one path component, of [A-Za-z0-9._-], not beginning with a dot. */
bool publicfile_name_ok(const char *name);

/* Does this hold a private key, as PEM text or as DER? */
bool publicfile_holds_key(const char *bytes, size_t len);

/* Reads <dir>/<a>[/<b>[/<c>]] into out, following no link out of dir. 0; -ENOENT; -EACCES for a
 * file that holds a key; another -errno. */
int publicfile_read(const char *dir, const char *a, const char *b, const char *c, struct text *out);

/* Appends {"label":[{"name","bytes"}...]} of all files of exports/public that may be served. */
void publicfile_exports(const char *dir, const char *label, struct text *out);

/* All files of one label's exports as one uncompressed tar. 0, -ENOENT or another -errno. */
int publicfile_bundle(const char *dir, const char *label, struct text *out);

#endif
