"""XML read as it comes, element by element: no DTD, so no entities, and nothing is fetched."""

from collections.abc import Callable
from xml.parsers import expat

from ..errors import NotDone

_DEEPEST = 32
_LONGEST = 1 << 16  # characters of one element's text


class Node:
    """An element: its local name, attributes by local name, text, children, and the line it begins on."""

    __slots__ = ("attributes", "children", "line", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str], line: int) -> None:
        self.name = name
        self.attributes = attributes
        self.line = line
        self.text = ""
        self.children: list[Node] = []

    def find(self, *path: str) -> "Node | None":
        """Return the first element at a path of local names below this one."""
        node = self
        for name in path:
            for child in node.children:
                if child.name == name:
                    node = child
                    break
            else:
                return None
        return node

    def says(self, *path: str) -> str:
        """Return the text at a path, without space around it; empty where there is none."""
        node = self.find(*path)
        return "" if node is None else node.text.strip()


def read(data: bytes, root: tuple[str, str], take: Callable[[Node], None]) -> None:
    """Call `take` with each child of the root element, which must have that namespace and local name.

    Raises NotDone, naming the line, for what is not well-formed, has a DTD, or has another root.
    """
    stack: list[Node] = []
    names: dict[str, str] = {}
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def local(name: str) -> str:
        if name not in names:
            names[name] = name.rpartition(" ")[2]
        return names[name]

    def start(name: str, attributes: dict[str, str]) -> None:
        line = parser.CurrentLineNumber
        if not stack and name != " ".join(root):
            raise NotDone(f"the file is XML, but no {root[1]} of {root[0]}")
        if len(stack) >= _DEEPEST:
            raise NotDone(f"line {line}: the XML is nested too deep to be what it should be")
        node = Node(local(name), {local(key): value for key, value in attributes.items()}, line)
        if len(stack) > 1:
            stack[-1].children.append(node)
        stack.append(node)

    def end(_: str) -> None:
        node = stack.pop()
        if len(stack) == 1:
            take(node)

    def characters(text: str) -> None:
        if len(stack) == 1:
            return  # what is between the packages, without end
        node = stack[-1]
        node.text += text
        if len(node.text) > _LONGEST:
            raise NotDone(f"line {node.line}: a value is too long to be what it should be")

    def refuse(*_: object) -> None:
        raise NotDone(
            f"line {parser.CurrentLineNumber}: the XML has a DOCTYPE, by which a file can be made to take "
            "all memory or to read others; take it out if you trust the file"
        )

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = characters, refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        what = expat.errors.messages.get(error.code, "an error")
        raise NotDone(f"line {error.lineno}: the XML is cut short or damaged ({what})") from None
    except (LookupError, ValueError):
        raise NotDone("the XML is in an encoding that is not known: save it in UTF-8") from None
