#!/usr/bin/env bats
# Mail through a real Postfix into Maildirs: Postfix needs root, the programs under test have none.
# Covers: batch/smtp.c
bats_require_minimum_version 1.5.0
load ../lib/spool
load ../lib/mail

NOBODY=(setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs)

setup() {
	spool_setup
	chown -R 65534:65534 "$T"
	chmod 0755 "$T"
}

teardown() {
	[ -n "${T:-}" ] || return 0
	[ -z "${MAILD:-}" ] || maild_stop
	[ -z "${POSTFIX:-}" ] || { kill "$POSTFIX" && wait "$POSTFIX"; } || true
	relay_down
	chmod -R u+rwX "$T"
	[ -n "${BATS_TEST_COMPLETED:-}" ] || grep -E 'status=|reject' "$T/pf/log" | tail -n 20 || true
	spool_teardown
}

edelivery() {
	"${NOBODY[@]}" "$BIN/edelivery" "$@"
}

maild() {
	"${NOBODY[@]}" "$BIN/edelivery-maild" -c "$EDELIVERY_CONF" >>"$T/up.log" 2>&1 3>&- &
	MAILD=$!
}

listens() { # PORT
	(exec 7<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# postfix_up NAME...: with a Maildir each. POSTFIX_PORT is where it listens.
postfix_up() {
	local name
	mkdir -p "$T/pf"
	for name; do
		echo "$name@example.org $name/"
	done >"$T/pf/boxes"
	echo '@agency.example bounces/' >>"$T/pf/boxes"
	POSTFIX_PORT=$((20000 + RANDOM % 10000))
	while listens "$POSTFIX_PORT"; do POSTFIX_PORT=$((POSTFIX_PORT + 1)); done
	"$BATS_TEST_DIRNAME/../lib/postfix" "$T/pf" "$POSTFIX_PORT" "${RELAY:-9}" >"$T/postfix.out" 2>&1 3>&- &
	POSTFIX=$!
	wait_for 30 listens "$POSTFIX_PORT"
}

boxed() { # NAME: its mails
	find "$T/pf/box/$1/new" -type f 2>/dev/null
}

boxed_are() { # COUNT NAME
	[ "$(boxed "$2" | grep -c .)" = "$1" ]
}

has_mail() { # NAME
	[ -n "$(boxed "$1")" ]
}

sql() {
	"${NOBODY[@]}" /usr/bin/python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=20)
db.execute(sys.argv[2])
db.commit()' "$ROOT/catalog/catalog.db" "$1"
}

tell() { # LOGIN
	sql "INSERT INTO notification (account_id, avrs_id, class, letters, since)
	SELECT id, '123456789', 'edelivery', 3, 1 FROM account WHERE login = '$1'"
}

postfix_make() {
	edelivery init --root "$ROOT" --port 0 >/dev/null
	local setting
	for setting in mail.relay="smtp://127.0.0.1:$POSTFIX_PORT" mail.tls=none mail.window=0s mail.retry=1s \
		mail.from=post@agency.example mail.return-path=bounces@agency.example agency.name='Amt für Briefe'; do
		edelivery config set "${setting%%=*}" "${setting#*=}" >/dev/null
	done
	provider 123456789
}

@test "Postfix delivers the mails into Maildirs, and refuses who is unknown" {
	postfix_up mary ann
	postfix_make
	account mary --master-of 123456789
	clerk ann 123456789 e-delivery-only
	clerk nobody1 123456789 e-delivery-only
	for login in mary ann nobody1; do tell $login; done
	maild
	wait_for 30 boxed_are 1 mary
	wait_for 30 boxed_are 1 ann
	wait_for 30 mails_are 1 failed nobody1
	grep -q '^Return-Path: <bounces+[0-9]*-[0-9]*-[0-9a-f]*@agency.example>' "$(boxed mary)"
	/usr/bin/python3 - "$(boxed mary)" <<-'END'
		import email, email.policy, sys
		mail = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
		assert not mail.defects, mail.defects
		assert mail['From'].addresses[0].display_name == 'Amt für Briefe', mail['From']
		assert mail['Subject'] == 'Amt für Briefe: 3 new letters', mail['Subject']
		assert mail['Auto-Submitted'] == 'auto-generated'
		assert 'There is something new for you: 3 new letters.' in mail.get_content()
	END
	edelivery account show nobody1 | grep -q 'mail comes back: 550 5.1.1'
	sleep 1
	boxed_are 1 mary
}

# texts NAME: what its mails say, decoded.
texts() {
	boxed "$1" | /usr/bin/python3 -c 'import email, email.policy, sys
for path in sys.stdin.read().split():
    mail = email.message_from_binary_file(open(path, "rb"), policy=email.policy.default)
    print(*(f"{name}: {value}" for name, value in mail.items()), mail.get_content(), sep="\n")'
}

# queue KIND LOGIN [DETAIL]: a mail as the program that has something to tell queues it.
queue() {
	sql "INSERT INTO mail (id, account_id, kind, state, detail, created, due, email, expires)
	SELECT (SELECT COALESCE(MAX(id), 0) + 1000 FROM mail), id, '$1', 'queued', '${3:-}', $(date +%s)000000, 1,
	CASE '$1' WHEN 'code' THEN 'new@example.org' END, CASE '$1' WHEN 'code' THEN $(date -d +10min +%s)000000 END
	FROM account WHERE login = '$2'"
}

@test "every kind of mail is delivered, and none has the name of a letter, a provider or a person" {
	postfix_up mary ann root1 new
	postfix_make
	edelivery provider add 222222222 --name 'Elm Street Clinic' >/dev/null
	account mary --master-of 222222222
	account root1 --admin
	account ann
	edelivery role grant ann 222222222 e-delivery-only --until "$(date -d +10days +%F)" >/dev/null
	sql "UPDATE account SET locked = 1 WHERE login = 'mary'"
	sql "INSERT INTO intake (id, avrs_id, class, name, state, reason, node, size, source_device, source_inode,
	source_changed, seen, changed) VALUES (1, '222222222', 'edelivery', 'EFT_Smith.pdf', 'quarantined',
	'unknown letter type SMITH: EFT_Smith.pdf', 'n', 1, 1, 1, 1, 1, 1)"
	sql "INSERT INTO batch (id, name, state, seen, alarmed) VALUES (1, 'Smith', 'held', 1, 1)"
	sql "INSERT INTO batch_member (batch_id, line, avrs_id, class, name, size, sha256)
	VALUES (1, 1, '222222222', 'edelivery', 'EFT_Smith.pdf', 1, 'x')"
	queue letters mary
	queue locked mary
	queue publication mary 'telehealth=1 messages=0 bulletins=2'
	queue letters-end mary 2030-01-01
	sql "INSERT INTO notification (account_id, avrs_id, class, letters, since, mail_id)
	SELECT account_id, '222222222', 'edelivery', 3, 1, id FROM mail WHERE kind LIKE 'letters%'"
	queue batch root1
	queue code mary 'K7-PQRS to confirm the address'
	maild
	wait_for 30 boxed_are 4 mary
	wait_for 30 boxed_are 2 root1
	wait_for 30 boxed_are 1 ann
	wait_for 30 boxed_are 1 new
	told() { # NAME TEXT
		texts "$1" | grep -q "$2"
	}
	told mary '^There is something new for you: 3 new letters\.'
	told mary '^Too many wrong passwords in a row were given for the account mary'
	told mary '^3 documents published'
	told mary '^  bulletins: 2'
	told mary '^Nobody has got these yet.*, the first on 2030-01-01: 3 new letters\.'
	told ann '^What the account ann may see it may see until 20'
	told root1 '^1 file in quarantine'
	told root1 '^  1 of a letter type that is not known'
	told root1 '^1 batch not complete'
	told new '^  K7-PQRS'
	[ "$(edelivery mail list --json --state sent | sed 's/.*"kind":"\([a-z-]*\)".*/\1/' | sort -u | wc -l)" = "$(find etc/mail -name '*.txt' | wc -l)" ]
	for name in mary ann root1 new; do texts $name; done >"$T/texts"
	[ "$(grep -c '^Subject: ' "$T/texts")" = 8 ]
	run ! grep -niE 'EFT|SMITH|\.pdf|Elm Street|222222222' "$T/texts"
}

@test "what Postfix cannot deliver later comes back to its return path, and marks the address" {
	relay_up
	relay_does 'RCPT ann@ 0 550 5.1.1 no such mailbox'
	postfix_up mary
	postfix_make
	edelivery account add ann --email ann@example.net --master-of 123456789
	tell ann
	maild
	wait_for 30 boxed_are 1 bounces
	mails_are 1 sent
	run edelivery mail bounce <"$(boxed bounces)"
	[ "$status" = 0 ]
	[[ $output == *"to ann came back" ]]
	mails_are 1 bounced
	edelivery account show ann | grep -q 'mail comes back: 5.1.1 .*no such mailbox'
}

@test "Postfix killed and started again: each account has its mail" {
	names=()
	for n in $(seq 60); do names+=("c$n"); done
	postfix_up "${names[@]}"
	postfix_make
	many 60
	maild
	for _ in 1 2; do
		sleep 0.4
		kill -9 "$POSTFIX"
		wait "$POSTFIX" || true
		sleep 0.2
		rm -f "$T/pf/queue/pid/master.pid" "$T/pf/data/master.lock"
		"$BATS_TEST_DIRNAME/../lib/postfix" "$T/pf" "$POSTFIX_PORT" >>"$T/postfix.out" 2>&1 3>&- &
		POSTFIX=$!
		wait_for 30 listens "$POSTFIX_PORT"
	done
	wait_for 60 mails_are 60 sent
	for name in "${names[@]}"; do
		wait_for 60 has_mail "$name"
	done
	[ "$(find "$T/pf/box" -path '*/new/*' -type f -exec grep -h '^Message-ID:' {} + | sort -u | wc -l)" = 60 ]
}
