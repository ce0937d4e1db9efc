#include "tlsname.h"

#include <stddef.h>
#include <openssl/obj_mac.h>

struct name {
	uint16_t value;
	const char *name;
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *find_name(const struct name *table, size_t n, uint16_t value)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].value == value)
			return table[i].name;
	return NULL;
}

bool tls_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

const char *tls_version_name(uint16_t version)
{
	static const struct name names[] = {
		{0x0002, "SSLv2"},   {0x0300, "SSLv3"},	  {0x0301, "TLSv1.0"},
		{0x0302, "TLSv1.1"}, {0x0303, "TLSv1.2"}, {0x0304, "TLSv1.3"},
	};

	return find_name(names, COUNT(names), version);
}

const char *tls_group_name(uint16_t group)
{
	static const struct name names[] = {
		{19, "secp192r1"},
		{21, "secp224r1"},
		{22, "secp256k1"},
		{23, "secp256r1"},
		{24, "secp384r1"},
		{25, "secp521r1"},
		{26, "brainpoolP256r1"},
		{27, "brainpoolP384r1"},
		{28, "brainpoolP512r1"},
		{29, "x25519"},
		{30, "x448"},
		{256, "ffdhe2048"},
		{257, "ffdhe3072"},
		{258, "ffdhe4096"},
		{259, "ffdhe6144"},
		{260, "ffdhe8192"},
		{0x11eb, "SecP256r1MLKEM768"},
		{0x11ec, "X25519MLKEM768"},
		{0x11ed, "SecP384r1MLKEM1024"},
		{0x6399, "X25519Kyber768Draft00"},
	};

	return find_name(names, COUNT(names), group);
}

const char *tls_sigalg_name(uint16_t sigalg)
{
	static const struct name names[] = {
		{0x0101, "rsa_pkcs1_md5"},
		{0x0201, "rsa_pkcs1_sha1"},
		{0x0203, "ecdsa_sha1"},
		{0x0301, "rsa_pkcs1_sha224"},
		{0x0303, "ecdsa_sha224"},
		{0x0401, "rsa_pkcs1_sha256"},
		{0x0403, "ecdsa_secp256r1_sha256"},
		{0x0501, "rsa_pkcs1_sha384"},
		{0x0503, "ecdsa_secp384r1_sha384"},
		{0x0601, "rsa_pkcs1_sha512"},
		{0x0603, "ecdsa_secp521r1_sha512"},
		{0x0804, "rsa_pss_rsae_sha256"},
		{0x0805, "rsa_pss_rsae_sha384"},
		{0x0806, "rsa_pss_rsae_sha512"},
		{0x0807, "ed25519"},
		{0x0808, "ed448"},
		{0x0809, "rsa_pss_pss_sha256"},
		{0x080a, "rsa_pss_pss_sha384"},
		{0x080b, "rsa_pss_pss_sha512"},
		{0x081a, "ecdsa_brainpoolP256r1tls13_sha256"},
		{0x081b, "ecdsa_brainpoolP384r1tls13_sha384"},
		{0x081c, "ecdsa_brainpoolP512r1tls13_sha512"},
	};

	return find_name(names, COUNT(names), sigalg);
}

const char *tls_version_or_grease(uint16_t version)
{
	return tls_is_grease(version) ? "GREASE" : tls_version_name(version);
}

const char *tls_group_or_grease(uint16_t group)
{
	return tls_is_grease(group) ? "GREASE" : tls_group_name(group);
}

enum suite_auth tls_suite_auth(uint16_t suite)
{
	static const struct range {
		uint16_t from, to;
		enum suite_auth auth;
	} ranges[] = {
		{0x0001, 0x000a, SUITE_AUTH_RSA},   {0x0014, 0x0016, SUITE_AUTH_RSA},
		{0x002f, 0x002f, SUITE_AUTH_RSA},   {0x0033, 0x0033, SUITE_AUTH_RSA},
		{0x0035, 0x0035, SUITE_AUTH_RSA},   {0x0039, 0x0039, SUITE_AUTH_RSA},
		{0x003c, 0x003d, SUITE_AUTH_RSA},   {0x0041, 0x0045, SUITE_AUTH_RSA},
		{0x0067, 0x006b, SUITE_AUTH_RSA},   {0x0084, 0x0088, SUITE_AUTH_RSA},
		{0x008a, 0x0095, SUITE_AUTH_PSK},   {0x009c, 0x009f, SUITE_AUTH_RSA},
		{0x00a8, 0x00b9, SUITE_AUTH_PSK},   {0x00ba, 0x00c5, SUITE_AUTH_RSA},
		{0x1301, 0x1307, SUITE_AUTH_ANY},   {0xc001, 0xc00a, SUITE_AUTH_ECDSA},
		{0xc00b, 0xc014, SUITE_AUTH_RSA},   {0xc023, 0xc026, SUITE_AUTH_ECDSA},
		{0xc027, 0xc02a, SUITE_AUTH_RSA},   {0xc02b, 0xc02e, SUITE_AUTH_ECDSA},
		{0xc02f, 0xc032, SUITE_AUTH_RSA},   {0xc033, 0xc03b, SUITE_AUTH_PSK},
		{0xc048, 0xc04b, SUITE_AUTH_ECDSA}, {0xc04c, 0xc04f, SUITE_AUTH_RSA},
		{0xc05c, 0xc05f, SUITE_AUTH_ECDSA}, {0xc060, 0xc063, SUITE_AUTH_RSA},
		{0xc072, 0xc075, SUITE_AUTH_ECDSA}, {0xc076, 0xc079, SUITE_AUTH_RSA},
		{0xc086, 0xc089, SUITE_AUTH_ECDSA}, {0xc08a, 0xc08d, SUITE_AUTH_RSA},
		{0xc09c, 0xc0a3, SUITE_AUTH_RSA},   {0xc0a4, 0xc0ab, SUITE_AUTH_PSK},
		{0xc0ac, 0xc0af, SUITE_AUTH_ECDSA}, {0xcca8, 0xcca8, SUITE_AUTH_RSA},
		{0xcca9, 0xcca9, SUITE_AUTH_ECDSA}, {0xccaa, 0xccaa, SUITE_AUTH_RSA},
		{0xccab, 0xccae, SUITE_AUTH_PSK},
	};

	for (size_t i = 0; i < COUNT(ranges); i++)
		if (suite >= ranges[i].from && suite <= ranges[i].to)
			return ranges[i].auth;
	return SUITE_AUTH_UNKNOWN;
}

bool tls_suite_is_modem(uint16_t suite)
{
	static const uint16_t suites[] = {
		0xc024, 0xc00a, 0xc023, 0xc009, 0xc014, 0xc027, 0xc013, 0x008d,
		0x00ae, 0x008c, 0xc0a8, 0xc02b, 0xc030, 0xc02f, 0x00ff,
	};

	for (size_t i = 0; i < COUNT(suites); i++)
		if (suites[i] == suite)
			return true;
	return false;
}

uint16_t tls_group_of_nid(int nid)
{
	switch (nid) {
	case NID_X9_62_prime256v1:
		return 23;
	case NID_secp384r1:
		return 24;
	case NID_secp521r1:
		return 25;
	default:
		return 0;
	}
}

bool tls_sigalg_fits(uint16_t sigalg, int key_nid, bool tls13)
{
	uint16_t group = tls_group_of_nid(key_nid);

	if (group == 0) { /* RSA */
		if (sigalg >= 0x0804 && sigalg <= 0x0806)
			return true;
		return !tls13 && (sigalg & 0xff) == 0x01 && sigalg >= 0x0301 && sigalg <= 0x0601;
	}
	if ((sigalg & 0xff) != 0x03 || sigalg < 0x0303 || sigalg > 0x0603)
		return false;
	/* Before TLS 1.3 the number names the hash alone. */
	if (!tls13)
		return true;
	return (sigalg == 0x0403 && group == 23) || (sigalg == 0x0503 && group == 24) ||
	       (sigalg == 0x0603 && group == 25);
}
