/* Stub: see README.md. */
#ifndef STUB_ZEPHYR_LOG_H
#define STUB_ZEPHYR_LOG_H

#define LOG_MODULE_REGISTER(name, level) extern const int stub_log_level_##name
#define LOG_MODULE_DECLARE(name, level)	 extern const int stub_log_level_##name
void stub_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define LOG_ERR(...) stub_log(__VA_ARGS__)
#define LOG_WRN(...) stub_log(__VA_ARGS__)
#define LOG_INF(...) stub_log(__VA_ARGS__)

#endif
