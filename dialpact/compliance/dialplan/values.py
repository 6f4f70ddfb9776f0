"""What a text with variables can be, as far as the dialplan itself says.

A text that stands for all that it can be is a *form*: a string in which a sign of a plane that nobody writes
stands for what is not known (a :class:`Hole`). So a form is cut and compared like any string, and what is not
known stays in its place.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from dialpact.compliance.dialplan import patterns, words
from dialpact.compliance.dialplan.plan import Extension, Plan, Step

Kind = Literal["digits", "plain", "any"]
NUMBER = "DIALPACT_NUMBER"
FIRST, LAST = 0xF0000, 0xFFFFD  # a private plane of Unicode
MOST = 24  # forms of one text; beyond it is anything
DEEP = 8  # variables within variables
_SIGN = re.compile(f"[{chr(FIRST)}-{chr(LAST)}]")
_NAME = re.compile(r"[A-Za-z0-9_]+")
_SLICED = re.compile(r"(.*?)((?::-?[0-9]*){1,2})", re.DOTALL)
_DIGITS = frozenset("0123456789+*#")
_PLAIN = _DIGITS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-")
_SIGNS: dict[Kind, frozenset[str] | None] = {"digits": _DIGITS, "plain": _PLAIN, "any": None}
# Functions that give names and numbers of Asterisk's own, not text from outside.
_OWN = frozenset(
    {"channel(endpoint)", "channel(channeltype)", "channel(language)", "len", "epoch", "rand", "math"}
)
_READERS = frozenset({"read", "readexten", "backgrounddetect", "record", "chanisavail"})


class Scope(NamedTuple):
    """Where a text stands: what EXTEN and ARG1 are there."""

    context: str
    extension: str
    priority: int = 0


class Hole(NamedTuple):
    """``source``: the variable as it is written. ``dialled``: the extension that takes more than a number."""

    kind: Kind
    source: str
    dialled: Scope | None = None


class Given(NamedTuple):
    """A text that a variable gets. ``sure``: not under a condition."""

    at: Scope
    text: str
    sure: bool = True


class Values:
    """Of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._holes: dict[Hole, str] = {}
        self._meaning: dict[str, Hole] = {}
        self._assigned: dict[str, list[Given]] = defaultdict(list)
        self._handed: dict[tuple[str, int], list[Given]] = defaultdict(list)
        self._forms: dict[tuple[Scope, str], tuple[str, ...]] = {}
        for step in plan.steps():
            for app, data in calls(step.app, step.data):
                self._note(scope(step), app, data, app == step.app)

    def forms(self, text: str, at: Scope) -> tuple[str, ...]:
        """All that ``text`` can be there."""
        key = (at, text)
        if key not in self._forms:
            self._forms[key] = tuple(self._of(clean(text), at, 0))
        return self._forms[key]

    def holes(self, form: str) -> list[Hole]:
        return [self._meaning[sign] for sign in _SIGN.findall(form)]

    def open_ended(self, form: str) -> set[Scope]:
        """The extensions without an end that what is in it was dialled at."""
        found = {hole.dialled for hole in self.holes(form) if hole.dialled}
        return {at for at in found if patterns.is_open(at.extension.partition("/")[0])}

    def raw(self, form: str) -> bool:
        """Whether text that a caller chose is in it as it came."""
        return any(hole.kind == "any" and hole.dialled for hole in self.holes(form))

    def known(self, form: str) -> bool:
        return not _SIGN.search(form)

    def shown(self, form: str) -> str:
        """As it would be written."""
        return _SIGN.sub(lambda sign: self._meaning[sign[0]].source, form)

    def may_be(self, form: str, word: str) -> Literal["yes", "maybe", "no"]:
        """Whether ``form`` is ``word``."""
        if self.known(form):
            return "yes" if form == word else "no"
        reached = {0}  # places in the word that the form can have come to
        for sign in form:
            if not _SIGN.match(sign):
                reached = {at + 1 for at in reached if word[at : at + 1] == sign}
                continue
            allowed = _SIGNS[self._meaning[sign].kind]
            for at in range(len(word)):
                if at in reached and (allowed is None or word[at] in allowed):
                    reached.add(at + 1)
        return "maybe" if len(word) in reached else "no"

    def _note(self, at: Scope, app: str, data: str, sure: bool) -> None:
        match app:
            case "set" | "mset":
                for part in words.split(data, ",") if app == "mset" else [data]:
                    name, _, value = part.partition("=")
                    if name := variable(name):
                        self._assigned[name].append(Given(at, unquoted(value), sure))
            case "gosub" | "gosubif" | "macro" | "macroexclusive":
                for target in words.branches(data) if app == "gosubif" else [data]:
                    self._hand(at, app, target)
            case _ if app in _READERS:
                for name in words.arguments(data)[:1]:
                    self._assigned[name].append(Given(at, "${" + f"{app}()" + "}", sure))

    def _hand(self, at: Scope, app: str, target: str) -> None:
        if app.startswith("macro"):
            name, *given = words.arguments(target)
            context = f"macro-{name}"
        else:
            place, opened, rest = target.partition("(")
            given = words.arguments(rest[: rest.rfind(")")] if ")" in rest else rest) if opened else []
            named = words.arguments(place)
            context = named[-3] if len(named) > 2 else at.context
        for number, text in enumerate(given, 1):
            self._handed[context, number].append(Given(at, text))

    def _of(self, text: str, at: Scope, depth: int) -> Iterable[str]:
        """The forms of ``text``; each once, in order."""
        if "$" not in text:
            return [text]
        found = [""]
        for part in words.parts(text):
            if part.kind == "$":
                options = self._variable(part.text, at, depth)
            elif part.kind:
                options = [self._hole("digits", f"$[{part.text}]")]
            else:
                options = [part.text]
            found = [before + option for before in found for option in options]
            if len(found) > MOST:
                return [self._hole("any", text, self._dialled(found))]
        return dict.fromkeys(found)

    def _variable(self, inside: str, at: Scope, depth: int) -> list[str]:
        source = "${" + inside + "}"
        if depth >= DEEP:
            return [self._hole("any", source)]
        if words.outside(inside, "(") >= 0:
            return self._function(inside, source, at, depth)
        cut = _SLICED.fullmatch(inside)
        name, slices = (cut[1], cut[2]) if cut else (inside, "")
        names = list(self._of(name, at, depth + 1))
        found: list[str] = []
        for each in names:
            if not _NAME.fullmatch(each):
                return [self._hole("any", source)]
            for form in self._named(each, source if len(names) == 1 else "${" + each + "}", at, depth):
                found.append(self._sliced(form, slices, source))
        return _few(found) or [self._hole("any", source, self._dialled(found))]

    def _named(self, name: str, source: str, at: Scope, depth: int) -> list[str]:
        if name == NUMBER:
            return [self._hole("digits", "${" + NUMBER + "}")]
        if name in ("EXTEN", "MACRO_EXTEN"):
            return self._exten(at)
        given = self._given(name, at)
        if not given:
            if name in self._plan.variables:
                return list(self._of(self._plan.variables[name], at, depth + 1))
            return [self._hole("any", "${" + name + "}")]
        found: list[str] = []
        for there, text, _ in given:
            found += self._of(clean(text), there, depth + 1)
            if len(found) > MOST * MOST:
                break
        return _few(found) or [self._hole("any", source, self._dialled(found))]

    def _given(self, name: str, at: Scope) -> list[Given]:
        """Where it gets its value: by the last Set before it in the same extension, else by any."""
        if name.startswith("ARG") and name[3:].isdigit():
            return self._handed.get((at.context, int(name[3:])), [])[: MOST * MOST]
        given = self._assigned.get(name, [])
        before = sorted(
            (one for one in given if one.at[:2] == at[:2] and one.at.priority < at.priority),
            key=lambda one: one.at.priority,
        )
        sure = [index for index, one in enumerate(before) if one.sure]
        if sure and self._straight(at, before[sure[-1]].at.priority):
            return before[sure[-1] :]
        if given and name in self._plan.variables:
            given = [*given, Given(at, self._plan.variables[name])]
        return given[: MOST * MOST]

    def _straight(self, at: Scope, since: int) -> bool:
        """Whether nothing can jump in between: no label there."""
        context = self._plan.contexts[at.context]
        extension = context.extensions.get(at.extension, Extension(""))
        return not any(since < priority <= at.priority for priority in extension.labels.values())

    def _exten(self, at: Scope) -> list[str]:
        pattern = at.extension.partition("/")[0]
        if numbers := patterns.few(pattern):
            return numbers
        signs = frozenset(patterns.signs(pattern))
        if patterns.is_open(pattern) or not signs <= _PLAIN:
            return [self._hole("any", "${EXTEN}", Scope(at.context, at.extension))]
        return [self._hole("digits" if signs <= _DIGITS else "plain", "${EXTEN}")]

    def _function(self, inside: str, source: str, at: Scope, depth: int) -> list[str]:
        cut = _SLICED.fullmatch(inside[inside.rfind(")") + 1 :])
        body, slices = inside[: inside.rfind(")")], cut[2] if cut else ""
        name, _, data = body.partition("(")
        match name.strip().lower():
            case "filter":
                allowed = data.partition(",")[0].replace("\\x2d", "-")
                signs = frozenset(_allowed(allowed))
                kind: Kind = "digits" if signs <= _DIGITS else "plain" if signs <= _PLAIN else "any"
                inner = self._of(data.partition(",")[2], at, depth + 1)
                return list(dict.fromkeys(self._hole(kind, source, self._dialled([form])) for form in inner))
            case "if":
                found = [
                    form for part in words.branches(data) for form in self._of(unquoted(part), at, depth + 1)
                ]
                return [self._sliced(form, slices, source) for form in _few(found)]
            case "global":
                text = self._plan.variables.get(data.strip())
                known = self._given(data.strip(), at)
                if text is not None or known:
                    return [
                        self._sliced(form, slices, source)
                        for form in self._named(data.strip(), source, at, depth)
                    ]
        own = f"{name.strip()}({data.strip()})".lower() in _OWN or name.strip().lower() in _OWN
        return [self._hole("plain" if own else "any", source)]

    def _sliced(self, form: str, slices: str, source: str) -> str:
        if not slices:
            return form
        if self.known(form):
            start, _, length = slices[1:].partition(":")
            begin = int(start or 0)
            rest = form[begin:] if begin >= 0 or -begin <= len(form) else form
            return rest[: int(length)] if length.lstrip("-").isdigit() else rest
        kinds = {hole.kind for hole in self.holes(form)}
        kind: Kind = "any" if "any" in kinds or set(_SIGN.sub("", form)) - _PLAIN else "plain"
        raw = next((hole.source for hole in self.holes(form) if hole.kind == "any"), source)
        kind = "digits" if kinds == {"digits"} else kind
        return self._hole(kind, raw if kind == "any" else source, self._dialled([form]))

    def _dialled(self, forms: Iterable[str]) -> Scope | None:
        """One of the extensions, where there are several."""
        return next((hole.dialled for form in forms for hole in self.holes(form) if hole.dialled), None)

    def _hole(self, kind: Kind, source: str, dialled: Scope | None = None) -> str:
        hole = Hole(kind, source, dialled)
        if hole not in self._holes:
            sign = chr(min(FIRST + len(self._holes), LAST))
            self._holes[hole] = sign
            # More than a plane can hold: all the rest is one thing, of which nothing is known.
            self._meaning[sign] = hole if ord(sign) < LAST else Hole("any", "${...}")
        return self._holes[hole]


def calls(app: str, data: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """The application itself, and those that it runs: ExecIf, Exec, TryExec."""
    yield app, data
    if depth > DEEP:
        return
    inner: list[str] = []
    if app in ("execif", "execiftime"):
        inner = words.branches(data)
    elif app in ("exec", "tryexec"):
        inner = [data]
    for text in inner:
        if found := words.call(text):
            yield from calls(*found, depth + 1)


def scope(step: Step) -> Scope:
    return Scope(*step.where)


def variable(name: str) -> str:
    """The plain name in what Set assigns to; empty for a function's."""
    name = name.strip().strip('"').lstrip("_")
    if found := re.fullmatch(r"(?:GLOBAL|LOCAL|SHARED)\(([A-Za-z0-9_]+)\)", name, re.IGNORECASE):
        name = found[1]
    return name if _NAME.fullmatch(name) else ""


def unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def clean(text: str) -> str:
    """Without signs that stand for holes here."""
    return _SIGN.sub("\N{REPLACEMENT CHARACTER}", text)


def _allowed(text: str) -> str:
    return re.sub(r"(.)-(.)", lambda m: "".join(map(chr, range(ord(m[1]), min(ord(m[2]) + 1, 0x250)))), text)


def _few(forms: Iterable[str]) -> list[str]:
    """Each once; none where there are too many to look at one by one."""
    found = list(dict.fromkeys(forms))
    return found if len(found) <= MOST else []
