"""Page 4, the recordings: found, seen, heard under an act, held, kept for longer, checked."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from msgspec.structs import replace

from dialpact.compliance.registers.account import Role
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home
from tests.compliance.store_values import AT
from tests.web.api import recorded
from tests.web.console.recorded_place import ID, NUMBER, OTHER, Place
from tests.web.console.visitor import Visitor, account, console

PATH = f"/recordings/{ID}"
HOSTILE = "<script>alert(1)</script>\"'"


@pytest.fixture
def place(home: Home) -> Place:
    return Place(home)


@pytest.fixture
def at(place: Place) -> Iterator[Visitor]:
    with console(place.home) as visitor:
        visitor.known.accounts["elsewhere"] = account(Role.SUPERVISOR, id="elsewhere", campaigns=("autumn",))
        visitor.known.accounts["agents"] = account(Role.SUPERVISOR, id="agents", agents=("1002",))
        yield visitor


def listed(visitor: Visitor, **fields: str) -> list[str]:
    found = visitor.post("/recordings", fields, htmx=True)
    assert found.status == 200
    return [link.rpartition("/")[2] for link in found.page.links if link.startswith("/recordings/")]


# Found


def test_the_newest_first_and_whose_they_are(at: Visitor) -> None:
    assert [link for link in at.get("/recordings").page.links if link in (PATH, f"/recordings/{OTHER}")] == [
        f"/recordings/{OTHER}",
        PATH,
    ]
    assert listed(at.as_("supervisor")) == [ID]
    assert listed(at.as_("elsewhere")) == listed(at.as_("agents")) == [OTHER]
    assert listed(at.as_("auditor")) == [OTHER, ID]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, [OTHER, ID]),
        ({"number": "13800138000"}, [OTHER, ID]),
        ({"number": "138 0013 8001"}, []),
        ({"campaign": "spring"}, [ID]),
        ({"campaign": HOSTILE}, []),
        ({"agent": "1002"}, [OTHER]),
        ({"state": "kept"}, [ID]),
        ({"state": "unseen"}, [OTHER]),
        ({"state": "disposed"}, []),
        ({"since": "2026-11-24", "until": "2026-11-24"}, [OTHER, ID]),
        ({"since": "2026-11-25"}, []),
        ({"until": "2026-11-23"}, []),
        ({"held": "true"}, []),
        ({"complained": "true"}, []),
        ({"complaint": "7"}, []),
    ],
)
def test_what_is_asked_for(at: Visitor, fields: dict[str, str], found: list[str]) -> None:
    assert listed(at, **fields) == found


def test_what_names_a_person_goes_into_no_address(at: Visitor) -> None:
    for field in ("number", "agent"):
        assert at.get(f"/recordings?{field}=13800138000").status == 422
    assert [one.method for one in at.get("/recordings").page.forms if one.action == "/recordings"] == ["post"]


def test_by_a_hold_and_by_a_complaint(at: Visitor, place: Place) -> None:
    assert at.post(f"{PATH}/hold", {"scope": "call", "reason": "case 9"}).status == 303
    assert listed(at, held="true") == [ID]
    place.home.run(
        *("complaint", "add", NUMBER, "--at", "2026-11-24T10:00:00+08:00", "--source", "12321"),
    )
    assert listed(at, complained="true") == listed(at, complaint="1") == [ID]
    assert "投诉 1" in at.get(PATH).text
    assert listed(at, complaint="2") == []


def test_a_supervisor_sees_numbers_masked_and_no_words_of_others(at: Visitor) -> None:
    at.post(f"{PATH}/hold", {"scope": "callee", "reason": f"asked by {NUMBER}"})
    whole = at.get(PATH).body.decode()
    assert NUMBER in whole and f"asked by {NUMBER}" in whole
    for path in ("/recordings", PATH):
        seen = at.as_("supervisor").get(path).body.decode()
        assert NUMBER not in seen and "13800138000" not in seen


# Heard


def test_the_reason_is_asked_before_there_is_a_player(at: Visitor, place: Place) -> None:
    page = at.get(PATH).page
    assert "audio" not in page.tags and page.form(f"{PATH}/listen").fields["side"] == "mix"
    assert at.get(f"{PATH}/sound/mix").status == 409
    assert place.acts("heard") == []
    assert at.post(f"{PATH}/listen", {"side": "mix", "reason": ""}).status == 422
    assert at.post(f"{PATH}/listen", {"side": "mix", "reason": HOSTILE}).status == 303
    page = at.get(PATH).page
    assert "audio" in page.tags and HOSTILE in page.text
    (act,) = place.acts("heard")
    assert act["by"] == "officer"
    assert (act["detail"]["side"], act["detail"]["reason"]) == ("mix", HOSTILE)
    assert act["detail"]["sha256"] == place.hashes["mix"]


def test_it_is_heard_in_parts_under_one_act(at: Visitor, place: Place) -> None:
    at.post(f"{PATH}/listen", {"side": "callee", "reason": "complaint 7"})
    content = place.files["callee"][1]
    whole = at.get(f"{PATH}/sound/callee")
    assert (whole.status, whole.body, whole.headers["content-type"]) == (200, content, "audio/wav")
    for first, last in ((0, 9), (44, 100), (300_000, len(content) - 1)):
        part = at.get(f"{PATH}/sound/callee", headers={"Range": f"bytes={first}-{last}"})
        assert (part.status, part.body) == (206, content[first : last + 1])
        assert part.headers["content-range"] == f"bytes {first}-{last}/{len(content)}"
    assert at.get(f"{PATH}/sound/callee", headers={"Range": f"bytes={len(content)}-"}).status == 416
    assert len(place.acts("heard")) == 1
    assert at.get(f"{PATH}/sound/mix").status == 409  # the other side is another act
    assert at.get(f"{PATH}/sound/both").status == 404
    assert at.as_("auditor").get(f"{PATH}/sound/callee").status == 409  # and so is another's


def test_who_hears_what(at: Visitor) -> None:
    for role, status in (("supervisor", 303), ("auditor", 303), ("elsewhere", 404), ("administrator", 403)):
        assert at.as_(role).post(f"{PATH}/listen", {"reason": "r"}).status == status, role
    assert at.as_("supervisor").get(f"{PATH}/sound/mix").status == 200
    for path in (PATH, f"{PATH}/sound/mix", f"{PATH}/waveform", "/recordings", "/recordings/holds"):
        assert at.as_("administrator").get(path).status == 403
    for path in (PATH, f"{PATH}/sound/mix"):
        assert at.as_("elsewhere").get(path).status == 404


def test_an_auditor_s_player_makes_no_act_a_part(at: Visitor) -> None:
    auditor = at.as_("auditor")
    auditor.post(f"{PATH}/listen", {"reason": "r"})
    auditor.get(PATH)
    for first in range(5):
        assert auditor.get(f"{PATH}/sound/mix", headers={"Range": f"bytes={first}-"}).status == 206
    auditor.get(f"{PATH}/waveform")
    assert [action for _, action in at.known.acts] == ["recordings.listen", "recordings.show"]


def test_when_its_time_is_over_the_reason_is_asked_anew(at: Visitor, place: Place) -> None:
    at.post(f"{PATH}/listen", {"reason": "r"})
    assert at.get(f"{PATH}/sound/mix").status == 200
    place.home.machine.clock.now = lambda: AT + timedelta(hours=1)
    assert at.get(f"{PATH}/sound/mix").status == 409
    assert "audio" not in at.get(PATH).page.tags


def test_who_is_shut_out_hears_no_further(at: Visitor, place: Place) -> None:
    long = recorded.call("10" * 16, "jianghan", campaign="spring")
    new = recorded.recording(place.home, "1f" * 16, long)
    content = bytes(1 << 24)
    place.home.path.joinpath(new.path).write_bytes(content)
    recorded.put(place.home, long)
    recorded.keep(place.home, new, sha256=hashlib.sha256(content).hexdigest())
    path = f"/recordings/{'1f' * 16}"
    at.post(f"{path}/listen", {"reason": "r"})

    async def hear() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", at.asker.port, limit=1 << 16)
        writer.write(f"GET {path}/sound/mix HTTP/1.1\r\nHost: x\r\nCookie: test=officer\r\n\r\n".encode())
        assert (await reader.readline()).split()[1] == b"200"
        del at.known.accounts["officer"]
        heard = 0
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(1 << 16):
                heard += len(piece)
        writer.close()
        return heard

    assert 0 < asyncio.run(hear()) < len(content)


def test_a_file_that_was_changed_is_not_heard(at: Visitor, place: Place) -> None:
    at.post(f"{PATH}/listen", {"reason": "r"})
    with place.home.path.joinpath(place.new.path).open("ab") as file:
        file.write(b"x")
    assert at.get(f"{PATH}/sound/mix").status == 409
    assert at.post(f"{PATH}/listen", {"reason": "another"}).status == 409
    assert len(place.acts("heard")) == 1


# Seen


def test_the_waveform_is_of_fractions_of_full_scale(at: Visitor) -> None:
    found = at.get(f"{PATH}/waveform")
    assert found.headers["content-type"] == "application/json"
    assert json.loads(found.body) == {
        "seconds": 20.0,
        "sides": ["callee", "agent"],
        "levels": [[0.2, 1.0], [0.2, 0.0]],
    }
    assert at.as_("elsewhere").get(f"{PATH}/waveform").status == 404


def test_why_there_is_no_waveform_is_said(at: Visitor, place: Place) -> None:
    recorded.within(place.home, _without_waveforms)
    place.home.path.joinpath(place.new.callee_path).unlink()
    assert "已不在磁盘上" in json.loads(at.get(f"{PATH}/waveform").body)["said"]


async def _without_waveforms(store: Store) -> None:
    await store.transact(lambda connection: connection.execute("DELETE FROM waveform"))


def test_one_of_before_is_drawn_from_its_file_and_what_has_no_sides_says_so(
    at: Visitor, place: Place
) -> None:
    assert json.loads(at.get(f"/recordings/{OTHER}/waveform").body)["levels"] == []


def test_where_to_listen(at: Visitor, place: Place) -> None:
    place.opted_out(7.5)
    page = at.get(PATH).page
    assert "第 7.5 秒 客户拒绝（客户按键）" in page.text
    assert "第 12.0 至 16.0 秒 坐席一侧：声音未录下" in page.text and "4.0 秒不在任何录音中" in page.text
    assert 'data-second="7.50"' not in page.content  # before it may be heard
    at.post(f"{PATH}/listen", {"reason": "r"})
    assert 'data-second="7.50"' in at.get(PATH).page.content


# Kept


def test_the_files_are_checked(at: Visitor, place: Place) -> None:
    good = at.post(f"{PATH}/check", htmx=True)
    assert "3 个文件均与录下时一致" in good.text and "html" not in good.page.tags
    place.home.path.joinpath(place.new.agent_path).write_bytes(b"forged")
    place.home.path.joinpath(place.new.callee_path).unlink()
    bad = at.as_("auditor").post(f"{PATH}/check")
    assert [row.get("文件") for row in bad.page.rows if "文件" in row] == [
        f"{ID}-callee.wav",
        f"{ID}-agent.wav",
    ]


def test_a_hold_with_its_reason(at: Visitor, place: Place) -> None:
    assert at.post(f"{PATH}/hold", {"scope": "recording", "reason": " "}).status == 422
    done = at.post(f"{PATH}/hold", {"scope": "recording", "reason": HOSTILE})
    assert done.status == 303 and done.headers["location"].startswith(PATH)
    page = at.get(done.headers["location"]).page
    assert "已加保全" in page.text and HOSTILE in page.text
    assert HOSTILE in at.get("/recordings/holds").text
    (act,) = place.acts("hold")
    assert (act["by"], act["detail"]["reason"]) == ("officer", HOSTILE)
    for role in ("supervisor", "auditor", "administrator"):
        assert at.as_(role).post(f"{PATH}/hold", {"scope": "recording", "reason": "r"}).status == 403


def test_a_release_is_asked_for_and_not_done(at: Visitor, place: Place) -> None:
    at.post(f"{PATH}/hold", {"scope": "recording", "reason": "case 9"})
    for path in (PATH, "/recordings/holds"):
        assert at.get(path).page.form("/recordings/holds/release").fields["hold"] == "1"
    assert at.post("/recordings/holds/release", {"hold": "1", "reason": ""}).status == 422
    assert at.post("/recordings/holds/release", {"hold": "9", "reason": "over"}).status == 422
    done = at.post("/recordings/holds/release", {"hold": "1", "reason": "over"})
    assert (done.status, done.headers["location"].partition("?")[0]) == (303, "/approvals")
    assert listed(at, held="true") == [ID] and place.acts("release") == []
    assert at.as_("auditor").post("/recordings/holds/release", {"hold": "1", "reason": "r"}).status == 403


def test_it_is_kept_for_longer_and_never_for_less(at: Visitor, place: Place) -> None:
    assert at.post(f"{PATH}/keep", {"until": "2027-11-23", "reason": "r"}).status == 422
    assert at.post(f"{PATH}/keep", {"until": "2029-12-31", "reason": ""}).status == 422
    assert at.post(f"{PATH}/keep", {"until": "2029-12-31", "reason": "case"}).status == 303
    assert "2029-12-31" in at.get(PATH).text
    (act,) = place.acts("keep")
    assert (act["by"], act["detail"]["reason"], act["detail"]["to"]) == ("officer", "case", "2029-12-31")
    assert at.as_("supervisor").post(f"{PATH}/keep", {"until": "2030-12-31", "reason": "r"}).status == 403


def test_what_became_of_a_call_whose_end_nobody_saw(at: Visitor, place: Place) -> None:
    """Of one whose end was seen there is nothing to settle."""
    assert at.post(f"{PATH}/settle", {"became": "answered", "reason": "bill"}).status == 422
    assert f"{PATH}/settle" not in [one.action for one in at.get(PATH).page.forms]
    unseen = f"/recordings/{OTHER}"
    assert at.get(unseen).page.form(f"{unseen}/settle").fields["became"] == "answered"
    assert at.post(f"{unseen}/settle", {"became": "unanswered", "reason": "bill"}).status == 303
    assert "认定为 未接通" in at.get(unseen).text
    assert listed(at, state="unanswered") == [OTHER]


def test_none_such(at: Visitor) -> None:
    for id in ("0" * 32, "x", ID[:8], HOSTILE.replace("/", "")):
        assert at.get(f"/recordings/{quote(id)}").status == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_hostile_words_are_text(place: Place, language: Any) -> None:
    made = replace(recorded.call("ba" * 16, HOSTILE, campaign=HOSTILE, agent=HOSTILE), decided_at=AT)
    recorded.put(place.home, made)
    new = recorded.recording(place.home, "bb" * 16, made, channel=HOSTILE)
    recorded.keep(place.home, new)
    with console(place.home) as visitor:
        for path in ("/recordings", f"/recordings/{'bb' * 16}"):
            page = visitor.in_(language).get(path).page
            assert HOSTILE in page.text
