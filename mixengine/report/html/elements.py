"""Pieces of a page: escaped text, tables, sections, figures."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: text, what to sort by when that is another thing, the style's class, links (text, address)."""

    text: str
    sort: float | None = None
    style: str = ""
    links: tuple[tuple[str, str], ...] = ()


def text(value: str) -> str:
    """Words from a project as HTML: escaped, without control characters and broken surrogates, direction kept inside.

    Marks that turn the direction of writing are shown as a question mark: they would reverse the page's own words too.
    """
    clean = "".join(char if char.isprintable() and not "\ud800" <= char <= "\udfff" else "?" for char in value)
    return html.escape(clean, quote=True)


def table(
    name: str,
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Cell | str]],
    *,
    groups: Sequence[str] | None = None,
    grouped: str = "group",
    numbers: Sequence[int] = (),
    sortable: bool = False,
) -> str:
    """A table that scrolls sideways where it is too wide; the first column heads the rows.

    Parameters
    ----------
    caption : str
        For screen readers.
    groups : sequence of str, optional
        One per row: rows can be filtered by it.
    grouped : str
        What a person calls these groups.
    numbers : sequence of int
        Columns that stand to the right.
    sortable : bool
        Clicking a head sorts, where scripts run.
    """
    head = "".join(
        f'<th scope="col"{_classes("num" if place in numbers else "")}>{text(word)}</th>'
        for place, word in enumerate(heads)
    )
    body = []
    for place, row in enumerate(rows):
        cells = []
        for column, entry in enumerate(row):
            cell = entry if isinstance(entry, Cell) else Cell(entry)
            tag = 'th scope="row"' if column == 0 else "td"
            order = "" if cell.sort is None else f' data-sort="{cell.sort:g}"'
            style = _classes(cell.style, "num" if column in numbers else "")
            cells.append(f"<{tag}{style}{order}>{_inside(cell)}</{tag[:2]}>")
        group = f' data-group="{text(groups[place])}"' if groups is not None else ""
        body.append(f"<tr{group}>{''.join(cells)}</tr>")
    style = ' class="sortable"' if sortable else ""
    style += f' data-filter="{text(grouped)}"' if groups is not None else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}">'
        f'<table id="{name}"{style}><caption>{text(caption)}</caption><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{chr(10).join(body)}</tbody></table></div>"
    )


def _inside(cell: Cell) -> str:
    links = (f'<a href="{text(address)}">{text(word)}</a>' for word, address in cell.links)
    return " ".join([*filter(None, [text(cell.text)]), *links])


def _classes(*names: str) -> str:
    present = " ".join(filter(None, names))
    return f' class="{present}"' if present else ""


def figure(drawing: str, caption: str) -> str:
    """A drawing with words under it; nothing for no drawing."""
    if not drawing:
        return ""
    return f'<figure><div class="scroll fig">{drawing}</div><figcaption>{text(caption)}</figcaption></figure>'


def section(name: str, heading: str, *parts: str) -> str:
    """A part of the page with its heading; nothing when there is nothing in it."""
    inside = "\n".join(filter(None, parts))
    if not inside:
        return ""
    return (
        f'<section id="{name}" aria-labelledby="{name}-h"><h2 id="{name}-h">{text(heading)}</h2>\n{inside}\n</section>'
    )


def paragraphs(lines: Iterable[str]) -> str:
    """Plain sentences, one paragraph each."""
    return "\n".join(f"<p>{text(line)}</p>" for line in lines if line)


def bullets(lines: Iterable[str]) -> str:
    """A list of plain lines; nothing for none."""
    items = "".join(f"<li>{text(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""
