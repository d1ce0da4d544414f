#!/usr/bin/env bats
# A client that has lost its copies gets them again: acknowledged letters are renewed.
# shellcheck disable=SC2154 # bats sets status, output and stderr
bats_require_minimum_version 1.5.0
load ../lib/spool

# acknowledge_all LOGIN
acknowledge_all() {
	mkdir -p "$T/inbox"
	printf '%s\n' "get /new/* $T/inbox/" 'rm /new/*' | sftp_as "$1" >/dev/null
	expect_listing "$1" /new ''
}

@test "a letter is renewed by its name, for one account, and has to be opened again" {
	spool_start
	master 123456789 mary
	clerk carl 123456789 e-delivery-only
	drop 123456789 EFT_1.pdf EFT_2.pdf
	drop_trade_file 123456789 RA_1.835
	until_posted 3
	acknowledge_all mary
	acknowledge_all carl
	[ "$(edelivery letter renew mary 123456789 EFT_1.pdf RA_1.835)" = '2 letters of 123456789 are new to mary again' ]
	expect_listing mary /new '123456789_EFT_1.pdf 123456789_RA_1.835'
	expect_listing mary /123456789/new 'EFT_1.pdf RA_1.835'
	expect_listing carl /new ''
	# It was opened before, not since: rm leaves it there.
	echo 'rm /new/*' | sftp_as mary
	expect_listing mary /new '123456789_EFT_1.pdf 123456789_RA_1.835'
	[ "$(edelivery letter renew mary 123456789 EFT_1.pdf)" = '0 letters of 123456789 are new to mary again' ]
	expect_same mary /new/123456789_EFT_1.pdf "$T/made/123456789/EFT_1.pdf"
	echo 'rm /new/*' | sftp_as mary
	expect_listing mary /new '123456789_RA_1.835'
	acknowledge_all mary
	edelivery letter show 1 | grep -q "letter.renewed *operator .* mary"
}

@test "all letters are renewed, or those since a day; names of others are refused (R5)" {
	spool_start
	master 123456789 mary
	clerk carl 123456789 e-delivery-only
	drop 123456789 EFT_1.pdf EFT_2.pdf
	drop_trade_file 123456789 RA_1.835
	until_posted 3
	acknowledge_all mary
	acknowledge_all carl
	run --separate-stderr edelivery letter renew carl 123456789 EFT_1.pdf RA_1.835
	[ "$status" = 1 ]
	[[ $stderr == *'carl sees no letter RA_1.835 at 123456789' ]]
	expect_listing carl /new ''
	edelivery letter renew carl 123456789 --since 2099-01-01
	expect_listing carl /new ''
	edelivery letter renew carl 123456789 --since 2019-03-27
	expect_listing carl /new '123456789_EFT_1.pdf 123456789_EFT_2.pdf'
	edelivery letter renew mary 123456789 --all
	expect_listing mary /new '123456789_EFT_1.pdf 123456789_EFT_2.pdf 123456789_RA_1.835'
}

@test "an account that acknowledges by reading reads a renewed letter again" {
	spool_start
	master 123456789 mary
	edelivery account set mary --ack on-read
	drop_big 123456789 BIG_1.pdf 300000
	until_posted 1
	expect_same mary /new/123456789_BIG_1.pdf "$T/made/123456789/BIG_1.pdf"
	wait_for 5 expect_listing mary /new ''
	edelivery letter renew mary 123456789 --all
	# A part of it is not all of it, whatever was received before.
	paramiko_as mary <<-'END'
		with sftp.open('/new/123456789_BIG_1.pdf') as file:
		    file.read(1000)
	END
	expect_listing mary /new 123456789_BIG_1.pdf
	expect_same mary /new/123456789_BIG_1.pdf "$T/made/123456789/BIG_1.pdf"
	wait_for 5 expect_listing mary /new ''
}

@test "what to renew is said in exactly one way" {
	spool_make
	master 123456789 mary
	for words in '' '--all --since 2024-05-01' '--all EFT_1.pdf' '--since 2024-05-01 EFT_1.pdf'; do
		# shellcheck disable=SC2086 # words
		run edelivery letter renew mary 123456789 $words
		[ "$status" = 2 ]
	done
	run edelivery letter renew mary 123456789 --since yesterday
	[ "$status" = 2 ]
	[[ $output == *'is not a date'* ]]
	run edelivery letter renew mary 999999999 --all
	[ "$status" = 1 ]
	[[ $output == *'no role at 999999999'* ]]
	run edelivery letter renew nobody 123456789 --all
	[ "$status" = 1 ]
}
