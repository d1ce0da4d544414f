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
