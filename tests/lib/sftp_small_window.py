"""Ask for a file by a channel whose window is full before the first answer is, and open it meanwhile.

usage: sftp_small_window.py PORT KEY LOGIN PATH; writes two answers' bytes to stdout

The second request comes with what opens the window, while the server is about to send the rest of
its first answer: it finds both where it looks for the one.
"""
import socket
import struct
import sys

import paramiko
from paramiko.common import cMSG_CHANNEL_WINDOW_ADJUST

import raw_sftp

WINDOW = 32768  # the least that paramiko takes
PIECE = 2 * WINDOW
port, key, login, path = sys.argv[1:]


def read(handle, number, offset):
    return raw_sftp.string(struct.pack(">BI", raw_sftp.READ, number) + raw_sftp.string(handle)
                           + struct.pack(">QI", offset, PIECE))


def take(count):
    taken = b""
    while len(taken) < count:
        more = channel.recv(count - len(taken))
        if not more:
            raise SystemExit(f"ended after {len(taken)} of {count} bytes")
        taken += more
    return taken


def answer():
    return take(struct.unpack(">I", take(4))[0])


transport = paramiko.Transport(("127.0.0.1", int(port)))
transport.start_client(timeout=10)
transport.auth_publickey(login, paramiko.Ed25519Key.from_private_key_file(key))
channel = transport.open_session(window_size=WINDOW, max_packet_size=WINDOW)
channel.settimeout(10)
channel.in_window_threshold = 1 << 30  # of its own it opens the window never
channel.invoke_subsystem("sftp")
channel.sendall(raw_sftp.string(struct.pack(">BI", raw_sftp.INIT, 3)))
answer()
channel.sendall(raw_sftp.string(struct.pack(">BI", raw_sftp.OPEN, 7) + raw_sftp.string(path.encode())
                                + struct.pack(">II", 1, 0)))
handle = answer()[9:]

# As one piece on the wire; what is ignored keeps the server from reading all of it with the first.
transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
channel.sendall(read(handle, 1, 0))
transport.send_ignore(5000)
opening = paramiko.Message()
opening.add_byte(cMSG_CHANNEL_WINDOW_ADJUST)
opening.add_int(channel.remote_chanid)
opening.add_int(1 << 20)
transport._send_message(opening)
channel.sendall(read(handle, 2, PIECE))
transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

for number in (1, 2):
    data = answer()
    if data[0] != raw_sftp.DATA or struct.unpack(">I", data[1:5])[0] != number:
        raise SystemExit(f"not the answer to {number}: {data[:40]!r}")
    sys.stdout.buffer.write(data[9:])
sys.stdout.flush()
transport.close()
