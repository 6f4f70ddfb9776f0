#!/usr/bin/env bash
# aics-witness 0.1.0: a log that is added while the witness runs is not witnessed, and the command says that it is added.
#
# `aics-witness add-log` writes the witness's configuration and exits 0 whether or not a witness runs on it. One that runs
# goes on with what it read at its start: it answers an add-checkpoint of the new log with 404, as for a log that nobody
# ever added, until it gets SIGHUP; then the very same request is answered 200 with a cosignature. So whoever adds a log,
# or puts a new key of a log in force, and does not send the signal has a witness that refuses every checkpoint from then on.
#
# Installs it in a temporary folder, signs a first checkpoint by hand (C2SP signed note, Ed25519), and fails when it behaves
# otherwise. The package declares Python 3.12, and runs with 3.11 too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --ignore-requires-python \
    aics-witness==0.1.0 aics-tlog==0.2.1 cryptography 2>/dev/null
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import base64
import hashlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.metadata import version

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORIGIN = "log.example/one"
key = Ed25519PrivateKey.generate()
raw = b"\x01" + key.public_key().public_bytes_raw()
identity = hashlib.sha256(f"{ORIGIN}\n".encode() + raw).digest()[:4]
vkey = f"{ORIGIN}+{identity.hex()}+{base64.b64encode(raw).decode()}"


def command(name, *rest):
    return [sys.executable, "-m", "aics_witness", name, "--config", "witness.json", *rest]


def done(name, *rest):
    return subprocess.run(command(name, *rest), check=True, capture_output=True, text=True).stdout


def submit(port):
    """The checkpoint of a log of one entry, as the first one: the old size is 0, and the proof is empty."""
    root = hashlib.sha256(b"\x00entry").digest()
    body = f"{ORIGIN}\n1\n{base64.b64encode(root).decode()}\n"
    signature = base64.b64encode(identity + key.sign(body.encode())).decode()
    asked = f"old 0\n\n{body}\n\u2014 {ORIGIN} {signature}\n".encode()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/add-checkpoint", asked, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""


def until(holds):
    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    raise SystemExit("it did not come")


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10):
            return True
    except OSError:
        return False


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
done("init", "--name", "witness.example/w1")
witness = subprocess.Popen(command("serve", "--listen", f"127.0.0.1:{port}"), stderr=subprocess.DEVNULL)
try:
    until(lambda: answers(port))
    done("add-log", "--origin", ORIGIN, "--vkey", vkey)
    before = submit(port)[0]
    time.sleep(3)  # it does not come by itself either
    later = submit(port)[0]
    witness.send_signal(signal.SIGHUP)
    said = []
    until(lambda: said.append(submit(port)) or said[-1][0] != 404)
    status, line = said[-1]
finally:
    witness.terminate()
    witness.wait(10)
print(f"aics-witness {version('aics-witness')}: added while it runs: {before}, 3 s later: {later}, after SIGHUP: {status}")
print(line.split()[1] if line else "-")
assert (before, later) == (404, 404), "it takes what was added by itself now"
assert status == 200, status
PY
