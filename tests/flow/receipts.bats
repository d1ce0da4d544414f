#!/usr/bin/env bats
# Who has got which letter, wholly: evidence for auditors, and acknowledging by reading.
bats_require_minimum_version 1.5.0
load ../lib/spool

receipts_are() { # COUNT LETTER
	[ "$(edelivery letter show "$2" | grep -c ' received by ')" = "$1" ]
}

@test "a letter that was pulled to its end has a receipt with account, address and client" {
	spool_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf
	until_posted 1
	expect_same mary /123456789/edelivery/EFT_1.pdf "$T/made/123456789/EFT_1.pdf"
	wait_for 5 receipts_are 1 1
	edelivery letter show 1 | grep -q 'received by mary from 127.0.0.1.*OpenSSH'
	# Looking is not receiving.
	listing mary /123456789/edelivery >/dev/null
	sleep 0.3
	receipts_are 1 1
}

@test "a download that was broken off and resumed makes one receipt, and the first half none" {
	spool_start
	master 123456789 mary
	mkdir -p "$ROOT/drop/123456789/trade-files"
	head -c 4000000 /dev/urandom >"$T/big"
	cp "$T/big" "$ROOT/drop/123456789/trade-files/.big"
	mv "$ROOT/drop/123456789/trade-files/.big" "$ROOT/drop/123456789/trade-files/big.dat"
	until_posted 1
	curl -s --insecure --pubkey "$T/keys/flow.pub" --key "$T/keys/flow" -r 0-1999999 \
		-o "$T/half" "sftp://mary@127.0.0.1:$PORT/123456789/trade-files/big.dat"
	sleep 0.5
	receipts_are 0 1
	echo "reget /123456789/trade-files/big.dat $T/half" | sftp_as mary
	cmp "$T/half" "$T/big"
	wait_for 5 receipts_are 1 1
}

@test "a letter that was sent to a client whose connection died is not received, and stays in new/" {
	spool_start
	master 123456789 mary
	edelivery account set mary --ack on-read
	drop 123456789 EFT_1.pdf
	until_posted 1
	paramiko_as mary <<-END
		import os, socket, struct, time
		letter = sftp.open("/123456789/new/EFT_1.pdf")
		letter.prefetch(letter.stat().st_size)
		time.sleep(0.5)
		connection = sftp.get_channel().get_transport().sock
		connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		os._exit(0)
	END
	wait_for 5 grep -q ' ended login=mary' "$T/up.log"
	expect_listing mary /123456789/new EFT_1.pdf
	receipts_are 0 1
	# A look at its beginning is not what was missing.
	curl -s --insecure --pubkey "$T/keys/flow.pub" --key "$T/keys/flow" -r 0-3 \
		-o "$T/look" "sftp://mary@127.0.0.1:$PORT/123456789/new/EFT_1.pdf"
	expect_listing mary /123456789/new EFT_1.pdf
	expect_same mary /123456789/new/EFT_1.pdf "$T/made/123456789/EFT_1.pdf"
	expect_listing mary /123456789/new ''
	receipts_are 1 1
}

@test "with ack = on-read a letter leaves new/ when it was read whole, and not before the session lists again" {
	spool_start
	master 123456789 mary
	edelivery account set mary --ack on-read
	drop 123456789 EFT_1.pdf EFT_2.pdf
	until_posted 2
	sftp_as mary >"$T/said" <<-END
		get /123456789/new/EFT_1.pdf $T/one
		get /123456789/new/EFT_1.pdf $T/again
		ls -1 /123456789/new
	END
	cmp "$T/one" "$T/made/123456789/EFT_1.pdf"
	cmp "$T/again" "$T/made/123456789/EFT_1.pdf"
	grep -q EFT_2.pdf "$T/said"
	run ! grep -q '^/123456789/new/EFT_1.pdf' "$T/said"
	expect_listing mary /123456789/new EFT_2.pdf
}
