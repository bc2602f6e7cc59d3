"""What style attributes and style blocks say: the home of tinycss2. Pure.

Values come in one spelling: no comments, single spaces, lower case but in quotation marks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import tinycss2
from tinycss2.ast import Node

#: Functions whose text is a place to fetch from: CSS Images 4, CSS Values 4 §4.5.
_FETCHING: Final = frozenset({"url", "src", "image", "image-set", "-webkit-image-set"})
#: What `Declaration.functions` calls a `url(…)`, however it is spelt.
URL: Final = "url"
#: Colours and units have no case.
_LOWERED: Final = frozenset({"dimension", "hash", "number", "percentage"})
#: Stands after a block to see whether everything in it was closed.
_END: Final = "@otalk-digest-end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One property and its value."""

    name: str
    value: str
    is_important: bool
    #: Counted from 1, in the attribute or the block.
    line: int
    #: Names of the functions in the value, nested ones too; "url" for every address.
    functions: frozenset[str] = frozenset()
    #: Units of the numbers in the value, "%" among them.
    units: frozenset[str] = frozenset()
    #: Whether one of the numbers is below zero.
    is_negative: bool = False

    def __str__(self) -> str:
        """Return it as a style sheet says it."""
        return f"{self.name}: {self.value}{' !important' if self.is_important else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleRule:
    """Selectors with what they declare."""

    selector: str
    declarations: tuple[Declaration, ...]
    line: int
    #: The prelude of the at-rule around it, e.g. "@media (max-width: 480px)".
    within: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRule:
    """An at-rule, with its words."""

    name: str
    prelude: str
    line: int
    is_nested: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A style sheet taken apart."""

    rules: tuple[StyleRule, ...] = ()
    at_rules: tuple[AtRule, ...] = ()
    #: Line and complaint, where it does not parse.
    errors: tuple[tuple[int, str], ...] = ()


_TOO_DEEP: Final = Sheet(errors=((1, "brackets stand in each other too deep to read"),))


@lru_cache(maxsize=4096)
def read_declarations(css: str) -> Sheet:
    """Take the text of a style attribute apart: declarations of one rule without selector."""
    gatherer = _Gatherer()
    try:
        gatherer.declarations(tinycss2.parse_blocks_contents(css))
    except RecursionError:
        return _TOO_DEEP
    return gatherer.sheet()


@lru_cache(maxsize=16)
def read_sheet(css: str) -> Sheet:
    """Take the text of a style block apart."""
    gatherer = _Gatherer()
    *nodes, last = tinycss2.parse_stylesheet(f"{css}\n{_END};")
    if getattr(last, "at_keyword", None) != _END[1:]:
        nodes = tinycss2.parse_stylesheet(css)
        gatherer.errors.append((css.count("\n") + 1, "a bracket, comment or string stays open"))
    try:
        gatherer.nodes(nodes)
    except RecursionError:
        return _TOO_DEEP
    return gatherer.sheet()


@lru_cache(maxsize=4096)
def declarations_of(css: str) -> tuple[Declaration, ...]:
    """Return what the text of a style attribute declares, in its order."""
    return tuple(each for rule in read_declarations(css).rules for each in rule.declarations)


class _Gatherer:
    """Walks tinycss2's nodes once, keeping what the rules ask about."""

    def __init__(self) -> None:
        self.rules: list[StyleRule] = []
        self.at_rules: list[AtRule] = []
        self.errors: list[tuple[int, str]] = []

    def sheet(self) -> Sheet:
        return Sheet(
            rules=tuple(self.rules), at_rules=tuple(self.at_rules), errors=tuple(self.errors)
        )

    def declarations(self, content: Sequence[Node]) -> None:
        self._block(content, selector="", line=1, within=None)

    def nodes(self, nodes: Sequence[Node], *, within: str | None = None) -> None:
        for node in nodes:
            if node.type == "qualified-rule":
                self._rule(node, within)
            elif node.type == "at-rule":
                self._at_rule(node, within)
            else:
                self._other(node)

    def _rule(self, node: Node, within: str | None) -> None:
        # Names of classes have a case.
        selector = " ".join(tinycss2.serialize(_without_comments(node.prelude)).split())
        for part in _flat(node.prelude):
            self._other(part)
        content = tinycss2.parse_blocks_contents(node.content)
        self._block(content, selector=selector, line=node.source_line, within=within)

    def _block(
        self, content: Sequence[Node], *, selector: str, line: int, within: str | None
    ) -> None:
        own = tuple(_declaration(node) for node in content if node.type == "declaration")
        if own or selector:
            self.rules.append(
                StyleRule(selector=selector, declarations=own, line=line, within=within)
            )
        # A rule in a rule is CSS Nesting; its parts count like any other.
        self.nodes([node for node in content if node.type != "declaration"], within=within)
        for node in content:
            for part in _flat(node.value) if node.type == "declaration" else ():
                self._other(part)

    def _at_rule(self, node: Node, within: str | None) -> None:
        prelude = _text(node.prelude)
        name = node.lower_at_keyword
        rule = AtRule(
            name=name, prelude=prelude, line=node.source_line, is_nested=within is not None
        )
        self.at_rules.append(rule)
        if node.content is not None:
            inner = tinycss2.parse_blocks_contents(node.content)
            around = f"{within or ''}@{name} {prelude}".strip()
            loose = [child for child in inner if child.type == "declaration"]
            if loose:
                self._block(loose, selector=f"@{name}", line=node.source_line, within=around)
            self.nodes([each for each in inner if each.type != "declaration"], within=around)

    def _other(self, node: Node) -> None:
        if node.type == "error":
            self.errors.append((node.source_line, node.message))


def _declaration(node: Node) -> Declaration:
    parts = tuple(_flat(node.value))
    numbers = [part for part in parts if part.type in {"number", "percentage", "dimension"}]
    return Declaration(
        name=node.lower_name,
        value=_text(node.value),
        is_important=node.important,
        line=node.source_line,
        functions=frozenset(name for part in parts if (name := _function(part)) is not None),
        units=frozenset(
            "%" if part.type == "percentage" else part.lower_unit
            for part in numbers
            if part.type != "number"
        ),
        is_negative=any(part.value < 0 for part in numbers),
    )


def _function(node: Node) -> str | None:
    if node.type == "url" or (node.type == "function" and node.lower_name in _FETCHING):
        return URL
    return str(node.lower_name) if node.type == "function" else None


def _flat(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        if node.type == "function":
            yield from _flat(node.arguments)
        elif node.type.endswith(" block"):
            yield from _flat(node.content)


def _without_comments(nodes: Sequence[Node]) -> list[Node]:
    return [node for node in nodes if node.type != "comment"]


def _text(nodes: Sequence[Node]) -> str:
    said = "".join(_spelt(node) for node in nodes)
    return " ".join(said.split())


def _spelt(node: Node) -> str:
    if node.type == "comment":
        return ""
    if node.type in {"string", "url"}:
        return str(node.serialize())
    if node.type == "function":
        return f"{node.lower_name}({_text(node.arguments)})"
    if node.type == "ident":
        return str(node.lower_value)
    if node.type.endswith(" block"):
        start, end = node.type[0], node.type[1]
        return f"{start}{_text(node.content)}{end}"
    return str(node.serialize()).lower() if node.type in _LOWERED else str(node.serialize())
