#!/usr/bin/env bats
# Night archives: exactly the night's letters, once, whatever happens; the same bytes each time.
#
# Covers: batch/archive_job.c batch/archive_crew.c
bats_require_minimum_version 1.5.0
load ../lib/spool

NIGHT=$(TZ=America/New_York date +%F)

# Where the file of the archive NAME of an AVRS ID is.
archive_of() { # AVRS-ID NAME
	find "$ROOT/archives" -path "*/$1/*_$2"
}

bundle_of() { # NAME
	find "$ROOT/archives/bundles" -name "*_$1" 2>/dev/null
}

# expect_in ARCHIVE 'NAMES': exactly these letters.
expect_in() {
	local seen
	seen=$(bsdtar -tf "$1" | grep -vxE 'MANIFEST.csv|SHA256SUMS' | sort | paste -s -d ' ')
	[ "$seen" = "$2" ] || {
		echo "in $1: $seen"
		echo "expected: $2"
		return 1
	}
}

# Every letter that was dropped is in the archive of its AVRS ID, byte for byte.
expect_content() { # ARCHIVE AVRS-ID
	rm -rf "$T/opened"
	mkdir "$T/opened"
	bsdtar -xf "$1" -C "$T/opened"
	(cd "$T/opened" && sha256sum --quiet --strict -c SHA256SUMS)
	local file
	for file in "$T/opened"/*; do
		case ${file##*/} in
		MANIFEST.csv | SHA256SUMS) ;;
		*) cmp "$file" "$T/made/$2/${file##*/}" ;;
		esac
	done
}

# Make the archives some DAYS from now, with the programs that have a test clock.
run_in_days() { # DAYS [OPTIONS...]
	EDELIVERY_CLOCK=$(date -u -d "now + $1 days" +%FT%TZ) "$FAULT_PROGRAMS/edelivery" archive run "${@:2}"
}

night_in_days() { # DAYS
	TZ=America/New_York date -d "now + $1 days" +%F
}

@test "a night: each AVRS ID's letters in one zip, trade files in another (R5), and a second run does nothing" {
	spool_make
	master 123456789
	master 222222222
	provider 333333333
	watchd
	drop 123456789 EFT_1.pdf EFT_2.pdf
	drop 222222222 EFT_3.pdf
	drop 333333333 EFT_4.pdf
	drop_trade_file 123456789 RA_1.835
	until_posted 4
	until_on_paper 1
	edelivery archive run | grep -qx "night $NIGHT: 3 archives made, of 4 letters, [0-9]* bytes"
	expect_in "$(archive_of 123456789 "edelivery-$NIGHT.zip")" 'EFT_1.pdf EFT_2.pdf'
	expect_in "$(archive_of 123456789 "trade-files-$NIGHT.zip")" RA_1.835
	expect_in "$(archive_of 222222222 "edelivery-$NIGHT.zip")" EFT_3.pdf
	expect_content "$(archive_of 123456789 "edelivery-$NIGHT.zip")" 123456789
	expect_content "$(archive_of 123456789 "trade-files-$NIGHT.zip")" 123456789
	[ "$(find "$ROOT/archives" -type f ! -name .lock | wc -l)" = 3 ]
	edelivery archive list --json | head -n 1 | grep -q "\"night\":\"$NIGHT\",\"avrs_id\":\"123456789\",\"class\":\"edelivery\",\"name\":\"edelivery-$NIGHT.zip\",\"state\":\"ready\",\"letters\":2"
	edelivery archive verify | grep -qx '3 archives are right'
	# Late letters go into the next night's.
	find "$ROOT/archives" -name "*.zip" -exec stat -c '%n %i %Y %s' {} + | sort >"$T/before"
	drop 123456789 EFT_5.pdf
	until_posted 5
	edelivery archive run | grep -q ': 0 archives made'
	find "$ROOT/archives" -name "*.zip" -exec stat -c '%n %i %Y %s' {} + | sort | cmp - "$T/before"
	watchd_stop
}

@test "a letter whose file is damaged stops its archive and no other, and is told of" {
	spool_make
	master 123456789
	master 222222222
	watchd
	drop 123456789 EFT_1.pdf
	drop 222222222 EFT_2.pdf
	until_posted 2
	watchd_stop
	file=$(find "$ROOT/letters" -name '*_EFT_1.pdf')
	chmod u+w "$file"
	echo 'x' >>"$file"
	run -1 edelivery archive run
	[[ $output == *'letter='*': its file is not what was posted'* ]]
	[ -z "$(archive_of 123456789 "edelivery-$NIGHT.zip")" ]
	expect_in "$(archive_of 222222222 "edelivery-$NIGHT.zip")" EFT_2.pdf
	cp "$T/made/123456789/EFT_1.pdf" "$file"
	edelivery archive run | grep -q ': 1 archives made'
	expect_in "$(archive_of 123456789 "edelivery-$NIGHT.zip")" EFT_1.pdf
	# And an archive that is damaged later is found.
	file=$(archive_of 222222222 "edelivery-$NIGHT.zip")
	chmod u+w "$file"
	echo 'x' >>"$file"
	run -1 edelivery archive verify --night "$NIGHT"
	[[ $output == *"222222222/edelivery-$NIGHT.zip: "*' bytes with SHA-256 '* ]]
	[[ $output == *'1 of 2 archives are not right'* ]]
}

@test "killed at each step of a run, the next one finishes: all letters, each once, nothing half" {
	local point
	for point in archive.collected=kill archive.bundled=kill archive.planned=kill \
		archive.page=kill archive.written=kill archive.written=kill@2 archive.durable=kill \
		archive.linked=kill archive.linked=kill@4 archive.synced=kill archive.ready=kill@2; do
		echo "killed at $point"
		ROOT=$T/spool-$point
		export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
		rm -rf "$T/made"
		spool_make archive.workers=1
		master 123456789
		master 222222222
		clerk house 123456789 includes-e-delivery
		clerk house 222222222 e-delivery-only
		edelivery account set house --bundle yes
		watchd
		drop 123456789 EFT_1.pdf EFT_2.pdf
		drop 222222222 EFT_3.pdf
		drop_trade_file 123456789 RA_1.835
		until_posted 4
		watchd_stop
		run env EDELIVERY_FAULT=$point "$FAULT_PROGRAMS/edelivery" archive run
		[ "$status" != 0 ]
		# Whatever is ready by now is whole; the rest nobody sees.
		edelivery archive verify
		edelivery archive run
		edelivery archive verify | grep -qx '4 archives are right'
		expect_in "$(archive_of 123456789 "edelivery-$NIGHT.zip")" 'EFT_1.pdf EFT_2.pdf'
		expect_in "$(archive_of 123456789 "trade-files-$NIGHT.zip")" RA_1.835
		expect_in "$(archive_of 222222222 "edelivery-$NIGHT.zip")" EFT_3.pdf
		expect_in "$(bundle_of "bundle-$NIGHT.zip")" \
			'123456789/EFT_1.pdf 123456789/EFT_2.pdf 123456789/RA_1.835 222222222/EFT_3.pdf'
		[ "$(find "$ROOT/archives" -type f ! -name .lock | wc -l)" = 4 ]
		edelivery archive run | grep -q ': 0 archives made'
	done
}

@test "killed while it signs or replaces, or with a write that fails, the next run finishes, too" {
	spool_make archive.workers=1
	master 111111111
	master 222222222
	clerk house 111111111 e-delivery-only
	clerk house 222222222 e-delivery-only
	edelivery account set house --bundle yes
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$ROOT/etc/agency.key" -out "$ROOT/etc/agency.pem" -days 2 \
		-subj /CN=agency -addext keyUsage=digitalSignature 2>/dev/null
	edelivery config set archive.key agency.key
	edelivery config set archive.certificate agency.pem
	watchd
	# Two letters of one name, which are two in the archive.
	drop 111111111 EFT_1.pdf
	until_posted 1
	cp "$T/made/111111111/EFT_1.pdf" "$T/first.pdf"
	drop 111111111 EFT_1.pdf
	drop 222222222 EFT_2.pdf
	until_posted 3
	watchd_stop
	local point
	for point in archive.signed=kill archive.signed=kill@2 file.write=fail@2 file.sync=fail; do
		echo "at $point"
		run -75 env EDELIVERY_FAULT=$point "$FAULT_PROGRAMS/edelivery" archive run
		edelivery archive verify
	done
	edelivery archive run
	edelivery archive verify | grep -qx '3 archives are right'
	expect_in "$(archive_of 111111111 "edelivery-$NIGHT.zip")" 'EFT_1.2.pdf EFT_1.pdf'
	unzip -p "$(archive_of 111111111 "edelivery-$NIGHT.zip")" EFT_1.pdf | cmp - "$T/first.pdf"
	unzip -p "$(archive_of 111111111 "edelivery-$NIGHT.zip")" EFT_1.2.pdf | cmp - "$T/made/111111111/EFT_1.pdf"
	edelivery role revoke house 222222222
	run -75 env EDELIVERY_FAULT=archive.removed=kill "$FAULT_PROGRAMS/edelivery" archive run
	edelivery archive run | grep -q ': 1 archives made, of 2 letters'
	edelivery archive verify | grep -qx '3 archives are right'
	expect_in "$(bundle_of "bundle-$NIGHT-r2.zip")" '111111111/EFT_1.2.pdf 111111111/EFT_1.pdf'
	# Each has its signature, and nothing is left of what was killed.
	[ "$(find "$ROOT/archives" -type f -name '*.zip' | wc -l)" = 3 ]
	[ "$(find "$ROOT/archives" -type f ! -name .lock | wc -l)" = 6 ]
}

@test "late letters are in the next night's, and a night that was missed is made up for" {
	spool_make
	master 123456789
	watchd
	drop 123456789 EFT_1.pdf
	until_posted 1
	edelivery archive run
	drop 123456789 EFT_2.pdf
	until_posted 2
	# Two nights pass without a run.
	run_in_days 3
	expect_in "$(archive_of 123456789 "edelivery-$(night_in_days 3).zip")" EFT_2.pdf
	# A night that has not begun is refused, one that has no letters makes nothing.
	run -1 edelivery archive run --night "$(night_in_days 1)"
	[[ $output == *'is yet to come'* ]]
	run -2 edelivery archive run --night 2026-02-30
	run_in_days 4 --night "$(night_in_days 2)" | grep -q ': 0 archives made'
	watchd_stop
}

@test "an account's bundle has a folder for each AVRS ID, by its rights (R5), in its format" {
	spool_make
	for id in 111111111 222222222 333333333; do
		master $id
	done
	clerk house 111111111 includes-e-delivery
	clerk house 222222222 e-delivery-only
	edelivery account set house --bundle yes --bundle-format tar.zst
	clerk other 333333333 includes-e-delivery
	edelivery account set other --bundle yes --bundle-format tar.gz
	watchd
	for id in 111111111 222222222 333333333; do
		drop $id EFT_1.pdf
		drop_trade_file $id RA_1.835
	done
	until_posted 6
	watchd_stop
	edelivery archive run --json >"$T/said"
	[ "$(grep -c '"avrs_id":null' "$T/said")" = 2 ]
	expect_in "$(bundle_of "bundle-$NIGHT.tar.zst")" '111111111/EFT_1.pdf 111111111/RA_1.835 222222222/EFT_1.pdf'
	expect_in "$(bundle_of "bundle-$NIGHT.tar.gz")" '333333333/EFT_1.pdf 333333333/RA_1.835'
	edelivery archive verify | grep -qx '8 archives are right'
	# An account that is removed takes its bundles with it.
	edelivery account remove house
	edelivery archive run
	[ -z "$(bundle_of "bundle-$NIGHT.tar.zst")" ]
	[ -n "$(bundle_of "bundle-$NIGHT.tar.gz")" ]
}

@test "when a right goes, the bundle is made again without what it showed, under another name" {
	spool_make
	master 111111111
	master 222222222
	clerk house 111111111 includes-e-delivery
	clerk house 222222222 includes-e-delivery
	edelivery account set house --bundle yes
	watchd
	drop 111111111 EFT_1.pdf
	drop_trade_file 111111111 RA_1.835
	drop 222222222 EFT_2.pdf
	until_posted 3
	watchd_stop
	edelivery archive run
	edelivery role grant house 111111111 e-delivery-only
	edelivery role revoke house 222222222
	edelivery archive run | grep -q ': 1 archives made, of 1 letters'
	expect_in "$(bundle_of "bundle-$NIGHT-r2.zip")" 111111111/EFT_1.pdf
	[ -z "$(bundle_of "bundle-$NIGHT.zip")" ]
	edelivery role revoke house 111111111
	edelivery archive run | grep -q ': 0 archives made'
	[ -z "$(find "$ROOT/archives/bundles" -name '*.zip')" ]
}

@test "a right that goes while the archives are made: the bundle is not listed, and comes back without it" {
	spool_start
	master 111111111
	master 222222222
	clerk house 111111111 e-delivery-only
	clerk house 222222222 e-delivery-only
	edelivery account set house --bundle yes
	drop 111111111 EFT_1.pdf
	drop 222222222 EFT_2.pdf
	until_posted 2
	EDELIVERY_FAULT=archive.planned=stop "$FAULT_PROGRAMS/edelivery-archive" -c "$EDELIVERY_CONF" >"$T/first" 2>&1 3>&- &
	first=$!
	wait_for 10 stopped $first
	edelivery role revoke house 222222222
	kill -CONT $first
	wait $first
	expect_listing house /archives ''
	expect_no_such_file house "/archives/bundle-$NIGHT.zip"
	edelivery archive run
	expect_listing house /archives "bundle-$NIGHT-r2.zip"
	expect_in "$(bundle_of "bundle-$NIGHT-r2.zip")" 111111111/EFT_1.pdf
}

@test "on a terminal a run shows letters, bytes and the time left; elsewhere one line" {
	spool_make
	master 123456789
	watchd
	drop 123456789 EFT_1.pdf
	drop 123456789 EFT_2.pdf
	until_posted 2
	watchd_stop
	EDELIVERY_FAULT=archive.written=stop script -qfc "'$FAULT_PROGRAMS/edelivery' archive run" "$T/terminal" >/dev/null 2>&1 3>&- &
	terminal=$!
	wait_for 10 grep -q '2 of 2 letters, 0 of 0 MB, 0:00 left' "$T/terminal"
	worker=$(pgrep -f "edelivery-archive --worker $EDELIVERY_CONF")
	wait_for 10 stopped "$worker"
	kill -CONT "$worker"
	wait $terminal
	grep -q "night $NIGHT: 1 archives made, of 2 letters" "$T/terminal"
	run --separate-stderr edelivery archive run
	[ "$output" = "night $NIGHT: 0 archives made, of 0 letters, 0 bytes" ]
	# shellcheck disable=SC2154 # run sets it
	[[ $stderr != *left* ]]
}

@test "two runs exclude each other" {
	spool_make
	master 123456789
	watchd
	drop 123456789 EFT_1.pdf
	until_posted 1
	watchd_stop
	EDELIVERY_FAULT=archive.planned=stop "$FAULT_PROGRAMS/edelivery-archive" -c "$EDELIVERY_CONF" >"$T/first" 2>&1 3>&- &
	first=$!
	wait_for 10 stopped $first
	# It is in nobody's way: postings and downloads go first.
	[ "$(ps -o ni= -p $first)" -eq 10 ]
	run -75 edelivery archive run
	[[ $output == *"archives/.lock is held by edelivery-archive, process $first"* ]]
	kill -CONT $first
	wait $first
	expect_in "$(archive_of 123456789 "edelivery-$NIGHT.zip")" EFT_1.pdf
}

stopped() {
	[ "$(ps -o stat= -p "$1" | cut -c 1)" = T ]
}

@test "without room for all of it nothing is begun; with room again it is made" {
	spool_make archive.reserve=1024G
	master 123456789
	watchd
	drop 123456789 EFT_1.pdf
	until_posted 1
	watchd_stop
	run -75 edelivery archive run
	[[ $output == *'archives: no space: up to 1 MB are needed and 0 MB are free beside archive.reserve'* ]]
	[ -z "$(find "$ROOT/archives" -type f ! -name .lock)" ]
	edelivery config set archive.reserve 0
	edelivery archive run
	expect_in "$(archive_of 123456789 "edelivery-$NIGHT.zip")" EFT_1.pdf
}

@test "edelivery up makes them at archive.at, and when it starts those of a night that was missed" {
	spool_make
	master 123456789
	watchd
	drop 123456789 EFT_1.pdf
	until_posted 1
	watchd_stop
	# The next full minute that is at least 10 seconds away; up believes that it is 2 seconds before.
	soon=$((($(date +%s) + 10) / 60 * 60 + 60))
	edelivery config set archive.at "$(TZ=America/New_York date -d "@$soon" +%H:%M)"
	BIN=$FAULT_PROGRAMS
	EDELIVERY_CLOCK=$(date -u -d "@$((soon - 2))" +%FT%TZ) spool_up
	wait_for 20 grep -q 'archive=1 made' "$T/up.log"
	spool_stop
	expect_in "$(find "$ROOT/archives" -name '*.zip')" EFT_1.pdf
	BIN=$PROGRAMS
	watchd
	drop 123456789 EFT_2.pdf
	until_posted 2
	watchd_stop
	BIN=$FAULT_PROGRAMS
	EDELIVERY_CLOCK=$(date -u -d "@$((soon + 3 * 86400 + 7200))" +%FT%TZ) spool_up
	wait_for 20 grep -q 'archive=2 made' "$T/up.log"
	expect_in "$(archive_of 123456789 "edelivery-$(TZ=America/New_York date -d "@$((soon + 3 * 86400 + 7200))" +%F).zip")" EFT_2.pdf
}

# --- what accounts see of them

receipts_are() { # COUNT LOGIN
	[ "$(for id in $(seq 1 "$LETTERS"); do edelivery letter show "$id"; done | grep -c " received by $2 ")" = "$1" ]
}

@test "night falls: 300 AVRS IDs, the timer's job; a clearinghouse and a provider get exactly theirs" {
	spool_make
	{
		echo avrs_id,npi,name,kind
		for id in {100000001..100000300}; do
			echo "$id,,,billing"
		done
	} >"$T/providers.csv"
	edelivery provider import "$T/providers.csv" >/dev/null
	account house
	edelivery account set house --bundle yes
	account clinic --master-of 100000007
	for id in {100000001..100000300}; do
		[ "$id" = 100000007 ] || account "m$id" --master-of "$id"
		edelivery role grant house "$id" e-delivery-only >/dev/null
	done
	edelivery role revoke house 100000300
	spool_up
	# A letter for each, a second one for some, and trade files that the clearinghouse may not see (R5).
	for id in {100000001..100000300}; do
		drop "$id" "EFT_$id.pdf"
	done
	drop 100000007 PA_2.pdf
	drop 100000200 PA_2.pdf
	drop_trade_file 100000007 RA_1.835
	LETTERS=303
	until_posted $LETTERS
	"$BIN/edelivery-archive" -c "$EDELIVERY_CONF" | grep -qx "night $NIGHT: 302 archives made, of 604 letters, [0-9]* bytes"

	# The clearinghouse's job, as it stands in its crontab: one file, and its letters.
	expect_listing house /archives "bundle-$NIGHT.zip"
	echo "get /archives/bundle-$NIGHT.zip $T/night.zip" | sftp_as house
	unzip -tqq "$T/night.zip"
	mkdir "$T/house"
	unzip -q "$T/night.zip" -d "$T/house"
	(cd "$T/house" && sha256sum --quiet --strict -c SHA256SUMS)
	rm -r "$T/made/100000300" "$T/made/100000007/RA_1.835"
	mv "$T/house/MANIFEST.csv" "$T/house/SHA256SUMS" "$T"
	diff -r "$T/house" "$T/made"
	[ "$(wc -l <"$T/MANIFEST.csv")" = 302 ]
	wait_for 10 receipts_are 301 house

	# The provider's, without knowing what there is.
	mkdir "$T/clinic"
	echo "get -r /100000007/archives/* $T/clinic" | sftp_as clinic
	[ "$(cd "$T/clinic" && echo *)" = "edelivery-$NIGHT.zip trade-files-$NIGHT.zip" ]
	expect_in "$T/clinic/edelivery-$NIGHT.zip" 'EFT_100000007.pdf PA_2.pdf'
	expect_in "$T/clinic/trade-files-$NIGHT.zip" RA_1.835
	expect_content "$T/clinic/edelivery-$NIGHT.zip" 100000007
	wait_for 10 receipts_are 3 clinic
	# Receipts tell who got it; what is new is for each to say.
	expect_listing clinic /100000007/new 'EFT_100000007.pdf PA_2.pdf RA_1.835'

	# Nobody else's, and no trade files for the clearinghouse.
	expect_no_such_file clinic "/100000008/archives/edelivery-$NIGHT.zip"
	expect_listing house /100000007/archives "edelivery-$NIGHT.zip"
	expect_no_such_file house "/100000007/archives/trade-files-$NIGHT.zip"
	expect_no_such_file house "/100000300/archives/edelivery-$NIGHT.zip"
	expect_listing m100000001 / '100000001 STATUS.txt new publications'
	expect_no_such_file m100000001 "/archives/bundle-$NIGHT.zip"
}

@test "a bundle vanishes with a right that it takes, and a session that reads it ends" {
	spool_start
	master 111111111
	master 222222222
	clerk house 111111111 e-delivery-only
	clerk house 222222222 e-delivery-only
	edelivery account set house --bundle yes
	drop 111111111 EFT_1.pdf
	drop 222222222 EFT_2.pdf
	until_posted 2
	edelivery archive run
	expect_listing house /archives "bundle-$NIGHT.zip"
	paramiko_as house 3>&- <<-EOT &
		import time
		with sftp.open("/archives/bundle-$NIGHT.zip") as f:
		    f.read(10)
		    open("$T/reads", "w").close()
		    time.sleep(30)
	EOT
	reader=$!
	wait_for 10 test -e "$T/reads"
	edelivery role revoke house 222222222
	wait_for 5 grep -q 'login=house reason="the right to a file that it had open was withdrawn"' "$T/up.log"
	kill "$reader"
	wait "$reader" || true
	expect_listing house /archives ''
	edelivery archive run
	expect_listing house /archives "bundle-$NIGHT-r2.zip"
	echo "get /archives/bundle-$NIGHT-r2.zip $T/again.zip" | sftp_as house
	expect_in "$T/again.zip" 111111111/EFT_1.pdf
}

@test "with archive.acknowledges an archive that was got whole is acknowledged, resumed or not" {
	spool_start archive.acknowledges=yes
	master 123456789 mary
	drop_big 123456789 big.pdf 3000000
	drop 123456789 EFT_1.pdf
	until_posted 2
	edelivery archive run
	LETTERS=2
	expect_listing mary /123456789/new 'EFT_1.pdf big.pdf'
	path=/123456789/archives/trade-files-$NIGHT.zip
	curl_as mary "$path" -r 0-1999999 -o "$T/half.zip"
	sleep 0.5
	receipts_are 0 mary
	echo "reget $path $T/half.zip" | sftp_as mary
	unzip -tqq "$T/half.zip"
	wait_for 5 receipts_are 1 mary
	expect_listing mary /123456789/new EFT_1.pdf
	edelivery letter show 1 | grep -q 'received by mary from 127.0.0.1.*OpenSSH' ||
		edelivery letter show 2 | grep -q 'received by mary from 127.0.0.1.*OpenSSH'
}

@test "with a certificate each archive has a signature beside it, which plain openssl verifies" {
	spool_start
	master 123456789 mary
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$ROOT/etc/agency.key" -out "$ROOT/etc/agency.pem" -days 2 \
		-subj /CN=agency -addext keyUsage=digitalSignature 2>/dev/null
	edelivery config set archive.certificate agency.pem
	drop 123456789 EFT_1.pdf
	until_posted 1
	run -1 edelivery archive run
	[[ $output == *'archive.certificate and archive.key are set both, or neither'* ]]
	edelivery config set archive.key agency.key
	edelivery archive run
	edelivery archive verify
	edelivery archive list --json | grep -q '"signed":true'
	name=edelivery-$NIGHT.zip
	expect_listing mary /123456789/archives "$name $name.p7s"
	echo "get /123456789/archives/$name* $T" | sftp_as mary
	openssl cms -verify -binary -inform DER -in "$T/$name.p7s" -content "$T/$name" -CAfile "$ROOT/etc/agency.pem" -out /dev/null
	# The key is nobody's but the job's: no other program opens it.
	chmod 000 "$ROOT/etc/agency.key"
	edelivery archive verify
	expect_listing mary /123456789/archives "$name $name.p7s"
	drop 123456789 EFT_2.pdf
	until_posted 2
	run -1 run_in_days 1
	[[ $output == *'archive.key: open'*'Permission denied'* ]]
	# What is made again is signed again, and the old signature goes with the old archive.
	chmod 400 "$ROOT/etc/agency.key"
	run_in_days 1
	expect_listing mary /123456789/archives "$(echo "$name" "$name.p7s" "edelivery-$(night_in_days 1).zip"{,.p7s} | tr ' ' '\n' | sort | paste -s -d ' ')"
}
