"""A firmware file as the gate sees it: its nodes, and which of them a board executes."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

CORE, APP, HARDWARE, ROOT = "tokencore", "tokenfw", "tokenfw.hardware", "firmware"


def layer_of(path: PurePath) -> str:
    """Return the layer that a file belongs to: its rules depend on it."""
    parts = path.parts
    if "tokencore" in parts:
        return CORE
    if "tokenfw" in parts:
        return HARDWARE if "hardware" in parts else APP
    return ROOT


@dataclass(frozen=True)
class Module:
    """A parsed file. Raises SyntaxError where CPython does not understand it either."""

    path: PurePath
    text: str
    layer: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes: a board compiles even what it never executes."""
        return list(ast.walk(self.tree))

    @cached_property
    def live(self) -> list[ast.AST]:
        """The nodes that a board executes: no annotations, nothing under `if TYPE_CHECKING:`."""
        return list(_executed(self.tree))

    @cached_property
    def live_set(self) -> set[ast.AST]:
        return set(self.live)

    @cached_property
    def tokens(self) -> list[tokenize.TokenInfo]:
        layout = (tokenize.NL, tokenize.COMMENT)
        found = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [token for token in found if token.type not in layout]


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        if name == "body" and isinstance(node, ast.If) and _is_name(node.test, "TYPE_CHECKING"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _executed(child)


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
