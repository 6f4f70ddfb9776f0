"""The OpenAPI document: valid, whole, served to anybody, and kept: schemathesis asks all that it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from dialpact.compliance.registers.api_key import Scope
from dialpact.web.api.document import document
from dialpact.web.api.routing import endpoints
from tests.cli.conftest import Home
from tests.web.api.client import api, key
from tests.web.api.furnished import furnish

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
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


def fuzz(home: Home, folder: Path, *how: str) -> None:
    """With a key that may everything. What it finds is in the message."""
    text = home.config.read_text("utf-8")
    home.config.write_text(re.sub(r"requests_per_minute = \d+", "requests_per_minute = 1000000", text))
    furnish(home)
    token = key(home, "fuzz", *Scope)
    folder.mkdir()
    with api(home) as client:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run"),
                f"http://127.0.0.1:{client.asker.port}/v1/openapi.json",
                *("--checks", ",".join(CHECKS), "--header", f"Authorization: Bearer {token}"),
                *("--suppress-health-check", "all", "--max-failures", "20", "--warnings", "off", *how),
            ],
            cwd=folder,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]


@pytest.mark.timeout(240)
def test_nothing_breaks_and_nothing_is_answered_that_is_not_in_it(home: Home, tmp_path: Path) -> None:
    fuzz(home, tmp_path / "fuzz", "--max-examples", "10", "--phases", "examples,coverage,fuzzing")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_nothing_breaks_in_five_minutes(home: Home, tmp_path: Path) -> None:
    fuzz(home, tmp_path / "fuzz", "--max-time", "300", "--max-examples", "100000")
