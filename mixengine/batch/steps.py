"""What a batch does with each item: the jobs in order, their settings, and where the results of an item go."""

from __future__ import annotations

import hashlib
import os
import types
import typing
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from mixengine.analysis import cache
from mixengine.hosts.host import HOSTED, MODELS, PLUGINS
from mixengine.hosts.places import Destination, is_free, named, numbered, stem_of
from mixengine.jobs import registry
from mixengine.model import codec
from mixengine.model import presets as preset
from mixengine.model import settings as settings_of
from mixengine.model.words import comma_separated
from mixengine.system import extras, file_names
from mixengine.system.errors import UserError, nearest, unknown

LINT, RENDER = "lint", "render"
DELIVER = "deliver"
"""In a batch: `RENDER` with a target."""
SUFFIXES = (
    *(suffix for job in registry.every() for suffix in (job.suffix, *job.old_suffixes)),
    (_RENDERED := "render"),
    "applied",
    "reverted",
)
"""How results of a session are called; the batch leaves them out."""
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Task:
    """One item and what to do with it; travels to a worker process as JSON.

    Attributes
    ----------
    item, source : str
        The item's name in the batch (its path below the root), and where it is.
    jobs : tuple of str
        Names of `names`, in order.
    settings : dict
        Job → its settings, encoded.
    out : str
        Folder for the results; empty: beside the item.
    key : str
        The same for the same item, content, jobs, settings and version.
    batch : str
        Identifies the run.
    plugins : str
        What is heard of plug-ins of project files: one of `mixengine.hosts.host.PLUGINS`.
    stem : str
        What the results are named after instead of the item, whose name is taken by another one's results (`apart`).
    """

    item: str
    source: str
    jobs: tuple[str, ...]
    settings: dict[str, Any]
    out: str = ""
    key: str = ""
    batch: str = ""
    plugins: str = MODELS
    stem: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    """The jobs in order, with their settings; ``plugins`` as in `Task`."""

    jobs: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    plugins: str = MODELS

    def encoded(self) -> dict[str, Any]:
        """Job → settings for JSON."""
        return {job: codec.encode(settings) for job, settings in self.settings.items()}

    def digest(self, version: str) -> str:
        """A name for what is done, files that settings name (presets, references) included."""
        how = [] if self.plugins == MODELS else [self.plugins]
        return cache.digest(version, self.jobs, self.encoded(), [_content(path) for path in self._files()], *how)

    def _files(self) -> Iterable[Path]:
        presets = preset.available()
        for settings in self.settings.values():
            for entry in fields(settings):
                value = getattr(settings, entry.name)
                if isinstance(value, str) and value:
                    path = presets.get(value, Path(value)) if entry.name == "preset" else Path(value)
                    if path.is_file():
                        yield path


def _content(path: Path) -> list[Any]:
    status = path.stat()
    if path.suffix == ".toml":
        return [hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()]
    return [status.st_size, status.st_mtime_ns]


def names() -> list[str]:
    """The jobs that a batch can do."""
    return registry.names()


def parse(words: str, *, preset_name: str | None = None, sets: Iterable[str] = (), plugins: str = MODELS) -> Steps:
    """The jobs and settings that a user asks for.

    Parameters
    ----------
    words : str
        Names of jobs with commas between.
    preset_name : str, optional
        For every job that has a preset.
    sets : iterable of str
        ``job.option=value`` each; option is a field of the job's settings, lists have commas between.
    plugins : str
        What is heard of plug-ins of project files.

    Raises
    ------
    UserError
        A name is unknown, a value does not fit, or jobs do not fit together.
    """
    if plugins not in PLUGINS:
        raise unknown("--plugins", plugins, PLUGINS)
    if plugins == HOSTED:
        extras.require("plugins", f"--plugins {plugins}")
    given = comma_separated(words)
    jobs = tuple(RENDER if word == DELIVER else registry.job(word).name for word in given)
    if RENDER in given and DELIVER in given:
        raise UserError(f"{DELIVER} is {RENDER} with a target, which writes one mix: name one of the two")
    if not jobs:
        raise UserError(f"no job is named; choose from: {', '.join(names())}")
    for place, job in enumerate(jobs):
        if job in jobs[:place]:
            raise UserError(f"job '{job}' is named twice")
        if registry.job(job).finishes and job != jobs[-1]:
            raise UserError(f"{job} writes the finished mix: name it last")
    called = dict(zip(jobs, given, strict=True))
    kinds = {job: registry.job(job).settings for job in jobs}
    values: dict[str, dict[str, Any]] = {job: {} for job in jobs}
    if preset_name is not None:
        with_preset = [job for job, kind in kinds.items() if "preset" in settings_of.names(kind)]
        if not with_preset:
            raise UserError(f"--preset {preset_name}: none of these jobs has presets: {', '.join(jobs)}")
        for job in with_preset:
            values[job]["preset"] = preset_name
    for word in sets:
        _set(word, kinds, values)
    if DELIVER in given and "target" not in values[RENDER]:
        raise UserError(f"{DELIVER}: say how loud: --set {DELIVER}.target=podcast (or a number of LUFS)")
    return Steps(jobs, {job: _settings(job, values[job], called[job]) for job in jobs}, plugins)


def _set(word: str, kinds: dict[str, type], values: dict[str, dict[str, Any]]) -> None:
    """Put one ``job.option=value`` where it belongs."""
    left, equals, value = word.partition("=")
    job, dot, option = left.strip().partition(".")
    job = RENDER if job == DELIVER else registry.aliases().get(job, job)
    if not equals or not dot:
        raise UserError(f"--set {word}: give it as job.option=value, for example duck.target_lu=12")
    if job not in kinds:
        raise UserError(f"--set {word}: '{job}' is not among the jobs of this batch: {', '.join(kinds)}")
    accepted = settings_of.names(kinds[job])
    choices = list(dict.fromkeys(accepted.values()))
    if option not in accepted:
        raise UserError(
            f"--set {word}: {job} has no option '{option}'{nearest(option, choices)}; choose from: {', '.join(choices)}"
        )
    try:
        name = accepted[option]
        values[job][name] = _value(typing.get_type_hints(kinds[job])[name], value.strip())
    except ValueError as error:
        raise UserError(f"--set {word}: {error}") from None


def _value(kind: Any, text: str) -> Any:
    """A word converted to a setting's type; `ValueError` with a message for the user."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        plain = next(entry for entry in inside if entry is not type(None))
        return None if text.lower() in ("", "none") else _value(plain, text)
    if origin is tuple:
        return tuple(_value(inside[0], part) for part in comma_separated(text))
    if kind is bool:
        if text.lower() not in _FLAGS:
            raise ValueError("give true or false")
        return _FLAGS[text.lower()]
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"give a {'whole number' if kind is int else 'number'}") from None


def _settings(job: str, values: dict[str, Any], called: str) -> Any:
    """The settings of a job, which the user calls so; refused where no session could be done with them."""
    settings = registry.settings(job, values)
    if name := getattr(settings, "preset", None):
        preset.load(name)
    if registry.job(job).reads_only and settings.markers:
        raise UserError(f"--set {job}.markers: a batch lists what it finds; for markers: mixengine {job} --markers")
    settings = _absolute(settings)
    try:
        registry.check(job, settings)
    except UserError as error:
        raise UserError(f"{called}: {error}") from None
    return settings


def _absolute(settings: Any) -> Any:
    """Settings whose files are named from the root of the disk: workers may stand elsewhere."""
    files_of = {option.name for option in settings_of.options(type(settings)) if option.about.file}
    files = {
        entry.name: str(Path(value).absolute())
        for entry in fields(settings)
        if isinstance(value := getattr(settings, entry.name), str) and value and Path(value).exists()
        if entry.name in files_of or value.endswith(".toml")
    }
    return replace(settings, **files)


def planned(jobs: Iterable[str]) -> list[str]:
    """The jobs that change the project."""
    abouts = map(registry.job, jobs)
    return [job.name for job in abouts if not (job.reads_only or job.finishes)]


def place(task: Task) -> Destination:
    """Where an item's project and the files beside it go: ``song-balanced-ducked.RPP`` after balance and duck."""
    source = Path(task.source)
    changing = planned(task.jobs)
    suffix = "-".join(registry.job(job).suffix for job in changing) or "linted"
    if not task.out:
        return named(source, None, suffix, stem=task.stem)
    ending = source.suffix if source.is_file() else ".RPP"
    name = file_names.extended(task.stem or stem_of(source), f"-{suffix}{ending}")
    target = name if source.is_file() else name.removesuffix(ending)
    return named(source, str(Path(task.out) / target), suffix, stem=task.stem)


def render_folder(task: Task) -> Path:
    """Where mix and stems of an item go that no job changes before."""
    source = Path(task.source)
    folder = Path(task.out) if task.out else (source.absolute() if source.is_file() else source.resolve()).parent
    return folder / file_names.extended(task.stem or stem_of(source), f"-{_RENDERED}")


def apart(tasks: Iterable[Task]) -> list[Task]:
    """The tasks, none of which replaces results of another one or of another session.

    Projects choose before folders: beside ``song.RPP``, the results of the folder ``song`` are called ``song (2)-…``.
    """
    taken: set[str] = set()
    chosen = {}
    for task in sorted(tasks, key=lambda task: not os.path.isfile(task.source)):
        source = Path(task.source)
        for stem in numbered(stem_of(source)):
            named_so = replace(task, stem=stem) if stem != stem_of(source) else task
            places = {unicodedata.normalize("NFC", str(path)).casefold() for path in written(named_so)}
            if not taken & places and is_free(place(named_so), source):
                break
        taken |= places
        chosen[task.item] = named_so
    return [chosen[task.item] for task in tasks]


def written(task: Task) -> list[Path]:
    """The project and the folders that a task writes."""
    where, changing = place(task), planned(task.jobs)
    paths = [where.folder / where.project] if changing else []
    paths += [where.side_folder] if changing or LINT in task.jobs else []
    return paths + ([render_folder(task)] if RENDER in task.jobs and not changing else [])
