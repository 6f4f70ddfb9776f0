"""Timestamps of checkpoints by an authority (RFC 3161): when it was at the latest, in a third party's word.

The extra ``timestamp`` brings the library; without it everything here raises LedgerError. What is stamped is
the SHA-256 of the whole note, so ``openssl ts -verify -data NOTE -in FILE.tsr`` verifies it too.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, NamedTuple

from cryptography.x509 import load_pem_x509_certificates

from dialpact.compliance.errors import LedgerError

REQUEST, RESPONSE = "application/timestamp-query", "application/timestamp-reply"
MOST_BYTES = 1 << 18  # of a response


class TimestampRequest(NamedTuple):
    raw: bytes  # DER
    nonce: int


def ask(note: str) -> TimestampRequest:
    """The request for a note. LedgerError without the extra."""
    library = _library()
    builder = library.TimestampRequestBuilder().data(note.encode())
    request = builder.hash_algorithm(library.HashAlgorithm.SHA256).build()
    return TimestampRequest(request.as_bytes(), request.nonce)


def check_answer(raw: bytes, note: str, nonce: int) -> datetime:
    """When the authority says it was, if this answers that request. Who signed it, :func:`verify` tells."""
    response = _decoded(raw)
    if response.tst_info.nonce != nonce:
        raise LedgerError("the timestamp answers another request")
    _check_hash(response, note)
    return _time(response)


def verify(raw: bytes, note: str, roots: bytes) -> datetime:
    """When ``note`` was there at the latest. ``roots``: the authority's certificates in PEM, as you got them.

    LedgerError: no timestamp, of another note, not signed by an authority under ``roots``.
    """
    library, response = _library(), _decoded(raw)
    try:
        certificates = load_pem_x509_certificates(roots)
    except ValueError as error:
        raise LedgerError("no certificate in PEM") from error
    _check_hash(response, note)
    builder = library.VerifierBuilder()
    for certificate in certificates:
        builder = builder.add_root_certificate(certificate)
    try:
        builder.build().verify_message(response, note.encode())
    except (library.VerificationError, ValueError) as error:
        raise LedgerError(f"the timestamp does not hold: {error}") from error
    return _time(response)


def _library() -> Any:
    try:
        import rfc3161_client
    except ImportError as error:
        raise LedgerError(
            "timestamps need an extra that is not installed: pip install 'dialpact[timestamp]'"
        ) from error
    return rfc3161_client


def _decoded(raw: bytes) -> Any:
    library = _library()
    if len(raw) > MOST_BYTES:
        raise LedgerError("no timestamp: too long")
    try:
        response = library.decode_timestamp_response(raw)
        status = library.PKIStatus(response.status)
    except ValueError as error:
        raise LedgerError(f"no timestamp: {error}") from error
    if status is not library.PKIStatus.GRANTED:
        said = ", ".join(map(str, response.status_string))
        raise LedgerError(f"the authority refused: {status.name}{': ' if said else ''}{said}")
    return response


def _check_hash(response: Any, note: str) -> None:
    if response.tst_info.message_imprint.message != hashlib.sha256(note.encode()).digest():
        raise LedgerError("the timestamp is of another checkpoint, or of one that was changed")


def _time(response: Any) -> datetime:
    found = response.tst_info.gen_time
    assert isinstance(found, datetime)
    return found
