#!/usr/bin/env bats
# Letters that a batch control file names are posted as one, when all of them are there and right.
bats_require_minimum_version 1.5.0
load ../lib/spool

# made AVRS-ID NAME...: letters as drop() keeps them, not dropped yet.
made() {
	local avrs_id=$1 name
	shift
	mkdir -p "$T/made/$avrs_id"
	for name; do
		pdf "$T/made/$avrs_id/$name"
	done
}

put() { # AVRS-ID NAME...
	local avrs_id=$1 name
	shift
	mkdir -p "$ROOT/drop/$avrs_id"
	for name; do
		cp "$T/made/$avrs_id/$name" "$ROOT/drop/$avrs_id/.$$.tmp"
		mv "$ROOT/drop/$avrs_id/.$$.tmp" "$ROOT/drop/$avrs_id/$name"
	done
}

# control BATCH AVRS-ID/NAME...: its control file, dropped.
control() {
	local batch=$1 path
	shift
	{
		echo avrs_id,class,name,size,sha256
		for path; do
			echo "${path%/*},edelivery,${path#*/},$(stat -c %s "$T/made/$path"),$(sha256sum <"$T/made/$path" | cut -c 1-64)"
		done
	} >"$ROOT/drop/.$$.tmp"
	mv "$ROOT/drop/.$$.tmp" "$ROOT/drop/$batch.batch.csv"
}

batch_is() { # NAME STATE
	grep -q "batch=$1 $2 " "$T/up.log"
}

@test "a batch is posted when its last letter is there, and not before (R10)" {
	spool_start
	master 123456789
	master 222222222
	made 123456789 EFT_1.pdf EFT_2.pdf
	made 222222222 EFT_3.pdf
	control night 123456789/EFT_1.pdf 123456789/EFT_2.pdf 222222222/EFT_3.pdf
	wait_for 10 batch_is night accepted
	[ ! -e "$ROOT/drop/night.batch.csv" ]
	put 123456789 EFT_1.pdf EFT_2.pdf
	until_status held 2
	status_is batches 1
	edelivery status | grep -qE '^ +2  since 20[0-9TZ:.-]+  waits for the rest of its batch: night$'
	letters_are 0 posted
	python3 "$BATS_TEST_DIRNAME/../lib/sftp_status.py" "$PORT" "$T/keys/flow" m123456789 /123456789/edelivery/EFT_1.pdf |
		grep -q '4 still being posted, check back in a few hours'
	put 222222222 EFT_3.pdf
	until_posted 3
	wait_for 10 folders_empty
	until_status held 0
	status_is batches 0
	expect_each_once 3
	expect_same m123456789 /123456789/edelivery/EFT_1.pdf "$T/made/123456789/EFT_1.pdf"
	edelivery status | grep -q batch.posted
}

@test "letters that are there before their control file wait only where drop.require-batch says so" {
	spool_start drop.require-batch=yes
	master 123456789
	made 123456789 EFT_1.pdf EFT_2.pdf EFT_9.pdf
	put 123456789 EFT_1.pdf EFT_2.pdf EFT_9.pdf
	until_status held 3
	control night 123456789/EFT_1.pdf 123456789/EFT_2.pdf
	until_posted 2
	sleep 1.5
	status_is held 1
	[ -e "$ROOT/drop/123456789/EFT_9.pdf" ]
}

@test "a letter that was posted before its control file came counts as there" {
	spool_start
	master 123456789
	made 123456789 EFT_1.pdf EFT_2.pdf
	put 123456789 EFT_1.pdf
	until_posted 1
	control night 123456789/EFT_1.pdf 123456789/EFT_2.pdf
	put 123456789 EFT_2.pdf
	until_posted 2
	wait_for 10 batch_is night posted
}

@test "a letter that is not what its batch says keeps the batch back, and a right one ends that" {
	spool_start drop.rescan=1s
	master 123456789
	made 123456789 EFT_1.pdf EFT_2.pdf
	control night 123456789/EFT_1.pdf 123456789/EFT_2.pdf
	put 123456789 EFT_1.pdf
	# As long as the right one, but another one.
	tr 0-9 1-90 <"$T/made/123456789/EFT_2.pdf" >"$T/wrong"
	sed -i 's/^%QEG/%PDF/; s/^%PDF-2.5/%PDF-1.4/' "$T/wrong"
	mv "$T/wrong" "$ROOT/drop/123456789/EFT_2.pdf"
	wait_for 10 grep -q 'has not the SHA-256 that its batch says: night' "$T/up.log"
	letters_are 0 posted
	# It is not taken again and again while nothing has changed.
	sleep 2.5
	[ "$(grep -c 'batch=night complete ' "$T/up.log")" = 1 ]
	put 123456789 EFT_2.pdf
	until_posted 2
	wait_for 10 folders_empty
	expect_same m123456789 /123456789/edelivery/EFT_2.pdf "$T/made/123456789/EFT_2.pdf"
	letters_are 0 posting
}

@test "a batch that stays short raises an alarm" {
	spool_start drop.patience=1s
	master 123456789
	made 123456789 EFT_1.pdf EFT_2.pdf
	control night 123456789/EFT_1.pdf 123456789/EFT_2.pdf
	put 123456789 EFT_1.pdf
	wait_for 10 grep -q 'batch=night short missing=1 letters=2' "$T/up.log"
	status_is short_batches 1
	edelivery status | grep -q batch.short
}

@test "a batch that stays short is discarded: what is there is posted, and its name is free again" {
	spool_start
	master 123456789
	made 123456789 EFT_1.pdf EFT_2.pdf EFT_3.pdf
	control night 123456789/EFT_1.pdf 123456789/EFT_2.pdf 123456789/EFT_3.pdf
	put 123456789 EFT_1.pdf EFT_2.pdf
	until_status held 2
	edelivery batch list | grep -qE '^night +held +3 +2 +1 +20'
	edelivery batch list --json | grep -q '"name":"night","state":"held","letters":3,"there":2,"missing":1'
	letters_are 0 posted
	edelivery batch discard night
	until_posted 2
	wait_for 10 folders_empty
	until_status held 0
	status_is batches 0
	[ "$(edelivery batch list)" = 'no batch waits' ]
	edelivery batch list --all --json | grep -q '"name":"night","state":"discarded".*"ended":"20'
	run -1 edelivery batch discard night
	[[ $output == *'no batch night waits'* ]]
	edelivery status | grep -q batch.discarded
	# The rest in a batch of the same name: what was posted counts as there.
	control night 123456789/EFT_1.pdf 123456789/EFT_3.pdf
	put 123456789 EFT_3.pdf
	until_posted 3
	wait_for 10 batch_is night posted
	expect_each_once 3
}

@test "with drop.require-batch the letters of a discarded batch are refused, and released for another" {
	spool_start drop.require-batch=yes
	master 123456789
	made 123456789 EFT_1.pdf EFT_2.pdf EFT_3.pdf
	put 123456789 EFT_3.pdf
	control night 123456789/EFT_1.pdf 123456789/EFT_2.pdf
	put 123456789 EFT_1.pdf
	until_status held 2
	edelivery batch discard night
	until_quarantined EFT_1.pdf 'its batch was discarded, and no other names it (drop.require-batch): night'
	# What comes only now waits for another batch, as what no batch named before.
	put 123456789 EFT_2.pdf
	until_status held 2
	control night 123456789/EFT_1.pdf 123456789/EFT_2.pdf 123456789/EFT_3.pdf
	until_status batches 1
	edelivery quarantine release "$(edelivery quarantine list --json | sed 's/.*"id":\([0-9]*\),.*/\1/')"
	until_posted 3
	wait_for 10 folders_empty
	status_is quarantined 0
	expect_each_once 3
}

@test "a batch that is discarded while its letters are on their way is undone, not posted as one" {
	BIN=$FAULT_PROGRAMS
	spool_make post.batch=2
	master 123456789
	EDELIVERY_FAULT=post.synced=stop watchd
	sleep 0.3
	made 123456789 EFT_1.pdf EFT_2.pdf EFT_3.pdf
	control night 123456789/EFT_1.pdf 123456789/EFT_2.pdf 123456789/EFT_3.pdf
	put 123456789 EFT_1.pdf EFT_2.pdf EFT_3.pdf
	wait_for 10 stopped
	edelivery batch discard night
	kill -CONT "$WATCHD"
	until_posted 3
	wait_for 10 folders_empty
	watchd_stop
	run ! batch_is night posted
	batch_is night discarded
	expect_each_once 3
	letters_are 0 posting
}

@test "a control file that is wrong is quarantined with the place of the mistake" {
	spool_start
	master 123456789
	printf 'avrs_id,class,name,size,sha256\n123456789,letters,EFT_1.pdf,3,abc\n' >"$ROOT/drop/one.batch.csv"
	until_quarantined one.batch.csv 'line 2, column 11: neither edelivery nor trade-files'
	printf 'what is this' >"$ROOT/drop/two.batch.csv"
	until_quarantined two.batch.csv 'the first line must be'
	made 123456789 EFT_1.pdf EFT_2.pdf
	control three 123456789/EFT_1.pdf
	wait_for 10 batch_is three accepted
	control four 123456789/EFT_1.pdf
	until_quarantined four.batch.csv 'batch three names that letter, too'
	control three 123456789/EFT_2.pdf
	until_quarantined three.batch.csv 'there is a batch of that name already'
}

@test "a control file that is replaced while it is accepted is not removed unread" {
	BIN=$FAULT_PROGRAMS
	spool_make
	master 123456789
	EDELIVERY_FAULT=batch.accepted=stop watchd
	made 123456789 EFT_1.pdf EFT_2.pdf
	control night 123456789/EFT_1.pdf
	wait_for 10 stopped
	control night 123456789/EFT_2.pdf
	kill -CONT "$WATCHD"
	until_quarantined night.batch.csv 'there is a batch of that name already'
	watchd_stop
	grep -q EFT_2.pdf "$(find "$ROOT/quarantine" -name '*_night.batch.csv')"
}

stopped() {
	[ "$(ps -o stat= -p "$WATCHD" | cut -c 1)" = T ]
}

@test "killed at each step of posting a batch, all of it is posted at once, and once" {
	BIN=$FAULT_PROGRAMS
	for fault in batch.accepted=kill batch.aside=kill post.recorded=kill post.recorded=kill@2 post.placed=kill@3 \
		post.synced=kill post.synced=kill@2 batch.posted=kill post.renamed=kill post.removed=kill@2; do
		echo "fault $fault"
		ROOT=$T/spool-$fault
		export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
		rm -rf "$T/made"
		spool_make post.batch=2
		master 123456789
		provider 222222222
		EDELIVERY_FAULT=$fault watchd
		sleep 0.3
		made 123456789 EFT_1.pdf EFT_2.pdf EFT_3.pdf
		made 222222222 EFT_4.pdf
		control night 123456789/EFT_1.pdf 123456789/EFT_2.pdf 123456789/EFT_3.pdf 222222222/EFT_4.pdf
		put 123456789 EFT_1.pdf EFT_2.pdf EFT_3.pdf
		put 222222222 EFT_4.pdf
		wait_for 20 has_ended "$WATCHD"
		watchd
		until_posted 3
		until_on_paper 1
		wait_for 10 folders_empty
		watchd_stop
		expect_each_once 4
		status_is held 0
		status_is quarantined 0
		status_is batches 0
	done
}
