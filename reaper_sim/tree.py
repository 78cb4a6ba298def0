"""A project as a tree that can be changed in place and written back: untouched lines keep their exact bytes.

`mixengine.hosts.rpp.syntax` finds the blocks; here they become `Node` objects that live as long as the REAPER object
they stand for (a track, an item, an envelope), so that pointers can name them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mixengine.hosts.rpp.envelopes import point_text
from mixengine.hosts.rpp.syntax import Block, Document
from mixengine.hosts.rpp.words import Line, decode, encode
from mixengine.model.session import EnvelopePoint


class Point:
    """An envelope point: raw bytes as long as nobody changes it."""

    __slots__ = ("raw", "selected", "shape", "tension", "time", "value")

    def __init__(self, time: float, value: float, shape: int, tension: float, selected: bool, raw: bytes = b"") -> None:
        self.time, self.value, self.shape, self.tension, self.selected = time, value, shape, tension, selected
        self.raw = raw

    def text(self) -> str:
        return point_text(EnvelopePoint(self.time, self.value, self.shape, self.tension, self.selected))


class Run(list[Point]):
    """The ``PT`` lines of an envelope that stand together."""

    unsorted = False


class Node:
    """A ``<NAME …>`` block: opening line, entries (raw lines, child nodes, runs of points), closing line."""

    def __init__(self, opening: bytes, closing: bytes, parent: Node | None = None) -> None:
        self.opening, self.closing, self.parent = opening, closing, parent
        self.entries: list[bytes | Node | Run] = []
        self.owner: Any = None
        self.takes: list[Any] | None = None
        self.guids: dict[str, Any] = {}
        self.made: set[str] = set()
        """Lines that a setting made; they go again where it is put back (REAPER's own files hold them always)."""

    @property
    def words(self) -> list[str]:
        return Line(self.opening, 0).words

    @property
    def name(self) -> str:
        return self.opening.split(None, 1)[0][1:].decode("utf-8", "surrogateescape")

    @property
    def children(self) -> list[Node]:
        return [entry for entry in self.entries if isinstance(entry, Node)]

    def all(self, *names: str) -> list[Node]:
        return [child for child in self.children if child.name in names]

    def first(self, *names: str) -> Node | None:
        return next((child for child in self.children if child.name in names), None)

    def root(self) -> Node:
        node = self
        while node.parent is not None:
            node = node.parent
        return node

    def mark(self) -> None:
        """Tell the project that something changed."""
        owner = self.root().owner
        if owner is not None:
            owner.touched()

    @property
    def lines(self) -> list[Line]:
        return [Line(entry, 0) for entry in self.entries if isinstance(entry, bytes)]

    def find(self, name: str, start: int = 0, stop: int | None = None) -> int:
        """Position of the first line called ``name`` among the entries; -1 when there is none."""
        mark = name.encode()
        for at in range(start, len(self.entries) if stop is None else stop):
            entry = self.entries[at]
            if isinstance(entry, bytes) and entry.lstrip(b" \t").startswith(mark) and Line(entry, 0).name == name:
                return at
        return -1

    def line(self, name: str) -> Line | None:
        at = self.find(name)
        return Line(self.entries[at], 0) if at >= 0 else None  # type: ignore[arg-type]

    @property
    def indent(self) -> bytes:
        """Indentation of what stands inside."""
        return self.opening[: len(self.opening) - len(self.opening.lstrip(b" \t"))] + b"  "

    @property
    def newline(self) -> bytes:
        return b"\r\n" if self.opening.endswith(b"\r\n") else b"\n"

    def raw(self, text: str) -> bytes:
        """A line of text as it stands inside this node."""
        return self.indent + encode(text) + self.newline

    def pieces(self) -> Iterator[bytes]:
        yield self.opening
        for entry in self.entries:
            if isinstance(entry, bytes):
                yield entry
            elif isinstance(entry, Node):
                yield from entry.pieces()
            else:
                yield from (point.raw or self.raw(point.text()) for point in entry)
        yield self.closing

    def data(self) -> bytes:
        return b"".join(self.pieces())

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()

    def adopt(self, at: int, entry: bytes | Node | Run) -> None:
        """Insert an entry."""
        if isinstance(entry, Node):
            entry.parent = self
        self.entries.insert(at, entry)
        self.mark()

    def drop(self, entry: bytes | Node | Run) -> None:
        """Take an entry out; what it stood for is dead."""
        at = next(i for i, other in enumerate(self.entries) if other is entry)
        del self.entries[at]
        self.mark()
        if isinstance(entry, Node):
            entry.parent = None

    def become(self, other: Node) -> None:
        """Take over the content of another node; the old children are dead."""
        for child in self.children:
            child.parent = None
        self.opening, self.closing, self.entries, self.takes = other.opening, other.closing, other.entries, None
        for child in self.children:
            child.parent = self
        self.mark()


def get_word(node: Node, name: str, index: int, span: tuple[int, int | None] = (0, None)) -> str | None:
    """Word ``index`` of a node's line ``name``; ``None`` when there is none."""
    at = node.find(name, *span)
    words = Line(node.entries[at], 0).words if at >= 0 else []  # type: ignore[arg-type]
    return words[index] if index < len(words) else None


def set_word(
    node: Node, name: str, index: int, text: str, template: str, span: tuple[int, int | None] = (0, None)
) -> None:
    """Replace a word (``text`` with its quotes); what the line lacks before it comes from ``template``."""
    at = node.find(name, *span)
    default = template.split()
    if at < 0:
        default[index] = text
        node.adopt(span[0], node.raw(" ".join(default)))
        node.made.add(name)
        return
    raw = node.entries[at]
    assert isinstance(raw, bytes)
    tokens = Line(raw, 0).tokens
    if index < len(tokens):
        token = tokens[index]
        new = raw[: token.start] + encode(text) + raw[token.end :]
    else:
        body = raw.rstrip(b" \t\r\n")
        more = [*default[len(tokens) : index], text]
        new = body + b" " + encode(" ".join(more)) + raw[len(raw.rstrip(b"\r\n")) :]
    if new != raw:
        node.entries[at] = new
        node.mark()
        if name in node.made and Line(new, 0).words == Line(encode(template), 0).words:
            node.drop(new)


def parse(data: bytes) -> tuple[bytes, Node, bytes]:
    """Bytes before the first block, the block as a tree, bytes after it; ``ValueError`` when it is not one block."""
    document = Document(data)
    root = document.root
    if root is None or document.unclosed is not None or document.stray is not None:
        raise ValueError("not one whole block")
    return data[: root.start], _node(root, None), data[root.end :]


def _node(block: Block, parent: Node | None) -> Node:
    node = Node(block.opening.raw, block.data[block.close : block.end], parent)
    is_envelope = "ENV" in block.name and not block.name.startswith("POOLEDENV")
    run: Run | None = None
    for entry in block.entries:
        if isinstance(entry, Block):
            node.entries.append(_node(entry, node))
        elif is_envelope and entry.name == "PT":
            if run is None:
                run = Run()
                node.entries.append(run)
            run.append(_point(entry))
            continue
        else:
            node.entries.append(entry.raw)
        run = None
    return node


def _point(line: Line) -> Point:
    words = (line.number(1), line.number(2), line.integer(3), line.number(7), bool(line.integer(5) & 1))
    return Point(*words, line.raw)


def chunk(node: Node, skip: frozenset[str] = frozenset()) -> str:
    """A node as a state chunk: no indentation, LF, without the lines named in ``skip`` (at the top level)."""
    hidden = {id(e) for e in node.entries if isinstance(e, bytes) and e.split()[:1] and decode(e.split()[0]) in skip}
    pieces = (piece for piece in node.pieces() if id(piece) not in hidden)
    return "".join(decode(piece.lstrip(b" \t").rstrip(b"\r\n")) + "\n" for piece in pieces)


def from_chunk(text: str, parent: Node) -> Node | None:
    """A state chunk as a node to stand in ``parent``; ``None`` when it is not one whole block."""
    try:
        _, node, rest = parse(encode(text.replace("\r\n", "\n").strip("\n") + "\n"))
    except ValueError:
        return None
    if rest.strip():
        return None
    _indent(node, parent.indent, parent.newline)
    node.parent = parent
    return node


def _indent(node: Node, indent: bytes, newline: bytes) -> None:
    def line(raw: bytes, by: bytes = indent) -> bytes:
        return by + raw.lstrip(b" \t").rstrip(b"\r\n") + newline

    node.opening, node.closing = line(node.opening), line(node.closing)
    for at, entry in enumerate(node.entries):
        if isinstance(entry, Node):
            _indent(entry, indent + b"  ", newline)
        elif isinstance(entry, bytes):
            node.entries[at] = line(entry, indent + b"  ")
        else:
            for point in entry:
                point.raw = line(point.raw, indent + b"  ")


def build(lines: list[str], parent: Node) -> Node:
    """Lines of a block (any indentation) as a node to stand in ``parent``."""
    node = from_chunk("\n".join(lines), parent)
    assert node is not None, lines
    return node
