"""``mixengine batch``: what it finds and what it does once."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import time
from pathlib import Path
from urllib.parse import unquote

import pytest

from mixengine.app import saved_plans, workflow
from mixengine.batch import items, journal, steps, summary
from mixengine.batch import run as batch
from mixengine.hosts import folder
from mixengine.hosts.places import destination
from mixengine.hosts.rpp import new
from mixengine.hosts.rpp.project import Project
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.system import processes
from mixengine.system.errors import UserError
from tests.helpers.batches import go, hidden, make_project, names, snapshot, statuses
from tests.helpers.sounds import tone, write

pytestmark = pytest.mark.usefixtures("in_this_process")


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
        ("balance,lint", ["lint.checks=clipped,nix"], "lint: checks 'nix' is unknown"),
        ("balance,deliver", ["deliver.target=nix"], "deliver: target 'nix' is unknown"),
        ("deliver", ["deliver.target=-400"], "outside"),
        ("render", ["render.target=podcast", "render.reference=nix.wav"], r"reference .*nix\.wav: not found"),
        ("separate", ["separate.model=demcus"], r"model 'demcus' is unknown \(did you mean 'demucs'\?\)"),
        ("separate", ["separate.model=hpss", "separate.scenario=music"], "give one of them"),
        ("separate", ["separate.scenario=nix"], "scenario 'nix' is unknown"),
        ("balance", ["balance.method=nix"], "method 'nix' is unknown"),
        ("balance", ["balance.roles=Kick=nix"], "role 'nix' is unknown"),
        ("level", ["level.roles=Kick"], "TRACK=ROLE"),
        ("match", [], "match: reference is missing"),
        ("match", ["match.reference=nix.wav"], r"nix\.wav: not found"),
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
    assert len(links) >= 3 * 2 and all((root / link).is_file() for link in links)

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
        project = Path(destination(source, None, "balanced").folder) / name
        batched = project.read_bytes()
        outcome = workflow.run_job("balance", source, settings)
        assert Path(outcome.outputs["project"]) == project and project.read_bytes() == batched


def test_jobs_follow_each_other(root: Path) -> None:
    for place in (root / "a" / "Media", root / "stems"):
        write(place / "first lead vox.wav", tone(330.0, 1.0, level=0.004))
    media = folder.read(root / "a" / "Media")
    (root / "a" / "first.RPP").write_bytes(new.project(media, root / "a"))
    shutil.rmtree(root / "b ü ‘x’")
    buried = "balance.strength=10"  # a voice that stays unclear, so that there is something to unmask
    sets = ("tone.cache=false", "lint.cache=false", "render.mix=true", buried)
    done = go(root, "balance,tone,lint,render", sets=sets)
    assert set(statuses(done).values()) == {"done"}, done.failed
    outputs = done.entries[0].outputs
    assert Path(outputs["project"]).name == "first-balanced-unmasked.RPP"
    assert Path(outputs["mix"]) == root / "a" / "first-balanced-unmasked-render" / "mix.wav"
    assert [path.name for path in sorted((root / "a").glob("*.RPP"))] == ["first-balanced-unmasked.RPP", "first.RPP"]

    # the plan beside it takes everything back
    back = saved_plans.apply_plan(Path(outputs["plan"]), Path(outputs["project"]), undo=True)
    restored = Project.load(back.outputs["project"]).session().tracks
    assert restored == Project.load(root / "a" / "first.RPP").session().tracks

    # what one command after the other gives, under the same names
    chained = Project.load(outputs["project"]).session()
    alone = workflow.run_job(
        "balance", root / "a" / "first.RPP", BalanceSettings(method="active", strength=10.0, cache=False)
    )
    tone_settings = steps.parse("tone", sets=["tone.cache=false"]).settings["unmask"]
    both = workflow.run_job("tone", Path(alone.outputs["project"]), tone_settings)
    assert both.outputs["project"] == outputs["project"]
    single = Project.load(both.outputs["project"]).session()
    assert chained.tracks == single.tracks and any(track.effects for track in chained.tracks)


def test_a_project_beside_a_folder_of_its_name_keeps_its_results_apart(root: Path) -> None:
    shutil.copytree(root / "stems", root / "a" / "first")
    done = go(root / "a", "balance,render")
    assert statuses(done) == {"first": "done", "first.RPP": "done"}
    assert [note for note in done.notes if note.startswith("first: its results are called first (2)-…")]
    outputs = [path for entry in done.entries for path in entry.outputs.values()]
    assert len(set(outputs)) == len(outputs)
    for entry in done.entries:
        assert Path(json.loads(Path(entry.outputs["plan"]).read_text())["source"]).name == entry.item
    standing = snapshot(root)
    assert go(root / "a", "balance,render").fresh == 0 and snapshot(root) == standing

    # one after the other, in any order, and by the commands
    for entry in done.entries:
        assert go(root / "a" / entry.item, "balance", journal=str(root / "j")).entries[0].status == "done"
    for source in ("first", "first.RPP"):
        workflow.run_job("balance", root / "a" / source, BalanceSettings(method="active", cache=False))
    assert names(root / "a") == ["first", "first.RPP"]
    assert {path for path in snapshot(root) if path.endswith(".RPP")} == {
        path for path in standing if path.endswith(".RPP")
    }


def test_a_later_session_takes_no_other_place(root: Path) -> None:
    go(root / "a", "lint,render", sets=("lint.cache=false",))
    shutil.copytree(root / "stems", root / "a" / "first")
    before = snapshot(root)
    done = go(root / "a", "lint,render", sets=("lint.cache=false",))
    assert done.fresh == 1 and not done.failed
    assert all(snapshot(root)[path] == before[path] for path in before if "/first-" in path)


@pytest.mark.parametrize("out", [None, "out"])
def test_long_names_that_differ_at_the_end_stay_apart(tmp_path: Path, out: str | None) -> None:
    root, long = tmp_path / "show", "日本語のポッドキャストのとても長い題名" * 4 + "ですです"
    for number in (1, 2):
        made = make_project(root, f"{number}")
        made.rename(root / f"{long} 第{number}回.RPP")
    expected = names(root)
    assert len(expected) == 2 and all(len(name.encode()) > 240 for name in expected)
    for _ in range(2):
        done = go(root, "balance,lint,render", out=out and str(tmp_path / out), sets=("lint.cache=false",))
        outputs = [path for entry in done.entries for path in entry.outputs.values()]
        assert not done.failed and len(set(outputs)) == len(outputs) >= 8 and names(root) == expected
    workflow.run_job(
        "balance", root / expected[0], BalanceSettings(method="active", cache=False, strength=50.0), in_place=True
    )
    assert len(list(root.glob("*.rpp-bak"))) == 1 and names(root) == expected


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


@pytest.mark.parametrize("out", ["a", "."])
def test_out_that_holds_sessions_stays_open_for_them(root: Path, out: str) -> None:
    expected = names(root)
    sets = ("lint.cache=false", "render.mix=true")
    done = go(root / "a", "lint,render", out=str(root / out), sets=sets)
    assert not done.failed and names(root) == expected
    assert go(root / "a", "lint,render", out=str(root / out), sets=sets).fresh == 0
    assert not go(root, "balance,render", out=str(root / out)).failed and names(root) == expected
    shutil.rmtree(root / "a" / "Media")  # what stands there no longer is beside what it was made of
    (root / "a" / "first.RPP").unlink()
    assert names(root) == expected[1:]


def test_a_users_project_beside_a_plan_is_found_and_what_is_left_out_is_named(root: Path) -> None:
    expected = names(root)
    for source in ("a/first.RPP", "stems"):
        place = root / source if source == "stems" else root / "a"
        workflow.run_job("balance", root / source, BalanceSettings(method="active", cache=False), out=str(place))
        assert (place / "plan.json").is_file()
    assert names(root) == expected
    workflow.run_job("balance", root / "stems", BalanceSettings(method="active", cache=False), out=str(root / "mine"))
    make_project(root / "mine", "own")
    found, notes = items.find(root)
    assert [item.name for item in found] == expected
    assert [note.partition(":")[2] for note in notes] == [
        " a/first-balanced.RPP, stems/stems-balanced.RPP: called like results of what stands beside them",
        " mine: folders with the plan.json of a session that is not in them",
    ]


def test_dry_run_writes_nothing(root: Path) -> None:
    before = snapshot(root)
    done = go(root, dry_run=True)
    assert set(statuses(done).values()) == {batch.TO_DO} and snapshot(root) == before
    assert done.entries[0].outputs["project"] == str(root / "a" / "first-balanced.RPP")


def test_a_file_of_the_user_stays(root: Path) -> None:
    (root / summary.CSV).write_text("mine")
    before = snapshot(root)
    with pytest.raises(UserError, match=r"summary\.csv: is not a summary"):
        go(root, "lint", sets=("lint.cache=false",))
    assert snapshot(root) == before


def test_a_file_of_the_user_that_comes_meanwhile_stays_and_the_work_counts(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "check", lambda folder: (folder / summary.HTML).write_text("mine"))
    done = go(root, "lint", sets=("lint.cache=false",))
    assert done.fresh == 3 and not done.failed and set(done.files) == {"journal"}
    assert "no summary was written" in done.notes[-1] and (root / summary.HTML).read_text() == "mine"
