"""Learn from the user: how faders were corrected after a balance becomes the next balance's targets.

The project remembers where mixengine put each fader. What the user moved since is a correction; its median per role,
relative to what all tracks have in common, is added to the preset's offsets and kept as a preset of the user's own.
The preset says what each balance has added to it already: learning from the same project again adds only what was
corrected further. Standard library only, so that the action in REAPER can run it.
"""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from mixengine.hosts.rpp import history
from mixengine.hosts.rpp.project import Project
from mixengine.model import presets, roles
from mixengine.model.duck_style import DuckStyle
from mixengine.model.plan import Fader
from mixengine.model.presets import Preset
from mixengine.model.session import Track
from mixengine.model.units import signed_db
from mixengine.system.errors import UserError

NAME = "learned"
"""The preset that is written when no other name is given."""
_MAX_OFFSET_LU = 24.0
_MIN_CORRECTION_DB = 0.05


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned about one role.

    Attributes
    ----------
    role : str
    tracks : tuple of str
        Names of the tracks with this role.
    correction_db : float
        Median of their corrections, relative to those of all tracks.
    before_lu, after_lu : float
        The role's offset in the preset.
    """

    role: str
    tracks: tuple[str, ...]
    correction_db: float
    before_lu: float
    after_lu: float

    def in_words(self) -> str:
        """One line for a person."""
        listed = ", ".join(self.tracks[:4]) + (" …" if len(self.tracks) > 4 else "")
        return (
            f"{self.role.replace('_', ' ')}: {signed_db(self.correction_db)} dB ({listed}), "
            f"offset {signed_db(self.before_lu)} → {signed_db(self.after_lu)} LU"
        )


def learn(project: Project, base: Preset) -> list[Lesson]:
    """Compare the faders of a project with where mixengine put them.

    Parameters
    ----------
    project : Project
        A project that mixengine has balanced.
    base : Preset
        Whose offsets are corrected.

    Returns
    -------
    list of Lesson
        One for each role with a correction that the preset does not hold yet; empty when it holds all of them.

    Raises
    ------
    UserError
        Nothing was balanced here, or nothing was corrected.
    """
    put_db = _put(project)
    if not put_db:
        raise UserError(
            f"{project.path}: mixengine has balanced nothing in this project; balance it and correct it first"
        )
    known_db = base.learned.get(_balance_key(put_db), {})
    lessons, is_corrected = [], False
    for role, (tracks, found_db) in _corrections(project, put_db).items():
        is_corrected |= found_db != 0.0
        correction_db = found_db - known_db.get(role, 0.0)
        now_lu = base.offset_lu(role)
        after_lu = round(min(max(now_lu + correction_db, -_MAX_OFFSET_LU), _MAX_OFFSET_LU), 2)
        if abs(correction_db) >= _MIN_CORRECTION_DB and after_lu != now_lu:
            lessons.append(Lesson(role, tracks, correction_db, now_lu, after_lu))
    if not lessons and not is_corrected:
        raise UserError(f"{project.path}: no fader was corrected (or only those of tracks without a role)")
    return lessons


def _put(project: Project) -> dict[str, float]:
    """Track id → where mixengine put its fader, in dB."""
    before = history.stored_plan(project.root)
    return {change.track: change.after for change in before.changes if isinstance(change, Fader)} if before else {}


def _balance_key(put_db: Mapping[str, float]) -> str:
    """The same for a project as long as it is not balanced anew, wherever its file is."""
    text = json.dumps(sorted(put_db.items()))
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()


def _corrections(project: Project, put_db: Mapping[str, float]) -> dict[str, tuple[tuple[str, ...], float]]:
    """Role → names of its tracks, and the median of what they were moved by, relative to all tracks; 0 for nothing."""
    session = project.session()
    moved_db = {
        track.id: track.fader_db - put_db[track.id]
        for track in session.tracks
        if track.id in put_db and math.isfinite(track.fader_db) and math.isfinite(put_db[track.id])
    }
    common_db = statistics.median(moved_db.values()) if moved_db else 0.0
    by_role: dict[str, list[Track]] = {}
    for track in session.tracks:
        if track.id in moved_db and (role := roles.role_of_track(session, track)):
            by_role.setdefault(role, []).append(track)
    found = {}
    for role, tracks in sorted(by_role.items()):
        correction_db = statistics.median(moved_db[track.id] - common_db for track in tracks)
        is_one = abs(correction_db) >= _MIN_CORRECTION_DB
        found[role] = (tuple(track.name for track in tracks), correction_db if is_one else 0.0)
    return found


def base_preset(project: Project, name: str | None) -> Preset:
    """The preset to correct: as name, else the learned one, else the one the project was balanced with."""
    if name:
        return presets.load(name)
    if NAME in presets.available():
        return presets.load(NAME)
    before = history.stored_plan(project.root)
    used = before.settings.get("preset") if before and before.job == "balance" else None
    return presets.load(str(used or "pop"))


def nothing_new(base: Preset) -> str:
    """What to say when a preset holds every correction of a project."""
    return f"preset '{base.name}' holds the corrections of this project already"


def as_toml(project: Project, base: Preset, lessons: list[Lesson]) -> str:
    """The preset as a file, corrected by what `learn` found in a project."""
    offsets = base.offsets_lu | {lesson.role: lesson.after_lu for lesson in lessons}
    key = _balance_key(_put(project))
    added = dict(base.learned.get(key, {}))
    for lesson in lessons:
        added[lesson.role] = round(added.get(lesson.role, 0.0) + lesson.after_lu - lesson.before_lu, 2)
    learned = base.learned | ({key: added} if added else {})
    lines = [
        f"# Learned from corrections of faders; began as preset '{base.name}'. LU relative to the common level.",
        'title = "Learned from your corrections"',
        f'group = "{base.group}"',
        f'rule = "{base.rule.name}"',
        "",
        "[offsets_lu]",
        *_levels(offsets),
        *_duck(base.duck),
        "",
        "# What each balanced project has added to these offsets, so that nothing is added twice.",
    ]
    for key, levels in sorted(learned.items()):
        lines += [f"[learned.{key}]", *_levels(levels)]
    return "\n".join(lines) + "\n"


def _duck(style: DuckStyle) -> list[str]:
    """The table of how to duck, as far as it is not the usual way."""
    usual = asdict(DuckStyle())
    own = {name: value for name, value in asdict(style).items() if value != usual[name]}
    return ["", "[duck]", *(f"{name} = {json.dumps(value)}" for name, value in own.items())] if own else []


def _levels(levels_lu: Mapping[str, float]) -> list[str]:
    return [f"{role} = {level:g}" for role, level in sorted(levels_lu.items())]
