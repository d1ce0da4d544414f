# SPDX-License-Identifier: Apache-2.0
"""A service manager's end of sd_notify(3): notify_socket.py PATH

Prints each notice as one line, its own lines parted by blanks, until it is ended.
"""
import socket
import sys

manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
while True:
    print(manager.recv(4096).decode().replace("\n", " "), flush=True)
