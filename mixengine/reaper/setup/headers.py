"""ReaPack headers: the ``@tag value`` lines at the top of a script, and reapack-index's rules for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Header = Mapping[str, str | None]
"""Tag to value; several lines are joined with line breaks, None is a tag without value."""

_TAG = re.compile(r"^(?P<lead>[\s#\"'-]*)@(?P<name>ReaScript Name|[A-Za-z]\w*):?(?:[ \t]+(?P<value>\S.*?))?\s*$")
_LEAD = re.compile(r"^\s*(?:#|--)?\s*")
_TAGS = tuple(
    "description version author about changelog link screenshot donation provides metapackage noindex".split()
)
_ALIASES = {"reascript name": "description", "links": "link"}
_FLAGS = ("noindex", "metapackage")
_SINGLE_LINE = ("version", "author", "description")
_MAX_SEGMENT = 65535


def parse(text: str) -> dict[str, str | None]:
    """Read the header from a script's text."""
    header: dict[str, str | None] = {}
    current, indent = "", 0
    for line in _top(text):
        match = _TAG.match(line)
        body = _LEAD.sub("", line)
        if match:
            name = match["name"].lower()
            current, indent = _ALIASES.get(name, name), len(match["lead"])
            header[current] = _joined(header.get(current), match["value"])
        elif current and body.strip() and len(line) - len(body) > indent:
            header[current] = _joined(header[current], body.rstrip())
        elif body.strip():
            current = ""
    return header


def _joined(before: str | None, more: str | None) -> str | None:
    return "\n".join(part for part in (before, more) if part) or None


def _top(text: str) -> Iterator[str]:
    """The lines of the first comment block or docstring; they count up to the first line of code."""
    quotes = ""
    for line in text.removeprefix("\ufeff").splitlines():
        bare = line.strip()
        if quotes:
            if quotes in bare:
                return
            yield line
        elif bare[:3] in ('"""', "'''"):
            quotes = bare[:3]
            yield line.replace(quotes, "", 1)
            if quotes in bare[3:]:
                return
        elif bare.startswith(("#", "--")):
            yield line
        elif bare:
            return


def is_package(header: Header) -> bool:
    """Whether ReaPack would offer the file: it has a version and no ``noindex``."""
    return "version" in header and "noindex" not in header


def problems(header: Header) -> list[str]:
    """Errors that reapack-index would report, in its words where possible; unknown tags as with ``--strict``."""
    return [problem for rule in _RULES for problem in rule(header)]


def _version(header: Header) -> Iterator[str]:
    if "version" not in header:
        yield "missing tag 'version'"
        return
    version = header["version"] or ""
    if version and not version[0].isdigit():
        yield f"invalid value for tag 'version': {version!r} must start with a digit"
    yield from (
        f"invalid value for tag 'version': segment overflow ({number} > {_MAX_SEGMENT})"
        for number in re.findall(r"\d+", version)
        if int(number) > _MAX_SEGMENT
    )


def _values(header: Header) -> Iterator[str]:
    for name, value in header.items():
        if name in _FLAGS and value is not None:
            yield f"tag '{name}' cannot have a value"
        elif name not in _FLAGS and value is None:
            yield f"missing value for tag '{name}'"
        elif name in _SINGLE_LINE and "\n" in (value or ""):
            yield f"tag '{name}' must be singleline"


def _unknown(header: Header) -> Iterator[str]:
    yield from (f"unknown tag '{name}'" for name in header if name not in _TAGS)


def _described(header: Header) -> Iterator[str]:
    if "description" not in header:
        yield "missing tag 'description' (ours: the action list shows it)"


def _provided(header: Header) -> Iterator[str]:
    for line in (header.get("provides") or "").splitlines():
        try:
            Provided.parse(line)
        except ValueError as error:
            yield f"invalid value for tag 'provides': {error}"


_RULES: tuple[Callable[[Header], Iterator[str]], ...] = (_version, _values, _described, _unknown, _provided)

_PROVIDES = re.compile(
    r"^(?:\[\s*(?P<options>.*?)\s*\])?\s*(?P<pattern>.+?)(?:\s+>\s*(?P<target>.+?))?(?:\s+(?P<url>(?:file|https?)://.+))?$"
)
_PLATFORMS = frozenset(
    "all windows win32 win64 windows-arm64ec darwin darwin32 darwin64 darwin-arm64 linux linux32 linux64 linux-armv7l "
    "linux-aarch64".split()
)
_TYPES = frozenset(
    "script effect data theme langpack webinterface projecttpl tracktpl midinotenames autoitem extension".split()
)


@dataclass(frozen=True)
class Provided:
    """One line of ``@provides``: files that come with a package.

    Parameters
    ----------
    pattern : str
        Which files, relative to the package's folder; ``.`` is the package itself.
    target : str
        Where they go; empty for the same name, with ``/`` at the end a folder.
    url : str
        Where they come from, when not from the repository.
    platform, kind : str
        Empty for the default.
    main : str or None
        Sections whose action list shows the file; empty for none, None for the default.
    """

    pattern: str
    target: str = ""
    url: str = ""
    platform: str = ""
    kind: str = ""
    main: str | None = None

    @classmethod
    def parse(cls, line: str) -> Provided:
        """Read a line; raises ValueError on an unknown option."""
        match = _PROVIDES.match(line.strip())
        if not match:
            raise ValueError(f"no file in {line!r}")
        options: dict[str, str] = {}
        for option in (match["options"] or "").lower().split():
            name, _, sections = option.partition("=")
            if option in _PLATFORMS:
                options["platform"] = option
            elif option in _TYPES:
                options["kind"] = option
            elif name == "main":
                options["main"] = sections.replace(",", " ") or "main"
            elif option == "nomain":
                options["main"] = ""
            else:
                raise ValueError(f"unknown option '{option}'")
        return cls(match["pattern"], match["target"] or "", match["url"] or "", **options)
