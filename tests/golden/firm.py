"""What is said in an installation that begins empty: its registers and scripts; what is refused."""

from __future__ import annotations

from tests.golden.house import House, begin

WHO = "--by wang"


def beginning(house: House) -> None:
    begin(house)
    house.say("init")
    house.say("init --lang zh")
    house.say("init --json")
    house.say("init --profile nowhere --config other.toml")
    house.set("/var/spool/asterisk/dialpact", "/nowhere/dialpact")
    house.tell(
        """
        * business list
        * status
        * asterisk doctor --asterisk-etc etc
        reload --check
        reload --check --lang zh
        reload --check --json
        * ledger verify
        * ledger list
        * calls list
        * recordings list
        * incidents count
        """,
    )


def registers(house: House) -> None:
    house.tell(
        f"""
        business add acme --name 某某公司 --actor own-business {WHO}
        business add acme --name 某某公司 --actor own-business {WHO} --lang zh
        business add acme --name Other --actor own-business {WHO}
        business add beta --name Beta --actor own-business {WHO} --json
        business add gamma --name Gamma --actor pirate {WHO}
        business add gamma --name Gamma --actor own-business --by ' ' --json
        business add delta --name Delta --actor own-business
        * business list
        * business show acme
        * business show nobody
        campaign add renewal --business acme --industry 保险 --purpose marketing --script pitch {WHO}
        campaign add renewal --business acme --industry 保险 --purpose marketing --script pitch {WHO} --json
        campaign add repair --business beta --industry loans --purpose service {WHO} --lang zh
        campaign add lost --business nobody --industry loans --purpose service {WHO}
        campaign add lost --business acme --industry loans --purpose fun {WHO} --json
        campaign change repair --purpose marketing --reason 'the contract says so' {WHO}
        campaign change repair --script pitch --reason 'one more' {WHO} --json
        campaign change repair --reason nothing {WHO} --lang zh
        campaign change nobody --purpose marketing --reason x {WHO} --json
        * campaign list
        * campaign list --business beta
        * campaign show repair
        caller-id add 02787654321 --business acme --licence L-1 --carrier 电信 --authenticated \
        --valid-from 2026-01-01 --trunk carrier --purpose marketing {WHO}
        """,
    )
    issued = "--licence L-2 --carrier CT --authenticated --trunk * --purpose * --valid-from 2026-01-01"
    house.tell(
        f"""
        caller-id add 95588 --business beta {issued} --valid-to 2027-01-01 --sent-as +8695588 {WHO} --json
        caller-id add 95588 --business beta {issued} {WHO} --lang zh
        caller-id add 95599 --business nobody {issued} {WHO}
        caller-id add x1 --business acme {issued} {WHO} --json
        caller-id add 95577 --business acme {issued} {WHO}
        * caller-id list
        * caller-id list --business beta
        * caller-id show 95588
        caller-id remove 95577 --reason returned {WHO}
        caller-id remove 95577 --reason returned {WHO} --json
        * caller-id show 95577
        caller-id suspend 95588 --reason 'carrier asked' {WHO} --lang zh
        """,
    )
    house.file(
        "list.csv",
        "number,holder,licence,valid_to,authenticated\n02787654321,别人,L-9,,no\n02711112222,x,,,\n",
    )
    house.file("same.csv", "number,holder,licence,valid_to,authenticated\n02787654321,某某公司,L-1,,yes\n")
    house.tell(
        f"""
        * caller-id reconcile --carrier-list list.csv {WHO}
        caller-id reconcile --carrier-list same.csv {WHO}
        caller-id reconcile --carrier-list none.csv {WHO} --json
        """,
    )


def scripts(house: House) -> None:
    house.file("pitch.txt", "您好，这里是某某公司。\n请问现在方便吗？\n")
    house.file("bad.txt", "您好，\n我们是国家级机构，\n给您最 佳方案。\n".encode("gb18030"))
    house.file("empty.txt", "")
    house.tell(
        f"""
        script add pitch --file pitch.txt {WHO}
        script add pitch --file pitch.txt {WHO} --json
        script add claim --file bad.txt {WHO} --lang zh
        script add none --file none.txt {WHO}
        script add none --file empty.txt {WHO} --json
        * script check bad.txt
        * script check pitch.txt
        script approve claim --by chen
        script approve claim --by chen --lang zh
        script approve claim --by chen --json
        script approve pitch --by chen --expires-at 2027-12-31
        script approve pitch --by chen --json
        script approve nothing --by chen
        * script list
        * script show pitch
        * script show pitch --text
        script revoke pitch --reason 'law changed' --by chen
        script revoke pitch --reason again --by chen --json
        script revoke nothing --reason again --by chen --lang zh
        * script show pitch
        script approve pitch --by chen --lang zh
        * script show nothing
        """,
    )


def errors(house: House) -> None:
    house.file("wrong.toml", '[node]\nname = "pbx1"\ncolour = "red"\n')
    house.file("broken.toml", "[node\n")
    house.tell(
        """
        --version
        --help
        --help --lang zh
        business
        dnc add --help
        recordings --help
        nonsense
        business add
        business show acme --nonsense
        script approve pitch --by
        complaint answer 1
        complaint answer one --note x
        business list --lang fr
        business list --config none.toml
        business list --config none.toml --json
        business list --config wrong.toml --lang zh
        business list --config broken.toml --json
        ledger show 9999 --json
        calls show 00000000000000000000000000000000
        calls show x --json
        recordings show 00000000000000000000000000000000 --lang zh
        incidents list --kind nonsense --lang zh
        incidents list --since soon --json
        evidence verify none.zip
        report inspection --from 2026-11-25 --to 2026-11-24 --by chen
        replay --cdr none.csv
        """,
    )
