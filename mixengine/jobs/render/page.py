"""The page of a render: the files, the null check, and what of the session is not in them."""

from __future__ import annotations

from pathlib import Path, PurePath

from mixengine.jobs.render import comparison, target_page
from mixengine.jobs.render.export import Rendered, RenderedFile, summary_lines
from mixengine.model.units import plain_db
from mixengine.report.clock import clock
from mixengine.report.html.document import document
from mixengine.report.html.elements import Cell, bullets, paragraphs, section, table

_MAX_NAMES = 6


def page(done: Rendered, mix: Path | None = None, reference: Path | None = None) -> str:
    """What a render wrote and found, as one self-contained page.

    Parameters
    ----------
    mix : Path, optional
        Where the finished mix stands now.
    reference : Path, optional
        A recording to compare it with.
    """
    folder = done.folder
    files = table(
        "files",
        "Files with their peaks",
        ("file", "what", "tracks", "peak dBFS", "clipped samples"),
        [_row(file, folder) for file in done.written],
        numbers=(3, 4),
        sortable=True,
    )
    missing = table(
        "unheard",
        "What is not in the files",
        ("track", "not rendered"),
        [[e.track, "; ".join(e.what)] for e in done.unheard],
    )
    body = "\n".join(
        filter(
            None,
            (
                section("summary", "What was rendered", f'<div class="lead">{paragraphs(_summary(done))}</div>'),
                target_page.way(done.finished, done.curves, done.length_s) if done.finished else "",
                _beside(mix, reference),
                section("rendered", "Files", files),
                section("missing", "Not rendered", missing if done.unheard else "<p>Nothing was left out.</p>"),
                section("notes", "Notes", bullets(done.notes)),
            ),
        )
    )
    facts = f"{clock(done.length_s)} · {done.rate / 1000:g} kHz"
    return document("Render", PurePath(done.session).stem, facts, body, "Peaks are those of samples, before rounding.")


def _beside(mix: Path | None, reference: Path | None) -> str:
    if mix is None or reference is None:
        return ""
    sides = comparison.measure(mix), comparison.measure(reference)
    return target_page.beside(*sides, comparison.pairs(*sides))


def _summary(done: Rendered) -> list[str]:
    lines = [line[0].upper() + line[1:] + "." for line in summary_lines(done)]
    if done.unheard:
        lines.append(
            f"Of {len(done.unheard)} track{'s' * (len(done.unheard) != 1)} something is not rendered: see below."
        )
    return lines


def _row(file: RenderedFile, folder: Path) -> list[Cell | str]:
    path = Path(file.file)
    names = ", ".join(file.tracks[:_MAX_NAMES]) + (
        f" and {len(file.tracks) - _MAX_NAMES} more" if len(file.tracks) > _MAX_NAMES else ""
    )
    file_name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
    clipped = Cell(str(file.clipped), file.clipped, "fail" if file.clipped else "")
    return [file_name, file.kind, names or "all", Cell(plain_db(file.peak_dbfs), file.peak_dbfs), clipped]
