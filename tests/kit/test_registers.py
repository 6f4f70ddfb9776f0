"""Registers put in through plain calls: what counts, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialpact.compliance.config import SAFE_PATH
from dialpact.compliance.errors import ConfigError, ProfileError
from dialpact.compliance.profile import load
from dialpact.testing import BadEntry, Dialpact, FixedClock, Registers
from dialpact.testing.site import made

OTHER = "13900139000"


async def test_every_entry_counts(dialpact: Dialpact) -> None:
    agent, registers = dialpact.agent("1001"), dialpact.registers
    registers.campaign("checkups", industry="health", purpose="service", script="")
    registers.caller_id("02788881111", authenticated=False)
    registers.caller_id("02788882222", valid_to="2026-11-23")
    registers.caller_id("02788883333", purposes=["service"])
    assert (await agent.dials(caller_id="02788881111")).blocked("caller-id-not-authenticated")
    assert (await agent.dials(caller_id="02788882222")).blocked("caller-id-expired")
    assert (await agent.dials(caller_id="02788883333")).blocked("caller-id-unauthorised")
    registers.withdraw_consent("13800138000")
    assert (await agent.dials()).blocked("consent-withdrawn")
    dialpact.clock.forward(hours=1)
    registers.consent("13800138000", granted_at=dialpact.clock.now().isoformat())
    assert (await agent.dials()).allowed
    registers.script("pitch", "Good day, here is Acme.", approved=False)
    assert (await agent.dials()).blocked("script-not-approved")
    registers.script("pitch", "Good day, here is Acme.", expires_at="2026-11-24")
    assert (await agent.dials()).allowed
    registers.suspend("agent", "1001")
    assert (await agent.dials()).blocked("suspended")


async def test_opt_out_of_one_industry(dialpact: Dialpact) -> None:
    dialpact.registers.opt_out("13800138000", scope="industry", value="insurance")
    assert (await dialpact.agent("1001").dials()).allowed


def test_a_registration_with_an_authority(dialpact_registers: Registers) -> None:
    for holder in ("business", "campaign"):
        dialpact_registers.registration("us-tx", holder=holder)
        dialpact_registers.registration("us-tx", holder=holder)  # it is there already
        with pytest.raises(BadEntry, match="other values"):
            dialpact_registers.registration("us-tx", holder=holder, valid_to="2026-12-31")


def test_batch_that_looks_like_range_dialling(dialpact_registers: Registers) -> None:
    """The detector looks at a partner's list here too."""
    assert dialpact_registers.leads("13811110001")["held"] == ""
    assert dialpact_registers.leads(*(f"1391111{n:04d}" for n in range(1000)))["held"] != ""


@pytest.mark.parametrize(
    ("put", "said"),
    [
        (lambda r: r.business(""), "id"),
        (lambda r: r.business("x", actor="nobody"), "nobody"),
        (lambda r: r.campaign("y", business="unknown"), "unknown"),
        (lambda r: r.caller_id("12"), "12"),
        (lambda r: r.caller_id("02712345678", valid_from="2026-13-01"), "2026-13-01"),
        (lambda r: r.consent("1380013800"), "1380013800"),
        (lambda r: r.consent(OTHER, granted_at="yesterday"), "yesterday"),
        (lambda r: r.consent(OTHER, granted_at="2026-11-24", expires_at="2026-11-23"), "2026-11-23"),
        (lambda r: r.withdraw_consent(OTHER), "gave acme no consent"),
        (lambda r: r.opt_out("110"), "110"),
        (lambda r: r.opt_out(OTHER, scope="industry"), "industry"),
        (lambda r: r.leads("13800138000", campaign="none"), "none"),
        (lambda r: r.suspend("campaign", "none"), "none"),
        (lambda r: r.registration("us-tx", holder="campaign", id="none"), "none"),
        (lambda r: r.registration("us-tx", valid_to="2019-12-31"), "2019-12-31"),
        (lambda r: r.script("bad", "You are guaranteed approval 包过"), "script bad is not approved"),
        (lambda r: r.load("dnc", "/nowhere.csv"), "/nowhere.csv"),
    ],
)
def test_what_a_register_refuses(dialpact_registers: Registers, put: object, said: str) -> None:
    with pytest.raises(BadEntry, match=said):
        put(dialpact_registers)  # type: ignore[operator]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_files_of_the_commands(dialpact_registers: Registers, tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "dnc.csv"
    file.write_text(f"number,scope,value,requested_at,source\n{OTHER},business,银行,,网点\n", encoding)
    assert dialpact_registers.load("dnc", file) == 1
    assert dialpact_registers.load("dnc", file) == 0, "it is there already"
    file.write_text("number\n13700137000\n13700137001\n")
    assert dialpact_registers.load("leads", file) == 2
    file.write_text(
        "number,business,licence,carrier,authenticated,trunks,purposes,valid_from,valid_to\n"
        "02788889999,acme,L,C,yes,*,*,2026-01-01,\n"
    )
    assert dialpact_registers.load("caller-id", file) == 1
    file.write_text(
        f"number,business,industry,granted_at,expires_at,evidence\n{OTHER},acme,loans,2026-01-01,,form\n"
    )
    assert dialpact_registers.load("consent", file) == 1


def test_bad_rows_are_told_with_line_and_reason(dialpact_registers: Registers, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(f"number\n{OTHER}\n123\n{OTHER}x\n")
    with pytest.raises(BadEntry, match="2 of 3 rows are bad, nothing was applied") as caught:
        dialpact_registers.load("leads", file)
    assert '"line":3' in str(caught.value) and '"line":4' in str(caught.value)


def test_own_configuration_and_own_profile(tmp_path: Path) -> None:
    """A profile beside the file counts; the file's own database and ports are left alone."""
    profile = tmp_path / "ours.toml"
    profile.write_text(load("cn-hubei-2018").text.replace('id = "cn-hubei-2018"', 'id = "ours"', 1))
    (tmp_path / "dialpact.toml").write_text(
        '[store]\nurl = "sqlite:ours.db"\n[policy]\nprofiles = ["ours.toml"]\nmode = "shadow"\n'
        '[trunks.north]\nendpoint = "north"\n'
    )
    (tmp_path / "kit").mkdir()
    with made(tmp_path / "dialpact.toml", FixedClock(), tmp_path / "kit") as site:
        assert [profile.id for profile in site.policy.profiles] == ["ours"]
        assert (list(site.config.trunks), site.config.policy.mode) == (["north"], "shadow")
        assert site.config.database.exists() and not (tmp_path / "ours.db").exists()
        assert site.config.gate.address == ("127.0.0.1", 0)
        database = site.config.database
    assert not database.exists()


def test_folder_that_asterisk_could_not_be_told(tmp_path: Path) -> None:
    """MixMonitor takes no letters but ours; the name of the user, which is in tmp_path, may have others."""
    folder = tmp_path / "李雷"
    folder.mkdir()
    with made(None, FixedClock(), folder) as site:
        assert SAFE_PATH.fullmatch(site.config.recording.directory)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("[policy]\nprofile = []\n", ConfigError, "unknown field `profile`"),
        (
            '[policy]\nprofiles = ["nowhere"]\n[trunks.a]\nendpoint = "a"\n',
            ProfileError,
            "no profile 'nowhere'",
        ),
    ],
)
def test_own_configuration_with_a_mistake(
    tmp_path: Path, text: str, error: type[Exception], said: str
) -> None:
    (tmp_path / "dialpact.toml").write_text(text)
    with pytest.raises(error, match=said), made(tmp_path / "dialpact.toml", FixedClock(), tmp_path):
        pass
