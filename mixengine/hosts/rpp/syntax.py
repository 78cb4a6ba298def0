"""The text of a REAPER project: blocks, lines, tokens, and edits that leave all other bytes unchanged.

A project is one record per line. ``<NAME args`` opens a block, a line starting with ``>`` closes it, everything else is
``TOKEN args`` or raw data. Indentation has no meaning. The reader works on bytes and keeps the original: a
`Document` holds the offsets of each block, `edit` records the replacement of a byte range, and `render` joins the
unchanged ranges with the replacements. So nothing that is not edited can change, whatever its version, line ending or
encoding.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from mixengine.hosts.rpp.words import Line, decode, encode

_MARK = re.compile(rb"\n[ \t\r\x00]*[<>]")
_CLOSING = ord(">")
_NAME = re.compile(rb"<([^ \t\r\n\x00]*)")
_BOM = b"\xef\xbb\xbf"


class Block:
    """A ``<NAME …>`` block: byte offsets of its opening line, its inside and its closing line."""

    __slots__ = ("_lines", "_name", "children", "close", "data", "end", "inside", "parent", "start")

    def __init__(self, data: bytes, start: int, inside: int, parent: Block | None) -> None:
        self.data = data
        self.start = start
        self.inside = inside
        self.close: int
        self.end: int
        self.parent = parent
        self.children: list[Block] = []
        self._lines: list[Line] | None = None
        self._name: str | None = None

    @property
    def name(self) -> str:
        """First word of the opening line without its ``<``."""
        if self._name is None:
            match = _NAME.search(self.data, self.start)
            self._name = decode(match.group(1)) if match else ""
        return self._name

    @property
    def opening(self) -> Line:
        """The opening line; its first word still carries the ``<``."""
        return Line(self.data[self.start : self.inside], self.start)

    def all(self, *names: str) -> list[Block]:
        """Child blocks with one of these names, in order."""
        return [child for child in self.children if child.name in names]

    def first(self, *names: str) -> Block | None:
        """First child block with one of these names."""
        return next((child for child in self.children if child.name in names), None)

    @property
    def lines(self) -> list[Line]:
        """Lines directly in this block, without those of child blocks."""
        if self._lines is None:
            result: list[Line] = []
            at = self.inside
            for child in [*self.children, None]:
                stop = child.start if child else self.close
                result.extend(_split(self.data, at, stop))
                at = child.end if child else stop
            self._lines = result
        return self._lines

    @property
    def entries(self) -> list[Line | Block]:
        """Direct lines and child blocks together, in file order."""
        return sorted([*self.lines, *self.children], key=lambda entry: entry.start)

    def line(self, name: str) -> Line | None:
        """First direct line with this name."""
        return next((line for line in self.lines if line.name == name), None)

    def walk(self, skip: frozenset[str] = frozenset()) -> Iterator[Block]:
        """This block and everything inside it in file order, not entering blocks named in ``skip``."""
        pending = [self]
        while pending:
            block = pending.pop()
            yield block
            pending.extend(child for child in reversed(block.children) if child.name not in skip)


class Document:
    """A project file: its bytes, its tree of blocks and the edits to make.

    Attributes
    ----------
    root : Block or None
        The ``<REAPER_PROJECT`` block; ``None`` when the file does not start with one.
    unclosed : Block or None
        Innermost block that is still open where the file ends: the file was cut off.
    stray : int or None
        Offset of the first ``>`` or block after the end of the project.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.root: Block | None = None
        self.unclosed: Block | None = None
        self.stray: int | None = None
        self._edits: list[tuple[int, int, int, bytes]] = []
        self._index()

    def _index(self) -> None:
        data = self.data
        begin = len(_BOM) if data.startswith(_BOM) else 0
        while data[begin : begin + 1] in (b" ", b"\t", b"\r", b"\n"):
            begin += 1
        if data[begin : begin + 1] != b"<":
            return
        find, size = data.find, len(data)
        current: Block | None = Block(data, begin, find(b"\n", begin) + 1 or size, None)
        self.root = current
        for mark in _MARK.finditer(data, begin):
            if current is None:
                self.stray = mark.end() - 1
                break
            start, at = mark.span()
            line_end = find(b"\n", at) + 1 or size
            if data[at - 1] == _CLOSING:
                current.close = start + 1
                current.end = line_end
                current = current.parent
            else:
                block = Block(data, start + 1, line_end, current)
                current.children.append(block)
                current = block
        unclosed = current
        while unclosed is not None:
            unclosed.close = unclosed.end = size
            unclosed = unclosed.parent
        self.unclosed = current

    def line_number(self, offset: int) -> int:
        """1-based number of the line that contains a byte offset."""
        return self.data.count(b"\n", 0, offset) + 1

    @property
    def line_count(self) -> int:
        """Number of lines of the file."""
        return self.data.count(b"\n") + (not self.data.endswith(b"\n") and bool(self.data))

    @functools.cached_property
    def newline(self) -> bytes:
        """The file's dominant line ending, used for inserted lines."""
        return b"\r\n" if 2 * self.data.count(b"\r\n") >= max(self.data.count(b"\n"), 1) else b"\n"

    def edit(self, start: int, end: int, new: bytes, *, rank: int = 0) -> None:
        """Record that the bytes ``start:end`` become ``new``; an empty range inserts."""
        self._edits.append((start, end, rank, new))

    def set_word(self, line: Line, index: int, text: str) -> None:
        """Replace one word of a line, or append it when the line ends just before it."""
        if index < len(line.tokens):
            token = line.tokens[index]
            self.edit(token.start, token.end, encode(text))
        elif index == len(line.tokens):
            end = line.start + len(line.raw.rstrip(b" \t\r\n"))
            self.edit(end, end, b" " + encode(text))
        else:
            raise ValueError(f"word {index} of a line with {len(line.tokens)} words")

    def set_words(self, line: Line, words: dict[int, str], missing: str = "0") -> None:
        """Replace several words of a line; words before them that the line lacks become ``missing``."""
        count = len(line.tokens)
        for index, text in words.items():
            if index < count:
                self.set_word(line, index, text)
        new = [words.get(index, missing) for index in range(count, max(words) + 1)]
        if new:
            self.set_word(line, count, " ".join(new))

    def insert(self, offset: int, lines: list[str], like: Block, *, rank: int = 0) -> None:
        """Insert whole lines at ``offset``, indented as children of ``like``.

        ``lines`` are indented relative to each other already (two spaces a level). Of several insertions at one offset
        the lower ``rank`` comes first.
        """
        opening = like.data[like.start : like.inside]
        indent = opening[: len(opening) - len(opening.lstrip(b" \t"))] + b"  "
        self.edit(offset, offset, b"".join(indent + encode(line) + self.newline for line in lines), rank=rank)

    @property
    def edited(self) -> bool:
        """Whether there are recorded edits."""
        return bool(self._edits)

    def forget_edits(self) -> None:
        """Discard all recorded edits."""
        self._edits.clear()

    def render(self) -> bytes:
        """The file with all edits applied. Edits at one offset are ordered by rank, then as recorded."""
        pieces: list[bytes] = []
        at = 0
        for start, end, _rank, new in sorted(self._edits, key=lambda edit: edit[:3]):
            if start < at:
                raise ValueError(f"two edits overlap at byte {start}")
            pieces += (self.data[at:start], new)
            at = end
        pieces.append(self.data[at:])
        return b"".join(pieces)


def rewrite(document: Document) -> bytes:
    """The file reassembled from its blocks and lines, to verify that the tree holds every byte exactly once."""
    root, data = document.root, document.data
    if root is None:
        return b""
    pieces = [data[: root.start]]
    pending: list[Block | Line | bytes] = [root]
    while pending:
        entry = pending.pop()
        if isinstance(entry, bytes):
            pieces.append(entry)
        elif isinstance(entry, Line):
            pieces.append(entry.raw)
        else:
            pieces.append(entry.opening.raw)
            pending.append(data[entry.close : entry.end])
            pending.extend(reversed(entry.entries))
    pieces.append(data[root.end :])
    return b"".join(pieces)


def _split(data: bytes, start: int, stop: int) -> Iterator[Line]:
    while start < stop:
        end = data.find(b"\n", start, stop) + 1 or stop
        yield Line(data[start:end], start)
        start = end
