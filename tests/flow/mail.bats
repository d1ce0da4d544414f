#!/usr/bin/env bats
# Accounts are told by mail how many letters came for them (R8), whatever the relay does.
# Covers: batch/maild.c batch/courier.c batch/smtp.c batch/sendmail.c admin/mail_wish.c
bats_require_minimum_version 1.5.0
load ../lib/spool
load ../lib/mail

teardown() {
	[ -z "${MAILD:-}" ] || maild_stop
	spool_stop
	relay_down
	spool_teardown
}

@test "an account is told once of what was posted in a window, and of nothing but its number (R8)" {
	relay_up
	mail_start mail.window=4s agency.name='Agency of Ärzte' agency.link=https://agency.example agency.contact='+1 555 0100'
	provider 123456789 --name 'Elm Street Clinic' --npi 1234567893
	account mary --master-of 123456789
	drop 123456789 EFT_20190327_1.pdf
	until_posted 1
	drop 123456789 EFT_20190327_2.pdf PA_20190603_3.pdf
	until_got 1 mary
	mail=$(got mary)
	[ "$(letters_told mary)" = 3 ]
	grep -q '^From: bounces+[0-9]*-[0-9]*-[0-9a-f]*@agency.example' "$mail"
	grep -q '^Auto-Submitted: auto-generated' "$mail"
	grep -q '^Message-ID: <edelivery\..*@agency.example>' "$mail"
	grep -q '^Date: [A-Z][a-z][a-z], ' "$mail"
	grep -q 'https://agency.example' "$mail"
	/usr/bin/python3 - "$mail" <<-'END'
		import email, email.policy, sys
		text = open(sys.argv[1], 'rb').read().split(b'\n\n', 1)[1]
		mail = email.message_from_bytes(text, policy=email.policy.default)
		assert not mail.defects, mail.defects
		assert mail['From'].addresses[0].display_name == 'Agency of Ärzte', mail['From']
		assert mail['To'].addresses[0].addr_spec == 'mary@example.org'
		assert 'Agency of Ärzte' in mail.get_content()
		assert mail['Date'].datetime.year >= 2019
	END
	run ! grep -riE 'EFT|PA_|\.pdf|Elm Street|1234567893|123456789' "$T/relay/got"
	sleep 2
	got_are 1
}

@test "an account of several AVRS IDs is told which, each role what it may see (R8)" {
	relay_up
	mail_start mail.window=3s
	master 111111111 one
	master 222222222 two
	clerk hub 111111111 includes-e-delivery
	clerk hub 222222222 e-delivery-only
	clerk quiet 111111111 e-delivery-only
	edelivery account set one --mail-trade-files yes
	edelivery account set hub --mail-trade-files yes
	edelivery account set quiet --mail off
	run edelivery account set one --mail off
	[ "$status" = 1 ]
	[[ $output == *"one is a master"* ]]
	drop 111111111 EFT_1.pdf EFT_2.pdf
	drop 222222222 EFT_3.pdf
	drop_trade_file 111111111 RA_1.835
	drop_trade_file 222222222 RA_2.835
	until_got 3
	grep -q 'new for you: 2 new letters and 1 new trade file\.' "$(got one)"
	run ! grep 111111111 "$(got one)"
	grep -q 'new for you: 1 new letter\.' "$(got two)"
	grep -q 'new for you: 3 new letters and 1 new trade file\.' "$(got hub)"
	grep -qx '  111111111: 2 new letters and 1 new trade file.\?' "$(got hub)"
	grep -qx '  222222222: 1 new letter.\?' "$(got hub)"
	run ! grep -riE 'EFT|RA_|\.pdf|\.835' "$T/relay/got"
	sleep 2
	got_are 3
}

@test "who is disabled or has lost the role meanwhile is told nothing, and the row says why" {
	relay_up
	mail_make
	master 123456789 mary
	clerk ann 123456789 e-delivery-only
	clerk bob 123456789 e-delivery-only
	clerk eve 123456789 e-delivery-only
	watchd
	drop 123456789 EFT_1.pdf
	until_posted 1
	watchd_stop
	edelivery account disable ann
	edelivery role revoke bob 123456789
	edelivery account remove eve
	maild
	until_got 1 mary
	until_mails 1 failed ann
	edelivery mail list --json ann | grep -q '"answer":"dropped: the account is disabled"'
	edelivery mail list --json bob | grep -q '"answer":"dropped: no role'
	[ "$(got_count)" = 1 ]
	status_is mail_failed 0
	# There is nothing to tell any more.
	edelivery account enable ann
	edelivery mail retry "$(edelivery mail list --json ann | sed 's/.*"id":\([0-9]*\).*/\1/')"
	sleep 2
	got_are 0 ann
}

@test "STARTTLS with a certificate that is right, and a login whose password nobody sees" {
	certificates
	relay_up --tls "$T/relay.pem" "$T/relay.key" --auth 'post:s3cr3t word'
	mail_make mail.tls=verify mail.ca="$T/ca.pem" mail.user=post
	(umask 077 && echo 's3cr3t word' >"$ROOT/etc/mail-password")
	master 123456789 mary
	many 30
	maild
	until_got 30
	run ! grep -rh '^TLS: no' "$T/relay/got"
	[ "$(grep -rhc '^User: post' "$T"/relay/got/* | sort -u)" = 1 ]
	# One connection for many mails.
	[ "$(grep -rh '^Connection:' "$T/relay/got" | sort -u | wc -l)" -le 4 ]
	pid=$(pgrep -P "$MAILD")
	[ -n "$pid" ]
	run ! grep -q s3cr3t "/proc/$MAILD/cmdline" "/proc/$pid/cmdline" "$T/up.log"
	maild_stop
	chmod 0644 "$ROOT/etc/mail-password"
	many_more=$(edelivery mail list --state sent --json | wc -l)
	[ "$many_more" = 30 ]
	sql "INSERT INTO notification (account_id, avrs_id, class, letters, since) VALUES (1001, '123456789', 'edelivery', 1, 1)"
	maild
	wait_for 10 grep -q 'anybody may read it' "$T/up.log"
	chmod 0600 "$ROOT/etc/mail-password"
	until_got 31
}

@test "TLS from the first byte on" {
	certificates
	relay_up --tls "$T/relay.pem" "$T/relay.key" --smtps
	mail_make mail.relay="smtps://127.0.0.1:$RELAY" mail.tls=verify mail.ca="$T/ca.pem"
	provider 123456789
	many 5
	maild
	until_got 5
	run ! grep -rh '^TLS: no' "$T/relay/got"
}

@test "a relay that is not who it says, or does not encrypt, gets nothing" {
	certificates DNS:other.example
	relay_up --tls "$T/relay.pem" "$T/relay.key"
	mail_make mail.tls=verify mail.ca="$T/ca.pem"
	provider 123456789
	many 3
	maild
	wait_for 20 grep -q 'no mail gets through; again in 1 s: .*127.0.0.1' "$T/up.log"
	maild_stop
	edelivery config set mail.ca /etc/ssl/certs/ca-certificates.crt
	maild
	wait_for 20 grep -q 'no mail gets through.*certificate' "$T/up.log"
	maild_stop
	relay_down
	relay_up
	maild
	wait_for 20 grep -qi 'no mail gets through.*TLS' "$T/up.log"
	maild_stop
	relay_down
	[ "$(got_count)" = 0 ]
	mails_are 3 queued
	status_is email_bad 0
	# Encrypted is enough, if the operator says so.
	edelivery config set mail.tls encrypt
	relay_up --tls "$T/relay.pem" "$T/relay.key"
	maild
	until_got 3
	run ! grep -rh '^TLS: no' "$T/relay/got"
}

@test "TLS that breaks is trouble with the relay, and passes" {
	certificates
	relay_up --tls "$T/relay.pem" "$T/relay.key"
	mail_make mail.tls=verify mail.ca="$T/ca.pem" mail.connections=1
	provider 123456789
	many 3
	relay_does 'STARTTLS - 1 garbage'
	maild
	wait_for 20 grep -q 'no mail gets through' "$T/up.log"
	until_got 3
	mails_are 0 failed
}

@test "an address that the relay refuses is bad at once: that is shown, and nothing more goes there" {
	relay_up
	mail_start
	master 123456789 mary
	relay_does 'RCPT mary@ 0 550 5.1.1 no such user here'
	drop 123456789 EFT_1.pdf
	until_mails 1 failed mary
	until_status email_bad 1
	edelivery account show mary | grep -q 'mail comes back: 550 5.1.1 no such user here'
	edelivery mail list --json mary | grep -q '"answer":"550 5.1.1 no such user here"'
	edelivery status | grep -q '1  accounts whose mail comes back  <- '
	echo "get STATUS.txt $T/status" | sftp_as mary >/dev/null
	grep -q 'Warning: mail to mary@example.org comes back: 550 5.1.1 no such user here' "$T/status"
	drop 123456789 EFT_2.pdf EFT_3.pdf
	until_posted 3
	sleep 2
	mails_are 1 failed mary
	got_are 0
	# A new address is told of all of it, in one mail.
	edelivery account set mary --email mary2@example.org
	until_got 1 mary2
	[ "$(letters_told mary2)" = 3 ]
	status_is email_bad 0
	echo "get STATUS.txt $T/status" | sftp_as mary >/dev/null
	run ! grep -q 'comes back' "$T/status"
}

@test "what the relay does not want now goes later: 4xx at each step, once, and by itself" {
	relay_up
	mail_make mail.connections=1
	master 123456789 mary
	step=0
	for rule in 'RCPT mary@ 1 450 4.2.0 busy' 'RCPT mary@ 1 452 full' 'DATA - 1 451 4.3.0 later' 'TEXT mary@ 1 421 4.3.2 going down'; do
		step=$((step + 1))
		relay_does "$rule"
		sql "INSERT INTO notification (account_id, avrs_id, class, letters, since) SELECT id, '123456789', 'edelivery', 1, 1 FROM account"
		maild
		until_got $step mary
		maild_stop
	done
	sleep 1
	got_are $step
	mails_are $step sent
	grep -q 'deferred account=mary kind=letters attempts=1 answer="450 4.2.0 busy"' "$T/up.log"
	status_is email_bad 0
}

@test "trouble with the relay itself is no mail's fault, and says nothing about an address" {
	relay_up
	mail_make mail.connections=1
	master 123456789 mary
	step=0
	for rule in 'BANNER - 1 421 too busy' 'BANNER - 1 554 not you' 'EHLO - 1 550 who are you' 'MAIL - 1 553 5.7.1 not from you' \
		'MAIL - 1 451 4.7.1 greylisted' 'RCPT - 1 554 5.7.1 relay access denied'; do
		step=$((step + 1))
		relay_does "$rule"
		sql "INSERT INTO notification (account_id, avrs_id, class, letters, since) SELECT id, '123456789', 'edelivery', 1, 1 FROM account"
		maild
		until_got $step mary
		maild_stop
	done
	[ "$(grep -c 'no mail gets through' "$T/up.log")" = 5 ]
	mails_are $step sent
	status_is email_bad 0
}

@test "a connection that is cut at any step costs a while, not a mail" {
	relay_up
	mail_make mail.connections=2
	provider 123456789
	many 12
	relay_does 'BANNER - 1 cut' 'EHLO - 1 cut' 'MAIL - 2 cut' 'RCPT - 2 cut' 'DATA - 2 cut' 'TEXT - 2 cut'
	maild
	until_got 12 '' 60
	sleep 1
	got_are 12
	[ "$(recipients)" = 12 ]
	mails_are 12 sent
}

@test "a relay that takes its time is waited for, and not for ever" {
	relay_up
	mail_make mail.connections=1 mail.timeout=3s
	master 123456789 mary
	relay_does 'DATA - 1 slow 1' 'TEXT - 1 slow 1'
	sql "INSERT INTO notification (account_id, avrs_id, class, letters, since) SELECT id, '123456789', 'edelivery', 1, 1 FROM account"
	maild
	until_got 1
	relay_does 'RCPT mary@ 1 slow 20'
	sql "INSERT INTO notification (account_id, avrs_id, class, letters, since) SELECT id, '123456789', 'edelivery', 1, 1 FROM account"
	until_got 2
	grep -qi 'deferred.*time' "$T/up.log"
}

@test "while the relay is away letters add up, and one mail tells of them" {
	relay_up
	mail_start
	master 123456789 mary
	relay_down
	for n in 1 2 3; do
		drop 123456789 EFT_$n.pdf
		until_posted $n
		sleep 1
	done
	[ "$(edelivery mail list --json | wc -l)" -le 2 ]
	edelivery status | grep -q '1  mails to be sent' || edelivery status | grep -q '2  mails to be sent'
	relay_up
	wait_for 60 told_are 3 mary
	[ "$(got_count)" -le 2 ]
}

@test "a mail that nobody takes is given up, and can be sent by hand" {
	relay_up
	mail_start mail.give-up=3s
	master 123456789 mary
	relay_does 'RCPT mary@ 0 450 4.2.0 never'
	drop 123456789 EFT_1.pdf
	until_mails 1 failed mary
	grep -q 'given-up account=mary.*450 4.2.0 never' "$T/up.log"
	until_status mail_failed 1
	relay_does ''
	id=$(edelivery mail list --json | sed 's/.*"id":\([0-9]*\).*/\1/')
	edelivery mail retry "$id"
	until_got 1 mary
	run edelivery mail retry "$id"
	[ "$status" = 1 ]
	[[ $output == *"is sent: it was handed over"* ]]
}

@test "a mail that is held stays, and grows, until it is to be sent" {
	relay_up
	mail_start
	master 123456789 mary
	relay_does 'RCPT mary@ 1 450 4.2.0 wait'
	edelivery config set mail.retry 10m
	spool_stop
	spool_up
	drop 123456789 EFT_1.pdf
	wait_for 20 listed '4.2.0 wait'
	id=$(edelivery mail list --json | sed 's/.*"id":\([0-9]*\).*/\1/')
	edelivery mail hold "$id"
	status_is mail_held 1
	drop 123456789 EFT_2.pdf
	until_posted 2
	sleep 2
	got_are 0
	edelivery mail retry "$id"
	until_got 1 mary
	[ "$(letters_told mary)" = 2 ]
}

@test "without mail.relay the queue waits, and status says so" {
	spool_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf
	until_posted 1
	edelivery status | grep -q 'mail.relay is not set: mails wait'
	status_is mail_waiting 1
	run "$BIN/edelivery-maild" -c "$EDELIVERY_CONF"
	[ "$status" = 1 ]
	[[ $output == *"mail.relay is not set"* ]]
}

@test "SIGHUP: it goes on with what the settings say now, and refuses what is wrong" {
	relay_up
	mail_make
	provider 123456789
	many 1
	maild
	until_got 1
	edelivery config set agency.name 'Another Agency' >/dev/null
	kill -HUP "$MAILD"
	wait_for 10 grep -q 'reloaded' "$T/up.log"
	sql "INSERT INTO notification (account_id, avrs_id, class, letters, since) VALUES (1001, '123456789', 'edelivery', 1, 1)"
	until_got 2
	grep -q 'From: "Another Agency" <post@agency.example>' "$T"/relay/got/*
	edelivery config set mail.from '' >/dev/null
	kill -HUP "$MAILD"
	wait_for 10 grep -q 'not reloaded.*mail.from' "$T/up.log"
	sql "INSERT INTO notification (account_id, avrs_id, class, letters, since) VALUES (1001, '123456789', 'edelivery', 1, 1)"
	until_got 3
}

@test "two maild send nothing twice" {
	relay_up
	mail_make
	provider 123456789
	many 300
	sed 's/^node.name = .*/node.name = "other"/' "$EDELIVERY_CONF" >"$ROOT/etc/other.conf"
	maild
	first=$MAILD
	maild "$ROOT/etc/other.conf"
	until_got 300 '' 60
	sleep 1
	kill "$first"
	wait "$first" || true
	got_are 300
	[ "$(recipients)" = 300 ]
	grep -q 'mail=.* sent' "$T/up.log"
	# Of one node there is one.
	run timeout 10 "$BIN/edelivery-maild" -c "$ROOT/etc/other.conf"
	[ "$status" = 1 ]
	[[ $output == *"edelivery-maild, process"* ]]
}

@test "SIGTERM ends it when what is on its way has arrived, and nothing is sent again" {
	relay_up
	mail_make mail.connections=2
	provider 123456789
	many 100
	relay_does 'TEXT - 0 slow 0.05'
	maild
	wait_for 20 got_least 10
	maild_stop
	arrived=$(got_count)
	[ "$arrived" -lt 100 ]
	mails_are "$arrived" sent
	maild
	until_got 100
	[ "$(recipients)" = 100 ]
}

# A crash between the relay's answer and the record is the one way to two mails, of one Message-ID.
@test "killed between hand-over and record it sends again what it had on its way, and nothing else" {
	relay_up
	mail_make mail.connections=2
	provider 123456789
	many 60
	relay_does 'TEXT - 0 slow 0.02'
	for point in mail.handed-over mail.recorded; do
		BIN=$FAULT_PROGRAMS EDELIVERY_FAULT="$point=kill@1" maild
		wait "$MAILD" || true
	done
	maild
	until_mails 60 sent
	[ "$(recipients)" = 60 ]
	# At most what two connections had taken in a moment, for each of the two.
	[ "$(got_count)" -le 92 ]
	[ "$(messages)" = 60 ]
}

@test "killed at any moment, it and the relay, each account has its mail" {
	count=${MAIL_KILLS_MAILS:-300}
	most=${MAIL_KILLS:-15}
	relay_up
	# Slow enough that there are moments to be killed at.
	relay_does 'TEXT - 0 slow 0.02'
	mail_make mail.connections=2
	provider 123456789
	many "$count"
	maild
	kills=0
	relay_kills=0
	until mails_are "$count" sent; do
		sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
		if [ $((RANDOM % 4)) = 0 ] && [ $relay_kills -lt $((most / 2)) ]; then
			relay_down
			relay_kills=$((relay_kills + 1))
			relay_up
		elif [ $kills -lt "$most" ]; then
			kill -9 "$MAILD"
			wait "$MAILD" || true
			kills=$((kills + 1))
			maild
		fi
		[ $SECONDS -lt "${MAIL_KILLS_SECONDS:-120}" ]
	done
	[ "$(recipients)" = "$count" ]
	[ "$(messages)" = "$count" ]
	twice=$(($(got_count) - count))
	echo "# $count mails, $kills kills of maild and $relay_kills of the relay: $twice sent twice" >&3
	# What two connections hand over until it is recorded, in some ten milliseconds.
	[ $twice -le $((8 * (kills + relay_kills))) ]
}

@test "a sendmail program takes the mails as well" {
	mkdir "$T/sent"
	cat >"$T/sendmail" <<-END
		#!/bin/sh
		[ "\$1 \$2 \$4" = '-i -f --' ] || exit 64
		case \$5 in
		c2@*) exit 67 ;;
		c3@*) [ -f $T/sent/again ] || { touch $T/sent/again; exit 75; } ;;
		esac
		{ echo "\$3"; cat; } >$T/sent/\$5
	END
	chmod +x "$T/sendmail"
	spool_make mail.relay="$T/sendmail" mail.window=0s mail.retry=1s mail.from=post@agency.example
	provider 123456789
	many 5
	maild
	until_mails 4 sent
	until_mails 1 failed c2
	[ "$(head -n 1 "$T/sent/c3@example.org")" = post@agency.example ]
	grep -qx 'To: <c1@example.org>' "$T/sent/c1@example.org"
	run ! grep -q "$(printf '\r')" "$T/sent/c1@example.org"
	status_is email_bad 1
}

@test "a mail that comes back marks the address, and a forged one does not" {
	relay_up
	mail_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf
	until_got 1 mary
	path=$(sed -n 's/^From: //p' "$(got mary)" | head -n 1)
	report() { # RETURN-PATH ACTION
		cat <<-END
			From: MAILER-DAEMON@relay.example
			To: <$1>
			Subject: Undelivered
			Content-Type: multipart/report; report-type=delivery-status;
			 boundary="b/1"

			--b/1

			Could not be delivered.
			--b/1
			Content-Type: message/delivery-status

			Reporting-MTA: dns; relay.example

			Final-Recipient: rfc822; mary@example.org
			Action: $2
			Status: 5.1.1
			Diagnostic-Code: smtp; 550 5.1.1 mailbox unknown

			--b/1--
		END
	}
	run edelivery mail bounce <<<"$(report "${path/-1-/-2-}" failed)"
	[ "$status" = 0 ]
	[[ $output == *"passed over"* ]]
	last=${path%@*}
	last=${last: -1}
	run edelivery mail bounce <<<"$(report "${path%?@*}$(tr 0-9a-f 1-9a-f0 <<<"$last")@agency.example" failed)"
	[ "$status" = 0 ]
	run edelivery mail bounce <<<"$(report "$path" delayed)"
	[[ $output == *"may still arrive"* ]]
	run edelivery mail bounce <<<'hello'
	[ "$status" = 0 ]
	[[ $output == *"not a delivery report"* ]]
	status_is email_bad 0
	run edelivery mail bounce <<<"$(report "$path" failed)"
	[[ $output == *"to mary came back" ]]
	status_is email_bad 1
	mails_are 1 bounced mary
	edelivery account show mary | grep -q 'mail comes back: 5.1.1 550 5.1.1 mailbox unknown'
	# What is known is not told twice; what came from an address that was left says nothing.
	run edelivery mail bounce "$path" <<<"$(report someone@agency.example failed)"
	[[ $output == *"as was known"* ]]
	edelivery account set mary --email mary2@example.org
	run edelivery mail bounce <<<"$(report "$path" failed)"
	[[ $output == *"passed over"* ]]
	status_is email_bad 0
}

@test "administrators are told once a day how many files are in quarantine, and why" {
	relay_up
	mail_make
	provider 123456789
	account root1 --admin
	watchd
	mkdir -p "$ROOT/drop/123456789"
	echo 'no PDF' >"$ROOT/drop/123456789/EFT_9.pdf"
	echo '%PDF' >"$ROOT/drop/123456789/SMITH_9.pdf"
	until_status quarantined 2
	watchd_stop
	maild
	until_got 1 root1
	grep -q '^2 files in quarantine, 2 of them since yesterday' "$(got root1)"
	grep -q '^  1 of a letter type that is not known' "$(got root1)"
	grep -q '^  1 not of the format of their type' "$(got root1)"
	run ! grep -riE 'EFT|SMITH|123456789' "$T/relay/got"
	maild_stop
	maild
	sleep 2
	got_are 1
}

@test "administrators are told of batches that are not complete, all of a window in one mail (R10)" {
	relay_up
	mail_make mail.window=3s drop.patience=1s
	provider 123456789 --name 'Elm Street Clinic'
	account mary --master-of 123456789
	account root1 --admin
	watchd
	for batch in Smith Jones; do
		printf 'avrs_id,class,name,size,sha256\n123456789,edelivery,EFT_%s.pdf,3,%064d\n' $batch 1 >"$ROOT/drop/.$batch"
		mv "$ROOT/drop/.$batch" "$ROOT/drop/$batch.batch.csv"
	done
	until_status short_batches 2
	maild
	until_got 1 root1
	grep -q '^2 batches not complete\.' "$(got root1)"
	grep -q '^Letters that wait for that: 2' "$(got root1)"
	run ! grep -riE 'EFT|Smith|Jones|Elm Street|123456789' "$T/relay/got"
	sleep 2
	got_are 1
	watchd_stop
}

walks() {
	[ -n "$(sql "SELECT next FROM sequence WHERE name = 'letters-end.posted'")" ]
}

@test "an account is warned of what ends, once, and of a lock at once (R11, R12)" {
	BIN=$FAULT_PROGRAMS
	relay_up
	mail_make retain.months=6 server.password-tries=2
	export EDELIVERY_CLOCK=2026-01-05T12:00:00Z
	provider 123456789 --name 'Elm Street Clinic'
	account mary --master-of 123456789
	account ann
	edelivery role grant ann 123456789 e-delivery-only --until 2026-06-30
	spool_up
	wait_for 10 walks
	drop 123456789 EFT_1.pdf EFT_2.pdf EFT_3.pdf
	until_posted 3
	expect_same mary /123456789/edelivery/EFT_2.pdf "$T/made/123456789/EFT_2.pdf"
	wait_for 10 told_are 3 mary
	wait_for 10 told_are 3 ann
	spool_stop
	rm "$T"/relay/got/*
	# In a mail of the day, thirty days before.
	for day in 2026-06-10 2026-06-11; do
		export EDELIVERY_CLOCK=${day}T12:00:00Z
		spool_up
		wait_for 10 got_are 2 ann
		wait_for 10 got_are 1 mary
		sleep 1
		spool_stop
	done
	got_are 3
	grep -q '^Nobody has got these yet, and they go soon, the first on 2026-07-05: 2 new letters\.' "$(got mary)"
	got ann | xargs grep -qh '^What the account ann may see it may see until 2026-06-30'
	# By wrong passwords, until it is unlocked.
	spool_up
	echo 'correct horse battery' | edelivery password set mary
	for _ in 1 2 3; do
		run curl -s --insecure --user 'mary:wrong horse battery' "sftp://127.0.0.1:$PORT/"
		[ "$status" != 0 ]
	done
	until_got 2 mary
	got mary | xargs grep -qh '^Too many wrong passwords in a row were given for the account mary\.'
	sleep 1
	got_are 4
	run ! grep -riE 'EFT|\.pdf|Elm Street|123456789' "$T/relay/got"
	unset EDELIVERY_CLOCK
}

# code LOGIN ADDRESS SECONDS: as mail_code_add() queues one.
code() {
	sql "INSERT INTO mail (id, account_id, kind, state, detail, created, due, email, expires)
	SELECT (SELECT COALESCE(MAX(id), 0) + 1000 FROM mail), id, 'code', 'queued', 'K7-PQRS to confirm the address',
	$(date +%s)000000, $(date +%s)000000, NULLIF('$2', ''), $(($(date +%s) + $3))000000
	FROM account WHERE login = '$1'" >/dev/null
}

@test "a code goes out before all that waits, alone, to the address it is for, and not after its time" {
	relay_up
	mail_make mail.connections=1
	provider 123456789
	many 400
	account mary --master-of 123456789
	relay_does 'TEXT - 0 slow 0.01'
	maild
	wait_for 20 got_least 5
	code c1 '' 60
	code mary new@example.org 60
	edelivery account disable mary
	until_mails 1 sent mary
	[ "$(got_count)" -lt 390 ]
	grep -qx '  K7-PQRS.\?' "$(got new)"
	grep -q '^This is the code to confirm the address:' "$(got new)"
	run ! grep -qi 'new letter' "$(got new)"
	maild_stop
	run ! grep -q K7-PQRS "$T/up.log"
	[ "$(sql "SELECT COUNT(*) FROM mail WHERE detail <> ''")" = 0 ]
	run edelivery mail list --json --limit 1000
	[[ $output != *K7* ]]
	before=$(got_count)
	relay_does ''
	code mary new@example.org 1
	sleep 2
	maild
	until_mails 1 failed mary
	edelivery mail list --json mary | grep -q '"answer":"dropped: its time was over"'
	[ "$(grep -l K7-PQRS "$T"/relay/got/* | wc -l)" = 2 ]
	[ "$before" -lt 402 ]
}

@test "a code that the relay does not take in time is given up, and its address is not the account's" {
	relay_up
	mail_make mail.retry=1s
	master 123456789 mary
	relay_does 'RCPT later@ 0 450 4.2.0 busy' 'RCPT never@ 0 550 5.1.1 no such user here'
	code mary later@example.org 5
	code mary never@example.org 60
	maild
	until_mails 2 failed mary
	grep -q 'refused account=mary kind=code .*550 5.1.1' "$T/up.log"
	grep -q 'deferred account=mary kind=code .*450 4.2.0' "$T/up.log"
	# Before its time, or found to be over it.
	grep -qE '(given-up account=mary kind=code .*450 4.2.0|dropped account=mary kind=code)' "$T/up.log"
	status_is email_bad 0
	got_are 0
	run edelivery mail retry "$(edelivery mail list --json mary | sed -n '1s/.*"id":\([0-9]*\).*/\1/p')"
	[ "$status" = 1 ]
	[[ $output == *"have another one asked for"* ]]
}

has_looked() {
	[ -n "$(sql "SELECT next FROM sequence WHERE name = 'unfetched.posted'")" ]
}

@test "a letter that nobody came for is printed as well, once, and stays where it is served" {
	BIN=$FAULT_PROGRAMS
	spool_make paper.after=10
	master 123456789 mary
	export EDELIVERY_CLOCK=2026-05-01T12:00:00Z
	spool_up
	drop 123456789 EFT_1.pdf EFT_2.pdf
	until_posted 2
	expect_same mary /123456789/edelivery/EFT_2.pdf "$T/made/123456789/EFT_2.pdf"
	# Letters that become old from its first look on are judged.
	wait_for 10 has_looked
	spool_stop
	[ -z "$(find "$ROOT/paper" -type f -name '*EFT*')" ]
	export EDELIVERY_CLOCK=2026-05-12T12:00:00Z
	spool_up
	wait_for 20 test -f "$ROOT/paper/2026-05-12/manifest.csv"
	cmp "$ROOT"/paper/2026-05-12/*_EFT_1.pdf "$T/made/123456789/EFT_1.pdf"
	[ "$(find "$ROOT/paper" -type f -name '*EFT*' | wc -l)" = 1 ]
	wait_for 10 grep -q 'EFT_1.pdf.*nobody has got it in 10 days' "$ROOT/paper/2026-05-12/manifest.csv"
	expect_listing mary /123456789/edelivery 'EFT_1.pdf EFT_2.pdf'
	expect_same mary /123456789/edelivery/EFT_1.pdf "$T/made/123456789/EFT_1.pdf"
	id=$(edelivery letter list --json | grep EFT_1 | sed 's/.*"id":\([0-9]*\).*/\1/')
	edelivery letter show "$id" | grep -q letter.unfetched
	spool_stop
	export EDELIVERY_CLOCK=2026-06-12T12:00:00Z
	spool_up
	sleep 2
	[ "$(find "$ROOT/paper" -type f -name '*EFT*' | wc -l)" = 1 ]
	unset EDELIVERY_CLOCK
}
