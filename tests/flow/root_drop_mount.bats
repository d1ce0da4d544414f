#!/usr/bin/env bats
# A drop folder that is a file system of its own, and is not mounted: needs root, to mount.
# Covers: spool/drop_root.c
bats_require_minimum_version 1.5.0
load ../lib/spool

setup() {
	spool_setup
}

teardown() {
	[ -n "${T:-}" ] || return 0
	spool_stop
	! mountpoint -q "$ROOT/drop" || umount -l "$ROOT/drop"
	spool_teardown
}

mount_drop() {
	mount -t tmpfs -o size=4m,mode=2770 drop "$ROOT/drop" || skip "nothing can be mounted here"
}

@test "started without its mount, nothing is posted until it is mounted, and nothing is dropped beneath it" {
	spool_make
	mount_drop
	spool_up
	master 123456789 mary
	account adam --admin
	drop 123456789 EFT_1.pdf
	until_posted 1
	drop 555555555 EFT_9.pdf # held: nobody knows that AVRS ID
	until_status held 1
	spool_stop
	cp -a "$ROOT/drop" "$T/kept"
	umount "$ROOT/drop"
	spool_up
	wait_for 5 grep -q 'the file system of the drop folder is not mounted' "$T/up.log"
	edelivery status | grep -q ' drop.gone '
	status_is held 1
	pdf "$T/EFT_2.pdf"
	run ! sftp_as adam <<<"put $T/EFT_2.pdf /drop/123456789/"
	run -75 edelivery drop 123456789 "$T/EFT_2.pdf"
	[[ $output == *"is not mounted"* ]]
	sleep 2
	[ -z "$(ls -A "$ROOT/drop")" ]
	status_is held 1
	mount_drop
	cp -a "$T/kept/." "$ROOT/drop/"
	wait_for 10 grep -q 'it is back: starting anew' "$T/up.log"
	sftp_as adam <<<"put $T/EFT_2.pdf /drop/123456789/"
	until_posted 2
	expect_same mary /123456789/edelivery/EFT_2.pdf "$T/EFT_2.pdf"
	status_is held 1
	# Unmounted while all of it runs, and mounted anew.
	umount -l "$ROOT/drop"
	wait_for 10 grep -q 'was moved, removed or unmounted' "$T/up.log"
	run ! sftp_as adam <<<"put $T/EFT_2.pdf /drop/123456789/EFT_3.pdf"
	mount_drop
	sftp_as adam <<<"put $T/EFT_2.pdf /drop/123456789/EFT_3.pdf"
	until_posted 3
	[ -z "$(find "$ROOT/drop" -type f)" ]
}

@test "who gives the mount up says so once" {
	spool_make
	mount_drop
	spool_up
	master 123456789
	drop 123456789 EFT_1.pdf
	until_posted 1
	spool_stop
	umount "$ROOT/drop"
	chmod 2770 "$ROOT/drop"
	spool_up
	wait_for 5 grep -q 'remove run/drop-root-' "$T/up.log"
	rm "$ROOT"/run/drop-root-*
	drop 123456789 EFT_2.pdf
	until_posted 2
}
