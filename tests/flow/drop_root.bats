#!/usr/bin/env bats
# A drop folder that goes away stops posting, is told, and is gone on with when it is back.
# Covers: batch/watchd.c
bats_require_minimum_version 1.5.0
load ../lib/spool

lost() {
	grep -q 'nothing is posted until it is back there' "$T/up.log"
}

recent_event() { # WHAT
	edelivery status | grep -q " $1"
}

@test "a drop folder that was moved away is waited for, and what is in it is posted when it is back" {
	spool_start
	master 123456789
	drop 123456789 EFT_1.pdf
	until_posted 1
	drop 555555555 EFT_9.pdf # held: nobody knows that AVRS ID
	until_status held 1
	mv "$ROOT/drop" "$ROOT/away"
	wait_for 10 lost
	# While it is away jobs go on writing into it.
	cp "$T/made/123456789/EFT_1.pdf" "$ROOT/away/123456789/EFT_2.pdf"
	sleep 2
	run ! grep -q 'letter=3' "$T/up.log"
	run ! edelivery status
	[[ $output == *drop.root*"No such file"* ]]
	[ "$(grep -c 'nothing is posted until' "$T/up.log")" = 1 ]
	mv "$ROOT/away" "$ROOT/drop"
	until_posted 2
	recent_event drop.gone
	recent_event drop.back
	# Nothing was said of what could not be seen.
	status_is held 1
	kill -0 "$UP"
}

@test "uploads go into the drop folder that is there now, and none into one that is away" {
	spool_start
	master 123456789 mary
	account adam --admin
	pdf "$T/EFT_1.pdf"
	pdf "$T/EFT_2.pdf"
	sftp_as adam <<<"put $T/EFT_1.pdf /drop/123456789/"
	until_posted 1
	mv "$ROOT/drop" "$ROOT/away"
	run ! sftp_as adam <<<"put $T/EFT_2.pdf /drop/123456789/"
	grep -q 'refused=open reason="the drop folder is not there now: try again later"' "$T/up.log"
	# By the same broker, in one session as well: a new folder, as if mounted anew.
	mkdir -m 2770 "$ROOT/drop"
	sftp_as adam <<<"put $T/EFT_2.pdf /drop/123456789/"
	until_posted 2
	expect_same mary /123456789/edelivery/EFT_2.pdf "$T/EFT_2.pdf"
	[ -z "$(find "$ROOT/away" -type f)" ]
}

@test "an upload whose drop folder is replaced under it fails, and is posted when it is sent again" {
	spool_start
	master 123456789 mary
	account adam --admin
	{
		printf '%%PDF-1.4\n'
		head -c 6000000 /dev/urandom
		printf '\n%%%%EOF\n'
	} >"$T/big.pdf"
	sftp_as adam -l 20000 <<<"put $T/big.pdf /drop/123456789/trade-files/" >"$T/put.out" 2>&1 3>&- &
	local client=$!
	wait_for 20 part_is_there
	mv "$ROOT/drop" "$ROOT/away"
	mkdir -m 2770 "$ROOT/drop"
	local status=0
	wait "$client" || status=$?
	[ "$status" != 0 ]
	grep -q 'what was uploaded is not there any more' "$T/up.log"
	letters_are 0 posted
	sftp_as adam <<<"put $T/big.pdf /drop/123456789/trade-files/"
	until_posted 1
	expect_same mary /123456789/trade-files/big.pdf "$T/big.pdf"
}

part_is_there() {
	[ -n "$(find "$ROOT/drop" -name '.*.part' -size +100k)" ]
}

@test "another drop folder in its place is used, once it may be" {
	spool_start
	master 123456789
	drop 123456789 EFT_1.pdf
	until_posted 1
	mkdir -m 0 "$ROOT/new"
	mv "$ROOT/drop" "$ROOT/away"
	mv "$ROOT/new" "$ROOT/drop"
	wait_for 10 lost
	sleep 2
	run ! grep -q 'starting anew' "$T/up.log"
	chmod 2770 "$ROOT/drop"
	wait_for 10 grep -q 'starting anew' "$T/up.log"
	drop 123456789 EFT_2.pdf
	until_posted 2
	expect_each_once 2
}
