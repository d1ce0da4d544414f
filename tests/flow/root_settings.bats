#!/usr/bin/env bats
# Settings of root's that a daemon's group reads: only root can give a file away.
bats_require_minimum_version 1.5.0
load ../lib/spool

@test "config set leaves owner, group, mode and a link to the settings as they are" {
	spool_make
	mkdir "$T/etc"
	mv "$ROOT/etc/edelivery.conf" "$T/etc/real.conf"
	mv "$ROOT/etc/"* "$T/etc/"
	ln -s real.conf "$T/etc/edelivery.conf"
	chown 65533:65532 "$T/etc/real.conf"
	chmod 0640 "$T/etc/real.conf"
	edelivery -c "$T/etc/edelivery.conf" config set drop.settle 7s
	[ "$(edelivery -c "$T/etc/real.conf" config get drop.settle)" = 7s ]
	[ "$(stat -c '%u:%g %a' "$T/etc/real.conf")" = '65533:65532 640' ]
	[ -L "$T/etc/edelivery.conf" ]
	# Whoever cannot keep them as they are changes nothing.
	chmod 0777 "$T/etc"
	chmod 0644 "$T/etc/real.conf"
	chmod 0755 "$T" "$ROOT"
	run ! setpriv --reuid=65534 --regid=65534 --clear-groups "$BIN/edelivery" -c "$T/etc/edelivery.conf" config set drop.settle 8s
	[[ $output == *'keep owner and group'* ]]
	[ "$(edelivery -c "$T/etc/real.conf" config get drop.settle)" = 7s ]
	[ "$(find "$T/etc" -name '.new-*')" = '' ]
}
