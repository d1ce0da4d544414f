/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "spool/policy.h"
#include "spool/public_key.h"
#include "spool/settings.h"
#include "tests/unit/suite.h"

void add_suite_policy(CU_pSuite suite);

/* Types as a key's blob names them, and in which policies users may have such a key. */
static const struct {
	const char *type;
	const char *policies;
} types[] = {
    {"ssh-ed25519", "standard hardened compat"},
    {"sk-ssh-ed25519@openssh.com", "standard hardened compat"},
    {"sk-ecdsa-sha2-nistp256@openssh.com", "standard hardened compat"},
    {"ecdsa-sha2-nistp256", "standard hardened fips-algorithms compat"},
    {"ecdsa-sha2-nistp384", "standard hardened fips-algorithms compat"},
    {"ecdsa-sha2-nistp521", "standard hardened fips-algorithms compat"},
    {"ssh-rsa", "standard hardened fips-algorithms compat"},

    {"ssh-dss", ""},
    {"ssh-ed448", ""},
    /* libssh takes a certificate for the key in it; nobody here has signed any. */
    {"ssh-rsa-cert-v01@openssh.com", ""},
    {"rsa-sha2-256-cert-v01@openssh.com", ""},
    {"rsa-sha2-512-cert-v01@openssh.com", ""},
    {"ssh-dss-cert-v01@openssh.com", ""},
    {"ecdsa-sha2-nistp256-cert-v01@openssh.com", ""},
    {"ecdsa-sha2-nistp384-cert-v01@openssh.com", ""},
    {"ecdsa-sha2-nistp521-cert-v01@openssh.com", ""},
    {"ssh-ed25519-cert-v01@openssh.com", ""},
    {"sk-ssh-ed25519-cert-v01@openssh.com", ""},
    {"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", ""},
    {"unknown", ""},
    {"", ""},
    /* A part of a name is not the name. */
    {"ssh-ed2551", ""},
    {"sh-ed25519", ""},
    {"ed25519@openssh.com", ""},
    {"nistp256", ""},
    {"ssh-ed25519,", ""},
    {"ssh-ed25519,sk-ssh-ed25519@openssh.com", ""},
    {"ecdsa-sha2-nistp256,ecdsa-sha2-nistp384", ""},
};

static const char *const *policy_words(void)
{
	return conf_find(settings_keys, "server.policy")->words;
}

/* Is name among the words of text? */
static bool has_word(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = text; (at = strstr(at, name)) != NULL; at++)
		if ((at == text || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
	return false;
}

static void the_word_of_the_setting_is_the_policy_at_its_index(void)
{
	const char *const *words = policy_words();
	int count = 0;

	for (; words[count]; count++)
		CU_ASSERT_STRING_EQUAL(policy_get(count)->name, words[count]);
	CU_ASSERT_EQUAL(count, 4);
}

static void a_key_of_a_user_is_accepted_by_its_type(void)
{
	for (int i = 0; policy_words()[i]; i++) {
		for (size_t t = 0; t < COUNT(types); t++) {
			bool accepted = policy_accepts_key(policy_get(i), types[t].type);

			CU_ASSERT_EQUAL(accepted, has_word(types[t].policies, policy_words()[i]));
			if (accepted != has_word(types[t].policies, policy_words()[i]))
				(void)fprintf(stderr, "%s: %s\n", policy_words()[i], types[t].type);
		}
	}
}

/* What nobody should be offered in any of them. */
static void nothing_weak_is_offered(void)
{
	static const char *const weak[] = {"sha1", "md5", "cbc", "3des", "arcfour", "group1-",
	    "dss", "hmac-sha2-256-96", "umac-64", "none", "cert", "ssh-rsa"};

	for (int i = 0; policy_words()[i]; i++) {
		const struct policy *policy = policy_get(i);
		const char *const lists[] = {policy->key_exchanges, policy->host_keys,
		    policy->ciphers, policy->macs, policy->user_keys};

		for (size_t j = 0; j < COUNT(lists); j++) {
			CU_ASSERT_NOT_EQUAL(lists[j][0], '\0');
			CU_ASSERT_PTR_NULL(strstr(lists[j], ",,"));
			CU_ASSERT_PTR_NULL(strchr(lists[j], ' '));
			for (size_t w = 0; w < COUNT(weak); w++)
				CU_ASSERT_PTR_NULL(strstr(lists[j], weak[w]));
		}
		CU_ASSERT(policy->rsa_bits >= 2048);
	}
}

/* The blob of an RSA key of so many bits, all of them ones: base64 of lengths, e and n. */
static void make_rsa(unsigned bits, char ret_blob[KEY_BLOB_MAX + 1])
{
	unsigned char bytes[4 + 7 + 4 + 3 + 4 + 1 + 4096 / 8] = {0, 0, 0, 7, 's', 's', 'h', '-',
	    'r', 's', 'a', 0, 0, 0, 3, 1, 0, 1, 0, 0, (unsigned char)((bits / 8 + 1) >> 8),
	    (unsigned char)(bits / 8 + 1)};

	memset(bytes + 23, 0xff, bits / 8);
	(void)EVP_EncodeBlock((unsigned char *)ret_blob, bytes, (int)(23 + bits / 8));
}

static void a_key_is_checked_before_it_is_an_accounts(void)
{
	static const struct {
		const char *type;
		unsigned bits;
		const char *refused_by; /* policies */
		const char *words;
	} rows[] = {
	    {"ssh-rsa", 2048, "hardened", "an RSA key of 2048 bits"},
	    {"ssh-rsa", 3072, "", ""},
	    {"ssh-ed25519", 0, "fips-algorithms", "a key of type ssh-ed25519"},
	    {"ecdsa-sha2-nistp256", 0, "", ""},
	};

	for (size_t r = 0; r < COUNT(rows); r++) {
		for (int i = 0; policy_words()[i]; i++) {
			char blob[KEY_BLOB_MAX + 1] = "AAAA";
			bool refused = has_word(rows[r].refused_by, policy_words()[i]);
			struct err err = {.text = ""};

			if (rows[r].bits)
				make_rsa(rows[r].bits, blob);
			CU_ASSERT_EQUAL(policy_check_key(policy_get(i), rows[r].type, blob, &err),
			    refused ? -1 : 0);
			if (!refused)
				continue;
			CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
			CU_ASSERT_PTR_NOT_NULL(strstr(err.text, rows[r].words));
			CU_ASSERT_PTR_NOT_NULL(strstr(err.text, policy_words()[i]));
		}
	}
}

void add_suite_policy(CU_pSuite suite)
{
	TEST(a_key_is_checked_before_it_is_an_accounts);
	TEST(the_word_of_the_setting_is_the_policy_at_its_index);
	TEST(a_key_of_a_user_is_accepted_by_its_type);
	TEST(nothing_weak_is_offered);
}
