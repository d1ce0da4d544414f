/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/public_key.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_public_key(CU_pSuite suite);

/* Made by ssh-keygen; the keys of hardware tokens are those of others in the tokens' form. */
#define KEY_ED25519 "AAAAC3NzaC1lZDI1NTE5AAAAIL/1oeCG9fZRJjz0ygrdZzofzEhJZ2jvqwGMzOwdMCh6"
#define KEY_ECDSA_256                                                                              \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJKWBhbznml1JziSOGR9WKh7wLZOqGhPK4EH" \
	"AkEB4cGKlijVP/nhKBuVVEWF1P7L1ouvl36gpop0NoOKjSDIO5o="
#define KEY_ECDSA_384                                                                              \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBG1qer4/W9UMrp9hOzauSwDQXeCkNO69vYU8" \
	"OpMEElUGupIPnX4eVEp20KaxA0XnIQjuqJSnyMXY1ao9a029K1D3Yt+zJsdNjBtbIRVfX7QkeXGmPYszbntBBUEH" \
	"0p7pSQ=="
#define KEY_ECDSA_521                                                                              \
	"AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBADbowriJjpldbY/Htnla7Oat++qLiCkxfOl" \
	"7sclolc2OL2v9STC8MooxV/QHO8DFqT6eePorDU6zZoG/GJOZps/EAEkEPruj1iFOIcunNY3oreDq6lb7q8CPJi2" \
	"hcQxnGyDhDQIlyl8r9apKO+M/HKliY5RLYqpszokK/7P3olTgz33wg=="
#define KEY_RSA_1024                                                                               \
	"AAAAB3NzaC1yc2EAAAADAQABAAAAgQCot3IqkEKgsOEW5HDh49+u6m29W2ESVmLoF6UrSCkP9gF2sahh3Z70C/3Z" \
	"vcACqLZKVvNQWGbo8yng+C7+5I4GsIntdqUYh+XPd7jP/YI3biFYcfcU6H1CW8FJ3d0wMNu6qyE4NwBacA0/l4CX" \
	"/0ZOc3+WgvADLMgUhCv0rrk2ow=="
#define KEY_RSA_2048                                                                               \
	"AAAAB3NzaC1yc2EAAAADAQABAAABAQC4jgZ7ksURm0Ra8S7+Be8sUclPiglFtYhrU2m+7xE/Vih1l7pTqlDAMBzi" \
	"ssGjp0H/wBPfrOI5sm9W8dc1dzVN/A8+BWVbkuGyMSSrVDaIRZmzTwPNlXMfZqpcUkf6wpjLZHcasBnkKjqsccBD" \
	"vePjyjaED2YIMTXXMQEf+y8nLa4BRFmCqdCIZe8B313qI4odVDV46QtmZjax53j3zUObXApxW8X8paSzroT1tYxw" \
	"NHpDULGL//JRYO05cMf0HIJokMtmuRCQht9QzlA2DadIP7/iGoxQYomRnU/Bk3ik1dO41XyC/nrbmCOfFBC60FmQ" \
	"7L6zY/rRpEh1d29/ZIuJ"
#define KEY_DSA                                                                                    \
	"AAAAB3NzaC1kc3MAAACBANz9ZxMVPTnt0wQhGOSbBa/3l3Rnt3yy4VYPUxboNtcblnPT7+P5euF52ArpHlwubKl0" \
	"Y4AJEjqtdeHFuumQmmk6XgvLLq4s+ahTvGM0sRx2dBylw0419DOeRI4uD6GuMAU00blrvGQEeZM55eba6v2HqDlG" \
	"WSoOOWxV7kSSz7w5AAAAFQDTtI/zXA8jcy2RMzl0mUhCihF4JwAAAIBnNsMD1CCm6plHu8fi28dB8AJQKdgZO8x9" \
	"ee3WEnPsiFlppYL9Xpb09RWd2JG5aBWKUihK69XxiKUGUxxGnFRKb0Yf//K1DVHU4uXu5CzErKEaIG45LTL/lMaz" \
	"TDdl4/WKvnDv48fHW47omZlx0TUO6SGMM5AWjabx5zEtZ6avRAAAAIAVseye/IeN3SbuXEGvsDURYDNRQGdBKauT" \
	"DrhrowxUb1hobPXNph2yOgeBThBAmLslPGsVfGs6atntXW+MMoF2Xz/l994jDgMJICCmstwOwvX1TGsu3XDO2x7z" \
	"zqylxMelch2lOPH9kprLN/HnHqd0k5H1BHzylPd0CIpzNw6juw=="
#define KEY_CERTIFICATE                                                                            \
	"AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIKEqePrgjo1Wpykuns5eV/HY9S9xwk1LifQh" \
	"sOTRsw9AAAAAIL/1oeCG9fZRJjz0ygrdZzofzEhJZ2jvqwGMzOwdMCh6AAAAAAAAAAAAAAABAAAAAmlkAAAABwAA" \
	"AANhbm4AAAAAAAAAAP//////////AAAAAAAAAIIAAAAVcGVybWl0LVgxMS1mb3J3YXJkaW5nAAAAAAAAABdwZXJt" \
	"aXQtYWdlbnQtZm9yd2FyZGluZwAAAAAAAAAWcGVybWl0LXBvcnQtZm9yd2FyZGluZwAAAAAAAAAKcGVybWl0LXB0" \
	"eQAAAAAAAAAOcGVybWl0LXVzZXItcmMAAAAAAAAAAAAAADMAAAALc3NoLWVkMjU1MTkAAAAgS3rlYJwkuy6/FZw8" \
	"ovdogyUsnBtBv3nwyYPBBTaBK/cAAABTAAAAC3NzaC1lZDI1NTE5AAAAQE7lxAJPFDxXyF/OivHveuteochHxkGb" \
	"bV7cPGMvScjewVE2rv0atPujYD4Oib5YqNkZFwVAsbVWGg/XQ8ilLQo="
#define KEY_SK_ED25519                                                                             \
	"AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIL/1oeCG9fZRJjz0ygrdZzofzEhJZ2jvqwGMzOwdMCh6" \
	"AAAABHNzaDo="
#define KEY_SK_ECDSA                                                                               \
	"AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABBBJKWBhbznml1JziS" \
	"OGR9WKh7wLZOqGhPK4EHAkEB4cGKlijVP/nhKBuVVEWF1P7L1ouvl36gpop0NoOKjSDIO5oAAAAEc3NoOg=="
#define KEY_RSA_2047                                                                               \
	"AAAAB3NzaC1yc2EAAAADAQABAAABAHiOBnuSxRGbRFrxLv4F7yxRyU+KCUW1iGtTab7vET9WKHWXulOqUMAwHOKy" \
	"waOnQf/AE9+s4jmyb1bx1zV3NU38Dz4FZVuS4bIxJKtUNohFmbNPA82Vcx9mqlxSR/rCmMtkdxqwGeQqOqxxwEO9" \
	"4+PKNoQPZggxNdcxAR/7LyctrgFEWYKp0Ihl7wHfXeojih1UNXjpC2ZmNrHnePfNQ5tcCnFbxfylpLOuhPW1jHA0" \
	"ekNQsYv/8lFg7Tlwx/QcgmiQy2a5EJCG31DOUDYNp0g/v+IajFBiiZGdT8GTeKTV07jVfIL+etuYI58UELrQWZDs" \
	"vrNj+tGkSHV3b39ki4k="

/* With another type inside than ssh-rsa, and with bytes behind the key. */
#define KEY_RSA_INSIDE                                                                             \
	"AAAAB3NzaC1yc2IAAAADAQABAAABAQC4jgZ7ksURm0Ra8S7+Be8sUclPiglFtYhrU2m+7xE/Vih1l7pTqlDAMBzi" \
	"ssGjp0H/wBPfrOI5sm9W8dc1dzVN/A8+BWVbkuGyMSSrVDaIRZmzTwPNlXMfZqpcUkf6wpjLZHcasBnkKjqsccBD" \
	"vePjyjaED2YIMTXXMQEf+y8nLa4BRFmCqdCIZe8B313qI4odVDV46QtmZjax53j3zUObXApxW8X8paSzroT1tYxw" \
	"NHpDULGL//JRYO05cMf0HIJokMtmuRCQht9QzlA2DadIP7/iGoxQYomRnU/Bk3ik1dO41XyC/nrbmCOfFBC60FmQ" \
	"7L6zY/rRpEh1d29/ZIuJ"
#define KEY_ED25519_LONGER \
	"AAAAC3NzaC1lZDI1NTE5AAAAIL/1oeCG9fZRJjz0ygrdZzofzEhJZ2jvqwGMzOwdMCh6dHJhaWxpbmc="

static const struct {
	const char *type;
	const char *blob;
	const char *fingerprint; /* as ssh-keygen -l prints it */
} right[] = {
    {"ssh-ed25519", KEY_ED25519, "SHA256:Uhqgf80jViJiUMd++8CYhGESgEqqu0UkHnhl4fhxp+w"},
    {"ecdsa-sha2-nistp256", KEY_ECDSA_256, "SHA256:+r190skritatPjc9m9jS5ml1rL/dRLwihcTbSv6JOdc"},
    {"ecdsa-sha2-nistp384", KEY_ECDSA_384, "SHA256:9scEj78VZtELgIoI4GsJs2qJTeFxtNVEQpNodaKoDL4"},
    {"ecdsa-sha2-nistp521", KEY_ECDSA_521, "SHA256:KlyfYobDNmzE/HN9/tip7SHsOmcfkeAdQxq6gVRbNwI"},
    {"ssh-rsa", KEY_RSA_2048, "SHA256:2nspthsdvApFbPo5fHAD5NJbQCqYdg76rr3FouNa2eQ"},
    {"sk-ssh-ed25519@openssh.com", KEY_SK_ED25519,
        "SHA256:f19UhKw0hDnK3Xbvbng0NSmQV2aAS3gP+GJIAymLU4o"},
    {"sk-ecdsa-sha2-nistp256@openssh.com", KEY_SK_ECDSA,
        "SHA256:VfP/Sd7xGv1Z4rQFOP1PDuGduYDkyVyIkeN5kInxwMA"},
};

static void takes_a_key_of_every_known_type(void)
{
	for (size_t i = 0; i < COUNT(right); i++) {
		struct public_key key = {.id = 42};
		char line[4096];
		struct err err;

		(void)snprintf(
		    line, sizeof(line), "%s %s ann@example.org\n", right[i].type, right[i].blob);
		CU_ASSERT_EQUAL(public_key_parse(line, &key, &err), 0);
		CU_ASSERT_STRING_EQUAL(key.type, right[i].type);
		CU_ASSERT_STRING_EQUAL(key.blob, right[i].blob);
		CU_ASSERT_STRING_EQUAL(key.fingerprint, right[i].fingerprint);
		CU_ASSERT_STRING_EQUAL(key.comment, "ann@example.org");
		CU_ASSERT_STRING_EQUAL(key.from_addresses, "");
		CU_ASSERT_EQUAL(key.id, 0);
	}
}

static void takes_a_line_as_people_write_it(void)
{
	static const struct {
		const char *line;
		const char *comment;
		const char *from;
	} rows[] = {
	    {"ssh-ed25519 " KEY_ED25519, "", ""},
	    {"ssh-ed25519 " KEY_ED25519 "\n", "", ""},
	    {"ssh-ed25519 " KEY_ED25519 "\r\n", "", ""},
	    {"  \tssh-ed25519 \t " KEY_ED25519 "  \n", "", ""},
	    {"ssh-ed25519 " KEY_ED25519 " Ren\xc3\xa9's laptop (2024)",
	        "Ren\xc3\xa9's laptop (2024)", ""},
	    {"from=\"10.0.0.0/8,!10.1.2.3,*.example.org\" ssh-ed25519 " KEY_ED25519 " x", "x",
	        "10.0.0.0/8,!10.1.2.3,*.example.org"},
	    {"from=\"::1\"   ssh-ed25519 " KEY_ED25519, "", "::1"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct public_key key;
		struct err err;

		CU_ASSERT_EQUAL_FATAL(public_key_parse(rows[i].line, &key, &err), 0);
		CU_ASSERT_STRING_EQUAL(key.type, "ssh-ed25519");
		CU_ASSERT_STRING_EQUAL(key.blob, KEY_ED25519);
		CU_ASSERT_STRING_EQUAL(key.comment, rows[i].comment);
		CU_ASSERT_STRING_EQUAL(key.from_addresses, rows[i].from);
	}
}

static const struct {
	const char *line;
	const char *reason;
} wrong[] = {
    {"", "not a line"},
    {"\n", "not a line"},
    {"# a comment", "not a line"},
    {"garbage", "not a line"},
    {"ssh-ed25519", "no key"},
    {"ssh-ed25519\n" KEY_ED25519, "no key"},
    {"ssh-ed25519 ", "no key"},
    {"ssh-ed25519 AAAA", "not a public key"},
    {"ssh-ed25519 !!!!", "not a public key"},
    {"ssh-ed25519 " KEY_RSA_2048, "not a public key"},
    {"ssh-rsa " KEY_ED25519, "not a public key"},
    {"ssh-rsa " KEY_RSA_1024, "1024 bits"},
    /* libssh reads these, and no client will ever offer them. */
    {"ssh-rsa " KEY_RSA_INSIDE, "not a public key"},
    {"ssh-ed25519 " KEY_ED25519_LONGER, "not a public key"},
    {"ssh-ed25519 " KEY_ED25519 "AAAA", "not a public key"},
    {"ssh-ed25519 " KEY_CERTIFICATE, "not a public key"},
    {"ecdsa-sha2-nistp384 " KEY_ECDSA_256, "not a public key"},
    {"ssh-rsa " KEY_RSA_2047, "2047 bits"},
    {"rsa-sha2-256 " KEY_RSA_2048, "not a line"},
    {"ssh-dss " KEY_DSA, "not a line"},
    {"ssh-ed25519-cert-v01@openssh.com " KEY_CERTIFICATE, "certificates"},
    {"SSH-ED25519 " KEY_ED25519, "not a line"},
    {"no-pty ssh-ed25519 " KEY_ED25519, "options"},
    {"command=\"id\" ssh-ed25519 " KEY_ED25519, "options"},
    {"cert-authority ssh-ed25519 " KEY_ED25519, "options"},
    {"from=\"10.0.0.1\",no-pty ssh-ed25519 " KEY_ED25519, "from="},
    {"from=\"10.0.0.1 ssh-ed25519 " KEY_ED25519, "from="},
    {"from=\"10.0.0.1\"ssh-ed25519 " KEY_ED25519, "from="},
    {"from=10.0.0.1 ssh-ed25519 " KEY_ED25519, "options"},
    /* Nobody may come from nowhere: it must not read as from everywhere. */
    {"from=\"\" ssh-ed25519 " KEY_ED25519, "from="},
    {"from=\"10.0.0.1\x1b[2J\" ssh-ed25519 " KEY_ED25519, "from="},
    {"from=\"10.0.0.1\n\" ssh-ed25519 " KEY_ED25519, "from="},
    {"from=\"\xff\" ssh-ed25519 " KEY_ED25519, "from="},
    {"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n", "private key"},
    {"-----BEGIN RSA PRIVATE KEY-----", ".pub"},
    {"ssh-ed25519 " KEY_ED25519 " a\x1b[2Jb", "comment"},
    {"ssh-ed25519 " KEY_ED25519 " \xff", "comment"},
};

static void refuses_what_is_no_key_for_an_account(void)
{
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct public_key key = {.id = 42};
		struct err err = {.text = ""};

		CU_ASSERT_TRUE(
		    fails(public_key_parse(wrong[i].line, &key, &err), &err, ERR_REFUSED));
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, wrong[i].reason));
		CU_ASSERT_EQUAL(key.id, 42);
	}
}

static void refuses_what_is_too_long(void)
{
	char line[2 * KEY_BLOB_MAX] = "ssh-ed25519 ";
	size_t start = strlen(line);
	struct public_key key;
	struct err err;

	memset(line + start, 'A', KEY_BLOB_MAX + 1);
	CU_ASSERT_TRUE(fails(public_key_parse(line, &key, &err), &err, ERR_REFUSED));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "4096"));
	(void)snprintf(line, sizeof(line), "from=\"%0256d\" ssh-ed25519 " KEY_ED25519, 1);
	CU_ASSERT_TRUE(fails(public_key_parse(line, &key, &err), &err, ERR_REFUSED));
	(void)snprintf(line, sizeof(line), "from=\"%0255d\" ssh-ed25519 " KEY_ED25519, 1);
	CU_ASSERT_EQUAL(public_key_parse(line, &key, &err), 0);
	CU_ASSERT_EQUAL(strlen(key.from_addresses), 255);
}

static void cuts_a_long_comment_between_characters(void)
{
	for (int lead = 0; lead < 2; lead++) {
		char line[1024] = "ssh-ed25519 " KEY_ED25519 " x";
		size_t end = strlen(line) - 1 + (size_t)lead;
		struct public_key key;
		struct err err;

		for (int i = 0; i < KEY_COMMENT_MAX; i++, end += 2)
			memcpy(line + end, "\xc3\xa9", 2);
		CU_ASSERT_EQUAL_FATAL(public_key_parse(line, &key, &err), 0);
		CU_ASSERT_EQUAL(strlen(key.comment), KEY_COMMENT_MAX - (size_t)lead);
	}
}

/* Every way to cut a good line off, and to spoil one byte of it. */
static void survives_broken_lines(void)
{
	static const char line[] = "from=\"::1\" ssh-ed25519 " KEY_ED25519 " ann";
	char broken[sizeof(line)];

	for (size_t at = 0; at < sizeof(line) - 1; at++) {
		struct public_key key;
		struct err err;

		memcpy(broken, line, sizeof(line));
		broken[at] = '\0';
		(void)public_key_parse(broken, &key, &err);
		memcpy(broken, line, sizeof(line));
		broken[at] = (char)(broken[at] ^ 0x15);
		if (public_key_parse(broken, &key, &err) == 0)
			CU_ASSERT_EQUAL(strncmp(key.fingerprint, "SHA256:", 7), 0);
	}
}

/* Two accounts, and a key. */
static void open_with_key(struct fixture *f, struct account accounts[2], struct public_key *ret_key)
{
	struct err err;

	fixture_open(f);
	(void)scratch_account(&f->spool, "ann", "", "");
	(void)scratch_account(&f->spool, "bob", "", "");
	fixture_account(f, "ann", &accounts[0]);
	fixture_account(f, "bob", &accounts[1]);
	CU_ASSERT_EQUAL(
	    public_key_parse("from=\"::1\" ssh-ed25519 " KEY_ED25519 " laptop", ret_key, &err), 0);
}

static void gives_an_account_a_key_that_is_found_as_it_was(void)
{
	OWNED_FIXTURE struct fixture f;
	struct account accounts[2];
	struct public_key key;
	struct public_key found;
	bool there = false;
	struct err err;

	open_with_key(&f, accounts, &key);
	CU_ASSERT_EQUAL(public_key_add(f.catalog, &f.spool.actor, &accounts[0], &key, &err), 0);
	CU_ASSERT_TRUE(key.id > 0);
	CU_ASSERT_EQUAL(key.added, FIXTURE_NOW);
	CU_ASSERT_EQUAL(
	    public_key_find(f.catalog, accounts[0].id, KEY_ED25519, &found, &there, &err), 0);
	CU_ASSERT_TRUE_FATAL(there);
	CU_ASSERT_EQUAL(found.id, key.id);
	CU_ASSERT_STRING_EQUAL(found.type, key.type);
	CU_ASSERT_STRING_EQUAL(found.blob, key.blob);
	CU_ASSERT_STRING_EQUAL(found.comment, "laptop");
	CU_ASSERT_STRING_EQUAL(found.fingerprint, key.fingerprint);
	CU_ASSERT_STRING_EQUAL(found.from_addresses, "::1");
	CU_ASSERT_EQUAL(found.added, FIXTURE_NOW);
	CU_ASSERT_EQUAL(found.last_used, 0);
}

static void finds_no_key_of_others(void)
{
	OWNED_FIXTURE struct fixture f;
	struct account accounts[2];
	struct public_key key;
	struct public_key found = {.id = 42};
	bool there = true;
	struct err err;

	open_with_key(&f, accounts, &key);
	CU_ASSERT_EQUAL(public_key_add(f.catalog, &f.spool.actor, &accounts[0], &key, &err), 0);
	CU_ASSERT_EQUAL(
	    public_key_find(f.catalog, accounts[1].id, KEY_ED25519, &found, &there, &err), 0);
	CU_ASSERT_FALSE(there);
	there = true;
	CU_ASSERT_EQUAL(
	    public_key_find(f.catalog, accounts[0].id, KEY_ECDSA_256, &found, &there, &err), 0);
	CU_ASSERT_FALSE(there);
	CU_ASSERT_EQUAL(found.id, 42);
}

static void gives_an_account_a_key_once(void)
{
	OWNED_FIXTURE struct fixture f;
	struct account accounts[2];
	struct public_key key;
	struct public_key again;
	struct err err;

	open_with_key(&f, accounts, &key);
	again = key;
	CU_ASSERT_EQUAL(public_key_add(f.catalog, &f.spool.actor, &accounts[0], &key, &err), 0);
	CU_ASSERT_TRUE(fails(public_key_add(f.catalog, &f.spool.actor, &accounts[0], &again, &err),
	    &err, ERR_CONFLICT));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, key.fingerprint));
	CU_ASSERT_EQUAL(again.id, 0);
	CU_ASSERT_EQUAL(again.added, 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM public_key"), 1);
	/* Somebody else may have it as well: people have several accounts. */
	CU_ASSERT_EQUAL(public_key_add(f.catalog, &f.spool.actor, &accounts[1], &again, &err), 0);
}

static void takes_away_by_id_or_fingerprint(void)
{
	OWNED_FIXTURE struct fixture f;
	struct account accounts[2];
	struct public_key key;
	char id[32];
	struct err err;

	open_with_key(&f, accounts, &key);
	CU_ASSERT_EQUAL(public_key_add(f.catalog, &f.spool.actor, &accounts[0], &key, &err), 0);
	(void)snprintf(id, sizeof(id), "%lld", (long long)key.id);
	CU_ASSERT_EQUAL(public_key_remove(f.catalog, &f.spool.actor, &accounts[0], id, &err), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM public_key"), 0);
	CU_ASSERT_EQUAL(public_key_add(f.catalog, &f.spool.actor, &accounts[0], &key, &err), 0);
	CU_ASSERT_EQUAL(
	    public_key_remove(f.catalog, &f.spool.actor, &accounts[0], key.fingerprint, &err), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM public_key"), 0);
}

/* R7: a holder maintains its own credentials, and nobody else's. */
static void takes_away_no_key_of_others(void)
{
	static const char *const wrong_ids[] = {"", "0", "99", "-1", "x", "SHA256:x", "1 OR 1=1"};
	OWNED_FIXTURE struct fixture f;
	struct account accounts[2];
	struct public_key key;
	char id[32];
	struct err err;

	open_with_key(&f, accounts, &key);
	CU_ASSERT_EQUAL(public_key_add(f.catalog, &f.spool.actor, &accounts[0], &key, &err), 0);
	(void)snprintf(id, sizeof(id), "%lld", (long long)key.id);
	CU_ASSERT_TRUE(fails(public_key_remove(f.catalog, &f.spool.actor, &accounts[1], id, &err),
	    &err, ERR_REFUSED));
	CU_ASSERT_TRUE(
	    fails(public_key_remove(f.catalog, &f.spool.actor, &accounts[1], key.fingerprint, &err),
	        &err, ERR_REFUSED));
	for (size_t i = 0; i < COUNT(wrong_ids); i++)
		CU_ASSERT_TRUE(fails(
		    public_key_remove(f.catalog, &f.spool.actor, &accounts[0], wrong_ids[i], &err),
		    &err, ERR_REFUSED));
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM public_key"), 1);
}

static void tells_everybody_who_asks_and_the_audit_log(void)
{
	OWNED_FIXTURE struct fixture f;
	struct account accounts[2];
	struct catalog *other;
	struct public_key key;
	struct err err;

	open_with_key(&f, accounts, &key);
	other = fixture_connect(&f);
	CU_ASSERT_EQUAL(public_key_add(f.catalog, &f.spool.actor, &accounts[0], &key, &err), 0);
	CU_ASSERT_TRUE(fixture_has_news(other));
	CU_ASSERT_EQUAL(
	    public_key_remove(f.catalog, &f.spool.actor, &accounts[0], key.fingerprint, &err), 0);
	CU_ASSERT_TRUE(fixture_has_news(other));
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE login = 'ann' AND"
	                       " what IN ('key.added', 'key.removed') AND detail ="
	                       " 'key=SHA256:Uhqgf80jViJiUMd++8CYhGESgEqqu0UkHnhl4fhxp+w'"),
	    2);
	catalog_close(other);
}

struct seen {
	char types[128];
	int stop_after;
};

static int note(const struct public_key *key, void *arg, struct err *err)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->types);

	if (seen->stop_after-- == 0)
		return err_set(err, ERR_USAGE, "enough");
	(void)snprintf(seen->types + used, sizeof(seen->types) - used, "%s ", key->type);
	return 0;
}

static void lists_the_oldest_first(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.stop_after = 9};
	struct account accounts[2];
	struct public_key key;
	struct err err;

	open_with_key(&f, accounts, &key);
	CU_ASSERT_EQUAL(public_key_add(f.catalog, &f.spool.actor, &accounts[0], &key, &err), 0);
	CU_ASSERT_EQUAL(public_key_parse("ssh-rsa " KEY_RSA_2048, &key, &err), 0);
	CU_ASSERT_EQUAL(public_key_add(f.catalog, &f.spool.actor, &accounts[1], &key, &err), 0);
	CU_ASSERT_EQUAL(public_key_parse("ecdsa-sha2-nistp256 " KEY_ECDSA_256, &key, &err), 0);
	CU_ASSERT_EQUAL(public_key_add(f.catalog, &f.spool.actor, &accounts[0], &key, &err), 0);
	CU_ASSERT_EQUAL(public_key_list(f.catalog, accounts[0].id, note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.types, "ssh-ed25519 ecdsa-sha2-nistp256 ");
	seen = (struct seen){.stop_after = 1};
	CU_ASSERT_TRUE(
	    fails(public_key_list(f.catalog, accounts[0].id, note, &seen, &err), &err, ERR_USAGE));
	CU_ASSERT_STRING_EQUAL(seen.types, "ssh-ed25519 ");
}

void add_suite_public_key(CU_pSuite suite)
{
	TEST(takes_a_key_of_every_known_type);
	TEST(takes_a_line_as_people_write_it);
	TEST(refuses_what_is_no_key_for_an_account);
	TEST(refuses_what_is_too_long);
	TEST(survives_broken_lines);
	TEST(gives_an_account_a_key_that_is_found_as_it_was);
	TEST(finds_no_key_of_others);
	TEST(gives_an_account_a_key_once);
	TEST(takes_away_by_id_or_fingerprint);
	TEST(takes_away_no_key_of_others);
	TEST(tells_everybody_who_asks_and_the_audit_log);
	TEST(lists_the_oldest_first);
	TEST(cuts_a_long_comment_between_characters);
}
