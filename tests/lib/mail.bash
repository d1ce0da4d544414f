# Verbs of the flows about mail: a relay that does as it is told, and what it got.
#
# shellcheck shell=bash disable=SC2154 # T and others come from spool.bash

# relay_up [OPTIONS of smtp_server.py]: RELAY is its port. Called again it comes back there.
relay_up() {
	mkdir -p "$T/relay"
	rm -f "$T/relay/port"
	"$BATS_TEST_DIRNAME/../lib/smtp_server.py" "$T/relay" --port "${RELAY:-0}" "$@" >>"$T/relay.log" 2>&1 3>&- &
	RELAY_PID=$!
	wait_for 10 test -f "$T/relay/port"
	RELAY=$(cat "$T/relay/port")
}

relay_down() {
	[ -n "${RELAY_PID:-}" ] || return 0
	kill -9 "$RELAY_PID" 2>/dev/null || true
	wait "$RELAY_PID" 2>/dev/null || true
	RELAY_PID=
}

# relay_does RULE...: see smtp_server.py; none: it takes everything.
relay_does() {
	printf '%s\n' "$@" >"$T/relay/rules.new"
	mv "$T/relay/rules.new" "$T/relay/rules"
}

# mail_make [KEY=VALUE...]: a spool whose mails go to the relay, at once and in the clear.
mail_make() {
	spool_make mail.relay="smtp://127.0.0.1:${RELAY:-1}" mail.tls=none mail.window=0s mail.retry=1s \
		mail.from=post@agency.example mail.return-path=bounces@agency.example "$@"
}

mail_start() { # [KEY=VALUE...]
	mail_make "$@"
	spool_up
}

# The mails that the relay took, all or those to a LOGIN.
got() { # [LOGIN]
	grep -l "^To: ${1:-.*}@example.org$" "$T"/relay/got/* 2>/dev/null || true
}

got_count() { # [LOGIN]
	got "$@" | grep -c . || true
}

# How many accounts got one, and how many different mails there are.
recipients() {
	grep -h '^To: [^<]' "$T"/relay/got/* | sort -u | wc -l
}

messages() {
	grep -h '^Message-ID:' "$T"/relay/got/* | sort -u | wc -l
}

got_least() { # COUNT
	[ "$(got_count)" -ge "$1" ]
}

got_are() { # COUNT [LOGIN]
	[ "$(got_count "${2:-}")" = "$1" ]
}

until_got() { # COUNT [LOGIN]
	wait_for "${3:-30}" got_are "$1" "${2:-}" || {
		edelivery mail list
		return 1
	}
}

# letters_told LOGIN: how many letters its mails told of, together.
letters_told() {
	local file
	for file in $(got "$1"); do
		sed -n 's/^There is something new for you: \([0-9]*\) new letter.*/\1/p' "$file"
	done | awk '{ sum += $1 } END { print sum + 0 }'
}

told_are() { # COUNT LOGIN
	[ "$(letters_told "$2")" = "$1" ]
}

listed() { # TEXT in `edelivery mail list`
	edelivery mail list --json | grep -q "$1"
}

mails_are() { # COUNT STATE [LOGIN]
	[ "$(edelivery mail list --json --limit 1000000 --state "$2" ${3:+"$3"} | grep -c .)" = "$1" ]
}

until_mails() { # COUNT STATE [LOGIN]
	wait_for "${4:-30}" mails_are "$@"
}

# maild [CONF]: one alone, with the settings file given; MAILD is its process.
maild() {
	"$BIN/edelivery-maild" -c "${1:-$EDELIVERY_CONF}" >>"$T/up.log" 2>&1 3>&- &
	MAILD=$!
}

maild_stop() {
	kill "$MAILD" 2>/dev/null || true
	wait "$MAILD" 2>/dev/null || true
}

# sql STATEMENT: on the catalog of the spool, for what no command does.
sql() {
	if [ -n "${TEST_CATALOG:-}" ]; then
		PGOPTIONS="-csearch_path=$SCHEMA" psql -qtA "$TEST_CATALOG" -c "$1"
	else
		/usr/bin/python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=20)
print("\n".join("|".join(map(str, row)) for row in db.execute(sys.argv[2])))
db.commit()' "$ROOT/catalog/catalog.db" "$1"
	fi
}

# many COUNT: so many clerks c1, c2, ... of 123456789, each to be told of one letter.
many() {
	sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
	INSERT INTO account (id, login, email, state_since, created)
	SELECT 1000 + i, 'c' || i, 'c' || i || '@example.org', 1, 1 FROM n" >/dev/null
	sql "INSERT INTO membership (account_id, avrs_id, role, mark, trade_files_after, granted, changed)
	SELECT id, '123456789', 'e-delivery-only', 0, 0, 1, 1 FROM account WHERE id > 1000" >/dev/null
	sql "INSERT INTO notification (account_id, avrs_id, class, letters, since)
	SELECT id, '123456789', 'edelivery', 1, 1 FROM account WHERE id > 1000" >/dev/null
}

# certificates: a CA in $T/ca.pem, and what it says is 127.0.0.1 in $T/relay.pem and relay.key.
certificates() { # [NAME]
	openssl req -x509 -newkey ed25519 -nodes -days 2 -subj '/CN=flow CA' -keyout "$T/ca.key" -out "$T/ca.pem" 2>/dev/null
	openssl req -newkey ed25519 -nodes -subj '/CN=relay' -keyout "$T/relay.key" -out "$T/relay.csr" 2>/dev/null
	openssl x509 -req -in "$T/relay.csr" -CA "$T/ca.pem" -CAkey "$T/ca.key" -days 2 -out "$T/relay.pem" \
		-extfile <(printf 'subjectAltName=%s\n' "${1:-IP:127.0.0.1}") 2>/dev/null
}
