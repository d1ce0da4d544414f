#!/usr/bin/env bats
# What a process that was taken over can do: nothing. Sessions, verifier and checker of a test build
# (base/attack.h) try, in their sandboxes; only what they try is refused, and nobody else notices.
# Covers: server/session.c server/zygote.c
bats_require_minimum_version 1.5.0
load ../lib/spool

# Sanitizers need the calls that a sandbox takes away.
contained() {
	BIN=$FAULT_PROGRAMS
	! grep -q __asan_init "$BIN/edelivery-sftpd" || skip "sanitizer builds have no sandbox"
}

# serve_target: mary, a letter, a session of hers that goes on, and a process to be attacked.
serve_target() {
	# Through a pipe: a session writes no file, not even its last words.
	mkfifo "$T/log"
	cat "$T/log" >"$T/up.log" 3>&- &
	UP_LOG=$T/log spool_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf
	until_posted 1
	hold_session mary
	sleep 300 3>&- &
	TARGET=$!
	wait_for 5 processes_are 5
}

teardown() {
	[ -z "${TARGET:-}" ] || kill "$TARGET"
	[ -z "${HELD:-}" ] || kill "$HELD" 2>/dev/null || true
	spool_teardown
}

# Of this spool: watchd, listener, broker, zygote, sessions.
processes() {
	pgrep -f "edelivery-(sftpd|session|watchd) .*$ROOT" | wc -l
}

processes_are() { # COUNT
	[ "$(processes)" = "$1" ]
}

lines() { # PATTERN
	grep -c "$1" "$T/up.log" || true
}

line_came() { # PATTERN COUNT-BEFORE
	[ "$(lines "$1")" -gt "$2" ]
}

# As a session does it that has not logged in, and as mary's.
before_login() { # ATTACK
	ssh -p "$PORT" "${SSH_OPTIONS[@]}" -o PreferredAuthentications=none "attack-$1@127.0.0.1" true >/dev/null 2>&1 || true
}

after_login() { # ATTACK
	echo "ls /attack-$1" | sftp_as mary >/dev/null 2>&1 || true
}

# killed_for WHEN CALL: the session that makes it dies by SIGSYS, a fresh zygote takes over, and the
# next session is as good as ever.
killed_for() {
	local crashes ends
	crashes=$(lines 'text="crashed: signal 31; a fresh zygote takes over"')
	ends=$(lines ' ended login=')
	"$1" "$2"
	wait_for 10 line_came 'text="crashed: signal 31; a fresh zygote takes over"' "$crashes" || {
		echo "not killed: $1 $2"
		return 1
	}
	wait_for 10 line_came ' ended login=' "$ends"
	[ "$(lines ' ended login=')" = $((ends + 1)) ]
	[ "$(lines 'attack=')" = 0 ]
	kill -0 "$TARGET"
}

nothing_changed() {
	run ! has_ended "$HELD"
	expect_same mary /123456789/edelivery/EFT_1.pdf "$T/made/123456789/EFT_1.pdf"
	wait_for 10 processes_are 5
	kill -0 "$TARGET"
}

# All that the test build knows (base/attack.c).
CALLS=(open openat openat2 open_by_handle_at mkdir unlink memfd_create socket socketpair connect bind
	accept4 execve execveat fork clone clone3 ptrace process_vm_readv process_vm_writev pidfd_open
	pidfd_getfd pidfd_send_signal kill tgkill mount umount2 unshare setns chroot setuid prctl seccomp
	ioctl io_uring_setup bpf perf_event_open userfaultfd keyctl shmget mmap prlimit64 x32)

@test "a session that makes a call it does not need is killed, before login and after; others go on" {
	contained
	export EDELIVERY_ATTACK=yes
	serve_target
	for call in "${CALLS[@]}"; do
		killed_for before_login "$call-$TARGET"
	done
	nothing_changed
	for call in "${CALLS[@]}"; do
		killed_for after_login "$call-$TARGET"
	done
	nothing_changed
	spool_stop
	processes_are 0
	[ "$(lines 'attack=')" = 0 ]
}

# ended_for WHEN ATTACK REASON: the broker ends the session, in one line that says why.
ended_for() {
	local before
	before=$(wc -l <"$T/up.log")
	"$1" "$2"
	wait_for 10 said_since "$before" "ended login=.* reason=\"$3\"" || {
		echo "$1 $2: not ended for: $3"
		return 1
	}
	[ "$(tail -n "+$((before + 1))" "$T/up.log" | grep -c ' ended login=')" = 1 ]
	[ "$(tail -n "+$((before + 1))" "$T/up.log" | grep -cE 'crashed|attack=|warning|error')" = 0 ]
}

said_since() { # LINES PATTERN
	tail -n "+$(($1 + 1))" "$T/up.log" | grep -q "$2"
}

@test "a session that asks its broker what it may not is ended with one line; others go on" {
	contained
	export EDELIVERY_ATTACK=yes
	serve_target
	# By server/request.h: 0 HELLO, 1 KEY, 3 FIND, 7 OPEN, 8 REMOVE, 11 SENT.
	ended_for before_login ask-0 'request 0 is not allowed in phase 2'
	ended_for before_login ask-3 'request 3 is not allowed in phase 2'
	ended_for before_login ask-7 'request 7 is not allowed in phase 2'
	ended_for before_login ask-8 'request 8 is not allowed in phase 2'
	ended_for before_login ask-999 'request 999 is not allowed in phase 2'
	ended_for before_login ask-1-cut 'a request that is none'
	ended_for before_login ask-10-fd 'a request that is none'
	ended_for after_login ask-0-fd 'request 0 is not allowed in phase 8'
	ended_for after_login ask-1 'request 1 is not allowed in phase 8'
	ended_for after_login ask-10 'request 10 is not allowed in phase 8'
	ended_for after_login ask-999 'request 999 is not allowed in phase 8'
	ended_for after_login ask-3-fd 'a request that is none'
	ended_for after_login ask-7-fd 'a request that is none'
	ended_for after_login ask-7-cut 'a request that is none'
	ended_for after_login ask-11 'a request that is none'
	nothing_changed
}

# refused_by_landlock WHEN CALL
refused_by_landlock() {
	local before name=${2%%-*}
	before=$(wc -l <"$T/up.log")
	"$1" "$2"
	wait_for 10 said_since "$before" "attack=$name text=\"\(Permission denied\|Operation not permitted\)\"" || {
		echo "not refused: $1 $2"
		return 1
	}
	run ! said_since "$before" "it was done"
}

@test "Landlock alone, without the filter, refuses files, connections, programs and other processes" {
	contained
	export EDELIVERY_ATTACK=landlock
	serve_target
	for call in open openat mkdir connect bind execve ptrace process_vm_readv kill; do
		refused_by_landlock before_login "$call-$TARGET"
		refused_by_landlock after_login "$call-$TARGET"
	done
	nothing_changed
	[ ! -e /tmp/attacked ]
}

@test "verifier and checker are killed as well, and others take their place" {
	contained
	export EDELIVERY_ATTACK=yes
	serve_target
	echo 'correct horse battery' | edelivery password set mary
	try_password "attack-openat"
	wait_for 10 said_since 0 'process=verifier text="it is gone"'
	try_password "attack-fork"
	try_password 'correct horse battery'
	wait_for 10 said_since 0 'login=mary from=.* password'
	printf 'attack-openat' >"$ROOT/drop/123456789/EFT_2.pdf"
	printf 'attack-socket' >"$ROOT/drop/123456789/EFT_3.pdf"
	until_quarantined EFT_2.pdf 'the format checker itself failed on it'
	until_quarantined EFT_3.pdf 'the format checker itself failed on it'
	drop 123456789 EFT_4.pdf
	until_posted 2
	[ "$(lines 'attack=')" = 0 ]
	nothing_changed_but_a_verifier
}

nothing_changed_but_a_verifier() {
	run ! has_ended "$HELD"
	expect_same mary /123456789/edelivery/EFT_1.pdf "$T/made/123456789/EFT_1.pdf"
	kill -0 "$TARGET"
}

try_password() { # PASSWORD
	printf '#!/bin/sh\necho "%s"\n' "$1" >"$T/askpass"
	chmod +x "$T/askpass"
	echo pwd | SSH_ASKPASS=$T/askpass SSH_ASKPASS_REQUIRE=force sftp -o BatchMode=no -o PreferredAuthentications=password \
		-o NumberOfPasswordPrompts=1 -b - -P "$PORT" "${SSH_OPTIONS[@]/BatchMode=yes/BatchMode=no}" mary@127.0.0.1 || true
}

@test "what is installed has neither attacks nor fault points in it" {
	! cmp -s "$PROGRAMS/edelivery-session" "$FAULT_PROGRAMS/edelivery-session" || skip "this is a test build"
	for program in "$PROGRAMS"/edelivery*; do
		run ! grep -q -e EDELIVERY_ATTACK -e EDELIVERY_FAULT "$program"
		run ! grep -q -E ' [TtDdBbRr] (attack|fault)_' <<<"$(nm "$program")"
	done
	# They would be found.
	for program in edelivery-sftpd edelivery-session edelivery-watchd; do
		grep -q EDELIVERY_ATTACK "$FAULT_PROGRAMS/$program"
		nm "$FAULT_PROGRAMS/$program" | grep -q ' T attack_here'
	done
}
