/* doorstep-ca: certificates that fit a modem. The commands are a table; each is a file cmd_*.c. */
#include <stdio.h>
#include <string.h>
#include "command.h"

#ifndef DOORSTEP_VERSION
#define DOORSTEP_VERSION "0"
#endif

#define ISSUE "class key curve hash days serial from force no-sync tag"

static const struct command commands[] = {
	{"server", "NAME...",
	 "makes the certificate of a broker, its own trust anchor unless --issuer",
	 ISSUE " as issuer smallest leaf issues out",
	 "NAME is a host name, a wildcard (*.class.example) or an address. The default is what is known\n"
	 "to work on real modems: P-384, signed with SHA-256, CA:TRUE, 30 years, nothing else in it.\n"
	 "An existing server certificate is never replaced: see renew and rollover.\n\n"
	 "  doorstep-ca server mqtt.example.com\n"
	 "  doorstep-ca root && doorstep-ca server --issuer root mqtt.example.com\n",
	 1, -1, cmd_server},
	{"root", "[NAME]", "makes a private root, for servers and devices to be issued from",
	 ISSUE " as out", "  doorstep-ca root \"Room 12\"\n", 0, 1, cmd_root},
	{"web", "NAME...", "makes the page's own web certificate: a leaf of at most 398 days",
	 ISSUE " as issuer out", "  doorstep-ca web page.class.example\n", 1, -1, cmd_web},
	{"device", "[ID...]", "makes client certificates, one or thousands",
	 ISSUE " issuer list pattern out",
	 "P-256 unless --curve says otherwise, since that is what the modem itself makes. The issuer\n"
	 "is certs/root.pem if there is one, else certs/server.pem.\n\n"
	 "  doorstep-ca device nrf-350457791234567\n"
	 "  doorstep-ca device --pattern 'nrf-%06d:1-1000'\n",
	 0, -1, cmd_device},
	{"seats", "", "makes the seats of a class: certificates, passwords, seats.json, bundles",
	 "class domain count label role ids issuer tag no-sync force",
	 "Called by ca/class. Seats that are there stay as they are.\n\n"
	 "  doorstep-ca seats --domain class.example --count 30\n",
	 0, 0, cmd_seats},
	{"exercises", "[NAME...]", "makes the certificates of the doors that are broken on purpose",
	 "class domain no-sync force",
	 "Called by ca/class. Without a name, those that are missing.\n\n"
	 "  doorstep-ca exercises --domain class.example\n",
	 0, -1, cmd_exercises},
	{"sign", "FILE",
	 "signs a request: PEM, DER, or the answer of AT%KEYGEN as the modem gave it",
	 "class issuer id days serial from hash tag out force",
	 "The key never leaves the modem. FILE may be - for standard input.\n\n"
	 "  AT%KEYGEN=24,2,0,\"CN=nrf-350457791234567\"   in a terminal; paste the answer:\n"
	 "  doorstep-ca sign -\n",
	 1, 1, cmd_sign},
	{"revoke", "NAME|SERIAL...", "revokes certificates and writes certs/crl.pem",
	 "class reason", "  doorstep-ca revoke devices/nrf-1 --reason keyCompromise\n", 1, -1,
	 cmd_revoke},
	{"crl", "", "writes certs/crl.pem anew", "class",
	 "The list ends with its issuer: one that ended sooner would turn every board away that day.\n\n"
	 "  doorstep-ca crl\n",
	 0, 0, cmd_crl},
	{"list", "[NAME...]", "lists what was issued, and how it stands", "class json",
	 "  doorstep-ca list\n", 0, -1, cmd_list},
	{"expiring", "[NAME...]", "exit code 1 if something ends within --days (default: 30)",
	 "class days",
	 "For a cron job.\n\n  doorstep-ca expiring --days 60 || mail -s certificates me\n", 0, -1,
	 cmd_expiring},
	{"renew", "NAME", "the same certificate and key with new dates",
	 "class hash days serial from force no-sync tag", "  doorstep-ca renew devices/nrf-1\n", 1,
	 1, cmd_renew},
	{"rollover", "[NAME...]",
	 "moves boards from one pinned certificate to the next, in two steps", ISSUE " switch",
	 "The first call makes certs/server.next.pem (for other names, if some are given) and puts both\n"
	 "certificates into the bundles; when all boards have stored both, --switch makes it the broker's.\n\n"
	 "  doorstep-ca rollover\n  doorstep-ca rollover --switch\n",
	 0, -1, cmd_rollover},
	{"lint", "FILE...",
	 "finds what is wrong with certificate and key files, and says how to mend it",
	 "host role tag fix force",
	 "What a file is for is guessed from its name (client-cert.pem, ca-cert.pem, server.pem) unless\n"
	 "--role says it. Keys are matched with the certificates of the same call.\n\n"
	 "  doorstep-ca lint ca-cert.pem client-cert.pem private-key.pem --fix\n",
	 1, -1, cmd_lint},
	{"inspect", "FILE|HOST:PORT",
	 "shows what a certificate holds, or what a server shows a modem",
	 "tag json sni no-sni family host ca cert key",
	 "A server is asked as a modem would ask it: TLS 1.2, the modem's suites, P-256 and P-384, with\n"
	 "SNI where the firmware has it, once for each family unless --family says one. --cert and --key\n"
	 "are for a server that asks devices for a certificate.\n\n"
	 "  doorstep-ca inspect var/certs/server.pem\n"
	 "  doorstep-ca inspect mqtt.example.com:8883 --ca ca-cert.pem\n",
	 1, 1, cmd_inspect},
	{"handout", "", "makes the printable hand-out of a class: exports/handout.html",
	 "class tag url port", "  doorstep-ca handout --url http://192.0.2.1:8080\n", 0, 0,
	 cmd_handout},
	{"export", "DIR", "writes a certificate in every form that a tool or firmware wants",
	 "class ca cert key id tag force", "  doorstep-ca export --ca var/certs/server.pem out/\n",
	 1, 1, cmd_export},
};

#define COUNT (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *to)
{
	fputs("doorstep-ca: certificates that fit a modem\n\n"
	      "usage: doorstep-ca COMMAND [options] [arguments]\n\n",
	      to);
	for (size_t i = 0; i < COUNT; i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].does);
	fputs("\ndoorstep-ca COMMAND --help says more about each.\n", to);
}

static void help(const struct command *c)
{
	printf("doorstep-ca %s %s\n%s\n\n", c->name, c->arguments, c->does);
	options_print(c);
	printf("\n%s", c->more);
}

int main(int argc, char **argv)
{
	struct fault fault = {.text = ""};
	struct options options;
	int rc;

	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		usage(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("doorstep-ca " DOORSTEP_VERSION);
		return 0;
	}
	for (size_t i = 0; i < COUNT; i++) {
		if (strcmp(commands[i].name, argv[1]))
			continue;
		rc = options_read(&options, &commands[i], argc - 2, argv + 2, &fault);
		if (!rc && options.help) {
			help(&commands[i]);
			return 0;
		}
		if (!rc)
			rc = commands[i].run(&options, &fault);
		if (!rc && fflush(stdout))
			rc = refuse(&fault, "standard output cannot be written");
		if (rc)
			fprintf(stderr, "doorstep-ca: %s\n", fault.text);
		return rc == 0 ? 0 : fault.code == FAULT_USAGE ? 2 : 1;
	}
	fprintf(stderr,
		"doorstep-ca: there is no command \"%.40s\"; doorstep-ca --help lists them\n",
		argv[1]);
	return 2;
}
