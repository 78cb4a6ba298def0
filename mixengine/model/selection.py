"""Which tracks can be balanced, and the reason for each that cannot."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Protocol

from mixengine.model import signal_path, unheard
from mixengine.model.roles import ROLE_WORDS
from mixengine.model.session import Session, Track
from mixengine.model.settings import SettingError, SettingName, no_selection
from mixengine.model.units import MIN_FADER_DB, plain_db
from mixengine.model.words import name_list
from mixengine.system.errors import UserError, nearest, unknown

_LOST = frozenset(("missing", "damaged"))


class WithRoles(Protocol):
    """Settings of a job that takes roles from the user."""

    @property
    def roles(self) -> tuple[str, ...]:
        """``TRACK=ROLE`` words."""


@dataclass
class Candidates:
    """Tracks to measure, and the others' reasons by track id."""

    tracks: list[Track] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


def pick(session: Session) -> Candidates:
    """Sort the tracks of a session."""
    result = Candidates()
    lost = {track.id for track in unheard.without_way(session)}
    for track in session.tracks:
        reason = _why_not(session, track) or (unheard.NO_WAY if track.id in lost else None)
        if reason:
            result.skipped[track.id] = reason
        else:
            result.tracks.append(track)
    return result


def _why_not(session: Session, track: Track) -> str | None:
    if not track.clips:
        return "no items"
    if not any(clip.length_s > 0 for clip in track.audio_clips):
        return _no_audio(track)
    if signal_path.is_muted(session, track):
        return "muted"
    return _why_off(session, track)


def _why_off(session: Session, track: Track) -> str | None:
    """Why the faders on a track's way let nothing through."""
    chain = [track, *session.ancestors(track)]
    lowest_db = min(signal_path.level_db(link) + signal_path.leads_db(session, link) for link in chain)
    if math.isinf(lowest_db):
        return "fader (or a folder's) is all the way down"
    if lowest_db < MIN_FADER_DB:
        return f"fader (or a folder's) stands at {plain_db(lowest_db)} dB, which is off"
    return None


def _no_audio(track: Track) -> str:
    sounding = [clip for clip in track.clips if not clip.mute]
    if not sounding:
        return "all items are muted"
    missing = sorted(
        {PurePath(clip.source.path.replace("\\", "/")).name for clip in sounding if clip.source.kind == "missing"}
    )
    if missing:
        return f"media missing: {', '.join(missing[:3])}{' …' if len(missing) > 3 else ''}"
    damaged = [note for clip in sounding if clip.source.kind == "damaged" for note in clip.notes]
    if damaged:
        return f"cannot be read: {damaged[0]}"
    if all(clip.source.kind == "audio" for clip in sounding):
        return "items have no length"
    kinds = Counter(clip.source.kind for clip in sounding)
    return "nothing to measure: " + ", ".join(
        f"{count} {kind} item{'s' * (count > 1)}" for kind, count in kinds.items()
    )


def why_silent(session: Session) -> str:
    """Why nothing of a session sounds, as the end of a sentence."""
    if any(track.solo for track in session.tracks):
        return "; a track is soloed: take the solo back"
    if any(track.audio_clips for track in session.tracks):
        return "; all tracks with audio are muted or lead nowhere"
    lost = [f"{track.name}: {_no_audio(track)}" for track in session.tracks if track.clips]
    return "; there is no audio that can be read" + (f" ({name_list(lost)})" if lost else "")


def find(session: Session, name: str) -> Track:
    """The one track the user means by a name or id; `UserError` when there is none or several."""
    exact = [track for track in session.tracks if name in (track.id, track.name)]
    matches = exact or [track for track in session.tracks if track.name.lower() == name.lower()]
    if len(matches) == 1:
        return matches[0]
    names = [track.name for track in session.tracks]
    if not matches:
        raise UserError(f"no track is called '{name}'{nearest(name, names)}; tracks: {', '.join(names[:12])}")
    raise UserError(
        f"{len(matches)} tracks are called '{name}'; use the id: {', '.join(track.id for track in matches)}"
    )


def chosen_roles(session: Session, settings: WithRoles) -> dict[str, str]:
    """Track id → role, from the settings' ``TRACK=ROLE`` words."""
    return {find(session, name).id: role for name, role in role_words(settings)}


def role_words(settings: WithRoles) -> list[tuple[str, str]]:
    """Track and role of the settings' ``TRACK=ROLE`` words; `UserError` for other words and unknown roles."""
    words = []
    for word in settings.roles:
        name, separator, role = word.rpartition("=")
        if not separator or not name:
            name = SettingName("roles")
            raise SettingError(name, f" {word}: write it as TRACK=ROLE, for example ", name, " 'Audio 3=bass'")
        if role not in ROLE_WORDS:
            raise unknown("role", role, ROLE_WORDS)
        words.append((name, role))
    return words


class HoldsTracks(Protocol):
    """Settings of a job that leaves some faders where they are."""

    @property
    def anchor(self) -> str | None:
        """Track to which the others are balanced."""

    @property
    def lock(self) -> tuple[str, ...]:
        """Tracks that stay."""

    @property
    def selected_only(self) -> bool:
        """Whether all stay that are not selected."""


def held(session: Session, settings: HoldsTracks, skipped: dict[str, str]) -> tuple[str | None, set[str]]:
    """The anchor's id, and the ids of all tracks whose faders stay: anchor, locked (in REAPER or by the settings), not
    selected, folders.

    A folder's fader moves everything inside it, so that it stays even when the folder has items of its own.
    """
    anchor = find(session, settings.anchor) if settings.anchor else None
    for track in filter(None, [anchor, *(find(session, name) for name in settings.lock)]):
        if track.is_folder and not track.clips:
            raise UserError(f"'{track.name}' is a folder: name the tracks inside it")
    if anchor and anchor.id in skipped:
        raise SettingError(SettingName("anchor"), f" '{anchor.name}' cannot lead: {skipped[anchor.id]}")
    ids = {find(session, name).id for name in settings.lock} | ({anchor.id} if anchor else set())
    ids |= locked_ids(session)
    if settings.selected_only:
        if not any(track.selected for track in session.tracks):
            raise no_selection(session.path)
        ids |= {track.id for track in session.tracks if not track.selected}
    return (anchor.id if anchor else None), ids


def locked_ids(session: Session) -> set[str]:
    """Ids of the tracks whose controls the user locked in REAPER: nothing is written to them."""
    return {track.id for track in session.tracks if track.locked}


def notes(session: Session, tracks: list[Track]) -> list[str]:
    """One line for each thing that is in the project and not in the measurement."""
    lines = []
    for track in tracks:
        lost = [clip for clip in track.clips if not clip.mute and clip.source.kind not in ("audio", "empty")]
        if lost:
            what = ", ".join(sorted({f"{clip.source.kind} {clip.name}".strip() for clip in lost})[:3])
            lines.append(f"{track.name}: {len(lost)} of {len(track.clips)} items not heard ({what})")
    lines += unheard.lines(session, tracks)
    lines += [f"{track.name}: not heard: {reason}" for track, reason in _lost(session)]
    with_fx = [track.name for track in session.tracks if any(not effect.bypassed for effect in track.effects)]
    if with_fx:
        names = ", ".join(with_fx[:4]) + (" …" if len(with_fx) > 4 else "")
        lines.append(f"effects are not heard by mixengine, levels are measured before them: {names}")
    return lines


def _lost(session: Session) -> Iterator[tuple[Track, str]]:
    """Tracks that should sound and have no file that can be read, each with the reason."""
    for track in session.tracks:
        kinds = {clip.source.kind for clip in track.clips if not clip.mute}
        if kinds & _LOST and "audio" not in kinds and not signal_path.is_muted(session, track):
            yield track, _no_audio(track)


def nothing_to_do(
    session: Session, skipped: dict[str, str], verb: str = "balanced", *, kind: str = "", setting: str = ""
) -> UserError:
    """The error for a session in which no track can be balanced, or worked on as ``verb`` says.

    Parameters
    ----------
    skipped : dict of str to str
        Track id → why the track takes no part.
    kind, setting : str
        What all other tracks were not taken for ("a voice"), and the setting that names a track to be taken for it.
    """
    if not session.tracks:
        return UserError(f"{session.path}: the session has no tracks")
    counts = Counter(skipped.values())
    reasons = [f"{reason} ({count})" if count > 1 else reason for reason, count in counts.most_common(4)]
    others = [track.name for track in session.tracks if track.id not in skipped]
    words = f"{session.path}: no track can be {verb}: "
    if not (others and kind):
        return UserError(words + "; ".join(reasons))
    listed = "; ".join([f"{name_list(others)}: not taken for {kind}", *reasons])
    return SettingError(f"{words}{listed}; name a track with ", SettingName(setting), " if it is one")
