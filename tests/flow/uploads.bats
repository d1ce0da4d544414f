#!/usr/bin/env bats
# Administrators hand letters in by SFTP, each client in its own way; what became of them they read
# in drop/STATUS.txt.
# Covers: server/upload_desk.c server/hand_in.c server/inbound.c spool/upload_report.c
bats_require_minimum_version 1.5.0
load ../lib/spool

# serve_admin [KEY=VALUE...]: adam drops letters, mary is the master who gets them.
serve_admin() {
	spool_start "$@"
	master 123456789 mary
	account adam --admin
	mkdir -p "$T/in"
}

# letter NAME [BYTES]: a letter of its own in $T/in
letter() {
	pdf "$T/in/$1" "${2:-}"
}

# big NAME BYTES: the same, a trade file of about that size
big() {
	{
		printf '%%PDF-1.4\n'
		head -c "$2" /dev/urandom
		printf '\nstartxref\n0\n%%%%EOF\n'
	} >"$T/in/$1"
}

# expect_delivered NAME...: mary has each letter, byte for byte, and nothing is left in drop/.
expect_delivered() {
	local name
	for name; do
		wait_for 20 expect_same mary "/123456789/edelivery/$name" "$T/in/$name"
	done
	wait_for 10 folders_empty
}

# uploads LOGIN: drop/STATUS.txt
uploads() {
	rm -f "$T/status"
	sftp_as "$1" <<<"get /drop/STATUS.txt $T/status" >/dev/null
	cat "$T/status"
}

told() { # LOGIN PATTERN
	uploads "$1" | grep -q -- "$2"
}

# refusal LOGIN COMMAND...: what OpenSSH says to a command that has to fail
refusal() {
	local login=$1
	shift
	sftp_as "$login" <<<"$*" 2>&1 && return 1
	return 0
}

part_is_larger() { # BYTES
	[ "$(stat -c %s "$ROOT"/drop/123456789/trade-files/.*.part 2>/dev/null || echo 0)" -gt "$1" ]
}

# slow_upload: a client of adam's that takes some seconds over $T/in/big.pdf; its process is $client.
slow_upload() {
	sftp_as adam -l 40000 <<<"put $T/in/big.pdf /drop/123456789/trade-files/" &
	client=$!
	wait_for 20 part_is_larger 1000000
}

# expect_to_go_on: what is left of it is told as a part, gone on with, and delivered.
expect_to_go_on() {
	wait_for 10 told adam 'not complete: [1-9][0-9]* bytes'
	sftp_as adam <<<"reput $T/in/big.pdf /drop/123456789/trade-files/big.pdf"
	until_posted 1
	expect_same mary /123456789/trade-files/big.pdf "$T/in/big.pdf"
}

@test "OpenSSH: put, put -r and put -p; STATUS.txt tells what became of each" {
	serve_admin
	letter EFT_1.pdf
	sftp_as adam <<<"put $T/in/EFT_1.pdf /drop/123456789/"
	expect_delivered EFT_1.pdf
	mkdir -p "$T/tree/123456789/trade-files"
	pdf "$T/tree/123456789/EFT_2.pdf"
	x12 "$T/tree/123456789/trade-files/RA_1.835"
	cp "$T/tree/123456789/EFT_2.pdf" "$T/in"
	sftp_as adam <<<"put -pr $T/tree/123456789 /drop"
	until_posted 3
	expect_delivered EFT_1.pdf EFT_2.pdf
	expect_same mary /123456789/trade-files/RA_1.835 "$T/tree/123456789/trade-files/RA_1.835"
	uploads adam
	grep -q '123456789/EFT_1.pdf  [0-9]* bytes  posted as EFT_1.pdf, letter 1$' "$T/status"
	grep -q '123456789/trade-files/RA_1.835  [0-9]* bytes  posted as RA_1.835' "$T/status"
	edelivery letter show 1
	grep -q "closed login=adam" "$T/up.log"
}

@test "what was taken can still be asked for by name, with its size and the times that were set" {
	serve_admin
	letter EFT_1.pdf
	touch -d '2019-03-27 12:00:00 UTC' "$T/in/EFT_1.pdf"
	sftp_as adam <<<"put -p $T/in/EFT_1.pdf /drop/123456789/EFT_1.pdf"
	expect_delivered EFT_1.pdf
	paramiko_as adam <<-'END'
		told = sftp.stat("/drop/123456789/EFT_1.pdf")
		assert told.st_mtime == 1553688000, told.st_mtime
		sftp.utime("/drop/123456789/EFT_1.pdf", (7, 7))
		assert sftp.stat("/drop/123456789/EFT_1.pdf").st_mtime == 7
		assert sftp.listdir("/drop/123456789") == []
	END
	# Another account has not uploaded it.
	account eve --admin
	run ! sftp_as eve <<<'ls /drop/123456789/EFT_1.pdf'
	# Its time has nothing to do with the letter's.
	sftp_as mary <<<'ls -l /123456789/edelivery/EFT_1.pdf' | grep -vq 1970
}

@test "scp, lftp, rclone, psftp, paramiko and curl upload a letter each" {
	serve_admin
	for i in 1 2 3 4 5 6 7; do letter "EFT_$i.pdf" 300000; done
	scp -P "$PORT" -i "$T/keys/flow" "${SSH_OPTIONS[@]}" -p "$T/in/EFT_1.pdf" adam@127.0.0.1:/drop/123456789/
	lftp_as adam "put -O /drop/123456789 $T/in/EFT_2.pdf"
	mkdir "$T/mirror" && cp "$T/in/EFT_3.pdf" "$T/mirror"
	lftp_as adam "mirror -R $T/mirror /drop/123456789"
	rclone_as adam copy "$T/in/EFT_4.pdf" :sftp:/drop/123456789
	psftp_as adam <<<"put $T/in/EFT_5.pdf /drop/123456789/EFT_5.pdf"
	paramiko_as adam <<<"sftp.put('$T/in/EFT_6.pdf', '/drop/123456789/EFT_6.pdf', confirm=True)"
	curl_as adam /drop/123456789/EFT_7.pdf -T "$T/in/EFT_7.pdf"
	until_posted 7
	expect_delivered EFT_1.pdf EFT_2.pdf EFT_3.pdf EFT_4.pdf EFT_5.pdf EFT_6.pdf EFT_7.pdf
}

@test "a client that renames when it is done, as WinSCP does, is waited for" {
	serve_admin
	letter EFT_1.pdf
	sftp_as adam <<-END
		put $T/in/EFT_1.pdf /drop/123456789/EFT_1.pdf.filepart
		ls /drop/123456789
	END
	sleep 1
	letters_are 0 posted
	told adam 'EFT_1.pdf.filepart .* waits to be renamed'
	sftp_as adam <<<'rename /drop/123456789/EFT_1.pdf.filepart /drop/123456789/EFT_1.pdf'
	expect_delivered EFT_1.pdf
	told adam 'EFT_1.pdf .* posted as EFT_1.pdf'
}

@test "lftp may write to a temporary name, and what it leaves of one is removed after a day" {
	BIN=$FAULT_PROGRAMS
	serve_admin
	letter EFT_1.pdf
	letter EFT_2.pdf
	lftp_as adam "set xfer:use-temp-file yes; put -O /drop/123456789 $T/in/EFT_1.pdf"
	expect_delivered EFT_1.pdf
	lftp_as adam "put $T/in/EFT_2.pdf -o /drop/123456789/.in.EFT_2.pdf"
	told adam '.in.EFT_2.pdf .* waits to be renamed'
	expect_listing adam /drop/123456789 ''
	spool_stop
	EDELIVERY_CLOCK=$(date -u -d '+25 hours' +%Y-%m-%dT%H:%M:%SZ) spool_up
	wait_for 10 told adam '.in.EFT_2.pdf  removed'
	letters_are 1 posted
	folders_empty
}

@test "reput goes on with what a killed transfer left" {
	serve_admin
	big big.pdf 40000000
	slow_upload
	# The connection goes with its ssh.
	kill -9 "$(pgrep -P "$client" sftp || echo "$client")" 2>/dev/null || true
	pkill -9 -P "$client" || true
	wait "$client" || true
	wait_for 10 told adam 'trade-files/big.pdf  not complete: [1-9][0-9]* bytes'
	[ -f "$ROOT/drop/123456789/trade-files/.big.pdf.part" ]
	expect_listing adam /drop/123456789/trade-files ''
	letters_are 0 posted
	sftp_as adam <<<"reput $T/in/big.pdf /drop/123456789/trade-files/big.pdf"
	until_posted 1
	expect_same mary /123456789/trade-files/big.pdf "$T/in/big.pdf"
	wait_for 10 folders_empty
}

@test "nothing is overwritten, and only own uploads are removed" {
	serve_admin
	account eve --admin
	provider 222222222
	letter EFT_1.pdf
	# A PDF that is cut off waits (drop.patience).
	head -c 20 "$T/in/EFT_1.pdf" >"$T/in/EFT_cut.pdf"
	sftp_as adam <<<"put $T/in/EFT_cut.pdf /drop/123456789/EFT_1.pdf"
	until_status held 1
	told adam 'EFT_1.pdf .* waits: a PDF that is cut off'
	[[ $(refusal adam "put $T/in/EFT_1.pdf /drop/123456789/EFT_1.pdf") == *"ermission denied"* ]]
	[[ $(refusal eve "put $T/in/EFT_1.pdf /drop/123456789/EFT_1.pdf") == *"ermission denied"* ]]
	[[ $(refusal eve 'rm /drop/123456789/EFT_1.pdf') == *"ermission denied"* ]]
	cmp "$ROOT/drop/123456789/EFT_1.pdf" "$T/in/EFT_cut.pdf"
	[[ $(refusal adam "get /drop/123456789/EFT_1.pdf $T/read") == *"ermission denied"* ]]
	sftp_as adam <<<'rm /drop/123456789/EFT_1.pdf'
	[ ! -e "$ROOT/drop/123456789/EFT_1.pdf" ]
	told adam 'EFT_1.pdf  removed'
	sftp_as adam <<<"put $T/in/EFT_1.pdf /drop/123456789/EFT_1.pdf"
	expect_delivered EFT_1.pdf
	[[ $(refusal adam 'rm /drop/123456789/EFT_1.pdf') == *"ermission denied"* ]]
	expect_same mary /123456789/edelivery/EFT_1.pdf "$T/in/EFT_1.pdf"
}

@test "links lead nowhere, and what is no AVRS ID's folder takes nothing" {
	serve_admin
	letter EFT_1.pdf
	mkdir -p "$T/outside" "$ROOT/drop/123456789"
	ln -s "$T/outside/EFT_3.pdf" "$ROOT/drop/123456789/.EFT_3.pdf.part"
	local path
	for path in /drop/123456789/EFT_3.pdf /drop/EFT_1.pdf /drop/999999999/EFT_1.pdf \
		/drop/other/EFT_1.pdf /drop/123456789/.EFT_1.pdf /drop/123456789/sub/EFT_1.pdf /drop/STATUS.txt \
		/123456789/EFT_1.pdf /EFT_1.pdf /drop/publications/EFT_1.pdf /drop/publications/other/EFT_1.pdf; do
		echo "$path"
		[[ $(refusal adam "put $T/in/EFT_1.pdf $path") == *"ermission denied"* ]]
	done
	[[ $(refusal adam 'mkdir /drop/999999999') == *"ermission denied"* ]]
	[[ $(refusal adam 'mkdir /drop/123456789/other') == *"ermission denied"* ]]
	[[ $(refusal adam "symlink /etc/passwd /drop/123456789/EFT_5.pdf") == *"ermission denied"* ]]
	[ -z "$(ls "$T/outside")" ]
	sftp_as adam <<<'mkdir /drop/123456789/trade-files'
	[ -d "$ROOT/drop/123456789/trade-files" ]
	edelivery status | grep -q upload.refused
}

@test "a limited administrator drops what it may, and sees nothing else" {
	serve_admin
	master 222222222
	edelivery account set adam --drop 123456789:EFT
	edelivery account show adam | grep -q '123456789 *EFT'
	edelivery account show adam --json | grep -q '"drop":[[]"123456789:EFT"'
	letter EFT_1.pdf
	letter PA_1.pdf
	expect_listing adam /drop '123456789 STATUS.txt'
	sftp_as adam <<<"put $T/in/EFT_1.pdf /drop/123456789/"
	expect_delivered EFT_1.pdf
	[[ $(refusal adam "put $T/in/PA_1.pdf /drop/123456789/PA_1.pdf") == *"ermission denied"* ]]
	[[ $(refusal adam "put $T/in/EFT_1.pdf /drop/123456789/trade-files/EFT_1.pdf") == *"ermission denied"* ]]
	[[ $(refusal adam "put $T/in/EFT_1.pdf /drop/222222222/EFT_1.pdf") == *"ermission denied"* ]]
	expect_no_such_file adam /drop/222222222
	expect_no_such_file adam /drop/publications
	edelivery account set adam --drop-anything
	sftp_as adam <<<"put $T/in/PA_1.pdf /drop/123456789/PA_1.pdf"
	run edelivery account set adam --drop 999999999
	[ "$status" = 1 ]
	run edelivery account set adam --drop 123456789 --drop-anything
	[ "$status" = 2 ]
}

@test "an account that is no administrator has no drop/" {
	serve_admin
	letter EFT_1.pdf
	expect_listing mary / '123456789 STATUS.txt new publications'
	expect_no_such_file mary /drop
	expect_no_such_file mary /drop/123456789
	expect_no_such_file mary /drop/STATUS.txt
	[[ $(refusal mary "put $T/in/EFT_1.pdf /drop/123456789/EFT_1.pdf") == *"o such file"* ]]
	[[ $(refusal mary "put $T/in/EFT_1.pdf /123456789/EFT_1.pdf") == *"ermission denied"* ]]
	[[ $(refusal mary "mkdir /drop/123456789") != '' ]]
	[ ! -e "$ROOT/drop/123456789" ]
}

@test "larger than what is taken, an upload fails while it is written and is never posted" {
	serve_admin drop.letter-max=1M
	letter EFT_1.pdf 2000000
	said=$(refusal adam "put $T/in/EFT_1.pdf /drop/123456789/EFT_1.pdf")
	[[ $said == *ailure* ]]
	[ ! -e "$ROOT/drop/123456789/EFT_1.pdf" ]
	told adam 'EFT_1.pdf  not complete'
	grep -q 'refused=close reason="larger than the 1048576 bytes that are taken"' "$T/up.log"
	sftp_as adam <<<'rm /drop/123456789/EFT_1.pdf'
	folders_empty
}

@test "on a full disk an upload fails, keeps its part, and goes on when there is room" {
	unshare -Urm true || skip "no user namespaces here"
	spool_make
	master 123456789 mary
	account adam --admin
	mkdir -p "$T/in" "$T/full"
	big big.pdf 3000000
	edelivery config set drop.root "$T/full" >/dev/null
	# The drop folder is a disk of its own, which only what runs in there sees.
	: >"$T/up.out"
	unshare -Urm sh -c "mount -t tmpfs -o size=4m none '$T/full' && head -c 2000000 /dev/zero >'$T/full/.ballast' && exec '$BIN/edelivery' up" >"$T/up.out" 2>>"$T/up.log" 3>&- &
	UP=$!
	wait_for 20 grep -q '^ready sftp=' "$T/up.out"
	PORT=$(sed -n 's/^ready sftp=127\.0\.0\.1://p' "$T/up.out")
	said=$(refusal adam "put $T/in/big.pdf /drop/123456789/trade-files/big.pdf")
	[[ $said == *ailure* ]]
	grep -q 'refused=close reason="the disk is full' "$T/up.log"
	told adam 'big.pdf  not complete: [0-9]* bytes'
	letters_are 0 posted
	nsenter -t "$UP" -U -m --preserve-credentials rm "$T/full/.ballast"
	sftp_as adam <<<"reput $T/in/big.pdf /drop/123456789/trade-files/big.pdf"
	until_posted 1
	expect_same mary /123456789/trade-files/big.pdf "$T/in/big.pdf"
}

@test "the broker is killed during an upload: what it left is gone on with" {
	serve_admin
	big big.pdf 40000000
	slow_upload
	pkill -KILL -f "edelivery-sftpd --broker $EDELIVERY_CONF"
	run ! wait "$client"
	expect_to_go_on
}

@test "killed at any step, nothing that was told as closed is lost, and nothing is posted twice" {
	BIN=$FAULT_PROGRAMS
	for point in upload.added upload.noted upload.named upload.closed; do
		echo "point $point"
		ROOT=$T/spool-$point
		export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
		spool_make
		master 123456789 mary
		account adam --admin
		mkdir -p "$T/in"
		letter EFT_1.pdf
		EDELIVERY_FAULT=$point=kill spool_up
		run ! sftp_as adam <<<"put $T/in/EFT_1.pdf /drop/123456789/EFT_1.pdf"
		spool_stop
		spool_up
		# What an unattended client does: again, from the start, unless the server has it whole.
		sftp_as adam <<<"put $T/in/EFT_1.pdf /drop/123456789/EFT_1.pdf" || true
		until_posted 1
		wait_for 10 folders_empty
		expect_same mary /123456789/edelivery/EFT_1.pdf "$T/in/EFT_1.pdf"
		expect_listing mary /123456789/edelivery EFT_1.pdf
		spool_stop
	done
}

@test "an upload that is being written ends with the right to it" {
	serve_admin
	big big.pdf 40000000
	provider 222222222
	for take in 'account set adam --admin no' 'account set adam --drop 222222222' 'account disable adam'; do
		edelivery account enable adam
		edelivery account set adam --admin yes --drop-anything
		sftp_as adam -l 20000 <<<"put $T/in/big.pdf /drop/123456789/trade-files/" 2>/dev/null &
		client=$!
		wait_for 20 part_is_larger 100000
		# shellcheck disable=SC2086 # words of a command
		edelivery $take
		wait_for 4 has_ended "$client"
		run ! wait "$client"
		edelivery account enable adam
		edelivery account set adam --admin yes --drop-anything
		sftp_as adam <<<'rm /drop/123456789/trade-files/big.pdf'
	done
	letters_are 0 posted
}

@test "a part that nobody goes on with is removed after a day" {
	BIN=$FAULT_PROGRAMS
	serve_admin
	big big.pdf 40000000
	sftp_as adam -l 40000 <<<"put $T/in/big.pdf /drop/123456789/trade-files/" 2>/dev/null &
	client=$!
	wait_for 20 part_is_larger 100000
	pkill -9 -P "$client" || true
	wait "$client" || true
	wait_for 10 told adam 'not complete'
	spool_stop
	EDELIVERY_CLOCK=$(date -u -d '+25 hours' +%Y-%m-%dT%H:%M:%SZ) spool_up
	wait_for 10 folders_empty
	told adam 'big.pdf  removed'
}

@test "an upload goes on across a reload, and sessions of the new broker leave it alone" {
	serve_admin
	big big.pdf 40000000
	slow_upload
	kill -HUP "$(pgrep -P "$UP" -x edelivery-sftpd)"
	wait_for 20 grep -q 'text="reloaded' "$T/up.log"
	# Brokers beside each other: the new one has looked for what is left over.
	part_is_larger 1000000
	for command in "put $T/in/big.pdf" "reput $T/in/big.pdf" rm; do
		refusal adam "$command /drop/123456789/trade-files/big.pdf" >/dev/null
	done
	told adam 'trade-files/big.pdf  being uploaded'
	wait "$client"
	until_posted 1
	expect_same mary /123456789/trade-files/big.pdf "$T/in/big.pdf"
	wait_for 10 folders_empty
}

@test "the session is killed during an upload: what it left is gone on with" {
	serve_admin
	big big.pdf 40000000
	slow_upload
	pkill -KILL -P "$(pgrep -o -f "edelivery-session --zygote $EDELIVERY_CONF")"
	run ! wait "$client"
	expect_to_go_on
}

@test "watchd is killed while it takes an upload: it is posted once, and its client is told so" {
	BIN=$FAULT_PROGRAMS
	for point in post.taken post.recorded post.moved post.placed post.published; do
		echo "point $point"
		ROOT=$T/spool-$point
		export EDELIVERY_CONF=$ROOT/etc/edelivery.conf
		spool_make
		master 123456789 mary
		account adam --admin
		mkdir -p "$T/in"
		letter EFT_1.pdf
		EDELIVERY_FAULT=$point=kill spool_up
		sftp_as adam <<<"put $T/in/EFT_1.pdf /drop/123456789/EFT_1.pdf"
		wait_for 10 grep -q 'watchd.*signal 9' "$T/up.log"
		spool_stop
		spool_up
		until_posted 1
		expect_delivered EFT_1.pdf
		expect_listing mary /123456789/edelivery EFT_1.pdf
		told adam 'EFT_1.pdf .* posted as EFT_1.pdf'
		spool_stop
		rm "$T/up.log"
	done
}

@test "what a sync fails for is begun again, and told as closed only when it is durable" {
	BIN=$FAULT_PROGRAMS
	serve_admin
	spool_stop
	letter EFT_1.pdf
	letter EFT_2.pdf
	mkdir "$ROOT/drop/123456789"
	# The first sync of each process fails: the session's, of what it wrote,
	EDELIVERY_FAULT=file.sync=fail spool_up
	refusal adam "put $T/in/EFT_1.pdf /drop/123456789/EFT_1.pdf"
	grep -q 'refused=close reason="it cannot be made durable' "$T/up.log"
	[ "$(stat -c %s "$ROOT/drop/123456789/.EFT_1.pdf.part")" = 0 ]
	# and the broker's, of the name; the client's third attempt is told of that.
	{
		echo "-put $T/in/EFT_2.pdf /drop/123456789/EFT_2.pdf"
		echo "-put $T/in/EFT_2.pdf /drop/123456789/EFT_2.pdf"
		echo "-reput $T/in/EFT_1.pdf /drop/123456789/EFT_1.pdf"
		echo "-put $T/in/EFT_2.pdf /drop/123456789/EFT_2.pdf"
	} | sftp_as adam
	grep -q 'make a drop folder durable' "$T/up.log"
	expect_delivered EFT_1.pdf EFT_2.pdf
	letters_are 2 posted
}

@test "what is renamed or removed is told of as such, though a sync fails" {
	BIN=$FAULT_PROGRAMS
	serve_admin
	letter EFT_1.pdf
	mkdir "$ROOT/drop/123456789"
	spool_stop
	# The broker's second: the first is of the upload.
	EDELIVERY_FAULT=file.sync=fail@2 spool_up
	sftp_as adam <<<"put $T/in/EFT_1.pdf /drop/123456789/EFT_1.pdf.filepart"
	refusal adam 'rename /drop/123456789/EFT_1.pdf.filepart /drop/123456789/EFT_1.pdf'
	expect_delivered EFT_1.pdf
	told adam 'EFT_1.pdf .* posted as EFT_1.pdf'
	spool_stop
	letter EFT_2.pdf
	EDELIVERY_FAULT=file.sync=fail@2 spool_up
	sftp_as adam <<<"put $T/in/EFT_2.pdf /drop/123456789/EFT_2.pdf.filepart"
	refusal adam 'rm /drop/123456789/EFT_2.pdf.filepart'
	told adam 'EFT_2.pdf.filepart  removed'
}

@test "the broker is killed while it renames or removes: nothing is lost, nothing comes back" {
	BIN=$FAULT_PROGRAMS
	serve_admin
	letter EFT_1.pdf
	spool_stop
	EDELIVERY_FAULT=upload.renamed=kill spool_up
	sftp_as adam <<<"put $T/in/EFT_1.pdf /drop/123456789/EFT_1.pdf.filepart"
	refusal adam 'rename /drop/123456789/EFT_1.pdf.filepart /drop/123456789/EFT_1.pdf'
	spool_stop
	spool_up
	expect_delivered EFT_1.pdf
	spool_stop
	letter EFT_2.pdf
	EDELIVERY_FAULT=upload.unlinked=kill spool_up
	sftp_as adam <<<"put $T/in/EFT_2.pdf /drop/123456789/EFT_2.pdf.filepart"
	refusal adam 'rm /drop/123456789/EFT_2.pdf.filepart'
	spool_stop
	spool_up
	folders_empty
	sftp_as adam <<<"put $T/in/EFT_2.pdf /drop/123456789/EFT_2.pdf"
	expect_delivered EFT_1.pdf EFT_2.pdf
	letters_are 2 posted
}

@test "keys are exchanged again and again during an upload, by either side" {
	serve_admin server.rekey-data=1M
	big one.pdf 20000000
	big two.pdf 20000000
	sftp_as adam <<<"put $T/in/one.pdf /drop/123456789/trade-files/"
	sftp_as adam -o RekeyLimit=1M <<<"put $T/in/two.pdf /drop/123456789/trade-files/"
	until_posted 2
	for name in one.pdf two.pdf; do
		expect_same mary "/123456789/trade-files/$name" "$T/in/$name"
	done
}
