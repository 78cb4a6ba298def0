"""What a project is to mixengine: sessions, tracks, clips.

Plain frozen dataclasses, no audio and no input or output, standard library only, so that the Python inside REAPER can
import them. Hosts (`mixengine.hosts`) build a `Session`; jobs read it; it never changes.

Times are seconds. Faders and clip gains are dB (``-inf`` is a fader pulled all the way down). Pan runs from -1 (left)
to 1 (right). Envelope values stay in the unit the project file uses: linear amplitude for volume (1.0 is 0 dB),
1 (left) … -1 (right) for pan, 0 (muted) and 1 for mute. ``id`` is the host's own lasting name: a GUID, or a path.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mixengine.model.automation import (
    MUTE,
    PAN,
    PAN_PRE_FX,
    VOLUME,
    VOLUME_KINDS,
    VOLUME_PRE_FX,
    VOLUME_TRIM,
    Automation,
    EnvelopePoint,
)
from mixengine.model.effects import CompressorSettings, Effect, EqBand, LimiterSettings

__all__ = [
    "MUTE",
    "PAN",
    "PAN_PRE_FX",
    "VOLUME",
    "VOLUME_KINDS",
    "VOLUME_PRE_FX",
    "VOLUME_TRIM",
    "Automation",
    "Clip",
    "CompressorSettings",
    "Effect",
    "EnvelopePoint",
    "EqBand",
    "Fade",
    "LimiterSettings",
    "Marker",
    "Receive",
    "Session",
    "Source",
    "Track",
]

EQUAL_POWER = 7
"""Fade shape that project files write as ``1.1``."""
MASTER = "master"
"""Where an `Equalizer` or a `Compressor` of a plan names a track: the master track."""


@dataclass(frozen=True, slots=True)
class Fade:
    """A clip's fade; ``shape`` is REAPER's number 0…6 or `EQUAL_POWER`, ``curve`` (-1…1) its bend."""

    length_s: float = 0.0
    shape: int = 0
    curve: float = 0.0


@dataclass(frozen=True, slots=True)
class Source:
    """The media behind a clip.

    ``kind`` is ``audio`` when mixengine can read it, else what it is (``midi``, ``video``, ``offline``, …). A section
    plays only ``length_s`` seconds of the file from ``start_s`` (``None``: to the end), possibly ``reversed``.
    """

    path: str
    kind: str = "audio"
    start_s: float = 0.0
    length_s: float | None = None
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class Clip:
    """An item with its active take: where it stands, what it plays, how loud.

    At session time t the source plays at ``offset_s + (t - position_s) * rate`` source seconds; with ``loop`` the
    source (or its section) repeats. ``channel_mode`` is REAPER's: 0 normal, 1 swapped, 2 mono mix, 3 left, 4 right, …
    ``resampled`` is off where rate and pitch are moved apart (time stretch, pitch shift), ``stretch_markers`` on where
    the map of time bends inside the clip; mixengine plays both by resampling. ``notes`` name what the file asks for and
    mixengine does not play (stretch markers, take FX). ``selected`` is the user's own selection, ``take`` the host's id
    of the active take, ``behind`` the same item as it would play with the take before that one. ``beside`` is the
    item's id where several of its takes sound at once, each of them a clip. ``locked`` is the user's lock on the item.
    """

    id: str
    source: Source
    position_s: float
    length_s: float
    name: str = ""
    offset_s: float = 0.0
    rate: float = 1.0
    gain_db: float = 0.0
    inverted: bool = False
    pan: float = 0.0
    channel_mode: int = 0
    resampled: bool = True
    stretch_markers: bool = False
    fade_in: Fade = Fade()
    fade_out: Fade = Fade()
    loop: bool = False
    mute: bool = False
    automation: tuple[Automation, ...] = ()
    notes: tuple[str, ...] = ()
    selected: bool = field(default=False, compare=False)
    take: str = field(default="", compare=False)
    behind: Clip | None = field(default=None, compare=False)
    beside: str = field(default="", compare=False)
    locked: bool = field(default=False, compare=False)

    @property
    def end_s(self) -> float:
        """Where the clip stops on the timeline."""
        return self.position_s + self.length_s


POST_FADER, PRE_FX, POST_FX = 0, 1, 3
"""Where a send takes its sound, in REAPER's numbers: after fader and pan, before the effects, between the two."""
BALANCE, STEREO_PAN, DUAL_PAN = 3, 5, 6
"""Pan modes, in REAPER's numbers: stereo balance (0 acts alike), the far channel moved over, both placed apart."""
EARLY_TAPER = -1
"""Pan taper of projects that state none (``PANLAWFLAGS``): all that REAPER up to 7.09 saved."""
DEFAULT_RESAMPLE_MODE = 3


@dataclass(frozen=True, slots=True)
class Receive:
    """What a track receives from another track (``source``, its id) by a send.

    ``mode`` is `POST_FADER`, `PRE_FX` or `POST_FX`. ``mono`` sums the pair before the send's pan. Channels are
    REAPER's numbers: the first of a pair, plus 1024 for one channel alone; ``source_channel`` -1 sends no audio.
    """

    source: str
    mode: int = POST_FADER
    gain_db: float = 0.0
    pan: float = 0.0
    pan_law: float | None = None
    mute: bool = False
    mono: bool = False
    inverted: bool = False
    source_channel: int = 0
    target_channel: int = 0
    automation: tuple[Automation, ...] = ()


@dataclass(frozen=True, slots=True)
class Track:
    """A track or a folder (``is_folder``); ``parent`` is the id of the folder it sits in. ``automation_mode`` is
    REAPER's number (0 trim/read, 1 read, 2 touch, 3 write, 4 latch). ``pan_law`` is the amplitude of a centred sound
    (above 1: its inverse, with gain compensation), ``pan_taper`` the curve to the sides (0 sine, 1 and 3 hybrid, 2
    linear, or `EARLY_TAPER`), ``pan_mode`` as `BALANCE` says; ``None``: as the session. ``width`` crosses left and
    right (0 is mono, -1 swapped), ``dual_pan`` is their places in mode `DUAL_PAN`. ``main_send`` is off when a track
    plays only by its sends, ``effects_on`` when its chain is bypassed. ``notes`` name what the file asks of the track
    and mixengine does not play. ``locked`` says that the user locked the track's controls: nothing is written to it.
    ``leads`` are the tracks that this one follows as VCA leads, also through others, each with whether it acts before
    the effects. ``user_fader_db``: its fader without earlier runs, if any. ``heard`` says how, where the clips are not
    the track's items but what was rendered of it before its fader. ``diffuse_db``: level of what a rendered return's
    plug-ins add (a reverb, echoes) against what comes in, out of step with it. ``automation_items`` names its active
    envelopes that hold some, in REAPER's words; ``kept`` why the run at hand draws no envelope on it, if it may not.
    """

    id: str
    name: str
    parent: str | None = None
    is_folder: bool = False
    role: str | None = None
    channels: int = 2
    fader_db: float = 0.0
    pan: float = 0.0
    mute: bool = False
    solo: bool = False
    inverted: bool = False
    selected: bool = False
    clips: tuple[Clip, ...] = ()
    effects: tuple[Effect, ...] = ()
    automation: tuple[Automation, ...] = ()
    automation_mode: int = 0
    pan_law: float | None = None
    pan_taper: int | None = None
    pan_mode: int | None = None
    width: float = 1.0
    dual_pan: tuple[float, ...] = (-1.0, 1.0)
    main_send: bool = True
    receives: tuple[Receive, ...] = ()
    solo_defeat: bool = False
    effects_on: bool = True
    notes: tuple[str, ...] = ()
    locked: bool = False
    leads: tuple[tuple[str, bool], ...] = ()
    user_fader_db: float | None = field(default=None, compare=False)
    heard: str = field(default="", compare=False)
    diffuse_db: float | None = field(default=None, compare=False)
    automation_items: tuple[str, ...] = field(default=(), compare=False)
    kept: str = field(default="", compare=False)

    @property
    def audio_clips(self) -> tuple[Clip, ...]:
        """The clips that sound and that mixengine can read."""
        return tuple(clip for clip in self.clips if not clip.mute and clip.source.kind == "audio")

    @property
    def file(self) -> str | None:
        """Path of the first audio file, which is how a person names a one-file track."""
        if not self.audio_clips:
            return None
        clip = self.audio_clips[0]
        if self.heard:
            return clip.behind.source.path if clip.behind else None
        return clip.source.path


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker, or a region when ``end_s`` is set."""

    name: str
    time_s: float
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A project: its tracks in mixer order, and what concerns the whole project.

    ``pan_law``, ``pan_taper`` and ``pan_mode`` hold for tracks that set none of their own, and for the master.
    ``resample_mode`` is REAPER's number. ``master_effects_on``, ``master_automation_mode`` and ``…_items`` are as those
    of a track; ``time_selection_s`` is the user's own, its start and its end. ``own_mix`` is the mix as REAPER renders
    it, without the master's effects. ``envelopes_bypassed``: no track's are heard. ``part_s``: a job works on it alone.
    ``drawn``: each `Envelope` of earlier runs.
    """

    name: str
    path: str
    sample_rate: int
    tracks: tuple[Track, ...] = ()
    tempo_bpm: float = 120.0
    master_db: float = 0.0
    markers: tuple[Marker, ...] = ()
    notes: tuple[str, ...] = field(default=())
    master_effects: tuple[Effect, ...] = ()
    pan_law: float = 1.0
    pan_taper: int = 3
    pan_mode: int = BALANCE
    resample_mode: int = DEFAULT_RESAMPLE_MODE
    master_pan: float = 0.0
    master_pan_law: float | None = None
    master_mute: bool = False
    master_mono: bool = False
    master_automation: tuple[Automation, ...] = ()
    master_effects_on: bool = True
    master_automation_mode: int = 0
    master_automation_items: tuple[str, ...] = field(default=(), compare=False)
    time_selection_s: tuple[float, float] | None = None
    envelopes_bypassed: bool = False
    own_mix: Clip | None = field(default=None, compare=False)
    drawn: tuple[object, ...] = field(default=(), compare=False)
    part_s: tuple[float, float] | None = field(default=None, compare=False)

    @property
    def duration_s(self) -> float:
        """End of the last clip, muted or not."""
        return max((clip.end_s for track in self.tracks for clip in track.clips), default=0.0)

    @property
    def stated_roles(self) -> dict[str, str]:
        """Track → role, of those whose role is stated."""
        return {track.id: track.role for track in self.tracks if track.role}

    def track(self, track_id: str) -> Track:
        """Return the track with this id; ``KeyError`` when there is none."""
        for track in self.tracks:
            if track.id == track_id:
                return track
        raise KeyError(track_id)

    def effects(self, track_id: str) -> tuple[Effect, ...]:
        """The plug-ins of a track, or of the master for `MASTER`; ``KeyError`` when there is no such track."""
        return self.master_effects if track_id == MASTER else self.track(track_id).effects

    def ancestors(self, track: Track) -> Iterator[Track]:
        """Yield the folders around a track, innermost first."""
        by_id = {other.id: other for other in self.tracks} if track.parent else {}
        while track.parent is not None:
            track = by_id[track.parent]
            yield track

    def group(self, track: Track) -> str | None:
        """Name of the innermost folder a track sits in."""
        return next((folder.name for folder in self.ancestors(track)), None)
