"""Log in with a security key that is made of software, as a FIDO token signs for OpenSSH.

usage: security_key.py make TYPE FILE        TYPE: ed25519 or ecdsa; writes FILE and FILE.pub
       security_key.py use FILE PORT LOGIN [untouched | counter | application]
                                             log in, and list new/; or sign wrongly, in that way

See OpenSSH's PROTOCOL.u2f.
"""
import base64
import hashlib
import struct
import sys

import paramiko
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ED25519 = "sk-ssh-ed25519@openssh.com"
ECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"
APPLICATION = b"ssh:"
TOUCHED = 1


class SecurityKey(paramiko.PKey):
    def __init__(self, private, way=""):
        self.private = private
        self.way = way
        self.public_blob = None
        self.is_ed25519 = isinstance(private, ed25519.Ed25519PrivateKey)

    def get_name(self):
        return ED25519 if self.is_ed25519 else ECDSA

    def can_sign(self):
        return True

    def asbytes(self):
        message = paramiko.Message()
        message.add_string(self.get_name())
        if self.is_ed25519:
            message.add_string(self.private.public_key().public_bytes(
                serialization.Encoding.Raw, serialization.PublicFormat.Raw))
        else:
            message.add_string("nistp256")
            message.add_string(self.private.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint))
        message.add_string(APPLICATION)
        return message.asbytes()

    def sign(self, data):
        if self.is_ed25519:
            return self.private.sign(data)
        parts = paramiko.Message()
        for part in decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256()))):
            parts.add_mpint(part)
        return parts.asbytes()

    def sign_ssh_data(self, data, algorithm=None):
        application = b"web:" if self.way == "application" else APPLICATION
        flags = 0 if self.way == "untouched" else TOUCHED
        counter = 7
        signature = self.sign(hashlib.sha256(application).digest() + struct.pack(">BI", flags, counter)
                              + hashlib.sha256(data).digest())
        message = paramiko.Message()
        message.add_string(self.get_name())
        message.add_string(signature)
        message.add_byte(bytes([flags]))
        message.add_int(counter + (self.way == "counter"))
        return message


def make(kind, path):
    private = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())
    key = SecurityKey(private)
    with open(path, "wb") as file:
        file.write(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption()))
    with open(path + ".pub", "w") as file:
        file.write(f"{key.get_name()} {base64.b64encode(key.asbytes()).decode()} token\n")


def use(path, port, login, way=""):
    with open(path, "rb") as file:
        private = serialization.load_pem_private_key(file.read(), None)
    with paramiko.Transport(("127.0.0.1", int(port))) as transport:
        # A signature that is wrong gets no answer.
        transport.auth_timeout = 3 if way else 20
        transport.connect()
        transport.auth_publickey(login, SecurityKey(private, way))
        print(" ".join(sorted(paramiko.SFTPClient.from_transport(transport).listdir("/new"))))


{"make": make, "use": use}[sys.argv[1]](*sys.argv[2:])
