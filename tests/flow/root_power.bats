#!/usr/bin/env bats
# The power fails between any two steps of posting: needs root, to mount a file system and to cut it off.
# Covers: batch/recovery.c
bats_require_minimum_version 1.5.0
load ../lib/spool

# Where power fails; at last when all is done.
POINTS='post.taken post.recorded post.moved post.placed post.synced post.published idle'
NOBODY=(setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs)

setup() {
	# Both are on the file system that is cut off, in any case, and not root's.
	unset TEST_CATALOG TEST_HOST_KEYS
	spool_setup
	BIN=$FAULT_PROGRAMS
	chmod 0755 "$T"
	mkdir "$T/disk"
	ROOT=$T/disk/spool
	export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
}

teardown() {
	[ -n "${T:-}" ] || return 0
	[ -z "${WATCHD:-}" ] || kill -KILL "$WATCHD" 2>/dev/null || true
	! mountpoint -q "$T/disk" || umount -l "$T/disk"
	spool_teardown
}

edelivery() {
	"${NOBODY[@]}" "$BIN/edelivery" "$@"
}

watchd_as_nobody() { # FAULT
	: >"$T/up.log"
	EDELIVERY_FAULT=$1 "${NOBODY[@]}" "$BIN/edelivery-watchd" -c "$EDELIVERY_CONF" >>"$T/up.log" 2>&1 3>&- &
	WATCHD=$!
	wait_for 10 grep -q 'watching' "$T/up.log"
}

# make_disk FILE-SYSTEM: an image of one with a spool on it.
make_disk() {
	truncate -s 400M "$T/$1"
	"mkfs.$1" -q "$T/$1"
	mount -o loop "$T/$1" "$T/disk" || skip "nothing can be mounted here"
	chown 65534:65534 "$T/disk"
	spool_make
	master 123456789
	"${NOBODY[@]}" mkdir "$ROOT/drop/123456789"
	umount "$T/disk"
}

new_disk() { # FILE-SYSTEM
	[ -e "$T/$1" ] || make_disk "$1"
	cp --sparse=always "$T/$1" "$T/image"
	mount -o loop "$T/image" "$T/disk"
	rm -rf "$T/made"
	mkdir "$T/made"
}

# What is in memory and not on disk is lost: FS_IOC_SHUTDOWN, without writing the journal first.
cut_power() {
	/usr/bin/python3 -c 'import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))' "$T/disk"
	kill -KILL "$WATCHD"
	wait "$WATCHD" 2>/dev/null || true
	umount "$T/disk"
	mount -o loop "$T/image" "$T/disk"
}

# drop_by_job SYNC NAME: by one that waits until it is on disk (sync), or by one that does not (true).
drop_by_job() {
	pdf "$T/made/$2" 30000
	chmod 0644 "$T/made/$2"
	"${NOBODY[@]}" cp "$T/made/$2" "$ROOT/drop/123456789/.next"
	"$1" "$ROOT/drop/123456789/.next"
	"${NOBODY[@]}" mv "$ROOT/drop/123456789/.next" "$ROOT/drop/123456789/$2"
	"$1" "$ROOT/drop/123456789"
}

is_there() { # POINT
	case $1 in
	idle) grep -q ' posted ' "$T/up.log" && [ "$(ps -o stat= -p "$WATCHD" | cut -c 1)" = S ] ;;
	*) [ "$(ps -o stat= -p "$WATCHD" | cut -c 1)" = T ] ;;
	esac
}

# lose_power FILE-SYSTEM POINT SYNC: a letter is dropped, and the power fails when it is there.
lose_power() {
	echo "file system $1, point $2, $3"
	new_disk "$1"
	watchd_as_nobody "$2=stop"
	drop_by_job "$3" EFT_1.pdf
	wait_for 10 is_there "$2"
	cut_power
}

end() {
	watchd_stop
	WATCHD=
	umount "$T/disk"
}

@test "without power at any step of posting, what its job has seen on disk is posted, once" {
	for disk in ext4 xfs; do
		for point in $POINTS; do
			lose_power "$disk" "$point" sync
			watchd_as_nobody ''
			until_posted 1
			expect_each_once 1
			edelivery letter list --json | grep -q '"name":"EFT_1.pdf"'
			status_is held 0
			end
		done
	done
}

# What never was on disk may be lost, but nobody gets half of it.
@test "without power at any step of posting, what its job has not synced is posted whole, or not at all" {
	for disk in ext4 xfs; do
		for point in $POINTS; do
			lose_power "$disk" "$point" true
			watchd_as_nobody ''
			drop_by_job sync EFT_2.pdf
			wait_for 10 grep -q ' posted ' "$T/up.log"
			wait_for 10 test ! -e "$ROOT/drop/123456789/EFT_2.pdf"
			find "$ROOT/letters" -type f -name '*_EFT_*' | while read -r served; do
				cmp "$served" "$T/made/EFT_${served##*_EFT_}"
			done
			[ "$(find "$ROOT/letters" -type f -name '*_EFT_1.pdf' | wc -l)" = "$(($(count_letters posted) - 1))" ]
			[ "$(count_letters posting)" = 0 ]
			end
		done
	done
}

@test "without power once a letter was synced, it has its place; once all is done, it is posted" {
	for disk in ext4 xfs; do
		for point in post.synced post.published idle; do
			lose_power "$disk" "$point" true
			cmp "$(find "$ROOT/letters" -type f)" "$T/made/EFT_1.pdf"
			case $point in
			idle) letters_are 1 posted ;;
			*) letters_are 1 posting ;;
			esac
			umount "$T/disk"
		done
	done
}
