#!/usr/bin/env bats
# What clients ask for beyond the protocol: space, names of owners, hashes.
bats_require_minimum_version 1.5.0
load ../lib/spool

serve_letter() {
	spool_start
	master 123456789 mary
	drop 123456789 EFT_1.pdf
	until_posted 1
}

@test "df tells an administrator of the disk, and others nothing" {
	serve_letter
	account head --admin
	run sftp_as mary <<<'df /123456789/edelivery'
	[ "$status" = 0 ]
	[[ "$output" =~ 4\ +4\ +0\ +0\ +100% ]] || { echo "$output"; false; }
	run sftp_as head <<<'df -h /'
	[ "$status" = 0 ]
	size=$(df -k --output=size "$ROOT" | tail -n 1)
	run sftp_as head <<<'df /'
	[[ "$output" == *"$((size))"* ]] || { echo "$output, $size"; false; }
	run ! sftp_as mary <<<'df /987654321'
}

@test "ls -l shows whose everything is, by the names that the server tells" {
	serve_letter
	run sftp_as mary <<<'ls -l /123456789/edelivery'
	[[ "$output" =~ -rw-r--r--.*\ edelivery\ +edelivery\ .*EFT_1.pdf ]] || { echo "$output"; false; }
	sftp_as mary -vv <<<'ls -l /new' 2>&1 | grep -q 'users-groups-by-id@openssh.com.* revision 1'
	lftp_as mary 'ls -l /new' | grep -q 'edelivery *edelivery.*EFT_1.pdf'
}

@test "a client compares its copy with the letter by its hash, and reads nothing for that" {
	serve_letter
	drop_big 123456789 RA_big.bin 3000000
	until_posted 2
	sha=$(sha256sum <"$T/made/123456789/EFT_1.pdf")
	big=$(sha256sum <"$T/made/123456789/RA_big.bin")
	part=$(tail -c +1001 "$T/made/123456789/RA_big.bin" | head -c 2000000 | sha256sum)
	paramiko_as mary <<-EOT
		from paramiko.py3compat import long as int64; from paramiko.sftp import CMD_EXTENDED
		def by_name(path):
		    kind, answer = sftp._request(CMD_EXTENDED, "check-file-name", path, "sha256", int64(0), int64(0), 0)
		    assert (answer.get_text(), answer.get_text()) == ("check-file", "sha256")
		    return answer.get_remainder().hex()
		assert by_name("/123456789/edelivery/EFT_1.pdf") == "${sha%% *}"
		assert by_name("/123456789/trade-files/RA_big.bin") == "${big%% *}"
		with sftp.open("/123456789/edelivery/EFT_1.pdf") as f:
		    assert f.check("sha256").hex() == "${sha%% *}"
		with sftp.open("/123456789/trade-files/RA_big.bin") as f:
		    assert f.check("sha256").hex() == "${big%% *}"
		    assert f.check("sha256", 1000, 2000000).hex() == "${part%% *}"
		    assert len(f.check("sha256", 0, 0, 4096)) == 32 * 733
		with sftp.open("/STATUS.txt") as f:
		    assert len(f.check("sha256")) == 32
		for wrong in "/123456789/edelivery/EFT_2.pdf", "/STATUS.txt", "/987654321/edelivery/EFT_1.pdf":
		    try:
		        by_name(wrong)
		        assert False, wrong
		    except IOError:
		        pass
	EOT
	# A hash is not a letter that somebody got: no receipt, and it stays new.
	expect_listing mary /new '123456789_EFT_1.pdf 123456789_RA_big.bin'
}
