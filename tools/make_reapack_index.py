"""Write ``reaper_scripts/index.xml``, which ReaPack reads, from the headers of the scripts.

Of two languages the actions in Lua are offered, so that none stands twice in REAPER's list.

    python tools/make_reapack_index.py [--commit COMMIT] [--base URL]
    python tools/make_reapack_index.py --check

The address of the repository comes from ``[project.urls]`` in ``pyproject.toml``. Needs neither git nor network, and
writes the same bytes for the same scripts. ``--check`` writes nothing: it exits with
1 when the file is stale or a header breaks a rule of ReaPack's own indexer.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from mixengine.reaper.setup import headers
from mixengine.reaper.setup.actions import LUA_FOLDER
from mixengine.reaper.setup.headers import Provided

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "reaper_scripts"
INDEX = "index.xml"
NAME = "mixengine"
CATEGORY = "Mixing"
# a release names its tag with --commit
COMMIT = "main"


def repository() -> str:
    """Address of the repository, from the only place where it is set: ``Repository`` in ``pyproject.toml``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["urls"]["Repository"])


BASE = f"{repository()}/raw"


class HeaderError(Exception):
    """One or more rules broken, a line each."""


@dataclass(frozen=True)
class Source:
    """One file of a package.

    Parameters
    ----------
    url : str
        Where ReaPack gets it.
    file : str
        Where it goes, relative to the package; empty for the package itself.
    kind, platform, main : str
        Attributes of the same name; empty for none.
    """

    url: str
    file: str = ""
    kind: str = ""
    platform: str = ""
    main: str = ""

    def xml(self) -> str:
        """As an element."""
        attributes = {"main": self.main, "file": self.file, "type": self.kind, "platform": self.platform}
        written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items() if value)
        return f"        <source{written}>{escape(self.url)}</source>"


@dataclass(frozen=True)
class Place:
    """Where the files of the index come from.

    Parameters
    ----------
    folder : Path
        With the scripts.
    base, commit : str
        URL of the repository's raw files and the state to take them from.
    """

    folder: Path
    base: str = BASE
    commit: str = COMMIT

    def url(self, relative: str) -> str:
        """Of a file below the folder."""
        return f"{self.base}/{self.commit}/{quote(f'{FOLDER.name}/{relative}')}"

    def files(self) -> list[str]:
        """All of them, relative, with ``/``."""
        paths = (path for path in self.folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return sorted(path.relative_to(self.folder).as_posix() for path in paths)


def index(place: Place) -> str:
    """Write the index; raises HeaderError when a header breaks a rule."""
    packages = list(_packages(place))
    problems = [f"{name}: {problem}" for name, header in packages for problem in headers.problems(header)]
    owners: dict[tuple[str, str], str] = {}
    blocks: list[str] = []
    for name, header in packages if not problems else ():
        try:
            sources = list(_sources(place, name, header))
        except ValueError as error:
            problems.append(f"{name}: {error}")
            continue
        for source in sources:
            owner = owners.setdefault((source.url, source.platform), name)
            if owner != name:
                problems.append(f"{name}: provides '{source.file}', which '{owner}' provides already")
        blocks.append(_package(name, header, sources))
    if problems:
        raise HeaderError("\n".join(problems))
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f'<index version="1" name={quoteattr(NAME)}>']
    if blocks:
        lines += [f"  <category name={quoteattr(CATEGORY)}>", *blocks, "  </category>"]
    return "\n".join([*lines, "</index>", ""])


def _packages(place: Place) -> Iterator[tuple[str, headers.Header]]:
    names = [name for name in place.files() if name.endswith((".py", ".lua"))]
    in_lua = [name for name in names if name.startswith(f"{LUA_FOLDER}/")]
    for name in in_lua or names:
        header = headers.parse((place.folder / name).read_text(encoding="utf-8"))
        # a file without any tag is a helper; one with tags and without a version is a mistake
        if header and "noindex" not in header:
            yield name, header


def _package(name: str, header: headers.Header, sources: list[Source]) -> str:
    about, change = _text(header, "about"), _text(header, "changelog")
    title = f'name={quoteattr(name.rpartition("/")[2])} type="script" desc={quoteattr(_text(header, "description"))}'
    version = f"name={quoteattr(_text(header, 'version'))} author={quoteattr(_text(header, 'author') or NAME)}"
    lines = [f"    <reapack {title}>"]
    if about:
        lines += ["      <metadata>", f"        <description>{_cdata(_rtf(about))}</description>", "      </metadata>"]
    lines.append(f"      <version {version}>")
    if change:
        lines.append(f"        <changelog>{_cdata(change)}</changelog>")
    return "\n".join([*lines, *(source.xml() for source in sources), "      </version>", "    </reapack>"])


def _sources(place: Place, name: str, header: headers.Header) -> Iterator[Source]:
    provided = [Provided.parse(line) for line in _text(header, "provides").splitlines()]
    if "metapackage" not in header and not any(line.pattern == "." for line in provided):
        yield Source(place.url(name), main="main")
    for line in provided:
        if line.pattern == ".":
            yield Source(place.url(name), platform=line.platform, main="main" if line.main is None else line.main)
            continue
        yield from (_source(place, name, line, file) for file in _matching(place, name, line))


def _matching(place: Place, name: str, line: Provided) -> list[str]:
    if line.url:
        return [line.pattern]
    parent = name.rpartition("/")[0]
    # a leading / counts from the repository, everything else from the package's folder
    pattern = "/".join(filter(None, (parent, line.pattern)))
    if line.pattern.startswith("/"):
        pattern = line.pattern.removeprefix(f"/{FOLDER.name}").lstrip("/")
    matching = [file for file in place.files() if _fits(file, pattern)]
    if not matching:
        raise ValueError(f"file not found '{line.pattern}'")
    return matching


def _fits(file: str, pattern: str) -> bool:
    parts, pattern_parts = file.split("/"), pattern.split("/")
    return len(parts) == len(pattern_parts) and all(map(fnmatch.fnmatchcase, parts, pattern_parts))


def _source(place: Place, name: str, line: Provided, file: str) -> Source:
    parent = name.rpartition("/")[0]
    target = line.target or (file.removeprefix(f"{parent}/") if parent else file)
    if target.endswith("/"):
        target += file.rpartition("/")[2]
    url = line.url or place.url(file)
    return Source(url, target, line.kind, line.platform, line.main or "")


def _text(header: headers.Header, name: str) -> str:
    return header.get(name) or ""


def _rtf(text: str) -> str:
    """Plain paragraphs as RTF, which is what ReaPack shows."""
    safe = text.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}").replace("\n", "\\line\n")
    ascii_only = "".join(letter if ord(letter) < 128 else _unicode(letter) for letter in safe)
    return "{\\rtf1\\ansi{\\fonttbl\\f0\\fswiss Helvetica;}\n{\\pard " + ascii_only + "\\par}\n}"


def _unicode(letter: str) -> str:
    words = letter.encode("utf-16-le")
    units = [int.from_bytes(words[at : at + 2], "little", signed=True) for at in range(0, len(words), 2)]
    return "".join(f"\\u{unit}?" for unit in units)


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def main(words: list[str] | None = None) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="Write ReaPack's index of the action scripts.")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="with the scripts")
    parser.add_argument("--base", default=BASE, help=f"URL of the repository's raw files (default: {BASE})")
    parser.add_argument("--commit", default=COMMIT, help=f"commit, tag or branch (default: {COMMIT})")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when stale or wrong")
    options = parser.parse_args(words)
    try:
        text = index(Place(options.folder, options.base, options.commit))
    except HeaderError as error:
        print(error, file=sys.stderr)
        return 1
    path = options.folder / INDEX
    if not options.check:
        path.write_bytes(text.encode())
    elif not path.is_file() or path.read_bytes() != text.encode():
        print(f"{path}: is stale; run python tools/make_reapack_index.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
