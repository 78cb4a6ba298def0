"""Envelope blocks of tracks and takes: read them, replace points in a range, make new ones.

In the file, values of volume envelopes are linear amplitudes whatever ``VOLTYPE`` says; ``VOLTYPE 1`` only means that
REAPER interpolates along its fader curve.
"""

from __future__ import annotations

from mixengine.hosts.rpp.syntax import Block, Document
from mixengine.hosts.rpp.words import Line, format_number
from mixengine.model.automation import same_points
from mixengine.model.plan import Envelope
from mixengine.model.session import VOLUME, VOLUME_PRE_FX, VOLUME_TRIM, Automation, EnvelopePoint

TRACK_ENVELOPES = {
    "VOLENV": VOLUME_PRE_FX,
    "VOLENV2": VOLUME,
    "VOLENV3": VOLUME_TRIM,
    "PANENV": "pan_pre_fx",
    "PANENV2": "pan",
    "MUTEENV": "mute",
}
TRACK_BLOCKS = {kind: name for name, kind in TRACK_ENVELOPES.items()}
_SLACK_S = 1e-11
"""Points are written with 12 decimals: rounding can move a point at the edge of a range this far outside."""
TAKE_ENVELOPES = {"VOLENV": VOLUME, "PANENV": "pan", "MUTEENV": "mute"}


def is_envelope(block: Block) -> bool:
    """Whether a block holds envelope points (automation item pools are not envelopes)."""
    return "ENV" in block.name and not block.name.startswith("POOLEDENV")


def is_active(block: Block) -> bool:
    """Whether an envelope is not bypassed."""
    active = block.line("ACT")
    return active is None or active.integer(1, 1) != 0


def moves(block: Block) -> bool:
    """Whether an envelope is active and has points or automation items."""
    return is_active(block) and any(line.name in ("PT", "POOLEDENVINST") for line in block.lines)


def read(block: Block, kind: str) -> Automation:
    """An envelope block as `Automation`; points in time order."""
    scaling = block.line("VOLTYPE")
    points = (_point(line) for line in block.lines if line.name == "PT")
    return Automation(
        kind=kind,
        points=tuple(sorted(points, key=lambda point: point.time_s)),
        active=is_active(block),
        fader_scaling=scaling is not None and scaling.integer(1) == 1,
        items=has_automation_items(block),
    )


def _point(line: Line) -> EnvelopePoint:
    return EnvelopePoint(line.number(1), line.number(2), line.integer(3), line.number(7), bool(line.integer(5) & 1))


def point_text(point: EnvelopePoint) -> str:
    """A ``PT`` line; trailing default fields are left out as REAPER does."""
    text = f"PT {format_number(point.time_s, 12)} {format_number(point.value, 10)} {point.shape}"
    if point.tension:
        return f"{text} 0 {int(point.selected)} 0 {format_number(point.tension, 8)}"
    return text + " 0 1" * point.selected


def has_automation_items(block: Block) -> bool:
    """Whether automation items override the points; mixengine does not evaluate them, only reports them."""
    return any(line.name == "POOLEDENVINST" for line in block.lines)


def with_automation_items(owner: Block) -> tuple[str, ...]:
    """Names of the active envelopes of a track, or of the project for the master, that hold automation items."""
    blocks = (block for block in owner.children if is_envelope(block) and is_active(block))
    return tuple(block.name for block in blocks if has_automation_items(block))


def apply(document: Document, track: Block, change: Envelope, guid: str) -> bool:
    """Write the points of ``change`` into its envelope of ``track``; make or remove the envelope as needed.

    Returns
    -------
    bool
        False, and nothing is written, when the points inside the range are neither ``before`` nor ``after``.
    """
    name = TRACK_BLOCKS[change.envelope]
    block = track.first(name)
    if block is None:
        if change.after and not change.before:
            _insert_new(document, track, name, guid, change.after)
        return not (change.after and change.before)
    points = [line for line in block.lines if line.name == "PT"]
    first_s, last_s = change.start_s - _SLACK_S, change.end_s + _SLACK_S
    inside = [line for line in points if first_s <= line.number(1) <= last_s]
    current = [_point(line) for line in inside]
    emptied = change.created and not change.after and len(inside) == len(points)
    if same_points(current, change.after) and not emptied:
        return True
    if not same_points(current, change.before):
        return False
    if emptied:
        document.edit(block.start, block.end, b"")
        return True
    for line in inside:
        document.edit(line.start, line.end, b"")
    later = (line.start for line in points if line.number(1) > last_s)
    document.insert(next(later, block.close), [point_text(point) for point in change.after], block)
    return True


def _insert_new(document: Document, track: Block, name: str, guid: str, points: tuple[EnvelopePoint, ...]) -> None:
    lines = [
        f"<{name}",
        f"  EGUID {guid}",
        "  ACT 1 -1",
        "  VIS 1 1 1",
        "  LANEHEIGHT 0 0",
        "  ARM 1",
        "  DEFSHAPE 0 -1 -1",
        *("  " + point_text(point) for point in points),
        ">",
    ]
    document.insert(insertion_offset(track), lines, track)


def insertion_offset(track: Block) -> int:
    """Where a new envelope belongs: after the simple lines and the other envelopes, before FX chain and items."""
    follower = track.first("FXCHAIN", "FREEZE", "FXCHAIN_REC", "TAKEFX", "ITEM")
    return follower.start if follower else track.close
