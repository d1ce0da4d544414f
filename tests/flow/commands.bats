#!/usr/bin/env bats
# What an operator types: tables for people, a JSON object a row for scripts, one line for a mistake.
# Covers: admin/command.c admin/commands.c admin/operator.c admin/key_file.c
# Covers: admin/letter_listing.c admin/host_keys.c admin/membership_listing.c
# shellcheck disable=SC2154 # bats sets status, output and stderr
bats_require_minimum_version 1.5.0
load ../lib/spool

# refused STATUS 'WORDS' COMMAND...: exit status, and one line on stderr that has the words.
refused() {
	local expected=$1 words=$2
	shift 2
	run --separate-stderr "$@"
	[ "$status" = "$expected" ] || { echo "$*: exit $status"; return 1; }
	[ -z "$output" ]
	[ "$(wc -l <<<"$stderr")" = 1 ] || { echo "$stderr"; return 1; }
	[[ $stderr == *"$words"* ]] || { echo "$stderr"; return 1; }
}

was_used() { # FINGERPRINT
	edelivery key list mary --json | grep -F "$1" | grep -q '"last_used":"20'
}

@test "a key is listed by its fingerprint, and gone after key remove" {
	spool_start
	master 123456789 mary
	ssh-keygen -q -t ecdsa -N '' -C second -f "$T/keys/second"
	edelivery key add mary "$T/keys/second.pub"
	print=$(ssh-keygen -lf "$T/keys/second.pub" | cut -d ' ' -f 2)
	[[ $(edelivery key list mary) == *"$print"* ]]
	[ "$(edelivery key list mary --json | wc -l)" = 2 ]
	sftp_second() { echo pwd | sftp -b - -P "$PORT" -i "$T/keys/second" "${SSH_OPTIONS[@]}" mary@127.0.0.1; }
	edelivery key list mary --json | grep -F "$print" | grep -q '"last_used":null'
	sftp_second
	wait_for 5 was_used "$print"
	edelivery key list mary --json | grep -vF "$print" | grep -q '"last_used":null'
	edelivery key remove mary "$print"
	run sftp_second
	[ "$status" != 0 ]
	refused 1 "has no key" edelivery key remove mary "$print"
}

@test "what is no public key is refused, with file and line" {
	spool_make
	master 123456789 mary
	printf '# mine\n\nssh-ed25519 AAAA nonsense\n' >"$T/bad.pub"
	refused 1 "$T/bad.pub:3: " edelivery key add mary "$T/bad.pub"
	refused 1 "private key" edelivery key add mary "$T/keys/flow"
	refused 1 "$T/absent" edelivery key add mary "$T/absent"
	[ "$(edelivery key list mary --json | wc -l)" = 1 ]
}

@test "show and list know what was added, as tables and as JSON" {
	spool_start
	master 123456789 mary
	edelivery account list | grep -q '^mary  *mary@example.org  *active'
	edelivery account list --json | grep -q '"login":"mary"'
	edelivery provider show 123456789 | grep -q '^posted  *0$'
	edelivery provider show 123456789 --json | grep -q '"role":"master"'
	edelivery provider list --json | grep -q '"avrs_id":"123456789"'
	drop 123456789 EFT_1.pdf
	until_posted 1
	edelivery letter list | grep -q EFT_1.pdf
	edelivery letter show 1 | grep -qi "$(sha256sum <"$T/made/123456789/EFT_1.pdf" | cut -d ' ' -f 1)"
	refused 1 "no letter" edelivery letter show 4711
}

@test "show --json is one object, with the memberships in it" {
	spool_make
	provider 123456789 --npi 1234567893 --name 'Elm Street'
	provider 200000002
	account mary --master-of 123456789 --bundle
	clerk mary 200000002 e-delivery-only --until 2099-12-31
	clerk carl 123456789 includes-e-delivery
	edelivery account show mary --json >"$T/mary"
	[ "$(wc -l <"$T/mary")" = 1 ]
	/usr/bin/python3 - "$T/mary" <<-'END'
		import json, sys
		mary = json.load(open(sys.argv[1]))
		assert (mary['login'], mary['email'], mary['state']) == ('mary', 'mary@example.org', 'active')
		assert (mary['bundle'], mary['admin'], mary['locked']) == (True, False, False)
		assert (mary['ack'], mary['auth'], mary['last_login']) == ('on-delete', 'any', None)
		assert [m['avrs_id'] for m in mary['memberships']] == ['123456789', '200000002']
		assert [m['role'] for m in mary['memberships']] == ['master', 'e-delivery-only']
		assert [m['until_date'] for m in mary['memberships']] == [None, '2099-12-31']
	END
	edelivery provider show 123456789 --json >"$T/provider"
	/usr/bin/python3 - "$T/provider" <<-'END'
		import json, sys
		provider = json.load(open(sys.argv[1]))
		assert (provider['avrs_id'], provider['npi'], provider['name']) == ('123456789', '1234567893', 'Elm Street')
		assert (provider['kind'], provider['active'], provider['last_sequence']) == ('billing', True, 0)
		assert [m['login'] for m in provider['memberships']] == ['carl', 'mary']
	END
	account nobody
	edelivery account show nobody --json | grep -q '"memberships":\[\]}$'
}

@test "a command called wrongly says so on stderr, and exits with 2" {
	spool_make
	refused 2 'no command "frob"' edelivery frob
	refused 2 'edelivery help' edelivery frob
	refused 2 'edelivery provider --help' edelivery provider frob
	refused 2 'edelivery provider --help' edelivery provider
	[ "$(edelivery provider --help | grep -c '^  provider ')" = 5 ]
	run --separate-stderr edelivery role grant mary
	[ "$status" = 2 ] && [ -z "$output" ]
	[[ $stderr == *usage:* ]]
	run --separate-stderr edelivery account list --no-such-option
	[ "$status" = 2 ]
	[[ $stderr == *--no-such-option* ]]
	run --separate-stderr edelivery account set mary
	[ "$status" = 2 ]
	[[ $stderr == *'nothing to change'* ]]
	run --separate-stderr edelivery letter renew mary 123456789 --since foo
	[ "$status" = 2 ]
	[[ $stderr == *'"foo" is not a date'* ]]
}

@test "every command has a help text of its own" {
	edelivery help | sed -n 's/^  \([a-z]\+\( [a-z]\+\)\?\)  *[^ ].*/\1/p' >"$T/commands"
	[ "$(wc -l <"$T/commands")" = "$(edelivery help | grep -c '^  [a-z]')" ]
	while read -r command; do
		# shellcheck disable=SC2086 # the name of a command may be two words
		edelivery $command --help | grep -q "^usage: edelivery $command" || { echo "$command"; false; }
	done <"$T/commands"
}

@test "who is not there or there already is named" {
	spool_make
	master 123456789 mary
	refused 1 joe edelivery role grant joe 123456789 e-delivery-only
	refused 1 987654321 edelivery role grant mary 987654321 e-delivery-only
	refused 1 '"everything" is not a role' edelivery role grant mary 123456789 everything
	refused 1 mary edelivery account add mary --email m@example.org
	refused 1 123456789 edelivery provider add 123456789
	refused 1 'check digit' edelivery provider add 123456780 --npi 1234567890
}

@test "init makes three host keys that only their owner reads, and keeps them the second time" {
	edelivery init --root "$ROOT" --port 0
	for type in ed25519 ecdsa rsa; do
		[ "$(stat -c %a "$ROOT"/etc/*"$type"*key)" = 600 ] || [ "$(stat -c %a "$ROOT"/etc/*/*"$type"*)" = 600 ]
	done
	find "$ROOT" -name '*key*' -type f -exec sha256sum {} + | sort >"$T/before"
	[ "$(wc -l <"$T/before")" -ge 3 ]
	edelivery init --root "$ROOT" --port 0
	find "$ROOT" -name '*key*' -type f -exec sha256sum {} + | sort | cmp - "$T/before"
}

@test "init makes the settings that -c names, beside which it is looked for everything" {
	mkdir "$T/conf"
	cd "$T"
	"$BIN/edelivery" -c conf/my.conf init --root "$ROOT" --port 0 | grep -qF "settings:    $T/conf/my.conf"
	[ ! -e "$ROOT/etc" ]
	[ -f "$T/conf/letter-types.conf" ]
	[ -f "$T/conf/host-keys/ed25519_key" ]
	export EDELIVERY_CONF=$T/conf/my.conf
	[ "$(edelivery config get spool.root)" = "$ROOT" ]
	spool_up
	master 123456789 mary
	expect_listing mary / '123456789 STATUS.txt new publications'
	spool_stop
	# They are kept the second time, and are of one spool only.
	sha256sum conf/my.conf >before
	edelivery -c conf/my.conf init --root "$ROOT"
	sha256sum -c --quiet before
	refused 1 "spool.root is $ROOT there, not $T/other" edelivery -c conf/my.conf init --root "$T/other"
	[ -z "$(ls -A "$T/other")" ]
}

@test "without settings nothing is done, and the line says which file is missing" {
	EDELIVERY_CONF=$T/absent.conf refused 1 "$T/absent.conf" edelivery status
}
