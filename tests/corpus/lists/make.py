"""The files of this folder, as text: ``python -m tests.corpus.lists.make`` writes them.

One a kind, as suppliers, colleagues and programs deliver them; all contents are invented. What must come out
of each is in ``table.toml``.
"""

from __future__ import annotations

from pathlib import Path

from tests.workbooks import links, packed, parts, row, sheet, table

FOLDER = Path(__file__).parent
NAMES = ("number", "scope", "value", "requested_at", "source")
HEADER = ",".join(NAMES)
IDS = "number,business,licence,carrier,authenticated,trunks,purposes,valid_from,valid_to"
CONSENT = "number,business,industry,granted_at,expires_at,evidence"
UNSEEN, LEFT_TO_RIGHT, POP = "\u200b", "\u202d", "\u202c"


def lines(*rows: str, end: str = "\r\n") -> str:
    return "".join(one + end for one in rows)


def texts() -> dict[str, bytes]:
    """Text files."""
    plain = lines(HEADER, "13800138000,all,,2026-10-05,热线", "02787654321,industry,保险,,投诉")
    found: dict[str, str | bytes] = {
        "comma-utf8.csv": plain,
        "comma-utf8-bom.csv": plain.encode("utf-8-sig"),
        "comma-gb18030.csv": plain.encode("gb18030"),
        "semicolon.csv": plain.replace(",", ";"),
        "tab.txt": plain.replace(",", "\t"),
        "bar.csv": plain.replace(",", "|"),
        "unicode-text.txt": plain.replace(",", "\t").encode("utf-16"),
        "utf16-no-bom.txt": plain.replace(",", ";").encode("utf-16-le"),
        "utf16-big-endian.txt": b"\xfe\xff" + plain.replace(",", "\t").encode("utf-16-be"),
        "sep.csv": "sep=;\r\n" + plain.replace(",", ";"),
        "sep-quoted.csv": '"sep=,"\r\n' + plain,
        "title.csv": lines("湖北某某公司拒呼名单,,,,", "制表：张三  2026-10-05,,,,", ",,,,") + plain,
        "title-gb18030.csv": (lines("10月名单", "") + plain).encode("gb18030"),
        "row-above-header.csv": lines("13900139000,all,,,", HEADER, "13800138000,all,,,"),
        "empty-columns.csv": lines(
            f",{HEADER},,", ",13800138000,all,,2026-10-05,热线,,", ",02787654321,all,,,"
        ),
        "old-mac-lines.csv": plain.replace("\r\n", "\r"),
        "quotes.csv": lines(HEADER, '"13800138000","all","","2026-10-05","he said ""no"", twice"'),
        "guarded.csv": lines(
            HEADER,
            "'13800138000,all,,,",
            '="13800138001",all,,="2026-10-05",',
            '"=""13800138002""",\'all,,,',
            "\t13800138003\t,all,,,",
            f"{LEFT_TO_RIGHT}13800138004{POP},all,,,",
            f"138{UNSEEN}0013{UNSEEN}8005,{UNSEEN}all,,,",
            "138\u00a00013\u00a08006,all,,,",
            "027\u20138765\u20134321,all,,,",
            "(+86)13800138008,all,,,",
            "（０２７）８７６５４３２２,industry,'保险,,",
            "\u300013800138009,industry,保\u200b险,2026-10-05\u00a010:00,广州\u3000张三",
        ),
        "two-numbers.csv": lines(
            HEADER,
            "13800138000/13900139000,all,,,",
            "13800138000 13900139000,all,,,",
            "13800138000、02787654321,all,,,",
            '"13800138000;13900139000",all,,,',
            "138-0013-8000-,all,,,",
            "13800138009,all,,,",
        ),
        "excel-leftovers.csv": lines(
            HEADER, "1.38E+10,all,,,", "13800138000.0,all,,,", "2787654321,all,,,", "13800138009,all,,,"
        ),
        "dates.csv": lines(
            CONSENT,
            "13800138001,acme,保险,2026年1月5日,,f",
            "13800138002,acme,保险,2026年1月5日 上午9:30,,f",
            "13800138003,acme,保险,2026-01-05T10:00:00+08,,f",
            "13800138004,acme,保险,20260105,20271231,f",
            "13800138005,acme,保险,2026.1.5,,f",
            '13800138006,acme,保险,"Mon, 5 Jan 2026 10:00:00 +0800",,f',
            "13800138007,acme,保险,1/5/2026,,f",
            "13800138008,acme,保险,46027,,f",
        ),
        "header-only.csv": lines(HEADER),
        "no-good-row.csv": lines(HEADER, "110,all,,,", "95588,all,,,"),
        "bad-rows.csv": lines(
            "\ufeffline,reason,number,scope,value,requested_at,source",
            "7,two numbers,13800138000,all,,,",
            "9,'110',110,all,,,",
        ),
        "one-column.csv": lines("number", "13800138000", "", "02787654321"),
        "one-column-title.txt": lines("十月线索", "number", "13800138000", "13900139000").encode("utf-16"),
        "caller-ids.csv": lines(
            IDS,
            "'02787654321,acme,L,C,是,*,*,2026年1月1日,",
            '="4006123456",acme,L,C,yes,*,*,2026/1/1,',
            "2787654322,acme,L,C,yes,*,*,2026-01-01,",
        ),
        "carriers-list.csv": lines(
            "某某电信号码清单;;;", "number;holder;valid_from;authenticated", "'02787654329;acme;2026.1.1;是"
        ).encode("gb18030"),
        # what is none
        "page.xls": "<html><head><meta charset='utf-8'></head><body><table><tr><td>number</td></tr></table>",
        "page-fragment.xls": "\ufeff\r\n<table border=1><tr><th>number</th></tr></table>",
        "saved-page.xls": lines("MIME-Version: 1.0", "X-Document-Type: Workbook", "", "<html>"),
        "spreadsheetml.xls": '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>',
        "export.xml": '<?xml version="1.0"?>\n<numbers><number>13800138000</number></numbers>',
        "letter.csv": "%PDF-1.4\n%",
        "not-text.csv": b"number\n\xff\xfe\xff\xff\x80\n",
    }
    return {name: text.encode() if isinstance(text, str) else text for name, text in found.items()}


def ole(stream: str) -> bytes:
    """The start of a file of old Office programs, with the name of a stream in its directory."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le").ljust(512, b"\0")


def books() -> dict[str, bytes]:
    """Workbooks, and what is taken for one."""
    plain = table(
        NAMES, ("13800138000", "all", None, "2026-10-05", "热线"), ("02787654321", "industry", "保险")
    )
    headless = table(("13900139000", "all"))
    dimension = parts({"Sheet1": ""})
    dimension["xl/worksheets/sheet1.xml"] = sheet(plain, '<dimension ref="A1"/>')
    shared = "".join(f'<c t="s"><v>{number}</v></c>' for number in range(2))
    formula = '<c t="str"><f>"0"&amp;A9</f><v>02787654321</v></c>'
    number = table(("number",), (13800138000,), ("<c><v>1.39001390E10</v></c>",))
    chart = parts({"数据": plain, "图": ""})
    chart["xl/_rels/workbook.xml.rels"] = links(
        ("worksheet", "worksheets/sheet1.xml"),
        ("chartsheet", "chartsheets/sheet1.xml"),
        ("styles", "styles.xml"),
    )
    hidden = table(NAMES, ("13800138000", "all")) + row("13800138001", "all", attributes=' hidden="1"')
    return {
        "plain.xlsx": packed(parts({"Sheet1": plain, "Sheet2": "", "Sheet3": ""})),
        "numbers.xlsx": packed(parts({"Sheet1": number})),
        "shared.xlsx": packed(
            parts(
                {
                    "a": table(("number",))
                    + f"<row>{shared[: len(shared) // 2]}</row><row>{shared[len(shared) // 2 :]}</row>"
                },
                strings=[
                    "<t>13800138000</t>",
                    "<r><t>027</t></r><r><t>87654321</t></r><rPh sb='0' eb='1'><t>x</t></rPh>",
                ],
            )
        ),
        "wrong-dimension.xlsx": packed(dimension),
        "chart.xlsx": packed(chart),
        "title.xlsx": packed(parts({"名单": table(("拒呼名单 2026年10月",), (), ("制表：张三",)) + plain})),
        "column-b.xlsx": packed(
            parts(
                {
                    "a": row('<c r="C3" t="str"><v>number</v></c>', number=3)
                    + row('<c r="C5"><v>13800138000</v></c>', number=5)
                }
            )
        ),
        "dates.xlsx": packed(
            parts(
                {
                    "a": table(
                        CONSENT.split(","),
                        ("13800138001", "acme", "保险", (46027, 1), (46387, 2), "f"),
                        ("13800138002", "acme", "保险", (46027.4375, 3), None, "f"),
                        ("13800138003", "acme", "保险", 46027, None, "f"),
                        ("13800138004", "acme", "保险", 20260105, None, "f"),
                        ("13800138005", "acme", "保险", "2026年1月5日", None, "f"),
                        ("13800138006", "acme", "保险", 2026, None, "f"),
                    )
                },
                formats=(14, 31, 'yyyy"年"m"月"d"日" h:mm'),
            )
        ),
        "dates-1904.xlsx": packed(
            parts(
                {"a": table(CONSENT.split(","), ("13800138001", "acme", "保险", (44565, 1), None, "f"))},
                formats=(14,),
                since_1904=True,
            )
        ),
        "padded.xlsx": packed(
            parts(
                {"a": table(("number",), ((2787654321, 1),), ((13800138000, 2),), ((2787654322, 3),))},
                formats=("00000000000", "000-0000-0000", '"0"0'),
            )
        ),
        "lost.xlsx": packed(
            parts(
                {
                    "a": table(
                        ("number",),
                        (2787654321,),
                        (13800000000,),
                        ("<c><v>1.3800138000138E+21</v></c>",),
                        (13800138000.5,),
                        ("02787654321",),
                    )
                }
            )
        ),
        "formulas.xlsx": packed(
            parts(
                {
                    "a": table(
                        NAMES,
                        (formula, "all"),
                        ('<c t="e"><v>#N/A</v></c>', "all"),
                        ("13800138000", "all", None, '<c t="e"><f>B1</f><v>#VALUE!</v></c>'),
                        ('<c t="str"><f>"02787654321"</f><v>02787654321</v></c>', "all"),
                    )
                }
            )
        ),
        "hidden.xlsx": packed(
            parts({"名单": hidden, "旧": table(NAMES, ("13800138002", "all"))}, hidden=["旧"])
        ),
        "two-sheets.xlsx": packed(
            parts(
                {
                    "一": plain,
                    "二": table(NAMES, ("13900139000", "all")),
                }
            )
        ),
        "notes.xlsx": packed(parts({"说明": table(("请勿外传",), ("客服 400-123-4567",)), "名单": plain})),
        "headless-sheet.xlsx": packed(parts({"一": plain, "二": headless})),
        "caller-ids.xlsx": packed(
            parts(
                {
                    "a": table(
                        IDS.split(","),
                        (4006123456, "acme", "L", "C", True, "*", "*", (46023, 1)),
                        (2787654321, "acme", "L", "C", "是", "*", "*", (46023, 1)),
                        ("02787654322", "acme", 420100000000012345, "C", "是", "*", "*", (46023, 1)),
                    )
                },
                formats=(14,),
            )
        ),
        "guarded.xlsx": packed(
            parts(
                {
                    "a": table(
                        ("number",),
                        ("'13800138000",),
                        ("13800138001\n",),
                        ("138\u00a00013\u00a08002",),
                        ("13800138003\n13900139000",),
                    )
                }
            )
        ),
        "header-only.xlsx": packed(parts({"a": table(NAMES)})),
        "empty.xlsx": packed(parts({"a": ""})),
        # what is none
        "biff.xls": ole("Workbook"),
        "locked.xlsx": ole("EncryptedPackage"),
        "letter.doc": ole("WordDocument"),
        "binary.xlsb": packed({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"\x83\x01\x00"}),
        "letter.docx": packed({"[Content_Types].xml": "<Types/>", "word/document.xml": "<document/>"}),
        "open.ods": packed(
            {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}
        ),
        "packed.zip": packed({"list.csv": "number\n13800138000\n"}),
        "damaged.xlsx": packed(parts({"a": plain}))[:-30],
        "entities.xlsx": packed(
            parts({"a": ""})
            | {
                "xl/worksheets/sheet1.xml": '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
                + sheet(plain)
            }
        ),
    }


def files() -> dict[str, bytes]:
    """By name."""
    return texts() | books()


def main() -> None:
    for name, content in files().items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
