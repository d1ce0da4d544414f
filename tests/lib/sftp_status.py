"""Open a file by SFTP and print the status that comes back: code and text, which sftp(1) hides.

usage: sftp_status.py PORT KEY LOGIN PATH
"""
import struct
import sys

import raw_sftp

port, key, login, path = sys.argv[1:]
client = raw_sftp.Client(port, key, login)
answer = client.open(path)
if answer[0] == raw_sftp.STATUS:
    code, length = struct.unpack(">II", answer[5:13])
    print(code, answer[13:13 + length].decode())
else:
    print("opened")
client.ssh.stdin.close()
client.ssh.wait()
