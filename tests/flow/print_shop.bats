#!/usr/bin/env bats
# The print shop fetches what is to be printed, and says by removing it that it has it (R2).
bats_require_minimum_version 1.5.0
load ../lib/spool

@test "a print shop fetches the letters on paper, and hands over what it fetched (R2)" {
	spool_start
	provider 123456789 --npi 1234567893 --name 'Elm Street, Clinic'
	master 200000002
	account shop --print-shop
	drop 123456789 EFT_1.pdf PA_2.pdf
	until_on_paper 2
	today=$(TZ=America/New_York date +%F)
	one=$(printed EFT_1.pdf) two=$(printed PA_2.pdf)
	expect_listing shop / 'STATUS.txt new paper publications'
	expect_listing shop /paper "$today"
	expect_listing shop "/paper/$today" "$(printf '%s\n' "$one" "$two" manifest.csv | sort | paste -s -d ' ')"
	expect_same shop "/paper/$today/$one" "$T/made/123456789/EFT_1.pdf"
	echo "get /paper/$today/manifest.csv $T/manifest.csv" | sftp_as shop
	grep -q "^$one,123456789,1234567893,\"Elm Street, Clinic\",EFT,.*,queued," "$T/manifest.csv"
	grep -q "^$two," "$T/manifest.csv"
	# Only the first was fetched; rm * is no mistake for all that.
	printf '%s\n' "rm /paper/$today/*" | sftp_as shop
	expect_listing shop "/paper/$today" "$two manifest.csv"
	edelivery letter show "${one%%_*}" | grep -q '^paper: handed-over'
	edelivery letter show "${one%%_*}" | grep -q 'letter.handed-over *account shop'
	edelivery letter show "${one%%_*}" | grep -q 'received by shop'
	status_is paper_queued 1
	# What the next night brings is listed beside it; what is done with is not.
	drop 123456789 EFT_3.pdf
	until_on_paper 2
	three=$(printed EFT_3.pdf)
	mkdir "$T/printed"
	printf '%s\n' "cd /paper/$today" "get * $T/printed/" 'rm *' 'ls' | sftp_as shop
	cmp "$T/printed/$two" "$T/made/123456789/PA_2.pdf"
	cmp "$T/printed/$three" "$T/made/123456789/EFT_3.pdf"
	expect_listing shop /paper ''
	letters_are 3 handed-over
	status_is paper_queued 0
	# On disk all of it stays.
	[ "$(find "$ROOT/paper/$today" -name '*_*.pdf' | wc -l)" = 3 ]
}

# printed NAME: what the file of that letter is called in paper/.
printed() {
	basename "$(find "$ROOT/paper" -name "[0-9]*_$1")"
}

@test "paper is nobody's but the print shop's, and is gone for who is none any more (R2)" {
	spool_start
	provider 123456789
	account shop --print-shop
	account ann
	drop 123456789 EFT_1.pdf
	until_on_paper 1
	today=$(TZ=America/New_York date +%F)
	one=$(printed EFT_1.pdf)
	expect_no_such_file ann /paper
	expect_no_such_file ann "/paper/$today/$one"
	expect_no_such_file shop /paper/2019-03-27
	run ! sftp_as shop <<<"rm /STATUS.txt"
	run ! sftp_as shop <<<"rmdir /paper/$today"
	edelivery account set shop --print-shop no
	expect_no_such_file shop /paper
}

@test "the day after, all that is to be printed is one file, and removing it hands all of it over (R2)" {
	BIN=$FAULT_PROGRAMS
	spool_make
	provider 123456789
	provider 234567890
	account shop --print-shop
	EDELIVERY_CLOCK=2026-03-02T15:00:00Z spool_up
	drop 123456789 EFT_1.pdf 'PA_Grüße 2.pdf'
	drop 234567890 EFT_1.pdf
	until_on_paper 3
	spool_stop
	EDELIVERY_CLOCK=2026-03-03T15:00:00Z spool_up
	wait_for 10 test -f "$ROOT/paper/2026-03-02/paper-2026-03-02.zip"
	drop 123456789 EFT_3.pdf
	until_on_paper 4
	expect_listing shop /paper '2026-03-02 2026-03-03'
	# Not fetched, so not handed over.
	sftp_as shop <<<'rm /paper/2026-03-02/paper-2026-03-02.zip'
	letters_are 0 handed-over
	sftp_as shop <<<"get /paper/2026-03-02/paper-2026-03-02.zip $T/paper.zip"
	python3 -m zipfile -e "$T/paper.zip" "$T/unpacked"
	cmp "$T/unpacked/123456789/EFT_1.pdf" "$T/made/123456789/EFT_1.pdf"
	cmp "$T/unpacked/123456789/PA_Grüße 2.pdf" "$T/made/123456789/PA_Grüße 2.pdf"
	cmp "$T/unpacked/234567890/EFT_1.pdf" "$T/made/234567890/EFT_1.pdf"
	[ "$(wc -l <"$T/unpacked/MANIFEST.csv")" = 4 ]
	sftp_as shop <<<'rm /paper/2026-03-02/paper-2026-03-02.zip'
	letters_are 3 handed-over
	expect_listing shop /paper 2026-03-03
	# It is made once.
	made=$(stat -c '%i %y' "$ROOT/paper/2026-03-02/paper-2026-03-02.zip")
	spool_stop
	EDELIVERY_CLOCK=2026-03-03T16:00:00Z spool_up
	sleep 0.5
	[ "$(stat -c '%i %y' "$ROOT/paper/2026-03-02/paper-2026-03-02.zip")" = "$made" ]
}

stopped() {
	[ "$(ps -o stat= -p "$WATCHD" | cut -c 1)" = T ]
}

@test "letters that are being taken at midnight are in the zip of their day (R2)" {
	BIN=$FAULT_PROGRAMS
	spool_make post.batch=6
	provider 123456789
	# Ten seconds before midnight in Connecticut.
	EDELIVERY_CLOCK=2026-03-03T04:59:50Z watchd
	drop 123456789 EFT_0.pdf
	until_on_paper 1
	watchd_stop
	# Six get their date, and no rows before the day is over, since there is much to hash; one waits.
	for i in 1 2 3 4 5 6 7; do
		pdf "$ROOT/drop/123456789/.tmp"
		truncate -s 60M "$ROOT/drop/123456789/.tmp"
		printf '%d\nstartxref\n0\n%%%%EOF\n' $i >>"$ROOT/drop/123456789/.tmp"
		mv "$ROOT/drop/123456789/.tmp" "$ROOT/drop/123456789/EFT_$i.pdf"
	done
	EDELIVERY_CLOCK=2026-03-03T04:59:57Z EDELIVERY_FAULT=watchd.routed=stop watchd
	wait_for 10 stopped
	sleep 4
	kill -CONT "$WATCHD"
	until_on_paper 8
	wait_for 20 test -f "$ROOT/paper/2026-03-02/paper-2026-03-02.zip"
	watchd_stop
	[ "$(find "$ROOT/paper/2026-03-02" -name '*_EFT_*.pdf' | wc -l)" = 7 ]
	[ "$(find "$ROOT/paper/2026-03-03" -name '*_EFT_*.pdf' | wc -l)" = 1 ]
	[ "$(python3 -m zipfile -l "$ROOT/paper/2026-03-02/paper-2026-03-02.zip" | grep -c '123456789/EFT_')" = 7 ]
}
