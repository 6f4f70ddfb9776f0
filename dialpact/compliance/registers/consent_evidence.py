"""A file that proves a consent (a recording, a form): its id is its SHA-256, and its name in the folder.

A plain register without a noun of its own at the shell: `dialpact consent` and the API put files in.
"""

from __future__ import annotations

from dialpact.compliance.registers.cell import sha256
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.plain import PlainEntry, PlainRegister, Words

MOST = 20 << 20  # bytes
# What is taken: nothing that a browser or a shell would run.
MEDIA_TYPES = (
    *("audio/wav", "audio/mpeg", "audio/ogg", "audio/mp4", "audio/flac", "audio/amr"),
    *("application/pdf", "image/png", "image/jpeg", "text/plain"),
)
# As files are called at the shell.
_ENDINGS = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "m4a": "audio/mp4",
    "mp4": "audio/mp4",
    "flac": "audio/flac",
    "amr": "audio/amr",
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "txt": "text/plain",
}


class ConsentEvidence(PlainEntry, frozen=True, kw_only=True):
    bytes: int
    media_type: str  # as whoever brought it said; nothing is believed of it


REGISTER = PlainRegister(
    "consent-evidence",
    ConsentEvidence,
    en=Words(
        "Proof of a consent",
        "The files that prove consents.",
        {"bytes": "Bytes", "media_type": "Kind"},
    ),
    zh=Words("同意证据文件", "证明同意的文件。", {"bytes": "字节数", "media_type": "类型"}),
)


def evidence(digest: str, size: int, media_type: str) -> ConsentEvidence:
    """Fault for nothing, for too much, and for what is of another kind."""
    if not size:
        raise Fault("proof-empty")
    if size > MOST:
        raise Fault("proof-too-large", limit=f"{MOST >> 20} MB")
    if media_type not in MEDIA_TYPES:
        raise Fault("proof-kind", value=shown(media_type), known=", ".join(MEDIA_TYPES))
    return ConsentEvidence(id=sha256(digest, "sha256"), bytes=size, media_type=media_type)


def media_type_of(name: str) -> str:
    """By the ending of a file's name. Fault for one that is none of ours."""
    _, dot, ending = name.rpartition(".")
    if not dot or (found := _ENDINGS.get(ending.lower())) is None:
        raise Fault("proof-kind", value=shown(name), known=", ".join(_ENDINGS))
    return found
