"""A session to audio files: mix and stems, and a page about them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mixengine import hosts
from mixengine.app import hosted_plugins, workflow
from mixengine.audio.files import EXTENSIONS, is_audio_name
from mixengine.hosts import Host
from mixengine.jobs.render import at_target, export, files
from mixengine.jobs.render.export import Rendered, summary_lines
from mixengine.jobs.render.settings import RenderSettings
from mixengine.model.session import Session
from mixengine.model.settings import SettingError, SettingName
from mixengine.system import file_names
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress
from mixengine.system.staging import Staging

__all__ = ["SUFFIX", "render", "summary_lines"]

SUFFIX = "render"
Page = Callable[[Rendered, Path], "tuple[str, str] | None"]
"""From what was rendered, and where the first file stands until it is in place, to name and text of a page."""


def render(
    source: str | os.PathLike[str] | Host,
    settings: RenderSettings,
    *,
    out: str | None = None,
    plugins: str = "",
    page: Page = lambda _done, _mix: None,
    progress: Progress = no_progress,
) -> Rendered:
    """Render what ``source`` names (a project, a folder, or ``reaper``) to files.

    Parameters
    ----------
    out : str, optional
        Folder for the files, or with the mix alone the file to write; default: ``NAME-render`` beside the source.
    plugins : str
        What is heard of plug-ins of a project file, see `mixengine.app.workflow.run_job`.
    page : Page
        The page stands beside the files; ``None``: no page.

    Raises
    ------
    UserError
        Nothing sounds, a file breaks off, or the place cannot be written. Nothing is left behind.
    """
    if not isinstance(source, Host) and is_audio_file(source):
        return _render_file(Path(source), settings, out, page, progress)
    host = source if isinstance(source, Host) else hosts.open_host(source)
    host.plugins = plugins or host.plugins
    folder, mix_name = _place(host.path, settings, out)
    return hosted_plugins.without_stopped(lambda: _rendered(host, settings, folder, mix_name, page, progress))


def _rendered(
    host: Host,
    settings: RenderSettings,
    folder: Path,
    mix_name: str,
    page: Page,
    progress: Progress,
) -> Rendered:
    session = host.session if host.renders else workflow.heard_session("render", host, progress=progress)
    with Staging(folder) as stage:
        to_staging = export.to_staging if settings.target is None else at_target.mix_to_staging
        done = to_staging(session, settings, stage, mix_name=mix_name, progress=progress)
        done.inputs = host.inputs
        done.written = [replace(file, file=str(folder / file.file)) for file in done.written]
        _refuse_inputs(host.session, [Path(file.file) for file in done.written])
        _write_page(done, page, stage, folder)
        stage.commit()
    done.notes += stage.notes
    return done


def is_audio_file(source: str | os.PathLike[str]) -> bool:
    """Whether a path names a file of audio and no session."""
    path = Path(source)
    return path.is_file() and is_audio_name(path)


def _render_file(
    path: Path,
    settings: RenderSettings,
    out: str | None,
    page: Page,
    progress: Progress,
) -> Rendered:
    """A finished audio file at a target."""
    if settings.target is None:
        words = " how loud it is to be, or give a session"
        raise SettingError(f"{path}: is an audio file: say with ", SettingName("target"), words)
    folder, name = _place(path, settings, out)
    if (folder / name).resolve() == path.resolve():
        raise UserError(f"{path}: is what is read; choose another place with -o")
    with Staging(folder) as stage:
        done = at_target.file_to_staging(path, settings, stage, name, progress)
        done.written = [replace(file, file=str(folder / file.file)) for file in done.written]
        _write_page(done, page, stage, folder)
        stage.commit()
    done.notes += stage.notes
    return done


def _write_page(done: Rendered, page: Page, stage: Staging, folder: Path) -> None:
    first = stage.path(Path(done.written[0].file).relative_to(folder).as_posix())
    if (document := page(done, first)) is not None:
        name, text = document
        target = done.folder / name
        stage.path(target.relative_to(folder).as_posix()).write_bytes(text.encode("utf-8"))
        done.outputs["report"] = str(target)


def _place(source: Path, settings: RenderSettings, out: str | None) -> tuple[Path, str]:
    """The folder, and the name of the mix in it."""
    name = "mix"
    if settings.target is not None:
        settings, target = at_target.resolved(settings, files.format_of(out or ""))
        stem = source.resolve().name if source.is_dir() else source.stem
        name = file_names.extended(stem, f"-{file_names.safe(target.name)}")
    suffix = files.FORMATS[settings.file_format]
    alone = settings.target is not None or (settings.mix and not settings.stems)
    if out is not None and _names_file(out):
        named = files.format_of(out)
        if settings.target is None and named not in files.EXACT:
            words = f"-o {out}: {named} is for a finished mix; name it .wav or .flac, or say with "
            raise SettingError(words, SettingName("target"), " how loud it is to be")
        if not alone:
            raise SettingError(
                f"-o {out}: names one file; give a folder, or ", SettingName("mix"), " to write the mix alone"
            )
        if Path(out).suffix.lower() != suffix:
            words = f"-o {out}: is not named as {settings.file_format}; use "
            raise SettingError(words, SettingName("format"), f" {named}")
        place = Path(out).absolute()
        return place.parent, place.name
    if out is not None:
        return Path(out).absolute(), f"{name}{suffix}"
    real = source.absolute()
    folder = file_names.extended(source.resolve().name if real.is_dir() else real.stem, f"-{SUFFIX}")
    return (source.resolve().parent if real.is_dir() else real.parent) / folder, f"{name}{suffix}"


def _names_file(out: str) -> bool:
    """Whether ``-o`` names a file, by its ending, and no folder; `UserError` for one that is not written here."""
    path = Path(out)
    if path.is_dir() or path.suffix.lower() not in EXTENSIONS:
        return False
    if not files.format_of(out):
        endings = ", ".join(files.FORMATS.values())
        raise UserError(f"-o {out}: cannot write this kind of file; give a folder, or one of {endings}")
    return True


def _refuse_inputs(session: Session, targets: list[Path]) -> None:
    """No render replaces a file that it plays."""
    played = {Path(clip.source.path).resolve() for track in session.tracks for clip in track.clips if clip.source.path}
    for target in targets:
        if target.resolve() in played:
            raise UserError(f"{target}: is played by the session; choose another place with -o")
