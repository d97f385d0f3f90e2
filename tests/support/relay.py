#!/usr/bin/python3
"""A mail relay for tests: real SMTP on a loopback port, as hostile as it is told to be.

  relay.py --folder F [--port N] [--tls off|starttls|implicit --certificate C --key K]
           [--user U --password P] [--no-sync]
  relay.py --make-certificates F

Prints "port N" once it listens. Commands come as JSON lines on standard input and are answered by one JSON
line each; the relay ends when its input ends, so it never outlives a test:

  {"plan": ["rcpt 550 5.1.1 no such user", "ok", "final cut"]}   one fault for each attempt to come
  {"seed": 7, "percent": {"rcpt 450 4.2.0 later": 10}}           faults by chance once the plan is used up
  {"stats": true}                                                what it counted

An attempt is one message on a connection; a connection's first attempt begins when it is made. A fault is a
stage and what happens there. Stages: banner ehlo starttls handshake auth mail rcpt data body final quit. What happens:
a reply in place of the usual one ("450 4.2.2 full"; a | parts its lines), cut (closed), reset (RST), slow
(the usual reply, a byte a second), late (the usual reply, after a second), never (no reply at all), and at final record-cut and record-never:
the message is kept, yet the sender is not told.

What is accepted lies in F: messages/N.eml, and a line in accepted.jsonl, both synced before the 250 is sent
(--no-sync: written only, which is enough where the relay's machine does not fail, and far faster).
Faults that came to pass are lines in faults.jsonl, with the recipient where one was named by then.
"""

import argparse
import base64
import hashlib
import json
import os
import random
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time


class Ended(Exception):
    """The connection is over."""


class Faults:
    """Deals one fault to each attempt."""

    def __init__(self):
        self.lock = threading.Lock()
        self.plan = []
        self.percent = {}
        self.random = random.Random(0)

    def command(self, given):
        with self.lock:
            if "plan" in given:
                self.plan = list(given["plan"])
            if "percent" in given:
                self.percent = dict(given["percent"])
                self.random = random.Random(given.get("seed", 0))

    def is_next(self, stage):
        with self.lock:
            return bool(self.plan) and self.plan[0].startswith(stage + " ")

    def next(self):
        with self.lock:
            if self.plan:
                text = self.plan.pop(0)
            else:
                text, draw = "ok", self.random.uniform(0, 100)
                for fault, percent in self.percent.items():
                    draw -= percent
                    if draw < 0:
                        text = fault
                        break
        stage, _, what = text.partition(" ")
        return stage, what


class Records:
    """What was accepted, durably, and what was counted."""

    def __init__(self, folder, sync):
        self.sync = sync
        self.lock = threading.Lock()
        self.messages = os.path.join(folder, "messages")
        os.makedirs(self.messages, exist_ok=True)
        self.file = open(os.path.join(folder, "accepted.jsonl"), "ab")
        self.faults = open(os.path.join(folder, "faults.jsonl"), "ab")
        self.count = len(os.listdir(self.messages))
        self.stats = {"connections": 0, "attempts": 0, "quits": 0, "auths": 0}

    def add(self, what):
        with self.lock:
            self.stats[what] += 1
            return self.stats[what]

    def note(self, fault, recipient):
        with self.lock:
            self.faults.write(json.dumps({"fault": fault, "rcpt": recipient}).encode() + b"\n")
            self.faults.flush()

    def keep(self, body, row):
        head = body.split(b"\r\n\r\n", 1)[0].decode("latin-1")
        head = head.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n")
        ids = [line.split(":", 1)[1].strip() for line in head if line.lower().startswith("message-id:")]
        with self.lock:
            self.count += 1
            name = f"{self.count}.eml"
            with open(os.path.join(self.messages, name), "wb") as file:
                file.write(body)
                self.make_durable(file)
            row = {"message_id": ids[0] if ids else "", "sha256": hashlib.sha256(body).hexdigest(),
                   "file": name, **row}
            self.file.write(json.dumps(row).encode() + b"\n")
            self.make_durable(self.file)

    def make_durable(self, file):
        file.flush()
        if self.sync:
            os.fsync(file.fileno())


class Session:
    """One connection."""

    def __init__(self, relay, sock):
        self.relay = relay
        self.sock = sock
        self.buffer = b""
        self.number = relay.records.add("connections")
        self.fault = None
        self.recipient = ""  # of the message under way
        self.tls = False
        self.user = ""

    # --- faults

    def begin_attempt(self):
        if self.fault is None:
            self.relay.records.add("attempts")
            self.fault = self.relay.faults.next()
            self.recipient = ""

    def answer(self, stage, usual):
        """Sends the usual reply of a stage, or what the fault makes of it. True when it was the usual one."""
        at, what = self.fault or ("ok", "")
        if at != stage:
            self.send(usual)
            return True
        self.note()
        if what in ("cut", "record-cut"):
            raise Ended
        if what == "reset":
            self.reset()
        if what in ("never", "record-never"):
            self.wait_for_end()
        if what == "slow":
            for byte in (usual + "\r\n").encode():
                self.sock.sendall(bytes([byte]))
                time.sleep(1)
            return True
        if what == "late":
            time.sleep(1)
            self.send(usual)
            return True
        self.send(what)
        return what[:1] == usual[:1]

    def note(self):
        self.relay.records.note(" ".join(self.fault), self.recipient)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Ended

    def wait_for_end(self):
        while self.sock.recv(4096):
            pass
        raise Ended

    # --- the wire

    def send(self, text):
        lines = text.split("|")
        lines[:-1] = [line[:3] + "-" + line[4:] for line in lines[:-1]]
        self.sock.sendall("".join(line + "\r\n" for line in lines).encode())

    def line(self):
        while b"\n" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                raise Ended
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def body(self):
        at, what = self.fault
        lines = []
        while True:
            line = self.line()
            if line == b".":
                return b"".join(one + b"\r\n" for one in lines)
            lines.append(line[1:] if line.startswith(b".") else line)
            if at == "body" and len(lines) == 3:
                self.note()
                self.reset() if what == "reset" else self.stop_reading(what)

    def stop_reading(self, what):
        if what == "never":
            # Reads no more: a large body fills the sockets' buffers and then stands still.
            self.relay.stopping.wait()
        raise Ended

    # --- the conversation

    def run(self):
        self.begin_attempt()
        if self.relay.options.tls == "implicit":
            self.start_tls()
        if not self.answer("banner", "220 relay.test ESMTP"):
            raise Ended
        self.talk()

    def talk(self):
        recipients, sender = [], None
        while True:
            line = self.line()
            word = line.split(b" ", 1)[0].upper()
            text = line.decode("latin-1")
            if word in (b"EHLO", b"HELO"):
                self.answer("ehlo", self.greeting() if word == b"EHLO" else "250 relay.test")
            elif word == b"STARTTLS":
                if self.answer("starttls", "220 2.0.0 go on"):
                    self.start_tls()
            elif word == b"AUTH":
                self.auth(text)
            elif word == b"MAIL":
                self.begin_attempt()
                if self.relay.options.user and not self.user:
                    self.send("530 5.7.0 authentication required")
                elif self.answer("mail", "250 2.1.0 ok"):
                    sender, recipients = between(text), []
            elif word == b"RCPT":
                self.recipient = between(text)
                if self.answer("rcpt", "250 2.1.5 ok"):
                    recipients.append(self.recipient)
            elif word == b"DATA":
                if self.answer("data", "354 go on"):
                    self.message(sender, recipients)
            elif word == b"QUIT":
                self.relay.records.add("quits")
                if self.relay.faults.is_next("quit"):
                    self.fault = self.relay.faults.next()
                self.answer("quit", "221 2.0.0 bye")
                raise Ended
            else:
                self.send("500 5.5.2 what?")

    def message(self, sender, recipients):
        body = self.body()
        at, what = self.fault
        if at != "final" or what.startswith("2") or what in ("slow", "late", "record-cut", "record-never"):
            self.relay.records.keep(body, {"from": sender, "rcpt": ",".join(recipients), "user": self.user,
                                           "tls": self.tls, "connection": self.number})
        self.answer("final", "250 2.0.0 queued as " + str(self.number))
        self.fault = None

    def greeting(self):
        words = ["relay.test", "SIZE 10485760", "8BITMIME"]
        options = self.relay.options
        if options.tls == "starttls" and not self.tls:
            words.append("STARTTLS")
        elif options.user:
            words.append("AUTH " + options.mechanisms)
        return "|".join("250 " + word for word in words)

    def start_tls(self):
        at, what = self.fault
        if at == "handshake":
            self.note()
            if what == "never":
                self.wait_for_end()
            raise Ended
        self.sock = self.relay.context.wrap_socket(self.sock, server_side=True)
        self.buffer, self.tls = b"", True

    def auth(self, text):
        words = text.split(" ")
        mechanism = words[1].upper()
        if mechanism == "PLAIN":
            if len(words) < 3:
                self.send("334 ")
                words.append(self.line().decode())
            _, user, password = base64.b64decode(words[2]).split(b"\0")
        else:
            if len(words) < 3:
                self.send("334 VXNlcm5hbWU6")
                words.append(self.line().decode())
            user = base64.b64decode(words[2])
            self.send("334 UGFzc3dvcmQ6")
            password = base64.b64decode(self.line())
        options = self.relay.options
        if (user.decode(), password.decode()) != (options.user, options.password):
            self.send("535 5.7.8 wrong user or password")
        elif self.answer("auth", "235 2.7.0 signed in"):
            self.user = user.decode()
            self.relay.records.add("auths")


class Relay:
    def __init__(self, options):
        self.options = options
        self.faults = Faults()
        self.records = Records(options.folder, not options.no_sync)
        self.stopping = threading.Event()
        self.context = None
        if options.tls != "off":
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(options.certificate, options.key)
        self.server = socket.create_server(("127.0.0.1", options.port), backlog=64)

    def accept(self):
        while True:
            sock, _ = self.server.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        session = Session(self, sock)
        try:
            session.run()
        except (Ended, OSError):
            pass
        finally:
            try:
                session.sock.close()
            except OSError:
                pass

    def run(self):
        threading.Thread(target=self.accept, daemon=True).start()
        print("port", self.server.getsockname()[1], flush=True)
        for line in sys.stdin:
            self.faults.command(json.loads(line))
            print(json.dumps(self.records.stats), flush=True)


def between(text):
    return text[text.index("<") + 1:text.index(">")]


def make_certificates(folder):
    """An authority, and certificates for 127.0.0.1 by it: good, expired, and one for another name."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority",
            "-addext", "keyUsage=critical,keyCertSign")
    for name, host, days in (("good", "IP:127.0.0.1", "2"), ("expired", "IP:127.0.0.1", "-1"),
                             ("other", "DNS:other.example", "2")):
        with open(os.path.join(folder, name + ".ext"), "w") as file:
            file.write("subjectAltName=" + host + "\n")
        openssl("req", "-new", *key, "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=relay.test")
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", days, "-extfile", name + ".ext", "-out", name + ".pem")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--make-certificates")
    parser.add_argument("--folder")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", choices=["off", "starttls", "implicit"], default="off")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--mechanisms", default="PLAIN LOGIN")
    parser.add_argument("--no-sync", action="store_true")
    options = parser.parse_args()
    if options.make_certificates:
        make_certificates(options.make_certificates)
    else:
        Relay(options).run()


main()
