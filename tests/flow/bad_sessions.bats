#!/usr/bin/env bats
# Broken and hostile clients (bad_client.c): however many, they leave nothing behind.
# TEST_BAD_SESSIONS says how many (300), TEST_SEED which ones.
bats_require_minimum_version 1.5.0
load ../lib/spool

# helper OPTION: its process; "" is the listener.
helper() {
	pgrep -f "edelivery-(sftpd|session) ${1:--c} .*$ROOT" | sort -n | head -n 1
}

# Memory that only this process has and its part of what it shares, in KiB.
memory() { # PID
	sed -n 's/^Pss: *\([0-9]*\) kB/\1/p' "/proc/$1/smaps_rollup"
}

descriptors() { # PID
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

# The broker may have all of a small catalog in its cache, and logins are written down there.
catalog_size() {
	du -k "$ROOT/catalog" | cut -f 1
}

# take_stock FILE: what there is of each process.
take_stock() {
	local option pid
	for option in -c --broker --zygote; do
		pid=$(helper "$option")
		echo "$option $(descriptors "$pid") $(memory "$pid")"
	done >"$1"
}

# Those that have ended and that nobody has asked for, too.
has_no_child() { # PID
	[ -z "$(cat "/proc/$1/task/$1/children")" ]
}

processes_are() { # COUNT
	[ "$(pgrep -f "edelivery-(sftpd|session) .*$ROOT" | wc -l)" = "$1" ]
}

be_bad() { # SEED SESSIONS
	"$PROGRAMS/bad-client" "$PORT" mary "$T/keys/flow" "$1" "$2" 8
}

ended() {
	grep -c ' ended login=' "$T/up.log"
}

ended_are() { # COUNT
	[ "$(ended)" -ge "$1" ]
}

@test "malformed sessions end with one line each, and leave no process, descriptor or memory behind" {
	sessions=${TEST_BAD_SESSIONS:-300}
	seed=${TEST_SEED:-$RANDOM}
	more=1024
	# Sanitizers keep what was freed.
	! grep -q __asan_init "$BIN/edelivery-sftpd" || more=$((256 * 1024))
	echo "TEST_SEED=$seed"
	spool_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf EFT_2.pdf
	until_posted 2
	# Heaps have their size after some of them.
	be_bad 1 200
	wait_for 30 ended_are 200
	wait_for 10 processes_are 3
	sleep 1
	take_stock "$T/before"
	more=$((more - $(catalog_size)))

	be_bad "$seed" "$sessions"
	wait_for 30 ended_are $((200 + sessions))
	wait_for 10 processes_are 3
	sleep 1
	take_stock "$T/after"
	more=$((more + $(catalog_size)))

	paste "$T/before" "$T/after"
	while read -r name fds memory _ fds_after memory_after; do
		[ "$fds_after" = "$fds" ] || { echo "$name: $fds descriptors before, $fds_after after"; false; }
		[ "$memory_after" -le $((memory + more)) ] || { echo "$name: $memory KiB before, $memory_after after"; false; }
	done < <(paste "$T/before" "$T/after")
	# One line that it ended for each, no process of which crashed, and nothing for anybody to do.
	[ "$(ended)" = $((200 + sessions)) ]
	[ "$(sed -n 's/.*session=\([0-9]*\) ended .*/\1/p' "$T/up.log" | sort -u | wc -l)" = $((200 + sessions)) ]
	run ! grep -E '\] (error|warning): ' "$T/up.log"
	expect_listing mary /123456789/edelivery 'EFT_1.pdf EFT_2.pdf'
	expect_same mary /123456789/edelivery/EFT_1.pdf "$T/made/123456789/EFT_1.pdf"
}

# One signal tells the zygote of all that end while it does not look.
@test "sessions that end together leave no process behind" {
	spool_start
	master 123456789 mary
	zygote=$(helper --zygote)
	held=()
	for _ in 1 2 3 4 5; do
		hold_session mary
		held+=("$HELD")
	done
	run ! has_no_child "$zygote"
	kill -STOP "$zygote"
	kill "${held[@]}"
	wait_for 10 ended_are 5
	sleep 0.5
	kill -CONT "$zygote"
	wait_for 5 has_no_child "$zygote"
}
