"""``deploy/nginx/dialpact.conf`` as it stands, in a test's nginx; only addresses are the test's."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dialpact.web.process import Tls
from tests.lab.unpacked import NGINX
from tests.patience import WAIT

SNIPPET = Path(__file__).parents[2] / "deploy" / "nginx" / "dialpact.conf"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
MAIN = """
daemon off;
worker_processes 1;
{user}
error_log stderr warn;
pid {folder}/nginx.pid;
events {{ worker_connections 128; }}
http {{
    access_log {folder}/access.log;
{temporary}
{server}
}}
"""


def written_for(snippet: str, port: int, upstream: int, tls: Tls) -> str:
    """With what its reader is told to change, and nothing else."""
    for documented, here in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("server 127.0.0.1:9080;", f"server 127.0.0.1:{upstream};"),
        ("server_name calls.example;", "server_name localhost;"),
        ("/etc/ssl/calls.pem;", f"{tls.certificate};"),
        ("/etc/ssl/calls.key;", f"{tls.private_key};"),
    ):
        assert snippet.count(documented) == 1, documented
        snippet = snippet.replace(documented, here)
    return snippet


@contextmanager
def proxied(folder: Path, upstream: int, tls: Tls) -> Iterator[int]:
    """Its port. The socket is made here and inherited: who connects early waits in its queue."""
    program = NGINX.needed()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.set_inheritable(True)
    port = listening.getsockname()[1]
    text = MAIN.format(
        user="user root;" if os.geteuid() == 0 else "",
        folder=folder,
        temporary="".join(f"    {name}_temp_path {folder}/{name};\n" for name in TEMPORARY),
        server=written_for(SNIPPET.read_text("utf-8"), port, upstream, tls),
    )
    (folder / "nginx.conf").write_text(text, "utf-8")
    running = subprocess.Popen(
        [program, "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"],
        env={**os.environ, "NGINX": f"{listening.fileno()};"},
        pass_fds=[listening.fileno()],
        stderr=subprocess.PIPE,
        text=True,
    )
    listening.close()
    try:
        yield port
    finally:
        running.terminate()
        try:
            _, said = running.communicate(timeout=WAIT)
        finally:
            running.kill()
            running.wait(WAIT)
        (folder / "nginx.log").write_text(said, "utf-8")
    complaints = [line for line in said.splitlines() if "inherited sockets" not in line]
    assert not [line for line in complaints if "[emerg]" in line or "[alert]" in line], said
