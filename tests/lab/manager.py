"""What another user of the manager interface does: the lab's own user, who may do everything."""

from __future__ import annotations

import socket

from tests.lab.pbx import Pbx


def act(pbx: Pbx, action: str, **headers: str) -> str:
    """One action; returns all that Asterisk answered."""
    messages = [
        {"Action": "Login", "Username": "lab", "Secret": "lab", "Events": "off"},
        {"Action": action, **headers},
        {"Action": "Logoff"},
    ]
    text = "".join("".join(f"{k}: {v}\r\n" for k, v in message.items()) + "\r\n" for message in messages)
    with socket.create_connection(("127.0.0.1", pbx.ports.ami), 5) as connection:
        connection.sendall(text.encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
