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

@test "nor where letters are copied from another file system" {
	other=$(mktemp -d /dev/shm/oracle-XXXXXX)
	if [ "$(stat -c %d "$other")" = "$(stat -c %d "${TMPDIR:-/tmp}")" ]; then
		rm -rf "$other"
		skip "no second file system here"
	fi
	oracle --files 200 --kills 4 --seconds 4 --drop "$other/drop"
	rm -rf "$other"
}
