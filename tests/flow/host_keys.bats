#!/usr/bin/env bats
# A new host key is announced before it counts, and is then the one that was announced.
bats_require_minimum_version 1.5.0
load ../lib/spool

# print_of FILE: the fingerprint of a key.
print_of() {
	ssh-keygen -lf "$1" | cut -d ' ' -f 2
}

# shown TYPE: the fingerprint that the server shows.
shown() {
	ssh-keyscan -p "$PORT" -t "$1" 127.0.0.1 2>/dev/null >"$T/scanned"
	print_of "$T/scanned"
}

status_text() {
	echo "get /STATUS.txt $T/status" | sftp_as mary >/dev/null
	cat "$T/status"
}

@test "the key that was announced is the one that the server shows after the switch" {
	spool_start server.policy=compat
	master 123456789 mary
	run ! grep 'host key' <<<"$(status_text)"
	run ! grep 'host key' <<<"$(edelivery status)"
	cd "$ROOT/etc/host-keys"
	for type in ed25519 ecdsa rsa; do
		print_of "${type}_key" >"$T/$type.old"
		ssh-keygen -q -t $type -N '' -C '' -f "${type}_key.next"
		print_of "${type}_key.next.pub" >"$T/$type.next"
	done
	# Announced, to accounts and to the operator; shown is the old one.
	status_text | grep -qx 'The host key of this server will change, to the one with the fingerprint'
	for type in ed25519 ecdsa rsa; do
		status_text | grep -q "^  $(cat "$T/$type.next") "
		edelivery status | grep -q "^next host key, announced: $(cat "$T/$type.next") "
		edelivery status --json | grep -qF "$(cat "$T/$type.next")"
		[ "$(shown $type)" = "$(cat "$T/$type.old")" ]
	done
	# The switch.
	for type in ed25519 ecdsa rsa; do
		mv "${type}_key" "${type}_key.old"
		mv "${type}_key.next" "${type}_key"
		mv "${type}_key.next.pub" "${type}_key.pub"
	done
	spool_stop
	spool_up
	for type in ed25519 ecdsa rsa; do
		[ "$(shown $type)" = "$(cat "$T/$type.next")" ]
	done
	run ! grep 'host key' <<<"$(status_text)"
	run ! grep 'host key' <<<"$(edelivery status)"
}

@test "a key that cannot be announced is told to the operator, and keeps nothing else from anybody" {
	spool_start
	master 123456789 mary
	echo nonsense >"$ROOT/etc/host-keys/rsa_key.next.pub"
	edelivery status 2>"$T/err" | grep -q 'letters being posted'
	grep -q 'a host key is not announced: .*rsa_key.next.pub is there, but not its private key' "$T/err"
	status_text | grep -qx '123456789: Master'
	run ! grep 'host key' <<<"$(status_text)"
	grep -q 'warning: text="a host key is not announced: ' "$T/up.log"
}
