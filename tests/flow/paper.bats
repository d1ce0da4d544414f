#!/usr/bin/env bats
# Waves and paper: what is not delivered electronically is printed, and nothing is dropped (R1, R2).
bats_require_minimum_version 1.5.0
load ../lib/spool

@test "a provider without an account gets paper, with a manifest for the print shop (R2)" {
	spool_start
	provider 123456789 --npi 1234567893 --name 'Elm Street, Clinic'
	drop 123456789 EFT_1.pdf
	until_on_paper 1
	today=$(TZ=America/New_York date +%F)
	wait_for 10 test -s "$ROOT/paper/$today/manifest.csv"
	cmp "$ROOT/paper/$today/"*_EFT_1.pdf "$T/made/123456789/EFT_1.pdf"
	grep -q '^1_EFT_1.pdf,123456789,1234567893,"Elm Street, Clinic",EFT,.*(R2)' "$ROOT/paper/$today/manifest.csv"
	grep -q "$(sha256sum <"$T/made/123456789/EFT_1.pdf" | cut -c 1-64)" "$ROOT/paper/$today/manifest.csv"
	[ -z "$(ls -A "$ROOT/drop/123456789")" ]
	# From the day that it has an account its letters come electronically.
	account mary --master-of 123456789
	drop 123456789 EFT_2.pdf
	until_posted 1
	expect_listing mary /123456789/edelivery EFT_2.pdf
}

@test "the day before its effective date a letter type goes to paper, on the day it does not (R1)" {
	BIN=$FAULT_PROGRAMS
	spool_make
	master 123456789
	# 23:59 and 00:01 in Connecticut, which is what counts; in UTC both are the 27th.
	EDELIVERY_CLOCK=2019-03-27T03:59:00Z spool_up
	drop 123456789 EFT_before.pdf PA_early.pdf
	until_on_paper 2
	edelivery letter list --json | grep PA_early | grep -q '2019-06-03 on (R1)'
	spool_stop
	EDELIVERY_CLOCK=2019-03-27T04:01:00Z spool_up
	drop 123456789 EFT_after.pdf PA_still.pdf
	until_posted 1
	until_on_paper 3
	expect_listing m123456789 /123456789/edelivery EFT_after.pdf
	spool_stop
	EDELIVERY_CLOCK=2019-06-03T12:00:00Z spool_up
	drop 123456789 PA_now.pdf
	until_posted 2
	[ "$(find "$ROOT/paper/2019-03-26" -name '*.pdf' | wc -l)" = 2 ]
	[ "$(find "$ROOT/paper/2019-03-27" -name '*.pdf' | wc -l)" = 1 ]
}

@test "a letter whose audience the provider is not in goes to paper (R1)" {
	spool_start
	provider 123456789 --kind performing
	account perry --master-of 123456789
	drop 123456789 EFT_1.pdf REENROLL_1.pdf
	until_posted 1
	until_on_paper 1
	expect_listing perry /123456789/edelivery REENROLL_1.pdf
	edelivery letter list --json | grep EFT_1 | grep -q 'not for performing providers (R1)'
}

@test "trade files never go to paper: they wait for an account that may see them (R3)" {
	spool_start
	provider 123456789
	drop_trade_file 123456789 RA_0001.835
	until_status held 1
	[ -e "$ROOT/drop/123456789/trade-files/RA_0001.835" ]
	edelivery status | grep -q '1  since .*no account may see'
	account ann
	edelivery role grant ann 123456789 e-delivery-only
	sleep 2
	status_is held 1
	clerk bob 123456789 includes-e-delivery
	until_posted 1
	expect_same bob /123456789/trade-files/RA_0001.835 "$T/made/123456789/RA_0001.835"
	expect_no_such_file ann /123456789/trade-files/RA_0001.835
}

@test "a new letter type is a new row of the table, and no code (R1)" {
	spool_make
	master 123456789
	cat >>"$ROOT/etc/letter-types.conf" <<-EOT
		letter-type AUDIT26 {
			title = "notice of audit"
			effective = 2026-01-01
			audience = {billing}
		}
	EOT
	spool_up
	drop 123456789 AUDIT26-0001.pdf
	until_posted 1
	expect_listing m123456789 /123456789/edelivery AUDIT26-0001.pdf
}

@test "a provider that is made known wakes the files that are held for it, long before the next scan" {
	spool_start drop.rescan=1d
	drop 123456789 EFT_1.pdf
	until_status held 1
	provider 123456789
	until_on_paper 1
}
