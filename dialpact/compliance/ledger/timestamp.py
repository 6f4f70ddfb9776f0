"""Timestamps of checkpoints by an authority (RFC 3161): when it was at the latest, in a third party's word.

The extra ``timestamp`` brings the library; without it everything here raises LedgerError. What is stamped is
the SHA-256 of the whole note, so ``openssl ts -verify -data NOTE -in FILE.tsr`` verifies it too.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cryptography.x509 import load_pem_x509_certificates

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import der

REQUEST, RESPONSE = "application/timestamp-query", "application/timestamp-reply"
MOST_BYTES = 1 << 18  # of a response


class Stamp(NamedTuple):
    """``at``: what the authority's clock said. ``accuracy``: by how much it may be wrong; None: not said.

    The library gives ``at`` without its fraction of a second and leaves the accuracy out: both are read here.
    """

    at: datetime
    accuracy: timedelta | None

    @property
    def latest(self) -> datetime:
        """When it was at the latest."""
        return self.at + (self.accuracy or timedelta())


class TimestampRequest(NamedTuple):
    raw: bytes  # DER
    nonce: int


def needed() -> None:
    """LedgerError without the extra."""
    _library()


def ask(note: str) -> TimestampRequest:
    """The request for a note. LedgerError without the extra."""
    library = _library()
    builder = library.TimestampRequestBuilder().data(note.encode())
    request = builder.hash_algorithm(library.HashAlgorithm.SHA256).build()
    return TimestampRequest(request.as_bytes(), request.nonce)


def check_answer(raw: bytes, note: str, nonce: int) -> Stamp:
    """When the authority says it was, if this answers that request. Who signed it, :func:`verify` tells."""
    response = _decoded(raw)
    if response.tst_info.nonce != nonce:
        raise LedgerError("the timestamp answers another request")
    _check_hash(response, note)
    return _stamp(response)


def verify(raw: bytes, note: str, roots: bytes) -> Stamp:
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
    return _stamp(response)


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


def _stamp(response: Any) -> Stamp:
    """From TSTInfo itself (RFC 3161, 2.4.2); the library has read it too: both must have the same second."""
    try:
        found = _read(response.time_stamp_token())
    except (ValueError, LookupError, OverflowError) as error:
        raise LedgerError(f"no timestamp: {error}") from error
    if found.at.replace(microsecond=0) != response.tst_info.gen_time:
        raise LedgerError("no timestamp: its time can be read in two ways")
    return found


def _read(token: bytes) -> Stamp:
    """ContentInfo, SignedData, EncapsulatedContentInfo, TSTInfo."""
    _, explicit = der.values(der.only(token, der.SEQUENCE))
    signed = der.values(der.only(explicit.content, der.SEQUENCE))
    _, content = der.values(signed[2].content)
    _version, _policy, _imprint, _serial, time, *rest = der.values(
        der.only(der.only(content.content, der.OCTETS), der.SEQUENCE)
    )
    if time.tag != der.GENERALIZED_TIME:
        raise ValueError("no time where it should be")
    accuracy = accuracy_of(rest[0].content) if rest and rest[0].tag == der.SEQUENCE else None
    return Stamp(time_of(time.content.decode("ascii")), accuracy)


def time_of(text: str) -> datetime:
    """GeneralizedTime: in UTC, to the second, or with a fraction that does not end in 0."""
    found = re.fullmatch(r"(\d{14})(?:\.(\d*[1-9]))?Z", text, re.ASCII)
    if found is None:
        raise ValueError(f"no time: {text!r}")
    # What is finer than we can say counts as later, never as earlier.
    fraction = -(-int((found[2] or "0").ljust(6, "0")) // 10 ** max(0, len(found[2] or "") - 6))
    return datetime.strptime(found[1] + "+0000", "%Y%m%d%H%M%S%z") + timedelta(microseconds=fraction)


def accuracy_of(content: bytes) -> timedelta:
    """Seconds, then millis [0], then micros [1], each only where there are some."""
    units = {
        der.INTEGER: timedelta(seconds=1),
        0x80: timedelta(milliseconds=1),
        0x81: timedelta(microseconds=1),
    }
    total = timedelta()
    for one in der.values(content):
        size = der.number(one.content)
        if size < 0 or (one.tag != der.INTEGER and not 1 <= size <= 999):
            raise ValueError("no accuracy")
        total += size * units.pop(one.tag)
    return total
