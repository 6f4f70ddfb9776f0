"""What is said of people in an installation that began empty: consents, leads, imports, complaints."""

from __future__ import annotations

from tests.golden.firm import WHO
from tests.golden.house import House

AT = "--at 2026-11-24T10:00:00+08:00"
CALL = "--campaign renewal --caller-id 02787654321"
DNC = "number,scope,value,requested_at,source\n"
CONSENT = "number,business,industry,granted_at,expires_at,evidence\n"
CALLER_ID = "number,business,licence,carrier,authenticated,trunks,purposes,valid_from,valid_to\n"
HONEST = "number\n" + "".join(f"138{place * 7919 % 10**8:08}\n" for place in range(60))
SWEPT = "number\n" + "".join(f"1380013{place:04}\n" for place in range(50))
DELIVERY = "--campaign renewal --partner 合作方 --contract K-1 --basis consent"


def consents(house: House) -> None:
    house.file("form.txt", "I agree.\n")
    given = "--business acme --industry 保险 --granted-at 2026-01-05"
    house.tell(
        f"""
        consent add 13800138000 {given} --evidence 'form 7' {WHO}
        consent add 13800138000 {given} --evidence 'form 7' {WHO} --json
        consent add 13800138001 {given} --expires-at 2026-12-31 --evidence 'form 8' \
        --evidence-file form.txt {WHO}
        consent add 13800138002 {given} --evidence 'form 9' --wording v1 {WHO} --lang zh
        consent add 110 {given} --evidence x {WHO}
        consent add 13800138003 --business nobody --industry x --granted-at soon --evidence x {WHO} --json
        consent add 13800138003 --business nobody --industry x --granted-at 2026-01-05 --evidence x {WHO}
        * consent list
        * consent list --number 13800138001
        * consent list --limit 1
        * consent show 13800138001
        * consent show 13800139999
        consent withdraw 13800138002 --business acme --reason letter {WHO}
        consent withdraw 13800138002 --business acme {WHO} --json
        consent withdraw 13900139000 --business acme {WHO} --lang zh
        * consent show 13800138002
        dnc add 13800138005 --scope all --source letter {WHO}
        dnc add 13800138005 --scope all --source letter {WHO} --json
        dnc add 13800138006 --scope business --value acme --source 热线 {WHO} --lang zh
        dnc add 13800138006 --scope industry --value 保险 {WHO} --json
        dnc add 13800138006 --scope industry {WHO}
        dnc add nonsense --scope all {WHO}
        dnc add 13800138006 --scope all --call 00000000000000000000000000000000 {WHO} --json
        * dnc list
        * dnc list --scope business --value acme
        * dnc list --limit 2
        * dnc show 13800138006
        dnc remove 13800138005 --scope all --reason 'in writing' {WHO}
        dnc remove 13800138005 --scope all --reason 'in writing' {WHO} --lang zh
        dnc remove 13800138006 --scope business --value acme --reason 'in writing' {WHO} --json
        * dnc show 13800138005
        """,
    )


def leads(house: House) -> None:
    house.file("honest.csv", HONEST + "138000\n")
    house.file("swept.csv", SWEPT)
    house.file("one.csv", "number\n13800138000\n13800138001\n")
    house.tell(
        f"""
        leads import honest.csv {DELIVERY} {WHO}
        leads import honest.csv {DELIVERY} {WHO} --json
        leads import honest.csv {DELIVERY} --skip-bad {WHO} --lang zh
        leads import swept.csv {DELIVERY} {WHO}
        leads import swept.csv {DELIVERY} {WHO} --json
        leads import one.csv {DELIVERY} {WHO} --json
        leads import one.csv --campaign nobody --partner p --contract c --basis b {WHO}
        * leads list
        * leads list --campaign repair
        * leads show 1
        * leads show 2
        * leads show 9
        * leads find 13800138000
        * leads find 13912345678
        leads release 2 --reason 'partner explained' --by chen
        leads release 2 --reason again --by chen --json
        leads release 1 --reason 'not held' --by chen --lang zh
        leads withdraw 3 --reason 'contract ended' --by chen
        leads withdraw 9 --reason x --by chen --json
        * leads show 3
        """,
    )


def imports(house: House) -> None:
    rows = "13800138010,all,,,\n110,all,,,\n\n1.38E+10,all,,,\n13800138011,all,acme,,\n"
    house.file("dnc.csv", DNC + rows + "13800138012,industry,保险,2026/11/24,热线\n")
    house.file("dnc.gb", (DNC + "13800138013,industry,保险,2026/11/24,热线\n").encode("gb18030"))
    good = "13800138010,acme,保险,2026-11-01,2026-12-31,form 8\n"
    house.file(
        "consent.csv",
        CONSENT + good + "13800138011,nobody,保险,soon,,form 9\n" + good.replace("acme", "acne"),
    )
    rows = "95577,acme,L,C,是,*,*,2026-01-01,\n95589,nobody,L,C,no,*,*,2026-01-01,\n"
    house.file("ids.csv", CALLER_ID + rows)
    house.file("columns.csv", DNC.strip() + ",colour\n")
    house.file("empty.csv", "")
    house.file("book.csv", b"PK\x03\x04")
    house.tell(
        f"""
        dnc import dnc.csv {WHO}
        dnc import dnc.csv {WHO} --lang zh
        dnc import dnc.csv {WHO} --json
        dnc import dnc.csv --skip-bad {WHO} --json
        dnc import dnc.csv --skip-bad {WHO}
        dnc import dnc.gb {WHO} --lang zh
        dnc import columns.csv {WHO}
        dnc import empty.csv {WHO} --json
        dnc import book.csv {WHO} --lang zh
        dnc import none.csv {WHO} --json
        consent import consent.csv {WHO}
        consent import consent.csv {WHO} --json
        consent import consent.csv --skip-bad {WHO} --lang zh
        consent import consent.csv --skip-bad {WHO} --json
        caller-id import ids.csv {WHO} --lang zh
        caller-id import ids.csv {WHO} --json
        caller-id import ids.csv --skip-bad {WHO}
        caller-id import ids.csv --skip-bad {WHO} --json
        dnc list --json
        consent list
        caller-id list --lang zh
        """,
    )


def check(house: House) -> None:
    house.tell(
        f"""
        * check 13800138000 {CALL} {AT}
        check 13800138000 {CALL} --at '2026-11-24 12:00' --lang zh
        check 13800138000 {CALL} --at '2026-11-21 10:00' --json
        check 13800138005 {CALL} {AT} --lang zh
        check 13800138006 {CALL} {AT} --json
        check 13800138020 {CALL} {AT}
        check 110 {CALL} {AT}
        check nonsense {CALL} {AT} --json
        check 13800138000 --campaign nobody --caller-id 02787654321 {AT}
        check 13800138000 --campaign renewal --caller-id 95588 {AT} --lang zh
        check 13800138000 {CALL} {AT} --trunk other --json
        check 13800138000 {CALL} {AT} --live
        check 13800138000 {CALL} --at soon --json
        check 13800138000 {CALL}
        """,
    )


def suspensions(house: House) -> None:
    add = "complaint add 13800138000 --at '2026-11-24 10:05'"
    house.tell(
        f"""
        {add} --note 午休时来电 --by chen
        {add} --by chen --json
        complaint add 13900139000 --at '2026-11-24 10:05' --source 热线 --refuse all --by chen --lang zh
        complaint add 13900139001 --at '2027-11-24 10:05' --by chen
        complaint add x --at '2026-11-24 10:05' --by chen --json
        complaint add 13900139001 --at soon --by chen --lang zh
        * complaint list
        * complaint list --overdue
        * complaint show 1
        * complaint show 9
        complaint answer 1 --note 已致歉 --by chen
        complaint answer 1 --note again --by chen --json
        complaint answer 9 --note x --by chen --lang zh
        * complaint list --status open
        * complaint show 1
        suspension add agent 1001 --reason '12321 举报' --by chen
        suspension add agent 1001 --reason again --by chen --json
        campaign suspend renewal --reason 'too many complaints' --by chen --lang zh
        campaign suspend nobody --reason x --by chen --json
        suspension add caller-id 95500 --reason x --by chen
        suspension add planet mars --reason x --by chen --json
        * suspension list
        check 13800138000 {CALL} --agent 1001 {AT} --json
        suspension lift agent 1001 --reason retrained --by li
        suspension lift agent 1001 --reason retrained --by li --json
        suspension lift campaign renewal --reason over --by li --lang zh
        * suspension list --all
        * suspension show agent 1001
        * suspension show agent 1009
        """,
    )
