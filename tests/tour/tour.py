#!/usr/bin/env python3
"""Runs the commands of a page (README.md, docs/assuredctl.md) against a freshly filled example board, started by ./run itself.

In a ```console block a line that begins with "$ " is a command; each line below it must be found in what
the command prints (standard output and error together, runs of spaces counting as one), and "(exit 6)"
is the exit code it must have, 0 where none is given. A page with hardly a command is a mistake of the tour.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

START_LIMIT_S = 120
COMMAND_LIMIT_S = 60
STOP_LIMIT_S = 30


def steps_of(readme):
    steps, inside = [], False
    for line in readme.splitlines():
        if line.startswith("```"):
            inside = line.strip() == "```console"
        elif inside and line.startswith("$ "):
            steps.append({"command": line[2:], "lines": [], "exit": 0})
        elif inside and line.strip():
            if not steps:
                sys.exit(f"tour: output without a command: {line}")
            code = re.fullmatch(r"\(exit (\d+)\)", line.strip())
            if code:
                steps[-1]["exit"] = int(code.group(1))
            else:
                steps[-1]["lines"].append(" ".join(line.split()))
    return steps


def run_steps(steps, shell, var, env, cwd):
    """The commands that did not do what their page says. `shell` runs what follows it; `var` stands for var/."""
    failures = []
    for step in steps:
        command = step["command"].replace("var/", var + "/")
        done = subprocess.run([*shell, command], env=env, cwd=cwd, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=COMMAND_LIMIT_S)
        printed = " ".join(done.stdout.split())
        missing = [line for line in step["lines"] if line not in printed]
        if done.returncode == step["exit"] and not missing:
            print(f"ok    {step['command']}")
            continue
        failures.append(step["command"])
        print(f"FAIL  {step['command']}\n      exit {done.returncode}, expected {step['exit']}; "
              f"not printed: {missing}\n{done.stdout}")
    return failures


def run_with_service(steps, args):
    # Short, as the path of a socket has little room.
    var = tempfile.mkdtemp(prefix="tour-")
    env = dict(os.environ, ASSURED_BUILD=args.build, ASSURED_VAR=var, NO_COLOR="1")
    log = open(os.path.join(var, "run.log"), "w+", encoding="utf-8")
    service = subprocess.Popen([os.path.join(args.root, "run")], cwd=args.root, env=env, stdout=log,
                               stderr=log)
    try:
        env["PATH"] = os.pathsep.join(
            [os.path.join(args.build, "cli"), os.path.join(args.build, "daemon"), env["PATH"]])
        env["ASSURED_SOCKET"] = os.path.join(var, "assured.sock")
        end = time.monotonic() + START_LIMIT_S
        while subprocess.run(["assuredctl", "health"], env=env, capture_output=True).returncode != 0:
            if service.poll() is not None or time.monotonic() > end:
                log.seek(0)
                sys.exit("tour: ./run did not start the service:\n" + log.read())
            time.sleep(0.1)
        failures = run_steps(steps, ["bash", "-c"], var, env, args.root)
        mails = [name for name in os.listdir(os.path.join(var, "mail")) if name.endswith(".eml")]
        if not mails and not args.no_mail:
            failures.append("no mail was written")
    finally:
        service.send_signal(signal.SIGTERM)
        code = service.wait(timeout=STOP_LIMIT_S)
        log.close()
        shutil.rmtree(var)
    if code != 0:
        failures.append(f"the service ended with {code}")
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True, help="the project's folder")
    parser.add_argument("--page", default="README.md")
    parser.add_argument("--no-mail", action="store_true", help="what the page does tells nobody anything")
    parser.add_argument("--build", help="a build folder with both programs, whose service is started")
    parser.add_argument("--shell", help="instead: what runs a command where a service runs already")
    parser.add_argument("--var", help="the folder there that stands for var/")
    args = parser.parse_args()
    with open(os.path.join(args.root, args.page), encoding="utf-8") as file:
        steps = steps_of(file.read())
    if len(steps) < 10:
        sys.exit(f"tour: {args.page} has only {len(steps)} commands")
    if args.shell:
        failures = run_steps(steps, args.shell.split(), args.var, dict(os.environ, NO_COLOR="1"), None)
    else:
        failures = run_with_service(steps, args)
    if failures:
        sys.exit("tour: " + "; ".join(failures))
    print(f"tour: {len(steps)} commands did what {args.page} says")


if __name__ == "__main__":
    main()
