"""A profile refuses to load rather than to mean something else, and says where it is wrong."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest

from dialpact.compliance import profile
from dialpact.compliance.errors import ProfileError
from dialpact.compliance.model import PolicyVersion
from dialpact.compliance.profile import Policy
from dialpact.compliance.sections import Section
from tests.compliance.world import CALENDAR, HUBEI, changed

TEXT = files("dialpact.compliance").joinpath("profiles", "cn-hubei-2018.toml").read_text(encoding="utf-8")


def test_the_covenant_as_shipped() -> None:
    assert HUBEI.id == "cn-hubei-2018"
    assert HUBEI.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert HUBEI.hours is not None and HUBEI.hours.guard_seconds == 60
    assert [str(span) for span in HUBEI.hours.spans] == ["08:00-12:00", "14:00-18:30"]
    assert HUBEI.recording is not None and HUBEI.recording.retention_months == 12
    section = HUBEI.section("recording")
    assert section is not None and section.clause == "所有营销外呼行为均保留至少12个月的电话录音"
    assert HUBEI.section("caps") is None


@pytest.mark.parametrize("name", profile.names())
def test_every_shipped_profile_loads_under_its_name(name: str) -> None:
    assert profile.load(name).id == name


def test_a_path(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(TEXT.replace('id = "cn-hubei-2018"', 'id = "ours"'))
    assert profile.load(file).id == profile.load(str(file)).id == "ours"
    assert profile.load(file).sha256 != HUBEI.sha256


@pytest.mark.parametrize("name", ["", "nowhere", "..", "../policy", "CN-HUBEI-2018", "cn-hubei-2018 "])
def test_an_unknown_name(name: str) -> None:
    with pytest.raises(ProfileError, match=r"there are: .*cn-hubei-2018|No such file"):
        profile.load(name)


def test_a_shipped_profile_has_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "ours.toml").write_text(TEXT)
    monkeypatch.setattr(profile, "files", lambda _: tmp_path)
    with pytest.raises(ProfileError, match="ours: calls itself 'cn-hubei-2018'"):
        profile.load("ours")


def test_an_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="No such file"):
        profile.load(tmp_path / "none.toml")
    with pytest.raises(ProfileError, match="not UTF-8"):
        profile.parse(TEXT.encode("gb18030"), "x.toml")


def line_of(text: str, start: str, after: str = "") -> int:
    lines = text.splitlines()
    first = lines.index(after) if after else 0
    return next(number for number, line in enumerate(lines, 1) if number > first and line.startswith(start))


BROKEN = [
    ('timezone = "Asia/Shanghai"', 'timezone = "Asia/Wuhan"', "no such time zone: 'Asia/Wuhan'", "timezone"),
    ('timezone = "Asia/Shanghai"', 'timezone = ""', "no such time zone", "timezone"),
    ('id = "cn-hubei-2018"', 'id = "Hubei 2018"', "lower-case", "id"),
    ('version = "1"', 'version = " "', "must not be empty", "version"),
    ('version = "1"', "version = 1", "Expected `str`", "version"),
    ('version = "1"', 'version = "1"\nlunch = "no"', "unknown field `lunch`", "lunch"),
    ("guard_seconds = 60", "guard_second = 60", "unknown field `guard_second`", "guard_second"),
    ("guard_seconds = 60", "guard_seconds = -1", "0 to 3600", "guard_seconds"),
    ("guard_seconds = 60", "guard_seconds = 3601", "0 to 3600", "guard_seconds"),
    ("guard_seconds = 60", 'guard_seconds = "60"', "Expected `int`", "guard_seconds"),
    ('["08:00-12:00", "14:00-18:30"]', "[]", "must not be empty", "windows"),
    ('["08:00-12:00", "14:00-18:30"]', '["8:00-12:00"]', "not of the form", "windows"),
    ('["08:00-12:00", "14:00-18:30"]', '["08:00-12:00\\n"]', "not of the form", "windows"),
    ('["08:00-12:00", "14:00-18:30"]', '["12:00-08:00"]', "ends before it starts", "windows"),
    ('["08:00-12:00", "14:00-18:30"]', '["08:00-08:00"]', "ends before it starts", "windows"),
    ('["08:00-12:00", "14:00-18:30"]', '["08:00-24:01"]', "after midnight", "windows"),
    ('["08:00-12:00", "14:00-18:30"]', '["08:00-12:00", "11:59-18:30"]', "overlap", "windows"),
    ('["08:00-12:00", "14:00-18:30"]', '["08:00-12:00", "12:00-18:30"]', "touch", "windows"),
    ('["08:00-12:00", "14:00-18:30"]', '["14:00-18:30", "08:00-12:00"]', "not in order", "windows"),
    (
        '["08:00-12:00", "14:00-18:30"]',
        '["08:00-12:00", "14:00-14:01"]',
        "leaves nothing of 14:00-14:01",
        "guard_s",
    ),
    ('regions = ["CN"]', "regions = []", "must not be empty", "regions"),
    ('regions = ["CN"]', 'regions = ["CN", "XX"]', "unknown 'XX'", "regions"),
    ('scopes = ["all", "industry", "business"]', "scopes = []", "must not be empty", "scopes"),
    ('scopes = ["all", "industry", "business"]', 'scopes = ["industry"]', '"all" is missing', "scopes"),
    ('scopes = ["all", "industry", "business"]', 'scopes = ["all", "all"]', "twice", "scopes"),
    (
        'scopes = ["all", "industry", "business"]',
        'scopes = ["all", "brand"]',
        "Invalid enum value 'brand'",
        "scopes",
    ),
    ('kind = "working"', 'kind = "weekdays"', "Invalid enum value", "kind"),
    ('kind = "working"', "kind = []", "must not be empty", "kind"),
    ('kind = "working"', 'kind = ["mon", "mon"]', "twice", "kind"),
    ("retention_months = 12", "retention_months = 0", "1 or more", "retention_months"),
    ("retention_months = 12", "retention_months = -1", "1 or more", "retention_months"),
    (
        "effective_from = 2018-12-14",
        "effective_from = 2018-12-14T00:00:00",
        "Expected `date`",
        "effective_from",
    ),
    ('purposes = ["marketing"]', "purposes = []", "must not be empty", "purposes"),
    ('purposes = ["marketing"]', 'purposes = ["sales"]', "unknown 'sales'", "purposes"),
    ('purposes = ["marketing"]', 'purposes = ["*", "marketing"]', "name nothing else", "purposes"),
    (
        'clause = "工作日8时至18时30分之间，且午休时间(12时至14时)不得打扰用户"',
        'clause = ""',
        "not be empty",
        "clause",
    ),
    ('source = "湖北日报，2018-12-15"', 'source = ""', "must not be empty", "source"),
]


@pytest.mark.parametrize(("old", "new", "reason", "key"), BROKEN)
def test_it_refuses_with_file_line_and_reason(old: str, new: str, reason: str, key: str) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    after = "[hours]" if key in ("purposes", "effective_from", "clause", "source") else ""
    with pytest.raises(ProfileError) as error:
        profile.parse(text.encode(), "ours.toml")
    assert reason in str(error.value)
    assert str(error.value).startswith(f"ours.toml, line {line_of(text, key, after)}: ")


def test_a_section_that_lacks_a_key_is_named_by_its_line() -> None:
    text = TEXT.replace("effective_from = 2018-12-14\n", "", 1)
    with pytest.raises(ProfileError, match=rf"line {line_of(text, '[hours]')}: .*`effective_from`"):
        profile.parse(text.encode(), "ours.toml")


def test_bad_toml_keeps_the_parsers_line() -> None:
    with pytest.raises(ProfileError, match=r"x\.toml: .*line 2"):
        profile.parse(b'id = "a"\nid = "b"\n', "x.toml")


def test_a_profile_of_no_rules_would_permit_everything() -> None:
    head = TEXT[: TEXT.index("[hours]")]
    with pytest.raises(ProfileError, match="would permit every call"):
        profile.parse(head.encode(), "x.toml")


def test_the_hash_can_not_be_claimed_by_the_file() -> None:
    with pytest.raises(ProfileError, match="unknown field `sha256`"):
        profile.parse(('sha256 = "00"\n' + TEXT).encode(), "x.toml")


def test_sections_made_in_code_are_checked_too() -> None:
    assert HUBEI.hours is not None
    with pytest.raises(ValueError, match="overlap"):
        msgspec.structs.replace(HUBEI.hours, windows=("08:00-12:00", "11:00-13:00"))


def test_every_rule_of_the_engine_has_its_section() -> None:
    from dialpact.compliance.policy import RULES

    sections = {name for name in HUBEI.__struct_fields__ if isinstance(getattr(HUBEI, name), Section)}
    # [suspension] says what leads to one; those in force bind everybody. The others are other profiles'.
    assert sections - {"suspension"} == set(RULES) - {"actor", "registration", "trial"}


def test_a_policy_needs_a_profile() -> None:
    with pytest.raises(ProfileError, match="would permit everything"):
        Policy((), CALENDAR)
    with pytest.raises(ProfileError, match="twice"):
        Policy((HUBEI, HUBEI), CALENDAR)


def test_a_policy_tells_its_versions_and_regions() -> None:
    policy = Policy((HUBEI, changed(id="other")), CALENDAR)
    assert policy.regions == ("CN",)
    assert policy.versions[0] == PolicyVersion(profile="cn-hubei-2018", version="1", sha256=HUBEI.sha256)
    assert [version.profile for version in policy.versions] == ["cn-hubei-2018", "other"]


def test_profiles_without_a_common_region() -> None:
    french = changed(id="fr", numbers={"regions": ("FR",)})
    with pytest.raises(ProfileError, match="no region in common"):
        Policy((HUBEI, french), CALENDAR)
