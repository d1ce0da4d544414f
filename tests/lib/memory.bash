# Verbs of tests and benches that tell how much memory a program takes.
#
# shellcheck shell=bash

# tree PID: it, and every process below it, a line each.
tree() {
	local child
	echo "$1"
	cat /proc/"$1"/task/*/children 2>/dev/null | tr ' ' '\n' | while read -r child; do
		[ -z "$child" ] || tree "$child"
	done
}

# peak COMMAND...: the largest sum of Pss that it and what it starts had, in MiB; its output is not shown.
peak() {
	local pid most=0 now
	"$@" >/dev/null 2>&1 3>&- &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		now=$(for p in $(tree "$pid"); do cat "/proc/$p/smaps_rollup" 2>/dev/null; done | awk '/^Pss:/ { n += $2 } END { print n + 0 }')
		[ "$now" -le "$most" ] || most=$now
		sleep 0.02
	done
	wait "$pid" || return
	awk "BEGIN { printf \"%.1f\", $most / 1024 }"
}
