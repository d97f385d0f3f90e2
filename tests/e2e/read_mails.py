#!/usr/bin/python3
"""Reads every mail of a folder with Python's own parser and prints one JSON object for each, as a reader that
shares no code with the service sees it:

  read_mails.py FOLDER [SHOW]

text and html are both parts as plain words, one space between; faults are what no mail may have. With SHOW,
the first mail of each subject is put there as .txt and .html, to be looked at.
"""

import calendar
import email
import email.policy
import html.parser
import json
import os
import re
import sys


class Words(html.parser.HTMLParser):
    """What a reader sees of an HTML document."""

    def __init__(self):
        super().__init__()
        self.words, self.hidden, self.faults = [], 0, []

    def handle_starttag(self, tag, attributes):
        if tag in ("head", "style", "script"):
            self.hidden += 1
        if tag in ("img", "link", "script", "iframe", "object", "form", "a"):
            self.faults.append("the HTML has a <%s>" % tag)
        for name, value in attributes:
            if name in ("src", "href", "background") or "url(" in (value or ""):
                self.faults.append("the HTML refers to something: " + name)

    def handle_endtag(self, tag):
        if tag in ("head", "style", "script"):
            self.hidden -= 1

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)


def plain(text):
    return " ".join(text.split())


def faults_of(raw, mail):
    head = raw.split(b"\r\n\r\n", 1)[0]
    if re.search(rb"(?<!\r)\n", raw) or re.search(rb"\r(?!\n)", raw):
        yield "a bare CR or LF"
    for line in head.split(b"\r\n"):
        if not re.match(rb"[!-9;-~]+:|[ \t]", line):
            yield "a line of the head is no header: " + repr(line)
        if len(line) > 998:
            yield "a line of the head is too long"
    for name in ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"):
        if len(mail.get_all(name, [])) != 1:
            yield "not exactly one " + name
    if mail["Auto-Submitted"] != "auto-generated":
        yield "Auto-Submitted is " + str(mail["Auto-Submitted"])
    if mail.get_content_type() != "multipart/alternative" or len(list(mail.iter_parts())) != 2:
        yield "not a text and an HTML part"
    for part in mail.walk():
        if part.defects:
            yield "defects: " + repr(part.defects)


def read(raw):
    mail = email.message_from_bytes(raw, policy=email.policy.SMTP)
    faults = list(faults_of(raw, mail))
    text = mail.get_body(("plain",)).get_content()
    source = mail.get_body(("html",)).get_content()
    words = Words()
    words.feed(source)
    faults += words.faults
    row = {"subject": str(mail["Subject"]), "to": [a.addr_spec for a in mail["To"].addresses],
           "message_id": str(mail["Message-ID"]).strip("<>"), "from": mail["From"].addresses[0].addr_spec,
           "date_ms": int(mail["Date"].datetime.timestamp() * 1000), "head": raw.split(b"\r\n\r\n")[0].decode(),
           "text": plain(text), "html": plain(" ".join(words.words)), "faults": faults}
    return row, text, source


def main():
    folder, show = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    shown = set()
    for name in sorted(os.listdir(folder), key=lambda n: int(n.split(".")[0])):
        with open(os.path.join(folder, name), "rb") as file:
            row, text, source = read(file.read())
        print(json.dumps({"file": name, **row}))
        about = re.sub(r"[A-Z0-9]{3,}-\S+|\S*\d\S*|\w+day\b|%s" % "|".join(calendar.month_name[1:]), "", row["subject"])
        if show and about not in shown:
            shown.add(about)
            base = os.path.join(show, name.removesuffix(".eml"))
            with open(base + ".txt", "w") as file:
                file.write("To: %s\nSubject: %s\n\n%s" % (", ".join(row["to"]), row["subject"], text))
            with open(base + ".html", "w") as file:
                file.write(source)


main()
