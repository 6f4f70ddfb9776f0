"""Signing in by an identity provider: what is believed of it, and what is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from joserfc.jwk import OctKey, RSAKey

from dialpact.application.accounts import register, sign_in
from dialpact.application.accounts.desk import Desk
from dialpact.application.accounts.provider import Begun, Provider
from dialpact.application.accounts.sign_in import Caller, Opened
from dialpact.compliance import config as configuration
from dialpact.compliance.config import OidcConfig, WebConfig
from dialpact.compliance.errors import ConfigError
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.session import Way
from tests.application.accounts import idp as provider
from tests.application.accounts.conftest import Office
from tests.application.accounts.idp import CLIENT, SECRET, Idp
from tests.application.accounts.test_signing_in import CHEAP
from tests.cli.conftest import Home

HERE = Caller("10.0.0.7", "Firefox")


class Site:
    def __init__(self, office: Office, idp: Idp, **more: Any) -> None:
        self.office, self.idp = office, idp
        oidc = OidcConfig(issuer=idp.issuer, client_id=CLIENT, **more)
        web = WebConfig(base_url="https://calls.example", oidc=oidc)
        self.desk = Desk(msgspec.structs.replace(office.config, web=web), CHEAP)

    @property
    def provider(self) -> Provider:
        assert self.desk.provider is not None
        return self.desk.provider

    async def begin(self, to: str = "/calls") -> Begun:
        return await self.provider.begin(self.office.clock.now(), to)

    async def ends(self, given: dict[str, str], flow: str) -> tuple[Opened, str]:
        now = self.office.clock.now()
        return await sign_in.by_provider(self.desk, self.office.store, now, HERE, given=given, flow=flow)

    async def signs_in(self, **claims: Any) -> Opened:
        begun = await self.begin()
        given = self.idp.authorise(begun.address, self.office.clock.now(), **claims)
        return (await self.ends(given, begun.flow))[0]

    async def refused(self, **claims: Any) -> str:
        with pytest.raises(Fault) as refused:
            await self.signs_in(**claims)
        return refused.value.key


@pytest.fixture
async def idp() -> AsyncIterator[Idp]:
    async with provider.serving() as found:
        yield found


@pytest.fixture
async def site(office: Office, idp: Idp) -> Site:
    (office.home.path / "oidc.secret").write_text(SECRET)
    found = Site(office, idp)
    made = await register.add(
        office.context, found.desk.keys, "chen", name="陈明", role="officer", subject="u-1"
    )
    assert made.token == ""  # no link: there is no password
    return found


async def test_who_has_an_account_is_in(office: Office, site: Site) -> None:
    begun = await site.begin("/complaints")
    given = site.idp.authorise(begun.address, office.clock.now())
    found, to = await site.ends(given, begun.flow)
    who = await office.who(found.token)
    assert who is not None and who.account.id == "chen" and who.session.way is Way.PROVIDER
    assert to == "/complaints"


async def test_who_has_none_is_not(office: Office, site: Site) -> None:
    assert await site.refused(sub="u-2") == "provider-no-account"
    assert await site.refused(sub="chen") == "provider-no-account"
    await register.disable(office.context, "chen", reason="left")
    assert await site.refused() == "provider-no-account"


async def test_what_comes_back_comes_from_here_and_once(office: Office, site: Site) -> None:
    begun, other = await site.begin(), await site.begin()
    given = site.idp.authorise(begun.address, office.clock.now())
    again = site.idp.authorise(other.address, office.clock.now())
    for fields, flow in (
        ({**given, "state": "x"}, begun.flow),
        (given, other.flow),  # another browser's
        ({**again, "iss": "https://evil.example"}, other.flow),
        (again, other.flow),  # (its state is used)
    ):
        with pytest.raises(Fault, match="provider refused"):
            await site.ends(fields, flow)
    third = await site.begin()
    given = site.idp.authorise(third.address, office.clock.now())
    await site.ends(given, third.flow)
    with pytest.raises(Fault, match="provider refused"):
        await site.ends(given, third.flow)
    late = await site.begin()
    given = site.idp.authorise(late.address, office.clock.now())
    office.clock.forward(minutes=10)
    with pytest.raises(Fault, match="provider refused"):
        await site.ends(given, late.flow)
    said = await site.begin()
    state = site.idp.authorise(said.address, office.clock.now())["state"]
    with pytest.raises(Fault, match="provider refused"):
        await site.ends({"error": "access_denied", "state": state}, said.flow)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["another"]},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"auth_time": None},
        {"auth_time": "yesterday"},
        {"azp": "another", "aud": [CLIENT, "another"]},
    ],
)
async def test_a_token_that_is_not_for_this_request(site: Site, claims: dict[str, Any]) -> None:
    site.idp.claims = claims
    assert await site.refused() == "provider-refused"


async def test_a_token_that_it_has_not_signed(office: Office, site: Site) -> None:
    site.idp.algorithm = "none"
    assert await site.refused() == "provider-refused"
    site.idp.algorithm, site.idp.signs = "RS256", RSAKey.generate_key(2048, {"kid": "one"})
    assert await site.refused() == "provider-refused"
    shared = OctKey.import_key(SECRET, {"kid": "one"})  # whoever knows what both share
    site.idp.algorithm, site.idp.signs = "HS256", shared  # type: ignore[assignment]
    assert await site.refused() == "provider-refused"
    site.idp.algorithm, site.idp.signs = "RS256", site.idp.key
    await site.signs_in()


async def test_a_key_that_is_new_is_looked_for(office: Office, site: Site) -> None:
    await site.signs_in()
    site.idp.key = site.idp.signs = RSAKey.generate_key(2048, {"kid": "two"})
    assert await site.refused() == "provider-refused"  # looked for a moment ago
    office.clock.forward(minutes=1)
    await site.signs_in()
    assert site.idp.asked.count("/keys") == 2
    assert site.idp.asked.count("/.well-known/openid-configuration") == 1


async def test_two_factors_are_wanted_of_it(office: Office, idp: Idp, site: Site) -> None:
    for claims in ({"amr": ["pwd"]}, {"amr": None}, {"amr": []}, {"amr": None, "acr": "1"}):
        site.idp.claims = claims
        assert await site.refused() == "provider-one-factor", claims
    site.idp.claims = {"amr": "mfa"}
    assert await site.refused() == "provider-refused"  # no list
    other = Site(office, idp, amr=(), acr=("urn:strong",))
    idp.claims = {"acr": "urn:strong", "amr": None}
    await other.signs_in()
    begun = await other.begin()
    assert "acr_values=urn%3Astrong" in begun.address


async def test_a_sign_in_there_that_is_old(office: Office, site: Site) -> None:
    assert "max_age=43200" in (await site.begin()).address
    at = int(office.clock.now().timestamp())
    await site.signs_in(auth_time=at - 43_200)
    assert await site.refused(auth_time=at - 43_200 - 61) == "provider-old"


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
async def test_when_it_does_not_answer(office: Office, site: Site, path: str) -> None:
    site.idp.broken = {path}
    with pytest.raises(Fault, match="provider away"):
        await site.signs_in()


async def test_what_it_must_not_say_of_itself(site: Site) -> None:
    for document in (
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": ""},
        {"authorization_endpoint": "javascript:alert(1)"},
    ):
        site.idp.document = document
        with pytest.raises(ConfigError, match=r"web\.oidc"):
            await site.begin()


async def test_two_accounts_are_not_one_person(office: Office, site: Site) -> None:
    with pytest.raises(Fault, match="account subject"):
        await register.add(office.context, site.desk.keys, "li", name="x", role="officer", subject="u-1")


async def test_one_that_sql_has_named_is_nobody(office: Office, site: Site) -> None:
    made = await register.add(office.context, site.desk.keys, "root2", name="x", role="administrator")
    office.sql("UPDATE account SET subject = 'u-9' WHERE id = ?", made.account.id)
    assert await site.refused(sub="u-9") == "provider-no-account"


async def test_without_one(office: Office) -> None:
    desk = Desk(office.config)
    with pytest.raises(Fault, match="provider none"):
        await sign_in.by_provider(desk, office.store, office.clock.now(), HERE, given={}, flow="")


@pytest.mark.parametrize(
    ("issuer", "fits"),
    [("https://id.example", True), ("http://127.0.0.1:9", True), ("http://id.example", False), ("x", False)],
)
def test_an_issuer_goes_over_tls(home: Home, issuer: str, fits: bool) -> None:
    text = home.config.read_text("utf-8")
    home.config.write_text(f'{text}\n[web.oidc]\nissuer = "{issuer}"\nclient_id = "x"\n', "utf-8")
    if fits:
        assert configuration.load(home.config).web.oidc is not None
    else:
        with pytest.raises(ConfigError, match="issuer"):
            configuration.load(home.config)
