"""A plain register with every kind of field, for the tests: the rooms that calls are made from."""

from __future__ import annotations

from datetime import date, datetime

from dialpact.compliance.registers.plain import PlainEntry, PlainRegister, Words


class Room(PlainEntry, frozen=True, kw_only=True):
    place: str
    seats: int
    opened: date
    checked_at: datetime | None = None
    watched: bool = True
    note: str | None = None


HEADINGS = ("Place", "Seats", "Opened", "Checked at", "Watched", "Remark")
ROOMS = PlainRegister(
    "room",
    Room,
    en=Words("Room", "The rooms.", dict(zip(Room.__struct_fields__[1:], HEADINGS, strict=True))),
    zh=Words(
        "机房",
        "外呼场所。",
        dict(
            zip(
                Room.__struct_fields__[1:],
                ("地点", "座席数", "启用日", "检查时间", "有监控", "备注"),
                strict=True,
            )
        ),
    ),
)
GIVEN = {"place": "武汉", "seats": "12", "opened": "2026-01-05"}
