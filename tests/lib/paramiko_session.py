"""Run a program that finds `sftp`, an SFTP session of paramiko's.

usage: paramiko_session.py PORT KEY LOGIN PROGRAM
"""
import sys

import paramiko

port, key, login, program = sys.argv[1:]
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
client.connect("127.0.0.1", int(port), login, key_filename=key, look_for_keys=False,
               allow_agent=False, timeout=20)
with client, client.open_sftp() as sftp, open(program) as text:
    exec(compile(text.read(), program, "exec"), {"sftp": sftp})
