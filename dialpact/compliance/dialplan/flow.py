"""On which ways each step is reached, and whether the gate was asked on each of them.

A way is followed from each extension that a call can come in by: those of contexts that a channel, a Local
channel or a transfer enters (``entries``), and those that nothing in the dialplan jumps to. Gosub and Macro
are followed into what they call and come back with what was found there, so a subroutine that asks has asked.
What jumps where only the call itself can tell is said (``unseen``), and followed nowhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from dialpact.compliance.dialplan import patterns, words
from dialpact.compliance.dialplan.plan import ASK, OURS, Plan, Step
from dialpact.compliance.dialplan.values import Values, scope

ENDS = frozenset({"hangup", "busy", "congestion"})
# Of a whole context at once, where only the call tells which extension: a node of its own.
ANY = "*any*"
_AGI = ("agi", "eagi", "deadagi", "asyncagi")

STATES = 64  # that are followed to one step; more asks than that are said, not followed

Node = tuple[str, str, int]
State = Node | None  # the step that asked, or none


class Frame(NamedTuple):
    """A run of a subroutine (or of a call, where ``entry`` is None): how it began."""

    entry: Node | None
    state: State


class Target(NamedTuple):
    context: str
    extension: str  # ANY where only the call tells
    priority: str  # a number or a label


class Move(NamedTuple):
    kind: str  # next, jump, call, return, end, ask, tail (our own subroutine comes back for it)
    targets: tuple[Target, ...] = ()


class Flow:
    """``reached``: the states in which each step is come to. ``asks``: the steps that ask, and by what."""

    def __init__(self, plan: Plan, values: Values, entries: frozenset[str], ask: str = ASK) -> None:
        self._plan, self._values, self._ask = plan, values, ask
        self.reached: dict[Node, set[State]] = defaultdict(set)
        self.asks: dict[Node, str] = {}
        self.direct: set[Node] = set()  # asks past dialpact-outbound
        self.unseen: dict[Node, str] = {}
        self.crowded: set[Node] = set()  # steps that more asks lead to than are followed
        self._seen: set[tuple[Frame, Node, State]] = set()
        self._returns: dict[Frame, set[State]] = defaultdict(set)
        self._callers: dict[Frame, set[tuple[Frame, Node]]] = defaultdict(set)
        self._waiting: list[tuple[Frame, Node, State]] = []
        self._jumped: set[tuple[Frame, Target, State]] = set()
        self._found: dict[Target, tuple[Node, ...]] = {}
        self._moves = {step.where: tuple(self._of(step)) for step in plan.steps()}
        self._run(plan.widened(entries))

    def asked(self, node: Node) -> tuple[bool, list[Node]]:
        """(whether every way to it asks, the steps that ask)."""
        states = self.reached.get(node, {None})
        return None not in states, sorted(state for state in states if state)

    def leads(self, start: Node) -> set[Node]:
        """Every step that a call which begins there may come to, whatever it asks on the way."""
        found: set[Node] = set()
        waiting = [start]
        while waiting:
            node = waiting.pop()
            if node in found or node not in self._moves:
                continue
            found.add(node)
            for move in self._moves[node]:
                waiting += [there for target in move.targets for there in self._nodes(target)]
                if move.kind in ("next", "ask", "call"):
                    waiting.append((node[0], node[1], node[2] + 1))
        return found

    def come_back(self, entry: Node) -> set[State]:
        """In which states a subroutine that begins there, unasked, comes back."""
        frame = Frame(entry, None)
        self._push(frame, entry, None)
        self._follow()
        return self._returns[frame]

    def _run(self, entered: frozenset[str]) -> None:
        sources: dict[Target, set[tuple[str, str]]] = defaultdict(set)
        for where, moves in self._moves.items():
            for move in moves:
                for target in move.targets:
                    if len(sources[target]) < 2:
                        sources[target].add(where[:2])
        jumped = {
            node[:2]
            for target, froms in sources.items()
            for node in self._nodes(target)
            if froms != {node[:2]}
        }
        begin = Frame(None, None)
        for context in self._plan.contexts.values():
            if context.ours:
                continue
            for extension in context.extensions.values():
                first = extension.first()
                free = first and (context.name in entered or first.where[:2] not in jumped)
                if first and (free or first.priority > 1):
                    self._push(begin, first.where, None)
        self._follow()
        # What only reaches itself is reached by something that is not seen from here.
        for step in self._plan.steps():
            if step.where not in self.reached and (step.priority - 1) not in self._priorities(step):
                self._push(begin, step.where, None)
        self._follow()
        for step in self._plan.steps():
            if step.where not in self.reached:
                self._push(begin, step.where, None)
                self._follow()

    def _priorities(self, step: Step) -> dict[int, Step]:
        return self._plan.contexts[step.context].extensions[step.extension].steps

    def _follow(self) -> None:
        while self._waiting:
            frame, node, state = self._waiting.pop()
            after = (node[0], node[1], node[2] + 1)
            for move in self._moves.get(node, ()):
                match move.kind:
                    case "next":
                        self._push(frame, after, state)
                    case "ask":
                        self._push(frame, after, node)
                    case "jump":
                        for target in move.targets:
                            if (frame, target, state) not in self._jumped:
                                self._jumped.add((frame, target, state))
                                for there in self._nodes(target):
                                    self._push(frame, there, state)
                    case "call":
                        self._call(frame, after, state, move.targets)
                    case "return":
                        self._return(frame, state)
                    case "tail":
                        self._return(frame, node)

    def _push(self, frame: Frame, node: Node, state: State) -> None:
        context = self._plan.contexts.get(node[0])
        extension = context.extensions.get(node[1]) if context else None
        if extension is None or node[2] not in extension.steps:
            if node[0].startswith("macro-"):  # a macro comes back at its end; a Gosub's call is over there
                self._return(frame, state)
            return
        there = self.reached[node]
        if state and state not in there and len(there) >= STATES:
            self.crowded.add(node)
            return
        there.add(state)
        if (key := (frame, node, state)) not in self._seen:
            self._seen.add(key)
            self._waiting.append(key)

    def _call(self, frame: Frame, after: Node, state: State, targets: tuple[Target, ...]) -> None:
        for target in targets:
            for there in self._nodes(target):
                inner = Frame(there, state)
                if (frame, after) not in self._callers[inner]:
                    self._callers[inner].add((frame, after))
                    for back in self._returns[inner]:
                        self._push(frame, after, back)
                self._push(inner, there, state)

    def _return(self, frame: Frame, state: State) -> None:
        if state not in self._returns[frame]:
            self._returns[frame].add(state)
            for caller, after in list(self._callers[frame]):
                self._push(caller, after, state)

    def _nodes(self, target: Target) -> tuple[Node, ...]:
        """The steps that it can mean."""
        if target not in self._found:
            self._found[target] = tuple(dict.fromkeys(self._search(target, target.context, set())))
        return self._found[target]

    def _search(self, target: Target, name: str, seen: set[str]) -> Iterator[Node]:
        context = self._plan.contexts.get(name)
        if context is None or name in seen or context.ours:
            return
        seen.add(name)
        wanted = target.extension
        exact = context.extensions.get(wanted)
        fitting = (
            [exact]
            if exact
            else [
                extension
                for extension in context.extensions.values()
                if wanted == ANY or patterns.meets(extension.pattern, wanted)
            ]
        )
        for extension in fitting:
            priority = extension.labels.get(target.priority)
            if target.priority.isdigit():
                priority = int(target.priority)
            if priority in extension.steps:
                assert priority is not None
                yield context.name, extension.name, priority
        if wanted == ANY or not fitting:
            for include in context.includes:
                yield from self._search(target, include, seen)

    def _of(self, step: Step) -> Iterator[Move]:
        """What the step may do."""
        app, data = step.app, step.data
        match app:
            case "goto":
                yield self._jump(step, data, "jump")
            case "gotoif" | "gotoiftime":
                for target in words.branches(data):
                    yield self._jump(step, target, "jump") if target else Move("next")
            case "gosub":
                yield self._gosub(step, data)
            case "gosubif":
                for target in words.branches(data):
                    yield self._gosub(step, target) if target else Move("next")
            case "macro" | "macroexclusive":
                yield self._macro(step, data)
            case "macroif":
                for target in words.branches(data):
                    yield self._macro(step, target) if target else Move("next")
            case "execif" | "execiftime":
                for text in words.branches(data):
                    yield from self._inner(step, text)
            case "exec" | "tryexec":
                yield from self._inner(step, data)
            case "return" | "macroexit":
                yield Move("return")
            case "while" | "if":
                yield Move("next")
                yield from self._past(step)
            case "elseif" | "else" | "exitif" | "exitwhile" | "continuewhile":
                yield Move("next")
                yield from self._past(step)
            case _ if app in ENDS:
                yield Move("end")
            case _ if app in _AGI and self._ask == ASK and _asks(data):
                self.asks[step.where] = data.partition(",")[2]
                self.direct.add(step.where)
                yield Move("ask")
            case _:
                yield Move("next")

    def _inner(self, step: Step, text: str) -> Iterator[Move]:
        found = words.call(text)
        if found is None:
            yield Move("next")
            return
        yield from self._of(
            Step(step.context, step.extension, step.priority, *found, label=step.label, place=step.place)
        )

    def _past(self, step: Step) -> Iterator[Move]:
        """Every end of a block behind it: more ways than there are, none too few."""
        ends = ("endwhile",) if "while" in step.app else ("elseif", "else", "endif")
        for other in self._priorities(step).values():
            if other.priority > step.priority and other.app in ends:
                yield Move("jump", (Target(step.context, step.extension, str(other.priority + 1)),))

    def _gosub(self, step: Step, text: str) -> Move:
        target, _, rest = text.partition("(")
        named = words.arguments(target)
        if len(named) > 2 and named[-3] == self._ask:
            self.asks[step.where] = rest[: rest.rfind(")")] if ")" in rest else rest
            return Move("ask")
        return self._jump(step, target, "call")

    def _macro(self, step: Step, text: str) -> Move:
        name = words.arguments(text)[0]
        return self._jump(step, f"macro-{name},s,1", "call")

    def _jump(self, step: Step, text: str, kind: str) -> Move:
        """Where it can not be told, or is nowhere, a Gosub is passed over and a Goto leads nowhere."""
        named = words.arguments(text)[-3:]
        context, extension, priority = [step.context, step.extension, ""][: 3 - len(named)] + named
        targets: list[Target] = []
        at = scope(step)
        for where in self._values.forms(context, at):
            if where.startswith(OURS):
                return Move("next" if kind == "call" else "tail" if where == self._ask else "end")
            for number in self._values.forms(extension, at):
                for begin in self._values.forms(priority, at):
                    if not self._values.known(where) or not self._values.known(begin):
                        self.unseen[step.where] = text
                        continue
                    which = number if self._values.known(number) else ANY
                    if extension == step.extension or extension == "${EXTEN}":
                        # What was dialled is what the pattern takes: here, the extension itself.
                        which = step.extension if where == step.context else step.extension.partition("/")[0]
                    targets.append(Target(where, which, begin))
        found = tuple(dict.fromkeys(targets))
        if kind == "call" and not any(self._nodes(target) for target in found):
            return Move("next")
        return Move(kind, found)


def _asks(data: str) -> bool:
    """The gate, asked past our own subroutine."""
    program = data.partition(",")[0].strip()
    return program.rpartition("/")[2] in ("dialpact-agi", "outbound") and (
        program.startswith("agi://") or program.rpartition("/")[2] == "dialpact-agi"
    )
