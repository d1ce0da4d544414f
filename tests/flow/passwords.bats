#!/usr/bin/env bats
# Logging in by password, by keyboard-interactive, and by several in a row; locks (R12).
bats_require_minimum_version 1.5.0
load ../lib/spool

PASSWORD='correct horse battery'

# sftp_by METHODS LOGIN PASSWORD: OpenSSH, which gets the password as from a terminal.
sftp_by() {
	printf '#!/bin/sh\necho "%s"\n' "$3" >"$T/askpass"
	chmod +x "$T/askpass"
	echo pwd | SSH_ASKPASS=$T/askpass SSH_ASKPASS_REQUIRE=force sftp -o BatchMode=no \
		-o PreferredAuthentications="$1" -o NumberOfPasswordPrompts=1 -b - -P "$PORT" \
		"${SSH_OPTIONS[@]/BatchMode=yes/BatchMode=no}" -i "$T/keys/flow" "$2@127.0.0.1"
}

serve_mary() { # [AUTH]
	spool_start "${@:2}"
	master 123456789 mary
	echo "$PASSWORD" | edelivery password set mary
	edelivery account set mary --auth "${1:-any}"
}

@test "an account logs in by password, by keyboard-interactive, and by its key" {
	serve_mary any
	sftp_by password mary "$PASSWORD"
	sftp_by keyboard-interactive mary "$PASSWORD"
	sftp_by publickey mary ''
	curl -s --insecure --user "mary:$PASSWORD" "sftp://127.0.0.1:$PORT/" | grep -q STATUS.txt
	wait_for 5 status_shows_login
}

status_shows_login() {
	edelivery account show mary | grep -q '^last login  20'
}

@test "a wrong password, one of nobody and one of a disabled account are refused alike" {
	serve_mary any
	run sftp_by password mary 'wrong horse battery'
	[ "$status" != 0 ]
	mary=$output
	run sftp_by password nobody "$PASSWORD"
	[ "$status" != 0 ]
	[ "${output//nobody/mary}" = "$mary" ]
	edelivery account disable mary
	run sftp_by password mary "$PASSWORD"
	[ "$output" = "$mary" ]
}

@test "too many wrong passwords lock password logins and leave keys alone, until an operator unlocks (R12)" {
	serve_mary any server.password-tries=2
	run sftp_by password mary 'wrong horse battery'
	run sftp_by keyboard-interactive mary 'wrong horse battery'
	run sftp_by password mary "$PASSWORD"
	[ "$status" != 0 ]
	edelivery account show mary | grep -q 'password locked'
	sftp_by publickey mary ''
	edelivery account unlock mary
	sftp_by password mary "$PASSWORD"
}

@test "a password lock during a download by key changes nothing (R12)" {
	serve_mary any server.password-tries=1
	hold_session mary
	run sftp_by password mary 'wrong horse battery'
	sleep 1.2
	run ! has_ended "$HELD"
	kill "$HELD"
}

@test "an account that demands key and password gets in with both only, in either order" {
	serve_mary key+password
	run sftp_by publickey mary ''
	[ "$status" != 0 ]
	run sftp_by password mary "$PASSWORD"
	[ "$status" != 0 ]
	sftp_by publickey,password mary "$PASSWORD"
	sftp_by password,publickey mary "$PASSWORD"
	sftp_by publickey,keyboard-interactive mary "$PASSWORD"
	run sftp_by publickey,password mary 'wrong horse battery'
	[ "$status" != 0 ]
}

@test "an account of keys only takes no password, one of passwords only no key" {
	serve_mary key
	run sftp_by password mary "$PASSWORD"
	[ "$status" != 0 ]
	sftp_by publickey mary ''
	edelivery account set mary --auth password
	run sftp_by publickey mary ''
	[ "$status" != 0 ]
	sftp_by password mary "$PASSWORD"
}

@test "a password that may be none is refused with one line, and stands in no log" {
	spool_start
	master 123456789 mary
	run bash -c "echo short | '$BIN/edelivery' password set mary"
	[ "$status" = 1 ]
	[[ $output == *"12 to 128 bytes"* ]]
	run bash -c "'$BIN/edelivery' password set mary </dev/null"
	[ "$status" = 1 ]
	echo "$PASSWORD" | edelivery password set mary
	sftp_by password mary "$PASSWORD"
	run sftp_by password mary 'another wrong one'
	run ! grep -rqE 'correct horse|another wrong' "$T/up.log" "$ROOT/catalog"
}

@test "when the verifiers die, the next login by password starts another" {
	serve_mary any
	sftp_by password mary "$PASSWORD"
	pkill -KILL -P "$(pgrep -f "edelivery-sftpd --broker $EDELIVERY_CONF")"
	wait_for 10 sftp_by password mary "$PASSWORD"
	grep -q 'process=verifier text="it is gone"' "$T/up.log"
	sftp_by publickey mary ''
}
