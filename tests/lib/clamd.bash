# Verbs about a real clamd, of its own, with one signature: that of the file $T/virus.pdf.
#
# shellcheck shell=bash

CLAMD=/usr/sbin/clamd

# clamd_make [LINE...]: a clamd that is not started yet, with more lines for its settings; CLAMD_SOCKET
# is where it will listen.
clamd_make() {
	CLAMD_SOCKET=$T/clamd.sock
	pdf "$T/virus.pdf"
	mkdir -p "$T/signatures"
	printf '%s:%s:Test.Letter\n' "$(md5sum <"$T/virus.pdf" | cut -c 1-32)" "$(stat -c %s "$T/virus.pdf")" \
		>"$T/signatures/t.hdb"
	printf '%s\n' "LocalSocket $CLAMD_SOCKET" "DatabaseDirectory $T/signatures" 'Foreground yes' \
		"LogFile $T/clamd.log" "$@" >"$T/clamd.conf"
}

clamd_up() {
	"$CLAMD" --config-file="$T/clamd.conf" >>"$T/clamd.out" 2>&1 3>&- &
	CLAMD_PID=$!
	wait_for 20 clamd_answers
}

clamd_answers() {
	/usr/bin/python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(5)
s.connect(sys.argv[1])
s.sendall(b"zPING\0")
sys.exit(s.recv(5) != b"PONG\0")' "$CLAMD_SOCKET" 2>/dev/null
}

# clamd_kill: at once, with its socket left behind, as a crash does.
clamd_kill() {
	kill -KILL "$CLAMD_PID"
	wait "$CLAMD_PID" 2>/dev/null || true
	CLAMD_PID=
}

clamd_teardown() {
	[ -z "${CLAMD_PID:-}" ] || clamd_kill
}

# drop_virus AVRS-ID NAME: the infected letter.
drop_virus() {
	mkdir -p "$ROOT/drop/$1"
	cp "$T/virus.pdf" "$ROOT/drop/$1/$2"
}
