#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A relay that does as it is told: smtp_server.py FOLDER [--tls CERT KEY] [--smtps] [--auth U:P] [--port N]

FOLDER/port   where it listens on 127.0.0.1, once it does
FOLDER/rules  read at every step; a line is STEP WORD TIMES ACTION...
                STEP    BANNER EHLO STARTTLS AUTH MAIL RCPT DATA TEXT (after the dot)
                WORD    what the line of the client has to contain; "-": anything
                TIMES   how often the rule holds; 0: always
                ACTION  cut | slow SECONDS | garbage | CODE TEXT...
FOLDER/got/*  a mail that was accepted: lines about the envelope, an empty line, the text
"""
import argparse
import base64
import os
import socket
import socketserver
import ssl
import threading
import time


class Cut(Exception):
    pass


class State:
    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.used = {}
        self.count = 0
        self.connections = 0
        self.tls = None
        if options.tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*options.tls)

    def rule(self, step, line):
        """The action for this step, or None."""
        try:
            with open(os.path.join(self.options.folder, "rules"), encoding="utf-8") as file:
                rules = file.read().splitlines()
        except FileNotFoundError:
            return None
        for rule in rules:
            fields = rule.split(maxsplit=3)
            if len(fields) < 4 or fields[0] != step or (fields[1] != "-" and fields[1] not in line):
                continue
            with self.lock:
                self.used[rule] = self.used.get(rule, 0) + 1
                if fields[2] != "0" and self.used[rule] > int(fields[2]):
                    continue
            return fields[3]
        return None

    def keep(self, about, text):
        with self.lock:
            self.count += 1
            number = f"{os.getpid()}-{self.count}"
        path = os.path.join(self.options.folder, "got", str(number))
        with open(path + ".tmp", "wb") as file:
            file.write("".join(f"{key}: {value}\n" for key, value in about.items()).encode())
            file.write(b"\n" + text)
        os.rename(path + ".tmp", path)


class Session(socketserver.BaseRequestHandler):
    def handle(self):
        self.state = self.server.state
        with self.state.lock:
            self.state.connections += 1
            self.number = self.state.connections
        self.user = ""
        self.secure = False
        try:
            if self.state.options.smtps:
                self.start_tls()
            self.reader = self.request.makefile("rb")
            if self.answer("BANNER", "", "220 relay.example ESMTP"):
                self.converse()
        except (Cut, OSError, ValueError):
            pass

    def start_tls(self):
        self.request = self.state.tls.wrap_socket(self.request, server_side=True)
        self.secure = True

    def say(self, text):
        self.request.sendall(text.encode() + b"\r\n")

    def answer(self, step, line, usual):
        """Say what the rules or else the usual says; True: go on."""
        action = self.state.rule(step, line)
        if action and action.startswith("slow "):
            time.sleep(float(action.split()[1]))
            action = None
        if action == "cut":
            raise Cut
        if action == "garbage":
            self.request.sendall(b"\x16\x03\x01\x00\x00hello\r\n" * 3)
            raise Cut
        self.say(action or usual)
        return action is None

    def converse(self):
        sender, to = "", []
        while True:
            line = self.reader.readline().decode("utf-8", "replace").rstrip("\r\n")
            if not line:
                return
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                extensions = ["relay.example", "8BITMIME", "SIZE 100000"]
                if self.state.tls and not self.secure:
                    extensions.append("STARTTLS")
                if self.state.options.auth:
                    extensions.append("AUTH PLAIN LOGIN")
                self.answer("EHLO", line, "\r\n".join(
                    f"250{'-' if i < len(extensions) - 1 else ' '}{e}" for i, e in enumerate(extensions)))
            elif verb == "STARTTLS":
                if self.answer("STARTTLS", line, "220 go on"):
                    self.start_tls()
                    self.reader = self.request.makefile("rb")
            elif verb == "AUTH":
                self.authenticate(line)
            elif verb == "MAIL":
                if self.state.options.auth and not self.user:
                    self.say("530 5.7.0 log in first")
                elif self.answer("MAIL", line, "250 2.1.0 fine"):
                    sender, to = line.split(":", 1)[1].split(" ")[0].strip("<>"), []
            elif verb == "RCPT":
                if self.answer("RCPT", line, "250 2.1.5 fine"):
                    to.append(line.split(":", 1)[1].strip("<>"))
            elif verb == "DATA":
                if self.answer("DATA", line, "354 go on"):
                    self.take_text(sender, to)
            elif verb == "QUIT":
                self.say("221 bye")
                return
            elif verb in ("RSET", "NOOP"):
                self.say("250 fine")
            else:
                self.say("502 5.5.1 not known")

    def authenticate(self, line):
        words = line.split(" ")
        if words[1] != "PLAIN":
            self.say("504 5.5.4 only PLAIN")
            return
        if len(words) < 3:
            self.say("334 ")
            words.append(self.reader.readline().decode().strip())
        _, user, password = base64.b64decode(words[2]).decode().split("\0")
        if f"{user}:{password}" == self.state.options.auth:
            if self.answer("AUTH", user, "235 2.7.0 welcome"):
                self.user = user
        else:
            self.say("535 5.7.8 no")

    def take_text(self, sender, to):
        text = b""
        while True:
            line = self.reader.readline()
            if not line:
                raise Cut
            if line == b".\r\n":
                break
            text += line[1:] if line.startswith(b".") else line
        action = self.state.rule("TEXT", "".join(to))
        if action == "cut":
            raise Cut
        if action == "keep-and-cut":
            action = None
            self.keep(sender, to, text)
            raise Cut
        if action and action.startswith("slow "):
            time.sleep(float(action.split()[1]))
            action = None
        if action:
            self.say(action)
            return
        self.keep(sender, to, text)
        self.say("250 2.0.0 kept")

    def keep(self, sender, to, text):
        self.state.keep({"From": sender, "To": " ".join(to), "Connection": self.number,
                         "TLS": "yes" if self.secure else "no", "User": self.user}, text)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def get_request(self):
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--tls", nargs=2)
    parser.add_argument("--smtps", action="store_true")
    parser.add_argument("--auth")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    os.makedirs(os.path.join(options.folder, "got"), exist_ok=True)
    server = Server(("127.0.0.1", options.port), Session)
    server.state = State(options)
    with open(os.path.join(options.folder, "port.tmp"), "w", encoding="ascii") as file:
        file.write(str(server.server_address[1]))
    os.rename(os.path.join(options.folder, "port.tmp"), os.path.join(options.folder, "port"))
    server.serve_forever()


main()
