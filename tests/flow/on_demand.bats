#!/usr/bin/env bats
# An archive on demand: `ssh host archive --since DATE > x.zip`, by the account's rights of today.
#
# Covers: batch/archive_stream.c server/packer.c server/archive_fetch.c server/session_archive.c
bats_require_minimum_version 1.5.0
load ../lib/spool

TODAY=$(TZ=America/New_York date +%F)
TOMORROW=$(TZ=America/New_York date -d '+1 day' +%F)

# expect_in ZIP 'NAMES': exactly these letters.
expect_in() {
	local seen
	seen=$(bsdtar -tf "$1" | grep -vxE 'MANIFEST.csv|SHA256SUMS' | sort | paste -s -d ' ')
	[ "$seen" = "$2" ] || {
		echo "in $1: $seen"
		echo "expected: $2"
		return 1
	}
}

# Three programs open it, and each letter in it is the one that was dropped.
expect_whole() { # ZIP
	local file
	unzip -tqq "$1"
	python3 -c 'import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip() is not None)' "$1"
	rm -rf "$T/opened"
	mkdir "$T/opened"
	bsdtar -xf "$1" -C "$T/opened"
	(cd "$T/opened" && sha256sum --quiet --strict -c SHA256SUMS)
	for file in "$T/opened"/*/*; do
		cmp "$file" "$T/made/${file#"$T/opened/"}"
	done
}

receipts_are() { # COUNT LETTER
	[ "$(edelivery letter show "$2" | grep -c ' received by ')" = "$1" ]
}

log_says() { # PATTERN
	grep -q "$1" "$T/up.log"
}

log_counts() { # COUNT PATTERN
	[ "$(grep -c "$2" "$T/up.log")" = "$1" ]
}

fetches() { # LOGIN
	ssh_as "$1" archive --since "$TODAY" >"$T/fetched.zip" && unzip -tqq "$T/fetched.zip"
}

no_packer() {
	! log_says 'archive since=' || [ -z "$(pgrep -f "edelivery-archive --stream $EDELIVERY_CONF")" ]
}

@test "an archive holds what came since that day for all AVRS IDs, by role (R4, R5) and type, and makes receipts" {
	spool_start
	master 123456789 mary
	master 222222222
	provider 333333333
	clerk mary 222222222 e-delivery-only
	drop 123456789 EFT_1.pdf
	until_posted 1
	drop 123456789 PA_2.pdf
	drop_trade_file 123456789 RA_3.835
	drop 222222222 EFT_4.pdf
	drop_trade_file 222222222 RA_5.835
	until_posted 5
	ssh_as mary archive --since "$TODAY" >"$T/all.zip"
	expect_whole "$T/all.zip"
	expect_in "$T/all.zip" '123456789/EFT_1.pdf 123456789/PA_2.pdf 123456789/RA_3.835 222222222/EFT_4.pdf'
	# They are there before the command ends.
	edelivery letter show 1 | grep -q ' received by mary from 127.0.0.1.*OpenSSH'
	ssh_as mary archive --type=EFT --since=2019-03-27 </dev/null >"$T/eft.zip"
	expect_whole "$T/eft.zip"
	expect_in "$T/eft.zip" '123456789/EFT_1.pdf 222222222/EFT_4.pdf'
	receipts_are 2 1
	# The other master sees what is its own.
	ssh_as m222222222 archive --since "$TODAY" >"$T/other.zip"
	expect_in "$T/other.zip" '222222222/EFT_4.pdf 222222222/RA_5.835'
	receipts_are 2 1
	log_says 'login=mary archive fetched letters=4 bytes='
	wait_for 5 no_packer
	# What went out is counted like any other letter.
	status_is bytes_sent "$(cat "$T"/*.zip | wc -c)"
}

@test "wrong options are one line and status 2, an archive of nothing one line and status 1" {
	spool_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf
	until_posted 1
	local command
	for command in archive 'archive --since' 'archive --since yesterday' 'archive --since 2026-02-30' \
		"archive --since $TODAY --since $TODAY" "archive --since $TODAY --type eft" \
		"archive --since $TODAY --all" "archive --since $TODAY x" "archive --since $TODAY --type NONE"; do
		run -2 --separate-stderr ssh_as mary "$command"
		[ -z "$output" ]
		# shellcheck disable=SC2154 # run sets it
		[ "${#stderr_lines[@]}" = 1 ]
		# shellcheck disable=SC2154
		echo "$command: $stderr"
	done
	run -1 --separate-stderr ssh_as mary archive --since "$TOMORROW"
	[ -z "$output" ]
	[ "$stderr" = 'there is nothing for you since that day' ]
	run -1 --separate-stderr ssh_as mary archive --since "$TODAY" --type PA
	[ -z "$output" ]
	receipts_are 0 1
	# Nothing else is a command.
	run -255 ssh_as mary archives --since "$TODAY"
	[ "${output%$'\r'}" = 'exec request failed on channel 0' ]
}

@test "a client that goes away half-way has receipts of what went out, and leaves no process" {
	spool_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf
	until_posted 1
	mkdir -p "$ROOT/drop/123456789/trade-files"
	head -c 30000000 /dev/urandom >"$ROOT/drop/123456789/trade-files/big.dat"
	until_posted 2
	mkfifo "$T/pipe"
	# Not by ssh_as, whose process is a shell: it would go alone.
	ssh -p "$PORT" -i "$T/keys/flow" "${SSH_OPTIONS[@]}" mary@127.0.0.1 archive --since "$TODAY" >"$T/pipe" &
	client=$!
	exec 8<"$T/pipe"
	head -c 3000000 <&8 >/dev/null
	kill -9 "$client"
	exec 8<&-
	wait_for 10 log_says 'archive broke off letters=1 '
	wait_for 5 no_packer
	wait_for 5 receipts_are 1 1
	receipts_are 0 2
	# The server goes on.
	ssh_as mary archive --since "$TODAY" --type EFT >"$T/again.zip"
	expect_in "$T/again.zip" 123456789/EFT_1.pdf
}

@test "what breaks off leaves receipts of exactly the letters that had gone out by then, and counts the bytes" {
	spool_start
	master 123456789 mary
	clerk ann 123456789 e-delivery-only
	local i
	mkdir -p "$ROOT/drop/123456789"
	for i in {100..299}; do
		pdf "$ROOT/drop/123456789/.tmp" 60000
		mv "$ROOT/drop/123456789/.tmp" "$ROOT/drop/123456789/EFT_$i.pdf"
	done
	until_posted 200
	mkfifo "$T/pipe"
	ssh -p "$PORT" -i "$T/keys/flow" "${SSH_OPTIONS[@]}" mary@127.0.0.1 archive --since "$TODAY" >"$T/pipe" &
	client=$!
	exec 8<"$T/pipe"
	head -c 4000000 <&8 >"$T/half.zip"
	kill -9 "$client"
	exec 8<&-
	wait_for 10 log_says 'archive broke off '
	sent=$(sed -n 's/.* archive broke off .* bytes=\([0-9]*\) .*/\1/p' "$T/up.log")
	wait_for 5 status_is bytes_sent "$sent"
	# The same letters are the same bytes: another account's whole one says where each letter ends.
	ssh_as ann archive --since "$TODAY" >"$T/whole.zip"
	cmp -n "$(stat -c %s "$T/half.zip")" "$T/half.zip" "$T/whole.zip"
	python3 - "$T/whole.zip" "$sent" >"$T/gone-out" <<-'PYTHON'
		import sys, zipfile
		entries = zipfile.ZipFile(sys.argv[1]).infolist()
		for letter, behind in zip(entries, entries[1:]):
		    if letter.filename.endswith(".pdf") and behind.header_offset <= int(sys.argv[2]):
		        print(letter.filename.split("/")[1])
	PYTHON
	[ "$sent" -ge 4000000 ]
	[ "$(wc -l <"$T/gone-out")" -ge 40 ]
	[ "$(wc -l <"$T/gone-out")" -lt 200 ]
	for i in {1..200}; do
		edelivery letter show "$i" | awk '$1 == "name" { name = $2 } / received by mary / { print name }'
	done | sort >"$T/received"
	sort "$T/gone-out" | diff - "$T/received"
}

@test "four archives of an account and 16 in all are packed at a time; the next one is told to come later" {
	spool_start
	provider 123456789
	local login i
	for login in ann bob eve joe zoe; do
		clerk $login 123456789 includes-e-delivery
	done
	mkdir -p "$ROOT/drop/123456789/trade-files"
	head -c 30000000 /dev/urandom >"$ROOT/drop/123456789/trade-files/big.dat"
	until_posted 1
	# Nobody reads what the clients write, so that they stay.
	mkfifo "$T/pipe"
	exec 8<>"$T/pipe"
	clients=()
	for login in ann bob eve joe; do
		for i in {1..4}; do
			ssh -p "$PORT" -i "$T/keys/flow" "${SSH_OPTIONS[@]}" $login@127.0.0.1 archive --since "$TODAY" >"$T/pipe" 2>&8 3>&- &
			clients+=($!)
		done
		[ $login = ann ] || continue
		wait_for 20 log_counts 4 'login=ann archive since='
		run -75 --separate-stderr ssh_as ann archive --since "$TODAY"
		[ -z "$output" ]
		[ "$stderr" = 'you are fetching 4 archives already, please try again when one is done' ]
	done
	wait_for 20 log_counts 16 ' archive since='
	run -75 --separate-stderr ssh_as zoe archive --since "$TODAY"
	[ -z "$output" ]
	[ "$stderr" = 'too many archives are being fetched, please try again later' ]
	log_says 'warning: .*login=zoe text="no archive: too many archives are being fetched'
	# Files are got as ever, and with one client less there is a place.
	expect_listing zoe /123456789/trade-files big.dat
	kill -9 "${clients[0]}"
	wait_for 10 fetches zoe
	kill -9 "${clients[@]}" 2>/dev/null || true
	wait_for 10 no_packer
}

@test "a role that is withdrawn while the archive is fetched ends with what came before" {
	spool_start
	master 123456789 mary
	master 222222222
	clerk mary 222222222 e-delivery-only
	mkdir -p "$ROOT/drop/123456789/trade-files"
	head -c 30000000 /dev/urandom >"$ROOT/drop/123456789/trade-files/big.dat"
	drop 222222222 EFT_1.pdf
	until_posted 2
	mkfifo "$T/pipe"
	ssh_as mary archive --since "$TODAY" >"$T/pipe" &
	client=$!
	exec 8<"$T/pipe"
	head -c 1000000 <&8 >"$T/half.zip"
	edelivery role revoke mary 222222222 >/dev/null
	cat <&8 >>"$T/half.zip"
	exec 8<&-
	wait "$client"
	unzip -tqq "$T/half.zip"
	expect_in "$T/half.zip" 123456789/big.dat
	# And a session of an account that is disabled ends.
	ssh_as mary archive --since "$TODAY" >"$T/pipe" 2>"$T/said" &
	client=$!
	exec 8<"$T/pipe"
	head -c 1000000 <&8 >"$T/half.zip"
	edelivery account disable mary --reason 'left' >/dev/null
	wait_for 5 log_says 'reason="the account was disabled or removed"'
	cat <&8 >>"$T/half.zip"
	exec 8<&-
	run ! wait "$client"
	wait_for 5 no_packer
}
