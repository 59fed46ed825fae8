"""Rules of what a board takes in another sense, or only of some types: no name alone gives it away."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.gate.library import live
from tests.gate.rule import Rule, called, constant, dotted
from tests.gate.source import Module
from tests.gate.tables import OF_TYPE

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Module)
_VIEWS = (".keys", ".values", ".items", "range")


def _typed(module: Module) -> dict[str, str]:
    """Return expression -> "bytearray" or the like, for the names and attributes that are bound to one."""
    found = {}
    for node in module.nodes:
        targets: list[ast.AST] = []
        kind: ast.AST | None = None
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            targets, kind = list(node.targets), node.value.func
        elif isinstance(node, ast.AnnAssign):
            targets, kind = [node.target], node.annotation
        elif isinstance(node, ast.arg):
            targets, kind = [ast.Name(node.arg)], node.annotation
        name = getattr(kind, "id", "") or (kind.value if isinstance(kind, ast.Constant) else "")
        if name in OF_TYPE:
            found.update({ast.unparse(target): name for target in targets})
    return found


def _kind(node: ast.AST, typed: dict[str, str]) -> str:
    """Return the type that an expression is known to have, or ""."""
    name = called(node)
    return name if name in OF_TYPE else typed.get(ast.unparse(node), "")


def methods_of_types(module: Module) -> Iterator[ast.AST]:
    typed = _typed(module)
    for node in module.live:
        if isinstance(node, ast.Attribute) and node.attr in OF_TYPE.get(_kind(node.value, typed), ()):
            yield node


def shrunk_bytearrays(module: Module) -> Iterator[ast.AST]:
    typed = _typed(module)
    for node in module.live:
        for target in node.targets if isinstance(node, ast.Delete) else []:
            if isinstance(target, ast.Subscript) and _kind(target.value, typed) == "bytearray":
                yield node


def in_bytearrays(module: Module) -> Iterator[ast.AST]:
    typed = _typed(module)
    for node in module.live:
        if isinstance(node, ast.Compare) and isinstance(node.ops[-1], (ast.In, ast.NotIn)):
            number = not (constant(node.left) and isinstance(node.left.value, bytes))
            if number and _kind(node.comparators[-1], typed) == "bytearray":
                yield node


def unguarded_integers(module: Module) -> Iterator[ast.AST]:
    """Tests for int of what the same function nowhere tests for bool."""
    for function in module.live:
        if not isinstance(function, _FUNCTIONS):
            continue
        inside = [node for node in ast.walk(function) if node in module.live_set]
        guarded = {ast.unparse(node.args[0]) for node in inside if _tests_for(node, "bool")}
        for node in inside:
            if isinstance(node, ast.Compare) and constant(node.comparators[0], True, False):
                guarded.add(ast.unparse(node.left))
        for node in inside:
            if _tests_for(node, "int") and ast.unparse(node.args[0]) not in guarded:
                yield node


def _tests_for(node: ast.AST, name: str) -> bool:
    if called(node) not in ("isinstance", "issubclass") or len(node.args) != 2:
        return False
    kinds = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
    return name in [getattr(kind, "id", "") for kind in kinds]


def compared_views(node: ast.AST) -> bool:
    """Comparison tells whether two such objects are the same one; `in` and `is` are no comparison."""
    if isinstance(node, ast.BinOp):
        return called(node.left) in _VIEWS or called(node.right) in _VIEWS
    if not isinstance(node, ast.Compare) or isinstance(node.ops[0], (ast.In, ast.NotIn, ast.Is, ast.IsNot)):
        return False
    return any(called(side) in _VIEWS for side in (node.left, *node.comparators))


def formats(node: ast.AST) -> bool:
    if called(node) == ".format" and constant(node.func.value) and isinstance(node.func.value.value, str):
        return bool(re.search(r"\{\w*[.\[]", node.func.value.value.replace("{{", "")))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and constant(node.left):
        text = node.left.value
        return isinstance(text, str) and bool(re.search(r"%[-#0 +]*\d*a", text.replace("%%", "")))
    return False


def struct_formats(node: ast.AST) -> bool:
    named = isinstance(node, ast.Call) and dotted(node.func).startswith("struct.")
    return named and bool(node.args) and constant(node.args[0]) and "?" in str(node.args[0].value)


def patterns(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and dotted(node.func).startswith("re.") and node.args):
        return False
    first = node.args[0]
    return constant(first) and bool(re.search(r"\{\d|\(\?[^:]", str(first.value)))


TRAPS = (
    Rule(
        "method of a type",
        "bytearray: slice and assign, or bytes(it) first; memoryview: bytes(it); range: compute it",
        methods_of_types,
        (
            "b = bytearray(3)\nb.pop()",
            "class A:\n    def f(self):\n        self.b = bytearray()\n        self.b.clear()",
            "def f(b: bytearray): b.find(b'x')",
            "def f(b: 'bytearray'): b.insert(0, 1)",
            "memoryview(b).release()",
            "range(3).index(2)",
        ),
        ("b = []\nb.pop()", "b = bytearray(3)\nb.append(1)", "b = bytearray(3)\nb.hex()", "i2c.release()"),
    ),
    Rule(
        "del of a bytearray",
        "assign the rest: b = b[n:]",
        shrunk_bytearrays,
        ("b = bytearray(3)\ndel b[0]", "b = bytearray(3)\ndel b[:2]"),
        ("b = []\ndel b[0]", "b = bytearray(3)\ndel b"),
    ),
    Rule(
        "number in a bytearray",
        "go through it, or use bytes(it)",
        in_bytearrays,
        ("b = bytearray(3)\n0 in b", "x not in bytearray(3)"),
        ("b = bytearray(3)\nb'x' in b", "0 in bytes(3)"),
    ),
    Rule(
        "int without bool",
        "test for bool first: True is an int on CPython and none on a board",
        unguarded_integers,
        ("isinstance(True, int)", "def f(v): return isinstance(v, (str, int))", "issubclass(bool, int)"),
        (
            "def f(v): return isinstance(v, bool) or not isinstance(v, int)",
            "def f(v):\n    if v is True: return 1\n    return isinstance(v, int)",
        ),
    ),
    Rule(
        "view or range as a value",
        "compare sorted lists, or use set(): a board compares these by identity and has no & or |",
        live(compared_views),
        ("a.keys() == b.keys()", "a.keys() & b", "range(3) == range(3)", "x != d.items()"),
        ("1 in d.keys()", "sorted(d.keys()) == [1]", "range(3) is x"),
    ),
    Rule(
        "iter with a sentinel",
        "use while",
        live(lambda node: called(node) == "iter" and len(node.args) > 1),
        ("iter(f, b'')",),
        ("iter(x)",),
    ),
    Rule(
        "hex in groups",
        "slice the text: hex takes a separator only",
        live(lambda node: called(node) == ".hex" and len(node.args) > 1),
        ("b.hex(' ', 2)",),
        ("b.hex()", "b.hex(' ')"),
    ),
    Rule(
        "several sets",
        "one after the other: a board takes one",
        live(lambda node: called(node) in (".union", ".intersection", ".difference") and len(node.args) > 1),
        ("a.union(b, c)",),
        ("a.union(b)",),
    ),
    Rule(
        "format",
        "take the item or attribute before; write %r instead of %a",
        live(formats),
        ("'{0[1]}'.format(x)", "'{a.b}'.format(a=x)", "'%a' % x", "'%-5a' % x"),
        ("'{0:.3}'.format(x)", "'{{.}}'.format(x)", "'%%a' % x", "'%d apples' % x", "a % b"),
    ),
    Rule(
        "struct format",
        "write a bool as B",
        live(struct_formats),
        ("struct.pack('>?', True)", "struct.calcsize('B?')"),
        ("struct.pack('>B', 1)", "struct.pack(f, 1)"),
    ),
    Rule(
        "pattern",
        "boards' re has no {m,n}, which just does not match, and no (?...) but (?:...)",
        live(patterns),
        (r"re.match(r'\d{6}', x)", "re.compile('a{2,}')", "re.match('(?P<n>a)', x)", "re.search('(?i)a', x)"),
        (r"re.match(r'\d+(?:a|b)', x)", "re.compile(x)", "re.match('a{b', x)"),
    ),
)
