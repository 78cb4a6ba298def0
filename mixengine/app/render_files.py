"""A session to audio files: mix and stems, and a page about them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mixengine import hosts
from mixengine.app import hosted_plugins, workflow
from mixengine.hosts import Host
from mixengine.jobs.render import export, files
from mixengine.jobs.render.export import Rendered, summary_lines
from mixengine.jobs.render.settings import RenderSettings
from mixengine.model.session import Session
from mixengine.system import file_names
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress
from mixengine.system.staging import Staging

__all__ = ["SUFFIX", "render", "summary_lines"]

SUFFIX = "render"


def render(
    source: str | os.PathLike[str] | Host,
    settings: RenderSettings,
    *,
    out: str | None = None,
    plugins: str = "",
    page: Callable[[Rendered], tuple[str, str] | None] = lambda _done: None,
    progress: Progress = no_progress,
) -> Rendered:
    """Render what ``source`` names (a project, a folder, or ``reaper``) to files.

    Parameters
    ----------
    out : str, optional
        Folder for the files, or with the mix alone the file to write; default: ``NAME-render`` beside the source.
    plugins : str
        What is heard of plug-ins of a project file, see `mixengine.app.workflow.run_job`.
    page : callable
        Name and text of a page about what was rendered, to stand beside the files; ``None``: no page.

    Raises
    ------
    UserError
        Nothing sounds, a file breaks off, or the place cannot be written. Nothing is left behind.
    """
    host = source if isinstance(source, Host) else hosts.open_host(source)
    host.plugins = plugins or host.plugins
    folder, mix_name = _place(host.path, settings, out)
    return hosted_plugins.without_stopped(lambda: _rendered(host, settings, folder, mix_name, page, progress))


def _rendered(
    host: Host,
    settings: RenderSettings,
    folder: Path,
    mix_name: str,
    page: Callable[[Rendered], tuple[str, str] | None],
    progress: Progress,
) -> Rendered:
    session = host.session if host.renders else workflow.heard_session("render", host, progress=progress)
    with Staging(folder) as stage:
        done = export.to_staging(session, settings, stage, mix_name=mix_name, progress=progress)
        done.inputs = host.inputs
        done.written = [replace(file, file=str(folder / file.file)) for file in done.written]
        _refuse_inputs(host.session, [Path(file.file) for file in done.written])
        if (document := page(done)) is not None:
            name, text = document
            target = done.folder / name
            stage.path(target.relative_to(folder).as_posix()).write_bytes(text.encode("utf-8"))
            done.outputs["report"] = str(target)
        stage.commit()
    return done


def _place(source: Path, settings: RenderSettings, out: str | None) -> tuple[Path, str]:
    """The folder, and the name of the mix in it."""
    suffix = files.FORMATS[settings.format]
    alone = settings.mix and not settings.stems
    if out is not None and Path(out).suffix.lower() in files.FORMATS.values():
        if not alone:
            raise UserError(f"-o {out}: names one file; give a folder, or --mix to write the mix alone")
        if Path(out).suffix.lower() != suffix:
            raise UserError(f"-o {out}: is not named as {settings.format}; use --format {Path(out).suffix.lower()[1:]}")
        target = Path(out).absolute()
        return target.parent, target.name
    if out is not None:
        return Path(out).absolute(), f"mix{suffix}"
    real = source.absolute()
    name = file_names.extended(source.resolve().name if real.is_dir() else real.stem, f"-{SUFFIX}")
    return (source.resolve().parent if real.is_dir() else real.parent) / name, f"mix{suffix}"


def _refuse_inputs(session: Session, targets: list[Path]) -> None:
    """No render replaces a file that it plays."""
    played = {Path(clip.source.path).resolve() for track in session.tracks for clip in track.clips if clip.source.path}
    for target in targets:
        if target.resolve() in played:
            raise UserError(f"{target}: is played by the session; choose another place with -o")
