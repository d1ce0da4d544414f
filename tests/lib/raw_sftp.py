"""SFTP as it is on the wire, through ssh(1): for what no client lets one do or see."""
import struct
import subprocess

INIT, OPEN, READ = 1, 3, 5
STATUS, HANDLE, DATA = 101, 102, 103


def string(text):
    return struct.pack(">I", len(text)) + text


class Client:
    """Greeted; what it is sent is sent at once, or with flush=False later."""

    def __init__(self, port, key, login):
        self.ssh = subprocess.Popen(
            ["ssh", "-q", "-p", port, "-i", key, "-o", "StrictHostKeyChecking=no",
             "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes",
             "-s", f"{login}@127.0.0.1", "sftp"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.send(struct.pack(">BI", INIT, 3))
        self.receive()

    def send(self, body, flush=True):
        self.ssh.stdin.write(string(body))
        if flush:
            self.ssh.stdin.flush()

    def receive(self):
        length, = struct.unpack(">I", self.ssh.stdout.read(4))
        return self.ssh.stdout.read(length)

    def open(self, path):
        """Ask for path, to be read; the answer."""
        self.send(struct.pack(">BI", OPEN, 7) + string(path.encode()) + struct.pack(">II", 1, 0))
        return self.receive()
