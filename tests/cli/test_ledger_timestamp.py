"""RFC 3161 timestamps, against an authority made with openssl behind a small server on the loopback."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from dialpact.compliance.ledger import timestamp
from tests.cli.conftest import Home

ROOT = Path(__file__).parents[2]
CONF = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Test authority
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[tsa_cert]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = t
[t]
dir = .
serial = ./serial
crypto_device = builtin
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_chain = no
"""
EXACT = """
clock_precision_digits = 6
accuracy = secs:1, millisecs:500, microsecs:100
"""


class Authority:
    """``how``: what it does to its answers."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.how = folder, "well"
        (folder / "c.cnf").write_text(CONF)
        (folder / "serial").write_text("01\n")
        new = ("req", "-config", "c.cnf", "-newkey", "rsa:2048", "-nodes")
        for name in ("root", "stranger"):
            out = ("-keyout", f"{name}.key", "-out", f"{name}.pem")
            self("openssl", *new, "-x509", "-extensions", "root", "-days", "9", "-subj", f"/CN={name}", *out)
        self("openssl", *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=tsa")
        signed = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "9", "-out", "tsa.pem")
        self(
            "openssl",
            "x509",
            "-req",
            "-in",
            "tsa.csr",
            "-extfile",
            "c.cnf",
            "-extensions",
            "tsa_cert",
            *signed,
        )

    def __call__(self, *command: str, give: bytes = b"") -> bytes:
        done = subprocess.run(command, cwd=self.folder, input=give, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def answer(self, query: bytes) -> bytes:
        (self.folder / "query.tsq").write_bytes(query)
        self("openssl", "ts", "-reply", "-config", "c.cnf", "-queryfile", "query.tsq", "-out", "reply.tsr")
        return (self.folder / "reply.tsr").read_bytes()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture
def url(authority: Authority) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            body, kind, status = authority.answer(query), "application/timestamp-reply", 200
            match authority.how:
                case "exact":
                    (authority.folder / "c.cnf").write_text(CONF + EXACT)
                    body = authority.answer(query)
                    (authority.folder / "c.cnf").write_text(CONF)
                case "another":
                    asked = timestamp.ask("something else\n")
                    body = authority.answer(asked.raw)
                case "refused":
                    body = authority.answer(b"no query")
                case "page":
                    kind = "text/html"
                case "noise":
                    body = b"\x30\x03abc"
                case "endless":
                    body = bytes(timestamp.MOST_BYTES + 1)
                case "down":
                    status = 503
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    authority.how = "well"
    yield f"http://127.0.0.1:{server.server_port}/tsr"
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_a_checkpoint_is_stamped_and_openssl_agrees(home: Home, authority: Authority, url: str) -> None:
    home.run("business", "add", "acme", "--name", "x", "--actor", "own-business")
    said = home("ledger", "timestamp", "--tsa", url, "-o", "a.tsr")
    assert (said["file"], said["checkpoint"]) == ("a.tsr", "a.note")
    root = str(authority.folder / "root.pem")
    found = home("ledger", "timestamp-verify", "a.tsr", "--checkpoint", "a.note", "--ca", root)
    assert found["at"] == said["at"]
    here = [str(home.path / name) for name in ("a.note", "a.tsr")]
    authority("openssl", "ts", "-verify", "-data", here[0], "-in", here[1], "-CAfile", "root.pem")
    assert home("ledger", "verify", "--checkpoint", "a.note")["findings"] == 0


def test_the_fraction_of_a_second_and_the_accuracy_count(home: Home, authority: Authority, url: str) -> None:
    """rfc3161-client gives the time without its fraction, and leaves the accuracy out."""
    authority.how = "exact"
    said = home("ledger", "timestamp", "--tsa", url, "-o", "a.tsr")
    shown = authority("openssl", "ts", "-reply", "-in", str(home.path / "a.tsr"), "-text").decode()
    (told,) = re.findall(r"^Time stamp: .*:(\d\d\.\d+) \d{4} GMT$", shown, re.MULTILINE)
    at, latest = (datetime.fromisoformat(said[name]) for name in ("at", "latest"))
    assert f"{at:%S.%f}".rstrip("0") == told
    assert (latest - at, said["accuracy_seconds"]) == (timedelta(seconds=1.5001), 1.5001)
    root = str(authority.folder / "root.pem")
    given = ("ledger", "timestamp-verify", "a.tsr", "--checkpoint", "a.note", "--ca", root)
    assert home(*given) == {name: said[name] for name in ("at", "accuracy_seconds", "latest")}
    # A person is told no earlier second.
    for_people = datetime.fromisoformat(re.findall(r"\d{4}-\S+ \S+(?=,)", home.run(*given).stdout)[0])
    assert timedelta() <= for_people - latest < timedelta(seconds=1)


def test_an_authority_that_states_no_accuracy_answers_for_its_time(home: Home, url: str) -> None:
    said = home("ledger", "timestamp", "--tsa", url, "-o", "a.tsr")
    assert (said["accuracy_seconds"], said["latest"]) == (None, said["at"])


def test_a_checkpoint_that_was_kept_is_stamped_later(home: Home, authority: Authority, url: str) -> None:
    home.run("ledger", "checkpoint", "-o", "old.note")
    home.run("ledger", "timestamp", "--tsa", url, "-o", "b.tsr", "--checkpoint", "old.note")
    assert not (home.path / "b.note").exists()
    root = str(authority.folder / "root.pem")
    home.run("ledger", "timestamp-verify", "b.tsr", "--checkpoint", "old.note", "--ca", root)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("another", "answers another request"),
        ("refused", "refused|no timestamp"),
        ("page", "answers with text/html"),
        ("noise", "no timestamp"),
        ("endless", "too long"),
        ("down", "503|Service Unavailable"),
    ],
)
def test_an_authority_that_does_not_answer_well(
    home: Home, authority: Authority, url: str, how: str, reason: str
) -> None:
    authority.how = how
    error = home("ledger", "timestamp", "--tsa", url, "-o", "a.tsr", code=1)["error"]
    assert re.search(reason, error), error
    assert not (home.path / "a.tsr").exists()


def test_what_does_not_hold(home: Home, authority: Authority, url: str) -> None:
    home.run("ledger", "timestamp", "--tsa", url, "-o", "a.tsr")
    home.run("business", "add", "acme", "--name", "x", "--actor", "own-business")
    home.run("ledger", "checkpoint", "-o", "b.note")
    root, stranger = (str(authority.folder / f"{name}.pem") for name in ("root", "stranger"))
    raw = bytearray((home.path / "a.tsr").read_bytes())
    raw[-20] ^= 1
    home.file("c.tsr", bytes(raw))
    changed = (home.path / "a.note").read_text("utf-8").replace("/pbx1/", "/pbx2/", 1)
    home.file("d.note", changed)
    home.file("e.note", (home.path / "a.note").read_text("utf-8") + "— witness.example AAAAAAA=\n")
    for answer, checkpoint, ca, reason in [
        ("a.tsr", "b.note", root, "of another checkpoint"),
        ("a.tsr", "e.note", root, "of another checkpoint"),
        ("a.tsr", "d.note", root, "does not hold"),
        ("a.tsr", "a.note", stranger, "does not hold"),
        ("c.tsr", "a.note", root, "does not hold|no timestamp"),
        ("a.note", "a.note", root, "no timestamp"),
        ("a.tsr", "a.note", str(home.path / "a.note"), "no certificate"),
    ]:
        given = ("ledger", "timestamp-verify", answer, "--checkpoint", checkpoint, "--ca", ca)
        error = home(*given, code=1)["error"]
        assert any(part in error for part in reason.split("|")), (reason, error)


def test_addresses_and_hosts_that_are_none(home: Home) -> None:
    for tsa, reason in [
        ("ftp://x/", "not an http"),
        ("file:///etc/passwd", "not an http"),
        ("http://127.0.0.1:1/", "refused"),
    ]:
        assert reason in home("ledger", "timestamp", "--tsa", tsa, "-o", "a.tsr", code=1)["error"]


def test_without_the_extra_it_is_said_which(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    error = home("ledger", "timestamp", "--tsa", "http://x/", "-o", "a.tsr", code=1)["error"]
    assert "dialpact[timestamp]" in error
    home.run("ledger", "verify")


def test_what_openssl_needs_once_the_authority_s_certificate_has_run_out(
    home: Home, authority: Authority, url: str
) -> None:
    """As docs/ledger.md says it: at a time when it was valid, the stamp's own."""
    home.run("ledger", "timestamp", "--tsa", url, "-o", "a.tsr")
    page = (ROOT / "docs/ledger.md").read_text("utf-8")
    (line,) = re.findall(r"`(date -d .*)`\)", page)
    own = subprocess.run(
        line.replace("FILE.tsr", "a.tsr"),
        shell=True,
        cwd=home.path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    later = f"{int(own) + 20 * 86_400}"
    given = ["openssl", "ts", "-verify", "-data", "a.note", "-in", "a.tsr"]
    given += ["-CAfile", str(authority.folder / "root.pem"), "-attime"]
    for at, code in ((later, 1), (own, 0)):
        done = subprocess.run([*given, at], cwd=home.path, capture_output=True, timeout=60)
        assert done.returncode == code, done.stderr


def test_an_authority_s_intermediate_that_is_not_in_the_answer(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given beside the root, to us; as -untrusted, or beside the root, to openssl."""
    folder = tmp_path / "chain"
    folder.mkdir()
    made = Authority(folder)
    (folder / "c.cnf").write_text(CONF)
    new = ("openssl", "req", "-config", "c.cnf", "-newkey", "rsa:2048", "-nodes", "-keyout", "between.key")
    made(*new, "-out", "between.csr", "-subj", "/CN=between")
    for csr, ca, extensions, out in (
        ("between.csr", "root", "root", "between.pem"),
        ("tsa.csr", "between", "tsa_cert", "tsa.pem"),
    ):
        by = ("-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial", "-days", "9", "-out", out)
        made("openssl", "x509", "-req", "-in", csr, "-extfile", "c.cnf", "-extensions", extensions, *by)
    home.run("ledger", "checkpoint", "-o", "a.note")
    asked = timestamp.ask((home.path / "a.note").read_text("utf-8"))
    home.file("a.tsr", made.answer(asked.raw))
    both = home.file("both.pem", (folder / "root.pem").read_bytes() + (folder / "between.pem").read_bytes())
    given = ("ledger", "timestamp-verify", "a.tsr", "--checkpoint", "a.note", "--ca")
    assert home(*given, both)["latest"]
    assert "does not hold" in home(*given, str(folder / "root.pem"), code=1)["error"]
    openssl = ["openssl", "ts", "-verify", "-data", "a.note", "-in", "a.tsr", "-CAfile"]
    for more, code in (
        ([str(folder / "root.pem")], 1),
        ([str(folder / "root.pem"), "-untrusted", str(folder / "between.pem")], 0),
        ([both], 0),
    ):
        done = subprocess.run([*openssl, *more], cwd=home.path, capture_output=True, timeout=60)
        assert done.returncode == code, (more, done.stderr)
