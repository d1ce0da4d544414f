#!/usr/bin/env bats
# Night archives at the sizes where formats and programs have their limits: run by tests/long.
#
# What takes long, and how much memory it takes, is told beside the tests (on descriptor 3).
bats_require_minimum_version 1.5.0
load ../lib/spool
load ../lib/memory

NIGHT=$(TZ=America/New_York date +%F)

tell() {
	echo "# $*" >&3
}

# timed TITLE COMMAND...: its seconds are told.
timed() {
	local title=$1 begin=$EPOCHREALTIME
	shift
	"$@" || return
	tell "$title: $(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $begin }") s"
}

# need GIGABYTES: free, where the spool is.
need() {
	local free
	free=$(df --output=avail -B 1G "$T" | tail -n 1)
	[ "$free" -ge "$1" ] || {
		echo "$1 GB have to be free in $T, not $free"
		return 1
	}
}

night_is_made() {
	edelivery archive run >"$T/made.txt"
}

archive_of() { # AVRS-ID NAME
	find "$ROOT/archives" -path "*/$1/*_$2"
}

# The letters of AVRS IDs from 100000001 on: EFT_1.pdf... each, and a trade file where it is asked for.
drop_many() { # AVRS-IDS LETTERS [TRADE-FILES]
	python3 - "$ROOT/drop" "$@" <<-'PYTHON'
		import os, sys
		drop, ids, letters, trade = sys.argv[1], *map(int, (sys.argv[2:] + ["0"])[:3])
		for avrs_id in range(100000001, 100000001 + ids):
		    os.makedirs(f"{drop}/{avrs_id}/trade-files", exist_ok=True)
		    names = [f"EFT_{i}.pdf" for i in range(1, letters + 1)]
		    names += [f"trade-files/RA_{i}.txt" for i in range(1, trade + 1)]
		    for name in names:
		        with open(f"{drop}/{avrs_id}/{name}", "w") as file:
		            file.write(f"%PDF-1.4\n% {name} of {avrs_id}\nstartxref\n0\n%%EOF\n")
	PYTHON
}

# Of each letter in the zip, by each program: its bytes are those that were posted.
expect_letters() { # ZIP NAME...
	local zip=$1 name hash program
	shift
	for name; do
		hash=$(openssl sha256 -r <"$(find "$ROOT/letters" -name "*_$name")")
		for program in 'unzip -p' 'bsdtar -xOf' '7z x -so -bd' read_by_python; do
			[ "$($program "$zip" "$name" | openssl sha256 -r)" = "$hash" ] || {
				echo "$program has another $name"
				return 1
			}
		done
	done
}

read_by_python() { # ZIP NAME
	python3 -c 'import shutil, sys, zipfile; shutil.copyfileobj(zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]), sys.stdout.buffer, 1 << 20)' "$@"
}

@test "a zip over 4 GiB, with a letter of 4 GiB and others behind it, is opened by unzip, bsdtar, 7z and Python" {
	need 11
	spool_make archive.reserve=0
	master 123456789 mary
	mkdir -p "$ROOT/drop/123456789/trade-files"
	cd "$ROOT/drop/123456789/trade-files"
	# Sparse. The first is stored for what it begins with, so that the second, deflated, begins behind 4 GiB.
	head -c 1M /dev/urandom >.stored.dat
	truncate -s 4G .stored.dat
	truncate -s 256M .zeros.dat
	spool_up
	mv .stored.dat stored.dat
	wait_for 150 letters_are 1 posted
	mv .zeros.dat zeros.dat
	wait_for 60 letters_are 2 posted
	cd "$T"
	drop_trade_file 123456789 last.835
	until_posted 3
	timed 'made' night_is_made
	zip=$(archive_of 123456789 "trade-files-$NIGHT.zip")
	[ "$(stat -c %s "$zip")" -gt $((4 << 30)) ]
	timed 'verified' edelivery archive verify
	unzip -Zl "$zip" | grep -q '^-.* 4294967296 .* stor .* stored.dat$'
	unzip -Zl "$zip" | grep -q '^-.* 268435456 .* defN .* zeros.dat$'
	[ "$(bsdtar -tvf "$zip" | awk '{ print $5, $9 }' | head -n 2 | paste -s -d ' ')" = '4294967296 stored.dat 268435456 zeros.dat' ]
	[ "$(7z l -ba -slt "$zip" | grep -c '^Size = 4294967296$')" = 1 ]
	timed 'read by four programs' expect_letters "$zip" stored.dat zeros.dat last.835
	# By a client, whose receipt is for more bytes than 32 bits count.
	echo "get /123456789/archives/trade-files-$NIGHT.zip $T/got.zip" | timed 'fetched' sftp_as mary
	cmp "$zip" "$T/got.zip"
	wait_for 10 received 1
}

received() { # LETTER
	edelivery letter show "$1" | grep -q ' received by mary '
}

@test "a zip of 70,000 letters is opened by unzip, bsdtar, 7z and Python, and each letter is right" {
	spool_make archive.reserve=0
	master 100000001
	drop_many 1 70000
	watchd
	timed 'posted' wait_for 120 letters_are 70000 posted
	watchd_stop
	timed 'made' night_is_made
	zip=$(archive_of 100000001 "edelivery-$NIGHT.zip")
	timed 'verified' edelivery archive verify
	timed 'by unzip' unzip -tqq "$zip"
	timed 'by 7z' 7z t -bd "$zip" >/dev/null
	timed 'by Python' python3 -c 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None and len(z.namelist()) == 70002' "$zip"
	mkdir "$T/opened"
	timed 'by bsdtar' bsdtar -xf "$zip" -C "$T/opened"
	[ "$(wc -l <"$T/opened/SHA256SUMS")" = 70000 ]
	(cd "$T/opened" && sha256sum --quiet --strict -c SHA256SUMS)
	# The sums are those of what was posted.
	find "$ROOT/letters" -type f -exec sha256sum {} + | sed 's# .*/[0-9]*_#  #' | sort >"$T/posted"
	sort "$T/opened/SHA256SUMS" | cmp - "$T/posted"
}

@test "5,000 AVRS IDs for one clearinghouse: their archives, and one bundle by its rights (R5)" {
	spool_make archive.reserve=0
	{
		echo avrs_id,npi,name,kind
		printf '%d,,,billing\n' {100000001..100005000}
	} >"$T/providers.csv"
	edelivery provider import "$T/providers.csv" >/dev/null
	account agency
	account house
	edelivery account set house --bundle yes
	# 10,000 roles, which would take as many commands: the agency is master of all, the house a clerk.
	python3 - "$ROOT/catalog/catalog.db" <<-'PYTHON'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		for login, role in (("agency", "'master'"), ("house", "CASE WHEN CAST(avrs_id AS INTEGER) % 2 = 0"
		                    " THEN 'e-delivery-only' ELSE 'includes-e-delivery' END")):
		    db.execute("INSERT INTO membership (account_id, avrs_id, role, mark, trade_files_after, granted, changed)"
		               f" SELECT (SELECT id FROM account WHERE login = ?), avrs_id, {role}, 0, 0, 0, 0 FROM provider",
		               (login,))
		db.commit()
	PYTHON
	drop_many 5000 2 1
	spool_up
	timed '15,000 letters posted' wait_for 120 letters_are 15000 posted
	begin=$SECONDS
	memory=$(peak "$BIN/edelivery-archive" -c "$EDELIVERY_CONF")
	tell "10,000 archives and a bundle made: $((SECONDS - begin)) s, $memory MiB in all processes"
	[ "$(edelivery archive list --json | grep -c '"state":"ready"')" = 10001 ]
	[ "${memory%.*}" -le 64 ]
	timed 'verified' edelivery archive verify
	timed 'listed by the house' expect_listing house /archives "bundle-$NIGHT.zip"
	echo "get /archives/bundle-$NIGHT.zip $T/bundle.zip" | timed 'fetched' sftp_as house
	mkdir "$T/opened"
	unzip -q "$T/bundle.zip" -d "$T/opened"
	(cd "$T/opened" && sha256sum --quiet --strict -c SHA256SUMS)
	[ "$(wc -l <"$T/opened/SHA256SUMS")" = 12500 ]
	[ -z "$(find "$T/opened" -path '*[02468]/RA_1.txt')" ]
	[ "$(find "$T/opened" -path '*[13579]/RA_1.txt' | wc -l)" = 2500 ]
	# A right that goes takes the bundle; what is left comes back under another name.
	edelivery role revoke house 100000001
	expect_listing house /archives ''
	timed 'a bundle of the rest made' night_is_made
	expect_listing house /archives "bundle-$NIGHT-r2.zip"
	[ "$(bsdtar -tf "$(find "$ROOT/archives/bundles" -name '*-r2.zip')" | wc -l)" = $((12500 - 3 + 2)) ]
}
