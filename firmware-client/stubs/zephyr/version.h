/* Stub: see README.md. */
#ifndef STUB_ZEPHYR_VERSION_H
#define STUB_ZEPHYR_VERSION_H

#define ZEPHYR_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
#ifndef ZEPHYR_VERSION_CODE
#define ZEPHYR_VERSION_CODE ZEPHYR_VERSION(4, 1, 99)
#endif

#endif
