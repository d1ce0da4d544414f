#!/usr/bin/env bats
# The disk is the truth for bytes: what differs is told, and a lost catalog is made again from it.
# Covers: admin/difference.c admin/reindex_letters.c admin/reindex_paper.c admin/reindex_quarantine.c
# shellcheck disable=SC2154 # bats sets status, output and stderr
bats_require_minimum_version 1.5.0
load ../lib/spool

# differs KIND PATTERN: the JSON in $output has such a difference, of a path that has the pattern.
differs() {
	grep -q "^{\"difference\":\"$1\",\"path\":\"[^\"]*$2" <<<"$output" || {
		echo "no $1 of $2 in:"
		echo "$output"
		return 1
	}
}

letter_file() { # NAME
	find "$ROOT/letters" -type f -name "*_$1"
}

has_manifest() {
	[ -n "$(find "$ROOT/paper" -name manifest.csv)" ]
}

# The catalog is gone, and an empty one is in its place.
lose_catalog() {
	if [ -n "${TEST_CATALOG:-}" ]; then
		psql -q "$TEST_CATALOG" -c "DROP SCHEMA $SCHEMA CASCADE; CREATE SCHEMA $SCHEMA" 2>/dev/null
	else
		rm -f "$ROOT"/catalog/*
	fi
	edelivery init --root "$ROOT" --port 0 >/dev/null
}

@test "disk and catalog that agree have no difference" {
	spool_start
	master 123456789
	provider 234567890
	drop 123456789 EFT_1.pdf PA_1.pdf NOSUCH_1.pdf
	drop_trade_file 123456789 ra.835
	drop 234567890 EFT_1.pdf
	until_posted 3
	until_on_paper 1
	until_quarantined NOSUCH_1.pdf 'unknown letter type'
	run edelivery reindex
	[ "$status" = 0 ]
	[ "$output" = 'disk and catalog say the same' ]
	run edelivery reindex --json
	[ "$status" = 0 ]
	[ -z "$output" ]
}

@test "every difference is told by its path, and nothing is changed unless that is wanted" {
	spool_start
	master 123456789
	drop 123456789 EFT_lost.pdf EFT_size.pdf EFT_content.pdf EFT_mode.pdf NOSUCH_1.pdf
	until_posted 4
	until_quarantined NOSUCH_1.pdf 'unknown letter type'
	spool_stop
	rm -f "$(letter_file EFT_lost.pdf)"
	chmod u+w "$(letter_file EFT_size.pdf)" "$(letter_file EFT_content.pdf)" "$(letter_file EFT_mode.pdf)"
	echo more >>"$(letter_file EFT_size.pdf)"
	sed -i 's/PDF-1.4/PDF-1.5/' "$(letter_file EFT_content.pdf)"
	chmod 0440 "$(letter_file EFT_size.pdf)" "$(letter_file EFT_content.pdf)"
	folder=$(dirname "$(letter_file EFT_mode.pdf)")
	echo stray >"$folder/stray"
	rm "$ROOT"/quarantine/*/*_NOSUCH_1.pdf
	run edelivery reindex --json
	[ "$status" = 1 ]
	differs no-file EFT_lost.pdf
	differs size EFT_size.pdf
	differs content EFT_content.pdf
	differs mode EFT_mode.pdf
	differs unknown-file stray
	differs no-file NOSUCH_1.pdf
	run edelivery reindex --quick --json
	run ! differs content EFT_content.pdf
	[ -w "$(letter_file EFT_mode.pdf)" ]
	# What a person has to look at stays a difference; what can be mended is no more.
	run --separate-stderr edelivery reindex --repair --json
	[ "$status" = 1 ]
	[[ $stderr == *'5 differences are left'* ]]
	[ ! -w "$(letter_file EFT_mode.pdf)" ]
	[ -f "$folder/stray" ]
	run edelivery reindex --json
	run ! differs mode EFT_mode.pdf
}

@test "nothing is mended while watchd posts" {
	spool_start
	run --separate-stderr edelivery reindex --repair
	[ "$status" = 1 ]
	[[ $stderr == *'wants edelivery-watchd stopped'*'edelivery-watchd, process'* ]]
}

@test "a lost catalog is made again from the disk, and every letter is served as it was (R9)" {
	spool_start
	master 123456789 mary
	provider 345678901
	provider 234567890
	for i in 1 2 3; do
		drop 123456789 EFT_$i.pdf
		until_posted "$i"
	done
	drop_trade_file 123456789 ra.835
	until_posted 4
	cp "$T/made/123456789/EFT_1.pdf" "$T/first.pdf"
	# A second file of a name keeps the name that it was served by.
	drop 123456789 EFT_1.pdf
	until_posted 5
	drop 234567890 EFT_9.pdf
	until_on_paper 1
	drop 123456789 NOSUCH_1.pdf
	until_quarantined NOSUCH_1.pdf 'unknown letter type'
	wait_for 10 has_manifest
	edelivery letter list --json 123456789 | sort >"$T/before"
	refused=$(edelivery quarantine list --json)
	spool_stop

	lose_catalog
	run edelivery reindex --json
	[ "$status" = 1 ]
	[ "$(grep -c no-row <<<"$output")" = 7 ]
	[ "$(edelivery letter list --json | wc -l)" = 0 ]
	edelivery reindex --repair
	edelivery reindex
	edelivery letter list --json 123456789 | sort >"$T/after"
	diff "$T/before" "$T/after"
	[ "$(edelivery quarantine list --json)" = "$refused" ]
	# Then providers and accounts are imported again.
	printf 'avrs_id,npi,name,kind\n123456789,,,billing\n' >"$T/providers.csv"
	edelivery provider import "$T/providers.csv" >/dev/null
	account boss --master-of 123456789
	account mary
	edelivery role grant mary 123456789 includes-e-delivery --backlog >/dev/null
	spool_up
	expect_listing mary /123456789/new 'EFT_1.2.pdf EFT_1.pdf EFT_2.pdf EFT_3.pdf ra.835'
	expect_same mary /123456789/edelivery/EFT_1.pdf "$T/first.pdf"
	expect_same mary /123456789/edelivery/EFT_1.2.pdf "$T/made/123456789/EFT_1.pdf"
	expect_same mary /123456789/trade-files/ra.835 "$T/made/123456789/ra.835"
	status_is paper_queued 1
	# What is posted from now on takes no id that was given before.
	most=$(edelivery letter list --json | sed 's/^{"id":\([0-9]*\).*/\1/' | sort -n | tail -1)
	drop 123456789 EFT_4.pdf
	wait_for 10 letters_are 6 posted
	[ "$(basename "$(letter_file EFT_4.pdf)" _EFT_4.pdf)" -gt "$most" ]
}
