"""Open a file by SFTP and print the status that comes back: code and text, which sftp(1) hides.

usage: sftp_status.py PORT KEY LOGIN PATH
"""
import struct
import subprocess
import sys

port, key, login, path = sys.argv[1:]
client = subprocess.Popen(
    ["ssh", "-q", "-p", port, "-i", key, "-o", "StrictHostKeyChecking=no",
     "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes",
     "-s", f"{login}@127.0.0.1", "sftp"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def send(body):
    client.stdin.write(struct.pack(">I", len(body)) + body)
    client.stdin.flush()


def receive():
    length, = struct.unpack(">I", client.stdout.read(4))
    return client.stdout.read(length)


def string(text):
    return struct.pack(">I", len(text.encode())) + text.encode()


send(struct.pack(">BI", 1, 3))
receive()
send(struct.pack(">BI", 3, 7) + string(path) + struct.pack(">II", 1, 0))
answer = receive()
if answer[0] == 101:
    code, length = struct.unpack(">II", answer[5:13])
    print(code, answer[13:13 + length].decode())
else:
    print("opened")
client.stdin.close()
client.wait()
