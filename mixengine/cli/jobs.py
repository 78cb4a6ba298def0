"""Commands of the jobs, made from what each job says about itself.

The options of a command are its job's settings; options of earlier versions are accepted and not shown.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from mixengine.cli import shared
from mixengine.jobs import registry
from mixengine.jobs.job import Job, resolve
from mixengine.model.settings import Option, SettingError, options
from mixengine.model.words import comma_separated
from mixengine.system.errors import UserError, unknown

_SETTINGS = "settings"
_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_Albums = Annotated[
    bool | None, typer.Option("--batch/--one-session", help="Sub-folders are songs / groups (default: by their names).")
]
_PageByDefault = Annotated[bool, typer.Option("--report/--no-report", help="A page (HTML) about what was done.")]


def register(app: typer.Typer) -> None:
    """Add the commands of all jobs that have none of their own, and the earlier names of all."""
    for job in registry.every():
        if not job.own_command:
            add(app, job, _command(job))


def add(app: typer.Typer, job: Job, function: Callable[..., None]) -> None:
    """Add a function as the command of a job.

    Its parameter ``settings`` becomes an option for each of the job's settings.
    """
    command = _with_options(job, function)
    kind = _command_class(job)
    app.command(job.name, cls=kind)(command)
    for alias in job.aliases:
        app.command(alias, cls=kind, hidden=True)(command)


def command(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator: the command of a job that does more than running it, see `add`."""

    def decorated(function: Callable[..., None]) -> Callable[..., None]:
        add(shared.app, registry.job(name), function)
        return function

    return decorated


def _command(job: Job) -> Callable[..., None]:
    """What a job's command does when it has no function of its own."""

    def run(session: str, settings: Any, **options: Any) -> None:
        _run(job, session, settings, options)

    page: Any = (_PageByDefault, True) if job.page_by_default else (shared.WithReport, None)
    parameters = [_parameter(_SETTINGS, Any)]
    settings_names = {option.name for option in options(job.settings)}
    for name, extra in job.extras.items():
        if not extra.always and name not in settings_names:
            flag = "--" + name.replace("_", "-")
            parameters.append(_parameter(name, Annotated[bool, typer.Option(flag, help=extra.help)], False))
    parameters.append(_parameter("with_report", *page))
    if job.albums:
        parameters.append(_parameter("batch", _Albums, None))
    if job.listens:
        parameters.append(_parameter("listen", shared.Listen, "as-needed"))
        parameters.append(_parameter("plugins", shared.Plugins, "models"))
    parameters += [
        _parameter("split_channels", shared.SplitChannels, False),
        _parameter("timestamps", shared.Timestamps, None),
        _parameter("out", shared.Out, None),
        _parameter("in_place", shared.InPlace, False),
        _parameter("dry_run", shared.DryRun, False),
        _parameter("as_json", shared.AsJson, False),
    ]
    run.__doc__ = job.title
    run.__signature__ = inspect.Signature([_parameter("session", shared.Session), *parameters])  # type: ignore[attr-defined]
    return run


def _run(job: Job, session: str, settings: Any, options: dict[str, Any]) -> None:
    from mixengine import batch as batches
    from mixengine import hosts
    from mixengine.app import workflow

    run_options: dict[str, Any] = {
        "out": shared.output_path(options["out"]),
        "extras": _extras(job, session, options),
        "dry_run": options["dry_run"],
        "progress": shared.progress(),
    }
    source, in_place = shared.path_of(session), options["in_place"]
    folder = shared.folder_options(source, options["split_channels"], options["timestamps"])
    songs = batches.songs(source, options["batch"]) if job.albums else None
    if songs is None:
        host = hosts.open_host(source, folder)
        if "listen" in options:
            run_options["listen"] = _listen_mode(options["listen"])
            run_options["plugins"] = shared.plugins_mode(options["plugins"], session)
        outcome = workflow.run_job(job.name, host, settings, in_place=in_place, **run_options)
        shared.report(outcome.to_dict() if options["as_json"] else None, [outcome])
        return
    if in_place:
        raise UserError(f"{session}: --in-place is for project files; a batch writes beside its songs")
    result = batches.run_album(job.name, source, songs, settings, folder=folder, **run_options)
    shared.report(result.to_dict() if options["as_json"] else None, result.outcomes)
    for line in result.failures:
        shared.say(f"mixengine: {line}")
    if result.failures:
        raise typer.Exit(1)


def _listen_mode(word: str) -> str:
    """One of `mixengine.app.listening.MODES` as the user typed it."""
    from mixengine.app import listening

    mode = word.replace("-", " ")
    if mode not in listening.MODES:
        raise unknown("--listen", word, [name.replace(" ", "-") for name in listening.MODES])
    return mode


def _extras(job: Job, session: str, options: dict[str, Any]) -> list[Any]:
    """What to write besides project and plan; for the running REAPER only what an option requests."""
    outside = not shared.is_reaper(session)
    extras = [
        resolve(extra.write) for name, extra in job.extras.items() if (extra.always and outside) or options.get(name)
    ]
    page = options["with_report"]
    if job.page_by_default and not outside:
        page = False
    return [*extras, *shared.pages(page, session)]


def _with_options(job: Job, function: Callable[..., None]) -> Callable[..., None]:
    """The function with an option for each setting in place of its parameter ``settings``."""
    signature = inspect.signature(function, eval_str=True)
    visible = [option for option in options(job.settings) if not option.about.hidden]
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        if parameter.name == _SETTINGS:
            parameters += [_option(option) for option in visible]
        else:
            parameters.append(parameter.replace(kind=_KEYWORD))

    @functools.wraps(function)
    def called(**arguments: Any) -> None:
        with in_options(job):
            values = {option.name: _value(option, arguments.pop(_key(option))) for option in visible}
            settings = job.settings(**{name: value for name, value in values.items() if value is not None})
            function(settings=settings, **arguments)

    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return called


@contextmanager
def in_options(job: Job) -> Iterator[None]:
    """Messages about settings name the options that the user typed."""
    try:
        yield
    except SettingError as error:
        raise UserError(error.in_options(job.settings)) from None


def _key(option: Option) -> str:
    """The parameter's name: another command's parameter may have the setting's own."""
    return f"set_{option.name}"


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, _KEYWORD, default=default, annotation=annotation)


def _option(option: Option) -> inspect.Parameter:
    about, kind, default = option.about, option.kind, option.default
    if option.many:
        kind, default = (str, None) if about.comma else (list[kind], None)  # type: ignore[valid-type]
    elif _is_turned(option):
        default = False
    annotation: Any = kind if about.required or default is not None else kind | None
    if about.required:
        default = inspect.Parameter.empty
    metavar = about.metavar or None
    return _parameter(
        _key(option), Annotated[annotation, typer.Option(option.flag, metavar=metavar, help=about.help)], default
    )


def _is_turned(option: Option) -> bool:
    """Whether the option's flag negates the setting: ``--no-cache``."""
    return option.kind is bool and option.flag.startswith("--no-")


def _value(option: Option, value: Any) -> Any:
    if option.about.comma and value is None:
        return None
    if option.about.comma:
        return comma_separated(value)
    if option.many:
        return tuple(value or ())
    return not value if _is_turned(option) else value


def _command_class(job: Job) -> type[TyperCommand]:
    """A command that also accepts the options of earlier versions."""
    renamed = {old: option.flag for option in options(job.settings) for old in option.about.old_options}

    class Command(TyperCommand):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            return super().parse_args(ctx, [*_renamed(args, renamed)])

    return Command


def _renamed(args: list[str], renamed: dict[str, str]) -> Iterator[str]:
    """The words of a command line with the options of today."""
    options_end = args.index("--") if "--" in args else len(args)
    for place, word in enumerate(args):
        name, equals, value = word.partition("=")
        yield renamed[name] + equals + value if place < options_end and name in renamed else word
