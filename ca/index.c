#include "index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cert.h"
#include "file.h"

/* Cuts line at its tabs into at most max fields; how many there were. */
static size_t fields_of(char *line, char **fields, size_t max)
{
	size_t n = 0;

	for (char *at = line; at; n++) {
		char *tab = strchr(at, '\t');

		if (n < max)
			fields[n] = at;
		if (tab)
			*tab++ = '\0';
		at = tab;
	}
	return n;
}

static struct index_entry *find_serial(const struct index_book *book, const char *serial)
{
	for (size_t i = book->count; i-- > 0;)
		if (strcasecmp(book->entries[i].serial, serial) == 0)
			return &book->entries[i];
	return NULL;
}

static int take_line(struct index_book *book, char *line, size_t number, struct fault *fault)
{
	struct index_entry *entry;
	char *f[9];
	size_t n = fields_of(line, f, 9);

	if (n == 9 && strcmp(f[0], "issued") == 0) {
		book->entries[book->count++] = (struct index_entry){
			.issued = strtoll(f[1], NULL, 10),
			.serial = f[2],
			.not_after = strtoll(f[3], NULL, 10),
			.kind = f[4],
			.name = f[5],
			.issuer = f[6],
			.sha256 = f[7],
			.subject = f[8],
		};
		return 0;
	}
	if (n == 4 && strcmp(f[0], "revoked") == 0) {
		entry = find_serial(book, f[2]);
		if (entry && !entry->revoked) {
			entry->revoked = strtoll(f[1], NULL, 10);
			entry->reason = f[3];
		}
		return 0;
	}
	return refuse(fault,
		      "%s line %zu is neither issued nor revoked; the file is the CA's own and "
		      "was changed by something else: restore it from a copy",
		      INDEX_FILE, number);
}

static int by_name(const void *a, const void *b)
{
	const struct index_entry *const *x = a, *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);

	return order ? order : *x < *y ? -1 : *x > *y;
}

static int by_serial(const void *a, const void *b)
{
	const struct index_entry *const *x = a, *const *y = b;
	int order = strcasecmp((*x)->serial, (*y)->serial);

	return order ? order : *x < *y ? -1 : *x > *y;
}

/* Marks what a later entry took the place of: one of the same name, or the same certificate under the
 * name that a rollover gave it. */
static int mark_replaced(struct index_book *book)
{
	struct index_entry **sorted = calloc(book->count + 1, sizeof(*sorted));

	if (!sorted)
		return -1;
	for (size_t i = 0; i < book->count; i++)
		sorted[i] = &book->entries[i];
	qsort(sorted, book->count, sizeof(*sorted), by_name);
	for (size_t i = 1; i < book->count; i++)
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
			sorted[i - 1]->replaced = true;
	qsort(sorted, book->count, sizeof(*sorted), by_serial);
	for (size_t i = 1; i < book->count; i++)
		if (strcasecmp(sorted[i - 1]->serial, sorted[i]->serial) == 0 &&
		    strcmp(sorted[i - 1]->sha256, sorted[i]->sha256) == 0)
			sorted[i - 1]->replaced = true;
	book->by_serial = sorted;
	return 0;
}

int index_read(struct index_book *book, int dir, struct fault *fault)
{
	size_t lines = 0, number = 1;
	char *at, *end;
	int rc;

	memset(book, 0, sizeof(*book));
	if (!file_exists(dir, INDEX_FILE))
		return 0;
	rc = file_read(dir, INDEX_FILE, &book->file, INDEX_MAX, fault);
	if (rc)
		return rc;
	for (size_t i = 0; i < book->file.len; i++)
		if (book->file.s[i] == '\n') {
			lines++;
			book->whole = i + 1;
		}
	book->entries = calloc(lines + 1, sizeof(*book->entries));
	if (!book->entries)
		return refuse(fault, "out of memory");
	for (at = book->file.s; number <= lines; at = end + 1, number++) {
		end = strchr(at, '\n');
		if (!end)
			return refuse(fault, "%s line %zu holds a NUL", INDEX_FILE, number);
		*end = '\0';
		rc = take_line(book, at, number, fault);
		if (rc)
			return rc;
	}
	return mark_replaced(book) ? refuse(fault, "out of memory") : 0;
}

void index_free(struct index_book *book)
{
	text_free(&book->file);
	free(book->entries);
	free(book->by_serial);
	memset(book, 0, sizeof(*book));
}

const struct index_entry *index_by_name(const struct index_book *book, const char *name)
{
	for (size_t i = book->count; i-- > 0;)
		if (strcmp(book->entries[i].name, name) == 0)
			return &book->entries[i];
	return NULL;
}

const struct index_entry *index_by_serial(const struct index_book *book, const char *serial)
{
	return find_serial(book, serial);
}

void index_add_issued(struct text *lines, X509 *cert, const char *kind, const char *name,
		      const char *issuer, int64_t now)
{
	struct cert_facts facts;
	char sha256[65];

	if (cert_facts_of(&facts, cert)) {
		lines->broken = true;
		return;
	}
	cert_hex(sha256, facts.sha256, 32);
	text_printf(lines, "issued\t%lld\t%s\t%lld\t%s\t%s\t%s\t%s\t%s\n", (long long)now,
		    facts.serial, (long long)facts.not_after, kind, name, issuer ? issuer : "-",
		    sha256, facts.subject);
	cert_facts_free(&facts);
}

void index_add_revoked(struct text *lines, const char *serial, const char *reason, int64_t now)
{
	text_printf(lines, "revoked\t%lld\t%s\t%s\n", (long long)now, serial, reason);
}

static int against_serial(const void *serial, const void *entry)
{
	return strcasecmp(serial, (*(struct index_entry *const *)entry)->serial);
}

int index_check(int dir, const struct text *lines, struct fault *fault)
{
	struct index_book book = {0};
	char *copy = strdup(lines->s ? lines->s : ""), *save = NULL, *f[9];
	int rc = copy ? index_read(&book, dir, fault) : refuse(fault, "out of memory");

	for (char *line = copy ? strtok_r(copy, "\n", &save) : NULL; line && !rc && book.count;
	     line = strtok_r(NULL, "\n", &save)) {
		struct index_entry **has;

		if (fields_of(line, f, 9) != 9)
			continue;
		has = bsearch(f[2], book.by_serial, book.count, sizeof(*has), against_serial);
		if (has && strcmp((*has)->sha256, f[7]))
			rc = refuse(fault, "the serial %s is that of %s already; say another", f[2],
				    (*has)->name);
	}
	index_free(&book);
	free(copy);
	return rc;
}

/* Where the last whole line ends. */
static off_t last_line(int fd, off_t size)
{
	char c;

	while (size > 0 && (pread(fd, &c, 1, size - 1) != 1 || c != '\n'))
		size--;
	return size;
}

int index_append(int dir, const struct text *lines, struct fault *fault)
{
	int fd = openat(dir, INDEX_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;
	off_t whole;
	int rc = -1;

	if (fd < 0)
		return refuse(fault, "cannot open %s: %s", INDEX_FILE, strerror(errno));
	if (lines->broken) {
		close(fd);
		return refuse(fault, "out of memory");
	}
	if (fstat(fd, &st))
		goto out;
	whole = last_line(fd, st.st_size);
	if (whole != st.st_size && ftruncate(fd, whole))
		goto out;
	if (pwrite(fd, lines->s, lines->len, whole) != (ssize_t)lines->len || fsync(fd)) {
		if (ftruncate(fd, whole))
			goto out;
		goto out;
	}
	rc = 0;
out:
	if (rc)
		refuse(fault, "cannot write %s: %s", INDEX_FILE, strerror(errno));
	close(fd);
	return rc ? FAULT_REFUSED : 0;
}
