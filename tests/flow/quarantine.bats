#!/usr/bin/env bats
# The operator's half of posting: files are dropped and waited for, and come out of quarantine again.
# Covers: admin/outcome.c admin/quarantine_wish.c
# shellcheck disable=SC2154 # bats sets status, output and stderr
bats_require_minimum_version 1.5.0
load ../lib/spool

# outcome_of NAME: what the JSON in $output says became of it.
outcome_of() {
	sed -n "s/.*\"name\":\"$1\",\"outcome\":\"\([a-z]*\)\".*/\1/p" <<<"$output"
}

id_of() { # NAME, in quarantine
	edelivery quarantine list --json | sed -n "s/^{\"id\":\([0-9]*\),.*\"name\":\"$1\".*/\1/p"
}

was_released() { # ID
	edelivery letter show "$1" | grep -q letter.released
}

@test "a job that waits is told what became of each file" {
	spool_start
	master 123456789
	provider 234567890
	pdf "$T/EFT_1.pdf"
	echo 'no PDF' >"$T/EFT_2.pdf"
	run edelivery drop --wait --json 123456789 "$T/EFT_1.pdf" "$T/EFT_2.pdf"
	[ "$status" = 1 ]
	[ "$(outcome_of EFT_1.pdf)" = posted ]
	[ "$(outcome_of EFT_2.pdf)" = quarantined ]
	expect_same m123456789 /123456789/edelivery/EFT_1.pdf "$T/EFT_1.pdf"
	# The same again is no other letter, and no failure.
	run edelivery drop --wait --json 123456789 "$T/EFT_1.pdf"
	[ "$status" = 0 ]
	[ "$(outcome_of EFT_1.pdf)" = duplicate ]
	run edelivery drop --wait --json 234567890 "$T/EFT_1.pdf"
	[ "$status" = 0 ]
	[ "$(outcome_of EFT_1.pdf)" = paper ]
	[[ $output == *'(R2)'* ]]
	# A trade file that nobody may see waits, and the job is told why.
	x12 "$T/ra.835"
	run edelivery drop --wait --timeout 1s --json --trade-file 234567890 "$T/ra.835"
	[ "$status" = 75 ]
	[ "$(outcome_of ra.835)" = held ]
	[[ $output == *'no account may see'* ]]
}

@test "what could not be taken is not dropped at all" {
	spool_start
	master 123456789
	pdf "$T/EFT_1.pdf"
	pdf "$T/NOSUCH_1.pdf"
	mkdir "$T/twice"
	pdf "$T/twice/EFT_1.pdf"
	for wrong in "$T/NOSUCH_1.pdf" "$T/EFT_none.pdf" "$T/twice" "$T/twice/EFT_1.pdf"; do
		run --separate-stderr edelivery drop 123456789 "$T/EFT_1.pdf" "$wrong"
		[ "$status" = 1 ]
		[[ $stderr == *'nothing is dropped'*"$wrong"* ]] || { echo "$stderr"; return 1; }
	done
	run --separate-stderr edelivery drop 999999999 "$T/EFT_1.pdf"
	[ "$status" = 1 ]
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[ ! -e "$ROOT/drop/999999999" ]
	edelivery drop 123456789 "$T/EFT_1.pdf"
	until_posted 1
	sleep 0.3
	letters_are 1 posted
}

@test "a refused file is released once the cause is mended, and keeps its id" {
	spool_start
	master 123456789
	drop 123456789 NEWTYPE_1.pdf
	until_quarantined NEWTYPE_1.pdf 'unknown letter type'
	edelivery quarantine list | grep -q 'NEWTYPE_1.pdf.*unknown letter type'
	id=$(id_of NEWTYPE_1.pdf)
	# Not mended yet: it is looked at, and refused again.
	run edelivery quarantine release --json "$id"
	[ "$status" = 1 ]
	[ "$(outcome_of NEWTYPE_1.pdf)" = quarantined ]
	until_quarantined NEWTYPE_1.pdf 'unknown letter type'
	spool_stop
	cat >>"$ROOT/etc/letter-types.conf" <<-END
		letter-type NEWTYPE {
		  title = "a type that the agency added"
		  effective = 2019-03-27
		  audience = {billing, trading-partner}
		  format = pdf
		}
	END
	spool_up
	edelivery quarantine release "$id"
	expect_same m123456789 /123456789/edelivery/NEWTYPE_1.pdf "$T/made/123456789/NEWTYPE_1.pdf"
	edelivery letter show "$id" | grep -q letter.released
	edelivery letter show "$id" | grep -q quarantine.release-wanted
	[ -z "$(find "$ROOT/quarantine" -type f)" ]
	status_is quarantined 0
	expect_each_once 1
}

@test "a discarded file is gone, and its row says who wanted it" {
	spool_start
	master 123456789
	drop 123456789 NOSUCH_1.pdf NOSUCH_2.pdf
	until_quarantined NOSUCH_1.pdf 'unknown letter type'
	until_quarantined NOSUCH_2.pdf 'unknown letter type'
	id=$(id_of NOSUCH_1.pdf)
	# All of them, or none.
	run --separate-stderr edelivery quarantine discard "$id" 4711
	[ "$status" = 1 ]
	[[ $stderr == *'no file 4711 in quarantine'* ]]
	status_is quarantined 2
	edelivery quarantine discard "$id"
	[ -z "$(find "$ROOT/quarantine" -name '*NOSUCH_1*')" ]
	edelivery letter show "$id" | grep -q '^state  *discarded'
	edelivery letter show "$id" | grep -q 'operator .*'
	status_is quarantined 1
	[ "$(edelivery quarantine list --json | wc -l)" = 1 ]
}

@test "without watchd what is wanted waits, and is done when it is back" {
	spool_make
	master 123456789
	watchd
	drop 123456789 NOSUCH_1.pdf
	until_quarantined NOSUCH_1.pdf 'unknown letter type'
	watchd_stop
	id=$(id_of NOSUCH_1.pdf)
	run --separate-stderr edelivery quarantine discard --timeout 1s "$id"
	[ "$status" = 75 ]
	[[ $stderr == *'does edelivery-watchd run?'* ]]
	edelivery quarantine release --no-wait "$id"
	edelivery quarantine discard --no-wait "$id"
	watchd
	wait_for 10 status_is quarantined 0
	watchd_stop
	edelivery letter show "$id" | grep -q '^state  *discarded'
}

@test "killed while releasing or discarding, each file is in exactly one place" {
	BIN=$FAULT_PROGRAMS
	for fault in release.moved=kill release.moved=kill@2 release.removed=kill release.removed=kill@2; do
		echo "fault $fault"
		ROOT=$T/spool-$fault
		export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
		spool_make
		master 123456789
		watchd
		drop 123456789 NOSUCH_1.pdf NOSUCH_2.pdf
		until_quarantined NOSUCH_1.pdf 'unknown letter type'
		until_quarantined NOSUCH_2.pdf 'unknown letter type'
		watchd_stop
		ids=("$(id_of NOSUCH_1.pdf)" "$(id_of NOSUCH_2.pdf)")
		wish=discard
		[[ $fault == release.removed* ]] || wish=release
		edelivery quarantine $wish --no-wait "${ids[@]}"
		run env EDELIVERY_FAULT="$fault" "$BIN/edelivery-watchd" -c "$EDELIVERY_CONF" 3>&-
		[ "$status" = 137 ]
		watchd
		for i in 0 1; do
			name=NOSUCH_$((i + 1)).pdf
			if [ $wish = release ]; then
				# Looked at again, it is refused again.
				wait_for 10 was_released "${ids[i]}"
				until_quarantined "$name" 'unknown letter type'
				[ "$(id_of "$name")" = "${ids[i]}" ]
			else
				wait_for 10 status_is quarantined 0
			fi
			[ "$(find "$ROOT/quarantine" -name "*_$name" | wc -l)" = "$([ $wish = discard ]; echo $?)" ]
		done
		watchd_stop
		[ -z "$(find "$ROOT/drop" -type f)" ]
	done
}
