#!/usr/bin/env bats
# More drop folders than the system has inotify watches: the rest is polled, and loudly so.
# Covers: batch/watch.c
bats_require_minimum_version 1.5.0
load ../lib/spool

# The limit is that of a user namespace of its own.
with_few_watches() { # FUNCTION
	# shellcheck disable=SC2016 # expanded in there
	run unshare -Ur env ROOT_OF_TEST="$T" PROGRAMS="$PROGRAMS" BATS_TEST_DIRNAME="$BATS_TEST_DIRNAME" \
		bash -c 'set -eEuo pipefail; source "$BATS_TEST_DIRNAME/../lib/spool.bash"; '"$(declare -f "$1")"'
		T=$ROOT_OF_TEST ROOT=$T/spool BIN=$PROGRAMS
		export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
		trap spool_stop EXIT
		echo 6 >/proc/sys/user/max_inotify_watches
		'"$1"
	echo "$output"
	[ "$status" = 0 ]
}

posts_from_every_folder() {
	local i
	spool_make
	for i in {100000000..100000019}; do
		master "$i"
		mkdir -p "$ROOT/drop/$i/trade-files"
	done
	spool_up
	wait_for 10 grep -q 'watch=limit .*to watch them all: sysctl -w fs.inotify.max_user_watches=' "$T/up.log"
	[ "$(grep -c watch=limit "$T/up.log")" = 1 ]
	# Long before the next full scan.
	for i in {100000000..100000019}; do
		drop "$i" EFT_1.pdf
		drop_trade_file "$i" RA_1.835
	done
	until_posted 40
	drop 100000019 EFT_2.pdf
	until_posted 41
	expect_each_once 41
}

@test "letters in folders that cannot be watched are posted, and the log says how to watch them all" {
	with_few_watches posts_from_every_folder
}
