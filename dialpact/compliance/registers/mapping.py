"""What a supplier calls the columns of its files, kept under a name: a field for each column."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import asdict, fields

from dialpact.compliance.registers.column_names import heading
from dialpact.compliance.registers.plain import PlainEntry, PlainRegister, Words

KINDS = ("dnc", "consent", "leads", "caller-id", "carrier-list")


class SupplierMapping(PlainEntry, frozen=True, kw_only=True):
    """Of each column its name in the supplier's files; None: by its own name."""

    number: str | None = None
    area_code: str | None = None
    country_code: str | None = None
    scope: str | None = None
    value: str | None = None
    requested_at: str | None = None
    source: str | None = None
    business: str | None = None
    industry: str | None = None
    granted_at: str | None = None
    expires_at: str | None = None
    evidence: str | None = None
    evidence_sha256: str | None = None
    wording: str | None = None
    withdrawn_at: str | None = None
    do_not_call: str | None = None
    licence: str | None = None
    carrier: str | None = None
    authenticated: str | None = None
    trunks: str | None = None
    purposes: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    sent_as: str | None = None
    holder: str | None = None

    @property
    def mapped(self) -> dict[str, str]:
        """Column: its name in the file."""
        return {column: name for column, name in asdict(self).items() if column != "id" and name is not None}


def _heading(column: str) -> str:
    for kind in KINDS:
        try:
            return heading(kind, column)
        except KeyError:
            continue
    raise TypeError(f"{column}: no register has such a column")


_COLUMNS = tuple(field.name for field in fields(SupplierMapping) if field.name != "id")
_ENGLISH: Mapping[str, str] = {column: column for column in _COLUMNS}
_CHINESE: Mapping[str, str] = {column: _heading(column) for column in _COLUMNS}
MAPPING = PlainRegister(
    "mapping",
    SupplierMapping,
    en=Words("Mapping", "What a supplier calls the columns of its files.", _ENGLISH),
    zh=Words("列对应", "供应方文件中各列的名称。", _CHINESE),
)
