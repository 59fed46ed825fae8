"""What is copied onto a board's drive: firmware, the libraries that it imports there, the board file.

The libraries are Adafruit's, as pip has installed them, and no other versions than libraries.lock
names: so every machine makes the same bundle. The manifest in it lists every other file.
"""

import ast
import hashlib
import tomllib
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import boards

from .compact import compacted
from .compiling import SUFFIX, Compiler

CIRCUITPYTHON = (10, 1)  # the oldest: before it hashlib.new knows SHA-1 alone
MANIFEST = "manifest"
STORES = ("store.bin", "vault.bin")  # a token's accounts, of this version and of the first
PREFIX = "adafruit_"
# What CircuitPython brings itself, and what stands for that on a host.
BUILT_IN = ("adafruit_bus_device", "adafruit_pixelbuf")
NOT_FOR_BOARDS = ("adafruit_blinka", "adafruit_platformdetect", "adafruit_circuitpython_typing")

_PROGRAMS = ("boot.py", "code.py", "safemode.py", "settings.toml")
_FOLDERS = ("lib", "texts", "fonts")
PACKAGES = ("tokencore", "tokenfw")
_KINDS = (".py", ".txt", ".toml", ".bmp")
_OWN = tuple(f"lib/{name}/" for name in PACKAGES)
_VERSION = "lib/tokenfw/__init__.py"
_MAIN = "lib/tokenfw/app"
_COMPILED = "mpy-cross"


class LibraryMissing(ValueError):
    """A library of the bundle is not installed, or not in the locked version; the text says which one."""


@dataclass(frozen=True)
class Library:
    """A distribution on PyPI. `files` are its modules' SHA-256 (hex) by path below `lib`.

    `when` is the part of a board file that makes a board need it: {} for every board.
    """

    name: str
    version: str
    files: dict[str, str]
    when: dict[str, Any] = field(default_factory=dict)


def libraries() -> list[Library]:
    """Return the libraries that boards/libraries.lock locks, sorted by name."""
    locked = tomllib.loads((boards.FOLDER / "libraries.lock").read_text("utf-8"))
    return [Library(name, **values) for name, values in sorted(locked.items())]


def firmware_folder() -> Path:
    """Return the folder with boot.py and code.py: in a checkout beside this package, else inside it."""
    inside = boards.FOLDER / "firmware"
    return inside if inside.is_dir() else boards.FOLDER.parent / "firmware"


def files(board_id: str, firmware: Path | None = None, compiler: Compiler | None = None) -> dict[str, bytes]:
    """Return {path on the drive: content} for a board, sorted by path, with the manifest.

    `firmware` is another folder than the project's own; one that is a whole bundle is taken as it is. With a
    `compiler` what is below lib goes onto the drive compiled, the firmware's own compacted. Raises
    UnknownBoard, LibraryMissing where a library is not as locked, and compiling.CompilerWrong.
    """
    if firmware is not None and (firmware / MANIFEST).is_file():
        return {path: file.read_bytes() for path, file in _tree(firmware, ("",), (*_KINDS, SUFFIX))}
    found = {path: file.read_bytes() for path, file in own(firmware).items()}
    found["board.toml"] = boards.path(board_id).read_bytes()
    taken = _add_libraries(found, boards.load(board_id))
    tools = [f"{library.name} {library.version}" for library in taken]
    if compiler is not None:
        found = dict(_compiled(path, content, compiler) for path, content in _compacted(found).items())
        tools.append(f"{_COMPILED} {compiler.version}")
    found[MANIFEST] = _manifest(board_id, found, tools)
    return dict(sorted(found.items()))


def is_compiled(paths: Container[str]) -> bool:
    """Return whether a drive with files at these paths runs a compiled firmware: source goes before it."""
    return _MAIN + SUFFIX in paths and _MAIN + ".py" not in paths


def version(bundle: dict[str, bytes]) -> str:
    """Return the firmware's version that a bundle holds, "" where it holds none."""
    for node in ast.parse(bundle.get(_VERSION, b"")).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            return str(node.value.value)
    return ""


def own(firmware: Path | None = None) -> dict[str, Path]:
    """Return {path on the drive: file} for what is the firmware's own, without libraries and board file."""
    folder = firmware or firmware_folder()
    found = {name: folder / name for name in _PROGRAMS if (folder / name).is_file()}
    found.update(_tree(folder, _FOLDERS))
    if firmware in (None, firmware_folder()) and not (folder / "lib").is_dir():
        # Installed: the packages stand beside this one.
        found.update({f"lib/{path}": file for path, file in _tree(boards.FOLDER.parent, PACKAGES)})
    return found


def _tree(
    root: Path, folders: tuple[str, ...], kinds: tuple[str, ...] = _KINDS
) -> Iterator[tuple[str, Path]]:
    """Yield (path below `root`, file) for all that belongs on a drive; remains of editors do not."""
    for folder in folders:
        for file in sorted((root / folder).rglob("*")):
            path = file.relative_to(root)
            hidden = any(part.startswith((".", "__pycache__")) for part in path.parts)
            wanted = file.suffix in kinds or str(path) == MANIFEST
            if wanted and not hidden and file.name not in STORES and file.is_file():
                yield path.as_posix(), file


def _compacted(found: dict[str, bytes]) -> dict[str, bytes]:
    """Return `found` with what is the firmware's own below lib compacted."""
    sources = {
        path.removeprefix("lib/"): content.decode()
        for path, content in found.items()
        if path.endswith(".py") and path.startswith(_OWN) and path != _VERSION
    }
    return {**found, **{f"lib/{path}": text.encode() for path, text in compacted(sources).items()}}


def _compiled(path: str, content: bytes, compiler: Compiler) -> tuple[str, bytes]:
    """Return a file as it goes onto the drive: what CircuitPython starts, and the version, stay."""
    stem, _, suffix = path.rpartition(".")
    if not path.startswith("lib/") or suffix != "py" or path == _VERSION:
        return path, content
    return stem + SUFFIX, compiler.compile(path, content)


def _add_libraries(found: dict[str, bytes], board: dict[str, Any]) -> list[Library]:
    """Add to `found` what it imports for `board`, and return the libraries that were taken."""
    locked = {path: library for library in libraries() for path in library.files}
    tops = {path.partition("/")[0].removesuffix(".py") for path in locked}
    waiting = [name for path, content in found.items() for name in _imports(path, content)]
    taken = {}
    while waiting:
        name = waiting.pop()
        top = name.partition(".")[0]
        if top not in tops:
            raise LibraryMissing(f"the firmware imports {top}, which is not in boards/libraries.lock")
        for path in _places(name, locked):
            library, place = locked[path], f"lib/{path}"
            if place not in found and _matches(library.when, board):
                found[place] = _locked_content(path, library, board)
                waiting += _imports(place, found[place])
                taken[library.name] = library
    return [taken[name] for name in sorted(taken)]


def _imports(path: str, content: bytes) -> Iterator[str]:
    """Yield the names of library modules that a file imports, and of those that it may mean."""
    if not path.endswith(".py"):
        return
    package = path.removeprefix("lib/").split("/")[:-1]
    for node in _executed(ast.parse(content)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.startswith(PREFIX) and not name.startswith((*BUILT_IN, *NOT_FOR_BOARDS)):
                yield name


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that a board may execute: nothing under `if TYPE_CHECKING:`."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.If) or ast.unparse(child.test) != "TYPE_CHECKING":
            yield from _executed(child)


def _places(name: str, locked: dict[str, Library]) -> list[str]:
    """Return the files that the import of a module runs; a name within a module has its module's."""
    parts = name.split(".")
    found = []
    for end in range(1, len(parts) + 1):
        stem = "/".join(parts[:end])
        found += [path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in locked]
    return found


def _matches(pattern: dict[str, Any], values: dict[str, Any]) -> bool:
    """Whether all of `pattern` stands in `values`."""
    for key, wanted in pattern.items():
        value = values.get(key)
        if isinstance(wanted, dict) and isinstance(value, dict):
            if not _matches(wanted, value):
                return False
        elif value != wanted:
            return False
    return True


def _locked_content(path: str, library: Library, board: dict[str, Any]) -> bytes:
    content = _installed(path)
    if _is_locked(content, path, library):
        return content
    # All that are wrong at once, so that nobody has to come back for each.
    wrong = [
        other
        for other in libraries()
        if _matches(other.when, board)
        and not all(_is_locked(_installed(file), file, other) for file in other.files)
    ]
    named = " ".join(f"'{other.name}=={other.version}'" for other in wrong)
    what = f"{path} is not that of" if content else "the bundle needs"
    raise LibraryMissing(f"{what} {library.name} {library.version}: pip install --no-deps {named}")


def _is_locked(content: bytes, path: str, library: Library) -> bool:
    return hashlib.sha256(content).hexdigest() == library.files[path]


def _installed(path: str) -> bytes:
    """Return a library's file as it is installed, found without running anything; b"" where it is not."""
    head, _, rest = path.partition("/")
    found = PathFinder.find_spec(head.removesuffix(".py"))
    places: list[Path] = []
    if found is not None and found.submodule_search_locations:
        places = [Path(place) / rest for place in found.submodule_search_locations]
    elif found is not None and found.origin is not None:
        places = [Path(found.origin)]
    return next((place.read_bytes() for place in places if place.is_file()), b"")


def _manifest(board_id: str, found: dict[str, bytes], tools: list[str]) -> bytes:
    lines = [
        f"# board {board_id}",
        f"# firmware {version(found)}",
        f"# circuitpython {CIRCUITPYTHON[0]}.{CIRCUITPYTHON[1]} or newer",
        *(f"# {tool}" for tool in tools),
    ]
    for path, content in sorted(found.items()):
        lines.append(f"{hashlib.sha256(content).hexdigest()} {len(content)} {path}")
    return ("\n".join(lines) + "\n").encode()
