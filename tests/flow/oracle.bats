#!/usr/bin/env bats
# Jobs do everything wrong while watchd is killed: every file is accounted for, by its content.
# `make test-long` does the same with 100,000 files.
bats_require_minimum_version 1.5.0

: "${PROGRAMS:=$BATS_TEST_DIRNAME/../../build/plain}"
: "${FAULT_PROGRAMS:=$BATS_TEST_DIRNAME/../../build/fault}"

oracle() {
	/usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/oracle.py" "$PROGRAMS" "$FAULT_PROGRAMS" "$@"
}

@test "nothing is lost, doubled, half or changed, however jobs drop and watchd dies" {
	oracle --files 300 --kills 6 --seconds 5
}

# In a mount namespace of its own, so that the spool's disk is small and nobody else's.
@test "nor where the disk of the spool is full now and then" {
	local small
	small=$(mktemp -d "${TMPDIR:-/tmp}/oracle-small-XXXXXX")
	# shellcheck disable=SC2016 # expanded in there
	run unshare -Urm env -u TEST_CATALOG bash -c 'set -e
		mkdir "$1/spool" "$1/jobs"
		mount -t tmpfs -o size=16m,mode=0755 none "$1/spool"
		# Root no more: permissions shall mean something.
		TMPDIR=$1/spool exec unshare -U --map-user=1000 --map-group=1000 \
			/usr/bin/python3 "${@:2}" --drop "$1/jobs/drop"' \
		- "$small" "$BATS_TEST_DIRNAME/../lib/oracle.py" "$PROGRAMS" "$FAULT_PROGRAMS" --files 250 --kills 3 \
		--full 3 --seconds 8
	echo "$output"
	rm -rf "$small"
	[ "$status" = 0 ]
	[[ $output == *"3 times full"* ]]
}

@test "nor where letters are copied from another file system" {
	other=$(mktemp -d /dev/shm/oracle-XXXXXX)
	if [ "$(stat -c %d "$other")" = "$(stat -c %d "${TMPDIR:-/tmp}")" ]; then
		rm -rf "$other"
		echo "/dev/shm is the file system of ${TMPDIR:-/tmp}: copying needs two; set TMPDIR elsewhere"
		false
	fi
	oracle --files 200 --kills 4 --seconds 4 --drop "$other/drop"
	rm -rf "$other"
}
