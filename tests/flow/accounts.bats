#!/usr/bin/env bats
# Accounts change while they are logged in: rights that were withdrawn end sessions at once (R4, R5).
bats_require_minimum_version 1.5.0
load ../lib/spool

# A download that takes a minute at the client's own speed limit; $DOWNLOAD is its process.
download_slowly() { # LOGIN PATH
	echo "get \"$2\" $T/slow" | sftp -q -l 2000 -b - -P "$PORT" -i "$T/keys/flow" "${SSH_OPTIONS[@]}" \
		"$1@127.0.0.1" >"$T/download.out" 2>&1 3>&- &
	DOWNLOAD=$!
	wait_for 10 test -s "$T/slow"
}

big_trade_file() {
	mkdir -p "$ROOT/drop/123456789/trade-files"
	head -c 20000000 /dev/urandom >"$ROOT/drop/123456789/trade-files/.big"
	mv "$ROOT/drop/123456789/trade-files/.big" "$ROOT/drop/123456789/trade-files/big.dat"
	until_posted 1
}

@test "an account that is disabled loses its running download within two seconds, and cannot log in" {
	spool_start
	master 123456789 mary
	big_trade_file
	download_slowly mary /123456789/trade-files/big.dat
	edelivery account disable mary --reason 'left the practice'
	wait_for 2 has_ended "$DOWNLOAD"
	run listing mary /
	[ -z "$(listing mary / 2>/dev/null)" ]
	edelivery account show mary | grep -q '^state  *disabled'
	edelivery account enable mary
	expect_listing mary / '123456789 STATUS.txt new publications'
	run ! grep -q crashed "$T/up.log"
}

@test "a role that is revoked ends the session that reads by it, and no other (R5)" {
	spool_start
	master 123456789 mary
	clerk joe 123456789 includes-e-delivery
	big_trade_file
	hold_session mary
	download_slowly joe /123456789/trade-files/big.dat
	edelivery role revoke joe 123456789
	wait_for 2 has_ended "$DOWNLOAD"
	expect_no_such_file joe /123456789/trade-files/big.dat
	run ! has_ended "$HELD"
	kill "$HELD"
}

many_letters() { # COUNT
	local i
	pdf "$T/letter.pdf" 30000
	mkdir -p "$ROOT/drop/123456789"
	for ((i = 0; i < $1; i++)); do
		cp "$T/letter.pdf" "$ROOT/drop/123456789/.next"
		mv "$ROOT/drop/123456789/.next" "$ROOT/drop/123456789/EFT_$i.pdf"
	done
	until_posted "$1"
}

has_fetched() { # COUNT, or more
	[ "$(find "$T/fetched" -name 'EFT_*.pdf' 2>/dev/null | wc -l)" -ge "$1" ]
}

# Its four connections have letters that were opened ahead of their requests, some shared.
@test "rclone gets no letter any more when the role that it reads by is revoked in mid-run (R5)" {
	local fetched
	spool_start
	master 123456789 mary
	clerk joe 123456789 includes-e-delivery
	many_letters 400
	rclone_as joe copy :sftp:/123456789/edelivery "$T/fetched" --bwlimit 2M --retries 1 \
		--low-level-retries 1 >"$T/rclone.out" 2>&1 3>&- &
	DOWNLOAD=$!
	wait_for 10 has_fetched 40
	edelivery role revoke joe 123456789
	sleep 1
	fetched=$(find "$T/fetched" -name 'EFT_*.pdf' | wc -l)
	[ "$fetched" -lt 400 ]
	wait_for 20 has_ended "$DOWNLOAD"
	status=0
	wait "$DOWNLOAD" || status=$?
	[ "$status" != 0 ]
	[ "$(find "$T/fetched" -name 'EFT_*.pdf' | wc -l)" = "$fetched" ]
}

@test "a download goes on while the rights of others change" {
	spool_start
	master 123456789 mary
	clerk joe 123456789 includes-e-delivery
	big_trade_file
	download_slowly mary /123456789/trade-files/big.dat
	edelivery role revoke joe 123456789
	edelivery account disable joe
	edelivery account unlock mary
	sleep 1.5
	run ! has_ended "$DOWNLOAD"
	kill "$DOWNLOAD"
}

@test "a removed account is gone with its roles and keys, and the login can be given again" {
	spool_start
	master 123456789 mary
	hold_session mary
	edelivery account remove mary
	wait_for 2 has_ended "$HELD"
	[ -z "$(edelivery account list --json)" ]
	edelivery account add mary --email new@example.org
	[ -z "$(edelivery key list mary --json)" ]
	edelivery provider show 123456789 --json | grep -q mary && false
	edelivery account remove mary
	run edelivery account remove mary
	[ "$status" = 1 ]
}

@test "account set changes what is named and nothing else" {
	spool_make
	master 123456789 mary
	edelivery account set mary --email other@example.org --ack on-read
	edelivery account show mary | grep -q '^e-mail  *other@example.org'
	edelivery account show mary | grep -q '^acknowledge  *on-read'
	edelivery account set mary --bundle yes
	edelivery account list --json | grep -q '"email":"other@example.org".*"bundle":true'
	run edelivery account set mary --ack sometimes
	[ "$status" = 2 ]
	run edelivery account set mary --email nonsense
	[ "$status" = 1 ]
	edelivery account show mary | grep -q '^e-mail  *other@example.org'
}

@test "a provider that is deactivated gets paper, and its accounts keep what was posted (R1)" {
	spool_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf
	until_posted 1
	edelivery provider deactivate 123456789
	drop 123456789 EFT_2.pdf
	until_on_paper 1
	expect_listing mary /123456789/edelivery EFT_1.pdf
	edelivery provider list --json | grep -q '"active":false'
}
