"""Takes out of the firmware's source what only its readers need, before it is compiled for a board.

A board keeps every name of every module that it has loaded for as long as it runs, some 15 bytes each, and
takes the room for them in pieces that double. So what goes through mpy-cross has

    no annotations, and nothing under `if TYPE_CHECKING:`
    the values of private whole numbers (`_POLL_MS = 10`) where those are used, in place of their names
    short names in place of private ones (`_listen_to_host`), the same in all modules that share one

What a module does, and every name that another module or a library may use, stays as it is.
"""

import ast
import operator
from collections.abc import Callable, Iterator
from itertools import count, product
from string import ascii_letters
from typing import Any

_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.LShift: operator.lshift,
    ast.BitOr: operator.or_,
}
_LARGEST = 1 << 30  # what a board keeps in a word; a larger number would be there once for every use


def compacted(sources: dict[str, str]) -> dict[str, str]:
    """Return modules, {path below lib: source}, as they are compiled.

    They must be all that use each other's private names. Raises SyntaxError.
    """
    trees = {path: _Stripped().visit(ast.parse(source)) for path, source in sources.items()}
    reached = {path: _reached(tree) for path, tree in trees.items()}
    for path, tree in trees.items():
        others = set().union(*(names for other, names in reached.items() if other != path))
        _Inlined(_numbers(tree, others)).visit(tree)
    renamed = _Renamed(_short_names(trees))
    for tree in trees.values():
        renamed.visit(tree)
    return {path: ast.unparse(ast.fix_missing_locations(tree)) + "\n" for path, tree in trees.items()}


def _is_private(name: str | None) -> bool:
    return name is not None and name[:1] == "_" and name[:2] != "__" and name != "_"


def _short() -> Iterator[str]:
    """Yield _a, _b, …, _Z, _aa, …"""
    for length in count(1):
        for letters in product(ascii_letters, repeat=length):
            yield "_" + "".join(letters)


def _names(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Yield (node, field) for each place below `node` where one name stands."""
    fields = {
        ast.Name: "id",
        ast.Attribute: "attr",
        ast.FunctionDef: "name",
        ast.ClassDef: "name",
        ast.arg: "arg",
        ast.keyword: "arg",
        ast.alias: "name",
        ast.ExceptHandler: "name",
    }
    for child in ast.walk(node):
        if type(child) in fields:
            yield child, fields[type(child)]
        if isinstance(child, ast.alias):
            yield child, "asname"


def _private(tree: ast.AST) -> Iterator[str]:
    """Yield the private names in a module."""
    for node, field in _names(tree):
        if _is_private(getattr(node, field)):
            yield getattr(node, field)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            yield from filter(_is_private, node.names)


def _reached(tree: ast.AST) -> set[str]:
    """Return the private names that a module takes from another, or from an object."""
    found = {
        getattr(node, field) for node, field in _names(tree) if isinstance(node, (ast.alias, ast.Attribute))
    }
    return set(filter(_is_private, found))


class _Stripped(ast.NodeTransformer):
    """Takes annotations and what is for type checkers away."""

    def visit_If(self, node: ast.If) -> Any:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return None
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> Any:
        if [ast.unparse(target) for target in node.targets] == ["TYPE_CHECKING"]:
            return None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else ast.Pass()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> Any:
        node.annotation = None
        return node


def _numbers(tree: ast.Module, others: set[str]) -> dict[str, int]:
    """Return {name: value} of the private whole numbers that a module alone uses and never changes."""
    stored = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and _stores(node)]
    stored += [node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)]
    found: dict[str, int] = {}
    for target, value in _assigned(tree):
        alone = _is_private(target) and stored.count(target) == 1 and target not in others
        number = _value(value, found) if alone else None
        if number is not None and abs(number) < _LARGEST:
            found[target] = number
    return found


def _stores(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield (name, value) of a module's assignments in its own body."""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target, value in _pairs(node):
                if isinstance(target, ast.Name):
                    yield target.id, value


def _pairs(node: ast.Assign) -> list[tuple[ast.expr, ast.expr]]:
    """Return what an assignment assigns: of `a, b = 1, 2` each alone."""
    target, value = node.targets[0], node.value
    if len(node.targets) > 1:
        return []
    if not isinstance(target, ast.Tuple) or not isinstance(value, ast.Tuple):
        return [(target, value)]
    if [part for part in target.elts + value.elts if isinstance(part, ast.Starred)]:
        return []
    return list(zip(target.elts, value.elts, strict=True))


def _value(node: ast.expr, known: dict[str, int]) -> int | None:
    """Return the whole number that an expression is, None where it is something else."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _value(node.operand, known)
        return None if number is None else -number
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _value(node.left, known), _value(node.right, known)
        return None if left is None or right is None else _OPERATORS[type(node.op)](left, right)
    return None


class _Inlined(ast.NodeTransformer):
    """Puts numbers in place of their names."""

    def __init__(self, numbers: dict[str, int]) -> None:
        self._numbers = numbers

    def visit_Assign(self, node: ast.Assign) -> Any:
        pairs = _pairs(node)
        kept = [pair for pair in pairs if getattr(pair[0], "id", None) not in self._numbers]
        if pairs and not kept:
            return None
        if len(kept) < len(pairs):
            names, values = [name for name, _ in kept], [value for _, value in kept]
            node = ast.Assign([ast.Tuple(names, ast.Store())], ast.Tuple(values, ast.Load()))
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> Any:
        number = self._numbers.get(node.id)
        if number is None:
            return node
        # A constant below 0 would be written without the parentheses that `_N ** 2` needs then.
        return ast.Constant(number) if number >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-number))


def _short_names(trees: dict[str, ast.Module]) -> dict[str, str]:
    """Return {private name: short name}; two that can meet in a module, or in an object, differ."""
    private = {path: set(_private(tree)) for path, tree in trees.items()}
    families = [set(private[path]).union(*(private[base] for base in _bases(path, trees))) for path in trees]
    met: dict[str, set[str]] = {}
    for family in families:
        for name in family:
            met.setdefault(name, set()).update(family)
    short: dict[str, str] = {}
    for name in sorted(met, key=lambda name: (-len(met[name]), name)):
        taken = {short[other] for other in met[name] if other in short}
        short[name] = next(free for free in _short() if free not in taken)
    return short


def _bases(path: str, trees: dict[str, ast.Module]) -> set[str]:
    """Return the modules that have a class which one in this module is derived from, and theirs."""
    wanted = {
        name.id
        for node in ast.walk(trees[path])
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        for name in ast.walk(base)
        if isinstance(name, ast.Name)
    }
    found: set[str] = set()
    for node in ast.walk(trees[path]):
        if isinstance(node, ast.ImportFrom):
            above = path.split("/")[: -node.level] if node.level else []
            stem = "/".join([*above, *(node.module or "").split(".")]).strip("/")
            for alias in node.names:
                if (alias.asname or alias.name) in wanted:
                    found |= {f"{stem}.py", f"{stem}/{alias.name}.py", f"{stem}/__init__.py"} & set(trees)
    return found.union(*(_bases(base, trees) for base in found))


class _Renamed(ast.NodeTransformer):
    def __init__(self, short: dict[str, str]) -> None:
        self._short = short

    def visit(self, node: ast.AST) -> ast.AST:
        for named, field in list(_names(node)):
            name = getattr(named, field)
            if name in self._short:
                setattr(named, field, self._short[name])
        for child in ast.walk(node):
            if isinstance(child, (ast.Global, ast.Nonlocal)):
                child.names = [self._short.get(name, name) for name in child.names]
        return node
