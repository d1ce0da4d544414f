#!/usr/bin/env bats
# A slow disk or a catalog that somebody holds: little is taken, all the rest stays where the jobs
# put it, nobody waits behind a whole burst, and it goes on by itself.
# Covers: batch/watchd.c batch/arrival.c
bats_require_minimum_version 1.5.0
load ../lib/spool

GROUP=10

teardown() {
	[ -z "${WATCHD:-}" ] || watchd_stop
	spool_teardown
}

# A burst of 150 letters that lies there when watchd starts.
burst() {
	spool_make "post.batch=$GROUP"
	master 123456789
	master 987654321
	# shellcheck disable=SC2046 # these are 150 names
	drop 123456789 $(printf 'EFT_%d.pdf ' {1..150})
}

# What watchd has under way, neither posted nor where it was dropped alone: three groups at most.
# (What is posted is counted last: more of it may be by then, but not less.)
taken_are_few() {
	local posted letters
	letters=$(find "$ROOT/letters" -type f | wc -l)
	posted=$(count_letters posted)
	echo "posted $posted, in letters $letters"
	[ "$((letters - posted))" -le $((3 * GROUP)) ]
}

posted_more_than() { # COUNT
	[ "$(count_letters posted)" -gt "$1" ]
}

is_posted() { # AVRS-ID
	edelivery letter list "$1" --json | grep -q '"state":"posted"'
}

# few_taken_until SECONDS COMMAND...
few_taken_until() {
	local until=$((SECONDS + $1))
	shift
	until "$@"; do
		taken_are_few
		[ $SECONDS -lt $until ]
		sleep 0.1
	done
}

@test "beside a slow disk a burst waits in the drop folder, and a new arrival not behind all of it" {
	burst
	# Every sync takes 50 ms.
	strace -D -f -qq -o /dev/null -e trace=fsync,syncfs,fdatasync \
		-e inject=fsync,syncfs,fdatasync:delay_exit=50000 \
		"$BIN/edelivery-watchd" -c "$EDELIVERY_CONF" >>"$T/up.log" 2>&1 3>&- &
	WATCHD=$!
	wait_for 20 posted_more_than 0
	drop 987654321 EFT_NEW.pdf
	before=$(grep -c ' posted avrs_id=123456789' "$T/up.log")
	few_taken_until 30 is_posted 987654321
	# Those that were on their way then, and at most two groups more.
	passed=$(sed '/ posted avrs_id=987654321/q' "$T/up.log" | grep -c ' posted avrs_id=123456789')
	echo "before $before, passed $passed"
	[ "$passed" -le $((before + 6 * GROUP)) ]
	few_taken_until 30 letters_are 151 posted
	wait_for 10 folders_empty
	expect_each_once 151
}

room_for_descriptors() { # PID
	awk '/^FDSize:/ { print $2 }' "/proc/$1/status"
}

@test "the first burst after a start does not wait for room for its descriptors" {
	spool_make
	master 123456789
	watchd
	wait_for 10 grep -q 'text="watching ' "$T/up.log"
	room=$(room_for_descriptors "$WATCHD")
	# It finds all of them at once.
	kill -STOP "$WATCHD"
	# shellcheck disable=SC2046 # these are 600 names
	drop 123456789 $(printf 'EFT_%d.pdf ' {1..600})
	kill -CONT "$WATCHD"
	until_posted 600
	[ "$(room_for_descriptors "$WATCHD")" = "$room" ]
}

@test "while somebody holds the catalog nothing is posted, and then everything" {
	burst
	if [ -n "${TEST_CATALOG:-}" ]; then
		psql -q "$TEST_CATALOG" -c "SET search_path = $SCHEMA; BEGIN; LOCK TABLE letter IN SHARE MODE" \
			-c '\! touch '"$T/held" -c 'SELECT pg_sleep(5)' -c '\! touch '"$T/released" -c COMMIT \
			>"$T/holder" 2>&1 3>&- &
	else
		/usr/bin/python3 - "$ROOT/catalog/catalog.db" "$T/held" "$T/released" >"$T/holder" 2>&1 3>&- <<-'PYTHON' &
			import sqlite3, sys, time
			catalog = sqlite3.connect(sys.argv[1], isolation_level=None)
			catalog.execute("BEGIN IMMEDIATE")
			open(sys.argv[2], "w").close()
			time.sleep(5)
			open(sys.argv[3], "w").close()
			catalog.execute("COMMIT")
		PYTHON
	fi
	wait_for 5 test -e "$T/held"
	watchd
	drop 987654321 EFT_NEW.pdf
	while [ ! -e "$T/released" ]; do
		there=$(find "$ROOT/drop" -name '*.pdf' | wc -l)
		letters=$(find "$ROOT/letters" -type f | wc -l)
		# What was counted may be later than that.
		[ ! -e "$T/released" ] || break
		[ "$there" = 151 ]
		[ "$letters" -le $((3 * GROUP)) ]
		kill -0 "$WATCHD"
		sleep 0.2
	done
	until_posted 151
	wait_for 10 folders_empty
	expect_each_once 151
}
