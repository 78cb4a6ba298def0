"""``mixengine duck`` as a user meets it: files in, files out, exit codes, one line per mistake."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
import soundfile

from tests.helpers.command_line import listing, one_line
from tests.helpers.rpp_builders import body_of
from tests.helpers.signals import talk
from tests.helpers.sounds import noise, tone, write

RATE = 16000
KEYS = set(
    "session speech music ambience detector target_lu levels activity regions envelopes inputs outputs notes "
    "seconds".split()
)
REGION = set("start_s end_s depth_db speech_lufs background_lufs met background least_lu".split())


@pytest.fixture
def pod(tmp_path: Path) -> Path:
    root = tmp_path / "Épisode 7 – été"
    write(root / "voice.wav", talk(RATE, ((2.0, 5.0), (9.0, 10.5)), 14.0)[:, None], RATE)
    write(root / "musique de fond.wav", tone(220.0, 14.0, RATE, level=0.3), RATE)
    return root


def no_constant(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")


def number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def test_json_is_what_was_promised(pod: Path, run) -> None:
    before = {path: path.read_bytes() for path in pod.iterdir()}
    result = run("duck", pod, "--json")
    assert result.returncode == 0, result.stderr
    data = json.loads(result.stdout, parse_constant=no_constant)
    assert set(data) == KEYS
    assert data["session"] == str(pod) and data["detector"] == "psd-adaptive"
    assert (data["speech"], data["music"], data["ambience"]) == (["voice"], ["musique de fond"], [])
    assert all(len(span) == 2 and all(map(number, span)) and span[0] < span[1] for span in data["activity"])
    assert len(data["activity"]) == 2 and len(data["regions"]) >= 2
    for region in data["regions"]:
        assert set(region) == REGION
        assert all(number(region[key]) for key in REGION - {"met", "background"})
        assert region["met"] is True and region["background"] == "music"
    (envelope,) = data["envelopes"]
    assert set(envelope) == {"track", "kind", "scaling", "points"}
    assert (envelope["track"], envelope["kind"], envelope["scaling"]) == ("musique de fond", "volume", "amplitude")
    times_s = [point[0] for point in envelope["points"]]
    assert times_s == sorted(set(times_s)) and times_s[0] >= 0.0
    assert all(number(db) and db <= 0.0 and shape in (0, 2) for _, db, shape in envelope["points"])
    assert number(data["seconds"]) and data["seconds"] > 0
    assert data["outputs"].keys() >= {"project", "plan"}
    out = pod.parent / f"{pod.name}-ducked"
    assert listing(out) == sorted([f"{pod.name}-ducked.RPP", "plan.json", "report.html"])
    assert {path: path.read_bytes() for path in pod.iterdir()} == before
    project = Path(data["outputs"]["project"])
    points = [line.split()[1:3] for line in project.read_text("utf-8").splitlines() if line.strip().startswith("PT ")]
    points = [(float(time_s), float(value)) for time_s, value in points][-len(times_s) :]
    assert [time_s for time_s, _ in points] == pytest.approx(times_s, abs=1e-6)
    assert [20 * math.log10(value) for _, value in points] == pytest.approx(
        [p[1] for p in envelope["points"]], abs=1e-3
    )


def test_dry_run_writes_nothing_and_explains(pod: Path, run) -> None:
    before = listing(pod.parent)
    result = run("duck", pod, "--dry-run", "--limit-db", "3", "--bed", "keep")
    assert result.returncode == 0
    assert listing(pod.parent) == before
    assert "only" in result.stdout and "dry run" in result.stdout and "voice" in result.stdout


def test_render_writes_the_mix_and_the_figure(pod: Path, run) -> None:
    result = run("duck", pod, "--render", "--json", "--out", pod.parent / "out folder")
    assert result.returncode == 0, result.stderr
    outputs = {key: Path(path) for key, path in json.loads(result.stdout)["outputs"].items()}
    assert {path.name for path in outputs.values()} >= {"mix.wav", "ducking.png", "plan.json"}
    assert all(path.parent == pod.parent / "out folder" and path.exists() for path in outputs.values())
    info = soundfile.info(pod.parent / "out folder" / "mix.wav")
    assert (info.channels, info.duration) == (2, pytest.approx(14.0, abs=0.01))
    assert (pod.parent / "out folder" / "ducking.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_revert_takes_the_duck_away(pod: Path, run) -> None:
    assert run("duck", pod, "-o", pod.parent / "a.RPP", "--depth-db", "0", "--bed", "keep").returncode == 0
    original = (pod.parent / "a.RPP").read_bytes()
    result = run("duck", pod.parent / "a.RPP", "--in-place", "--json")
    assert result.returncode == 0 and (pod.parent / "a.RPP").read_bytes() != original
    plan = json.loads(result.stdout)["outputs"]["plan"]
    assert run("revert", plan, pod.parent / "a.RPP", "-o", pod.parent / "b.RPP").returncode == 0
    assert body_of((pod.parent / "b.RPP").read_bytes()) == body_of(original)


def test_no_speech_and_no_music_are_no_mistakes(tmp_path: Path, run) -> None:
    write(tmp_path / "one" / "voice.wav", talk(RATE, ((1.0, 3.0),), 4.0)[:, None], RATE)
    result = run("duck", tmp_path / "one")
    assert result.returncode == 0 and "nothing to duck" in result.stdout
    write(tmp_path / "two" / "voice.wav", noise(0.0, RATE), RATE)
    write(tmp_path / "two" / "music.wav", noise(4.0, RATE), RATE)
    result = run("duck", tmp_path / "two", "--json", "--dry-run")
    assert result.returncode == 0
    data = json.loads(result.stdout, parse_constant=no_constant)
    assert data["regions"] == data["envelopes"] == data["activity"] == []
    assert any("no speech found" in note for note in data["notes"])


def test_music_that_is_silent_under_speech_is_valid_json(pod: Path, run) -> None:
    music = tone(220.0, 14.0, RATE, level=0.3)
    music[: 7 * RATE] = 0.0
    write(pod / "musique de fond.wav", music, RATE)
    result = run("duck", pod, "--json", "--dry-run", "--depth-db", "12")
    data = json.loads(result.stdout, parse_constant=no_constant)
    assert len(data["regions"]) == 1 and data["regions"][0]["start_s"] > 8.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--speech", "voise"), ("no track is called 'voise'", "'voice'")),
        (("--music", "voice", "--speech", "voice"), ("give one",)),
        (("--target-lu", "8", "--depth-db", "6"), ("--target-lu", "--depth-db", "one of them")),
        (("--detector", "sileroo"), ("did you mean 'silero'",)),
        (("--bed", "loudnes"), ("did you mean 'loudness'",)),
        (("--preset", "podcasts"), ("did you mean 'podcast'",)),
        (("--alpha", "1"), ("--alpha", "[0, 0.999]")),
        (("--depth-db", "nan"), ("--depth-db",)),
        (("--in-place",), ("--in-place is for project files",)),
    ],
)
def test_mistakes_take_one_line(pod: Path, run, options: tuple[str, ...], words: tuple[str, ...]) -> None:
    before = listing(pod.parent)
    one_line(run("duck", pod, *options), *words)
    assert listing(pod.parent) == before


def test_a_folder_that_cannot_be_written(pod: Path, run) -> None:
    out = pod.parent / "proc"
    out.symlink_to("/proc/self/fdinfo")  # read-only even for root
    one_line(run("duck", pod, "-o", out / "x"), "cannot write")
    shutil.rmtree(pod)
    one_line(run("duck", pod), "not found")
