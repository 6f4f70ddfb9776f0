"""The OpenAPI document: valid, whole, served to anybody, and kept: schemathesis asks all that it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import inspect
from openapi_spec_validator import OpenAPIV31SpecValidator

from dialpact.compliance.registers.api_key import Scope
from dialpact.web.api.document import document
from dialpact.web.api.routing import endpoints
from tests.cli.conftest import Home
from tests.web.api.client import api, key, serving
from tests.web.api.furnished import CALL, NUMBER, PACKAGE, RECORDING, SCRUB, furnish

# (Who has no key is not answered: test_authorisation.py; here the limit of such failures would answer.)
CHECKS = (
    "not_a_server_error",
    "negative_data_rejection",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)
WORDS: dict[str, tuple[str, ...]] = {
    "id": (CALL, RECORDING, PACKAGE, SCRUB, "jianghan-s", "1"),
    "number": (NUMBER, "+8613900139000", "02787654321", "110"),
    "callee": (NUMBER,),
    "call": (CALL,),
    "decision": (CALL,),
    "campaign": ("spring", "jianghan-1"),
    "dialpact_campaign": ("spring",),
    "business": ("jianghan", "hanyang"),
    "value": ("jianghan", "保险"),
    "industry": ("loans", "保险"),
    "caller_id": ("02788880007", "02787654321"),
    "trunk": ("carrier",),
    "at": ("2026-11-24T10:00:00+08:00",),
    "called_at": ("2026-11-24T10:00:00+08:00", "2026-11-24"),
    "requested_at": ("2026-11-24T10:00:00+08:00", "2099-01-01T00:00:00Z"),
    "received_at": ("2026-11-25T10:00:00+08:00",),
    "granted_at": ("2026-01-05T10:00:00+08:00", "2026-01-05"),
    "expires_at": ("2027-01-05T10:00:00+08:00", "2026-01-01T00:00:00Z"),
    "evidence_sha256": ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", ""),
    "text": ("您好，这里是江汉公司。", "保证收益"),
    "mapping": ("", "bank"),
    "source": ("12321", "crm"),
    "partner": ("bank",),
    "contract": ("K-1",),
    "basis": ("consent",),
    "scope": ("all", "industry", "business"),
    "evidence": ("form 7",),
    "first": ("2026-01",),
    "last": ("2026-11",),
}


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


def instants(found: object, place: str) -> Iterator[tuple[str, bool]]:
    """Place of each instant in a type, and whether its zone must be said."""
    if isinstance(found, inspect.DateTimeType):
        yield place, found.tz is True
    for part in getattr(found, "types", ()):
        yield from instants(part, place)
    for field in getattr(found, "fields", ()):
        yield from instants(field.type, f"{place}.{field.name}")
    for inner in ("type", "item_type", "value_type"):
        if isinstance(below := getattr(found, inner, None), inspect.Type):
            yield from instants(below, place)


def test_an_instant_is_asked_for_with_its_zone() -> None:
    """Without one it would be the host's."""
    asked = [kind for endpoint in endpoints() for kind in (endpoint.query, endpoint.body) if kind]
    found = dict(each for kind in asked for each in instants(inspect.type_info(kind), str(kind)))
    assert found and [place for place, zoned in found.items() if not zoned] == []


def words(folder: Path) -> None:
    """What is there to be asked about, for schemathesis: it would never guess a campaign's name."""
    lines = []
    for name, known in WORDS.items():
        values = ", ".join(json.dumps(value) for value in known)
        lines += [f"[dictionaries.{name}]", f"values = [{values}]", ""]
    lines.append("[parameters]")
    for name in WORDS:
        for place in ("body", "body.entries[*]", "query", "path"):
            lines.append(f'"{place}.{name}" = {{ dictionary = "{name}", probability = 0.9 }}')
    lines.append('"body.numbers[*]" = { dictionary = "number", probability = 0.9 }')
    # What is too large is refused before it is read: that is a no as well.
    refused = '400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"'
    lines += ["", "[checks.negative_data_rejection]", f"expected-statuses = [{refused}]"]
    (folder / "schemathesis.toml").write_text("\n".join(lines) + "\n", "utf-8")


def fuzz(home: Home, folder: Path, *how: str) -> None:
    """With a key that may everything. What it finds is in the message."""
    furnish(home)
    token = key(home, "fuzz", *Scope)
    folder.mkdir()
    words(folder)
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
    written = (home.path / "web.log").read_text("utf-8")
    assert token not in written and token[-43:] not in written
    said = [json.loads(line) for line in written.splitlines()]
    broken = [line for line in said if line["level"] in ("error", "critical")]
    broken = [line for line in broken if line["event"] != "webhook-unsigned"]  # (it has none)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:] + str(broken[:3])
    assert not broken, broken[:3]


@pytest.mark.timeout(600)
def test_nothing_breaks_and_nothing_is_answered_that_is_not_in_it(home: Home, tmp_path: Path) -> None:
    fuzz(
        home, tmp_path / "fuzz", "--seed", "7", "--max-examples", "5", "--phases", "examples,coverage,fuzzing"
    )


@pytest.mark.long
@pytest.mark.timeout(900)
def test_nothing_breaks_in_five_minutes(home: Home, tmp_path: Path) -> None:
    fuzz(home, tmp_path / "fuzz", "--max-time", "300", "--max-examples", "100000")
