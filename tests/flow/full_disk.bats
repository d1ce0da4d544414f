#!/usr/bin/env bats
# A full disk stops posting, and nothing else: what is there stays, and room is all that it needs.
# Covers: batch/watchd.c
bats_require_minimum_version 1.5.0
load ../lib/spool

# The story is told in a mount namespace of its own, where a small file system is the spool; the
# catalog is on it in any case.
in_small_root() { # FUNCTION
	# shellcheck disable=SC2016 # expanded in there
	run unshare -Urm env -u TEST_CATALOG ROOT_OF_TEST="$T" PROGRAMS="$PROGRAMS" BATS_TEST_DIRNAME="$BATS_TEST_DIRNAME" \
		bash -c 'set -eEuo pipefail; source "$BATS_TEST_DIRNAME/../lib/spool.bash"; '"$(declare -f "$1")"'
		T=$ROOT_OF_TEST ROOT=$T/spool BIN=$PROGRAMS
		export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
		trap spool_stop EXIT
		mkdir "$ROOT"
		mount -t tmpfs -o size=8m,mode=0755 none "$ROOT"
		'"$1"
	echo "$output"
	[ "$status" = 0 ]
}

posts_when_there_is_room() {
	spool_start
	master 123456789
	drop 123456789 EFT_1.pdf
	until_posted 1
	# A job has copied its letters just so; their names come when nothing else fits in.
	mkdir "$T/elsewhere"
	for i in 2 3 4; do
		pdf "$T/elsewhere/EFT_$i.pdf"
		cp "$T/elsewhere/EFT_$i.pdf" "$ROOT/drop/123456789/.EFT_$i.pdf"
	done
	dd if=/dev/zero of="$ROOT/ballast" bs=4k status=none 2>/dev/null || true
	for i in 2 3 4; do
		mv "$ROOT/drop/123456789/.EFT_$i.pdf" "$ROOT/drop/123456789/EFT_$i.pdf"
	done
	wait_for 20 grep -q 'nothing is posted for 5 s' "$T/up.log"
	kill -0 "$UP"
	for i in 2 3 4; do
		cmp "$T/elsewhere/EFT_$i.pdf" "$ROOT/drop/123456789/EFT_$i.pdf"
	done
	rm "$ROOT/ballast"
	until_posted 4
	wait_for 10 folders_empty
	for i in 2 3 4; do
		cmp "$T/elsewhere/EFT_$i.pdf" "$ROOT"/letters/*/123456789/edelivery/*_EFT_$i.pdf
	done
	[ "$(find "$ROOT/letters" -type f | wc -l)" = 4 ]
}

@test "a full disk stops posting, what is there stays, and it goes on by itself when there is room" {
	in_small_root posts_when_there_is_room
}
