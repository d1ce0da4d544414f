#!/usr/bin/env bats
# With drop.clamd every file is scanned before it is taken: what is infected is never posted, and
# without an answer nothing is.
bats_require_minimum_version 1.5.0
load ../lib/spool
load ../lib/clamd

teardown() {
	clamd_teardown
	spool_teardown
}

# No file of that content is where anybody is served from.
never_served() { # FILE
	local hash
	hash=$(sha256sum <"$1")
	run ! grep -q "^${hash%% *}" < <(find "$ROOT/letters" "$ROOT/paper" -type f -exec sha256sum {} +)
}

@test "an infected letter is quarantined with the signature's name, and the others are posted" {
	clamd_make
	clamd_up
	spool_start drop.clamd="$CLAMD_SOCKET"
	master 123456789
	provider 111111111 # its letters go to paper
	drop 123456789 EFT_1.pdf EFT_2.pdf
	drop_trade_file 123456789 RA_1.835
	drop_virus 123456789 EFT_3.pdf
	drop_virus 111111111 EFT_4.pdf
	drop 111111111 EFT_5.pdf
	until_quarantined EFT_3.pdf 'infected: Test.Letter.UNOFFICIAL (found by clamd)'
	until_quarantined EFT_4.pdf 'infected: Test.Letter'
	until_posted 3
	until_on_paper 1
	expect_listing m123456789 /123456789/edelivery 'EFT_1.pdf EFT_2.pdf'
	status_is unscanned 0
	never_served "$T/virus.pdf"
	# Released, it is looked at again.
	id=$(edelivery quarantine list --json | grep '"EFT_3.pdf"' | sed 's/.*"id":\([0-9]*\).*/\1/')
	run -1 edelivery quarantine release "$id"
	until_quarantined EFT_3.pdf 'infected: Test.Letter'
	never_served "$T/virus.pdf"
}

@test "clamd is killed: letters wait, it is told, and they are posted when it is back" {
	clamd_make
	clamd_up
	spool_start drop.clamd="$CLAMD_SOCKET"
	master 123456789
	drop 123456789 EFT_1.pdf
	until_posted 1
	clamd_kill
	drop 123456789 EFT_2.pdf EFT_3.pdf
	drop_virus 123456789 EFT_4.pdf
	until_status unscanned 3
	wait_for 5 grep -q 'clamd is not there: Connection refused: files wait in the drop folder' "$T/up.log"
	run -0 edelivery status
	[[ $output == *"3  files that wait for the virus scanner  <- "*clamav-daemon* ]]
	[[ $output == *"3  since "*"not scanned: it waits for clamd"* ]]
	[[ $output == *" clamd.gone "* ]]
	# It is fail closed for as long as it takes, also over a restart of ours.
	spool_stop
	spool_up
	sleep 2
	letters_are 1 posted
	status_is unscanned 3
	clamd_up
	until_posted 3
	until_quarantined EFT_4.pdf 'infected: Test.Letter'
	wait_for 5 grep -q 'it answers again' "$T/up.log"
	status_is unscanned 0
	expect_listing m123456789 /123456789/edelivery 'EFT_1.pdf EFT_2.pdf EFT_3.pdf'
	never_served "$T/virus.pdf"
	edelivery status | grep -q ' clamd.back '
}

@test "a clamd that hangs counts as away, and keeps nobody from stopping" {
	clamd_make
	clamd_up
	spool_start drop.clamd="$CLAMD_SOCKET" drop.clamd-timeout=1s
	master 123456789
	kill -STOP "$CLAMD_PID"
	drop 123456789 EFT_1.pdf
	until_status unscanned 1
	wait_for 5 grep -q 'clamd is out of time' "$T/up.log"
	kill -CONT "$CLAMD_PID"
	until_posted 1
	edelivery config set drop.clamd-timeout 1h >/dev/null
	spool_stop
	spool_up
	kill -STOP "$CLAMD_PID"
	drop 123456789 EFT_2.pdf
	sleep 2
	local before=$SECONDS
	spool_stop
	[ $((SECONDS - before)) -le 3 ]
	kill -CONT "$CLAMD_PID"
	spool_up
	until_posted 2
}

@test "scanned or not, every file is accounted for while watchd is killed" {
	clamd_make
	clamd_up
	/usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/oracle.py" "$PROGRAMS" "$FAULT_PROGRAMS" --files 200 --kills 4 \
		--seconds 4 --setting "drop.clamd=$CLAMD_SOCKET"
}

@test "a file that is too large for clamd waits, with what to do, and keeps back no other" {
	clamd_make 'StreamMaxLength 1M'
	clamd_up
	spool_start drop.clamd="$CLAMD_SOCKET"
	master 123456789
	drop_big 123456789 large.pdf 3000000
	drop 123456789 EFT_1.pdf EFT_2.pdf EFT_3.pdf
	until_posted 3
	until_status held 1
	status_is unscanned 1
	edelivery status | grep -q 'clamd cannot judge it: INSTREAM size limit exceeded'
}
