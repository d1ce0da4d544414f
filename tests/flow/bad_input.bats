#!/usr/bin/env bats
# Bad input ends in quarantine with a reason, or is held; commands refuse it with one line.
bats_require_minimum_version 1.5.0
load ../lib/spool

@test "what may not be taken is quarantined with a reason that a person can act on" {
	spool_start drop.patience=2s
	master 123456789
	here=$ROOT/drop/123456789
	mkdir -p "$here"
	pdf "$T/letter.pdf"
	cp "$T/letter.pdf" "$here/NOSUCH_1.pdf"
	cp "$T/letter.pdf" "$here/notype.pdf"
	echo "this is no PDF" >"$here/EFT_text.pdf"
	: >"$here/EFT_empty.pdf"
	head -c 20 "$T/letter.pdf" >"$here/EFT_cut.pdf"
	ln -s /etc/passwd "$here/EFT_link.pdf"
	mkfifo "$here/EFT_fifo.pdf"
	# With what is in it, in one step: watchd may take an empty one away before that.
	mkdir "$T/EFT_folder.pdf"
	pdf "$T/EFT_folder.pdf/EFT_inside.pdf"
	mv "$T/EFT_folder.pdf" "$here/EFT_folder.pdf"
	pdf "$here/"$'EFT_tab\there.pdf'
	pdf "$here/"$'EFT_\xff\xfe.pdf'
	pdf "$ROOT/drop/EFT_root.pdf"
	until_quarantined NOSUCH_1.pdf 'unknown letter type NOSUCH'
	until_quarantined notype.pdf 'unknown letter type'
	until_quarantined EFT_text.pdf 'not a PDF'
	until_quarantined EFT_empty.pdf empty
	until_quarantined EFT_cut.pdf 'cut off'
	until_quarantined EFT_link.pdf 'symbolic link'
	until_quarantined EFT_fifo.pdf FIFO
	until_quarantined EFT_folder.pdf 'a folder where only files may be'
	until_quarantined 'EFT_tab\\x09here.pdf' 'control characters'
	until_quarantined 'EFT_\\xff\\xfe.pdf' 'not valid UTF-8'
	until_quarantined EFT_root.pdf 'folder of their AVRS ID'
	[ -z "$(ls -A "$here")" ]
	status_is quarantined 11
	# None of it is visible, and no link was followed.
	expect_listing m123456789 /123456789/edelivery ''
	[ -L "$(find "$ROOT/quarantine" -name '*_EFT_link.pdf')" ]
	[ -s /etc/passwd ]
}

@test "a trade file of X12 is checked by its envelope" {
	spool_start drop.patience=2s
	master 123456789
	mkdir -p "$ROOT/drop/123456789/trade-files"
	x12 "$T/whole.835"
	head -c 120 "$T/whole.835" >"$ROOT/drop/123456789/trade-files/cut.835"
	sed 's/IEA\*1/IEA*2/' "$T/whole.835" >"$ROOT/drop/123456789/trade-files/count.835"
	sed 's/~IEA.*/~IEA*1*x~/' "$T/whole.835" >"$ROOT/drop/123456789/trade-files/control.835"
	echo 'not X12' >"$ROOT/drop/123456789/trade-files/text.835"
	cp "$T/whole.835" "$ROOT/drop/123456789/trade-files/whole.835"
	echo 'anything' >"$ROOT/drop/123456789/trade-files/report.txt"
	until_quarantined cut.835 'last segment is not IEA'
	until_quarantined text.835 'not X12'
	until_quarantined count.835 'counts other groups'
	until_quarantined control.835 'another control number'
	until_posted 2
	expect_listing m123456789 /123456789/trade-files 'report.txt whole.835'
}

@test "an empty or cut off file waits for its job, and is posted when it is whole" {
	spool_start
	master 123456789
	mkdir -p "$ROOT/drop/123456789"
	pdf "$T/letter.pdf" 3000
	: >"$ROOT/drop/123456789/EFT_1.pdf"
	head -c 2000 "$T/letter.pdf" >"$ROOT/drop/123456789/EFT_2.pdf"
	until_status held 2
	edelivery drop list | grep -qE '^ *[12] +123456789 +edelivery +EFT_1.pdf +empty.* 20[0-9TZ:-]+ +20[0-9TZ:-]+$'
	edelivery drop list --json 123456789 | grep -q '"class":"edelivery","name":"EFT_2.pdf","reason":"a PDF that is cut off.*"when":"20.*"seen":"20'
	[ "$(edelivery drop list 987654321)" = 'no file is held' ]
	cat "$T/letter.pdf" >"$ROOT/drop/123456789/EFT_1.pdf"
	tail -c +2001 "$T/letter.pdf" >>"$ROOT/drop/123456789/EFT_2.pdf"
	until_posted 2
	expect_same m123456789 /123456789/edelivery/EFT_1.pdf "$T/letter.pdf"
	expect_same m123456789 /123456789/edelivery/EFT_2.pdf "$T/letter.pdf"
	status_is held 0
}

@test "a file that is still open for writing is left alone" {
	spool_start
	master 123456789
	mkdir -p "$ROOT/drop/123456789"
	pdf "$T/letter.pdf"
	exec 7>"$ROOT/drop/123456789/EFT_1.pdf"
	cat "$T/letter.pdf" >&7
	sleep 2
	letters_are 0 posted
	cat "$T/letter.pdf" >&7
	exec 7>&-
	until_posted 1
	cat "$T/letter.pdf" "$T/letter.pdf" >"$T/twice.pdf"
	expect_same m123456789 /123456789/edelivery/EFT_1.pdf "$T/twice.pdf"
}

@test "names that are still being written are passed over" {
	spool_start
	master 123456789
	mkdir -p "$ROOT/drop/123456789"
	for name in .hidden.pdf EFT_1.pdf.tmp EFT_2.part EFT_3.partial EFT_4.filepart EFT_5.writing EFT_6.inprogress EFT_7.pdf~; do
		pdf "$ROOT/drop/123456789/$name"
	done
	drop 123456789 EFT_8.pdf
	until_posted 1
	sleep 1
	[ "$(find "$ROOT/drop/123456789" -type f | wc -l)" = 8 ]
	mv "$ROOT/drop/123456789/EFT_1.pdf.tmp" "$ROOT/drop/123456789/EFT_1.pdf"
	until_posted 2
}

@test "files for an unknown AVRS ID are held until the provider is imported, or quarantined" {
	spool_start drop.unknown-hold=4s
	drop 123456789 EFT_1.pdf
	drop 987654321 EFT_2.pdf
	until_status held 2
	printf 'avrs_id,npi,name,kind\n123456789,1234567893,Clinic,billing\n' >"$T/providers.csv"
	edelivery provider import "$T/providers.csv"
	until_on_paper 1
	until_quarantined EFT_2.pdf 'AVRS ID 987654321 is not known'
}

@test "a malformed import tells line and column, and imports nothing" {
	spool_make
	printf 'avrs_id,npi,name,kind\n123456789,1234567893,Clinic,billing\n222222222,1234567890,Other,billing\n' >"$T/npi.csv"
	run edelivery provider import "$T/npi.csv"
	[ "$status" = 1 ]
	[[ $output == *"line 3, column 11: \"1234567890\" is not an NPI"* ]]
	printf 'avrs_id,npi,name,kind\n123456789,,"Clinic,billing\n' >"$T/quote.csv"
	run edelivery provider import "$T/quote.csv"
	[ "$status" = 1 ]
	[[ $output == *"not closed"* ]]
	printf 'avrs_id;npi;name;kind\n' >"$T/header.csv"
	run edelivery provider import "$T/header.csv"
	[ "$status" = 1 ]
	[[ $output == *"line 1"* ]]
	printf 'avrs_id,npi,name,kind\n123456789,,Clinic,billing\n222222222,,Other,dentist\n' >"$T/kind.csv"
	run edelivery provider import "$T/kind.csv"
	[ "$status" = 1 ]
	[[ $output == *"line 3, column 18: "*dentist* ]]
	[ -z "$(edelivery provider list --json)" ]
}

@test "a wrong call is answered with how it is done, on stderr, and status 2" {
	spool_make
	for words in '' nonsense 'provider nonsense' 'provider add' 'provider add 1 2' 'provider add 123456789 --nonsense x' \
		'account add ann' 'letter show' 'role grant a'; do
		# shellcheck disable=SC2086 # words on purpose
		run --separate-stderr edelivery $words
		[ "$status" = 2 ] || { echo "$words: $status"; false; }
		[ -z "$output" ]
		[ -n "$stderr" ]
	done
	for words in help --help 'provider add --help' 'role grant --help' --version; do
		# shellcheck disable=SC2086
		run --separate-stderr edelivery $words
		[ "$status" = 0 ]
		[ -n "$output" ]
		[ -z "$stderr" ]
	done
}

@test "a second up on the same spool is refused, and names the running one" {
	spool_start
	run "$BIN/edelivery" up
	[ "$status" = 1 ]
	[[ $output == *"served already"*"process $UP"* ]]
}

@test "with a wrong setting nothing starts, and the line says where and what is allowed" {
	spool_make
	cp "$EDELIVERY_CONF" "$T/good.conf"
	while read -r line want; do
		cp "$T/good.conf" "$EDELIVERY_CONF"
		echo "$line" >>"$EDELIVERY_CONF"
		number=$(wc -l <"$EDELIVERY_CONF")
		run timeout 10 "$BIN/edelivery" up
		[ "$status" = 1 ] || { echo "$line: $status"; false; }
		[[ $output == *"edelivery.conf:$number: "*"$want"* ]] || { echo "$line: $output"; false; }
		[[ $output != *ready* ]]
	done <<-'EOT'
		nonsense=3 no such option 'nonsense'
		spool.root=/tmp set a second time
	EOT
	for setting in 'retain.months = 13' 'drop.settle = soon' 'drop.same-name = perhaps' 'server.listen = here' \
		'agency.timezone = Mars/Olympus' 'agency.avrs-id = "["'; do
		key=${setting%% *}
		sed "/^$key /d" "$T/good.conf" >"$EDELIVERY_CONF"
		echo "$setting" >>"$EDELIVERY_CONF"
		run timeout 10 "$BIN/edelivery" up
		[ "$status" = 1 ]
		[[ $output == *"edelivery.conf:"*"$key"*"allowed is"* ]] || { echo "$setting: $output"; false; }
	done
	sed -i 's/effective = 2019-03-27/effective = 2019-02-30/' "$ROOT/etc/letter-types.conf"
	cp "$T/good.conf" "$EDELIVERY_CONF"
	run timeout 10 "$BIN/edelivery" up
	[ "$status" = 1 ]
	[[ $output == *"letter-types.conf:"*"not a date"* ]]
	rm "$EDELIVERY_CONF"
	run timeout 10 "$BIN/edelivery" up
	[ "$status" != 0 ]
	[[ $output == *"cannot read settings"* ]]
}

@test "config set checks as a start does, and leaves the file alone when it refuses" {
	spool_make
	before=$(sha256sum <"$EDELIVERY_CONF")
	run edelivery config set retain.months 13
	[ "$status" = 1 ]
	[[ $output == *"from 6 to 12"* ]]
	run edelivery config set no.such 1
	[ "$status" = 1 ]
	[ "$before" = "$(sha256sum <"$EDELIVERY_CONF")" ]
	edelivery config set retain.months 6
	[ "$(edelivery config get retain.months)" = 6 ]
	edelivery config show --json | grep -q '"key":"retain.months","value":"6","default":"12"'
}
