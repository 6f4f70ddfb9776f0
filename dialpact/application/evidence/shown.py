"""Part of verify.py: whether what people read in a package says what its records say. Lists are made anew of
the rows and compared, but for what they name as ``unproven``; of a report its form, and what a record has.
"""

import base64
import contextlib
import html
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

SIDES = ("", "callee_", "agent_")
# Of a call: what Asterisk told of the leg that it is joined by, and of each; and where null is a gap.
JOINED = ("linkedid", "sip_call_id", "sent_from", "ringing_at", "hangup_cause")
TOLD = (*JOINED, "dialled_at", "dial_status")
EXPECTED = ("agent", "answered_at", "business", "caller_id", "campaign", "disposition", "ended_at", "trunk")
ADMITTED = "admitted"  # of what is left of an erased call: it says itself that it is not proven
# Of a report: what is fixed in it (a name, English, Chinese; those in braces are filled in), and its form: a
# ~ is any text, an @ some lines of it, and a line's end may be there. Other words, or another style, need
# another form of packages: who has this one's reports must find them true.
TEXTS = """
lang|en|zh-CN
title|Evidence of outbound calls|外呼证据报告
subtitle|Package of {}, made by {} on {}|{} 由 {} 在节点 {} 制作
asked|Asked for|查询内容
reason|Reason|事由
complaint|Complaint|投诉
sent-from|{}, left as {}|{}，送出 {}
call|Call to {}|对 {} 的呼叫
erased-number|a person whose number was erased|（号码已清除）
ok|ALLOWED|放行
bad|BLOCKED|拦截
shadow|shadow mode: put through although blocked|观察模式：虽裁决拦截，仍予接通
callee|Callee|被叫号码
caller_id|Caller ID|主叫号码
campaign|Campaign|外呼活动
agent|Agent, trunk|坐席、线路
decided|Decided|裁决时间
answered|Answered, ended|接听、结束
disposition|What became of it|呼叫结果
is-refused|blocked, nothing was dialled|已拦截，未拨出
is-not-delivered|allowed, but not told to the PBX in time: not dialled ({})|=
已放行，但未能及时告知交换机，未拨出（{}）
is-answered|answered|已接听
is-unanswered|not answered|未接听
is-unseen|nobody saw how it ended|未见其如何结束
is-running|still going on|通话进行中
is-unknown|not known here: no recording; see the CDR|此处不详：无录音，请查话单
decision|Decision|裁决
rules|Why: each rule, and what it looked at|裁决依据：各项规则及所查内容
rule|Rule|规则
result|Result|结论
looked|Looked at|所查内容
clause|Clause|条款
recordings|Recording|录音
segment|Segment|段
from-to|From, to|起止
seconds|Length|时长
second|{:.1f} s|{:.1f} 秒
levels|Level callee / agent|被叫/坐席电平
silent|silent|静音
keep|Keep until|保存至
state|File|文件
sha256|SHA-256 of the mix|混音文件 SHA-256
no-recordings|No recording.|没有录音。
part-carrier|customer's leg|客户线路
part-joined|joined|加入者
part-supervisor|supervisor|督导
kept|enclosed|随附
none|none|无
running|the call is still being recorded|通话仍在录音
disposed|deleted after its time, as the ledger says|保存期满后已删除，账本中有记录
missing|the file is missing|文件缺失
changed|the file is not what was recorded|文件已不是当时的录音
unreadable|the file can not be read|文件无法读取
erased|its record was erased when its time was over|保存期满后，其记录已被清除
consent|Consent|用户同意
consent-is|{}: given {}, wording {}, evidence {}|{}：{} 同意，文本版本 {}，凭证 {}
consent-hash| (SHA-256 {}…)|（SHA-256 {}…）
consent-expires|, expires {}|，有效期至 {}
consent-withdrawn|, withdrawn {}|，{} 撤回
opt-outs|Opt-outs|用户拒绝
provenance|Where the number is from|号码来源
script|Script|话术
supervision|Supervisors|督导
incidents|Incidents|异常
incident|{}: {} {}|{}：{} {}
versions|Rules in force|适用规则
ledger|What the ledger proves|账本证明的事项
checkpoint|Checkpoint|检查点
key|Signed by|签名密钥
unknown|Not known, and therefore not said|未知事项（故不作陈述）
notes|To be known besides|其他须知
how|How to check it|如何核验
no-call|No attempt to call this person at that time is stored.=
 The gate stores every attempt, allowed or blocked.|=
该时间没有呼叫此人的记录。每次外呼请求，无论放行还是拦截，系统均予记录。
unproven|Number, verdict, caller ID, times and id of each call, and the hashes of its recordings,=
 are compared with the ledger's records; the other words are the program's, not proven by the log.|=
各次呼叫的号码、裁决、主叫号码、时间、编号和录音的哈希与账本记录比对；=
其余文字由程序写成，账本不予证明。
how-text|dialpact evidence verify FILE.zip --key KEY; or, without Dialpact: python3 verify.py FILE.zip KEY.=
 Take KEY from somebody else than this package's sender. verify.py and README.md are in the package.|=
使用 Dialpact：dialpact evidence verify FILE.zip --key KEY。不使用 Dialpact：取出包中的 verify.py，=
运行 python3 verify.py FILE.zip KEY（需要 Python 3.9 和 cryptography 库）。=
公钥 KEY 应取自主管部门或运营方的公开渠道，不取自本证据包。详见 README.md。
"""
_ROWS = [line.split("|") for line in TEXTS.replace("=\n", "").strip().split("\n")]
WORDS = {"en": {name: en for name, en, _ in _ROWS}, "zh": {name: zh for name, _, zh in _ROWS}}
STYLE = "4a00bf01be27406aa2940f8581ba82f505a557a61b06e8a4bbb404dd71910973"  # its SHA-256
TEXT = "[^<>\"']*"
ODD = re.compile("&(?!(?:amp|lt|gt|#39|#34);)")  # what no text has, as it is escaped
TOP = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>[^<]*</style>
</head>
<body>
<h1>{title}</h1>
<p class="quiet">~</p>
<dl class="facts">
<dt>{asked}</dt><dd>~</dd>
(<dt>{reason}</dt><dd>~</dd>)?
(<dt>{complaint}</dt><dd>~</dd>)?
</dl>
(<p><b>{no-call}</b></p>)?
"""
CALL = """~ <span class="verdict (ok">{ok}|bad">{bad})</span></h2>
(<p><b>~</b></p>)?
(<p>{shadow}</p>)?
<dl class="facts two">
(<dt>{callee}</dt><dd>~</dd>
<dt>{caller_id}</dt><dd>~</dd>
)?<dt>{campaign}</dt><dd>~</dd>
<dt>{agent}</dt><dd>~</dd>
<dt>{decided}</dt><dd>~</dd>
(<dt>{answered}</dt><dd>~</dd>
<dt>{disposition}</dt><dd>~</dd>
)?<dt>{decision}</dt><dd class="id">~</dd>
</dl>
<h3>{rules}</h3>
<table class="rules"><thead><tr><th>{rule}</th><th>{result}</th><th>{looked}</th><th>{clause}</th></tr>
</thead>
<tbody>
(<tr(><td>~</td><td>~| class="fail"><td>~</td><td><b>~</b>)</td><td>~</td><td>~</td></tr>
)*</tbody></table>
<h3>{recordings}</h3>
(<table class="sound"><thead><tr><th>{segment}</th><th>{from-to}</th><th class="figure">{seconds}</th>
<th>{levels}</th><th>{keep}</th><th>{state}</th><th>{sha256}</th></tr></thead>
<tbody>
(<tr><td>~</td><td class="span">~</td><td class="figure">~</td><td class="word">~</td><td class="word">~</td>
<td( class="word")?>~</td><td class="code">~</td></tr>
)*</tbody></table>
(<p>~</p>)*|<p>{no-recordings}</p>)
<dl class="facts">
(<dt>{consent}</dt>@<dt>{opt-outs}</dt>@<dt>{provenance}</dt>@(<dt>{script}</dt>@)?(<dt>{supervision}</dt>@)?)?
<dt>{incidents}</dt>@(<dt>{versions}</dt>@)?
</dl>
"""
END = """{ledger}</h2>
<dl class="facts">
<dt>{checkpoint}</dt><dd class="code">~</dd>
<dt>{key}</dt><dd class="code">~</dd>
(<dt>{unknown}</dt><dd>~</dd>)?
(<dt>{notes}</dt>@)?
<dt>{how}</dt><dd>{how-text}</dd>
</dl>
</body>
</html>
"""


def sections(text: str, language: str) -> list[str]:
    """The top of a report, one section a call, and the end. ValueError: it is not of the form of a report."""

    def is_of(form: str, part: str) -> bool:
        form = form.replace("@", "<dd>~(<br>~)*</dd>\n").replace("\n", "\n?").replace("~", TEXT)
        form = form.replace("(", "(?:")  # a group that is kept takes memory for each line
        words = WORDS[language]
        return bool(re.fullmatch(re.sub(r"\{(.+?)\}", lambda one: _escaped(words[one[1]], True), form), part))

    parts = text.split("<h2>")
    forms = [TOP, *[CALL] * (len(parts) - 2), END]
    style = re.search("<style>([^<]*)", text)
    if len(parts) < 2 or ODD.search(text) or not all(map(is_of, forms, parts)):
        raise ValueError("other than the form of a report")
    if not style or sha256(style[1].encode()).hexdigest() != STYLE:
        raise ValueError("another style")
    return parts


def flaws(package: Any) -> Iterator[tuple[str, str]]:
    """``package``: as verify.py has it."""
    erased = [one["key"] for one in package.proofs["erased"] if one["kind"] == "decision"]
    rows = {row["id"]: row for row in package.rows.get("decision", [])}
    yield from _texts(package, rows)
    if package.form > 2:  # by a later version: what it shows can not be judged here
        yield "form", f"form {package.form}"
    if package.form != 2:
        return
    for call in set(package.manifest["calls"]) & set(rows) - set(erased):
        _, sum = package.sums.get(f"calls/{call}/decision.json", (0, ""))
        try:
            if sum == rows[call]["record_sha256"]:  # else that is told, and nothing follows from it
                yield from View(package, call, rows[call]).flaws()
        except Exception:
            yield "shown", f"calls/{call}"
    for name in (f"report.{language}.html" for language in WORDS):
        if name in package.texts and not _holds(_page, package, name, rows, erased):
            yield "shown", name
    for one in _gone(package):
        noted = _noted(package, one["index"])
        if noted and not _holds(lambda: _digest(package, one) in (noted, ADMITTED)):  # noqa: B023
            yield "shown", f"calls/{one['key']}/call.json"
    if package.manifest["complaint"] is not None and not _holds(_complaint, package):
        yield "shown", "complaint.json"


def _holds(check: Any, *given: Any) -> bool:
    """False where it fails, whatever in the package made it fail."""
    with contextlib.suppress(Exception):
        return bool(check(*given))
    return False


def notes(package: Any) -> Iterator[str]:
    """What is shown and no record says."""
    if package.form > 1:
        yield from (f"manifest.json: {member}" for member in ("absent", "node", "notes"))
        yield "entries that were left out"
    for one in _gone(package) if package.form > 1 else ():
        yield "calls/*: erased"
        with contextlib.suppress(Exception):
            if not _noted(package, one["index"]) or _digest(package, one) == ADMITTED:
                yield "calls/*/call.json: erased"
    for name, text in package.texts.items() if package.form > 1 else ():
        if name.endswith(".pdf") or name in ("README.md", "verify.py", "shown.py"):
            yield name
        if re.fullmatch(r"report\.(zh|en)\.html", name):
            yield f"{name}: words"
        with contextlib.suppress(Exception):
            if name.startswith("calls/") and name.endswith(".json"):
                where = f"calls/*/{name[39:]}"  # one line for all calls
                said = package.strict(text)
                if where == "calls/*/call.json" and said.get("legs_going_on"):
                    yield f"{where}: legs_going_on"
                if where == "calls/*/recordings.json" and any(
                    not one["ended_at"] for one in said["segments"]
                ):
                    yield f"{where}: segments that go on"
                yield from (f"{where}: {member}" for member in said["unproven"])


def _gone(package: Any) -> list[Any]:
    """The calls whose record was erased when its time was over."""
    calls, erased = package.manifest["calls"], package.proofs["erased"]
    return [one for one in erased if one["kind"] == "decision" and one["key"] in calls]


def _noted(package: Any, index: int) -> str:
    """What the log's line of an erasure has of what is left of a record; empty: nothing."""
    for act in package.of("ledger", "erase"):
        with contextlib.suppress(Exception):
            told, passed, found = package.strict(act["detail"]), 0, -1
            for first, last in told["leaves"]:
                found = passed + index - first if first <= index <= last else found
                passed += last - first + 1
            if 0 <= found < passed == len(told.get("remains", [])):
                return str(told["remains"][found])
    return ""


def _digest(package: Any, one: Any) -> str:
    """Of what is left of a decision, as call.json says it."""
    said = package.strict(package.texts[f"calls/{one['key']}/call.json"])
    if said["remains"] != "proven":
        return ADMITTED
    row = {name: said[name] for name in ("id", "node", "decided_at", "behind_us", "verdict", "mode")}
    row.update({name: said[name] or "" for name in ("campaign", "business", "trunk", "continues")})
    row.update({"seq": said["number_of_the_decision"], "put_through": int(said["put_through"])})
    row["reasons"] = _json(said["reasons"], sort=False)
    whole = _json({"form": 1, "index": one["index"], "kind": "decision", "row": row})
    return base64.b64encode(sha256(whole.encode()).digest()).decode()


def _json(value: Any, sort: bool = True) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort)


def _texts(package: Any, rows: Any) -> Iterator[tuple[str, str]]:
    """Scripts and profiles, against the hashes that the decisions have of them."""
    wanted, noted = {}, {one["code"] for one in package.manifest["notes"]}
    for call in rows:
        with contextlib.suppress(Exception):  # a decision that was changed is told of itself
            decision = package.strict(package.texts[f"calls/{call}/decision.json"])
            script, policy = decision["facts"].get("script"), decision.get("policy") or []
            mine = {f"profiles/{one['profile']}-{one['sha256'][:16]}.toml": one["sha256"] for one in policy}
            wanted.update({**mine, f"calls/{call}/script.txt": script["sha256"]} if script else mine)
    there = {name for name in package.sums if re.match("profiles/|calls/.*/script.txt$", name)}
    for name in there | set(wanted):
        code = "profile-unknown" if name.startswith("profiles/") else "script-unknown"
        if name in there and package.sums[name][1] != wanted.get(name):
            yield "content", name
        if name not in there and code not in noted:
            yield "omitted", name


def _complaint(package: Any) -> Any:
    key, stated = str(package.manifest["complaint"]), package.strict(package.texts["complaint.json"])
    return stated["history"] == package.lines(("complaint", key)) and str(stated["complaint"]["id"]) == key


def _page(package: Any, name: str, rows: Any, erased: list[str]) -> bool:
    """A report: its form, and its lines but for what no record has: the rules' words, other registers."""
    text, language = package.texts[name].decode(), name.split(".")[1]
    manifest, words = package.manifest, WORDS[language]
    top, *parts, end = sections(text, language)
    said = html.unescape(top.partition('<p class="quiet">')[2].partition("</p>")[0])
    form = f"{words['subtitle']} {words['unproven']}"  # the node is free
    made, _, rest = form.format(_at(manifest["made_at"]), manifest["made_by"], "\n").rpartition("\n")
    right = said.startswith(made) and said.endswith(rest) and len(parts) == len(manifest["calls"])
    right &= [manifest["reason"]] * bool(manifest["reason"]) == _lines(top, words["reason"])
    right &= _lines(end, words["key"]) == manifest["keys"][:1] and bool(parts) != (words["no-call"] in top)
    for call, part in zip(manifest["calls"], parts):  # noqa: B905
        told, sound, incidents = (
            package.strict(package.texts[f"calls/{call}/{one}.json"])
            for one in ("call", "recordings", "incidents")
        )
        title, verdict = re.findall(r'^([^<]*) <span class="verdict (ok|bad)', part)[0]
        facts = re.findall(r"<dd[^>]*>(.*?)</dd>", part, re.DOTALL)
        heard = [words["incident"].format(_at(one["at"]), one["kind"], one["detail"]) for one in incidents]
        right &= _lines(part, words["incidents"]) == (heard or [words["none"]])
        right &= (verdict == "ok") == (told["verdict"] == "ALLOW")
        right &= _cells(part) == [
            cell for one in enumerate(sound["segments"], 1) for cell in _segment(*one, words)
        ]
        if call in erased:
            ours = [told["campaign"] or "–", told["trunk"] or "–", _at(told["decided_at"]), call]
            right &= facts[:-1] == [_escaped(one) for one in ours] and "<p><b>" in part
            right &= title == words["call"].format(_escaped(words["erased-number"]))
            right &= f"<p>{words['shadow']}</p>" not in part
        else:
            decision = package.strict(package.texts[f"calls/{call}/decision.json"])
            right &= _is_of(part, title, facts, rows[call], told, decision, words)
    return bool(right)


def _is_of(part: str, title: str, facts: list[str], row: Any, told: Any, decision: Any, words: Any) -> bool:
    """Whether the report says of a call what its record says."""
    number, asked, became = row["number"] or row["given"], decision["attempt"], told["disposition"]
    failed = [one["result"] == "fail" for one in decision["findings"]]
    caller, left, why = asked["caller_id"], told["sent_from"], told["not_delivered_because"]
    lines = {
        0: number or "–",
        1: (words["sent-from"].format(caller or "–", left) if left else caller) or "–",
        3: " · ".join(filter(None, (asked.get("agent"), asked.get("trunk")))) or "–",
        4: _at(row["decided_at"]),
        5: _span(told["answered_at"], told["ended_at"]),
        6: words[f"is-{became or 'unknown'}"].format(why),
        7: row["id"],
    }
    consents = [_consent(one, words) for one in decision["facts"].get("consents") or []]
    put_through = row["verdict"] != "ALLOW" and row["dial"] != ""
    return (
        title == words["call"].format(_escaped(number))
        and all(facts[place] == _escaped(line) for place, line in lines.items())
        and ("<p><b>" in part) == bool(told["reasons"])
        and (f"<p>{words['shadow']}</p>" in part) == put_through
        and [one != "" for one in re.findall('<tr( class="fail")?><td>[^<]*</td><td>', part)] == failed
        and _lines(part, words["consent"]) == (consents or [words["none"]])
    )


def _lines(part: str, label: str) -> list[str]:
    """What is said there, by its label; the one that is last."""
    found = re.findall(f"<dt>{re.escape(_escaped(label))}</dt><dd[^>]*>(.*?)</dd>", part, re.DOTALL)
    return [html.unescape(line) for line in found[-1].split("<br>")] if found else []


def _cells(part: str) -> list[str]:
    """Of the recordings."""
    table = part.partition('<table class="sound">')[2].partition("</table>")[0]
    return [html.unescape(one) for one in re.findall(r"<td[^>]*>(.*?)</td>", table, re.DOTALL)]


def _segment(number: int, one: Any, words: Any) -> list[str]:
    mix, *sides = one["files"]
    levels = [words["silent"] if side["dbfs"] is None else f"{side['dbfs']} dBFS" for side in sides]
    return [
        f"{number} {words['part-' + one['part']]}",
        _span(one["started_at"], one["ended_at"]),
        words["second"].format(one["seconds"]) if one["seconds"] is not None else "–",
        " / ".join(levels) if one["ended_at"] else "–",
        one["keep_until"] or "–",
        words[mix["state"]],
        mix["sha256"] or "–",
    ]


def _consent(one: Any, words: dict[str, str]) -> str:
    proof = one.get("evidence_sha256")
    said = one["evidence"] + (words["consent-hash"].format(proof[:16]) if proof else "")
    said = words["consent-is"].format(
        one["industry"], _at(one["granted_at"]), one.get("wording") or "–", said
    )
    for name in ("expires", "withdrawn"):
        if one.get(f"{name}_at"):
            said += words[f"consent-{name}"].format(_at(one[f"{name}_at"]))
    return said


def _span(start: Any, end: Any) -> str:
    first, last = _at(start), _at(end)
    same = "–" not in (first, last) and first[:10] == last[:10]
    return f"{first[:19]} – {last[11:]}" if same else f"{first}, {last}"


def _at(at: Any) -> str:
    return f"{_local(at)}+08:00" if at else "–"


def _local(at: str) -> str:
    """In Shanghai."""
    return (_moment(at) + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")


def _escaped(text: str, pattern: bool = False) -> str:
    """As in HTML, and as a pattern of it."""
    text = html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    return re.escape(text) if pattern else text


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class View:
    """One call: what its lists must say, from the rows of its records."""

    def __init__(self, package: Any, call: str, row: Any) -> None:
        self.package, self.call, self.row, self.strict = package, call, row, package.strict
        self.decision = self.strict(package.texts[f"calls/{call}/decision.json"])
        self.facts = self.decision["facts"]
        mine = {name: text for name, text in package.texts.items() if name.startswith(f"calls/{call}/")}
        self.stated: dict[str, Any] = {}
        for name, text in mine.items():
            with contextlib.suppress(Exception):  # what can not be read says nothing
                self.stated[name[39:-5]] = self.strict(text)

    def flaws(self) -> Iterator[tuple[str, str]]:
        segments, legs = self._segments(), self._mine("carrier-leg", "dialled_at", "id")
        for name, expected in {**self._lists(segments), "call": self._told(segments, legs)}.items():
            stated = self.stated.get(name)
            if isinstance(stated, dict) and isinstance(expected, dict):
                expected.update({member: stated.get(member) for member in expected.get("unproven", ())})
            if stated != expected or self._lacks(name, stated):
                yield "shown", f"calls/{self.call}/{name}.json"
        known = {(one["node"], one["uniqueid"]) for one in segments}
        silent = [leg for leg in legs if leg["answered_at"] and (leg["node"], leg["uniqueid"]) not in known]
        gone = [one for one in self.package.proofs["erased"] if one["kind"] == "recording"]
        if silent and not gone and not self._mine("incident"):
            yield "omitted", self.call

    def _lacks(self, name: str, stated: Any) -> bool:
        """Whether a register, as it is said to be now, lacks what the log's lines have put into it."""
        kept: dict[Any, bool] = {}  # whether it must be there; of a consent, whether it must be withdrawn
        for line in stated["history"] if name in ("consent", "do-not-call") else ():
            action, detail = line["action"], line["detail"]
            if name == "do-not-call" and action in ("add", "remove"):
                kept[detail["scope"], detail["value"]] = action == "add"
            if name == "consent" and action == "add":
                kept[detail["industry"], _moment(detail["granted_at"])] = False
            if name == "consent" and action == "withdraw":
                kept.update({one: True for one in kept if detail["industry"] in ("", one[0])})
        if name == "consent":
            there = {(one["industry"], _moment(one["granted_at"])): one for one in stated["now"]}
            missed = [one for one in kept if one not in there]
            return bool(missed) or any(over and not there[one]["withdrawn_at"] for one, over in kept.items())
        known = [(one["scope"], one["value"]) for one in stated["now"]] if kept else []
        return any(must and one not in known for one, must in kept.items())

    def _of(self, name: str, member: str) -> Any:
        """What a list says there, if it does."""
        stated = self.stated.get(name)
        return stated.get(member) if isinstance(stated, dict) else None

    def _now(self, name: str, member: str) -> list[Any]:
        return [one for one in self._of(name, member) or [] if isinstance(one, dict)]

    def _mine(self, kind: str, *order: str) -> list[Any]:
        rows = [row for row in self.package.rows.get(kind, []) if row["decision"] == self.call]
        return sorted(rows, key=lambda row: [row[name] for name in order])

    def _imported(self, name: str, register: str) -> list[Any]:
        """The imports that a list names: only the register says that they brought this person's entry."""
        named = [one.get("seq") for one in self._now(name, "history")]
        acts = [act for act in self.package.of(register, "import") if act["seq"] in named]
        return [{**act, "detail": self.strict(act["detail"])} for act in acts]

    def _lists(self, segments: list[Any]) -> dict[str, Any]:
        row, facts, lines = self.row, self.facts, self.package.lines
        number, business, campaign, caller = map(row.get, ("number", "business", "campaign", "caller_id"))
        script = facts.get("script")
        batches = [("leads", str(one.get("id"))) for one in self._now("provenance", "now")]
        complaints = [("complaint", str(one.get("id"))) for one in self._now("complaints", "complaints")]
        agreed = [(one, one["detail"].get("to") or one["detail"]) for one in lines(("consent", number))]
        agreed = [one for one, to in agreed if one["action"] != "import" and to.get("business") == business]
        agreed += self._imported("consent", "consent")
        refused = lines(("dnc", number)) + self._imported("do-not-call", "dnc")
        said = [one for one in self.package.rows.get("opt-out", []) if f"+{one['number']}" == number]
        said = [{**one, "number": number, "heard_at": self._heard(one, segments)} for one in said]
        held = [*(one["id"] for one in segments), self.call, number]
        blamed = [("agent", row["agent"]), ("campaign", campaign), ("caller-id", caller)]
        then = ("campaign", "business", "suspensions", "registrations")

        def register(then: str, history: list[Any]) -> dict[str, Any]:
            history = sorted(history, key=lambda one: int(one["seq"]))
            return {"then": facts.get(then), "now": None, "history": history, "unproven": ["now"]}

        return {
            "recordings": {"segments": segments, "gaps": self._gaps(segments)},
            "incidents": self._mine("incident", "seq"),
            "consent": register("consents", agreed),
            "do-not-call": {
                **register("refusals", refused),
                "said": sorted(said, key=lambda one: int(one["seq"])),
            },
            "provenance": register("leads", lines(*batches)),
            "caller-id": {"then": facts.get("caller_id"), "history": lines(("caller-id", caller))},
            "campaign": {
                **{f"{name}_then": facts.get(name) for name in then},
                "history": lines(("campaign", campaign)) + lines(("business", business)),
                "suspensions_history": lines(*(("suspension", f"{kind} {key}") for kind, key in blamed)),
                "registrations_history": lines(
                    ("registration", f"business {business}"), ("registration", f"campaign {campaign}")
                ),
            },
            "complaints": {"complaints": None, "history": lines(*complaints), "unproven": ["complaints"]},
            "custody": {
                "exports": lines(("evidence", self.call)),
                "recordings": lines(*(("recording", key) for key in held)),
            },
            "script": {
                "script_then": script,
                "added_at": None,
                "added_by": None,
                "history": lines(("script", script["id"])) if script else [],
                "unproven": ["added_at", "added_by"],
            },
        }

    def _segments(self) -> list[Any]:
        """The recordings; one that goes on has no record yet, and is taken as it is stated."""
        going_on = [one for one in self._now("recordings", "segments") if not one.get("ended_at")]
        segments = [self._segment(row) for row in self._mine("recording")] + going_on
        return sorted(segments, key=lambda one: (one["started_at"], one["id"]))

    def _segment(self, row: Any) -> Any:
        package, files = self.package, []
        why = {one["path"]: one["why"] for one in package.manifest["absent"]}
        gone = any(act["key"] == row["id"] for act in package.of("recording", "dispose"))
        for side in SIDES:
            name, sum = row[side + "path"].rpartition("/")[2], row[side + "sha256"]
            path = f"calls/{self.call}/recordings/{name}"
            state = "none" if not sum else "disposed" if gone else why.get(path, "kept")
            file = path if state in ("kept", "changed") else None
            one = {"side": side[:-1] or "mix", "file": file, "name": name, "state": state, "sha256": sum}
            files.append({**one, "dbfs": row[side + "dbfs"]} if side else one)
        acts = [act for word in ("keep", "policy") for act in package.of("recording", word)]
        days = [self.strict(act["detail"]).get("to") for act in acts if act["key"] == row["id"]]
        places = ("id", "node", "channel", "uniqueid", "state", "started_at", "answered_at", "ended_at")
        columns = (*places, "format", "bytes", "seconds", "talk_seconds")
        return {
            **{name: row[name] for name in columns},
            "part": row.get("part", "carrier"),
            "unseen": row.get("unseen", 0),
            "files": files,
            "keep_until": max(filter(None, [row["keep_until"], *days]), default=None),
            "sound": self.strict(row.get("sound") or "null"),
        }

    def _heard(self, said: Any, segments: list[Any]) -> Any:
        """In which file, and between which of its seconds, an opt-out can be heard."""
        one = next((one for one in segments if one["id"] == said["recording"]), None)
        if one is None or not one["ended_at"] or one["ended_at"] < said["at"]:
            return None
        low = high = said["position"]
        if index := (one["sound"] or {}).get("index"):
            at = (_moment(said["at"]) - _moment(one["sound"]["since"])).total_seconds()
            after = sum(t <= at for t, _ in index)
            (t0, f0), (t1, f1) = index[max(after - 1, 0)], index[min(after, len(index) - 1)]
            low, high = max(f0, f1 - (t1 - at)), min(f1, f0 + (at - t0))
            if low > high or not 0 < after < len(index):
                low = high = f0 + (f1 - f0) * (at - t0) / ((t1 - t0) or 1)
            low, high = round(low, 2), round(high, 2)
        file = f"calls/{self.call}/recordings/{one['files'][0]['name']}"
        return {"file": file, "from": low, "to": high} if low is not None else None

    def _gaps(self, segments: list[Any]) -> list[Any]:
        """Between the segments of a leg, in seconds."""
        by_leg: dict[Any, list[Any]] = {}
        for one in segments:
            if one["part"] == "carrier":
                by_leg.setdefault((one["node"], one["uniqueid"]), []).append(one)
        gaps = []
        for leg in by_leg.values():
            for before, after in zip(leg, leg[1:]):  # noqa: B905, RUF007
                if before["ended_at"] and after["answered_at"]:
                    seconds = (_moment(after["started_at"]) - _moment(before["ended_at"])).total_seconds()
                    gap = {
                        "from": before["ended_at"],
                        "to": after["started_at"],
                        "seconds": round(seconds, 3),
                    }
                    gaps += [{"after": before["id"], "before": after["id"], **gap}] if seconds > 0 else []
        return gaps

    def _told(self, segments: list[Any], legs: list[Any]) -> dict[str, Any]:
        """The facts of the call."""
        row, decision = self.row, self.decision
        undelivered = (self._mine("undelivered") or [None])[0]
        answered = [one["answered_at"] for one in segments if one["answered_at"]]
        running = any(not one["ended_at"] for one in segments)
        chosen = ([leg for leg in legs if leg["answered_at"]] or legs or [{}])[-1]
        became = "answered" if answered else "unseen" if any(one["unseen"] for one in segments) else None
        became = "running" if running else became or ("unanswered" if segments else None)
        became = "refused" if not row["dial"] else "not-delivered" if undelivered else became
        caller, usual = self.facts.get("caller_id") or {}, decision["attempt"]["caller_id"]
        same = ("id", "node", "decided_at", "behind_us", "mode", "verdict")
        versions = {name: decision.get(name) or None for name in ("calendar", "tz", "number_metadata")}
        facts = {
            **{name: row[name] for name in same},
            **{name: row[name] or None for name in ("caller_id", "campaign", "business", "agent", "trunk")},
            "number_of_the_decision": row["seq"],
            "delivered": undelivered is None,
            "not_delivered_because": undelivered["reason"] if undelivered else None,
            "reasons": self.strict(row["reasons"]),
            "callee": row["number"] or None,
            "callee_as_dialled": row["given"],
            "number_given_to_the_trunk": row["dial"] or None,
            "may_leave_as": caller.get("sent_as") or ([usual] if usual else []),
            "agent_leg": {"channel": row["channel"] or None, "uniqueid": row["uniqueid"] or None},
            "carrier_legs": self._legs(legs, segments),
            **{name: None if chosen.get(name) == "" else chosen.get(name) for name in JOINED},
            "answered_at": min(answered, default=None),
            "ended_at": None if running else max([one["ended_at"] for one in segments], default=None),
            "disposition": became,
            "versions": {"profiles": decision.get("policy") or [], **versions},
        }
        unknown = [name for name in (*JOINED, *EXPECTED) if facts[name] is None]
        unknown += [f"versions.{name}" for name, value in facts["versions"].items() if not value]
        going_on = self._of("call", "legs_going_on")
        return {**facts, "unknown": sorted(unknown), "legs_going_on": going_on}

    def _legs(self, legs: list[Any], segments: list[Any]) -> list[Any]:
        """The carrier's legs, the first one first: how each was recorded, and what Asterisk told of it."""
        shown = {}
        for leg in legs:
            one = {name: leg[name] for name in ("channel", "uniqueid", "answered_at", "ended_at")}
            one.update({name: None if leg.get(name, "") == "" else leg[name] for name in TOLD})
            heard = [*self.strict(leg.get("supervision", "{}")).values()]
            shown[leg["node"], leg["uniqueid"]] = {**one, "first_recorded_at": None, "supervision": heard}
        for one in segments:
            if one["part"] == "carrier":
                new = {"channel": one["channel"], "uniqueid": one["uniqueid"], "supervision": []}
                leg = shown.setdefault((one["node"], one["uniqueid"]), {**new, **dict.fromkeys(TOLD)})
                begun = one["started_at"] if one["files"][0]["sha256"] or one["state"] == "running" else None
                leg["first_recorded_at"] = leg.get("first_recorded_at") or begun
                leg["answered_at"] = leg.get("answered_at") or one["answered_at"]
                leg["ended_at"] = one["ended_at"]
        return [*shown.values()]
