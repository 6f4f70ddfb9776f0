"""``recordings list``, ``show``, ``hold``, ``release``, ``keep``: what they take and what they say."""

from __future__ import annotations

import pytest

from dialpact.compliance.soundtrack import Silence, Soundtrack
from tests.cli.recorded import DAY, LAST, OVER, Shelf
from tests.compliance.store_values import AT

HEARD = Soundtrack(
    since="2026-11-24T02:00:00.000000Z",
    index=((0.0, 0.0), (10.0, 10.0)),
    late=4.0,
    silent={
        "callee": (Silence(begin=3.0, end=9.0, reason="lost", heard_in="b" * 32, heard_from=5.5),),
        "agent": tuple(
            Silence(begin=begin, end=begin + 3, reason=reason)
            for begin, reason in ((11.0, "lost"), (21.0, "sent"), (31.0, "unsent"), (41.0, "unknown"))
        ),
    },
    unsent=((51.0, 66.0, 14.9),),
    distorted="19.7 s of 7.9 s",
)
WHY = ("--reason", "court case 12", "--by", "chen")
NOBODY = "0" * 32


def test_list_has_what_others_read(shelf: Shelf) -> None:
    id = shelf.put()
    (row,) = shelf.home("recordings", "list")
    wanted = {"id", "number", "caller_id", "campaign", "decision", "path", "seconds", "bytes", "sha256"}
    assert wanted | {"keep_until", "disposed_at", "holds"} <= set(row)
    assert (row["id"], row["keep_until"], row["holds"]) == (id, "2027-11-24", 0)


def test_list_in_part(shelf: Shelf) -> None:
    first = shelf.put("first")
    second = shelf.put("second", number="+8613800138001", ended=AT + DAY, until=LAST + DAY)
    failed = shelf.put("failed", until=None, state="failed", ended=AT + 2 * DAY)
    shelf.home.run("recordings", "hold", second, *WHY)

    def ids(*more: str) -> list[str]:
        return [row["id"] for row in shelf.home("recordings", "list", *more)]

    assert ids() == [failed, second, first]  # the newest first
    assert ids("--limit", "1") == [failed]
    assert ids("--number", "138 0013 8001") == [second]
    assert ids("--since", "2026-11-25", "--until", "2026-11-25") == [second]
    assert ids("--state", "failed") == [failed]
    assert ids("--held") == [second]
    assert ids("--due") == []
    shelf.lives_until(OVER)
    assert ids("--due") == [first]
    shelf.purge("--yes")
    assert (ids("--due"), ids("--state", "disposed"), ids("--state", "kept")) == ([], [first], [second])


def test_show_tells_all_that_was_done(shelf: Shelf) -> None:
    id = shelf.put()
    shelf.home.run("recordings", "keep", id, "--until", "2027-11-25", *WHY)
    shelf.home.run("recordings", "hold", "--callee", "13800138000", *WHY)
    shelf.home.run("recordings", "release", "1", "--reason", "over", "--by", "li")
    shelf.home.run("recordings", "keep", id, "--until", "2027-11-26", *WHY)
    told = shelf.home("recordings", "show", id)
    assert [(change["action"], change["by"]) for change in told["history"]] == [
        ("keep", "chen"),
        ("hold", "chen"),
        ("release", "li"),
        ("keep", "chen"),
    ]
    assert [hold["release_reason"] for hold in told["held_by"]] == ["over"]
    assert (told["flaw"], told["keep_until"]) == ("", "2027-11-26")
    assert isinstance(told["leaf_index"], int)
    english, chinese = (
        shelf.home.run("recordings", "show", id, "--lang", language).output for language in ("en", "zh")
    )
    assert "callee +8613800138000" in english and "court case 12" in english
    assert "被叫 +8613800138000" in chinese and "保存至: 2027-11-26" in chinese
    assert "not registered" in shelf.home("recordings", "show", NOBODY, code=1)["error"]


@pytest.mark.parametrize(
    ("language", "says"),
    [
        (
            "en",
            (
                "callee silent here from 3.0 to 9.0 s of the call although packets came: heard in",
                "from second 5.5 on; 2.5 s are in no recording",
                "agent silent from 11.0 to 14.0 s of the call although packets came: 3.0 s are in",
                "agent silent from 21.0 to 24.0 s of the call: that is what was sent",
                "agent silent from 31.0 to 34.0 s of the call: nothing was sent",
                "agent silent from 41.0 to 44.0 s of the call: not known why",
                "from 51.0 to 66.0 s of the call nobody sent: 14.9 s are left out of the file",
                "stretched or with holes: 19.7 s of 7.9 s",
                "looked at only from second 4.0 of the call on",
            ),
        ),
        ("zh", ("通话第 3.0 至 9.0 秒此处被叫无声", "文件略去了 14.9 秒", "自通话第 4.0 秒起才受到监看")),
    ],
)
def test_show_tells_what_is_silent_or_missing(shelf: Shelf, language: str, says: tuple[str, ...]) -> None:
    id = shelf.put(sound=HEARD.encode())
    told = shelf.home("recordings", "show", id)
    assert told["sound"] == shelf.home("recordings", "list")[0]["sound"]
    assert told["sound"]["silent"]["callee"][0]["heard_from"] == 5.5
    printed = shelf.home.run("recordings", "show", id, "--lang", language).output
    for line in says:
        assert line in printed
    assert told["flaw"] == "", "it is in the leaf"


def test_one_that_was_not_measured_says_nothing(shelf: Shelf) -> None:
    assert shelf.home("recordings", "show", shelf.put())["sound"] is None


def test_holds(shelf: Shelf) -> None:
    id = shelf.put()
    shelf.home.run("recordings", "hold", id, *WHY)
    shelf.home.run("recordings", "hold", "--callee", "13900139000", *WHY)  # of calls still to come
    assert [hold["id"] for hold in shelf.home("recordings", "holds")] == [1, 2]
    assert [hold["id"] for hold in shelf.home("recordings", "holds", "--recording", id)] == [1]
    shelf.home.run("recordings", "release", "1", "--reason", "over", "--by", "li")
    assert [hold["id"] for hold in shelf.home("recordings", "holds")] == [2]
    assert [hold["id"] for hold in shelf.home("recordings", "holds", "--all")] == [1, 2]
    assert "Held" in shelf.home.run("recordings", "holds").stdout
    assert "保全对象" in shelf.home.run("recordings", "holds", "--lang", "zh").stdout


def test_a_recording_s_id_stands_for_its_hold_where_there_is_no_doubt(shelf: Shelf) -> None:
    id, over = shelf.put(), ("--reason", "over", "--by", "li")
    shelf.home.run("recordings", "hold", "--callee", "13800138000", *WHY)  # bears on it, and is not its own
    for _ in range(2):
        shelf.home.run("recordings", "hold", id, *WHY)
    assert "2, 3" in shelf.home("recordings", "release", id, *over, code=1)["error"]
    shelf.home.run("recordings", "release", "2", *over)
    shelf.home.run("recordings", "release", id.upper(), *over)
    assert [hold["id"] for hold in shelf.home("recordings", "holds")] == [1]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("hold", *WHY), 1, "name one"),
        (("hold", "ID", "--callee", "13800138000", *WHY), 1, "name one"),
        (("hold", NOBODY, *WHY), 1, "not registered"),
        (("hold", "--call", NOBODY, *WHY), 1, "not registered"),
        (("hold", "--callee", "x", *WHY), 1, "x"),
        (("hold", "ID", "--reason", " ", "--by", "chen"), 1, "reason"),
        (("hold", "ID", "--reason", "two\nlines", "--by", "chen"), 1, "reason"),
        (("hold", "ID", "--by", "chen"), 2, ""),
        (("hold", "ID", "--reason", "x", "--by", ""), 1, "by"),
        (("release", "7", *WHY), 1, "no hold 7"),
        (("release", "0", *WHY), 1, "no hold 0"),
        (("release", "ID", *WHY), 1, "no hold"),
        (("release", str(2**70), *WHY), 1, ""),
        (("keep", *WHY), 1, "name one"),
        (("keep", "ID", "--by-profiles", *WHY), 1, "name one"),
        (("keep", "--by-profiles", "--until", "2030-01-01", *WHY), 1, "name one"),
        (("keep", "ID", *WHY), 1, "until"),
        (("keep", "ID", "--until", "2030-02-30", *WHY), 1, "until"),
        (("keep", "ID", "--until", "2027-11-23", *WHY), 1, "never lowered"),
        (("keep", "ID", "--until", "2030-01-01"), 1, "reason"),
        (("keep", NOBODY, "--until", "2030-01-01", *WHY), 1, "not registered"),
    ],
)
def test_what_is_refused(shelf: Shelf, arguments: tuple[str, ...], code: int, says: str) -> None:
    id = shelf.put()
    (before,) = shelf.home("recordings", "list")
    given = [id if part == "ID" else part for part in arguments]
    if code == 2:
        shelf.home.run("recordings", *given, code=2)
    else:
        assert says in shelf.home("recordings", *given, code=code)["error"]
    assert shelf.home("recordings", "list") == [before]
    assert shelf.history(id) == []


def test_keep(shelf: Shelf) -> None:
    id, failed = shelf.put(), shelf.put("failed", until=None, state="failed")
    for until, result in (("2027-11-24", "already"), ("2027-11-25", "updated"), ("2027-11-25", "already")):
        answer = shelf.home("recordings", "keep", id, "--until", until, *WHY)
        assert (answer["result"], answer["entry"]["keep_until"]) == (result, until)
    assert shelf.history(id) == ["keep"]
    assert shelf.home("recordings", "keep", "--by-profiles") == {"raised": 0}
    error = shelf.home("recordings", "keep", failed, "--until", "2030-01-01", *WHY, code=1)["error"]
    assert "nothing to keep" in error
    shelf.lives_until(OVER + DAY)
    shelf.purge("--yes")
    error = shelf.home("recordings", "keep", id, "--until", "2030-01-01", *WHY, code=1)["error"]
    assert "disposed of" in error
