#!/usr/bin/env bats
# make install on a machine that has settings already.
# shellcheck disable=SC2154,SC2164 # bats sets status and output, and stops at a cd that fails
bats_require_minimum_version 1.5.0

setup() {
	T=$(mktemp -d "${TMPDIR:-/tmp}/flow-XXXXXX")
	cd "$BATS_TEST_DIRNAME/../.."
	mkdir "$T/etc" "$T/source"
	cp etc/*.conf "$T/source"
}

teardown() {
	rm -rf "$T"
}

install_settings() {
	tools/install-settings "$T/etc" "$T/source/"*.conf
}

@test "settings that were edited stay, and the new ones are put beside them" {
	[ -z "$(install_settings)" ]
	cmp "$T/etc/edelivery.conf" etc/edelivery.conf
	echo '# mine' >>"$T/etc/edelivery.conf"
	chmod 0600 "$T/etc/edelivery.conf"
	cp -p "$T/etc/edelivery.conf" "$T/before"
	run install_settings
	[ "$status" = 0 ]
	[ "$output" = "kept $T/etc/edelivery.conf; what is new is in $T/etc/edelivery.conf.new" ]
	cmp "$T/etc/edelivery.conf" "$T/before"
	[ "$(stat -c %a "$T/etc/edelivery.conf")" = 600 ]
	cmp "$T/etc/edelivery.conf.new" etc/edelivery.conf
	[ ! -e "$T/etc/letter-types.conf.new" ]
	# Once what is new was taken over there is nothing left to compare.
	cp etc/edelivery.conf "$T/etc/edelivery.conf"
	[ -z "$(install_settings)" ]
	[ ! -e "$T/etc/edelivery.conf.new" ]
}

@test "a link to the settings stays a link, wherever it leads" {
	ln -s "$T/elsewhere.conf" "$T/etc/edelivery.conf"
	install_settings
	[ -L "$T/etc/edelivery.conf" ]
	[ ! -e "$T/elsewhere.conf" ]
	echo '# mine' >"$T/elsewhere.conf"
	install_settings
	[ "$(cat "$T/elsewhere.conf")" = '# mine' ]
}

@test "make install puts nothing below /etc in another way" {
	# shellcheck disable=SC2016 # as it stands there
	grep -qF '@tools/install-settings $(DESTDIR)$(SYSCONFDIR)/edelivery etc/*.conf' Makefile
	run ! grep -E '^	install .*\$\(SYSCONFDIR\)' <(grep -v 'install -d' Makefile)
}
