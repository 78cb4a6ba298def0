"""A job of one package and one line in the registry gets a command, a batch step, a page and a line in the dialog."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from mixengine.batch import steps
from mixengine.cli import jobs
from mixengine.jobs import registry
from mixengine.reaper import options
from mixengine.system.errors import UserError
from tests.helpers.sounds import tone, write

TOY = Path(__file__).with_name("toy_job.py").stem
CHAIN = pytest.importorskip("mixengine.batch.chain")


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setitem(registry.PACKAGES, "louder", TOY)  # the one line
    yield importlib.import_module(TOY)
    sys.modules.pop(TOY, None)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    write(tmp_path / "song" / "bass.wav", tone(110.0, 1.0))
    write(tmp_path / "song" / "voice.wav", tone(440.0, 1.0))
    return tmp_path / "song"


def command(*words: object) -> tuple[int, str, BaseException | None]:
    app = typer.Typer()
    jobs.register(app)
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, done.stdout, done.exception


@pytest.mark.usefixtures("toy")
def test_it_has_a_command_with_its_options_a_table_and_a_page(song: Path, tmp_path: Path) -> None:
    assert "--by-db" in command("louder", "--help")[1] and "--raise" not in command("louder", "--help")[1]
    code, out, _ = command("louder", song, "--by-db", 3, "--tracks-called", "bass", "--json", "-o", tmp_path / "a")
    assert code == 0
    data = json.loads(out)
    assert data["raised"] == ["bass"] and Path(data["outputs"]["project"]).name == "song-louder.RPP"
    page = Path(data["outputs"]["report"]).read_text(encoding="utf-8")
    assert "<h1>" in page and "Louder" in page and "One track louder." in page and "A section of its own" in page
    code, out, _ = command("raise", song, "--raise=2", "-o", tmp_path / "b")  # names of an earlier version
    assert code == 0 and "raised: bass, voice" in out


@pytest.mark.usefixtures("toy")
def test_messages_name_the_option_or_the_setting(song: Path) -> None:
    error = command("louder", song, "--by-db", 99)[2]
    assert isinstance(error, UserError) and str(error) == "--by-db 99 is outside [0, 12] dB"
    with pytest.raises(UserError, match=r"^by_db 99 is outside \[0, 12\] dB$"):
        registry.settings("louder", {"by_db": 99})


@pytest.mark.usefixtures("toy")
def test_it_is_a_step_of_a_batch(song: Path, tmp_path: Path) -> None:
    wanted = steps.parse("raise", sets=["raise.raise_db=4"])
    assert wanted.jobs == ("louder",) and wanted.settings["louder"].by_db == 4.0
    task = steps.Task("song", str(song), wanted.jobs, wanted.encoded(), str(tmp_path / "out"))
    outputs = CHAIN.run(task).outputs
    plan = json.loads(Path(outputs["plan"]).read_text(encoding="utf-8"))
    assert plan["job"] == "louder" and plan["details"] == {"raised": ["bass", "voice"]}
    assert Path(outputs["project"]).name == "song-louder.RPP"


@pytest.mark.usefixtures("toy")
def test_it_has_a_line_in_the_dialog() -> None:
    class Api:
        kept = ""

        def GetExtState(self, *_: str) -> str:  # noqa: N802 - REAPER's name
            return self.kept

        def SetExtState(self, _section: str, _key: str, value: str, _persist: bool) -> None:  # noqa: N802
            self.kept = value

    api = Api()
    line = next(line for line in options.fields() if line.job == "louder")
    assert (line.caption, line.default) == ("Louder: by how many dB", "1")
    options.keep(api, louder_by=line.checked("2.5"))
    assert options.settings(api, "louder") == {"by_db": 2.5}
    with pytest.raises(UserError, match="outside"):
        line.checked("40")
