#include "store.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_FILE_MAX (4u << 20)
#define STORE_ITEM_MAX 16384

static void item_free(struct store_item *item)
{
	if (item->text)
		OPENSSL_cleanse(item->text, item->len);
	free(item->text);
	memset(item, 0, sizeof(*item));
}

void store_close(struct store *store)
{
	for (size_t i = 0; i < store->count; i++)
		item_free(&store->items[i]);
	if (store->path && store->lock >= 0) {
		unlink(store->lock_path);
		close(store->lock);
	}
	free(store->lock_path);
	free(store->path);
	memset(store, 0, sizeof(*store));
	store->lock = -1;
}

/* One modem on a file: a second one would write over what the first has changed. Where nobody may
 * write there is nothing to lock. */
static int lock_take(struct store *store)
{
	struct stat st;

	if (asprintf(&store->lock_path, "%s.lock", store->path) < 0) {
		store->lock_path = NULL;
		return -ENOMEM;
	}
	for (;;) {
		int fd = open(store->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		int rc;

		if (fd < 0)
			return errno == EACCES || errno == EROFS ? 0 : -errno;
		rc = flock(fd, LOCK_EX | LOCK_NB) || fstat(fd, &st) ? -errno : 0;
		/* The one who had it may have taken it away between the two calls. */
		if (rc == 0 && st.st_nlink > 0) {
			store->lock = fd;
			return 0;
		}
		close(fd);
		if (rc)
			return rc == -EWOULDBLOCK ? -EBUSY : rc;
	}
}

/* The file's bytes with a NUL; NULL with errno set. */
static char *file_read(const char *path)
{
	struct stat st;
	char *text = NULL;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0)
		goto out;
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)STORE_FILE_MAX) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EFBIG;
		goto out;
	}
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text)
		goto out;
	got = read(fd, text, (size_t)st.st_size);
	if (got != st.st_size) {
		free(text);
		text = NULL;
		errno = got < 0 ? errno : EIO;
	}
out:
	close(fd);
	return text;
}

static bool is_number(const cJSON *value, double max)
{
	return cJSON_IsNumber(value) && value->valuedouble >= 0 && value->valuedouble <= max &&
	       value->valuedouble == (double)(uint64_t)value->valuedouble;
}

/* One entry {"tag","type","base64"[,"made_here"]}; 0 or -EBADMSG. */
static int entry_read(struct store *store, const cJSON *entry)
{
	const cJSON *tag = cJSON_GetObjectItemCaseSensitive(entry, "tag");
	const cJSON *type = cJSON_GetObjectItemCaseSensitive(entry, "type");
	const cJSON *base64 = cJSON_GetObjectItemCaseSensitive(entry, "base64");
	struct store_item item = {0};
	size_t in, padding = 0;
	int out;

	if (store->count >= STORE_ITEMS || !is_number(tag, 4294967295.0) || !is_number(type, 11) ||
	    !cJSON_IsString(base64))
		return -EBADMSG;
	if (store_find(store, (uint32_t)tag->valuedouble, (uint32_t)type->valuedouble))
		return -EBADMSG;
	in = strlen(base64->valuestring);
	if (in == 0 || in % 4 || in > (size_t)STORE_ITEM_MAX / 3 * 4 + 4)
		return -EBADMSG;
	for (size_t i = 1; i <= 2 && base64->valuestring[in - i] == '='; i++)
		padding++;
	item.text = calloc(1, in);
	if (!item.text)
		return -ENOMEM;
	out = EVP_DecodeBlock((unsigned char *)item.text,
			      (const unsigned char *)base64->valuestring, (int)in);
	if (out < 0 || (size_t)out < padding) {
		free(item.text);
		return -EBADMSG;
	}
	item.len = (size_t)out - padding;
	item.text[item.len] = '\0';
	item.tag = (uint32_t)tag->valuedouble;
	item.type = (uint32_t)type->valuedouble;
	item.made_here = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(entry, "made_here"));
	store->items[store->count++] = item;
	return 0;
}

int store_open(struct store *store, const char *path, const char **why)
{
	char *text = NULL;
	cJSON *root = NULL;
	const cJSON *entry;
	const cJSON *version;
	int rc = 0;

	memset(store, 0, sizeof(*store));
	store->lock = -1;
	*why = NULL;
	if (!path)
		return 0;
	store->path = strdup(path);
	rc = store->path ? lock_take(store) : -ENOMEM;
	if (rc) {
		*why = rc == -EBUSY
			       ? "another doorstep-dk has this modem: use its terminal (--pty), "
				 "or end it"
			       : strerror(-rc);
		goto out;
	}
	text = file_read(path);
	if (!text) {
		rc = errno == ENOENT ? 0 : -errno;
		*why = rc ? strerror(-rc) : NULL;
		goto out;
	}
	root = cJSON_Parse(text);
	version = cJSON_GetObjectItemCaseSensitive(root, "v");
	if (!cJSON_IsNumber(version) || version->valuedouble != 1.0) {
		rc = -EBADMSG;
		*why = "it is not a credential store of doorstep-dk ({\"v\":1,...} expected)";
		goto out;
	}
	cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(root, "credentials"))
	{
		rc = entry_read(store, entry);
		if (rc) {
			*why = "an entry lacks tag, type or base64 text, or is there twice";
			goto out;
		}
	}
out:
	cJSON_Delete(root);
	free(text);
	if (rc)
		store_close(store);
	return rc;
}

const struct store_item *store_find(const struct store *store, uint32_t tag, uint32_t type)
{
	for (size_t i = 0; i < store->count; i++)
		if (store->items[i].tag == tag && store->items[i].type == type)
			return &store->items[i];
	return NULL;
}

/* Writes all of it as JSON. */
static int print_items(const struct store *store, FILE *file)
{
	fprintf(file, "{\"v\":1,\"credentials\":[");
	for (size_t i = 0; i < store->count; i++) {
		const struct store_item *item = &store->items[i];
		unsigned char *base64 = malloc(item->len / 3 * 4 + 8);

		if (!base64)
			return -ENOMEM;
		EVP_EncodeBlock(base64, (const unsigned char *)item->text, (int)item->len);
		fprintf(file, "%s\n{\"tag\":%u,\"type\":%u,%s\"base64\":\"%s\"}", i ? "," : "",
			item->tag, item->type, item->made_here ? "\"made_here\":true," : "",
			base64);
		free(base64);
	}
	fprintf(file, "]}\n");
	return 0;
}

static int save(const struct store *store)
{
	size_t size;
	char *temporary;
	FILE *file;
	int fd;
	int rc = 0;

	if (!store->path)
		return 0;
	size = strlen(store->path) + 8;
	temporary = malloc(size);
	if (!temporary)
		return -ENOMEM;
	snprintf(temporary, size, "%s.XXXXXX", store->path);
	fd = mkstemp(temporary); /* 0600 */
	if (fd < 0) {
		rc = -errno;
		goto out;
	}
	file = fdopen(fd, "w");
	if (!file) {
		rc = -errno;
		close(fd);
		goto out_unlink;
	}
	rc = print_items(store, file);
	if (rc == 0 && (ferror(file) || fflush(file) != 0 || fsync(fd) != 0))
		rc = -EIO;
	if (fclose(file) != 0 && rc == 0)
		rc = -EIO;
	if (rc == 0 && rename(temporary, store->path) != 0)
		rc = -errno;
out_unlink:
	if (rc)
		unlink(temporary);
out:
	free(temporary);
	return rc;
}

int store_put(struct store *store, uint32_t tag, uint32_t type, const char *text, size_t len,
	      bool made_here)
{
	const struct store_item *found = store_find(store, tag, type);
	struct store_item *item;
	char *copy;

	if (len == 0 || len > STORE_ITEM_MAX || (!found && store->count >= STORE_ITEMS))
		return -ENOSPC;
	copy = malloc(len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, len);
	copy[len] = '\0';
	item = found ? &store->items[found - store->items] : &store->items[store->count++];
	item_free(item);
	*item = (struct store_item){tag, type, copy, len, made_here};
	return save(store);
}

int store_delete(struct store *store, uint32_t tag, uint32_t type)
{
	const struct store_item *found = store_find(store, tag, type);
	size_t at;

	if (!found)
		return -ENOENT;
	at = (size_t)(found - store->items);
	item_free(&store->items[at]);
	memmove(&store->items[at], &store->items[at + 1],
		(store->count - at - 1) * sizeof(store->items[0]));
	store->count--;
	memset(&store->items[store->count], 0, sizeof(store->items[0]));
	return save(store);
}

int store_clear(struct store *store)
{
	for (size_t i = 0; i < store->count; i++)
		item_free(&store->items[i]);
	store->count = 0;
	return save(store);
}
