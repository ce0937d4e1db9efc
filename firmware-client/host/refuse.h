/* One way to fail: the sentence for people, on standard error. */
#ifndef DOORSTEP_DK_REFUSE_H
#define DOORSTEP_DK_REFUSE_H

/* Says it, and gives -1. */
__attribute__((format(printf, 1, 2))) int refuse(const char *format, ...);

#endif
