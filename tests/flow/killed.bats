#!/usr/bin/env bats
# watchd is killed between any two durable steps, and started again: each letter is in one place.
bats_require_minimum_version 1.5.0
load ../lib/spool

# Every fault point of posting; each is a place between two durable steps. What is adopted is moved to
# its place, and has no dropped name after that; that of a copy is removed.
POINTS='post.taken post.recorded post.placed post.synced post.published'
ADOPTING="$POINTS post.moved"
COPYING="$POINTS post.renamed post.removed"

kill_and_recover() { # FAULT
	master 123456789
	provider 222222222
	EDELIVERY_FAULT=$1 watchd
	sleep 0.3
	drop 123456789 EFT_1.pdf
	sleep 0.3
	drop 123456789 EFT_2.pdf
	drop 222222222 EFT_3.pdf
	drop_trade_file 123456789 RA_1.835
	wait_for 20 has_ended "$WATCHD"
	watchd
	until_posted 3
	until_on_paper 1
	wait_for 10 folders_empty
	watchd_stop
	expect_each_once 4
	status_is held 0
	status_is quarantined 0
	[ -z "$(find "$ROOT/letters" -name '.*')" ]
	# Nobody is told twice, and numbers have no gap.
	edelivery letter list --json | grep -c '"posted":"' | grep -qx 3
	edelivery provider list --json | grep 123456789 | grep -q '"letters":3'
}

@test "killed at each step of posting, letters are adopted from the same file system" {
	BIN=$FAULT_PROGRAMS
	for point in $ADOPTING; do
		for time in 1 2; do
			echo "point $point, time $time"
			ROOT=$T/spool-$point-$time
			export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
			rm -rf "$T/made"
			spool_make
			kill_and_recover "$point=kill@$time"
		done
	done
}

@test "killed at each step of posting, letters are copied from another file system" {
	BIN=$FAULT_PROGRAMS
	[ "$(stat -c %d /dev/shm)" != "$(stat -c %d "$T")" ] ||
		{ echo "/dev/shm and TMPDIR have to be different file systems"; false; }
	for point in $COPYING; do
		echo "point $point"
		ROOT=$T/spool-$point
		export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
		rm -rf "$T/made"
		spool_make
		other=$(mktemp -d /dev/shm/edelivery-XXXXXX)
		edelivery config set drop.root "$other" >/dev/null
		rmdir "$ROOT/drop"
		ln -s "$other" "$ROOT/drop"
		kill_and_recover "$point=kill"
		rm -rf "$other"
	done
}

@test "killed while posting, and its name changed: nothing is removed until the old name is back" {
	BIN=$FAULT_PROGRAMS
	for point in post.recorded post.placed post.synced; do
		echo "point $point"
		ROOT=$T/spool-$point
		export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
		rm -rf "$T/made"
		spool_make node.name=before
		master 123456789
		EDELIVERY_FAULT=$point=kill watchd
		drop 123456789 EFT_1.pdf
		wait_for 20 has_ended "$WATCHD"
		edelivery config set node.name after >/dev/null
		watchd
		drop 123456789 EFT_2.pdf
		until_posted 1
		sleep 1.5
		watchd_stop
		[ -n "$(find "$ROOT/drop/123456789" "$ROOT/letters" -name '*EFT_1.pdf')" ]
		edelivery config set node.name before >/dev/null
		watchd
		until_posted 2
		wait_for 10 folders_empty
		watchd_stop
		expect_each_once 2
	done
}

@test "killed while quarantining, the file is in quarantine with its reason" {
	BIN=$FAULT_PROGRAMS
	for point in quarantine.recorded quarantine.aside quarantine.explained; do
		ROOT=$T/spool-$point
		export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
		spool_make
		master 123456789
		EDELIVERY_FAULT=$point=kill watchd
		mkdir -p "$ROOT/drop/123456789"
		sleep 0.3
		pdf "$ROOT/drop/123456789/NOSUCH_1.pdf"
		wait_for 20 has_ended "$WATCHD"
		watchd
		until_quarantined NOSUCH_1.pdf 'unknown letter type'
		status_is quarantined 1
		sleep 0.5
		watchd_stop
		[ "$(find "$ROOT/quarantine" -name '*_NOSUCH_1.pdf' | wc -l)" = 1 ]
		[ -z "$(find "$ROOT/drop" -type f)" ]
	done
}

folders_are_empty() { # DROP-ROOT
	[ -z "$(find "$1" -type f)" ]
}

# elsewhere: a drop folder on another file system, $other.
elsewhere() {
	other=$(mktemp -d /dev/shm/edelivery-XXXXXX)
	[ "$(stat -c %d "$other")" != "$(stat -c %d "$T")" ] ||
		{ echo "/dev/shm and TMPDIR have to be different file systems"; false; }
	spool_make "drop.root=$other"
	mkdir "$other/123456789"
	master 123456789
}

@test "killed while quarantining from another file system, there is one row and one whole file" {
	BIN=$FAULT_PROGRAMS
	for point in quarantine.aside quarantine.explained file.copied quarantine.copied; do
		echo "point $point"
		ROOT=$T/spool-$point
		export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
		elsewhere
		EDELIVERY_FAULT=$point=kill watchd
		pdf "$T/wrong" 100000
		cp "$T/wrong" "$other/123456789/.tmp"
		mv "$other/123456789/.tmp" "$other/123456789/NOSUCH_1.pdf"
		wait_for 20 has_ended "$WATCHD"
		watchd
		until_quarantined NOSUCH_1.pdf 'unknown letter type'
		sleep 0.5
		watchd_stop
		status_is quarantined 1
		cmp "$T/wrong" "$(find "$ROOT/quarantine" -name '*_NOSUCH_1.pdf')"
		[ -z "$(find "$other" "$ROOT/quarantine" -type f -not -name '*_NOSUCH_1.pdf*')" ]
		rm -rf "$other"
	done
}

# not_durable N: so many syncs have failed since the log was begun.
not_durable() {
	[ "$(grep -c 'make .* durable' "$T/up.log")" = "$1" ]
}

@test "where a sync fails between file systems, the one that is there for good stays" {
	BIN=$FAULT_PROGRAMS
	elsewhere
	pdf "$T/wrong" 100000
	# Of making the folder of that day, of the reason and its folder, of the copy, of its name.
	EDELIVERY_FAULT=file.sync=fail@5 watchd
	cp "$T/wrong" "$other/123456789/NOSUCH_1.pdf"
	wait_for 20 not_durable 1
	watchd_stop
	cmp "$T/wrong" "$other/123456789/.1.quarantined"
	# That it has its name is not taken for granted by the next start.
	EDELIVERY_FAULT=file.sync=fail@3 watchd
	wait_for 20 not_durable 2
	watchd_stop
	cmp "$T/wrong" "$other/123456789/.1.quarantined"
	watchd
	until_quarantined NOSUCH_1.pdf 'unknown letter type'
	wait_for 10 folders_are_empty "$other"
	watchd_stop
	# Back again: the copy, its hidden name, its own.
	edelivery quarantine release --no-wait 1
	EDELIVERY_FAULT=file.sync=fail@2 watchd
	wait_for 20 not_durable 3
	watchd_stop
	cmp "$T/wrong" "$(find "$ROOT/quarantine" -name '*_NOSUCH_1.pdf')"
	EDELIVERY_FAULT=file.sync=fail@2 watchd
	wait_for 20 not_durable 4
	watchd_stop
	cmp "$T/wrong" "$other/123456789/.1.quarantined"
	status_is quarantined 1
	watchd
	wait_for 20 grep -q 'letter=1 released' "$T/up.log"
	until_quarantined NOSUCH_1.pdf 'unknown letter type'
	wait_for 10 folders_are_empty "$other"
	watchd_stop
	cmp "$T/wrong" "$(find "$ROOT/quarantine" -name '*_NOSUCH_1.pdf')"
	rm -rf "$other"
}

@test "a right file that is renamed over a refused one is posted, whenever that is" {
	BIN=$FAULT_PROGRAMS
	for point in quarantine.recorded quarantine.aside file.copied; do
		echo "point $point"
		ROOT=$T/spool-$point
		export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
		elsewhere
		EDELIVERY_FAULT=$point=stop watchd
		echo 'no PDF' >"$T/wrong"
		mv "$T/wrong" "$other/123456789/EFT_1.pdf"
		wait_for 10 stopped "$WATCHD"
		pdf "$T/right"
		cp "$T/right" "$other/123456789/.tmp"
		mv "$other/123456789/.tmp" "$other/123456789/EFT_1.pdf"
		kill -CONT "$WATCHD"
		until_posted 1
		watchd_stop
		cmp "$T/right" "$(find "$ROOT/letters" -name '*_EFT_1.pdf')"
		[ -z "$(find "$other" -type f)" ]
		rm -rf "$other"
	done
}

@test "a file that is opened for writing while it is being posted is given back" {
	BIN=$FAULT_PROGRAMS
	spool_make
	master 123456789
	# Stopped before it is moved: the lease is asked back by whoever opens the file now.
	EDELIVERY_FAULT=post.recorded=stop watchd
	sleep 0.3
	drop 123456789 EFT_1.pdf
	wait_for 10 stopped "$WATCHD"
	chmod u+w "$ROOT/drop/123456789/EFT_1.pdf"
	(exec 7>>"$ROOT/drop/123456789/EFT_1.pdf" && echo '% more' >&7 && echo '%%EOF' >&7) &
	writer=$!
	sleep 0.5
	kill -CONT "$WATCHD"
	wait "$writer"
	until_posted 1
	sleep 0.5
	watchd_stop
	tail -n 1 "$(find "$ROOT/letters" -name '*_EFT_1.pdf')" | grep -q '%%EOF'
	grep -q '% more' "$(find "$ROOT/letters" -name '*_EFT_1.pdf')"
	[ "$(find "$ROOT/letters" -type f | wc -l)" = 1 ]
}

inode_of() { # FILE: what is served under that name
	stat -c %i "$(find "$ROOT/letters" -name "*_$1")"
}

@test "after a sync that failed, files are copied: the kernel forgets what it could not write" {
	BIN=$FAULT_PROGRAMS
	spool_make
	master 123456789
	mkdir -p "$ROOT/drop/123456789"
	EDELIVERY_FAULT=file.sync=fail watchd
	wait_for 10 grep -q 'watching' "$T/up.log"
	drop 123456789 EFT_1.pdf
	wait_for 10 grep -q 'nothing is posted for' "$T/up.log"
	inode=$(stat -c %i "$ROOT/drop/123456789/EFT_1.pdf") # back again
	[ "$(grep -c 'is copied, not adopted' "$T/up.log")" = 1 ]
	until_posted 1
	wait_for 10 folders_empty
	[ "$(inode_of EFT_1.pdf)" != "$inode" ]
	# Neither is one that was being written meanwhile adopted, nor by the next process.
	watchd_stop
	drop 123456789 EFT_2.pdf
	inode=$(stat -c %i "$ROOT/drop/123456789/EFT_2.pdf")
	watchd
	until_posted 2
	wait_for 10 folders_empty
	[ "$(inode_of EFT_2.pdf)" != "$inode" ]
	watchd_stop
	# Two hours later they are as ever.
	touch -d '2 hours ago' "$ROOT/run/sync-failed"
	drop 123456789 EFT_3.pdf
	inode=$(stat -c %i "$ROOT/drop/123456789/EFT_3.pdf")
	watchd
	until_posted 3
	wait_for 10 folders_empty
	watchd_stop
	[ "$(inode_of EFT_3.pdf)" = "$inode" ]
	expect_each_once 3
}

# unsynced COMMAND...: whose first sync fails.
unsynced() {
	run -75 --separate-stderr env EDELIVERY_FAULT=file.sync=fail "$FAULT_PROGRAMS/edelivery" "$@"
	# shellcheck disable=SC2154 # bats sets it
	[[ $stderr == *'Input/output error'* ]]
}

@test "a folder that is not durable is not there for who tries again" {
	unsynced init --root "$T/new"
	[ ! -e "$T/new" ]
	edelivery init --root "$T/new"
	spool_make
	master 123456789
	pdf "$T/EFT_1.pdf"
	unsynced drop 123456789 "$T/EFT_1.pdf"
	[ ! -e "$ROOT/drop/123456789" ]
	edelivery drop 123456789 "$T/EFT_1.pdf"
	[ -e "$ROOT/drop/123456789/EFT_1.pdf" ]
}

stopped() {
	[ "$(ps -o stat= -p "$1" | cut -c 1)" = T ]
}

@test "a letter that is being posted is told of as such, and listed nowhere (R10)" {
	BIN=$FAULT_PROGRAMS
	spool_make
	master 123456789
	EDELIVERY_FAULT=post.synced=stop spool_up
	drop 123456789 EFT_1.pdf
	until_status posting 1
	expect_listing m123456789 /123456789/edelivery ''
	expect_listing m123456789 /new ''
	python3 "$BATS_TEST_DIRNAME/../lib/sftp_status.py" "$PORT" "$T/keys/flow" m123456789 /123456789/edelivery/EFT_1.pdf |
		grep -q '4 still being posted, check back in a few hours'
	echo "get /123456789/STATUS.txt $T/status" | sftp_as m123456789
	grep -q '1 still being posted' "$T/status"
	pkill -CONT -P "$UP" edelivery-watch
	until_posted 1
	expect_listing m123456789 /123456789/edelivery EFT_1.pdf
}

@test "the same file twice is recorded as a duplicate; a new one of the same name gets a number" {
	spool_start
	master 123456789
	drop 123456789 EFT_1.pdf
	until_posted 1
	cp "$T/made/123456789/EFT_1.pdf" "$ROOT/drop/123456789/EFT_1.pdf"
	wait_for 10 folders_empty
	drop 123456789 EFT_1.pdf
	until_posted 2
	expect_listing m123456789 /123456789/edelivery 'EFT_1.2.pdf EFT_1.pdf'
	expect_same m123456789 /123456789/edelivery/EFT_1.2.pdf "$T/made/123456789/EFT_1.pdf"
	letters_are 2 posted
}

@test "everything that was dropped while nothing ran is taken at the start, new folders too" {
	spool_make
	master 123456789
	master 222222222
	drop 123456789 EFT_1.pdf EFT_2.pdf
	drop_trade_file 222222222 RA_1.835
	spool_up
	until_posted 3
	drop 222222222 EFT_3.pdf
	until_posted 4
}

@test "when the broker dies its sessions end, and a new one serves" {
	spool_start
	master 123456789
	drop 123456789 EFT_1.pdf
	until_posted 1
	hold_session m123456789
	pkill -KILL -f "edelivery-sftpd --broker $EDELIVERY_CONF"
	wait_for 10 has_ended "$HELD"
	wait_for 10 expect_listing m123456789 /123456789/edelivery EFT_1.pdf
}

@test "when the zygote dies a new one serves" {
	spool_start
	master 123456789
	drop 123456789 EFT_1.pdf
	until_posted 1
	pkill -KILL -f "edelivery-session --zygote $EDELIVERY_CONF"
	wait_for 10 expect_listing m123456789 /123456789/edelivery EFT_1.pdf
}

@test "a daemon that dies is started again by up" {
	spool_start
	master 123456789
	pkill -KILL -P "$UP" edelivery-watch
	drop 123456789 EFT_1.pdf
	until_posted 1
	pkill -KILL -P "$UP" -x edelivery-sftpd
	wait_for 15 grep -c 'serving SFTP' "$T/up.log"
}

@test "with few descriptors a burst is posted in parts" {
	other=$(mktemp -d /dev/shm/flow-XXXXXX)
	spool_make "drop.root=$other"
	master 123456789
	mkdir -p "$other/123456789"
	for i in {1..120}; do
		pdf "$other/123456789/EFT_$i.pdf"
	done
	(ulimit -n 160 && exec "$BIN/edelivery-watchd" -c "$EDELIVERY_CONF" >>"$T/up.log" 2>&1 3>&-) &
	WATCHD=$!
	until_posted 120
	watchd_stop
	[ -z "$(find "$other" -type f)" ]
	rm -rf "$other"
	run ! grep -q 'Too many open files' "$T/up.log"
}

@test "sessions that ended with their broker do not count any more" {
	spool_start server.sessions=1
	master 123456789
	hold_session m123456789
	pkill -KILL -f "edelivery-sftpd --broker $EDELIVERY_CONF"
	wait_for 10 has_ended "$HELD"
	wait_for 10 expect_listing m123456789 / '123456789 STATUS.txt new publications'
}

@test "what was opened right before the server stops can be acknowledged after it" {
	spool_start
	master 123456789
	drop 123456789 EFT_1.pdf
	until_posted 1
	hold_session m123456789
	expect_same m123456789 /123456789/new/EFT_1.pdf "$T/made/123456789/EFT_1.pdf"
	spool_stop
	edelivery letter show 1 | grep -q ' received by m123456789 '
	spool_up
	echo 'rm /123456789/new/EFT_1.pdf' | sftp_as m123456789
	expect_listing m123456789 /123456789/new ''
}
