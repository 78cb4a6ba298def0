"""``mixengine rpp check``: read a project, write it back, compare the bytes, and count the objects in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mixengine.hosts.rpp import effects, envelopes, items
from mixengine.hosts.rpp.project import Project
from mixengine.hosts.rpp.syntax import Block, rewrite
from mixengine.system.errors import UserError

_INACTIVE_BLOCKS = frozenset({"FREEZE"})


@dataclass
class Check:
    """Result of a check; counts leave out what is inside FREEZE. A file that cannot be read has one warning: why."""

    file: str
    readable: bool = True
    identical: bool = False
    version: str = ""
    tracks: int = 0
    items: int = 0
    takes: int = 0
    envelopes: int = 0
    points: int = 0
    reaeq_bands: int = 0
    reacomps: int = 0
    warnings: list[str] = field(default_factory=list)


def check(path: str) -> Check:
    """Check one file; `UserError` when it cannot be read or is not a project."""
    project = Project.load(Path(path))
    document = project.document
    result = Check(file=path, version=project.version)
    written = rewrite(document)
    result.identical = written == document.data
    if not result.identical:
        pairs = enumerate(zip(written, document.data, strict=False))
        at = next((i for i, (a, b) in pairs if a != b), min(len(written), len(document.data)))
        result.warnings.append(f"line {document.line_number(at)} differs when written")
    if document.stray is not None:
        result.warnings.append(f"line {document.line_number(document.stray)}: text after the end of the project")
    result.tracks = len(project.tracks)
    for block in project.root.walk(_INACTIVE_BLOCKS):
        _count(block, result)
    session = project.session()
    missing = [clip for track in session.tracks for clip in track.clips if clip.source.kind == "missing"]
    if missing:
        result.warnings.append(f"{len(missing)} items whose media is missing")
    result.warnings.extend(session.notes)
    return result


def _count(block: Block, result: Check) -> None:
    if block.name == "ITEM":
        result.items += 1
        result.takes += sum(not take.empty for take in items.takes(block)[0])
    elif envelopes.is_envelope(block):
        result.envelopes += 1
        result.points += sum(line.name == "PT" for line in block.lines)
    elif (effect := effects.read(block)) is not None:
        kind, state = effect
        result.reaeq_bands += len(state.bands) if kind is effects.EQUALIZER else 0
        result.reacomps += kind is effects.COMPRESSOR
        lines = [line.raw.strip().decode("ascii", "replace") for line in block.lines if line.raw.strip()]
        if kind.module.encode(state) != lines:
            result.warnings.append(
                f"a {kind.plugin} state is wrapped in another way than REAPER's; it is kept as it is"
            )


def check_all(paths: list[Path]) -> tuple[list[Check], bool]:
    """Check several files; an unreadable one becomes a result with a warning. Second: whether any file differs."""
    results = []
    for path in paths:
        try:
            results.append(check(str(path)))
        except UserError as error:
            results.append(Check(str(path), readable=False, warnings=[str(error)]))
    return results, not all(result.identical for result in results)


def as_dict(result: Check) -> dict[str, Any]:
    """One entry of ``--json``."""
    return asdict(result)


def to_text(result: Check) -> str:
    """One line per file and one per warning."""
    if not result.readable:
        return "\n".join(f"{result.file}: not read: {why.removeprefix(f'{result.file}: ')}" for why in result.warnings)
    verdict = "identical" if result.identical else "NOT identical"
    counts = (
        f"{result.tracks} tracks, {result.items} items, {result.takes} takes, {result.envelopes} envelopes, "
        f"{result.points} points, {result.reaeq_bands} ReaEQ bands, {result.reacomps} ReaComps"
    )
    lines = [f"{result.file}: {verdict}; REAPER {result.version or '?'}; {counts}"]
    return "\n".join(lines + [f"  warning: {warning}" for warning in result.warnings])
