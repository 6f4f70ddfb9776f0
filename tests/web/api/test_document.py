"""The OpenAPI document: valid, whole, served to anybody, and kept: schemathesis asks all that it says."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from dialpact.compliance.registers.api_key import Scope
from dialpact.web.api.document import document
from dialpact.web.api.routing import endpoints
from tests.cli.conftest import Home
from tests.cli.test_reload import until
from tests.web.api.client import api, key
from tests.web.api.furnished import furnish
from tests.web.asking import WAIT

# (Who has no key is not answered: test_authorisation.py; here the limit of such failures would answer.)
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)


def test_it_is_served_to_anybody_and_valid(home: Home) -> None:
    with api(home) as client:
        served = client("GET", "/v1/openapi.json")
    assert served.headers["content-type"] == "application/json"
    OpenAPIV31SpecValidator(served.json).validate()
    assert {f"{method.upper()} {path}" for path, said in served.json["paths"].items() for method in said} == {
        endpoint.name for endpoint in endpoints()
    }


def test_every_operation_is_told_apart_and_says_what_it_takes() -> None:
    said = document(endpoints())
    operations = [operation for path in said["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["summary"].endswith(".") for operation in operations)


def test_no_number_and_no_name_of_a_person_is_part_of_an_address() -> None:
    for path, operations in document(endpoints())["paths"].items():
        for method, operation in operations.items():
            asked = {one["name"] for one in operation["parameters"] if one["in"] != "header"}
            assert not asked & {"number", "callee", "caller_id", "phone", "name", "person", "token"}, (
                path,
                method,
            )


@contextmanager
def serving(home: Home) -> Iterator[int]:
    """A real `dialpact web` with all that goes on beside its answers; its port. It ends in order."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    text = home.config.read_text("utf-8").replace("127.0.0.1:9080", f"127.0.0.1:{port}")
    text = re.sub(r"requests_per_minute = \d+", "requests_per_minute = 1000000", text)
    home.config.write_text(text, "utf-8")
    program = "from dialpact.cli.app import main; main()"
    with (home.path / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", program, "--config", home.config, "web"], stdin=DEVNULL, stderr=log
        )
    try:
        until(lambda: b'"event": "listening"' in (home.path / "web.log").read_bytes())
        yield port
        assert process.poll() is None
    finally:
        process.terminate()
        assert process.wait(WAIT) == 0


def fuzz(home: Home, folder: Path, *how: str) -> None:
    """With a key that may everything. What it finds is in the message."""
    furnish(home)
    token = key(home, "fuzz", *Scope)
    folder.mkdir()
    with serving(home) as port:
        done = subprocess.run(
            [
                *(
                    sys.executable,
                    "-m",
                    "schemathesis.cli",
                    "run",
                    f"http://127.0.0.1:{port}/v1/openapi.json",
                ),
                *("--checks", ",".join(CHECKS), "--header", f"Authorization: Bearer {token}"),
                *("--suppress-health-check", "all", "--max-failures", "20", "--warnings", "off"),
                *("--workers", "2", *how),
            ],
            cwd=folder,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
            capture_output=True,
            text=True,
            check=False,
        )
    said = [json.loads(line) for line in (home.path / "web.log").read_text("utf-8").splitlines()]
    broken = [line for line in said if line["level"] in ("error", "critical")]
    broken = [line for line in broken if line["event"] != "webhook-unsigned"]  # (it has none)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:] + str(broken[:3])
    assert not broken, broken[:3]


@pytest.mark.timeout(240)
def test_nothing_breaks_and_nothing_is_answered_that_is_not_in_it(home: Home, tmp_path: Path) -> None:
    fuzz(home, tmp_path / "fuzz", "--max-examples", "5", "--phases", "examples,coverage,fuzzing")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_nothing_breaks_in_five_minutes(home: Home, tmp_path: Path) -> None:
    fuzz(home, tmp_path / "fuzz", "--max-time", "300", "--max-examples", "100000")
