#!/usr/bin/env python3
"""Holds the service to web/openapi.yaml, over its sockets: each operation is asked well and badly, and each
answer must have a status and a body that are described for it. Fails too for an operation or a status
that is described and was never answered."""

import argparse
import http.client
import json
import os
import re
import shutil
import socket
import sys

import jsonschema
import yaml

BOARD = "/v1/boards/city-and-hackney"
CUT_LIMIT_S = 20


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def send_what_is_taken(self, *request, **more):
        """An answer may come before all was read, as to a body that is too large."""
        try:
            self.request(*request, **more)
        except BrokenPipeError:
            pass

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Checker:
    def __init__(self, description, sockets):
        self.description, self.sockets = description, sockets
        self.resolver = jsonschema.RefResolver.from_schema(description)
        self.mistakes, self.hit, self.everywhere = [], set(), set()
        self.operations = {}
        for path, entry in description["paths"].items():
            pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
            for method in entry:
                if method in ("get", "post"):
                    self.operations[(method.upper(), path)] = (pattern, entry)

    def say(self, text):
        self.mistakes.append(text)

    def look_up(self, entry):
        return self.resolver.resolve(entry["$ref"])[1] if "$ref" in entry else entry

    def find(self, method, target):
        path = target.split("?")[0]
        # The longest path first: items/{item}/files before items/{item}.
        for (of, template), (pattern, _) in sorted(self.operations.items(), key=lambda o: -len(o[0][1])):
            if of == method and pattern.fullmatch(path):
                return template
        return None

    def ask(self, role, method, target, body=None, key=None, expect=None):
        """The answer's status and body, after holding them against the description."""
        connection = UnixConnection(os.path.join(self.sockets, role + ".sock"))
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        headers = {"Idempotency-Key": key} if key else {}
        connection.send_what_is_taken(method, target, body=body, headers=headers)
        reply = connection.getresponse()
        status, data = reply.status, reply.read()
        kind = reply.getheader("Content-Type")
        connection.close()
        what = f"{method} {target.replace(BOARD, '')} as {role}"
        if expect is not None and status != expect:
            self.say(f"{what} with {body!r}: {status}, not {expect}: {data[:300]!r}")
        self.hold(what, method, target, status, kind, data)
        return status, self.parsed(kind, data)

    @staticmethod
    def parsed(kind, data):
        return json.loads(data) if kind and kind.endswith("json") else data

    def hold(self, what, method, target, status, kind, data):
        everywhere = self.description["x-every-request"]
        template = self.find(method, target)
        described = None
        if template is not None:
            described = self.operations[(method, template)][1][method.lower()]["responses"].get(str(status))
            if described is not None:
                self.hit.add((method, template, str(status)))
        if described is None and str(status) in everywhere:
            described = everywhere[str(status)]
            self.everywhere.add(str(status))
        if described is None:
            if template is not None:
                self.say(f"{what}: {status} is not described")
            return
        content = self.look_up(described)["content"]
        if kind not in content:
            self.say(f"{what}: {status} as {kind} is not described")
        elif kind.endswith("json"):
            validator = jsonschema.Draft7Validator(content[kind]["schema"], resolver=self.resolver)
            for error in validator.iter_errors(json.loads(data)):
                self.say(f"{what}: {status}: {'/'.join(map(str, error.absolute_path))}: {error.message}")

    def end(self):
        for (method, template), (_, entry) in self.operations.items():
            for status in entry[method.lower()]["responses"]:
                if (method, template, status) not in self.hit:
                    self.say(f"{method} {template}: {status} is described and was never answered")
        for status in self.description["x-every-request"]:
            if status not in self.everywhere:
                self.say(f"{status} is described for every request and was never answered")


class Example:
    """How one operation is asked well, and by whom."""

    def __init__(self, method, template, role, values=None, query="", body=None, other=None):
        self.method, self.template, self.role, self.query = method, template, role, query
        self.values, self.body, self.other = dict(values or {}), body, other

    def target(self, query=None, **values):
        path = self.template.replace("{board}", values.pop("board", "city-and-hackney"))
        for name, value in {**self.values, **values}.items():
            path = path.replace("{" + name + "}", str(value))
        query = self.query if query is None else query
        return path + ("?" + query if query else "")


def bad_values(schema):
    """Texts that a parameter or member of this schema must not take."""
    if "enum" in schema:
        return ["forget-me"]
    if schema.get("format") == "instant":
        return ["yesterday"]
    if schema.get("format") == "day":
        return ["2026-02-30"]
    if schema["type"] == "integer":
        outside = [schema[end] + step for end, step in (("minimum", -1), ("maximum", 1)) if end in schema]
        return ["x", "-1"] + [str(number) for number in outside]
    if schema["type"] == "boolean":
        return ["perhaps"]
    return []


def ask_badly(checker, example, entry):
    """Everything that follows from the description alone: each must be refused for what it is."""
    operation = entry[example.method.lower()]
    def ask(expect, role=None, target=None, body=example.body, **more):
        return checker.ask(role or example.role, example.method, target or example.target(), body,
                           expect=expect, **more)

    joined = (example.query + "&" if example.query else "")
    ask(403, role="nobody")
    ask(403, target=example.target(board="elsewhere"))
    if example.role != "police" and "operators" in operation["summary"] or "board's side only" in operation["summary"]:
        ask(403, role="police")
    ask(400, target=example.target(query=joined + "no-such-parameter=1"))
    ask(503, role="failing-" + example.role)
    checker.ask(example.role, "DELETE", example.target(), expect=405)
    parameters = [checker.look_up(p) for p in entry.get("parameters", []) + operation.get("parameters", [])]
    for parameter in parameters:
        name, schema = parameter["name"], parameter["schema"]
        if parameter["in"] == "query":
            for value in bad_values(schema):
                ask(400, target=example.target(query=f"{joined}{name}={value}"))
        elif parameter["in"] == "header":
            ask(400, key="k" * (schema["maxLength"] + 1))
        elif name == "item":
            ask(404, target=example.target(item="NO-SUCH"))
            ask(404, target=example.target(item="999999"))
        elif schema["type"] == "integer":
            ask(400, target=example.target(**{name: "x"}))
    content = checker.look_up(operation.get("requestBody", {"content": {}}))["content"]
    if "application/json" not in content:
        return
    schema = checker.look_up(content["application/json"]["schema"])
    for broken in ("", "[]", "{", "[" * 100):
        ask(400, body=broken)
    _, refusal = ask(400, body={**example.body, "no_such_member": 1})
    if refusal.get("field") != "no_such_member":
        checker.say(f"{example.target()}: the unknown member is not named: {refusal}")
    for name in schema["required"]:
        ask(400, body={k: v for k, v in example.body.items() if k != name})
    for name, member in schema["properties"].items():
        member = checker.look_up(member)
        wrong = {"string": 7, "integer": "7", "boolean": "true", "object": "text", "array": "text"}[member["type"]]
        ask(400, body={**example.body, name: wrong})
        if member["type"] == "string":
            for value in bad_values(member):
                ask(400, body={**example.body, name: value})
            if "maxLength" in member:
                ask(400, body={**example.body, name: "x" * (member["maxLength"] + 1)})
            if member.get("minLength") == 1:
                ask(400, body={**example.body, name: ""})


def ask_well(checker, example, entry):
    """Once; for a command also again under its key, and otherwise under its key."""
    done = 201 if "201" in entry[example.method.lower()]["responses"] else 200
    if example.method == "GET":
        return checker.ask(example.role, "GET", example.target(), expect=done)[1]
    key = "key of " + example.template
    first = checker.ask(example.role, "POST", example.target(), example.body, key, expect=done)
    again = checker.ask(example.role, "POST", example.target(), example.body, key, expect=done)
    if first != again:
        checker.say(f"{example.target()}: a repeat under its key was answered otherwise: {again}")
    checker.ask(example.role, "POST", example.target(), example.other, key, expect=409)
    return first[1]


def examples_of(checker):
    """Builds what the operations need on the board, and says how each is asked."""
    def get(role, path):
        return checker.ask(role, "GET", BOARD + path, expect=200)[1]

    def post(role, path, body):
        return checker.ask(role, "POST", BOARD + path, body, expect=200)[1]

    b = "/v1/boards/{board}/"
    theme = {"event": "propose-theme", "fields": {"theme": "Neglect", "theme_source": "learning-review"}}
    concern = {"event": "raise-concern", "fields": {
        "subject_kind": "child", "made_safe": "referred", "what": "unsafe", "addressed": ["police"]}}
    audit = post("officer", "/events", {**theme, "fields": {**theme["fields"], "complements": "protected"}})["reference"]
    # An obligation that waits for a meeting, and an earlier meeting.
    late = post("officer", "/meetings", {"body": "qa-subgroup", "start": "2026-11-03 10:00"})["id"]
    plan = post("officer", "/events", {"event": "begin-plan", "for_post": "business-manager", "channel": "phone"})
    waiting = plan["opened"][0]["id"]
    early = post("officer", "/meetings", {"body": "qa-subgroup", "start": "2026-10-06 10:00"})["id"]
    owed = get("police", "/obligations")["obligations"]
    seen = next(o["id"] for o in owed if o["name"] == "see the concern")
    look = next(o["id"] for o in get("officer", "/obligations")["obligations"] if o["name"] == "look at held mail")
    answer_due = next(o["id"] for o in owed if o["name"] == "respond")
    held = get("operator", "/outbox?state=held")
    prompts = [p["id"] for p in held["prompts"]]
    notices = [n["id"] for n in held["notices"]]
    reason, other_reason = {"reason": "a true thing"}, {"reason": "another thing"}
    with open(os.path.join(checker.root, "tests/stories/city-and-hackney.people.toml"), "rb") as file:
        people = file.read()
    pdf = b"%PDF-1.4\n"
    kept = "kind=report&type=pdf"
    return [
        Example("GET", b + "items", "officer"),
        Example("GET", b + "items/{item}", "officer", {"item": audit}),
        Example("POST", b + "items/{item}/events", "officer", {"item": audit}, body=concern,
                other={**concern, "channel": "phone"}),
        Example("POST", b + "items/{item}/children/events", "officer", {"item": audit},
                body={"event": "raise-concern", "fields": concern["fields"],
                      "rows": [{}, {"fields": {"what": "unsafe too"}}]},
                other={"event": "raise-concern", "fields": concern["fields"], "rows": [{}]}),
        Example("POST", b + "events", "officer", body=theme, other={**theme, "channel": "phone"}),
        Example("POST", b + "items/{item}/files", "officer", {"item": audit}, kept, pdf, pdf + b"x"),
        Example("GET", b + "items/{item}/files", "officer", {"item": audit}),
        Example("GET", b + "items/{item}/files/{kind}/{version}", "officer",
                {"item": audit, "kind": "report", "version": 1}),
        Example("POST", b + "obligations/{id}/suspend", "officer", {"id": answer_due},
                body={"for": "2h", "reason": "a true thing"}, other={"for": "3h", "reason": "a true thing"}),
        Example("GET", b + "items/{item}/snapshots", "officer", {"item": audit}),
        Example("GET", b + "items/{item}/reads", "officer", {"item": audit}),
        Example("GET", b + "items/{item}/notices", "officer", {"item": held["prompts"][0]["item"]}),
        Example("GET", b + "obligations", "officer"),
        Example("GET", b + "obligations/{id}", "officer", {"id": seen}),
        Example("POST", b + "obligations/{id}/rebind", "officer", {"id": waiting}, body={"meeting": early},
                other={"meeting": early, "channel": "phone"}),
        Example("POST", b + "obligations/{id}/acknowledge", "police", {"id": seen}, body={"for": "30min"},
                other={"for": "20min"}),
        Example("POST", b + "obligations/{id}/resolve", "officer", {"id": look}, body=reason, other=other_reason),
        Example("GET", b + "outbox", "officer"),
        Example("GET", b + "outbox/notices/{id}", "officer", {"id": notices[0]}),
        Example("POST", b + "outbox/prompts/{id}/release", "operator", {"id": prompts[0]}, body=reason, other=other_reason),
        Example("POST", b + "outbox/prompts/{id}/expire", "operator", {"id": prompts[1]}, body=reason, other=other_reason),
        Example("POST", b + "outbox/notices/{id}/release", "operator", {"id": notices[0]}, body=reason, other=other_reason),
        Example("POST", b + "outbox/notices/{id}/expire", "operator", {"id": notices[1]}, body=reason, other=other_reason),
        Example("POST", b + "outbox/hold/end", "operator", body=reason, other={**reason, "give_up": True}),
        Example("GET", b + "journal", "officer"),
        Example("GET", b + "meetings", "officer"),
        Example("POST", b + "meetings", "officer", body={"body": "executive", "start": "2026-11-10 10:00"},
                other={"body": "executive", "start": "2026-11-11 10:00"}),
        Example("POST", b + "meetings/{id}", "officer", {"id": late}, body={"what": "move", "start": "2026-12-01 10:00"},
                other={"what": "move", "start": "2026-12-02 10:00"}),
        Example("POST", b + "calendar", "officer", body={"date": "2026-12-29", "closed": True, "title": "Closed"},
                other={"date": "2026-12-29", "closed": True, "title": "Office closed"}),
        Example("GET", b + "calendar", "officer"),
        Example("GET", b + "people", "officer"),
        Example("POST", b + "people", "operator", body=people, other=people + b"\n"),
        Example("GET", b + "programme/graph", "officer"),
    ]


def ask_what_only_the_board_knows(checker, examples, files):
    """Refusals that no schema says: what the board's process or state does not allow."""
    by = {(e.method, e.template.split("{board}/")[1]): e for e in examples}
    audit = by["GET", "items/{item}"].values["item"]
    def ask(expect, role, method, path, body=None):
        return checker.ask(role, method, BOARD + path, body, expect=expect)

    events = f"/items/{audit}/events"
    ask(409, "officer", "POST", events, {"event": "open-selection", "expected_version": 7})
    ask(422, "officer", "POST", events, {"event": "open-selection"})
    many = f"/items/{audit}/children/events"
    ask(409, "officer", "POST", many, {"event": "raise-concern", "rows": [{}], "expected_version": 77})
    ask(422, "officer", "POST", many, {"event": "withdraw-return", "kind": "return"})
    ask(404, "officer", "POST", many, {"event": "withdraw-return", "rows": [{"item": "NO-SUCH"}]})
    for wrong in ({}, {"kind": "nonsense"}, {"kind": "return", "state": "nonsense"}, {"rows": []},
                  {"rows": [{"colour": "red"}]}, {"rows": [[]]}, {"rows": [{}], "kind": "return"},
                  {"rows": [{}], "csv": "what"}, {"csv": "what"}, {"csv": "what\na,b"}, {"csv": "what\n\"a"}):
        ask(400, "officer", "POST", many, {"event": "raise-concern", **wrong})
    ask(422, "officer", "POST", "/events", {"event": "propose-theme", "fields": {"theme": "X"}})
    ask(404, "officer", "POST", "/events", {"event": "propose-theme", "links": {"source": "NO-SUCH"}})
    for path in ("/items?parent=NO-SUCH", "/obligations?item=NO-SUCH", "/obligations/999999",
                 "/outbox/notices/999999", f"/items/{audit}/files/report/99"):
        ask(404, "officer", "GET", path)
    ask(403, "police", "GET", f"/items/{audit}/notices")
    ask(403, "police", "GET", f"/items/{audit}/files/report/1")
    ask(400, "officer", "POST", f"/items/{audit}/files?kind=photo&type=pdf", b"%PDF-1.4\n")
    for action, body in (("acknowledge", {"for": "1h"}), ("suspend", {"for": "1h", "reason": "x"}),
                         ("rebind", {"meeting": 1}), ("resolve", {"reason": "x"})):
        ask(404, "officer", "POST", f"/obligations/999999/{action}", body)
    owed = by["POST", "obligations/{id}/suspend"].values["id"]
    ask(422, "police", "POST", f"/obligations/{owed}/acknowledge", {"for": "1h"})
    ask(422, "chair", "POST", f"/obligations/{owed}/suspend", {"for": "48h", "reason": "x"})
    ask(422, "officer", "POST", f"/obligations/{owed}/rebind", {"meeting": by["POST", "obligations/{id}/rebind"].body["meeting"]})
    ask(422, "officer", "POST", f"/obligations/{owed}/resolve", {"reason": "x"})
    late = by["POST", "meetings/{id}"].values["id"]
    ask(422, "officer", "POST", f"/meetings/{late}", {"what": "hold"})
    ask(404, "officer", "POST", "/meetings/999999", {"what": "cancel"})
    for what in ("prompts", "notices"):
        for action in ("release", "expire"):
            done = by["POST", f"outbox/{what}/{{id}}/{action}"].values["id"]
            ask(422, "operator", "POST", f"/outbox/{what}/{done}/{action}", {"reason": "again"})
            ask(404, "operator", "POST", f"/outbox/{what}/999999/{action}", {"reason": "x"})
    ask(422, "operator", "POST", "/outbox/hold/end", {"reason": "again"})
    ask(400, "operator", "POST", "/outbox/hold/end", {"reason": "x", "give_up": "yes"})
    ask(400, "operator", "POST", "/people", b"[[person]]\nid = \"x\"\n")
    ask(200, "officer", "GET", "/programme/graph?format=dot")
    # Rows with every optional member: late, moved, closed, paged.
    ask(200, "officer", "GET", "/obligations?open=false")
    ask(200, "officer", "GET", "/items?limit=1&open=true")
    ask(200, "officer", "GET", "/outbox?limit=1")
    shutil.rmtree(files)  # a file's content is lost
    ask(500, "officer", "GET", f"/items/{audit}/files/report/1")
    # Undone, an item is finished: it takes no more documents.
    fresh = ask(200, "officer", "POST", "/events", by["POST", "events"].body)[1]["reference"]
    ask(200, "officer", "POST", f"/items/{fresh}/events", {"event": "correct", "reason": "wrong button"})
    ask(422, "officer", "POST", f"/items/{fresh}/files?kind=report&type=pdf", b"%PDF-1.4\n")


def ask_in_the_wrong_shape(checker, sockets):
    checker.ask("officer", "POST", BOARD + "/events", "x" * 70_000, expect=413)
    connection = UnixConnection(os.path.join(sockets, "officer.sock"))
    connection.send_what_is_taken("GET", "/v1/health", headers={"X": "y" * 20_000})
    reply = connection.getresponse()
    data = reply.read()
    if reply.status != 431:
        checker.say(f"a head that is too large: {reply.status}")
    checker.hold("a large head", "GET", "/v1/health", reply.status, reply.getheader("Content-Type"), data)
    # Half a request, and then silence.
    slow = socket.socket(socket.AF_UNIX)
    slow.settimeout(CUT_LIMIT_S)
    slow.connect(os.path.join(sockets, "officer.sock"))
    slow.sendall(b"POST " + BOARD.encode() + b"/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
    reply = http.client.HTTPResponse(slow)
    reply.begin()
    data = reply.read()
    if reply.status != 408:
        checker.say(f"a request that was not sent whole: {reply.status}")
    checker.hold("half a request", "GET", "/v1/health", reply.status, reply.getheader("Content-Type"), data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True, help="the project's folder")
    parser.add_argument("--sockets", required=True, help="folder of the sockets, one for each caller")
    parser.add_argument("--files", required=True, help="folder where the service keeps documents")
    args = parser.parse_args()
    with open(os.path.join(args.root, "web/openapi.yaml"), encoding="utf-8") as file:
        checker = Checker(yaml.safe_load(file), args.sockets)
    checker.root = args.root
    checker.ask("nobody", "GET", "/v1/health", expect=200)
    checker.ask("failing-officer", "GET", "/v1/health", expect=503)
    _, seen = checker.ask("failing-nobody", "GET", "/v1/health", expect=503)
    if "relay_said" in seen["mail"] or "trouble" in seen["workers"][0]:
        checker.say("/v1/health: somebody who is nobody here reads the words of a trouble")
    checker.ask("nobody", "GET", "/metrics", expect=200)
    checker.ask("failing-officer", "GET", "/metrics", expect=200)
    checker.ask("officer", "POST", "/metrics", "{}", expect=405)
    checker.ask("officer", "GET", "/v1/boards", expect=200)
    checker.ask("officer", "POST", "/v1/boards", "{}", expect=405)
    checker.ask("officer", "GET", "/v1/nothing", expect=404)
    examples = examples_of(checker)
    for example in examples:
        entry = checker.operations[(example.method, example.template)][1]
        ask_badly(checker, example, entry)
        ask_well(checker, example, entry)
    ask_what_only_the_board_knows(checker, examples, args.files)
    ask_in_the_wrong_shape(checker, args.sockets)
    checker.end()
    for mistake in checker.mistakes:
        print("openapi:", mistake)
    print(f"openapi: {len(checker.hit)} described answers were seen, {len(checker.mistakes)} mistakes")
    sys.exit(1 if checker.mistakes else 0)


if __name__ == "__main__":
    main()
