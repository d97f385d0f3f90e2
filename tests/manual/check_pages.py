#!/usr/bin/env python3
"""The manual pages say what the programs and the readers of files know, all of it and nothing else.

Commands are `.Ss` below COMMANDS, options `.It Fl`, arguments `.It Ar`; a command that names the section
"... OPTIONS" by .Sx has those too. Settings and keys are `.It Va`. What is there to know comes from --help,
from the settings that are shipped, and from the calls by which workflows/ reads a programme.
"""

import argparse
import re
import sys
from pathlib import Path

from help_tree import read_program

failures = []


def same(where, known, told):
    """`known` and `told` are sets of names; what is in one alone is a failure."""
    for name in sorted(known - told):
        failures.append(f"{where}: {name} is missing on the page")
    for name in sorted(told - known):
        failures.append(f"{where}: {name} is on the page, and there is no such thing")


def sections(page):
    """The body of each .Sh; and of each .Ss as (section, subsection)."""
    found, section, part = {}, None, None
    for line in page.read_text(encoding="utf-8").splitlines():
        heading = re.fullmatch(r"\.(Sh|Ss) (.*)", line)
        if heading and heading.group(1) == "Sh":
            section = part = heading.group(2)
        elif heading:
            part = (section, heading.group(2))
        found.setdefault(part, [])
        if not heading:
            found[part].append(line)
    del found[None]  # what stands above the first heading
    return found


def options_of(body, parts):
    told = set()
    for line in body:
        item = re.fullmatch(r"\.It (Fl .*)", line)
        if item:
            # "Fl f , Fl -field Ar name=value"
            told |= {"-" + name for name in re.findall(r"Fl (\S+)", item.group(1))}
        shared = re.fullmatch(r"\.Sx (.* OPTIONS)\b.*", line)
        if shared:
            told |= options_of(parts[shared.group(1)], parts)
    return told


def item_text(body, name):
    """What stands below the item of an option (--name) or an argument."""
    text, inside = [], False
    for line in body:
        if line.startswith(".It "):
            inside = name in re.findall(r"^\.It Ar (\S+)", line) + ["-" + of for of in re.findall(r"Fl (\S+)", line)]
        elif inside:
            text.append(line)
    return " ".join(text)


def check_program(program, page):
    known, parts = read_program(program), sections(page)
    commands = {name for name, command in known.items() if name and not command.subcommands}
    same(f"{page.name}: commands", commands, {part[1] for part in parts if part[0] == "COMMANDS"})
    helps = {"-h", "--help"}
    same(f"{page.name}: options", known[""].options, options_of(parts["OPTIONS"], parts))
    for name in commands:
        command, body = known[name], parts.get(("COMMANDS", name))
        if body is None:
            continue  # told above
        same(f"{page.name}: {name}", command.options - helps, options_of(body, parts))
        arguments = {found.group(1) for line in body if (found := re.match(r"\.It Ar (\S+)", line))}
        same(f"{page.name}: {name}", command.arguments, arguments)
        for option, values in command.values.items():
            text = item_text(body, option)
            for value in values:
                if not re.search(rf"(?<!\S){re.escape(value)}(?!\S)", text):
                    failures.append(f"{page.name}: {name} {option}: the value {value} is missing on the page")
    exits = {found.group(1) for line in parts["EXIT STATUS"] if (found := re.match(r"\.It (\d+)", line))}
    same(f"{page.name}: exit status", known[""].exits, exits)


def variables(body):
    return {name for line in body if line.startswith(".It ") for name in re.findall(r"Va (\S+)", line)}


def check_settings(settings, page):
    parts, table, known = sections(page), "SETTINGS", {"SETTINGS": set()}
    for line in settings.read_text(encoding="utf-8").splitlines():
        heading, key = re.match(r"#?(\[+[a-z]+\]+)$", line), re.match(r"#?([a-z_]+) = ", line)
        if heading:
            table = ("SETTINGS", heading.group(1))
            known[table] = set()
        elif key:
            known[table].add(key.group(1))
    same(f"{page.name}: tables", {str(part) for part in known},
         {str(part) for part in parts if "SETTINGS" in (part, part[0])})
    for part, keys in known.items():
        same(f"{page.name}: {part}", keys, variables(parts.get(part, [])))


# How workflows/ asks a table for a key; missing() and mistake() name one without asking.
READS = (r"(?:text|required_text|flag|number|texts|text_or_texts|stored|span|time|role|roles|family|table|tables|"
         r"entries|must_be_true|read_inner|read_triggers|read_guards|read_effects|read_required_due)")


def check_programme(workflows, page):
    known = set()
    for source in [*workflows.glob("read_*.cpp"), workflows / "programme_reader.cpp"]:
        text = source.read_text(encoding="utf-8")
        known |= set(re.findall(READS + r'\(\s*(?:\w+, )?"([a-z_0-9]+)"', text))
        known |= set(re.findall(r'Required\{"([a-z_]+)"', text))
        for row in re.findall(r"unknown_keys\(\w+, \{([^}]*)\}", text):
            known |= set(re.findall(r'"([a-z_]+)"', row))
    if len(known) < 80:
        sys.exit(f"check_pages: only {len(known)} keys were found in {workflows}; its readers ask otherwise now")
    told = set().union(*(variables(body) for body in sections(page).values()))
    same(page.name, known, told)


def check_operations(root, page):
    """Metrics and lines of the log that an operator is told to watch for are those of the sources."""
    text = page.read_text(encoding="utf-8")
    sources = "".join(source.read_text(encoding="utf-8") for folder in ("daemon", "web")
                      for source in sorted((root / folder).glob("*.cpp")))
    sources = re.sub(r'"\s*\n\s*"', "", sources)  # one literal over several lines
    metrics = set(re.findall(r"`(assured_[a-z_]+)`", text))
    lines = set(re.findall(r"^\| `([^`]+)` \|", text.split("### Lines of the log")[1].split("\n## ")[0], re.M))
    if len(metrics) < 10 or len(lines) < 5:
        sys.exit(f"check_pages: {page} names hardly a metric or line of the log")
    for known in metrics:
        if f'"{known}"' not in sources:
            failures.append(f"{page.name}: there is no metric {known}")
    for line in lines:
        if line not in sources:
            failures.append(f"{page.name}: the log has no line with: {line}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, required=True, help="the project's folder")
    parser.add_argument("--assured", required=True)
    parser.add_argument("--assuredctl", required=True)
    args = parser.parse_args()
    pages = args.root / "docs/man"
    check_program(args.assured, pages / "assured.8")
    check_program(args.assuredctl, pages / "assuredctl.1")
    check_settings(args.root / "config/assured.toml", pages / "assured.toml.5")
    check_programme(args.root / "workflows", pages / "assured-programme.5")
    check_operations(args.root, args.root / "docs/operations.md")
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
