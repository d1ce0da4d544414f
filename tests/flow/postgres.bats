#!/usr/bin/env bats
# The catalog in PostgreSQL: the server dies, connections break, two machines post at once.
bats_require_minimum_version 1.5.0
load ../lib/spool

setup() {
	spool_setup
	POSTGRES=$BATS_TEST_DIRNAME/../lib/postgres
	TEST_CATALOG=$("$POSTGRES" start "$T/pg" 3>&-)
}

teardown() {
	spool_stop
	"$POSTGRES" stop "$T/pg" || true
	spool_teardown
}

# As a power cut would: all of its processes at once; what it had answered it still knows.
kill_server() {
	local main
	main=$(head -n 1 "$T/pg/data/postmaster.pid")
	# shellcheck disable=SC2046 # a list of process ids
	kill -KILL "$main" $(pgrep -P "$main")
	wait_for 10 has_ended "$main"
}

# Its shared memory has to be gone first, which the processes that were killed may hold a moment.
start_server() {
	wait_for 10 "$POSTGRES" start "$T/pg" 3>&- 2>/dev/null
}

@test "the server is killed again and again while letters are posted: each is posted once" {
	spool_start
	master 123456789 mary
	for round in 1 2 3; do
		for i in 1 2 3 4 5 6 7 8 9; do
			drop 123456789 "EFT_$round$i.pdf"
		done
		sleep "0.$((RANDOM % 7))"
		kill_server
		sleep 0.$((RANDOM % 5))
		start_server
	done
	until_posted 27
	wait_for 10 folders_empty
	expect_each_once 27
	wait_for 10 expect_listing mary /123456789/edelivery "$(printf 'EFT_%s.pdf ' {1..3}{1..9} | sed 's/ $//')"
}

@test "while the server is away, a client is told to try again, and is served when it is back" {
	spool_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf
	until_posted 1
	kill_server
	said=$(echo 'ls -1 /123456789/edelivery' | sftp_as mary 2>&1) && false
	[[ $said != *EFT_1.pdf* ]]
	wait_for 5 grep -q 'ended login=- reason="temporary trouble' "$T/up.log"
	start_server
	wait_for 20 expect_listing mary /123456789/edelivery EFT_1.pdf
	expect_same mary /123456789/edelivery/EFT_1.pdf "$T/made/123456789/EFT_1.pdf"
}

@test "the connection is cut at each statement of posting: each letter is posted once" {
	BIN=$FAULT_PROGRAMS
	spool_make
	master 123456789
	# Beyond the last statement nothing fails any more, and that is where it ends.
	for fault in catalog.cut catalog.lost; do
		for ((at = 1; at <= 60; at += ${TEST_STEP:-4})); do
			EDELIVERY_FAULT=$fault=fail@$at watchd
			drop 123456789 "EFT_${fault#catalog.}$at.pdf"
			wait_for 20 taken_by_somebody
			watchd_stop
		done
	done
	count=$(find "$T/made" -type f | wc -l)
	expect_each_once "$count"
	[ "$(count_letters posted)" = "$count" ]
}

# Posted; by the watchd that was cut, or, when that ended with "try again", by a new one.
taken_by_somebody() {
	folders_empty && letters_are 0 posting && return 0
	has_ended "$WATCHD" && watchd
	return 1
}

@test "two machines post for one provider into one catalog, and numbers have no gap" {
	spool_make node.name=one
	master 123456789 mary
	watchd
	first=$WATCHD
	other=$T/other
	"$BIN/edelivery" init --root "$other" --port 0 >/dev/null
	conf=$other/etc/edelivery.conf
	for setting in drop.settle=1s node.name=two "catalog=$(edelivery config get catalog)"; do
		"$BIN/edelivery" -c "$conf" config set "${setting%%=*}" "${setting#*=}" >/dev/null
	done
	"$BIN/edelivery-watchd" -c "$conf" >>"$T/up.log" 2>&1 3>&- &
	second=$!
	mkdir -p "$other/drop/123456789"
	for i in {1..20}; do
		drop 123456789 "EFT_a$i.pdf"
		pdf "$T/b.pdf"
		mv "$T/b.pdf" "$other/drop/123456789/EFT_b$i.pdf"
	done
	until_posted 40
	kill "$first" "$second"
	wait "$first" "$second" || true
	edelivery provider list --json | grep -q '"letters":40'
	[ "$(find "$ROOT/letters" "$other/letters" -type f -name '*.pdf' | wc -l)" = 40 ]
	psql -qtA "$TEST_CATALOG options=-csearch_path=$SCHEMA" \
		-c 'SELECT COUNT(DISTINCT sequence), MIN(sequence), MAX(sequence) FROM letter' | grep -qx '40|1|40'
}

@test "a catalog is copied to PostgreSQL and back, and served from there" {
	postgres=$TEST_CATALOG
	TEST_CATALOG='' spool_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf
	until_posted 1
	spool_stop
	TEST_CATALOG=$postgres
	psql -q "$TEST_CATALOG" -c 'CREATE SCHEMA copied'
	there="postgresql:$TEST_CATALOG options=-csearch_path=copied"
	edelivery catalog copy "sqlite:$ROOT/catalog/catalog.db" "$there" --json >"$T/there"
	edelivery catalog copy "$there" "sqlite:$T/back.db" --json | cmp - "$T/there"
	grep -q '"table":"letter","rows":1,' "$T/there"
	edelivery config set catalog "$there" >/dev/null
	spool_up
	expect_same mary /123456789/edelivery/EFT_1.pdf "$T/made/123456789/EFT_1.pdf"
	run --separate-stderr edelivery catalog copy "sqlite:$ROOT/catalog/catalog.db" "$there"
	# shellcheck disable=SC2154 # bats sets stderr
	[ "$status" = 1 ] && [[ $stderr == *"not empty"* ]]
}
