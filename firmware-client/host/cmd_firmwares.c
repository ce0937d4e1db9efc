/* doorstep-dk firmwares: the versions that a modem can be, as a table. */
#include "commands.h"
#include "firmware.h"

#include <stdio.h>

int cmd_firmwares(const struct options *o, atomic_bool *stop)
{
	char ciphers[1024];

	(void)o, (void)stop;
	printf("%-8s %-20s %-12s %-4s %-4s %-7s %-7s %-8s %s\n", "version", "AT+CGMR", "family",
	       "SNI", "GCM", "digest", "KEYGEN", "checks", "suites");
	for (const struct firmware *f = firmwares; f->version; f++) {
		unsigned suites = 1;

		firmware_ciphers(f, ciphers, sizeof(ciphers));
		for (const char *p = ciphers; *p; p++)
			suites += *p == ':';
		printf("%-8s %-20s %-12s %-4s %-4s %-7s %-7s %-8s %u  %s\n", f->version, f->cgmr,
		       f->family, f->sni ? "yes" : "no", f->gcm ? "yes" : "no",
		       f->shows_sha ? "yes" : "no", f->keygen ? "yes" : "no",
		       f->checks_content ? "yes" : "no", suites, f->remark);
	}
	return fflush(stdout) ? 1 : 0;
}
