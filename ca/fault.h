/*
 * How things fail in doorstep-ca: one sentence for a person, made where the facts are, printed once
 * by main(). Functions return 0, or the negative code that the fault was set with.
 */
#ifndef DOORSTEP_FAULT_H
#define DOORSTEP_FAULT_H

enum {
	FAULT_REFUSED = -1, /* exit 1: refused or failed */
	FAULT_USAGE = -2,   /* exit 2: the call itself makes no sense */
};

struct fault {
	char text[1200];
	int code; /* of the fault whose text it is */
};

/* Sets the sentence: what was wrong, the value, what was expected, the next step. The first one
 * stays if several are set. Bytes that are no text are made safe. */
int fault_set(struct fault *fault, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define refuse(fault, ...) fault_set((fault), FAULT_REFUSED, __VA_ARGS__)
#define misuse(fault, ...) fault_set((fault), FAULT_USAGE, __VA_ARGS__)

#endif
