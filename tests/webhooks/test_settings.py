"""``[webhooks.NAME]``: what may stand there. The file alone says where something is sent."""

from __future__ import annotations

import pytest

from dialpact.compliance import config as configuration
from dialpact.compliance.errors import ConfigError
from dialpact.compliance.webhooks.settings import EVENTS, WebhookConfig, is_near
from tests.cli.conftest import Home


def loaded(home: Home, *lines: str, name: str = "crm") -> WebhookConfig:
    text = home.config.read_text("utf-8")
    home.config.write_text("\n".join([text, f"[webhooks.{name}]", *lines, ""]), "utf-8")
    return configuration.load(home.config).webhooks[name]


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example/hook?token=a-b_c",
        "https://192.0.2.1:8443/",
        "http://127.0.0.1:1/x",
        "http://[::1]:8080/",
        "http://localhost/x",
        "http://10.1.2.3/",
        "http://172.31.0.1/",
        "http://192.168.1.1/",
        "http://169.254.3.4/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
    ],
)
def test_where_something_may_be_sent(home: Home, url: str) -> None:
    hook = loaded(home, f'url = "{url}"')
    assert hook == WebhookConfig(url=url) and hook.events == EVENTS


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://x/", "not an http or https address"),
        ("https://", "not an http or https address"),
        ("crm.example", "not an http or https address"),
        ("https://x:0/", "not an http or https address"),
        ("https://x:99999/", "url: Port"),
        ("https://u:p@x/", "without user"),
        ("https://x/#a", "without user and fragment"),
        ("https://x/a b", "no spaces"),
        ("https://x/\\u0007", "no spaces"),
        ("https://\\u00e9.example/", "ASCII"),
        ("http://crm.lan/", "others could read along"),
        ("http://192.0.2.1/", "others could read along"),
        ("http://172.32.0.1/", "others could read along"),
        ("http://[2001:db8::1]/", "others could read along"),
        ("http://0.0.0.0/", "others could read along"),
        ("http://127.0.0.1.example/", "others could read along"),
    ],
)
def test_where_nothing_may_be_sent(home: Home, url: str, why: str) -> None:
    with pytest.raises(ConfigError, match=r"\[webhooks\.crm\] url: ") as raised:
        loaded(home, f'url = "{url}"')
    assert why in str(raised.value)


def test_who_says_so_may_be_sent_to_in_the_clear(home: Home) -> None:
    assert loaded(home, 'url = "http://crm.lan/"', "plain_http = true").plain_http


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (('url = "https://x/"', 'events = ["decision.allowed"]'), "events"),
        (('url = "https://x/"', "events = []"), "events is empty"),
        (('url = "https://x/"', "signing = []"), "signing is empty"),
        (('url = "https://x/"', 'signing = ["v2"]'), "signing"),
        (('url = "https://x/"', "urls = []"), "urls"),
        (('url = "https://x/"', 'digest_at = "24:00"'), "digest_at"),
        (('url = "https://x/"', "complaint_days = -1"), "complaint_days"),
        (("numbers = true",), "url"),
    ],
)
def test_what_else_is_refused(home: Home, lines: tuple[str, ...], why: str) -> None:
    with pytest.raises(ConfigError, match="webhooks") as raised:
        loaded(home, *lines)
    assert why in str(raised.value)


def test_a_name_is_of_letters(home: Home) -> None:
    with pytest.raises(ConfigError, match="letters, digits"):
        loaded(home, 'url = "https://x/"', name='"a/b"')


@pytest.mark.parametrize(
    ("host", "near"), [("127.9.9.9", True), ("8.8.8.8", False), ("crm", False), ("::2", False)]
)
def test_what_is_near(host: str, near: bool) -> None:
    assert is_near(host) is near
