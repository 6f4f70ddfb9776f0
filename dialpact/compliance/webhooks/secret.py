"""The file with a receiver's keys: a line a key, the newest first; one that was replaced says until when.

whsk_...
whsec_...
whsk_... until 2026-12-01T02:00:00.000000Z
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from dialpact.compliance import masking
from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.config import Config
from dialpact.compliance.errors import ConfigError
from dialpact.compliance.webhooks.settings import Scheme, WebhookConfig
from dialpact.compliance.webhooks.signature import WebhookKey

MOST_BYTES = 16_384
UNTIL = " until "


def file_of(config: Config, name: str) -> Path:
    """Of a receiver that is configured."""
    return config.path(config.webhooks[name].secret_file or f"webhook-{name}.secret")


def load(config: Config, name: str) -> Sequence[WebhookKey]:
    """All keys in the file. ConfigError names the file: missing, no key, open to others."""
    file = file_of(config, name)
    place = f"[webhooks.{name}] secret_file {file}"
    try:
        with file.open("rb") as opened:
            mode, content = os.fstat(opened.fileno()).st_mode, opened.read(MOST_BYTES + 1)
        lines = content.decode("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{place}: {getattr(error, 'strerror', None) or 'not ASCII'}") from error
    if mode & 0o077:
        raise ConfigError(f"{place}: others can read it (chmod 600)")
    if len(content) > MOST_BYTES:
        raise ConfigError(f"{place}: too long")
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        text, _, until = line.strip().partition(UNTIL)
        try:
            found.append(WebhookKey(text, instant(until) if until else None))
        except ValueError as error:  # (which may quote the time, but no key)
            raise ConfigError(f"{place}, line {number}: {error}") from None
        if until and not until.endswith("Z"):
            raise ConfigError(f"{place}, line {number}: a time in UTC ends with Z")
        masking.hide(text)
    if not any(key.until is None for key in found):
        raise ConfigError(f"{place}: no key in it")
    return found


def in_force(keys: Iterable[WebhookKey], hook: WebhookConfig, now: datetime) -> Sequence[WebhookKey]:
    """Those that sign now, in the order of ``signing``; of one scheme the newest first."""
    valid = [key for key in keys if key.until is None or key.until > now]
    return [key for scheme in hook.signing for key in valid if key.scheme == scheme]


def missing(keys: Iterable[WebhookKey], hook: WebhookConfig) -> Sequence[Scheme]:
    """The ways of signing that these have no lasting key for."""
    there = {key.scheme for key in keys if key.until is None}
    return [scheme for scheme in hook.signing if scheme not in there]


def lines(keys: Iterable[WebhookKey]) -> str:
    """As they stand in the file."""
    return "".join(f"{key.text}{UNTIL + stamp(key.until) if key.until else ''}\n" for key in keys)
