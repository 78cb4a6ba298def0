"""Render a session to files: the mix, the stems, and a null check of the stems against the mix.

Everything is written in one pass and appears at once (`mixengine.system.staging`). All files begin at the same time and
have the same length. Three things are measured on the way and reported: the sum of the stems minus the mix before
rounding, the same on the written files, and clipped samples.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mixengine.audio import timeline
from mixengine.jobs.render import files, pre_fader, silenced, streaming
from mixengine.jobs.render.bounds import bounds
from mixengine.jobs.render.finished import Curves, Finished
from mixengine.jobs.render.settings import RenderSettings
from mixengine.jobs.render.spool import Spool
from mixengine.jobs.render.stems import Stem, stems
from mixengine.mixer import routing, unsupported
from mixengine.mixer.engine import Engine
from mixengine.mixer.plugins import process
from mixengine.model import selection, unheard
from mixengine.model.inputs import InputFile
from mixengine.model.session import Session
from mixengine.model.units import decibels, plain_db
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress
from mixengine.system.staging import Staging

NULL_BAR_DBFS = -90.0
"""Limit of the difference between the sum of stems and the mix."""
NOTHING_SOUNDS = "nothing sounds in the time that was rendered: silence was written"


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A file: what it holds, where it is, its peak before rounding, and samples beyond full scale."""

    kind: str
    name: str
    file: str
    tracks: tuple[str, ...] = ()
    peak_dbfs: float = -math.inf
    clipped: int = 0


@dataclass
class Rendered:
    """Result of a render.

    Attributes
    ----------
    session : str
        Path of the session.
    rate, length_s : int, float
        Sample rate and length of all files.
    written : list of RenderedFile
    null_dbfs : float, optional
        Peak of the sum of all stems minus the mix, before rounding; ``None`` without stems. With a selection the tracks
        that are not selected count as one more stem.
    file_null_dbfs, tolerance_dbfs : float, optional
        The same of the written files, and its limit from rounding; ``None`` where a file for it was not written.
    pre_fader : bool
        The stems end before the faders. They do not add up to the mix; ``null_dbfs`` is ``None``, and
        ``file_null_dbfs`` compares the mix with the written stems as the session plays them in place of their tracks.
    unheard : list of Unsupported
        What of the session was not rendered; named as in the ``--json`` output.
    notes, silenced : list of str
        ``silenced``: the notes about samples that are no numbers.
    seconds : float
        Duration of the render.
    outputs : dict of str to str
        Further files: ``report``, the page.
    inputs : tuple of InputFile
        Of a folder: every file, as what it was used, or why not.
    own_mix_dbfs, own_mix_db : float, optional
        Peak of the difference to the mix as REAPER renders it (`mixengine.jobs.render.own_mix`), and its power relative
        to that mix; ``None`` where there is none.
    finished : Finished, optional
        Of a mix at a target: its levels, which stand in the ``--json`` output themselves.
    curves : Curves, optional
        The same over time, for the page.
    """

    session: str
    rate: int
    length_s: float
    written: list[RenderedFile] = field(default_factory=list)
    null_dbfs: float | None = None
    file_null_dbfs: float | None = None
    tolerance_dbfs: float | None = None
    pre_fader: bool = False
    unheard: list[unsupported.Unsupported] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    silenced: list[str] = field(default_factory=list)
    seconds: float = 0.0
    outputs: dict[str, str] = field(default_factory=dict)
    inputs: tuple[InputFile, ...] = ()
    own_mix_dbfs: float | None = None
    own_mix_db: float | None = None
    finished: Finished | None = None
    curves: Curves | None = None

    @property
    def folder(self) -> Path:
        """Folder of the files; stems are in a subfolder of it."""
        first = self.written[0]
        return Path(first.file).parent if first.kind == "mix" else Path(first.file).parent.parent

    @property
    def is_silent(self) -> bool:
        """Whether nothing sounds in any file."""
        return all(file.peak_dbfs == -math.inf for file in self.written)

    @property
    def real_time(self) -> float:
        """Seconds of the session for each second of work."""
        return self.length_s / self.seconds if self.seconds else 0.0

    @property
    def adds_up(self) -> bool | None:
        """Whether the stems are the mix (or give it through the faders); ``None`` when there is nothing to compare."""
        if self.null_dbfs is None and self.file_null_dbfs is None:
            return None
        written = self.file_null_dbfs is None or self.file_null_dbfs <= (self.tolerance_dbfs or 0.0)
        if self.pre_fader:  # compared with the mix itself: what its file clipped is not in it
            return written
        exact = self.null_dbfs is None or self.null_dbfs < NULL_BAR_DBFS
        return exact and (written or any(file.clipped for file in self.written))

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` object."""
        values = {key: value for key, value in asdict(self).items() if key not in ("finished", "curves")}
        levels = asdict(self.finished) if self.finished else {}
        return {**values, **levels, "adds_up": self.adds_up, "real_time_factor": round(self.real_time, 2)}


def to_staging(
    session: Session,
    settings: RenderSettings,
    stage: Staging,
    *,
    side: str = "",
    mix_name: str = "mix.wav",
    master: bool = True,
    progress: Progress = no_progress,
) -> Rendered:
    """Render into a staging folder, below ``side``; the caller commits. ``master`` off leaves the master out.

    Raises
    ------
    UserError
        Nothing of the session sounds, no time is between the two, or a file breaks off.
    """
    started = time.monotonic()
    session, damaged = unsupported.readable(session)
    graph = routing.graph(session)
    rate, span = session.sample_rate, bounds(session, settings)
    if not graph.playing:
        raise UserError(f"{session.path}: nothing sounds that mixengine can render{selection.why_silent(session)}")
    both = settings.stems == settings.mix
    chosen = stems(session, graph, settings.gathered_per) if both or settings.stems else []
    early, around = bool(chosen) and settings.pre_fader, list[str]()
    if early:
        chosen, around = pre_fader.possible(chosen, graph)
        if not chosen:
            raise UserError(f"{session.path}: {'; '.join(around)}")
    rest = frozenset(graph.playing) - {name for stem in chosen for name in stem.tracks}
    sets = [] if early else [frozenset(stem.tracks) for stem in chosen] + ([rest] if chosen and rest else [])
    length = timeline.frame_at(span.end_s - span.start_s, rate)
    taps = pre_fader.Taps([stem.owner for stem in chosen] if early else [], length)
    engine = Engine(
        session, graph, sets, start_s=span.start_s, end_s=span.end_s, master=master, early_taps=taps.callbacks
    )
    if not engine.length:
        raise UserError(f"{session.path}: there is nothing between {span.start_s:g} s and {span.end_s:g} s")
    done = Rendered(
        session.path, rate, engine.length / rate, pre_fader=early, unheard=unsupported.unsupported(session, graph)
    )
    marked = [span.note] * bool(span.note)
    own = [*around, *pre_fader.notes(session, graph, chosen)] if early else stem_notes(engine, with_stems=bool(chosen))
    done.notes = [*session.notes, *damaged.values(), *marked, *session_notes(session), *own]
    entries = ([_mix_entry(session, side, mix_name)] if both or settings.mix else []) + [
        _stem_entry(session, stem, side, files.FORMATS[settings.file_format]) for stem in chosen
    ]
    paths = [stage.path(entry.file) for entry in entries]
    with Spool(rate, 2) as mix:
        places = [(entry.name, path) for entry, path in zip(entries, paths, strict=True)]
        with streaming.sinks(places, rate, engine.length, settings) as sinks:
            blocks = taps.take if early else lambda parts: parts[: len(chosen)]
            keep = mix.write if early else lambda _block: None
            worst = streaming.to_sinks(engine, sinks, blocks, both or settings.mix, progress, keep)
            done.written = [
                RenderedFile(entry.kind, entry.name, entry.file, entry.tracks, decibels(sink.peak), sink.clipped)
                for entry, sink in zip(entries, sinks, strict=True)
            ]
        if early:
            written = dict(zip([stem.owner for stem in chosen], paths[-len(chosen) :], strict=True))
            played = pre_fader.played(session, graph, written, span.start_s, engine.length / rate)
            done.file_null_dbfs = decibels(pre_fader.difference(played, mix, span, master=master, progress=progress))
            done.tolerance_dbfs = pre_fader.tolerance_db(
                played, written.keys(), settings.bits, NULL_BAR_DBFS, master=master
            )
    noticed = [line for line in process.noticed(session) if line not in done.notes]  # of plug-ins, while they played
    done.silenced = silenced.notes(engine)
    done.notes += [*noticed, *done.silenced, *[NOTHING_SOUNDS] * done.is_silent, *_clipped(done.written, early)]
    done.null_dbfs = decibels(worst) if chosen and not early else None
    if both and not rest and not early:
        progress(0, 1, "comparing the files")
        done.tolerance_dbfs = files.null_tolerance_db(len(chosen), settings.bits)
        done.file_null_dbfs = decibels(files.residual(paths[0], paths[1:]))
    done.seconds = time.monotonic() - started
    progress(1, 1, "rendered")
    return done


def _clipped(written: list[RenderedFile], early: bool) -> list[str]:
    """What was clipped; the level of a stem before its fader is not in the user's hand."""
    return [
        f"{file.name}: {file.clipped} samples were beyond full scale and clipped; use --bits 32f"
        + ", or turn it down" * (file.kind == "mix" or not early)
        for file in written
        if file.clipped
    ]


def session_notes(session: Session) -> list[str]:
    """What a user should know of a session's render."""
    notes = []
    if session.master_mute:
        notes.append("the master is muted: it is rendered as if it were not")
    notes += unheard.mixer_lines(session)
    if solos := [track.name for track in session.tracks if track.solo and not track.mute]:
        notes.append(f"only what is soloed is heard: {', '.join(solos[:6])}{' …' if len(solos) > 6 else ''}")
    return notes + unsupported.resampling(session)


def stem_notes(engine: Engine, *, with_stems: bool) -> list[str]:
    """How plug-ins are in stems."""
    notes = []
    if followers := ", ".join(engine.followers):
        notes.append(f"stems go through the gain that the whole mix asked of: {followers} (so that they add up)")
    if with_stems and (hosting := engine.hosting):
        notes.append(
            f"each stem goes through a copy of its own of the plug-ins of: {', '.join(hosting)} (where they are not "
            "linear the stems do not add up)"
        )
    return notes


def _mix_entry(session: Session, side: str, name: str) -> RenderedFile:
    return RenderedFile("mix", session.name, f"{side}{name}")


def _stem_entry(session: Session, stem: Stem, side: str, suffix: str) -> RenderedFile:
    names = tuple(session.track(name).name for name in stem.tracks)
    return RenderedFile("stem", stem.name, f"{side}stems/{stem.file}{suffix}", names)


def summary_lines(done: Rendered) -> list[str]:
    """Summary of a render, in lines of text."""
    stems_written = [file for file in done.written if file.kind == "stem"]
    lines = [
        f"{_files_in_words(len(done.written), done.length_s)} at {done.rate} Hz, "
        f"in {done.seconds:.1f} s ({done.real_time:.0f} x real time)"
    ]
    if done.finished is not None:
        lines.append(done.finished.line())
    if done.null_dbfs is not None:
        verdict = "the stems add up to the mix" if done.adds_up else "THE STEMS DO NOT ADD UP TO THE MIX"
        lines.append(
            f"null check: {verdict}: sum of stems - mix = {_dbfs(done.null_dbfs)} (bar {NULL_BAR_DBFS:g} dBFS)"
        )
    if done.pre_fader and done.file_null_dbfs is not None:
        left = _dbfs(done.tolerance_dbfs or 0.0)
        clipped = sum(file.clipped for file in stems_written)
        lines.append(pre_fader.verdict(bool(done.adds_up), _dbfs(done.file_null_dbfs), left, clipped))
    elif done.file_null_dbfs is not None:
        lines.append(
            f"null check of the written files: {_dbfs(done.file_null_dbfs)}; "
            f"rounding and dither of {len(stems_written) + 1} files may leave {_dbfs(done.tolerance_dbfs or 0.0)}"
            + (", clipping leaves more" if any(file.clipped for file in done.written) else "")
        )
    return lines


def _files_in_words(count: int, length_s: float) -> str:
    return f"1 file of {length_s:.2f} s" if count == 1 else f"{count} files, {length_s:.2f} s each"


def _dbfs(level: float) -> str:
    return "silence" if level == -math.inf else f"{plain_db(level)} dBFS"
