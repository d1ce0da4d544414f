#!/usr/bin/env bats
# What each server.policy offers: ssh-audit's view of it, and whom it lets in and whom not.
# Covers: server/host_key.c server/login.c
bats_require_minimum_version 1.5.0
load ../lib/spool

# Primes take their time: one set of keys for the whole file.
setup_file() {
	local bits
	mkdir "$BATS_FILE_TMPDIR/keys"
	for bits in 1024 2048 3072; do
		ssh-keygen -q -t rsa -b $bits -N '' -f "$BATS_FILE_TMPDIR/keys/rsa$bits"
	done
	for bits in 256 384 521; do
		ssh-keygen -q -t ecdsa -b $bits -N '' -f "$BATS_FILE_TMPDIR/keys/ecdsa$bits"
	done
}

# serve_policy POLICY: mary has all the keys, from when the policy was another one.
serve_policy() {
	local key
	spool_make
	master 123456789 mary
	for key in "$BATS_FILE_TMPDIR"/keys/*.pub; do
		[ "${key##*/}" = rsa1024.pub ] || edelivery key add mary "$key" >/dev/null
	done
	cp "$BATS_FILE_TMPDIR"/keys/* "$T/keys/"
	edelivery config set server.policy "$1" >/dev/null
	spool_up
	drop 123456789 EFT_1.pdf
	until_posted 1
}

# log_in KEY [OPTIONS...]: list a folder with that key alone, and these algorithms.
log_in() {
	local key=$1
	shift
	timeout 20 sftp -b - -P "$PORT" "$@" -i "$T/keys/$key" "${SSH_OPTIONS[@]}" mary@127.0.0.1 <<<'ls -1 /new'
}

lets_in() { # KEY [OPTIONS...]
	run log_in "$@"
	[[ $status = 0 && $output == */new/123456789_EFT_1.pdf* ]] || {
		echo "not let in: $*: $output"
		return 1
	}
}

# no_match METHOD KEY [OPTIONS...]: not let in, and the log says that this did not match. (So does
# sftp, unless its list comes so late that libssh has closed before it has sent its own.) A client
# that finds it out first, and is gone in the same moment, leaves libssh with an error of the socket,
# which is the last one: it is asked to come again.
no_match() {
	local method=$1 before try
	shift
	for try in 1 2 3; do
		before=$(wc -l <"$T/up.log")
		run log_in "$@"
		# 141: sftp wrote to its ssh, which was gone by then.
		[ "$status" = 255 ] || [ "$status" = 141 ] || {
			echo "status $status: $*: $output"
			return 1
		}
		wait_for 10 logged_since "$before" 'login=- reason='
		! logged_since "$before" "login=- reason=\"kex error : no match for method $method" || return 0
		logged_since "$before" 'login=- reason="Socket error' || break
	done
	echo "the log does not say that no $method matched, try $try: $*"
	return 1
}

logged_since() { # LINES TEXT
	tail -n "+$(($1 + 1))" "$T/up.log" | grep -qF -e "$2"
}

denies() { # KEY [OPTIONS...]
	run log_in "$@"
	[[ $status = 255 && $output == *'Permission denied (publickey'* ]] || {
		echo "status $status and not denied: $*: $output"
		return 1
	}
}

# audit: ssh-audit's report, and that it saw what is offered.
audit() {
	timeout 20 ssh-audit -n -p "$PORT" 127.0.0.1 >"$T/audit" || [ $? -le 3 ]
	grep -q '^(gen) banner: SSH-2.0-edelivery$' "$T/audit"
	grep -q '^(gen) compression: disabled$' "$T/audit"
	grep -q '^(kex) ' "$T/audit"
	grep -q '^(key) ' "$T/audit"
	grep -q '^(enc) aes256-gcm@openssh.com' "$T/audit"
	grep -q '^(mac) hmac-sha2-256-etm@openssh.com' "$T/audit"
}

# Lines that name what failed, or go on with it.
failures() {
	awk '/^\(/ { what = $0 } /\[fail\]/ { print what " " $0 }' "$T/audit"
}

# expect_no_failures [PATTERN]: but for algorithms that match it.
expect_no_failures() {
	local left
	left=$(failures | grep -v -E "${1:-^never$}" || true)
	[ -z "$left" ] || {
		echo "$left"
		return 1
	}
}

@test "standard: no failure in ssh-audit; clients with CTR come in, older algorithms do not" {
	serve_policy standard
	audit
	expect_no_failures
	for cipher in aes256-gcm@openssh.com aes128-gcm@openssh.com aes256-ctr aes128-ctr; do
		lets_in flow -c $cipher
	done
	for mac in hmac-sha2-256-etm@openssh.com hmac-sha2-512-etm@openssh.com hmac-sha2-256 hmac-sha2-512; do
		lets_in flow -c aes128-ctr -o MACs=$mac
	done
	lets_in flow -o HostKeyAlgorithms=rsa-sha2-256
	lets_in ecdsa256
	lets_in rsa2048
	lets_in rsa3072 -o PubkeyAcceptedAlgorithms=rsa-sha2-256
	paramiko_as mary <<<'assert sftp.listdir("/new") == ["123456789_EFT_1.pdf"]'
	[ "$(curl_as mary /new/ -l)" = 123456789_EFT_1.pdf ]

	no_match 'kex algos' flow -o KexAlgorithms=ecdh-sha2-nistp256,diffie-hellman-group14-sha256
	no_match 'server host key algo' flow -o HostKeyAlgorithms=ecdsa-sha2-nistp256,ssh-rsa
	no_match 'encryption client->server' flow -c chacha20-poly1305@openssh.com,aes128-cbc,3des-cbc,aes192-ctr
	no_match 'mac algo client->server' flow -c aes128-ctr -o MACs=hmac-sha1,hmac-md5,umac-64@openssh.com
	denies rsa1024
	denies rsa3072 -o PubkeyAcceptedAlgorithms=ssh-rsa
	lets_in flow
}

@test "hardened: no failure in ssh-audit; GCM alone, so paramiko 2.12 and curl stay outside" {
	serve_policy hardened
	audit
	expect_no_failures
	lets_in flow
	lets_in flow -c aes128-gcm@openssh.com
	lets_in ecdsa521
	lets_in rsa3072
	[ "$(rclone_as mary lsf :sftp:/new)" = 123456789_EFT_1.pdf ]
	psftp_as mary <<<'ls /new' | grep -q 123456789_EFT_1.pdf

	no_match 'encryption client->server' flow -c aes128-ctr
	no_match 'encryption client->server' flow -c aes256-ctr,chacha20-poly1305@openssh.com
	no_match 'kex algos' flow -o KexAlgorithms=ecdh-sha2-nistp384,diffie-hellman-group16-sha512
	no_match 'server host key algo' flow -o HostKeyAlgorithms=ecdsa-sha2-nistp256
	denies rsa2048
	# A client that offers that one first gets to its next key.
	lets_in rsa2048 -i "$T/keys/flow"
	lets_in flow -i "$T/keys/rsa2048"
	denies rsa3072 -o PubkeyAcceptedAlgorithms=ssh-rsa
	run ! paramiko_as mary <<<'sftp.listdir("/new")'
	[[ $output == *'no acceptable ciphers'* ]]
	run -2 curl_as mary /new/ -l
	lets_in flow
}

@test "fips-algorithms: NIST's curves and RSA alone; nobody with 25519 comes in" {
	serve_policy fips-algorithms
	audit
	# What ssh-audit holds against NIST's curves is what this policy is asked for.
	expect_no_failures '^\((kex|key)\) ec(dh|dsa)-sha2-nistp(256|384|521)'
	run ! grep -E '^\((kex|key|enc|mac)\) .*(25519|chacha20|umac|sha1|md5)' "$T/audit"
	for kex in ecdh-sha2-nistp256 ecdh-sha2-nistp384 ecdh-sha2-nistp521 diffie-hellman-group14-sha256; do
		lets_in ecdsa384 -o KexAlgorithms=$kex
	done
	lets_in ecdsa521 -o HostKeyAlgorithms=ecdsa-sha2-nistp256
	lets_in ecdsa256 -o HostKeyAlgorithms=rsa-sha2-512 -c aes128-ctr
	lets_in rsa2048

	no_match 'kex algos' ecdsa256 -o KexAlgorithms=curve25519-sha256,curve25519-sha256@libssh.org
	no_match 'server host key algo' ecdsa256 -o HostKeyAlgorithms=ssh-ed25519
	no_match 'encryption client->server' ecdsa256 -c chacha20-poly1305@openssh.com
	denies flow
	lets_in ecdsa256
}

@test "compat: older clients come in, but not with broken algorithms" {
	serve_policy compat
	audit
	expect_no_failures '^\((kex|key)\) ec(dh|dsa)-sha2-nistp(256|384|521)'
	for kex in curve25519-sha256 ecdh-sha2-nistp521 diffie-hellman-group16-sha512 diffie-hellman-group14-sha256; do
		lets_in flow -o KexAlgorithms=$kex
	done
	for cipher in chacha20-poly1305@openssh.com aes192-ctr aes128-ctr aes256-gcm@openssh.com; do
		lets_in flow -c $cipher
	done
	lets_in rsa2048 -o HostKeyAlgorithms=ecdsa-sha2-nistp256
	paramiko_as mary <<<'assert sftp.listdir("/new") == ["123456789_EFT_1.pdf"]'

	no_match 'kex algos' flow \
		-o KexAlgorithms=diffie-hellman-group14-sha1,diffie-hellman-group1-sha1,diffie-hellman-group-exchange-sha256
	no_match 'server host key algo' flow -o HostKeyAlgorithms=ssh-rsa
	no_match 'encryption client->server' flow -c aes128-cbc,aes256-cbc,3des-cbc
	no_match 'mac algo client->server' flow -c aes128-ctr -o MACs=hmac-sha1,hmac-sha1-etm@openssh.com
	denies rsa1024
	lets_in flow
}

# refuses_key FILE WORDS: key add and account add say why, and add nothing.
refuses_key() {
	local file=$BATS_FILE_TMPDIR/keys/$1.pub
	[ "$1" != flow ] || file=$T/keys/flow.pub
	run edelivery key add mary "$file"
	[ "$status" = 1 ]
	[ "$output" = "edelivery key add: $file: $2" ] || { echo "$output"; return 1; }
	run edelivery account add fred --email fred@example.org --key "$file"
	[ "$status" = 1 ]
	[[ $output == *": $file: $2" ]]
	run ! edelivery account show fred
}

@test "a key that no login would be accepted with is refused when it is added, with the reason" {
	spool_make server.policy=hardened
	provider 123456789
	edelivery account add mary --email mary@example.org --master-of 123456789
	refuses_key rsa2048 'an RSA key of 2048 bits; server.policy = hardened accepts at least 3072 at a login'
	edelivery key add mary "$BATS_FILE_TMPDIR/keys/rsa3072.pub"
	edelivery config set server.policy fips-algorithms
	refuses_key flow 'a key of type ssh-ed25519, which server.policy = fips-algorithms accepts at no login'
	edelivery key add mary "$BATS_FILE_TMPDIR/keys/rsa2048.pub"
	[ "$(edelivery key list mary --json | wc -l)" = 2 ]
}

# token TYPE [WAY]: log in with the security key of that type.
token() {
	/usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/security_key.py" use "$T/keys/$1" "$PORT" mary "${@:2}"
}

@test "security keys of both kinds log in; a signature of theirs for anything else does not" {
	spool_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf
	until_posted 1
	for type in ed25519 ecdsa; do
		/usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/security_key.py" make $type "$T/keys/$type"
		run -1 token $type
		edelivery key add mary "$T/keys/$type.pub"
		[ "$(token $type)" = 123456789_EFT_1.pdf ]
		# Its counter, and what it was made for, are part of what is signed.
		run -1 token $type counter
		run -1 token $type application
		# Nobody looks whether it was touched: edelivery-sftpd(8) says so.
		[ "$(token $type untouched)" = 123456789_EFT_1.pdf ]
	done
	[ "$(edelivery key list --json mary | grep -c '"type":"sk-')" = 2 ]
}
