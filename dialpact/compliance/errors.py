"""Failures. A block is a value (:class:`dialpact.compliance.model.Decision`), never an exception."""

from __future__ import annotations


class DialpactError(Exception):
    """Something failed; the class docstring is the message when none is given."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class ConfigError(DialpactError):
    """The configuration is not usable."""


class ConfigForbidden(ConfigError):
    """The configuration may not be read by this user."""


class ProfileError(DialpactError):
    """The profile is not usable."""


class CalendarError(DialpactError):
    """The calendar file is not usable."""


class AreaError(DialpactError):
    """The file of area codes is not usable."""


class NotPermitted(DialpactError):
    """The actor may not do this."""


class StoreError(DialpactError):
    """The store can not be used now: what was to be written may be tried again."""


class StoreGone(StoreError):
    """The database file is missing or was replaced while it was open."""


class StoreNewer(StoreError):
    """Another program has brought the database to a version that this one does not know."""


class StoreBusy(StoreError):
    """The database is locked by another process."""


class StoreRefused(DialpactError):
    """The store refuses what was to be written, and always will: to try again only holds up all others."""


class RegisterError(DialpactError):
    """The register refuses this entry."""


class RecordingError(DialpactError):
    """The recording can not be made or read."""


class LedgerError(DialpactError):
    """The ledger, its key or a signature can not be relied on."""


class NoRoom(StoreError):
    """There is too little room on the disk."""
