#!/usr/bin/env bats
# The server is told new settings, stopped and replaced while clients are at work.
bats_require_minimum_version 1.5.0
load ../lib/spool

# Covers: server/listener.c server/listener_reload.c

teardown() {
	exec 8>&-
	[ -z "${MANAGER:-}" ] || kill "$MANAGER" 2>/dev/null || true
	sftpd_end
	spool_teardown
	# Whatever happened: nothing of it stays.
	wait_for 10 nothing_runs
}

nothing_runs() {
	[ -z "$(pgrep -f "$EDELIVERY_CONF")" ]
}

# --- the server alone, as systemd starts it: its notices are in $T/notices

sftpd_start() { # [ENVIRONMENT...]
	/usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/notify_socket.py" "$T/notify" >"$T/notices" 3>&- &
	MANAGER=$!
	wait_for 5 test -S "$T/notify"
	env NOTIFY_SOCKET="$T/notify" "$@" "$BIN/edelivery-sftpd" -c "$EDELIVERY_CONF" 2>>"$T/up.log" 3>&- &
	SFTPD=$!
	wait_for 20 grep -q 'READY=1' "$T/notices"
	PORT=$(sed -n 's/.*X_SFTP=127\.0\.0\.1:\([0-9]*\).*/\1/p' "$T/notices" | head -n 1)
}

sftpd_end() {
	[ -z "${SFTPD:-}" ] && return
	kill -KILL "$SFTPD" 2>/dev/null || true
	wait "$SFTPD" 2>/dev/null || true
	SFTPD=
}

notices() { # TEXT: how many there are of it
	grep -c "$1" "$T/notices" || true
}

notices_are() { # COUNT TEXT
	[ "$(notices "$2")" = "$1" ]
}

# A spool with a letter and a trade file of 6 MB, which takes a slow client some seconds.
with_letters() { # [KEY=VALUE...]
	spool_make "$@"
	master 123456789
	watchd
	drop 123456789 EFT_1.pdf
	drop_big 123456789 BIG_1.pdf 4000000
	until_posted 2
	watchd_stop
}

serve_alone() { # [KEY=VALUE...]
	with_letters "$@"
	sftpd_start
}

BIG=/123456789/trade-files/BIG_1.pdf

# slow_get FILE [COMMAND]: fetch the big file at some 2 MB/s; $SLOW is the client.
slow_get() {
	echo "${2:-get} $BIG $1" | sftp_as m123456789 -l 16000 >"$T/slow.out" 2>&1 3>&- &
	SLOW=$!
	wait_for 10 test -s "$1"
}

# It was cut off: which way is the client's.
slow_get_fails() {
	local status=0
	wait "$SLOW" || status=$?
	[ "$status" != 0 ]
}

# talk LOGIN: an sftp session that does what say tells it to.
talk() {
	mkfifo "$T/talk"
	sftp_as "$1" <"$T/talk" >"$T/said" 2>&1 3>&- &
	TALK=$!
	exec 8>"$T/talk"
	say pwd
	wait_for 10 grep -q 'Remote working directory' "$T/said"
}

say() {
	echo "$*" >&8
}

talk_end() {
	exec 8>&-
	wait "$TALK"
}

pids_of() { # --broker | --zygote
	pgrep -P "$SFTPD" -f "edelivery-s(ftpd|ession) $1 $EDELIVERY_CONF" | sort -n | paste -s -d ' '
}

reload_and_wait() {
	local before
	before=$(grep -c 'text="reloaded' "$T/up.log" || true)
	kill -HUP "$SFTPD"
	wait_for 20 reloads_are $((before + 1))
	wait_for 10 notices_are $(($(notices RELOADING=1) + 1)) READY=1
}

reloads_are() {
	[ "$(grep -c 'text="reloaded' "$T/up.log" || true)" = "$1" ]
}

is_alone() { # PIDS OPTION: only that process of the option is there
	[ "$(pids_of "$2")" = "$1" ]
}

# --- SIGHUP

@test "a download goes on across a reload, and new sessions have the new settings" {
	serve_alone
	run -1 sftp_as m123456789 <<<"chmod 600 $BIG"
	slow_get "$T/big"
	edelivery config set server.setstat ignore
	pid=$SFTPD
	reload_and_wait
	echo "chmod 600 $BIG" | sftp_as m123456789
	wait "$SLOW"
	cmp "$T/big" "$T/made/123456789/BIG_1.pdf"
	kill -0 "$pid"
}

@test "an old session goes on after a reload, and its processes are gone after it" {
	serve_alone
	talk m123456789
	old_broker=$(pids_of --broker)
	old_zygote=$(pids_of --zygote)
	reload_and_wait
	new_broker=$(pids_of --broker | tr ' ' '\n' | grep -vx "$old_broker")
	[ -n "$new_broker" ]
	[ "$(pids_of --zygote)" != "$old_zygote" ]
	say "ls -1 /123456789/edelivery"
	wait_for 10 grep -q EFT_1.pdf "$T/said"
	say "get /123456789/new/EFT_1.pdf $T/got"
	say "rm /123456789/new/EFT_1.pdf"
	say "ls -1 /123456789/new"
	say 'lpwd'
	wait_for 10 grep -q 'Local working directory' "$T/said"
	cmp "$T/got" "$T/made/123456789/EFT_1.pdf"
	# Two brokers, one catalog: what the old one's session did counts for the new one's.
	expect_listing m123456789 /123456789/new BIG_1.pdf
	[ "$(pids_of --broker | wc -w)" = 2 ]
	talk_end
	wait_for 10 is_alone "$new_broker" --broker
	expect_listing m123456789 /123456789/edelivery EFT_1.pdf
}

@test "sessions of three generations go on side by side, and are counted together" {
	serve_alone server.sessions=3
	talk m123456789
	reload_and_wait
	expect_listing m123456789 /123456789/edelivery EFT_1.pdf
	hold_session m123456789
	reload_and_wait
	hold_session m123456789
	run -255 ssh_as m123456789
	[[ $output == *"too many sessions, try again later"* ]]
	say "ls -1 /123456789/edelivery"
	wait_for 10 grep -q EFT_1.pdf "$T/said"
	kill "$HELD"
	talk_end
	wait_for 10 expect_listing m123456789 /123456789/edelivery EFT_1.pdf
}

@test "a reload takes the programs that are installed now" {
	with_letters
	cp -r "$PROGRAMS" "$T/bin"
	BIN=$T/bin
	sftpd_start
	talk m123456789
	[ "$(stat -Lc %i "/proc/$SFTPD/exe")" = "$(stat -c %i "$T/bin/edelivery-sftpd")" ]
	for program in edelivery-sftpd edelivery-session; do
		cp "$PROGRAMS/$program" "$T/bin/new"
		mv "$T/bin/new" "$T/bin/$program"
	done
	[ "$(stat -Lc %i "/proc/$SFTPD/exe")" != "$(stat -c %i "$T/bin/edelivery-sftpd")" ]
	reload_and_wait
	[ "$(stat -Lc %i "/proc/$SFTPD/exe")" = "$(stat -c %i "$T/bin/edelivery-sftpd")" ]
	[ "$(stat -Lc %i "/proc/$(pids_of --zygote)/exe")" = "$(stat -c %i "$T/bin/edelivery-session")" ]
	say "get /123456789/edelivery/EFT_1.pdf $T/got"
	talk_end
	cmp "$T/got" "$T/made/123456789/EFT_1.pdf"
	expect_same m123456789 /123456789/edelivery/EFT_1.pdf "$T/made/123456789/EFT_1.pdf"
}

@test "wrong settings are told, and what was in force stays so" {
	serve_alone
	broker=$(pids_of --broker)
	zygote=$(pids_of --zygote)
	echo 'server.policy = "fast"' >>"$EDELIVERY_CONF"
	kill -HUP "$SFTPD"
	wait_for 10 grep -q 'not reloaded, what was in force stays so: .*edelivery.conf:[0-9]*: ' "$T/up.log"
	wait_for 5 notices_are 2 READY=1
	[ "$(pids_of --broker)" = "$broker" ]
	[ "$(pids_of --zygote)" = "$zygote" ]
	expect_listing m123456789 /123456789/edelivery EFT_1.pdf
	# And mended, it is taken.
	sed -i '$d' "$EDELIVERY_CONF"
	reload_and_wait
	expect_listing m123456789 /123456789/edelivery EFT_1.pdf
}

# The fingerprint of a key file, and of the key that the server shows.
fingerprint() { # FILE
	ssh-keygen -lf "$1" | cut -d ' ' -f 2
}

shown() {
	ssh-keyscan -t ed25519 -p "$PORT" 127.0.0.1 2>/dev/null >"$T/shown"
	fingerprint "$T/shown"
}

@test "a host key that is missing keeps the old ones in force; a new one counts after a reload" {
	serve_alone
	key=$ROOT/etc/host-keys/ed25519_key
	old=$(fingerprint "$key")
	[ "$(shown)" = "$old" ]
	mv "$key" "$T/key"
	kill -HUP "$SFTPD"
	wait_for 10 grep -q 'not reloaded.*--zygote could not start' "$T/up.log"
	grep -q 'error: text="host key .*ed25519_key' "$T/up.log"
	[ "$(shown)" = "$old" ]
	ssh-keygen -q -t ed25519 -N '' -f "$key"
	reload_and_wait
	[ "$(shown)" = "$(fingerprint "$key")" ]
	[ "$(shown)" != "$old" ]
	expect_listing m123456789 /123456789/edelivery EFT_1.pdf
}

@test "another server.listen takes a restart, and says so" {
	serve_alone
	edelivery config set server.listen 127.0.0.1:1 >/dev/null
	reload_and_wait
	wait_for 5 grep -q 'server.listen is 127.0.0.1:1 now, which takes a restart' "$T/up.log"
	expect_listing m123456789 /123456789/edelivery EFT_1.pdf
}

@test "a reload keeps the socket that systemd handed over" {
	with_letters
	PORT=$((20000 + RANDOM % 10000))
	systemd-socket-activate -l "127.0.0.1:$PORT" "$BIN/edelivery-sftpd" -c "$EDELIVERY_CONF" 2>>"$T/up.log" 3>&- &
	SFTPD=$!
	wait_for 10 grep -q 'Listening on' "$T/up.log"
	expect_listing m123456789 /123456789/edelivery EFT_1.pdf
	kill -HUP "$SFTPD"
	wait_for 20 reloads_are 1
	expect_listing m123456789 /123456789/edelivery EFT_1.pdf
	kill -HUP "$SFTPD"
	wait_for 20 reloads_are 2
	expect_listing m123456789 /123456789/edelivery EFT_1.pdf
}

@test "reloads do not leave descriptors behind" {
	serve_alone
	reload_and_wait
	before=$(find "/proc/$SFTPD/fd" -mindepth 1 | wc -l)
	for _ in 1 2 3; do
		expect_listing m123456789 /123456789/edelivery EFT_1.pdf
		reload_and_wait
	done
	[ "$(find "/proc/$SFTPD/fd" -mindepth 1 | wc -l)" = "$before" ]
	[ "$(pids_of --broker | wc -w)" = 1 ]
	[ "$(pids_of --zygote | wc -w)" = 1 ]
}

@test "up passes SIGHUP on, and takes nobody for dead" {
	spool_start
	master 123456789
	drop 123456789 EFT_1.pdf
	until_posted 1
	talk m123456789
	edelivery config set server.setstat ignore >/dev/null
	daemons=$(pgrep -P "$UP" | sort)
	kill -HUP "$UP"
	wait_for 20 reloads_are 1
	wait_for 20 grep -q 'text="reloading' "$T/up.log"
	drop 123456789 EFT_2.pdf
	until_posted 2
	[ "$(pgrep -P "$UP" | sort)" = "$daemons" ]
	say "get /123456789/edelivery/EFT_2.pdf $T/got"
	talk_end
	cmp "$T/got" "$T/made/123456789/EFT_2.pdf"
	expect_listing m123456789 /123456789/edelivery 'EFT_1.pdf EFT_2.pdf'
	[ "$(grep -c '^ready' "$T/up.out")" = 1 ]
	run ! grep -q 'starting it again' "$T/up.log"
}

letter_is_there() { # NAME
	[ -n "$(find "$ROOT/letters" -name "*_$1")" ]
}

@test "watchd takes new letter types at a reload, and keeps the old ones if they are wrong" {
	types=$ROOT/etc/letter-types.conf
	spool_make
	master 123456789
	cp "$types" "$T/types"
	watchd
	wait_for 10 grep -q 'text="watching' "$T/up.log"
	echo 'nonsense' >>"$types"
	kill -HUP "$WATCHD"
	wait_for 10 grep -q 'not reloaded, what was in force stays so: .*letter-types.conf' "$T/up.log"
	drop 123456789 EFT_1.pdf
	wait_for 10 letter_is_there EFT_1.pdf
	drop 123456789 XYZ_0.pdf
	until_quarantined XYZ_0.pdf 'unknown letter type'
	sed 's/letter-type EFT /letter-type XYZ /' "$T/types" >"$types"
	kill -HUP "$WATCHD"
	wait_for 10 grep -q 'text="reloading' "$T/up.log"
	drop 123456789 XYZ_1.pdf
	wait_for 10 letter_is_there XYZ_1.pdf
	kill -0 "$WATCHD"
	watchd_stop
}

# --- SIGTERM

@test "told to stop, a download is finished, idle sessions end at once, nobody new gets in" {
	serve_alone
	talk m123456789
	slow_get "$T/big"
	kill -TERM "$SFTPD"
	wait_for 3 grep -q 'the server stops, please connect again later' "$T/said"
	# The port is free for who comes next.
	wait_for 3 bash -c "! (exec 9<>/dev/tcp/127.0.0.1/$PORT) 2>/dev/null"
	kill -0 "$SFTPD"
	wait "$SLOW"
	cmp "$T/big" "$T/made/123456789/BIG_1.pdf"
	wait_for 10 has_ended "$SFTPD"
	wait "$SFTPD"
	notices_are 1 'STOPPING=1 EXTEND_TIMEOUT_USEC=40000000'
	# What was fetched to the end while stopping is a receipt.
	edelivery letter show 2 | grep -q ' received by m123456789 '
}

@test "a download that takes longer than server.stop-grace is ended, and resumed later" {
	serve_alone server.stop-grace=1s
	slow_get "$T/big"
	kill -TERM "$SFTPD"
	wait_for 5 has_ended "$SFTPD"
	slow_get_fails
	[ "$(stat -c %s "$T/big")" -lt 4000000 ]
	rm "$T/notify"
	kill "$MANAGER"
	sftpd_start
	echo "reget $BIG $T/big" | sftp_as m123456789
	cmp "$T/big" "$T/made/123456789/BIG_1.pdf"
}

@test "a second SIGTERM ends everything at once" {
	serve_alone
	slow_get "$T/big"
	kill -TERM "$SFTPD"
	sleep 0.3
	kill -0 "$SFTPD"
	kill -TERM "$SFTPD"
	wait_for 3 has_ended "$SFTPD"
	slow_get_fails
	wait_for 5 nothing_runs
}

@test "connections that are not logged in do not keep a server from stopping" {
	serve_alone
	exec 9<>"/dev/tcp/127.0.0.1/$PORT"
	read -r -t 5 line <&9
	[[ $line == SSH-2.0-edelivery* ]]
	kill -TERM "$SFTPD"
	wait_for 5 has_ended "$SFTPD"
	exec 9>&-
}

@test "sessions of a broker that is about to go are told to stop as well" {
	serve_alone
	slow_get "$T/big"
	reload_and_wait
	kill -TERM "$SFTPD"
	wait "$SLOW"
	cmp "$T/big" "$T/made/123456789/BIG_1.pdf"
	wait_for 10 has_ended "$SFTPD"
}

@test "a successor serves on the port while the old one finishes" {
	with_letters
	port=$((20000 + RANDOM % 10000))
	edelivery config set server.listen "127.0.0.1:$port" >/dev/null
	sftpd_start
	slow_get "$T/big"
	old=$SFTPD
	kill -TERM "$old"
	wait_for 3 bash -c "! (exec 9<>/dev/tcp/127.0.0.1/$port) 2>/dev/null"
	kill "$MANAGER"
	rm "$T/notify"
	sftpd_start
	expect_listing m123456789 /123456789/edelivery EFT_1.pdf
	kill -0 "$old"
	wait "$SLOW"
	cmp "$T/big" "$T/made/123456789/BIG_1.pdf"
	wait_for 10 has_ended "$old"
}

@test "up gives downloads their grace, and a second SIGTERM ends it" {
	with_letters
	spool_up
	slow_get "$T/big"
	kill -TERM "$UP"
	wait "$SLOW"
	cmp "$T/big" "$T/made/123456789/BIG_1.pdf"
	wait_for 10 has_ended "$UP"
	wait "$UP"
	rm "$T/big"
	spool_up
	slow_get "$T/big"
	kill -TERM "$UP"
	sleep 0.5
	kill -TERM "$UP"
	wait_for 5 has_ended "$UP"
	slow_get_fails
	wait_for 5 nothing_runs
}

# --- who hangs, and who watches

@test "the manager hears that it is ready, reloads, stops, and works" {
	with_letters
	sftpd_start WATCHDOG_USEC=2000000
	grep -q "READY=1 MAINPID=$SFTPD X_SFTP=127.0.0.1:$PORT STATUS=serving SFTP on 127.0.0.1:$PORT" "$T/notices"
	wait_for 5 grep -q WATCHDOG=1 "$T/notices"
	reload_and_wait
	grep -q 'RELOADING=1 MONOTONIC_USEC=[0-9]' "$T/notices"
	count=$(notices WATCHDOG=1)
	sleep 2
	[ "$(notices WATCHDOG=1)" -gt $((count + 1)) ]
	# A listener that hangs is silent.
	kill -STOP "$SFTPD"
	sleep 0.3
	count=$(notices WATCHDOG=1)
	sleep 1.5
	[ "$(notices WATCHDOG=1)" = "$count" ]
	kill -CONT "$SFTPD"
	kill -TERM "$SFTPD"
	wait_for 5 grep -q STOPPING=1 "$T/notices"
	wait_for 5 has_ended "$SFTPD"
}

@test "a broker that hangs is replaced, and the watchdog hears nothing until then" {
	with_letters
	sftpd_start WATCHDOG_USEC=12000000
	hold_session m123456789
	broker=$(pids_of --broker)
	kill -STOP "$broker"
	sleep 1.7
	count=$(notices WATCHDOG=1)
	sleep 1.7
	[ "$(notices WATCHDOG=1)" = "$count" ]
	wait_for 5 grep -q "process=broker pid=$broker text=\"does not answer; it is ended\"" "$T/up.log"
	wait_for 10 has_ended "$HELD"
	wait_for 10 expect_listing m123456789 /123456789/edelivery EFT_1.pdf
	wait_for 10 watchdog_hears_more_than "$count"
	[ "$(pids_of --broker)" != "$broker" ]
}

watchdog_hears_more_than() {
	[ "$(notices WATCHDOG=1)" -gt "$1" ]
}

@test "a zygote that hangs is replaced, and sessions go on" {
	with_letters
	sftpd_start WATCHDOG_USEC=3000000
	talk m123456789
	zygote=$(pids_of --zygote)
	kill -STOP "$zygote"
	wait_for 10 grep -q "process=zygote pid=$zygote text=\"does not answer; it is ended\"" "$T/up.log"
	wait_for 10 expect_listing m123456789 /123456789/edelivery EFT_1.pdf
	say "get /123456789/edelivery/EFT_1.pdf $T/got"
	talk_end
	cmp "$T/got" "$T/made/123456789/EFT_1.pdf"
}

@test "watchd feeds its watchdog, and tells that it reloads and stops" {
	spool_make
	/usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/notify_socket.py" "$T/notify" >"$T/notices" 3>&- &
	MANAGER=$!
	wait_for 5 test -S "$T/notify"
	NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=4000000 watchd
	wait_for 10 notices_are 1 "READY=1 MAINPID=$WATCHD"
	wait_for 10 grep -q WATCHDOG=1 "$T/notices"
	kill -HUP "$WATCHD"
	wait_for 10 notices_are 2 "READY=1 MAINPID=$WATCHD"
	notices_are 1 RELOADING=1
	count=$(notices WATCHDOG=1)
	wait_for 10 watchdog_hears_more_than "$count"
	kill -STOP "$WATCHD"
	sleep 0.3
	count=$(notices WATCHDOG=1)
	sleep 2.5
	[ "$(notices WATCHDOG=1)" = "$count" ]
	kill -CONT "$WATCHD"
	watchd_stop
	notices_are 1 STOPPING=1
}

# --- limits and counts

@test "who comes from an address that has too many sessions is told so" {
	serve_alone server.sessions-per-address=1
	hold_session m123456789
	run -255 ssh_as m123456789
	[[ $output == *"too many sessions from this address, try again later"* ]]
	run -1 psftp_as m123456789 <<<'ls'
	[[ $output == *"too many sessions from this address, try again later"* ]]
	wait_for 10 until_counted refused_sessions_per_address 2
	kill "$HELD"
	wait_for 10 expect_listing m123456789 /123456789/edelivery EFT_1.pdf
}

until_counted() { # KEY COUNT
	status_is "$1" "$2"
}

@test "connections that do not log in are bounded, by address and in all, and end by themselves" {
	serve_alone server.strangers-per-address=2 server.login-grace=2s
	hold_session m123456789
	exec 5<>"/dev/tcp/127.0.0.1/$PORT" 6<>"/dev/tcp/127.0.0.1/$PORT"
	read -r -t 5 line <&6
	run -255 ssh_as m123456789
	[[ $output == *"too many connections from this address that are not logged in, try again later"* ]]
	wait_for 10 status_is refused_strangers_per_address 1
	status_is strangers 2
	status_is sessions 3
	exec 5>&- 6>&-
	wait_for 10 expect_listing m123456789 /123456789/edelivery EFT_1.pdf
	edelivery config set server.strangers 1 >/dev/null
	reload_and_wait
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	read -r -t 5 line <&5
	run -255 ssh_as m123456789
	[[ $output == *"too many connections that are not logged in, try again later"* ]]
	# server.login-grace ends it.
	wait_for 10 expect_listing m123456789 /123456789/edelivery EFT_1.pdf
	exec 5>&-
}

@test "status tells what the server counted, and goes on counting after restarts" {
	serve_alone
	expect_same m123456789 "$BIG" "$T/made/123456789/BIG_1.pdf"
	run ! ssh -p "$PORT" "${SSH_OPTIONS[@]}" -i "$T/keys/flow" nobody@127.0.0.1
	hold_session m123456789
	wait_for 10 status_is sessions 1
	status_is connections 3
	status_is logins 2
	status_is logins_refused 1
	status_is bytes_sent 4000000
	status_is strangers 0
	edelivery status | grep -q '^SFTP server of '
	edelivery status | grep -q ' 4000000  bytes of letters sent'
	reload_and_wait
	expect_listing m123456789 /123456789/edelivery EFT_1.pdf
	wait_for 10 status_is logins 3
	kill -TERM "$SFTPD"
	wait_for 10 has_ended "$SFTPD"
	status_is sessions 0
	status_is connections 4
	kill "$MANAGER"
	rm "$T/notify"
	sftpd_start
	expect_listing m123456789 /123456789/edelivery EFT_1.pdf
	wait_for 10 status_is connections 5
}
