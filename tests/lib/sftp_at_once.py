"""Ask for all of a file at once, say that nothing more comes, and write what is answered to stdout.

usage: sftp_at_once.py PORT KEY LOGIN PATH SIZE
"""
import struct
import subprocess
import sys

PIECE = 32768
port, key, login, path, size = sys.argv[1:]
client = subprocess.Popen(
    ["ssh", "-q", "-p", port, "-i", key, "-o", "StrictHostKeyChecking=no",
     "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes",
     "-s", f"{login}@127.0.0.1", "sftp"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def packet(body):
    return struct.pack(">I", len(body)) + body


def receive():
    length, = struct.unpack(">I", client.stdout.read(4))
    return client.stdout.read(length)


def string(bytes_):
    return struct.pack(">I", len(bytes_)) + bytes_


client.stdin.write(packet(struct.pack(">BI", 1, 3)))
client.stdin.write(packet(struct.pack(">BI", 3, 7) + string(path.encode()) + struct.pack(">II", 1, 0)))
client.stdin.flush()
receive()
answer = receive()
if answer[0] != 102:
    raise SystemExit(f"not opened: {answer!r}")
handle = answer[9:]
offsets = range(0, int(size), PIECE)
client.stdin.write(b"".join(
    packet(struct.pack(">BI", 5, offset) + string(handle) + struct.pack(">QI", offset, PIECE))
    for offset in offsets))
client.stdin.close()
for offset in offsets:
    answer = receive()
    if answer[0] != 103 or struct.unpack(">I", answer[1:5])[0] != offset:
        raise SystemExit(f"not the bytes at {offset}: {answer[:40]!r}")
    sys.stdout.buffer.write(answer[9:])
sys.stdout.flush()
client.kill()
client.wait()
