/*
 * Giving up what a page has no use for, after everything is opened: the view of keys/ and of
 * exports/private/, capabilities, new programs, connections to anywhere.
 */
#ifndef DOORSTEP_WEB_CONFINE_H
#define DOORSTEP_WEB_CONFINE_H

#include <stddef.h>

/*
 * Makes the secret directories of a class unreadable for this process and all that it starts:
 * covers them in a mount namespace of its own. *how says in words what holds, or why nothing does.
 * 0: none of them can be read now. -1: one can; `how` says which.
 */
int confine_hide(const char *class_dir, char *how, size_t size);

/* Can a secret directory be read at this moment? Its name, or NULL. */
const char *confine_readable(const char *class_dir);

/* No new programs, no outgoing connections, no tracing, no mounts. 0 or -errno. */
int confine_calls(void);

#endif
