#!/usr/bin/env bats
# A dropped file is pulled by a real SFTP client, by role (R4, R5, R6, R9).
# Covers: server/listener.c server/zygote.c server/login.c server/session.c
bats_require_minimum_version 1.5.0
load ../lib/spool

@test "a master pulls the letter and the trade file that were dropped, byte for byte (R4, R9)" {
	spool_start
	master 123456789 mary
	drop 123456789 EFT_20190327_000123.pdf
	drop_trade_file 123456789 RA_0001.835
	until_posted 2
	expect_listing mary / '123456789 STATUS.txt new publications'
	expect_listing mary /123456789 'MANIFEST.csv STATUS.txt archives edelivery new trade-files'
	expect_listing mary /123456789/edelivery EFT_20190327_000123.pdf
	expect_listing mary /123456789/trade-files RA_0001.835
	expect_listing mary /new '123456789_EFT_20190327_000123.pdf 123456789_RA_0001.835'
	expect_same mary /123456789/edelivery/EFT_20190327_000123.pdf "$T/made/123456789/EFT_20190327_000123.pdf"
	expect_same mary /new/123456789_RA_0001.835 "$T/made/123456789/RA_0001.835"
}

@test "a clerk with the E-Delivery Only role sees letters and no trade files (R5)" {
	spool_start
	master 123456789
	clerk ann 123456789 e-delivery-only
	drop 123456789 EFT_a-1.pdf
	drop_trade_file 123456789 RA_0001.835
	until_posted 2
	expect_listing ann / '123456789 STATUS.txt new publications'
	expect_listing ann /123456789 'MANIFEST.csv STATUS.txt archives edelivery new'
	expect_listing ann /123456789/edelivery EFT_a-1.pdf
	expect_listing ann /123456789/new EFT_a-1.pdf
	expect_no_such_file ann /123456789/trade-files
	expect_no_such_file ann /123456789/trade-files/RA_0001.835
	expect_no_such_file ann /123456789/new/RA_0001.835
	expect_no_such_file ann /new/123456789_RA_0001.835
	echo "get /123456789/MANIFEST.csv $T/manifest" | sftp_as ann
	run ! grep RA_0001 "$T/manifest"
}

@test "a clerk with Trade Files Includes E-Delivery sees both (R5)" {
	spool_start
	master 123456789
	clerk bob 123456789 includes-e-delivery
	drop 123456789 EFT_a-1.pdf
	drop_trade_file 123456789 RA_0001.835
	until_posted 2
	expect_listing bob /123456789/edelivery EFT_a-1.pdf
	expect_listing bob /123456789/trade-files RA_0001.835
	expect_same bob /123456789/trade-files/RA_0001.835 "$T/made/123456789/RA_0001.835"
}

@test "one account has one role at an AVRS ID: another one replaces it (R5)" {
	spool_start
	master 123456789
	clerk ann 123456789 includes-e-delivery
	run edelivery role grant ann 123456789 e-delivery-only
	[ "$status" = 0 ]
	[[ $output == *"instead of Trade Files Includes E-Delivery"* ]]
	[ "$(edelivery account show ann --json | grep -c 123456789)" = 1 ]
	run edelivery role grant m123456789 123456789 e-delivery-only
	[ "$status" = 1 ]
	[[ $output == *"is the master of 123456789"* ]]
}

@test "a clearinghouse is a clerk of many AVRS IDs and moves between them freely (R6)" {
	spool_start
	master 111111111
	master 222222222
	master 333333333
	clerk hub 111111111 includes-e-delivery
	clerk hub 222222222 e-delivery-only
	drop 111111111 EFT_1.pdf
	drop 222222222 EFT_2.pdf
	drop 333333333 EFT_3.pdf
	until_posted 3
	expect_listing hub / '111111111 222222222 STATUS.txt new publications'
	expect_listing hub /new '111111111_EFT_1.pdf 222222222_EFT_2.pdf'
	expect_same hub /new/222222222_EFT_2.pdf "$T/made/222222222/EFT_2.pdf"
	expect_no_such_file hub /333333333
	expect_no_such_file hub /333333333/edelivery/EFT_3.pdf
	edelivery role revoke hub 111111111
	expect_listing hub / '222222222 STATUS.txt new publications'
	expect_no_such_file hub /111111111/edelivery/EFT_1.pdf
}

@test "a stranger does not get in, and a master sees no other provider" {
	spool_start
	master 111111111
	master 222222222
	drop 222222222 EFT_2.pdf
	until_posted 1
	run sftp_as nobody <<<'ls'
	[ "$status" != 0 ]
	[[ $output == *"Permission denied"* ]]
	ssh-keygen -q -t ed25519 -N '' -f "$T/keys/other"
	run sftp -b /dev/null -P "$PORT" -i "$T/keys/other" "${SSH_OPTIONS[@]}" m111111111@127.0.0.1
	[ "$status" != 0 ]
	[[ $output == *"Permission denied"* ]]
	expect_listing m111111111 / '111111111 STATUS.txt new publications'
	expect_no_such_file m111111111 /222222222/edelivery/EFT_2.pdf
	expect_no_such_file m111111111 /111111111/../222222222/edelivery/EFT_2.pdf
}

@test "lftp mirrors the folder, and mirrors nothing the second time" {
	spool_start
	master 123456789
	drop 123456789 EFT_1.pdf EFT_2.pdf 'EFT_with space.pdf'
	until_posted 3
	lftp_as m123456789 "mirror /123456789/edelivery $T/mirror"
	diff -r "$T/mirror" "$T/made/123456789"
	touch "$T/before"
	lftp_as m123456789 "mirror --only-newer /123456789/edelivery $T/mirror"
	[ -z "$(find "$T/mirror" -type f -cnewer "$T/before")" ]
}

@test "removing in new/ acknowledges what was opened, and removes nothing" {
	spool_start
	master 123456789
	drop 123456789 EFT_1.pdf EFT_2.pdf
	until_posted 2
	sftp_as m123456789 <<-EOT
		get /123456789/new/EFT_1.pdf $T/got1
		rm /123456789/new/EFT_1.pdf
		rm /123456789/new/EFT_2.pdf
	EOT
	expect_listing m123456789 /123456789/new EFT_2.pdf
	expect_listing m123456789 /new 123456789_EFT_2.pdf
	expect_listing m123456789 /123456789/edelivery 'EFT_1.pdf EFT_2.pdf'
	sftp_as m123456789 <<-EOT
		get /new/123456789_EFT_2.pdf $T/got2
		rm /new/123456789_EFT_2.pdf
	EOT
	expect_listing m123456789 /new ''
	cmp "$T/got2" "$T/made/123456789/EFT_2.pdf"
	drop 123456789 EFT_3.pdf
	until_posted 3
	expect_listing m123456789 /new 123456789_EFT_3.pdf
}

@test "writing anywhere is refused cleanly, and the session goes on" {
	spool_start
	master 123456789
	drop 123456789 EFT_1.pdf
	until_posted 1
	pdf "$T/mine.pdf"
	for command in "put $T/mine.pdf /123456789/edelivery/mine.pdf" "put $T/mine.pdf /new/x" "mkdir /123456789/x" \
		"rm /123456789/edelivery/EFT_1.pdf" "rmdir /123456789" "rename /new /old" \
		"chmod 777 /123456789/edelivery/EFT_1.pdf" "symlink /new /x"; do
		run sftp_as m123456789 <<<"-$command
			ls /123456789/edelivery"
		[ "$status" = 0 ]
		[[ $output == *"ermission denied"* ]] || { echo "$command: $output"; false; }
		[[ $output == *EFT_1.pdf* ]]
	done
}

@test "a role holds from its first to its last day (R5)" {
	spool_start
	master 123456789
	drop 123456789 EFT_1.pdf
	until_posted 1
	yesterday=$(TZ=America/New_York date -d yesterday +%F)
	tomorrow=$(TZ=America/New_York date -d tomorrow +%F)
	clerk past 123456789 e-delivery-only --until "$yesterday" --backlog
	clerk future 123456789 e-delivery-only --from "$tomorrow" --backlog
	clerk now 123456789 e-delivery-only --from "$yesterday" --until "$tomorrow" --backlog
	expect_listing past / 'STATUS.txt new publications'
	expect_listing future / 'STATUS.txt new publications'
	expect_listing now / '123456789 STATUS.txt new publications'
	expect_listing now /new 123456789_EFT_1.pdf
	expect_listing past /new ''
}

@test "what was posted before the grant is not new, unless the grant says so" {
	spool_start
	master 123456789
	drop 123456789 EFT_1.pdf
	until_posted 1
	clerk late 123456789 e-delivery-only
	clerk early 123456789 e-delivery-only --backlog
	expect_listing late /new ''
	expect_listing early /new 123456789_EFT_1.pdf
	drop 123456789 EFT_2.pdf
	until_posted 2
	expect_listing late /new 123456789_EFT_2.pdf
	expect_listing late /123456789/edelivery 'EFT_1.pdf EFT_2.pdf'
}
