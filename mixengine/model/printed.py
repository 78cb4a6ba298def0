"""A track whose items are replaced by its own sound behind its plug-ins. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mixengine.model.session import PAN_PRE_FX, VOLUME_PRE_FX, Automation, Clip, Effect, Track


def behind_plugins(track: Track, clips: Iterable[Clip], effects: Iterable[Effect] = ()) -> Track:
    """The track as it plays ``clips``, in which all is that comes before its fader, through its fader and what follows.

    Parameters
    ----------
    clips : iterable of Clip
        Stereo.
    effects : iterable of Effect
        Plug-ins that are not in that sound.
    """
    return replace(
        track,
        clips=tuple(clips),
        effects=tuple(effects),
        automation=tuple(map(_without_its_sound, track.automation)),
        inverted=False,
        channels=2,
        receives=(),
        leads=tuple((lead, before_effects) for lead, before_effects in track.leads if not before_effects),
    )


def _without_its_sound(entry: Automation) -> Automation:
    """An envelope; those before the plug-ins are in the sound already: off, so that no job takes them for free."""
    neutral = 1.0 if entry.kind == VOLUME_PRE_FX else 0.0
    if entry.kind not in (VOLUME_PRE_FX, PAN_PRE_FX) or all(point.value == neutral for point in entry.points):
        return entry
    return replace(entry, active=False)
