#!/usr/bin/env bats
# STATUS.txt: what an account finds out about itself without anybody's help.
bats_require_minimum_version 1.5.0
load ../lib/spool

# status_text LOGIN [PATH]: of a new session.
status_text() {
	echo "get ${2:-/STATUS.txt} $T/status" | sftp_as "$1" >/dev/null
	cat "$T/status"
}

@test "it tells roles, what is new, what is being posted (R10), and what ends soon" {
	spool_start
	master 123456789 mary
	provider 200000002
	soon=$(TZ=America/New_York date -d '+5 days' +%F)
	clerk mary 200000002 e-delivery-only --until "$soon"
	drop 123456789 EFT_1.pdf EFT_2.pdf
	until_posted 2
	: >"$ROOT/drop/123456789/EFT_3.pdf"
	until_status held 1
	status_text mary | tee "$T/root"
	grep -qx 'Account mary, e-mail mary@example.org' "$T/root"
	grep -qx '123456789: Master' "$T/root"
	grep -qx '  new in edelivery: 2' "$T/root"
	grep -qx '  1 still being posted, check back in a few hours' "$T/root"
	grep -qx "200000002: Trade Files E-Delivery Only, until $soon" "$T/root"
	grep -qx "  Warning: this role ends with $soon" "$T/root"
	status_text mary /200000002/STATUS.txt | tee "$T/other"
	grep -qx '  new in edelivery: 0' "$T/other"
	grep -qx "  Warning: this role ends with $soon" "$T/other"
	run ! grep -q 123456789 "$T/other"
}

@test "it warns of locked passwords, and no longer when they are unlocked (R12)" {
	spool_start server.password-tries=2
	master 123456789 mary
	echo 'correct horse battery' | edelivery password set mary
	run ! grep -q Warning <<<"$(status_text mary)"
	for _ in 1 2; do
		run ! curl -s --insecure --user 'mary:wrong horse battery' "sftp://127.0.0.1:$PORT/"
	done
	status_text mary | grep -q '^Warning: too many wrong passwords: since 20.*Z logins by password are locked'
	edelivery account unlock mary
	run ! grep -q Warning <<<"$(status_text mary)"
}

@test "it is the same text until its folder is listed again, whatever is posted meanwhile" {
	spool_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf
	until_posted 1
	paramiko_as mary <<-END
		import subprocess, time
		def text():
		    with sftp.open('/STATUS.txt') as file:
		        return file.read()
		first = text()
		time_of_first = sftp.stat('/STATUS.txt').st_mtime
		subprocess.run(['cp', '$T/made/123456789/EFT_1.pdf', '$ROOT/drop/123456789/EFT_2.pdf'], check=True)
		for i in range(200):
		    if 'EFT_2.pdf' in sftp.listdir('/123456789/edelivery'):
		        break
		    time.sleep(0.1)
		assert text() == first, text()
		assert sftp.stat('/STATUS.txt').st_mtime == time_of_first
		sftp.listdir('/')
		assert b'new in edelivery: 2' in text(), text()
		assert sftp.stat('/STATUS.txt').st_mtime >= time_of_first
	END
}
