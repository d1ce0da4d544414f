# Verbs of the flow tests: a scratch spool, its people, what is dropped, what each account sees.
#
# shellcheck shell=bash
# Every test has its own spool in $T, served on a free port of the loopback; teardown stops it.

# tests/run says where the programs are; by hand (`bats tests/flow/paper.bats`) they are in build/.
: "${PROGRAMS:=$BATS_TEST_DIRNAME/../../build/plain}"
: "${FAULT_PROGRAMS:=$BATS_TEST_DIRNAME/../../build/fault}"

setup() {
	spool_setup
}

teardown() {
	spool_teardown
}

spool_setup() {
	T=$(mktemp -d "${TMPDIR:-/tmp}/flow-XXXXXX")
	ROOT=$T/spool
	export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
	BIN=$PROGRAMS
	mkdir -p "$T/keys" "$T/made"
	ssh-keygen -q -t ed25519 -N '' -C flow -f "$T/keys/flow"
	touch "$T/logins"
}

spool_teardown() {
	spool_stop
	if [ -n "${BATS_TEST_COMPLETED:-}" ]; then
		rm -rf "$T"
	else
		# What happened is worth more than the space: bats shows it with the failure.
		echo "--- log of the daemons"
		tail -n 60 "$T/up.log" 2>/dev/null
		rm -rf "$T"
	fi
}

edelivery() {
	"$BIN/edelivery" "$@"
}

# Where tests/run says so, catalogs are in PostgreSQL, a schema each.
catalog_make() {
	[ -n "${TEST_CATALOG:-}" ] || return 0
	SCHEMA=flow_$$_$RANDOM
	psql -q "$TEST_CATALOG" -c "CREATE SCHEMA $SCHEMA"
	edelivery config set catalog "postgresql:$TEST_CATALOG options=-csearch_path=$SCHEMA" >/dev/null
	edelivery init --root "$ROOT" --port 0 >/dev/null
}

# spool_make [KEY=VALUE...]: a spool that is not served yet, with settings.
spool_make() {
	local setting
	# What is there stays: making an RSA key takes most of an init.
	[ -z "${TEST_HOST_KEYS:-}" ] || { mkdir -p "$ROOT/etc" && cp -r "$TEST_HOST_KEYS" "$ROOT/etc/host-keys"; }
	edelivery init --root "$ROOT" --port 0 >/dev/null
	catalog_make
	for setting in drop.settle=1s "$@"; do
		edelivery config set "${setting%%=*}" "${setting#*=}" >/dev/null
	done
}

# spool_up: serve it; PORT is where. The daemons write to $T/up.log, or to UP_LOG.
spool_up() {
	: >"$T/up.out"
	"$BIN/edelivery" up >"$T/up.out" 2>>"${UP_LOG:-$T/up.log}" 3>&- &
	UP=$!
	wait_for 20 grep -q '^ready sftp=' "$T/up.out"
	PORT=$(sed -n 's/^ready sftp=127\.0\.0\.1://p' "$T/up.out")
}

spool_start() {
	spool_make "$@"
	spool_up
}

spool_stop() {
	[ -z "${UP:-}" ] && return
	kill "$UP" 2>/dev/null || true
	wait "$UP" 2>/dev/null || true
	UP=
}

# watchd alone, where no session is needed.
watchd() {
	"$BIN/edelivery-watchd" -c "$EDELIVERY_CONF" >>"$T/up.log" 2>&1 3>&- &
	WATCHD=$!
}

watchd_stop() {
	kill "$WATCHD" 2>/dev/null || true
	wait "$WATCHD" 2>/dev/null || true
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local until=$((SECONDS + $1))
	shift
	until "$@"; do
		if [ $SECONDS -ge $until ]; then
			echo "waited in vain for: $*"
			return 1
		fi
		sleep 0.05
	done
}

# --- people

provider() { # AVRS-ID [OPTIONS...]
	edelivery provider add "$@" >/dev/null
}

account() { # LOGIN [OPTIONS...]
	local login=$1
	shift
	edelivery account add "$login" --email "$login@example.org" --key "$T/keys/flow.pub" "$@" >/dev/null
}

# master AVRS-ID [LOGIN]: the provider, and its master account (named m<AVRS-ID> if not said).
master() {
	provider "$1"
	account "${2:-m$1}" --master-of "$1"
}

# clerk LOGIN AVRS-ID ROLE [OPTIONS...]: the account where it is missing, and its role.
clerk() {
	local login=$1 avrs_id=$2 role=$3
	shift 3
	edelivery account show "$login" >/dev/null 2>&1 || account "$login"
	edelivery role grant "$login" "$avrs_id" "$role" "$@" >/dev/null
}

# --- what is dropped

# pdf FILE [BYTES]: a small PDF with content of its own.
pdf() {
	{
		printf '%%PDF-1.4\n%% %s\n' "$1 $RANDOM$RANDOM"
		[ -z "${2:-}" ] || head -c "$2" /dev/urandom | base64 -w 0
		printf '\nstartxref\n0\n%%%%EOF\n'
	} >"$1"
}

# x12 FILE: a remittance advice in its X12 envelope.
x12() {
	local control
	control=$(printf '%09d' $((RANDOM * RANDOM % 1000000000)))
	printf '%s' 'ISA*00*          *00*          *ZZ*CMAP           *ZZ*123456789      *190327*1200*^*00501*' \
		"$control*0*P*:~GS*HP~ST*835*0001~SE*2*0001~GE*1*1~IEA*1*$control~" >"$1"
}

# drop AVRS-ID NAME...: letters, renamed into the drop folder as careful jobs do it. What was
# dropped is kept in $T/made/AVRS-ID/NAME.
drop() {
	local avrs_id=$1 name
	shift
	mkdir -p "$ROOT/drop/$avrs_id" "$T/made/$avrs_id"
	for name; do
		pdf "$T/made/$avrs_id/$name"
		cp "$T/made/$avrs_id/$name" "$ROOT/drop/$avrs_id/.$$.tmp"
		mv "$ROOT/drop/$avrs_id/.$$.tmp" "$ROOT/drop/$avrs_id/$name"
	done
}

# drop_trade_file AVRS-ID NAME...
drop_trade_file() {
	local avrs_id=$1 name
	shift
	mkdir -p "$ROOT/drop/$avrs_id/trade-files" "$T/made/$avrs_id"
	for name; do
		x12 "$T/made/$avrs_id/$name"
		cp "$T/made/$avrs_id/$name" "$ROOT/drop/$avrs_id/trade-files/$name"
	done
}

# drop_big AVRS-ID NAME.pdf BYTES: a trade file of exactly that size, which no text tool would leave
# as it is.
drop_big() {
	mkdir -p "$ROOT/drop/$1/trade-files" "$T/made/$1"
	{
		printf '%%PDF-1.4\n'
		head -c "$(($3 - 28))" /dev/urandom
		printf '\nstartxref\n0\n%%%%EOF\n'
	} >"$T/made/$1/$2"
	cp "$T/made/$1/$2" "$ROOT/drop/$1/.$$.tmp"
	mv "$ROOT/drop/$1/.$$.tmp" "$ROOT/drop/$1/trade-files/$2"
}

# --- what became of it

count_letters() { # STATE
	edelivery letter list --json --limit 1000000 | grep -c "\"state\":\"$1\"" || true
}

letters_are() { # COUNT STATE
	[ "$(count_letters "$2")" = "$1" ]
}

until_posted() { # COUNT
	wait_for 30 letters_are "$1" posted
}

until_on_paper() { # COUNT
	wait_for 30 letters_are "$1" queued
}

status_is() { # KEY COUNT
	[ "$(edelivery status --json | sed "s/.*\"$1\":\([0-9]*\).*/\1/")" = "$2" ]
}

until_status() { # KEY COUNT, of `edelivery status --json`
	wait_for 30 status_is "$1" "$2"
}

# until_quarantined NAME REASON: a file of that name is in quarantine, with its reason beside it.
until_quarantined() {
	wait_for 30 quarantine_has "$1" || return 1
	local reason
	reason=$(find "$ROOT/quarantine" -name "*_$1.reason")
	grep -q "^Why: .*$2" "$reason" || {
		echo "the reason does not say \"$2\":"
		cat "$reason"
		return 1
	}
	grep -q '^Release: ' "$reason"
}

quarantine_has() { # NAME
	[ -n "$(find "$ROOT/quarantine" -name "*_$1.reason" 2>/dev/null)" ] &&
		[ -n "$(find "$ROOT/quarantine" -name "*_$1" 2>/dev/null)" ]
}

# hashes FOLDER...: of what is in them, sorted; reasons and manifests are no letters.
hashes() {
	find "$@" -type f -name '*_*.*' ! -name '*.reason' -exec sha256sum {} + | cut -d ' ' -f 1 | sort
}

# Each dropped file, by content, is in exactly one place: served, or on paper, never in drop/ too.
expect_each_once() { # COUNT
	[ "$(find "$ROOT/letters" "$ROOT/paper" -type f -name '*_*.*' | wc -l)" = "$1" ]
	diff <(hashes "$T/made") <(hashes "$ROOT/letters" "$ROOT/paper" "$ROOT/drop" "$ROOT/quarantine")
	[ -z "$(find "$ROOT/drop" -type f)" ]
}

folders_empty() {
	[ -z "$(find "$ROOT/drop" -type f)" ]
}

# --- clients

SSH_OPTIONS=(-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR
	-o BatchMode=yes -o IdentitiesOnly=yes)

# sftp_as LOGIN [OPTIONS...]: OpenSSH's sftp -b with the commands of stdin; stops at the first that
# fails.
sftp_as() {
	local login=$1
	shift
	sftp -b - -P "$PORT" "$@" -i "$T/keys/flow" "${SSH_OPTIONS[@]}" "$login@127.0.0.1"
}

# ssh_as LOGIN [COMMAND...]
ssh_as() {
	local login=$1
	shift
	ssh -p "$PORT" -i "$T/keys/flow" "${SSH_OPTIONS[@]}" "$login@127.0.0.1" "$@"
}

# scp_as LOGIN PATH TARGET [OPTIONS...]: of OpenSSH, which takes PATH for a pattern.
scp_as() {
	scp -P "$PORT" -i "$T/keys/flow" "${SSH_OPTIONS[@]}" "${@:4}" "$1@127.0.0.1:$2" "$3"
}

# sessions_are N LOGIN: at least so many of its sessions have begun to speak SFTP since the log was begun.
sessions_are() {
	[ "$(grep -c "login=$2 sftp" "$T/up.log")" -ge "$1" ]
}

# hold_session LOGIN: a session that asks for nothing, until it is ended; $HELD is its process.
hold_session() {
	local others
	others=$(grep -c "login=$1 sftp" "$T/up.log" || true)
	[ -p "$T/silence" ] || mkfifo "$T/silence"
	ssh -p "$PORT" -i "$T/keys/flow" "${SSH_OPTIONS[@]}" -s "$1@127.0.0.1" sftp <>"$T/silence" >/dev/null 2>&1 3>&- &
	HELD=$!
	wait_for 10 sessions_are "$((others + 1))" "$1"
}

# Killed, its first thread may be over while another one still waits for the disk, and keeps its locks.
has_ended() { # PID
	! kill -0 "$1" 2>/dev/null ||
		{ [ "$(ps -o stat= -p "$1" | cut -c 1)" = Z ] && [ "$(find "/proc/$1/task" -mindepth 1 -maxdepth 1 | wc -l)" -le 1 ]; }
}

# lftp_as LOGIN COMMANDS
lftp_as() {
	lftp -u "$1,x" -e "set sftp:connect-program 'ssh -a -x -i $T/keys/flow ${SSH_OPTIONS[*]}'; $(
	)set net:max-retries 3; set net:timeout 10; set cmd:fail-exit yes; $2; bye" "sftp://127.0.0.1:$PORT"
}

# curl_as LOGIN PATH [OPTIONS...]: PATH as in a URL.
curl_as() {
	curl -sS --insecure --key "$T/keys/flow" --pubkey "$T/keys/flow.pub" -u "$1:" "${@:3}" "sftp://127.0.0.1:$PORT$2"
}

# rclone_as LOGIN COMMAND ARGUMENTS...: the server is the remote :sftp:
rclone_as() {
	local login=$1
	shift
	HOME=$T rclone --config /dev/null --sftp-host 127.0.0.1 --sftp-port "$PORT" --sftp-user "$login" \
		--sftp-key-file "$T/keys/flow" "$@"
}

# psftp_as LOGIN: PuTTY's sftp with the commands of stdin; stops at the first that fails.
psftp_as() {
	local host_key
	[ -f "$T/keys/flow.ppk" ] || puttygen "$T/keys/flow" -o "$T/keys/flow.ppk" -O private
	cat >"$T/psftp.commands"
	host_key=$(ssh-keygen -lf "$ROOT/etc/host-keys/ed25519_key")
	host_key=${host_key#* }
	HOME=$T psftp -batch -b "$T/psftp.commands" -P "$PORT" -i "$T/keys/flow.ppk" -hostkey "${host_key%% *}" "$1@127.0.0.1"
}

# paramiko_as LOGIN: the Python program of stdin; in it `sftp` is a session of paramiko's.
paramiko_as() {
	cat >"$T/program.py"
	/usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/paramiko_session.py" "$PORT" "$T/keys/flow" "$1" "$T/program.py"
}

# listing LOGIN PATH: the names in a folder, sorted, in one line.
listing() (
	set -o pipefail
	echo "ls -1 \"$2\"" | sftp_as "$1" | sed '/^sftp> /d; s#.*/##' | sort | paste -s -d ' '
)

expect_listing() { # LOGIN PATH 'NAMES'
	local seen
	seen=$(listing "$1" "$2") || { echo "$1 cannot list $2"; return 1; }
	[ "$seen" = "$3" ] || {
		echo "$1 sees in $2: $seen"
		echo "expected: $3"
		return 1
	}
}

# expect_no_such_file LOGIN PATH: as a folder and as a file.
expect_no_such_file() {
	local said
	said=$(echo "ls \"$2\"" | sftp_as "$1" 2>&1) && { echo "$1 sees $2"; return 1; }
	[[ $said == *"not found"* || $said == *"o such file"* ]] || { echo "$said"; return 1; }
	said=$(echo "get \"$2\" $T/leak" | sftp_as "$1" 2>&1) && { echo "$1 gets $2"; return 1; }
	[[ $said == *"not found"* || $said == *"o such file"* ]] || { echo "$said"; return 1; }
}

# expect_same LOGIN PATH FILE: the account gets exactly those bytes.
expect_same() {
	rm -f "$T/got"
	echo "get \"$2\" $T/got" | sftp_as "$1" >/dev/null || { echo "$1 does not get $2"; return 1; }
	cmp "$T/got" "$3"
}
