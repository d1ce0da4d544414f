/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/policy.h"

#include <string.h>

#include "spool/key_blob.h"

#define CURVE25519 "curve25519-sha256,curve25519-sha256@libssh.org"
#define NIST_KEX   "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521"
#define RSA        "rsa-sha2-512,rsa-sha2-256"
#define GCM        "aes256-gcm@openssh.com,aes128-gcm@openssh.com"
#define ETM        "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com"
#define ECDSA      "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521"
#define SK         "sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com"

static const struct policy policies[] = {
    {.name = "standard",
        .key_exchanges = CURVE25519,
        .host_keys = "ssh-ed25519," RSA,
        .ciphers = GCM ",aes256-ctr,aes128-ctr",
        .macs = ETM ",hmac-sha2-256,hmac-sha2-512",
        .user_keys = "ssh-ed25519," SK "," ECDSA "," RSA,
        .rsa_bits = 2048},
    {.name = "hardened",
        .key_exchanges = CURVE25519,
        .host_keys = "ssh-ed25519," RSA,
        .ciphers = GCM,
        .macs = ETM,
        .user_keys = "ssh-ed25519," SK "," ECDSA "," RSA,
        .rsa_bits = 3072},
    {.name = "fips-algorithms",
        .key_exchanges = NIST_KEX ",diffie-hellman-group14-sha256",
        .host_keys = ECDSA "," RSA,
        .ciphers = GCM ",aes256-ctr,aes128-ctr",
        .macs = ETM ",hmac-sha2-256,hmac-sha2-512",
        .user_keys = ECDSA "," RSA,
        .rsa_bits = 2048},
    {.name = "compat",
        .key_exchanges =
            CURVE25519 "," NIST_KEX ",diffie-hellman-group16-sha512,diffie-hellman-group14-sha256",
        .host_keys = "ssh-ed25519," RSA ",ecdsa-sha2-nistp256",
        .ciphers = GCM ",aes256-ctr,aes128-ctr,chacha20-poly1305@openssh.com,aes192-ctr",
        .macs = ETM ",hmac-sha2-256,hmac-sha2-512",
        .user_keys = "ssh-ed25519," SK "," ECDSA "," RSA,
        .rsa_bits = 2048},
};

const struct policy *policy_get(int index)
{
	return &policies[index];
}

bool policy_accepts_key(const struct policy *policy, const char *type)
{
	const char *wanted = strcmp(type, "ssh-rsa") == 0 ? "rsa-sha2-512" : type;
	size_t length = strlen(wanted);

	for (const char *at = policy->user_keys; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strcspn(at, ",") == length && strncmp(at, wanted, length) == 0)
			return true;
	}
	return false;
}

bool policy_accepts_length(const struct policy *policy, const char *type, const char *blob)
{
	return strcmp(type, "ssh-rsa") != 0 ||
	       key_blob_rsa_bits(blob) >= (unsigned)policy->rsa_bits;
}

int policy_check_key(
    const struct policy *policy, const char *type, const char *blob, struct err *err)
{
	if (!policy_accepts_key(policy, type))
		return err_set(err, ERR_REFUSED,
		    "a key of type %s, which server.policy = %s accepts at no login", type,
		    policy->name);
	if (!policy_accepts_length(policy, type, blob))
		return err_set(err, ERR_REFUSED,
		    "an RSA key of %u bits; server.policy = %s accepts at least %d at a login",
		    key_blob_rsa_bits(blob), policy->name, policy->rsa_bits);
	return 0;
}
