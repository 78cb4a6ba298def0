"""Write the tables of settings in ``docs/*.md`` from what the settings say about themselves.

    python tools/make_settings_tables.py [--check]

A table stands between ``<!-- settings: JOB -->`` and ``<!-- /settings -->``. ``--check`` writes nothing and exits
with 1 when a page is behind.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from mixengine.jobs import registry
from mixengine.model.settings import Option, options

DOCS = Path(__file__).resolve().parents[1] / "docs"
_TABLE = re.compile(r"(<!-- settings: (\w+) -->\n).*?(<!-- /settings -->)", re.DOTALL)


def table(job: str) -> str:
    """The settings of a job as a table: option, field, default, range or choices, what it does."""
    rows = [_row(option) for option in options(registry.job(job).settings)]
    heads = ("option", "setting", "default", "range", "what")
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, ("---",) * len(heads), *rows)]
    return "\n".join(lines) + "\n"


def _row(option: Option) -> tuple[str, ...]:
    flag = "–" if option.about.hidden else f"`{option.flag}`"
    return flag, f"`{option.name}`", _default(option), _range(option), option.about.help.replace("|", "\\|")


def _default(option: Option) -> str:
    value = option.default
    if value is None or value == () or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, (int, float)) else f"`{value}`"


def _range(option: Option) -> str:
    about = option.about
    if about.choices:
        return ", ".join(f"`{choice}`" for choice in about.choices)
    if about.min is None and about.max is None:
        return ""
    ends = " … ".join(f"{end:g}" for end in (about.min, about.max) if end is not None)
    return f"{ends}{' or more' if about.max is None else ''} {about.unit}".rstrip()


def updated(text: str) -> str:
    """A page with its tables as they are now."""
    return _TABLE.sub(lambda match: match[1] + table(match[2]) + match[3], text)


def main() -> int:
    """Write or check all pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1 when a page is behind")
    check = parser.parse_args().check
    behind = []
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if updated(text) != text:
            behind.append(page.name)
            if not check:
                page.write_text(updated(text), encoding="utf-8")
    print(f"{'behind' if check else 'written'}: {', '.join(behind) or 'none'}")
    return int(check and bool(behind))


if __name__ == "__main__":
    sys.exit(main())
