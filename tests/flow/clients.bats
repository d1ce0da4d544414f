#!/usr/bin/env bats
# The clients that partners use, and the jobs they run with them, each with a real program.
# Covers: server/session.c server/sftp.c server/sftp_packet.c spool/view.c
bats_require_minimum_version 1.5.0
load ../lib/spool

MADE=made/123456789

# serve_mary: three letters and a trade file, all new to mary, who is a master.
serve_mary() {
	spool_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf EFT_2.pdf 'EFT_a b.pdf'
	drop_trade_file 123456789 RA_1.835
	until_posted 4
}

# expect_tree FOLDER: it has mary's letters and trade files as /123456789 has, and nothing changed.
expect_tree() {
	local file
	for file in EFT_1.pdf EFT_2.pdf 'EFT_a b.pdf'; do
		cmp "$1/edelivery/$file" "$T/$MADE/$file"
		cmp "$1/new/$file" "$T/$MADE/$file"
	done
	cmp "$1/trade-files/RA_1.835" "$T/$MADE/RA_1.835"
	[ "$(find "$1/edelivery" "$1/trade-files" -type f | wc -l)" = 4 ]
	grep -q RA_1.835 "$1/MANIFEST.csv"
}

@test "OpenSSH's sftp pulls a tree with get -r, and large files with any -R and -B" {
	serve_mary
	drop_big 123456789 big.pdf 3000001
	until_posted 5
	sftp_as mary <<<"get -r /123456789 $T/tree"
	cmp "$T/tree/trade-files/big.pdf" "$T/$MADE/big.pdf"
	rm "$T/tree/trade-files/big.pdf"
	expect_tree "$T/tree"
	for options in '-R 1 -B 32768' '-R 512 -B 1000' '-R 64 -B 261120' '-R 16 -B 1000000'; do
		rm -f "$T/big"
		# shellcheck disable=SC2086 # options, each a word
		sftp_as mary $options <<<"get /123456789/trade-files/big.pdf $T/big"
		cmp "$T/big" "$T/$MADE/big.pdf"
	done
}

@test "reget goes on with a partial file, from any byte" {
	spool_start
	master 123456789 mary
	drop_big 123456789 big.pdf 3000001
	until_posted 1
	for size in 0 1 32768 2999999 3000001; do
		head -c $size "$T/$MADE/big.pdf" >"$T/big"
		sftp_as mary <<<"reget /123456789/trade-files/big.pdf $T/big"
		cmp "$T/big" "$T/$MADE/big.pdf"
	done
}

@test "scp copies a file, a pattern of files and a tree" {
	serve_mary
	scp_as mary /123456789/edelivery/EFT_1.pdf "$T/one.pdf"
	cmp "$T/one.pdf" "$T/$MADE/EFT_1.pdf"
	mkdir "$T/some"
	scp_as mary '/new/*EFT*' "$T/some" -p
	[ "$(find "$T/some" -type f | wc -l)" = 3 ]
	cmp "$T/some/123456789_EFT_a b.pdf" "$T/$MADE/EFT_a b.pdf"
	scp_as mary /123456789 "$T/tree" -r
	expect_tree "$T/tree"
	run scp_as mary /123456789/edelivery/EFT_9.pdf "$T/none"
	[ "$status" != 0 ]
	[[ $output == *"o such file"* ]]
}

@test "lftp mirrors a tree with parallel sessions, and pulls a large file in pieces" {
	serve_mary
	lftp_as mary "mirror --parallel=3 /123456789 $T/tree"
	expect_tree "$T/tree"
	drop_big 123456789 big.pdf 5000001
	until_posted 5
	lftp_as mary "pget -n 4 /123456789/trade-files/big.pdf -o $T/big"
	cmp "$T/big" "$T/$MADE/big.pdf"
	lftp_as mary "mget -O $T /new/*RA*"
	cmp "$T/123456789_RA_1.835" "$T/$MADE/RA_1.835"
}

@test "curl lists a folder, gets a file, and a range of its bytes" {
	serve_mary
	drop_big 123456789 big.pdf 3000001
	until_posted 5
	[ "$(curl_as mary /123456789/edelivery/ -l | sort | paste -s -d ,)" = 'EFT_1.pdf,EFT_2.pdf,EFT_a b.pdf' ]
	curl_as mary /123456789/edelivery/ | grep -q "^-rw-r--r-- .* $(stat -c %s "$T/$MADE/EFT_1.pdf") .* EFT_1.pdf$"
	curl_as mary /123456789/edelivery/EFT_a%20b.pdf -o "$T/letter"
	cmp "$T/letter" "$T/$MADE/EFT_a b.pdf"
	curl_as mary /123456789/trade-files/big.pdf -o "$T/big"
	cmp "$T/big" "$T/$MADE/big.pdf"
	curl_as mary /123456789/trade-files/big.pdf -r 1000000-2000000 -o "$T/part"
	cmp "$T/part" <(tail -c +1000001 "$T/$MADE/big.pdf" | head -c 1000001)
	curl_as mary /123456789/trade-files/big.pdf -r -77 -o "$T/tail"
	cmp "$T/tail" <(tail -c 77 "$T/$MADE/big.pdf")
	head -c 2222222 "$T/$MADE/big.pdf" >"$T/resumed"
	curl_as mary /123456789/trade-files/big.pdf -C - -o "$T/resumed"
	cmp "$T/resumed" "$T/$MADE/big.pdf"
	run -78 curl_as mary /123456789/edelivery/EFT_9.pdf
}

# More answers than the session keeps: requests are left until those are sent, and nothing more comes
# that would remind it of them.
@test "who asks for all of a large file at once is answered to the end, without a pause" {
	spool_start
	master 123456789 mary
	drop_big 123456789 big.pdf 8000001
	until_posted 1
	for _ in 1 2 3; do
		timeout 10 python3 "$BATS_TEST_DIRNAME/../lib/sftp_at_once.py" "$PORT" "$T/keys/flow" mary \
			/123456789/trade-files/big.pdf 8000001 >"$T/big"
		cmp "$T/big" "$T/$MADE/big.pdf"
	done
}

@test "a request that comes while an answer waits for the client's window is answered at once" {
	spool_start
	master 123456789 mary
	drop_big 123456789 big.pdf 200000
	until_posted 1
	for _ in 1 2 3; do
		timeout 20 python3 "$BATS_TEST_DIRNAME/../lib/sftp_small_window.py" "$PORT" "$T/keys/flow" mary \
			/123456789/trade-files/big.pdf >"$T/big"
		head -c 131072 "$T/$MADE/big.pdf" | cmp "$T/big" -
	done
}

@test "rclone lists, copies and checks, and copies nothing the second time" {
	serve_mary
	rclone_as mary lsjson :sftp:/123456789/edelivery >"$T/listed"
	[ "$(grep -c "\"Name\":" "$T/listed")" = 3 ]
	grep -q "\"Path\":\"EFT_a b.pdf\",.*\"Size\":$(stat -c %s "$T/$MADE/EFT_a b.pdf"),.*\"IsDir\":false" "$T/listed"
	rclone_as mary copy :sftp:/123456789 "$T/tree"
	expect_tree "$T/tree"
	rclone_as mary check --download :sftp:/123456789/edelivery "$T/tree/edelivery"
	run rclone_as mary copy -v :sftp:/123456789/edelivery "$T/tree/edelivery"
	[ "$status" = 0 ]
	[[ $output == *"nothing to transfer"* ]]
	echo changed >"$T/tree/edelivery/EFT_1.pdf"
	run -1 rclone_as mary check --download :sftp:/123456789/edelivery "$T/tree/edelivery"
	# What cannot be is refused, not taken for done.
	run ! rclone_as mary copy "$T/made/123456789" :sftp:/123456789/edelivery --include RA_1.835 --retries 1
}

@test "psftp lists, changes folders, and pulls files and a tree" {
	serve_mary
	cd "$T"
	psftp_as mary >"$T/said" <<-EOT
		cd /new
		ls
		mget *.pdf
		cd /123456789/trade-files
		get RA_1.835 remittance
		reget RA_1.835 remittance
		get -r /123456789 $T/tree
	EOT
	grep -q '^-rw-r--r-- .* 123456789_EFT_a b.pdf$' "$T/said"
	cmp 123456789_EFT_1.pdf "$T/$MADE/EFT_1.pdf"
	cmp '123456789_EFT_a b.pdf' "$T/$MADE/EFT_a b.pdf"
	cmp remittance "$T/$MADE/RA_1.835"
	expect_tree "$T/tree"
	# It does not wait for our close, which is no reason to call it lost.
	wait_for 10 grep -q 'ended login=mary reason="closed by the client"' "$T/up.log"
	run -2 psftp_as mary <<<'get /123456789/edelivery/EFT_9.pdf'
	[[ $output == *"o such file"* ]]
}

@test "paramiko lists, gets with prefetching, seeks, and reads many ranges at once" {
	serve_mary
	drop_big 123456789 big.pdf 3000001
	until_posted 5
	paramiko_as mary <<-EOT
		import stat
		made = open("$T/$MADE/big.pdf", "rb").read()
		assert sorted(sftp.listdir("/new")) == ["123456789_EFT_1.pdf", "123456789_EFT_2.pdf",
		    "123456789_EFT_a b.pdf", "123456789_RA_1.835", "123456789_big.pdf"], sftp.listdir("/new")
		seen = {entry.filename: entry for entry in sftp.listdir_iter("/123456789")}
		assert stat.S_ISDIR(seen["edelivery"].st_mode) and stat.S_ISREG(seen["MANIFEST.csv"].st_mode)
		sftp.chdir("/123456789/trade-files")
		assert sftp.getcwd() == "/123456789/trade-files" and sftp.normalize("../new") == "/123456789/new"
		assert sftp.stat("big.pdf").st_size == sftp.lstat("big.pdf").st_size == len(made)
		sftp.get("big.pdf", "$T/big")
		with sftp.open("big.pdf", "rb", bufsize=65536) as file:
		    assert file.stat().st_size == len(made)
		    file.seek(1234567)
		    assert file.read(100) == made[1234567:1234667]
		    ranges = [(0, 10), (2999990, 11), (1500000, 70000), (32768, 32768)]
		    for (at, length), chunk in zip(ranges, file.readv(ranges)):
		        assert chunk == made[at:at + length], at
		    file.seek(0, file.SEEK_END)
		    assert file.read(1) == b""
		for refused in (lambda: sftp.open("big.pdf", "wb"), lambda: sftp.mkdir("/x"),
		        lambda: sftp.chmod("big.pdf", 0o777), lambda: sftp.utime("big.pdf", None),
		        lambda: sftp.rename("big.pdf", "other"), lambda: sftp.symlink("a", "b")):
		    try:
		        refused()
		    except PermissionError:
		        continue
		    assert False, "something was not refused"
		for path in ("nothing", "/123456789/edelivery/EFT_9.pdf"):
		    try:
		        sftp.stat(path)
		        assert False, path
		    except FileNotFoundError:
		        pass
	EOT
	cmp "$T/big" "$T/$MADE/big.pdf"
}

# Names that clients or their shells could take for something else; the longest has 200 bytes.
# shellcheck disable=SC2016 # no shell shall expand them
LETTER_NAMES=('EFT_a b.pdf' "EFT_it's.pdf" 'EFT_"quoted".pdf' 'EFT_*?[x]{y}.pdf' 'EFT_$HOME;`ls`&|.pdf'
	'EFT_back\slash.pdf' 'EFT_#%41+~@:=.pdf' 'EFT_Größe_名前.pdf' 'EFT_-rf.pdf' "EFT_$(printf %0192d 7).pdf")
TRADE_NAMES=(-rf.835 --help ' both ends ' '~root.835' '!x.835' 'Überweisung *.835' "$(printf %0200d 7)")

@test "names with spaces, quotes, glob characters, a leading dash, UTF-8, 200 bytes: all clients take them" {
	spool_start
	master 123456789 mary
	drop 123456789 "${LETTER_NAMES[@]}"
	drop_trade_file 123456789 "${TRADE_NAMES[@]}"
	until_posted $((${#LETTER_NAMES[@]} + ${#TRADE_NAMES[@]}))
	for pulled in sftp scp lftp rclone psftp paramiko curl; do
		echo "pulled by $pulled:"
		mkdir -p "$T/$pulled/all"
		"pull_names_by_$pulled"
		diff -r "$T/$pulled/all" "$T/$MADE"
	done
}

pull_names_by_sftp() {
	sftp_as mary <<-EOT
		get -r /123456789/edelivery/* $T/sftp/all/
		get -r /123456789/trade-files/. $T/sftp/all
	EOT
}

pull_names_by_scp() {
	scp_as mary '/123456789/edelivery/*' "$T/scp/all"
	scp_as mary '/123456789/trade-files/*' "$T/scp/all"
	# Its paths are patterns.
	rm "$T/scp/all/EFT_*?[x]{y}.pdf"
	scp_as mary '/123456789/edelivery/EFT_\*\?\[x\]{y}.pdf' "$T/scp/all"
}

pull_names_by_lftp() {
	lftp_as mary "mirror /123456789/edelivery $T/lftp/all; mirror /123456789/trade-files $T/lftp/all"
}

pull_names_by_rclone() {
	rclone_as mary copy :sftp:/123456789/edelivery "$T/rclone/all"
	rclone_as mary copy :sftp:/123456789/trade-files "$T/rclone/all"
}

pull_names_by_psftp() {
	psftp_as mary >/dev/null <<-EOT
		lcd $T/psftp/all
		cd /123456789/edelivery
		mget *
		cd ../trade-files
		mget *
	EOT
}

pull_names_by_paramiko() {
	paramiko_as mary <<-EOT
		for folder in ("/123456789/edelivery/", "/123456789/trade-files/"):
		    for name in sftp.listdir(folder):
		        sftp.get(folder + name, "$T/paramiko/all/" + name)
	EOT
}

pull_names_by_curl() {
	local name folder
	for name in "${LETTER_NAMES[@]}" "${TRADE_NAMES[@]}"; do
		folder=edelivery
		[[ $name == EFT_* ]] || folder=trade-files
		curl_as mary "/123456789/$folder/$(in_url "$name")" -o "$T/curl/all/$name"
	done
}

in_url() { # NAME
	printf %s "$1" | od -An -v -tx1 | tr -d '\n' | tr ' ' %
}

@test "a letter posted between get new/* and rm new/* is still new afterwards" {
	serve_mary
	mkdir "$T/pulled"
	mkfifo "$T/commands"
	sftp_as mary <"$T/commands" >"$T/said" 2>&1 3>&- &
	job=$!
	exec 8>"$T/commands"
	echo "get /new/* $T/pulled/" >&8
	wait_for 10 cmp -s "$T/pulled/123456789_RA_1.835" "$T/$MADE/RA_1.835"
	drop 123456789 EFT_3.pdf
	until_posted 5
	printf 'ls -1 /new\nrm /new/*\n' >&8
	exec 8>&-
	wait $job
	# It was there for rm, and only what was not pulled is left.
	grep -qx '/new/123456789_EFT_3.pdf' "$T/said"
	[ "$(find "$T/pulled" -type f | wc -l)" = 4 ]
	expect_listing mary /new 123456789_EFT_3.pdf
	sftp_as mary <<-EOT
		get /new/* $T/pulled/
		rm /new/*
	EOT
	cmp "$T/pulled/123456789_EFT_3.pdf" "$T/$MADE/EFT_3.pdf"
	expect_listing mary /new ''
	expect_listing mary /123456789/edelivery 'EFT_1.pdf EFT_2.pdf EFT_3.pdf EFT_a b.pdf'
}

# pull_until_empty FOLDER: a job that pulls what is new and removes it, until $T/enough is there and
# a listing is empty. What another job has removed meanwhile is gone for this one: no error.
pull_until_empty() {
	mkdir "$1"
	until [ -e "$T/enough" ] && [ -z "$(listing mary /new)" ]; do
		listing_of_new | while read -r name; do
			printf -- '-get "/new/%s" "%s/%s"\n-rm "/new/%s"\n' "$name" "$1" "$name" "$name"
		done | sftp_as mary >/dev/null 2>&1 || return 1
	done
}

listing_of_new() {
	sftp_as mary <<<'ls -1 /new' | sed '/^sftp> /d; s#.*/##'
}

@test "two jobs on one account at once: each letter is pulled whole, and none stays new" {
	serve_mary
	pull_until_empty "$T/first" 3>&- &
	first=$!
	pull_until_empty "$T/second" 3>&- &
	second=$!
	for n in $(seq 10 30); do
		drop 123456789 "EFT_$n.pdf"
		sleep 0.05
	done
	until_posted 25
	touch "$T/enough"
	wait $first
	wait $second
	expect_listing mary /new ''
	for made in "$T/$MADE"/*; do
		name=123456789_${made##*/}
		found=0
		for pulled in "$T/first/$name" "$T/second/$name"; do
			[ ! -e "$pulled" ] || { cmp "$pulled" "$made" && found=1; }
		done
		[ $found = 1 ] || { echo "no job has $name"; false; }
	done
}

has_bytes() { # FILE BYTES
	[ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -ge "$2" ]
}

@test "a job that is killed in the middle of a file goes on with reget, and the letter was still new" {
	spool_start
	master 123456789 mary
	drop_big 123456789 big.pdf 8000000
	until_posted 1
	sftp_as mary -l 16000 <<<"get /new/123456789_big.pdf $T/big" >/dev/null 2>&1 3>&- &
	job=$!
	wait_for 10 has_bytes "$T/big" 500000
	pkill -KILL -P $job -x sftp
	wait $job || true
	run ! has_bytes "$T/big" 8000000
	expect_listing mary /new 123456789_big.pdf
	sftp_as mary <<-EOT
		reget /new/123456789_big.pdf $T/big
		rm /new/123456789_big.pdf
	EOT
	cmp "$T/big" "$T/$MADE/big.pdf"
	expect_listing mary /new ''
}

@test "a client whose disk is full fails before it removes: the letter is still new" {
	serve_mary
	run sftp_as mary <<-EOT
		get /new/123456789_EFT_1.pdf /dev/full
		rm /new/123456789_EFT_1.pdf
	EOT
	[ "$status" = 1 ]
	[[ $output == *"No space left on device"* ]]
	drop_big 123456789 big.pdf 300000
	until_posted 5
	run -23 curl_as mary /new/123456789_big.pdf -o /dev/full -Q '-rm /new/123456789_big.pdf'
	expect_listing mary /new '123456789_EFT_1.pdf 123456789_EFT_2.pdf 123456789_EFT_a b.pdf 123456789_RA_1.835 123456789_big.pdf'
}

# pull_tree CLIENT: the whole tree into $T/CLIENT, whatever is there already.
pull_tree() {
	mkdir -p "$T/$1"
	case $1 in
	sftp) sftp_as mary <<<"get -r /123456789 $T/sftp/" ;;
	scp) scp_as mary /123456789 "$T/scp/" -r -p ;;
	lftp) lftp_as mary "mirror /123456789 $T/lftp/123456789" ;;
	psftp) psftp_as mary <<<"get -r /123456789 $T/psftp/123456789" ;;
	esac
}

@test "a job that pulls the same tree again gets what is new, and MANIFEST.csv as it is now" {
	serve_mary
	for client in sftp scp lftp psftp; do
		pull_tree $client
		cmp "$T/$client/123456789/edelivery/EFT_1.pdf" "$T/$MADE/EFT_1.pdf"
	done
	drop 123456789 EFT_3.pdf
	drop_trade_file 123456789 RA_2.835
	until_posted 6
	for client in sftp scp lftp psftp; do
		echo "again by $client"
		pull_tree $client
		expect_same mary /123456789/MANIFEST.csv "$T/$client/123456789/MANIFEST.csv"
		cmp "$T/$client/123456789/edelivery/EFT_3.pdf" "$T/$MADE/EFT_3.pdf"
		cmp "$T/$client/123456789/trade-files/RA_2.835" "$T/$MADE/RA_2.835"
	done
}

@test "an empty new/ is an empty folder to every client" {
	spool_start
	master 123456789 mary
	expect_listing mary /new ''
	sftp_as mary <<<"get -r /new $T/sftp"
	run -1 sftp_as mary <<<"get /new/* $T/"
	[[ $output == *'File "/new/*" not found'* ]]
	scp_as mary /new "$T/scp" -r
	lftp_as mary "mirror /new $T/lftp"
	rclone_as mary copy :sftp:/new "$T/rclone"
	[ "$(rclone_as mary lsjson :sftp:/new | tr -d '\n')" = '[]' ]
	psftp_as mary <<<"get -r /new $T/psftp"
	[ -z "$(curl_as mary /new/ -l)" ]
	paramiko_as mary <<<'assert sftp.listdir("/new") == []'
	[ -z "$(find "$T/sftp" "$T/scp" "$T/lftp" "$T/psftp" -type f)" ]
}

@test "keys are exchanged again and again in the middle of a file: not a byte changes" {
	spool_start
	master 123456789 mary
	drop_big 123456789 big.pdf 20000000
	until_posted 1
	for cipher in aes256-gcm@openssh.com aes128-ctr; do
		rm -f "$T/big"
		# Few requests at a time: what was asked for before an exchange is sent without another.
		sftp_as mary -vv -B 32768 -R 4 -o RekeyLimit=1M -c $cipher -o LogLevel=DEBUG1 \
			<<<"get /123456789/trade-files/big.pdf $T/big" >"$T/said" 2>&1
		cmp "$T/big" "$T/$MADE/big.pdf"
		[ "$(grep -c 'SSH2_MSG_NEWKEYS received' "$T/said")" -gt 10 ]
	done
	sftp_as mary -o RekeyLimit=1M <<<"get -r /123456789 $T/tree"
	cmp "$T/tree/trade-files/big.pdf" "$T/$MADE/big.pdf"
}

# exchanges: how often OpenSSH got new keys, by what it said.
exchanges() {
	grep -c 'SSH2_MSG_NEWKEYS received' "$T/said"
}

@test "the server exchanges keys by itself, after so much and after so long, with every client" {
	spool_start server.rekey-data=1M
	master 123456789 mary
	drop_big 123456789 big.pdf 20000000
	until_posted 1
	big=$T/$MADE/big.pdf
	sftp_as mary -v -B 32768 -R 4 -o LogLevel=DEBUG1 \
		<<<"get /123456789/trade-files/big.pdf $T/big.sftp" >"$T/said" 2>&1
	[ "$(exchanges)" -gt 10 ]
	lftp_as mary "get /123456789/trade-files/big.pdf -o $T/big.lftp"
	rclone_as mary copyto :sftp:/123456789/trade-files/big.pdf "$T/big.rclone"
	psftp_as mary <<<"get /123456789/trade-files/big.pdf $T/big.psftp"
	paramiko_as mary <<<"sftp.get('/123456789/trade-files/big.pdf', '$T/big.paramiko')"
	for client in sftp lftp rclone psftp paramiko; do
		cmp "$T/big.$client" "$big"
	done
	spool_stop
	edelivery config set server.rekey-data 1G >/dev/null
	edelivery config set server.rekey-time 1s >/dev/null
	spool_up
	# 20 MB at 40 Mbit/s: four seconds.
	sftp_as mary -v -l 40000 -o LogLevel=DEBUG1 \
		<<<"get /123456789/trade-files/big.pdf $T/big.slow" >"$T/said" 2>&1
	[ "$(exchanges)" -gt 2 ]
	cmp "$T/big.slow" "$big"
}

@test "shells, commands, scp's old protocol and forwarding are refused with one line" {
	serve_mary
	run -255 ssh_as mary
	[ "${output%$'\r'}" = 'shell request failed on channel 0' ]
	run -255 ssh_as mary ls /
	[ "${output%$'\r'}" = 'exec request failed on channel 0' ]
	run ! scp_as mary /STATUS.txt "$T/status" -O
	[ "${output%$'\r'}" = 'exec request failed on channel 0' ]
	[ ! -e "$T/status" ]
	run -255 ssh_as mary -tt
	[ "${#lines[@]}" = 1 ]
	run -255 ssh_as mary -N -o ExitOnForwardFailure=yes -R 0:127.0.0.1:1
	[ "${#lines[@]}" = 1 ]
	run ! ssh_as mary -W 127.0.0.1:22
	[ "${#lines[@]}" = 1 ]
	expect_same mary /123456789/edelivery/EFT_1.pdf "$T/$MADE/EFT_1.pdf"
}
