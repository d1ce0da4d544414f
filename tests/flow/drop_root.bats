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
