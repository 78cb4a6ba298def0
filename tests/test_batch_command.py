"""``mixengine batch``: what it finds, what it does once, and what it survives."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote

import pytest
from conftest import noise, tone, write

from mixengine.app import workflow
from mixengine.batch import items, journal, steps, summary, worker_process
from mixengine.batch import run as batch
from mixengine.hosts import folder
from mixengine.hosts.rpp import new
from mixengine.hosts.rpp.project import Project
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.system import processes
from mixengine.system.errors import UserError

QUICK = ["balance.method=active", "balance.cache=false"]
CRASH = """
import os, sys
def look(event, words):
    if event == "open" and {where!r} in str(words[0]) and str(words[0]).endswith(".wav"):
        if not os.path.exists({flag!r}):
            open({flag!r} if {once} else os.devnull, "w").close()
            os.kill(os.getpid(), 9)
sys.addaudithook(look)
"""


def make_project(place: Path, name: str, level: float = 0.1) -> Path:
    """A project ``place/name.RPP`` with two short files."""
    media = place / "Media"
    write(media / f"{name} tone.wav", tone(220.0, 1.0, level=level))
    write(media / f"{name} hiss.wav", noise(1.0, level=0.02))
    session = folder.read(media)
    tracks = tuple(track for track in session.tracks if track.name.startswith(name))
    path = place / f"{name}.RPP"
    path.write_bytes(new.project(type(session)(**{**_fields(session), "tracks": tracks}), place))
    return path


def _fields(session: object) -> dict[str, object]:
    return {name: getattr(session, name) for name in session.__dataclass_fields__}  # type: ignore[attr-defined]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two projects, one of them with an odd name, and a folder of stems."""
    place = tmp_path / "all of it"
    make_project(place / "a", "first")
    make_project(place / "b ü ‘x’", "sëcond #2 100%")
    write(place / "stems" / "drums" / "kick.wav", tone(55.0, 1.0))
    write(place / "stems" / "pad.wav", noise(1.0))
    return place


def go(place: Path, jobs: str = "balance", *, sets: tuple[str, ...] = (), **options: object) -> batch.Batch:
    wanted = steps.parse(jobs, sets=[*QUICK, *sets] if "balance" in jobs else sets)
    return batch.run(place, wanted, batch.Options(**{"workers": 2, **options} if "cluster" not in options else options))


def statuses(done: batch.Batch) -> dict[str, str]:
    return {entry.item: entry.status for entry in done.entries}


def snapshot(place: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its time of change and content."""
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def hidden(place: Path) -> list[str]:
    """What is hidden below a folder, journals aside."""
    known = (journal.NAME, items.RESULTS_MARK)
    return [str(path) for path in place.rglob(".*") if path.name not in known]


# --- what is found -------------------------------------------------------------------------------------------------


def names(place: Path) -> list[str]:
    return [item.name for item in items.find(place)[0]]


def test_finds_projects_and_stem_folders_and_leaves_out_what_is_ours(root: Path) -> None:
    expected = ["a/first.RPP", "b ü ‘x’/sëcond #2 100%.RPP", "stems"]
    assert names(root) == expected
    shutil.copy(root / "a" / "first.RPP", root / "a" / "first-balanced-ducked.RPP")
    shutil.copy(root / "a" / "first.RPP", root / "a" / "first-2026-01-01_101010.rpp-bak")
    shutil.copytree(root / "stems", root / ".hidden" / "stems")
    shutil.copytree(root / "stems", root / "stems-render")
    shutil.copytree(root / "stems", root / "mixengine" / "stems-1234")
    (root / "stems-balanced").mkdir()
    (root / "stems-balanced" / "plan.json").write_text("{}")
    shutil.copy(root / "stems" / "pad.wav", root / "stems-balanced")
    assert names(root) == expected


def test_a_users_own_name_is_no_result(root: Path) -> None:
    (root / "a" / "first.RPP").rename(root / "a" / "well-balanced.RPP")
    assert "a/well-balanced.RPP" in names(root)


def test_links_in_circles_and_second_names(root: Path) -> None:
    (root / "a" / "round").symlink_to(root, target_is_directory=True)
    (root / "a" / "same.RPP").symlink_to("first.RPP")
    assert len(names(root)) == 3


def test_folder_of_songs_is_walked_and_folder_of_groups_is_one(tmp_path: Path) -> None:
    for song in ("Opener", "Ballad"):
        for group in ("drums", "strings"):
            write(tmp_path / "albums" / "2026" / song / group / "x.wav", tone(100.0, 0.2))
    assert names(tmp_path) == ["albums/2026/Ballad", "albums/2026/Opener"]


def test_root_may_be_one_project_or_one_folder_of_stems(root: Path) -> None:
    assert names(root / "a" / "first.RPP") == ["first.RPP"]
    assert names(root / "stems") == ["stems"]
    assert names(root / "a") == ["first.RPP"]


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no REAPER project"):
        items.find(tmp_path)
    with pytest.raises(UserError, match="not found"):
        items.find(tmp_path / "no")
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(UserError, match="not a folder"):
        items.find(tmp_path / "a.txt")


def test_content_follows_project_and_media(root: Path) -> None:
    def contents() -> dict[str, str]:
        return {item.name: item.content for item in items.find(root)[0]}

    before = contents()
    assert before == contents()
    os.utime(root / "a" / "Media" / "first tone.wav", ns=(1, 1))
    (root / "stems" / "drums" / "kick.wav").unlink()
    after = contents()
    assert [name for name in before if before[name] != after[name]] == ["a/first.RPP", "stems"]


def test_a_thousand_items_are_found_quickly(tmp_path: Path) -> None:
    for number in range(1000):
        place = tmp_path / f"{number // 100}" / f"{number}"
        place.mkdir(parents=True)
        (place / f"{number}.RPP").write_text("<REAPER_PROJECT 0.1\n>\n")
    started = time.process_time()
    assert len(names(tmp_path)) == 1000
    assert time.process_time() - started < 10.0


# --- what is asked for ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("jobs", "sets", "message"),
    [
        ("", [], "no job is named"),
        ("balnce", [], r"job 'balnce' is unknown \(did you mean 'balance'\?\)"),
        ("balance,balance", [], "named twice"),
        ("render,balance", [], "name it last"),
        ("duck", ["duck.target_lu"], "job.option=value"),
        ("duck", ["target_lu=3"], "job.option=value"),
        ("duck", ["balance.method=lufs"], "'balance' is not among the jobs"),
        ("duck", ["duck.target=3"], r"no option 'target' \(did you mean 'target_lu'\?\)"),
        ("duck", ["duck.target_lu=loud"], "give a number"),
        ("tone", ["tone.max_bands=1.5"], "give a whole number"),
        ("duck", ["duck.buses=maybe"], "true or false"),
        ("duck", ["duck.depth_db=99"], r"outside \[0, 60\]"),
        ("balance", ["balance.preset=nosuch"], "preset 'nosuch' is unknown"),
        ("lint", ["lint.markers=yes"], "mixengine lint --markers"),
    ],
)
def test_what_does_not_fit_is_one_line(jobs: str, sets: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        steps.parse(jobs, sets=sets)
    assert "\n" not in str(caught.value)


def test_settings_arrive() -> None:
    wanted = steps.parse(
        "balance, duck,lint",
        preset_name="rock",
        sets=["duck.target_lu=12", "duck.speech=Host, Guest", "balance.exact=yes", "balance.anchor=none"],
    )
    assert wanted.jobs == ("balance", "duck", "lint")
    assert wanted.settings["duck"].speech == ("Host", "Guest") and wanted.settings["duck"].target_lu == 12.0
    assert {wanted.settings[job].preset for job in ("balance", "duck")} == {"rock"}
    assert wanted.settings["balance"].exact and wanted.settings["balance"].anchor is None
    with pytest.raises(UserError, match="none of these jobs has presets"):
        steps.parse("lint", preset_name="rock")


def test_changed_preset_file_is_another_key(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("[offsets_lu]\nbass = 1.0\n")
    before = steps.parse("balance", preset_name=str(mine)).digest("1")
    assert before == steps.parse("balance", preset_name=str(mine)).digest("1")
    assert before != steps.parse("balance", preset_name=str(mine)).digest("2")
    mine.write_text("[offsets_lu]\nbass = 2.0\n")
    assert before != steps.parse("balance", preset_name=str(mine)).digest("1")


def test_workers_have_one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(processes.PROCESSORS, "1")
    assert processes.processors() == 1
    monkeypatch.setenv(processes.PROCESSORS, "many")
    assert processes.processors() == (os.cpu_count() or 1)


# --- what is done --------------------------------------------------------------------------------------------------


def test_bad_one_stops_nobody_and_a_second_run_does_nothing(root: Path) -> None:
    bad = root / "bad.RPP"
    bad.write_text("nonsense")
    inputs = snapshot(root)
    done = go(root)
    assert statuses(done) == {name: "failed" if name == "bad.RPP" else "done" for name in names(root)}
    assert [entry.error for entry in done.failed] == [
        f"{bad}: not a REAPER project (it does not start with <REAPER_PROJECT)"
    ]
    assert done.fresh == 4 and not hidden(root)
    standing = snapshot(root)
    assert {name: standing[name] for name in inputs} == inputs
    again = go(root)
    assert again.fresh == 0 and statuses(again) == statuses(done) and snapshot(root) == standing
    assert go(root, retry_failed=True).fresh == 1

    rows = list(csv.DictReader((root / summary.CSV).open(encoding="utf-8")))
    assert [(row["item"], row["status"]) for row in rows] == list(statuses(done).items())
    page = (root / summary.HTML).read_text(encoding="utf-8")
    links = [unquote(link) for link in re.findall(r'href="([^"]+)"', page)]
    assert len(links) >= 3 * 4 and all((root / link).is_file() for link in links)

    # what changed, what is gone, and what is repaired is done again; nothing else
    os.utime(root / "a" / "Media" / "first tone.wav", ns=(1, 1))
    (root / "stems-balanced" / "plan.json").unlink()
    make_project(root, "bad")
    repaired = go(root)
    assert repaired.fresh == 3 and not repaired.failed


def test_one_job_is_the_command_itself(root: Path) -> None:
    go(root)
    for source, name in ((root / "a" / "first.RPP", "first-balanced.RPP"), (root / "stems", "stems-balanced.RPP")):
        settings = BalanceSettings(method="active", cache=False)
        project = Path(workflow.destination(source, None, "balanced").folder) / name
        batched = project.read_bytes()
        outcome = workflow.run("balance", source, settings)
        assert Path(outcome.outputs["project"]) == project and project.read_bytes() == batched


def test_jobs_follow_each_other(root: Path) -> None:
    for place in (root / "a" / "Media", root / "stems"):
        write(place / "first lead vox.wav", tone(330.0, 1.0, level=0.05))
    media = folder.read(root / "a" / "Media")
    (root / "a" / "first.RPP").write_bytes(new.project(media, root / "a"))
    shutil.rmtree(root / "b ü ‘x’")
    done = go(root, "balance,tone,lint,render", sets=("tone.cache=false", "lint.cache=false", "render.mix=true"))
    assert set(statuses(done).values()) == {"done"}, done.failed
    outputs = done.entries[0].outputs
    assert Path(outputs["project"]).name == "first-balanced-unmasked.RPP"
    assert Path(outputs["mix"]) == root / "a" / "first-balanced-unmasked-render" / "mix.wav"
    assert [path.name for path in sorted((root / "a").glob("*.RPP"))] == ["first-balanced-unmasked.RPP", "first.RPP"]

    # the plan beside it takes everything back
    back = workflow.apply_plan(Path(outputs["plan"]), Path(outputs["project"]), undo=True)
    restored = Project.load(back.outputs["project"]).session().tracks
    assert restored == Project.load(root / "a" / "first.RPP").session().tracks

    # what one command after the other gives, under the same names
    chained = Project.load(outputs["project"]).session()
    alone = workflow.run("balance", root / "a" / "first.RPP", BalanceSettings(method="active", cache=False))
    tone_settings = steps.parse("tone", sets=["tone.cache=false"]).settings["unmask"]
    both = workflow.run("tone", Path(alone.outputs["project"]), tone_settings)
    assert both.outputs["project"] == outputs["project"]
    single = Project.load(both.outputs["project"]).session()
    assert chained.tracks == single.tracks and any(track.effects for track in chained.tracks)


def test_out_takes_everything_and_is_no_item_later(root: Path) -> None:
    inputs = snapshot(root)
    out = root / "results"
    done = go(root, "balance,render", out=str(out))
    assert {name: value for name, value in snapshot(root).items() if "/results/" not in name} == inputs
    assert (out / "b ü ‘x’" / "sëcond #2 100%-balanced.RPP").is_file() and (out / journal.NAME).is_file()
    assert (out / "stems-balanced" / "stems-balanced.RPP").is_file()
    playing = Project.load(out / "a" / "first-balanced.RPP").session()
    assert all(Path(clip.source.path).is_file() for track in playing.tracks for clip in track.audio_clips)
    assert go(root, "balance,render", out=str(out)).fresh == 0
    assert names(root) == [entry.item for entry in done.entries]


def test_dry_run_writes_nothing(root: Path) -> None:
    before = snapshot(root)
    done = go(root, dry_run=True)
    assert set(statuses(done).values()) == {batch.TO_DO} and snapshot(root) == before
    assert done.entries[0].outputs["project"] == str(root / "a" / "first-balanced.RPP")


def test_a_file_of_the_user_stays(root: Path) -> None:
    (root / summary.CSV).write_text("mine")
    with pytest.raises(UserError, match=r"summary\.csv: is not a summary"):
        go(root, "lint", sets=("lint.cache=false",))
    assert (root / summary.CSV).read_text() == "mine"


# --- what it survives ----------------------------------------------------------------------------------------------


def poison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, *, once: bool) -> None:
    """Worker processes are killed when they open a sound file below ``where``."""
    place = tmp_path / "crash"
    place.mkdir()
    (place / "sitecustomize.py").write_text(CRASH.format(where=where, flag=str(place / "flag"), once=once))
    monkeypatch.setenv("PYTHONPATH", str(place))


def test_full_disk_under_the_journal_stops_the_batch_and_its_workers(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []
    stop = worker_process.stop
    monkeypatch.setattr(worker_process, "stop", lambda name: (stopped.append(name), stop(name)))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal.os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device; the batch stopped"):
        go(root, workers=1)
    assert stopped


def test_killed_worker_is_replaced_and_loses_nothing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(tmp_path, monkeypatch, "drums", once=True)
    done = go(root)
    assert {entry.item: (entry.status, entry.attempts) for entry in done.entries} == {
        name: ("done", 2 if name == "stems" else 1) for name in names(root)
    }


def test_item_that_kills_every_worker_fails_alone(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    poison(tmp_path, monkeypatch, "drums", once=False)
    done = go(root, workers=1)
    assert statuses(done) == {name: "failed" if name == "stems" else "done" for name in names(root)}
    assert "died 2 times, by signal 9" in done.failed[0].error and done.failed[0].attempts == 2
    assert not hidden(root) and not (root / "stems-balanced").exists()


def test_what_a_killed_process_was_writing_is_swept(root: Path) -> None:
    from mixengine.system import staging

    with staging.Staging(root / "a" / "later" / "still") as stage:
        left = stage.path("x")
        left.write_text("half")
        kept = root / "a" / f".mixengine-{os.getpid()}1-x"
        kept.mkdir()
        staging.sweep(root / "a" / "later" / "still", os.getpid())
        assert not left.exists() and kept.exists()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_interrupt_then_the_rest(root: Path) -> None:
    for count in range(4):
        make_project(root / "more", f"song{count}")
    total = len(names(root))
    words = [sys.executable, "-m", "mixengine", "batch", str(root), "balance", "--workers", "1"]
    words += [word for setting in QUICK for word in ("--set", setting)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
    log = root / journal.NAME
    deadline = time.monotonic() + 120.0
    while not (log.exists() and log.read_bytes()) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1 and "interrupted" in said and "Traceback" not in said
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert 1 <= len(lines) < total and not hidden(root)
    log.write_bytes(log.read_bytes() + b'{"item": "cut o')  # as a power cut leaves it
    rest = go(root)
    assert rest.fresh == total - len(lines) and set(statuses(rest).values()) == {"done"}
    assert go(root).fresh == 0


def test_command_line(root: Path, run) -> None:
    shutil.rmtree(root / "b ü ‘x’")
    (root / "bad.RPP").write_text("nonsense")
    words = ["batch", root, "balance", *[word for setting in QUICK for word in ("--set", setting)]]
    first = run(*words, "--json")
    data = json.loads(first.stdout)
    assert first.returncode == 1 and data["failed"] == 1 and data["fresh"] == len(data["entries"]) == 3
    second = run(*words)
    assert second.returncode == 1 and "3 items: 2 done, 1 failed, 3 of them before" in second.stdout
    assert f"failed: bad.RPP: {root / 'bad.RPP'}: not a REAPER project" in second.stdout.replace("\n", "")
    (root / "bad.RPP").unlink()
    assert run(*words).returncode == 0
    wrong = run("batch", root, "balance", "--set", "balance.methd=lufs")
    assert wrong.returncode == 1 and "did you mean 'method'" in wrong.stderr


# --- Dask ----------------------------------------------------------------------------------------------------------


def test_dask_cluster_of_two(root: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as cluster:
        address = cluster.scheduler_address.replace("tcp://", "dask://")
        (root / "bad.RPP").write_text("nonsense")
        done = go(root, cluster=address)
        assert statuses(done) == {name: "failed" if name == "bad.RPP" else "done" for name in names(root)}
        there = (root / "a" / "first-balanced.RPP").read_bytes()
        assert go(root, cluster=address).fresh == 0
    assert go(root).fresh == 0
    (root / "a" / "first-balanced.RPP").unlink()
    assert go(root).fresh == 1 and (root / "a" / "first-balanced.RPP").read_bytes() == there


def test_dask_that_is_not_there(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="give dask://HOST:PORT"):
        go(root, cluster="nowhere.json")
    with pytest.raises(UserError, match="give one of them"):
        batch.Options(workers=2, cluster="dask://x:1")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=re.escape('pip install "mixengine[cluster]"')):
        go(root, cluster="dask://127.0.0.1:1")


def test_dask_that_does_not_answer(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("mixengine.batch.cluster._CONNECT_S", 0.5)
    with pytest.raises(UserError, match="no Dask scheduler answers"):
        go(root, cluster="dask://127.0.0.1:9")


def test_stopping_a_batch_stops_its_workers(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = worker_process.Hand._start
    monkeypatch.setattr(worker_process.Hand, "_start", lambda hand: started.append(start(hand)) or started[-1])
    wanted = steps.parse("balance", sets=QUICK)
    stream = batch.local.spread(batch._tasks(items.find(root)[0], wanted, batch.Options(), root), 2)
    entry = next(stream)
    assert entry["status"] == "done"
    stream.close()
    assert started and not any(process.poll() is None for process in started)
