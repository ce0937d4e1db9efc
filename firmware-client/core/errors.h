/*
 * Error numbers by name. A number alone says little: 45 was EOPNOTSUPP until nRF Connect SDK 1.5 and
 * is 95 today, and 110 is ESHUTDOWN on the board and ETIMEDOUT on a PC. So a number is always read
 * under a numbering, and everything behind this header knows only names.
 */
#ifndef DOORSTEP_ERRORS_H
#define DOORSTEP_ERRORS_H

enum numbering {
	NUMBERING_NEW,	 /* nRF Connect SDK 1.6 and later: newlib, picolibc, nrf_errno.h */
	NUMBERING_OLD,	 /* up to 1.5: Zephyr's minimal C library of the time */
	NUMBERING_LINUX, /* native_sim: the host's */
};

/* name, new, old, Linux. The old ones are those of Zephyr 2.5 and before, lib/libc/minimal. */
#define ERRORS(X)                     \
	X(EPERM, 1, 1, 1)             \
	X(ENOENT, 2, 2, 2)            \
	X(EIO, 5, 5, 5)               \
	X(E2BIG, 7, 7, 7)             \
	X(ENOEXEC, 8, 8, 8)           \
	X(ECHILD, 10, 10, 10)         \
	X(EAGAIN, 11, 11, 11)         \
	X(ENOMEM, 12, 12, 12)         \
	X(EACCES, 13, 13, 13)         \
	X(EBUSY, 16, 16, 16)          \
	X(EINVAL, 22, 22, 22)         \
	X(EPROTO, 71, 76, 71)         \
	X(EOPNOTSUPP, 95, 45, 95)     \
	X(ECONNRESET, 104, 54, 104)   \
	X(ENOBUFS, 105, 55, 105)      \
	X(ENOPROTOOPT, 109, 42, 92)   \
	X(ESHUTDOWN, 110, 58, 108)    \
	X(ECONNREFUSED, 111, 61, 111) \
	X(ECONNABORTED, 113, 53, 103) \
	X(ENETUNREACH, 114, 51, 101)  \
	X(ENETDOWN, 115, 62, 100)     \
	X(ETIMEDOUT, 116, 60, 110)    \
	X(EHOSTUNREACH, 118, 65, 113) \
	X(EINPROGRESS, 119, 68, 115)  \
	X(EALREADY, 120, 69, 114)     \
	X(EMSGSIZE, 122, 36, 90)      \
	X(ENOTCONN, 128, 57, 107)     \
	X(ECANCELED, 140, 72, 125)

enum error {
	ERROR_NONE = 0,
#define X(name, new_number, old_number, linux_number) ERROR_##name,
	ERRORS(X)
#undef X
		ERROR_OTHER, /* a number without a name here */
	ERROR_COUNT
};

/* The name of a number; its sign is ignored. 0 is ERROR_NONE. */
enum error error_from(int number, enum numbering numbering);

/* "ECONNREFUSED"; "no error" and "an unknown error" for the two that are none. */
const char *error_name(enum error error);

/* The negative number of a name under a numbering; 0 for the two that are none. */
int error_number(enum error error, enum numbering numbering);

/* The name of a getaddrinfo() failure (NRF_EAI_*, either sign), NULL if it has none. */
const char *dns_error_name(int code);

/* What a +CME ERROR number says, "system error" for 60; NULL if it has no name here. */
const char *cme_error_name(int code);

#endif
