"""The command line of a program, read from its own --help, and from its manual page."""

import re
import subprocess


class Command:
    """What --help says of one command: its own subcommands, options, arguments, and the values they list."""

    def __init__(self):
        self.subcommands, self.options, self.arguments, self.values, self.exits = [], set(), set(), {}, set()


def read_help(program, words):
    text = subprocess.run([program, *words, "--help"], check=True, capture_output=True, text=True).stdout
    command, part = Command(), None
    for line in text.splitlines():
        heading = re.fullmatch(r"(Positionals|Options|Subcommands|Exit codes):.*", line)
        if heading:
            part = heading.group(1)
            if part == "Exit codes":
                command.exits |= set(re.findall(r"(?:: |; )(\d+) ", line))
        elif part == "Exit codes":
            command.exits |= set(re.findall(r"^(?:  )?(\d+) ", line))
        elif not line.startswith("  ") or line.startswith("   "):
            continue
        elif part == "Subcommands":
            command.subcommands.append(line.split()[0])
        elif part in ("Options", "Positionals"):
            names = line.split()[0].split(",")
            (command.options if part == "Options" else command.arguments).update(names)
            listed = re.search(r":\{([^}]*)\}", line)
            if listed:
                command.values[names[-1]] = listed.group(1).split(",")
    return command


def read_program(program):
    """Command lines ("calendar add"; "" is the program itself) with what --help says of each."""
    found, waiting = {}, [[]]
    while waiting:
        words = waiting.pop()
        command = found[" ".join(words)] = read_help(program, words)
        waiting += [words + [sub] for sub in command.subcommands]
    return found
