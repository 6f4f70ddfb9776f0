"""A page as a test reads it: its words, rows, forms, links; and what must not be in any page."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"input", "br", "img", "link", "meta", "hr", "source", "rect", "path", "line", "circle"})
UNSEEN = frozenset({"script", "style", "title"})


@dataclass
class FormFound:
    """``fields``: by name, as they would be sent; of a choice the first, unless another is chosen."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    words: str = ""


class Html(HTMLParser):
    """``rows``: of every table, cells by their label. ``wrong``: what no page of ours may have."""

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.content = content
        self.title, self.headings = "", list[str]()
        self.links, self.forms, self.rows = list[str](), list[FormFound](), list[dict[str, str]]()
        self.alerts, self.wrong, self.tags = list[str](), list[str](), list[str]()
        self._open: list[tuple[str, dict[str, str]]] = []
        self._words: list[str] = []
        self._cell: list[str] | None = None
        self._choice = ""
        self.feed(content)
        self.close()

    @property
    def text(self) -> str:
        """All its words, with single spaces."""
        return " ".join(" ".join(self._words).split())

    def form(self, action: str) -> FormFound:
        found = [form for form in self.forms if form.action == action]
        assert len(found) == 1, f"{action}: {[form.action for form in self.forms]}"
        return found[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self._check(tag, given)
        match tag:
            case "a" if "href" in given:
                self.links.append(given["href"])
            case "form":
                self.forms.append(FormFound(given.get("method", "get"), given.get("action", "")))
            case "tr":
                self.rows.append({})
            case "td":
                self._cell = []
            case "h1" | "h2":
                self.headings.append("")
            case "input" | "textarea" | "select" | "button" if given.get("name") and self.forms:
                kind = given.get("type", "")
                if kind not in ("checkbox", "radio", "file") or "checked" in given:
                    self.forms[-1].fields[given["name"]] = given.get("value", "")
                self._choice = given["name"] if tag == "select" else ""
            case "option" if self._choice:
                fields = self.forms[-1].fields
                if "selected" in given or not fields[self._choice]:
                    fields[self._choice] = given.get("value", "")
        if tag not in VOID:
            self._open.append((tag, given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._check(tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, given = self._open.pop()
            if name == "td" and self._cell is not None and self.rows:
                label = given.get("data-label", str(len(self.rows[-1])))
                self.rows[-1][label] = " ".join(" ".join(self._cell).split())
                self._cell = None
            if name == "select":
                self._choice = ""
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        names = [name for name, _ in self._open]
        if "title" in names and "svg" not in names:
            self.title += data
        if UNSEEN & set(names) and "svg" not in names:
            return
        self._words.append(data)
        if self._cell is not None:
            self._cell.append(data)
        if names and names[-1] in ("h1", "h2") and self.headings:
            self.headings[-1] += data
        if any(given.get("role") == "alert" for _, given in self._open):
            self.alerts.append(data)
        if "textarea" in names and self.forms:
            name = next(given["name"] for tag, given in reversed(self._open) if tag == "textarea")
            self.forms[-1].fields[name] = data.removeprefix("\n")
        if self.forms and "form" in names:
            self.forms[-1].words += data

    def _check(self, tag: str, given: dict[str, str]) -> None:
        """Our policy lets none of it run; a page that has it does not do what it seems to."""
        for name, value in given.items():
            if name.startswith("on") or name == "style":
                self.wrong.append(f"<{tag} {name}>")
            if name.startswith("hx-") and name != "hx-nonce" and not given.get("hx-nonce"):
                self.wrong.append(f"<{tag} {name}> without its mark")
            if name in ("src", "href", "action") and "://" in value and not value.startswith("data:"):
                self.wrong.append(f"<{tag} {name}={value[:60]}>")
        if tag == "script" and not given.get("nonce"):
            self.wrong.append("<script> without its mark")
