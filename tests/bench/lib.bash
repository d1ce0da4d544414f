# Verbs of the benches that compare us with OpenSSH's sshd: both servers, their CPU time, the table.
#
# shellcheck shell=bash
# Both serve the same files on free ports of the loopback, from the scratch folder $T; what a bench
# starts ends with it. Rounds are interleaved: ours, sshd, ours, sshd; the table shows medians.
#
# CPU is user and system time of every process of a server: listener, zygote, broker and sessions,
# or sshd's listener, monitors and internal-sftp. Each server is started in a cgroup of its own
# (cpuacct, version 1), whose kernel clock counts all that ever was in it, in nanoseconds, whoever
# reaped it. Where no cgroup can be made, it is the sum over the living processes of /proc/PID/stat
# and of what they have reaped (10 ms steps, and less sure: children that nobody waited for are missing).

# shellcheck source=tests/lib/memory.bash
. "$(dirname "${BASH_SOURCE[0]}")/../lib/memory.bash"

# `make bench` says where the programs are; by hand they are in build/.
bench_setup() { # PROGRAMS
	ROUNDS=${ROUNDS:-5}
	# The tools of the system, which everybody may run.
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	# The tester may not be able to read the source tree.
	T=$(mktemp -d "${TMPDIR:-/tmp}/edelivery-bench-XXXXXX")
	trap bench_teardown EXIT
	trap 'exit 1' INT TERM
	chmod 0755 "$T"
	mkdir "$T/figures" "$T/peer"
	cp -r "$(realpath "${1:-build/plain}")" "$T/programs"
	CLIENT=$T/programs/bench-client
	[ -x "$CLIENT" ] || { echo "no bench-client there: make bench builds it" >&2; exit 1; }
	AS=()
	PEER_LOGIN=$(id -un)
	if [ "$(id -u)" = 0 ]; then
		# Ours as in service, without root; sshd as in service, with it, for a login without.
		AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
		PEER_LOGIN=nobody
		mkdir -p /run/sshd
	fi
	mkdir -m 0777 "$T/spools"
	chmod 0777 "$T/spools"
	ssh-keygen -q -t ed25519 -N '' -C bench -f "$T/key"
	ssh-keygen -q -t ed25519 -N '' -C bench -f "$T/host_key"
	cp "$T/key.pub" "$T/authorized_keys"
	EDELIVERY_CONF=$T/spools/spool/etc/edelivery.conf
	ROOT=$T/spools/spool
	export EDELIVERY_CONF
	SSH=(-F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR
		-o BatchMode=yes -o IdentitiesOnly=yes)
	edelivery init --root "$ROOT" --port 0 >/dev/null
	edelivery config set drop.settle 0s >/dev/null
	edelivery config set server.sessions 5000 >/dev/null
	edelivery config set server.sessions-per-address 5000 >/dev/null
	edelivery provider add 111111111 >/dev/null
	edelivery account add bench --email bench@example.org --master-of 111111111 --key "$T/key.pub" >/dev/null
}

# Whatever fails in it, the rest is done.
bench_teardown() {
	local server
	set +e
	for server in ours sshd watchd; do
		[ -z "${PID[$server]:-}" ] || stop "$server"
	done
	rm -rf "$T"
}

edelivery() {
	"${AS[@]}" "$T/programs/edelivery" "$@"
}

# --- files

# letters COUNT BYTES: as many letters for both servers, in FOLDER[ours] and FOLDER[sshd].
letters() {
	"${AS[@]}" python3 - "$ROOT/drop/111111111" "$1" "$2" <<-'PYTHON'
		import os, sys
		root, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
		os.makedirs(root, mode=0o770, exist_ok=True)
		for i in range(count):
		    begin, end = b"%%PDF-1.4\n%% %d\n" % i, b"\nstartxref\n0\n%%EOF\n"
		    with open(f"{root}/EFT_{i:06}.pdf", "wb") as f:
		        f.write(begin + os.urandom(max(0, size - len(begin) - len(end))) + end)
	PYTHON
	mkdir -p "$T/peer/edelivery"
	cp -r "$ROOT/drop/111111111/." "$T/peer/edelivery"
	chmod 0755 "$T/peer/edelivery"
	chmod -R +r "$T/peer/edelivery"
	until_served "$1"
	FOLDER[ours]=/111111111/edelivery
	FOLDER[sshd]=$T/peer/edelivery
}

# trade_file MEBIBYTES: a trade file for both servers, FILE[ours] and FILE[sshd].
trade_file() {
	"${AS[@]}" mkdir -p "$ROOT/drop/111111111/trade-files"
	head -c "$1M" /dev/urandom >"$T/peer/big.txt"
	"${AS[@]}" cp "$T/peer/big.txt" "$ROOT/drop/111111111/trade-files/big.txt"
	until_served 1
	FILE[ours]=/111111111/trade-files/big.txt
	FILE[sshd]=$T/peer/big.txt
}

# Post what was dropped: COUNT files.
until_served() {
	local until=$((SECONDS + 120))
	: >"$T/watchd.log"
	"${AS[@]}" "$T/programs/edelivery-watchd" -c "$EDELIVERY_CONF" >"$T/watchd.log" 2>&1 &
	PID[watchd]=$!
	until [ "$(grep -c ' posted avrs_id=' "$T/watchd.log")" -ge "$1" ]; do
		[ $SECONDS -lt $until ] || { tail "$T/watchd.log" >&2; exit 1; }
		sleep 0.1
	done
	stop watchd
	sync
}

# --- servers

declare -A PID PORT LOGIN FOLDER FILE BASE

stop() { # ours | sshd | watchd
	kill "${PID[$1]}" 2>/dev/null || true
	wait "${PID[$1]}" 2>/dev/null || true
	PID[$1]=
	[ ! -d "$(cgroup "$1")" ] || end_cgroup "$1"
}

cgroup() { # SERVER
	echo "/sys/fs/cgroup/cpuacct/edelivery-bench-$$-$1"
}

# Sessions outlive their listener: those in our cgroup, and no others, are ended with it.
end_cgroup() {
	local folder try
	folder=$(cgroup "$1")
	for ((try = 0; try < 200; try++)); do
		xargs -r kill "$([ "$try" -lt 20 ] && echo -TERM || echo -KILL)" 2>/dev/null <"$folder/cgroup.procs" || true
		rmdir "$folder" 2>/dev/null && return
		sleep 0.05
	done
}

# run_in_cgroup SERVER COMMAND...: in the background, as PID[SERVER].
run_in_cgroup() {
	local server=$1 folder
	shift
	folder=$(cgroup "$server")
	mkdir "$folder" 2>/dev/null || folder=
	(
		[ -z "$folder" ] || echo "$BASHPID" >"$folder/cgroup.procs"
		exec "$@"
	) >"$T/$server.log" 2>&1 &
	PID[$server]=$!
}

serve() {
	ours_start
	sshd_start
}

ours_start() {
	run_in_cgroup ours "${AS[@]}" "$T/programs/edelivery-sftpd" -c "$EDELIVERY_CONF"
	wait_for ours 'serving SFTP on'
	PORT[ours]=$(sed -n 's/.*serving SFTP on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$T/ours.log")
	LOGIN[ours]=bench
	BASE[ours]=$(processes ours | wc -l)
}

sshd_start() {
	PORT[sshd]=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	cat >"$T/sshd_config" <<-CONFIG
		ListenAddress 127.0.0.1
		Port ${PORT[sshd]}
		HostKey $T/host_key
		PidFile none
		AuthorizedKeysFile $T/authorized_keys
		AuthenticationMethods publickey
		AllowUsers $PEER_LOGIN
		StrictModes no
		UsePAM no
		UseDNS no
		MaxStartups 5000
		MaxSessions 1
		X11Forwarding no
		AllowTcpForwarding no
		PrintMotd no
		Subsystem sftp internal-sftp
		ForceCommand internal-sftp
	CONFIG
	run_in_cgroup sshd /usr/sbin/sshd -D -e -f "$T/sshd_config"
	wait_for sshd 'Server listening'
	LOGIN[sshd]=$PEER_LOGIN
	BASE[sshd]=1
}

wait_for() { # SERVER TEXT, in its log
	local until=$((SECONDS + 20))
	until grep -qs "$2" "$T/$1.log"; do
		[ $SECONDS -lt $until ] || { cat "$T/$1.log" >&2; exit 1; }
		sleep 0.05
	done
}

# --- CPU

processes() { # SERVER: its processes now, a line each
	local folder
	folder=$(cgroup "$1")
	if [ -d "$folder" ]; then
		cat "$folder/cgroup.procs"
	else
		tree "${PID[$1]}"
	fi
}

# The server's CPU time so far, in nanoseconds, once its sessions are gone.
cpu() { # SERVER
	local folder try
	folder=$(cgroup "$1")
	for ((try = 0; try < 100; try++)); do
		[ "$(processes "$1" | wc -l)" -gt "${BASE[$1]}" ] || break
		sleep 0.02
	done
	sleep 0.1 # what is written later, such as our record of logins
	if [ -d "$folder" ]; then
		cat "$folder/cpuacct.usage"
	else
		processes "$1" | sed 's#.*#/proc/&/stat#' | xargs cat 2>/dev/null | sed 's/.*) //' |
			awk -v hz="$(getconf CLK_TCK)" '{ n += $12 + $13 + $14 + $15 } END { printf "%.0f\n", n * 1e9 / hz }'
	fi
}

# measure SERVER COMMAND...: TOOK and CPU, in nanoseconds.
measure() {
	local server=$1 cpu_before begin
	shift
	cpu_before=$(cpu "$server")
	begin=$(date +%s%N)
	timeout 120 "$@" >"$T/client.out" 2>"$T/client.err" || {
		echo "failed: $*" >&2
		cat "$T/client.err" >&2
		exit 1
	}
	TOOK=$(($(date +%s%N) - begin))
	CPU=$(($(cpu "$server") - cpu_before))
}

# --- clients

# sftp_do SERVER COMMANDS [OPTIONS...]: OpenSSH's sftp -b.
sftp_do() {
	local server=$1 commands=$2
	shift 2
	echo "$commands" >"$T/batch"
	measure "$server" sftp -q -b "$T/batch" -P "${PORT[$server]}" -i "$T/key" "${SSH[@]}" "$@" \
		"${LOGIN[$server]}@127.0.0.1"
}

# client SERVER MODE ARGUMENTS...: bench-client.
client() {
	local server=$1
	shift
	measure "$server" "$CLIENT" "${PORT[$server]}" "${LOGIN[$server]}" "$T/key" "$@"
}

# --- figures

# note WORK SERVER EXPRESSION: one round's figure, by awk.
note() {
	awk "BEGIN { printf \"%.6g\\n\", $3 }" >>"$T/figures/$1.$2"
}

# What is compared: the first is divided by the second.
SIDES=(ours sshd)

header() {
	echo "rounds=$ROUNDS, medians (least..most)"
	printf '%-38s %-28s %-28s %6s %9s %s\n' work "${SIDES[@]}" ratio wanted met
}

# row WORK TITLE WANTED: WANTED is '<= 0.5', '>= 1.2', or - where none is told.
row() {
	local server
	for server in "${SIDES[@]}"; do
		sort -g "$T/figures/$1.$server" | awk '{ v[NR] = $1 }
			END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
			      printf "%.4g (%.4g..%.4g)\t%.6g\n", m, v[1], v[NR], m }'
	done | awk -F '\t' -v title="$2" -v wanted="$3" '
		{ shown[NR] = $1; median[NR] = $2 }
		END {
			ratio = median[2] ? median[1] / median[2] : 0
			split(wanted, w, " ")
			met = w[1] == "-" ? "-" : (w[1] == "<=" ? ratio <= w[2] : ratio >= w[2]) ? "yes" : "NO"
			printf "%-38s %-28s %-28s %6.3f %9s %s\n", title, shown[1], shown[2], ratio, wanted, met
		}'
}
