"""Ask for all of a file at once, say that nothing more comes, and write what is answered to stdout.

usage: sftp_at_once.py PORT KEY LOGIN PATH SIZE
"""
import struct
import sys

import raw_sftp

PIECE = 32768
port, key, login, path, size = sys.argv[1:]
client = raw_sftp.Client(port, key, login)
answer = client.open(path)
if answer[0] != raw_sftp.HANDLE:
    raise SystemExit(f"not opened: {answer!r}")
handle = answer[9:]
offsets = range(0, int(size), PIECE)
for offset in offsets:
    client.send(struct.pack(">BI", raw_sftp.READ, offset) + raw_sftp.string(handle)
                + struct.pack(">QI", offset, PIECE), flush=False)
client.ssh.stdin.close()
for offset in offsets:
    answer = client.receive()
    if answer[0] != raw_sftp.DATA or struct.unpack(">I", answer[1:5])[0] != offset:
        raise SystemExit(f"not the bytes at {offset}: {answer[:40]!r}")
    sys.stdout.buffer.write(answer[9:])
sys.stdout.flush()
client.ssh.kill()
client.ssh.wait()
