#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "key.h"
#include "plan.h"
#include "when.h"

#define CERT_MAX (1U << 20)

struct prepared {
	char *path;
	struct text content;
	mode_t mode;
	int flags;
};

static bool store_has_book(const struct store *store)
{
	return store->dir >= 0 && file_exists(store->dir, "ca");
}

/* Makes what is missing of the class directory, and waits until no other call writes. */
static int take_lock(struct store *store, struct fault *fault)
{
	int rc = 0;

	if (store->dir < 0) {
		rc = file_mkdir(AT_FDCWD, store->name, 0755, store->flags, fault);
		store->dir = open(store->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (!rc && store->dir < 0)
			rc = refuse(fault, "cannot open %s: %s", store->name, strerror(errno));
	}
	if (!rc)
		rc = file_mkdir(store->dir, "ca", 0700, store->flags, fault);
	if (!rc)
		rc = file_mkdir(store->dir, "certs", 0755, store->flags, fault);
	if (!rc)
		rc = file_mkdir(store->dir, "keys", 0700, store->flags, fault);
	if (rc)
		return rc;
	store->lock = openat(store->dir, "ca/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (store->lock < 0)
		return refuse(fault, "cannot open %s/ca/lock: %s", store->name, strerror(errno));
	while (flock(store->lock, LOCK_EX))
		if (errno != EINTR)
			return refuse(fault, "cannot lock %s/ca/lock: %s", store->name,
				      strerror(errno));
	return 0;
}

int store_open(struct store *store, const char *dir, enum store_mode mode, struct fault *fault)
{
	*store = (struct store){.name = dir, .dir = -1, .lock = -1};
	store->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->dir < 0 && (mode != STORE_MAKE || errno != ENOENT))
		return refuse(fault,
			      "the class directory %s cannot be opened: %s; say which it is with "
			      "--class DIR, or make one with ca/class",
			      dir, strerror(errno));
	if (mode == STORE_READ || !store_has_book(store))
		return 0;
	return take_lock(store, fault);
}

static void forget_batch(struct store *store)
{
	for (size_t i = 0; i < store->batched; i++) {
		free(store->batch[i].path);
		key_wipe(&store->batch[i].content);
	}
	store->batched = 0;
	text_reset(&store->lines);
	text_reset(&store->dirs);
	store->dir_count = 0;
}

void store_close(struct store *store)
{
	forget_batch(store);
	free(store->batch);
	text_free(&store->lines);
	text_free(&store->dirs);
	if (store->lock >= 0)
		close(store->lock);
	if (store->dir >= 0)
		close(store->dir);
	*store = (struct store)STORE_CLOSED;
}

static void path_of(struct text *path, const char *where, const char *name, const char *end)
{
	text_reset(path);
	text_printf(path, "%s/%s%s", where, name, end);
}

static bool has(const struct store *store, const char *where, const char *name, const char *end)
{
	struct text path = {0};
	bool found;

	path_of(&path, where, name, end);
	found = !path.broken && file_exists(store->dir, path.s);
	text_free(&path);
	return found;
}

bool store_has(const struct store *store, const char *name)
{
	return has(store, "certs", name, ".pem");
}

bool store_has_key(const struct store *store, const char *name)
{
	return has(store, "keys", name, ".key");
}

int store_prepared(const struct store *store, const char *path, struct text *content)
{
	for (size_t i = store->batched; i-- > 0;) {
		const struct prepared *p = &store->batch[i];

		if (strcmp(p->path, path) == 0) {
			text_add(content, p->content.s, p->content.len);
			return 0;
		}
	}
	return -1;
}

/* A file as it will be once the batch is written. */
static int read_newest(const struct store *store, const char *path, struct text *file,
		       struct fault *fault)
{
	text_reset(file);
	if (!store_prepared(store, path, file))
		return file->broken ? refuse(fault, "out of memory") : 0;
	return file_read(store->dir, path, file, CERT_MAX, fault);
}

int store_load_key(const struct store *store, const char *name, EVP_PKEY **key, struct fault *fault)
{
	struct text path = {0}, file = {0};
	int rc;

	*key = NULL;
	path_of(&path, "keys", name, ".key");
	rc = path.broken ? refuse(fault, "out of memory")
			 : read_newest(store, path.s, &file, fault);
	if (!rc) {
		*key = key_read(&file, path.s, fault);
		rc = *key ? 0 : FAULT_REFUSED;
	}
	key_wipe(&file);
	text_free(&path);
	return rc;
}

int store_load(const struct store *store, const char *name, X509 **cert, EVP_PKEY **key,
	       struct fault *fault)
{
	struct text path = {0}, file = {0};
	BIO *in = NULL;
	int rc;

	*cert = NULL;
	path_of(&path, "certs", name, ".pem");
	rc = path.broken ? refuse(fault, "out of memory")
			 : read_newest(store, path.s, &file, fault);
	if (rc)
		goto out;
	in = BIO_new_mem_buf(file.s, (int)file.len);
	*cert = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	ERR_clear_error();
	if (!*cert)
		rc = refuse(fault, "%s/%s holds no certificate; look at it: doorstep-ca lint %s/%s",
			    store->name, path.s, store->name, path.s);
	else if (key)
		rc = store_load_key(store, name, key, fault);
	if (rc) {
		X509_free(*cert);
		*cert = NULL;
	}
out:
	BIO_free(in);
	text_free(&file);
	text_free(&path);
	return rc;
}

/* Notes the directory of path to be synced. Looks among the latest alone: files of a directory come
 * together, and one that is synced twice does no harm. */
static void note_dir(struct store *store, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	for (size_t i = 0; i < STORE_LATEST && i < store->dir_count; i++) {
		const char *known = store->dirs.s + store->latest[i];

		if (strlen(known) == len && memcmp(known, path, len) == 0)
			return;
	}
	store->latest[store->dir_count++ % STORE_LATEST] = store->dirs.len;
	text_add(&store->dirs, path, len);
	text_add(&store->dirs, "", 1);
}

/* A room for one more file; its content is the caller's to fill. */
static struct prepared *next_prepared(struct store *store, const char *path, mode_t mode, int flags)
{
	struct prepared *grown, *p;

	if (store->batched == store->room) {
		size_t room = store->room ? 2 * store->room : 64;

		grown = realloc(store->batch, room * sizeof(*grown));
		if (!grown)
			return NULL;
		store->batch = grown;
		store->room = room;
	}
	p = &store->batch[store->batched];
	*p = (struct prepared){.path = strdup(path), .mode = mode, .flags = flags};
	if (!p->path)
		return NULL;
	store->batched++;
	note_dir(store, path);
	return p;
}

static int directory_for(struct store *store, const char *path, mode_t mode, struct fault *fault)
{
	char *parent = strdup(path);
	char *slash = parent ? strrchr(parent, '/') : NULL;
	int rc = 0;

	if (!parent)
		return refuse(fault, "out of memory");
	if (slash) {
		*slash = '\0';
		rc = file_mkdir(store->dir, parent, mode == FILE_KEY ? 0700 : 0755, store->flags,
				fault);
	}
	free(parent);
	return rc;
}

int store_prepare_file(struct store *store, const char *path, const struct text *content,
		       mode_t mode, int flags, struct fault *fault)
{
	struct prepared *p;

	if (!(flags & FILE_REPLACE) && file_exists(store->dir, path))
		return refuse(fault, "%s/%s is there already; it stays as it is", store->name,
			      path);
	p = next_prepared(store, path, mode, flags);
	if (!p)
		return refuse(fault, "out of memory");
	text_add(&p->content, content->s, content->len);
	return p->content.broken ? refuse(fault, "out of memory") : 0;
}

int store_prepare_removal(struct store *store, const char *path, struct fault *fault)
{
	if (!file_exists(store->dir, path))
		return 0;
	return next_prepared(store, path, 0, FILE_REPLACE | FILE_REMOVE)
		       ? 0
		       : refuse(fault, "out of memory");
}

int store_prepare(struct store *store, const char *name, X509 *cert, const struct text *chain,
		  EVP_PKEY *key, const char *kind, const char *issuer, int flags,
		  struct fault *fault)
{
	struct text path = {0}, pem = {0};
	int rc = 0;

	/* The key first: a certificate without its key is of no use, a key alone can be used. */
	if (key) {
		path_of(&path, "keys", name, ".key");
		rc = key_pem(key, &pem, fault);
		if (!rc)
			rc = store_prepare_file(store, path.s, &pem, FILE_KEY, flags, fault);
		key_wipe(&pem);
	}
	if (!rc) {
		path_of(&path, "certs", name, ".pem");
		plan_pem(&pem, cert);
		if (chain)
			text_add(&pem, chain->s, chain->len);
		rc = pem.broken
			     ? refuse(fault, "out of memory")
			     : store_prepare_file(store, path.s, &pem, FILE_PUBLIC, flags, fault);
	}
	if (!rc)
		index_add_issued(&store->lines, cert, kind, name, issuer, when_now());
	text_free(&path);
	text_free(&pem);
	return rc;
}

/* Writes those of the batch that come first, or the others. */
static int write_files(struct store *store, int first, struct fault *fault)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < store->batched; i++) {
		const struct prepared *p = &store->batch[i];

		if ((p->flags & FILE_FIRST) != first)
			continue;
		if (p->flags & FILE_REMOVE)
			rc = file_remove(store->dir, p->path, fault);
		else
			rc = file_write(store->dir, p->path, p->content.s, p->content.len, p->mode,
					p->flags | store->flags, fault);
	}
	return rc;
}

int store_commit(struct store *store, struct fault *fault)
{
	sigset_t all, before;
	const char *dir, *end;
	int rc = 0;

	/* Of a class that is only now begun nobody knew while this was prepared. */
	if (store->lock < 0 && store->batched)
		rc = take_lock(store, fault);
	for (size_t i = 0; !rc && i < store->batched; i++)
		if (!(store->batch[i].flags & FILE_REPLACE) &&
		    file_exists(store->dir, store->batch[i].path))
			rc = refuse(fault, "%s/%s is there already; it stays as it is", store->name,
				    store->batch[i].path);
	if (!rc && store->lines.len)
		rc = index_check(store->dir, &store->lines, fault);
	/* Nothing is written before all that can be checked was checked; what is written then is
	 * not cut short by a signal between a key and its certificate. */
	for (size_t i = 0; !rc && i < store->batched; i++)
		rc = directory_for(store, store->batch[i].path, store->batch[i].mode, fault);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (!rc && store->lines.len)
		rc = index_append(store->dir, &store->lines, fault);
	if (!rc)
		rc = write_files(store, FILE_FIRST, fault);
	if (!rc)
		rc = write_files(store, 0, fault);
	dir = store->dirs.s;
	end = dir ? dir + store->dirs.len : NULL;
	for (; !rc && dir && dir < end && !(store->flags & FILE_NO_SYNC); dir += strlen(dir) + 1)
		rc = file_sync_dir(store->dir, *dir ? dir : ".", fault);
	if (!rc && store->lines.len && !(store->flags & FILE_NO_SYNC))
		rc = file_sync_dir(store->dir, "ca", fault);
	forget_batch(store);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}
