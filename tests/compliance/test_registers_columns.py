"""Which column of a file is which: names, remarks, what was said of it, what is left, files without names."""

from __future__ import annotations

import pytest

from dialpact.compliance.registers import column_names
from dialpact.compliance.registers.column_names import columns_by_name, plain
from dialpact.compliance.registers.columns import (
    MOST_TOLD,
    Given,
    Resolved,
    headless,
    known,
    mapping,
    resolve,
)
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.formats import CARRIER_LIST, IMPORTED
from dialpact.compliance.registers.mapping import MAPPING
from dialpact.compliance.registers.number_parts import PARTS, whole
from dialpact.compliance.registers.sheet import NumberCell, Unread
from dialpact.compliance.registers.table import Format
from dialpact.presentation import texts

FORMATS = {**IMPORTED, "carrier-list": CARRIER_LIST}


def found(kind: str, *header: str, **given: object) -> Resolved:
    form: Format[object] = FORMATS[kind]
    said = Given(**given)  # type: ignore[arg-type]
    return resolve(header, form.columns, form.others, said, form.kind)


def fault(kind: str, *header: str, **given: object) -> Fault:
    with pytest.raises(Fault) as refused:
        found(kind, *header, **given)
    for language in ("en", "zh"):
        assert texts.fault_text(refused.value, language)  # type: ignore[arg-type]
    return refused.value


NUMBERS = [
    *(
        "手机号",
        "手机号码",
        "电话",
        "联系电话",
        "号码",
        "被叫号码",
        "客户手机号",
        "固定电话",
        "手 机 号",
        "電話",
        "手機號碼",
    ),
    *(
        "phone",
        "Phone Number",
        "PHONE_NUMBER",
        "phoneNumber",
        "Mobile",
        "mobile no.",
        "tel",
        "Tel.",
        "Telephone",
    ),
    *("Cell Phone", "MSISDN", "contact number", "Called Number", "ｐｈｏｎｅ", "Téléphone", "Rufnummer"),
    *(
        "手机号（必填）",
        "手机号(11位)",
        "手机号码【必填】",
        "*手机号",
        "手机号/Phone",
        "手机(Mobile)",
        "电话1",
        "phone 2",
    ),
]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("kind", ["dnc", "consent", "leads"])
def test_a_number_by_the_names_that_people_use(kind: str, name: str) -> None:
    others = [column for column in FORMATS[kind].columns if column != "number"]
    there = found(kind, *others, "姓名", name)
    assert there.order[0] == len(others) + 1
    assert (there.left_out, there.read_as) == (("姓名",), {"number": name})


@pytest.mark.parametrize("name", ["主叫号码", "外显号码", "码号", "Caller ID", "caller_id", "CLI", "DID"])
@pytest.mark.parametrize("kind", ["caller-id", "carrier-list"])
def test_a_caller_id_has_names_of_its_own(kind: str, name: str) -> None:
    """Beside the number that was called, which is none."""
    others = [column for column in FORMATS[kind].columns if column != "number"]
    assert found(kind, "被叫号码", *others, name).read_as == {"number": name}
    assert fault("leads", name).key == "missing-column"


@pytest.mark.parametrize(
    "name", ["'手机号", '="手机号"', "\u202d手机号\u202c", "\ufeff手机号", " 手机号\u3000"]
)
def test_a_name_is_read_without_what_excel_puts_around_it(name: str) -> None:
    assert found("leads", name).read_as == {"number": "手机号"}


NO_NUMBERS = [
    "序号",
    "姓名",
    "证件号码",
    "身份证号",
    "客户编号",
    "会员号码",
    "No.",
    "account number",
    "id",
    "email",
    "电话类型",
]


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_what_only_sounds_like_a_number_is_none(name: str) -> None:
    assert fault("leads", name).key == "missing-column"


@pytest.mark.parametrize(
    "name", ["电话（家庭）", "Phone (Work)", "1. 手机号", "2、Phone", "投保人手机号", "Mob."]
)
def test_other_ways_to_write_it(name: str) -> None:
    assert found("leads", "姓名", name).order[0] == 1
    assert fault("leads", "手机", name).key == "column-ambiguous"


@pytest.mark.parametrize("name", ["号码(主叫)", "手机号/姓名", "电话（客户编号）", "Phone / Email"])
def test_a_name_that_says_two_things_is_none(name: str) -> None:
    assert fault("leads", name).key == "missing-column"


@pytest.mark.parametrize(
    ("header", "which"),
    [
        (("手机号", "固定电话"), ("手机号", "固定电话")),
        (("number", "phone"), ("number", "phone")),  # the first may be that of the row
        (("电话1", "电话2"), ("电话1", "电话2")),
        (("phone_number", "first_name", "alt_phone"), ("phone_number", "alt_phone")),
    ],
)
def test_two_that_could_be_the_number_are_refused_by_name(
    header: tuple[str, ...], which: tuple[str, str]
) -> None:
    refused = fault("leads", *header)
    assert refused.key == "column-ambiguous"
    assert all(name in refused.detail["found"] for name in which)
    decided = found("leads", *header, mapped={"number": which[1]})
    assert decided.order[0] == header.index(which[1])
    assert which[0] in decided.left_out


@pytest.mark.parametrize("header", [("number", "number"), ("手机号", "手机号"), ("Phone", "PHONE")])
def test_the_same_name_twice(header: tuple[str, str]) -> None:
    assert fault("leads", *header).key == "column-twice"


def test_a_name_of_last_resort_counts_only_alone() -> None:
    header = ("手机号", "范围", "来源", "日期")
    assert found("dnc", *header).read_as["requested_at"] == "日期"
    both = found("dnc", *header, "拒绝时间")
    assert (both.read_as["requested_at"], both.left_out) == ("拒绝时间", ("日期",))


def test_what_every_row_may_leave_empty_may_be_absent() -> None:
    row = found("dnc", "号码", "范围", "来源").cells(["1", "全部", "x"])
    assert row == ["1", "全部", "", "", "x"]
    refused = fault("dnc", "号码", "备注")
    assert (refused.detail["column"], refused.detail["found"]) == ("scope, source", "'号码', '备注'")


def test_what_was_said_goes_before_thenames_of() -> None:
    there = found("leads", "电话", "回拨 号码", mapped={"number": "回拨号码"})
    assert (there.order[0], there.left_out) == (1, ("电话",))


@pytest.mark.parametrize(
    ("mapped", "key"),
    [
        ({"number": "没有"}, "no-such-header"),
        ({"colour": "电话"}, "unknown-column"),
        ({"number": "备注"}, "column-twice"),
    ],
)
def test_what_was_said_and_is_not_so(mapped: dict[str, str], key: str) -> None:
    assert fault("leads", "电话", "备注", "备注", mapped=mapped).key == key


def test_one_name_is_one_column() -> None:
    assert fault("dnc", "a", "b", mapped={"number": "a", "source": "a"}).key == "mapped-twice"


def test_what_a_file_does_not_have_is_the_same_in_every_row() -> None:
    there = found("dnc", "电话", constants={"scope": "all", "source": "FTC"})
    assert there.cells(["1"]) == ["1", "all", "", "", "FTC"]
    assert fault("dnc", "电话", "范围", constants={"scope": "all", "source": ""}).key == "given-and-there"
    assert fault("leads", "电话", constants={"scope": "all"}).key == "unknown-column"


def test_what_is_left_out_is_bounded_and_the_nameless_are_known() -> None:
    there = found("leads", "", "电话", "姓名", "")
    assert (there.left_out, there.nameless) == (("姓名",), (0, 3))
    many = found("leads", "电话", *(f"n{place}" * 100 for place in range(200))).left_out
    assert (len(many), many[-1], len(many[0])) == (MOST_TOLD + 1, "…", 80)


def test_a_first_line_of_numbers_is_no_header() -> None:
    assert fault("dnc", "13800138000", "all", "").key == "headless"
    assert fault("leads", "+86 138-0013-8000").key == "headless"
    assert fault("leads", "2026", "名单").key == "missing-column"


@pytest.mark.parametrize("kind", FORMATS)
def test_a_name_means_one_column(kind: str) -> None:
    meant: dict[str, set[str]] = {}
    for last in (False, True):
        for column, names in column_names.names_of(kind, last=last).items():
            for name in (column, *names):
                meant.setdefault(plain(name), set()).add(column)
    assert {name: columns for name, columns in meant.items() if len(columns) > 1} == {}
    parts = () if kind in ("caller-id", "carrier-list") else PARTS
    assert set(columns_by_name(kind).values()) == {*FORMATS[kind].columns, *FORMATS[kind].others, *parts}
    assert all(meant)


@pytest.mark.parametrize("kind", IMPORTED)
def test_a_template_s_headings_are_those_of_the_lists(kind: str) -> None:
    chinese = texts.catalogue("zh")
    for column in (*FORMATS[kind].columns, *FORMATS[kind].optional):
        assert column_names.heading(kind, column) == chinese[f"column.{column}"]


def test_every_column_can_be_mapped_for_good() -> None:
    columns = {column for form in FORMATS.values() for column in (*form.columns, *form.others)}
    assert columns | set(PARTS) == set(MAPPING.cells)


def test_what_is_absent_stands_behind_a_row_as_it_is_written() -> None:
    assert found("leads", "number").absent == [""]
    assert found("dnc", *FORMATS["dnc"].columns).absent == []
    there = found("dnc", "number", constants={"scope": "all", "source": "FTC"})
    assert there.absent == ["all", "", "", "FTC"]
    assert found("dnc", "number", "source", constants={"scope": "all"}).absent is None


def test_how_many_cells_name_a_column() -> None:
    form = FORMATS["dnc"]
    columns = (*form.columns, *form.others)
    assert known(("手机号", "范围", "备注", ""), columns, kind="dnc") == 2
    assert known(("拒呼名单", ""), columns, kind="dnc") == 0
    assert known(("回拨",), columns, Given(mapped={"number": "回拨"}), kind="dnc") == 1


def without(first: tuple[str, ...], kind: str = "leads", **constants: str) -> Resolved | None:
    form = FORMATS[kind]
    given = Given(constants=constants, numbers_only=True)
    return headless(first, form.columns, form.others, given, form.kind)


def test_a_file_of_numbers_alone() -> None:
    there = without(("13800138000",), "dnc", scope="all", source="FTC")
    assert there is not None
    assert there.cells(["13800138001"]) == ["13800138001", "all", "", "", "FTC"]
    there = without(("202", "5551234"), "dnc", scope="all")
    assert there is not None
    assert there.cells(["202", "5551235"]) == ["+12025551235", "all", "", "", ""]
    assert without(("手机号",)) is None  # a heading


@pytest.mark.parametrize(
    ("first", "kind", "key"),
    [
        (("1", "2", "3"), "leads", "more-than-numbers"),
        (("13800138000",), "dnc", "missing-beside-numbers"),
        (("13800138000",), "consent", "missing-beside-numbers"),
        (("027", "87654321"), "carrier-list", "more-than-numbers"),
    ],
)
def test_a_file_of_numbers_alone_that_is_none(first: tuple[str, ...], kind: str, key: str) -> None:
    with pytest.raises(Fault) as refused:
        without(first, kind)
    assert refused.value.key == key


@pytest.mark.parametrize(
    ("country", "area", "number", "together"),
    [
        ("", "202", "2345678", "+12022345678"),
        ("", "416", "234-5678", "+14162345678"),
        ("", "027", "87654321", "02787654321"),
        ("", "010", "6543 2100", "01065432100"),
        ("", "0755", "0755-87654321", "0755-87654321"),
        ("", "027", "13800138000", "13800138000"),  # where a mobile is from
        ("", "武汉", "13800138000", "13800138000"),
        ("", "202", "234567", "202, 234567"),  # what is no number is refused as a row
        ("", "120", "2345678", "120, 2345678"),
        ("", "44", "7911123456", "44, 7911123456"),
        ("86", "", "13800138000", "+8613800138000"),
        ("+86", "", "8613800138000", "+8613800138000"),
        ("86", "027", "87654321", "+862787654321"),
        ("1", "", "3122345678", "+13122345678"),
        ("1", "", "1 312 234 5678", "+13122345678"),
        ("1", "312", "234-5678", "+13122345678"),
        ("0044", "", "07911 123456", "+447911123456"),
        ("44", "", "+447911123456", "+447911123456"),
        ("中国", "", "13800138000", "13800138000"),
        ("86", "027", "", ""),
    ],
)
def test_a_number_in_pieces(country: str, area: str, number: str, together: str) -> None:
    assert whole(number, area, country) == together


def test_a_chinese_area_code_may_have_lost_its_zero() -> None:
    """Where the column says that it is one: 718 is of New York, and of Enshi."""
    there = found("leads", "区号", "电话")
    assert there.cells(["718", "8234567"])[0] == "07188234567"
    assert there.cells(["27", "87654321"])[0] == "02787654321"
    assert there.cells(["027", "13800138000"])[0] == "13800138000"
    assert found("leads", "area code", "phone").cells(["718", "8234567"])[0] == "+17188234567"


def test_the_pieces_of_a_number_may_be_number_cells() -> None:
    """As Excel has them once they are typed: such rows were refused."""
    there = found("leads", "区号", "电话")
    assert there.cells([NumberCell("27", "27"), NumberCell("87654321", "87654321")])[0] == "02787654321"
    american = found("leads", "area code", "phone")
    assert american.cells([NumberCell("312", "312"), "234-5678"])[0] == "+13122345678"
    cut = NumberCell("13800000000", "13800000000")  # was 1.38E+10
    assert found("leads", "国家代码", "电话").cells(["86", cut])[0] is cut
    formula = Unread("=A1", "cell-formula")
    assert there.cells([formula, "87654321"])[0] is formula


def test_a_header_with_the_pieces_of_a_number() -> None:
    there = found("leads", "区号", "电话", "国家代码")
    assert there.cells(["027", "87654321", "86"]) == ["+862787654321", ""]
    assert (there.left_out, there.absent) == ((), None)
    assert found("leads", "地区码", "电话", mapped={"area_code": "地区码"}).parts == {"area_code": 0}


def test_mappings_as_they_are_said() -> None:
    assert mapping(["number=联系电话", " Source = a=b "]) == {"number": "联系电话", "source": "a=b"}
    for bad in ("number", "=x", "number="):
        with pytest.raises(Fault):
            mapping([bad])
    with pytest.raises(Fault):
        mapping(["number=a", "number=b"])
