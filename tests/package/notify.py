#!/usr/bin/env python3
"""Stands in for the service manager: prints what is told on a notification socket, a line each (sd_notify(3))."""

import socket
import sys

with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications:
    notifications.bind(sys.argv[1])
    while True:
        print(notifications.recv(4096).decode(), flush=True)
