#!/usr/bin/env bats
# The tree, mounted: needs root, since tests/run lets nobody else gain the right to mount.
# Covers: server/sftp.c
bats_require_minimum_version 1.5.0
load ../lib/spool

setup() {
	(exec 7<>/dev/fuse) 2>/dev/null || skip "/dev/fuse cannot be opened here"
	spool_setup
	mkdir "$T/mount"
}

teardown() {
	[ -n "${T:-}" ] || return 0
	! mountpoint -q "$T/mount" || fusermount3 -u "$T/mount"
	spool_teardown
}

mount_as() { # LOGIN
	sshfs -p "$PORT" -o IdentityFile="$T/keys/flow" "${SSH_OPTIONS[@]}" "$1@127.0.0.1:/" "$T/mount" 3>&-
}

@test "sshfs mounts the tree: it is read as it is, in any order, and cannot be written" {
	spool_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf 'EFT_a b*.pdf'
	drop_big 123456789 big.pdf 3000001
	until_posted 3
	mount_as mary
	tree=$T/mount/123456789
	[ "$(find "$tree/edelivery" "$tree/trade-files" -type f -printf '%f,' | tr , '\n' | sort | paste -s -d ,)" = 'EFT_1.pdf,EFT_a b*.pdf,big.pdf' ]
	for name in edelivery/EFT_1.pdf 'edelivery/EFT_a b*.pdf' trade-files/big.pdf; do
		cmp "$tree/$name" "$T/made/123456789/${name#*/}"
	done
	[ "$(stat -c '%s %a' "$tree/trade-files/big.pdf")" = '3000001 644' ]
	cmp <(tail -c 77 "$tree/trade-files/big.pdf") <(tail -c 77 "$T/made/123456789/big.pdf")
	run ! touch "$tree/edelivery/EFT_9.pdf"
	run ! mv "$tree/edelivery/EFT_1.pdf" "$tree/edelivery/EFT_9.pdf"
	run ! rm "$tree/edelivery/EFT_1.pdf"
	run ! mkdir "$tree/edelivery/more"
	rm "$T/mount/new/123456789_EFT_1.pdf"
	[ -e "$tree/edelivery/EFT_1.pdf" ]
}
