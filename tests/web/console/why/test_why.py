"""Why was it blocked: a call is found, every rule is told, and what would have to change; and a what-if."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dialpact.compliance import texts as domain
from dialpact.compliance.model import Decision, Facts, Finding
from dialpact.compliance.reasons import Reason
from dialpact.compliance.registers.account import Role
from dialpact.compliance.texts import LANGUAGES
from dialpact.web.console import texts
from dialpact.web.console.why.explained import remedy
from tests.cli.conftest import Home
from tests.compliance.store_values import AT
from tests.web.api import recorded
from tests.web.api.furnished import CALL, NUMBER
from tests.web.console.visitor import Visitor, account

ID = "b10c" * 8
HOSTILE = "<b onclick=x>1</b>"


def blocked(home: Home, id: str = ID, *, business: str = "jianghan", **more: str) -> Decision:
    findings = (
        Finding(
            rule="days",
            result="fail",
            code=Reason.NOT_A_WORKING_DAY,
            clause="cn-hubei-2018 days",
            detail={"key": "day-off", "day": "2026-11-28", "zone": "Asia/Shanghai"},
            retry_at=AT,
        ),
        Finding(
            rule="do_not_call",
            result="fail",
            code=Reason.DO_NOT_CALL,
            clause="cn-hubei-2018 do_not_call",
            detail={"key": "refused-business", "value": business, "since": "2026-01-05"},
        ),
    )
    made = recorded.call(id, business, allowed=False, findings=findings, **more)
    recorded.put(home, made)
    return made


# A call is found


@pytest.mark.parametrize(
    "what", [NUMBER, f"+86 {NUMBER}", "138-0013-8000", CALL, CALL[:9], "027 8888 0007", ""]
)
def test_a_call_is_found_by_its_number_its_id_or_its_caller_id(visitor: Visitor, what: str) -> None:
    answer = visitor.post("/why", {"what": what}, htmx=True)
    assert answer.status == 200 and f"/calls/{CALL}" in answer.page.links
    assert NUMBER not in answer.headers.get("location", "")


@pytest.mark.parametrize("what", ["13900000000", "0" * 32, "abc", HOSTILE])
def test_what_is_not_there_is_said(visitor: Visitor, what: str) -> None:
    answer = visitor.post("/why", {"what": what})
    assert answer.status == 200 and "没有符合条件的呼叫" in answer.text
    assert not [link for link in answer.page.links if link.startswith("/calls/")]
    assert answer.page.form("/why").fields["what"] == what


def test_filters(visitor: Visitor, furnished: Home) -> None:
    blocked(furnished, campaign="autumn")

    def found(**fields: str) -> list[str]:
        page = visitor.post("/why", fields, htmx=True).page
        return [link.removeprefix("/calls/") for link in page.links if link.startswith("/calls/")]

    assert set(found()) == {CALL, ID}
    assert found(verdict="ALLOW") == [CALL]
    assert found(verdict="BLOCK", what=NUMBER) == [ID]
    assert found(campaign="autumn") == [ID]
    assert found(since="2026-11-25") == found(until="2026-11-23") == []
    assert set(found(since="2026-11-24", until="2026-11-24")) == {CALL, ID}
    assert visitor.post("/why", {"since": "2026-11-25", "until": "2026-11-24"}).status == 422


def test_more_are_shown_by_the_part(visitor: Visitor, furnished: Home) -> None:
    made = [recorded.moved(recorded.call(f"{place:032x}"), place) for place in range(1, 70)]
    recorded.put(furnished, *made)
    first = visitor.post("/why", {"what": NUMBER}, htmx=True).page
    form = first.form("/why")
    assert form.fields["what"] == NUMBER and form.fields["after"]
    rest = visitor.post("/why", form.fields, htmx=True).page
    links = [link for page in (first, rest) for link in page.links]
    assert len(links) == len(set(links)) == 70
    assert not rest.headings and not rest.forms


# One is told


def test_every_rule_is_told_with_its_clause_and_what_would_have_to_change(
    visitor: Visitor, furnished: Home
) -> None:
    blocked(furnished, agent=HOSTILE)
    page = visitor.get(f"/calls/{ID}").page
    assert "不得再拨，换主叫号码也不行" in page.text and "等到下一个工作日" in page.text
    assert "单靠等待不会变为可以拨打" in page.text
    rules = {row["规则"]: row for row in page.rows if "规则" in row}
    assert "自 2026-01-05 起拒绝“jianghan”的营销电话" in rules["拒绝来电名单"]["判定"]
    assert "2026-11-24 10:00:00+08:00" in rules["工作日"]["判定"]
    assert "cn-hubei-2018 days" in rules["工作日"]["条款"]
    assert HOSTILE in page.text
    assert {"/registers/dnc"} <= set(page.links)


def test_the_wording_is_that_of_the_profile_that_decided(visitor: Visitor, furnished: Home) -> None:
    furnished.run("check", NUMBER, "--campaign", "spring", "--caller-id", "1", code=3)
    asked = visitor.post("/why/ask", {"number": NUMBER, "campaign": "spring", "caller_id": "1"})
    assert "工作日8时至18时30分之间" in asked.text
    blocked(furnished)  # by no profile that is in force
    assert "工作日8时至18时30分之间" not in visitor.get(f"/calls/{ID}").text


def test_what_is_left_of_an_erased_call_is_told(visitor: Visitor, furnished: Home) -> None:
    blocked(furnished)

    def erase(connection: object) -> None:
        connection.execute("DROP TRIGGER decision_is_final")  # type: ignore[attr-defined]
        connection.execute(f"UPDATE decision SET record = '', number = '', given = '' WHERE id = '{ID}'")  # type: ignore[attr-defined]

    recorded.within(furnished, lambda store: store.transact(erase))
    opened = visitor.get(f"/calls/{ID}")
    assert "这次呼叫的内容已到期擦除" in opened.text and not opened.page.rows
    asked = visitor.post(f"/calls/{ID}", {"campaign": "spring", "caller_id": "1"})
    assert asked.status == 422 and "不能再问" in asked.text


def test_no_such_call(visitor: Visitor) -> None:
    for id in ("0" * 32, "x", CALL[:9]):
        assert visitor.get(f"/calls/{id}").status == 404
        assert visitor.post(f"/calls/{id}", {"campaign": "spring", "caller_id": "1"}).status == 404


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMINISTRATOR, Role.AUDITOR])
def test_the_register_is_linked_for_who_reads_it(visitor: Visitor, furnished: Home, role: Role) -> None:
    blocked(furnished)
    links = visitor.as_(role.value).get(f"/calls/{ID}").page.links
    assert ("/registers/dnc" in links) is (role is not Role.ADMINISTRATOR)


# It is asked again


def test_the_same_call_asked_otherwise_shows_what_is_another(visitor: Visitor, furnished: Home) -> None:
    blocked(furnished)
    fields = {"campaign": "jianghan-1", "caller_id": "1", "agent": "1009", "at": "2026-11-24T03:00"}
    for language, word in (("zh", "有变化"), ("en", "changed")):
        answer = visitor.in_(language).post(f"/calls/{ID}", fields, htmx=True)  # type: ignore[arg-type]
        assert word in answer.text and "2026-11-24 03:00:00+08:00" in answer.text
    rows = {row["规则"]: row for row in visitor.post(f"/calls/{ID}", fields).page.rows if "规则" in row}
    hours = next(row for name, row in rows.items() if name.startswith("外呼时段"))
    assert hours["当时"] == "–" and "现在 03:00:00" in hours["现在"]
    assert "2026-11-24 08:00:00+08:00" in hours["现在"]


def test_a_what_if_records_nothing(visitor: Visitor, furnished: Home) -> None:
    before = furnished("calls", "list")
    fields = {"number": "13912345678", "campaign": "spring", "caller_id": "1"}
    assert "+8613912345678" in visitor.post("/why/ask", fields).text
    assert furnished("calls", "list") == before


def test_it_says_what_the_command_line_says(visitor: Visitor, furnished: Home) -> None:
    asked = ("--campaign", "jianghan-1", "--caller-id", "1", "--at", "2026-11-28T12:30")
    said = furnished("check", NUMBER, *asked, code=3)["findings"]
    fields = {"number": NUMBER, "campaign": "jianghan-1", "caller_id": "1", "at": "2026-11-28T12:30"}
    page = visitor.in_("en").post("/why/ask", fields).page
    rules = [row for row in page.rows if "Rule" in row]
    assert [row["Looked at"] for row in rules] == [one["looked_at"] for one in said]
    failing = [row for row in rules if row["Finding"].startswith("FAIL")]
    assert len(failing) == len([one for one in said if one["result"] == "fail"]) > 3


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"campaign": "spring", "caller_id": "1"}, 422),
        ({"number": NUMBER, "campaign": "spring", "caller_id": "1", "at": "soon"}, 422),
        ({"number": NUMBER, "campaign": "spring", "caller_id": "1", "more": "x"}, 422),
        ({"number": HOSTILE, "campaign": HOSTILE, "caller_id": HOSTILE, "agent": HOSTILE}, 200),
    ],
)
def test_what_is_typed_is_a_question_or_is_refused(
    visitor: Visitor, fields: dict[str, str], status: int
) -> None:
    answer = visitor.post("/why/ask", fields)
    assert answer.status == status
    assert not answer.page.wrong


# Whoever leads a team


@pytest.fixture
def lead(visitor: Visitor) -> Visitor:
    visitor.known.accounts["lead"] = account(
        Role.SUPERVISOR, id="lead", campaigns=("team",), agents=("1001", "1002")
    )
    return visitor.as_("lead")


def test_he_finds_and_opens_his_own_and_sees_no_number(lead: Visitor, furnished: Home) -> None:
    blocked(furnished, campaign="team")
    blocked(furnished, "b10d" * 8, campaign="team", agent="1009")
    for what in (NUMBER, ID, "", "02788880007"):
        page = lead.post("/why", {"what": what}).page
        links = [link for link in page.links if link.startswith("/calls/")]
        assert links == ([f"/calls/{ID}"] if what != "02788880007" else [])
    opened = lead.get(f"/calls/{ID}")
    assert opened.status == 200 and NUMBER not in opened.body.decode().replace(" ", "")
    for id in ("b10d" * 8, CALL):
        assert lead.get(f"/calls/{id}").status == 404


def test_he_asks_of_his_own_campaigns_and_agents(lead: Visitor, furnished: Home) -> None:
    blocked(furnished, campaign="team")
    fields = {"campaign": "team", "caller_id": "02788880007", "agent": "1002"}
    asked = lead.post(f"/calls/{ID}", fields)
    assert asked.status == 200 and NUMBER not in asked.body.decode()
    assert lead.post(f"/calls/{ID}", fields | {"campaign": "jianghan-1"}).status == 403
    assert lead.post(f"/calls/{ID}", fields | {"agent": "1009"}).status == 403
    assert lead.post("/why/ask", fields | {"number": NUMBER, "agent": ""}).status == 403
    assert lead.post("/why/ask", fields | {"number": NUMBER}).status == 200


def test_who_leads_agents_asks_of_campaigns_for_which_they_called(visitor: Visitor, furnished: Home) -> None:
    blocked(furnished, campaign="team")
    visitor.known.accounts["lead"] = account(Role.SUPERVISOR, id="lead", agents=("1001",))
    lead = visitor.as_("lead")
    fields = {"caller_id": "02788880007", "agent": "1001", "number": NUMBER}
    for campaign, status in (("team", 200), ("jianghan-1", 403), ("no-such", 403), ("", 403)):
        assert lead.post("/why/ask", fields | {"campaign": campaign}).status == status, campaign


def test_what_is_of_another_business_is_not_told(visitor: Visitor, furnished: Home) -> None:
    """Not even in the words of a rule."""
    blocked(furnished, campaign="spring")
    made = blocked(furnished, "b10e" * 8, business="hanyang")
    assert made.facts != Facts()
    visitor.known.accounts["of"] = account(Role.SUPERVISOR, id="of", businesses=("hanyang",))
    of = visitor.as_("of")
    assert of.get(f"/calls/{'b10e' * 8}").status == 200
    assert of.get(f"/calls/{ID}").status == 404
    fields = {"number": NUMBER, "caller_id": "1"}
    assert of.post("/why/ask", fields | {"campaign": "spring"}).status == 403
    assert of.post("/why/ask", fields | {"campaign": "no-such"}).status == 200


# The words


def test_every_reason_has_a_remedy_and_every_remedy_is_of_a_reason() -> None:
    for language in LANGUAGES:
        own = {key.partition(".")[2] for key in texts.own(language) if key.startswith("remedy.")}
        whys = {key.partition(".")[2] for key in domain.catalogue(language) if key.startswith("why.")}
        assert set(map(str, Reason)) <= own
        assert own <= set(map(str, Reason)) | whys


def test_a_remedy_names_what_the_finding_names() -> None:
    finding = Finding(
        rule="caller_id",
        result="fail",
        code=Reason.CALLER_ID_UNAUTHORISED,
        detail={"key": "trunk-not-listed", "trunk": "carrier"},
    )
    assert "carrier" in remedy(finding, "zh") and "carrier" in remedy(finding, "en")
    bare = replace(finding, detail={"key": "trunk-not-listed"})  # stored by another version
    assert remedy(bare, "zh") == texts.own("zh")["remedy.caller-id-unauthorised"]
