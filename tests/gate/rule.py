"""What a rule of the gate is."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.gate.source import APP, CORE, HARDWARE, ROOT, Module

EVERYWHERE = (CORE, APP, HARDWARE, ROOT)
PORTABLE = (CORE, APP)


@dataclass(frozen=True)
class Rule:
    """Something that boards lack or take in another sense, and what to write instead.

    `refused` and `accepted` are snippets for the gate's own test; `layers` says where the rule holds.
    """

    name: str
    instead: str
    finds: Callable[[Module], Iterable[ast.AST]]
    refused: tuple[str, ...]
    accepted: tuple[str, ...] = ()
    layers: tuple[str, ...] = EVERYWHERE


def constant(node: ast.AST | None, *values: object) -> bool:
    """Whether `node` is a literal, and one of `values` where some are given."""
    return isinstance(node, ast.Constant) and (not values or node.value in values)


def called(node: ast.AST) -> str:
    """Return the name that a call calls: `name` for name(...), `.name` for anything.name(...), or ""."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Name):
        return node.func.id
    return f".{node.func.attr}" if isinstance(node.func, ast.Attribute) else ""


def dotted(node: ast.AST) -> str:
    """Return `a.b` for the expression a.b of two plain names, or ""."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""
