"""Before and after as sound inside the page: the right passage, equally loud, there only when it should be."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.app import pages
from mixengine.app.pages import page, write_quick
from mixengine.audio.loudness import LoudnessMeter
from mixengine.jobs import registry
from mixengine.mixer import mix
from mixengine.model.details import Stored
from mixengine.model.plan import Compressor, Envelope, Equalizer, Fader, MixPlan
from mixengine.model.session import Clip, CompressorSettings, EnvelopePoint, EqBand, Session, Source, Track
from mixengine.report.html import excerpts
from mixengine.report.html.context import ReportContext, study
from mixengine.report.html.excerpt import Excerpt, Pair
from mixengine.system.staging import Staging
from tests.helpers.html_page import check
from tests.helpers.sounds import noise, tone, write

RATE = 16000
SQUEEZE = CompressorSettings(-18.0, 4.0, 10.0, 120.0, 6.0, 3.0, 1.0, 5.0)


def quiet(*_: object) -> None:
    pass


def session_of(folder: Path, *parts: np.ndarray, rate: int = RATE) -> Session:
    tracks = []
    for number, samples in enumerate(parts):
        path = write(folder / f"{number}.wav", samples, rate)
        clip = Clip(f"{{c{number}}}", Source(str(path)), 0.0, len(samples) / rate)
        tracks.append(Track(f"{{{number}}}", f"track {number}", clips=(clip,)))
    return Session("s", str(folder), rate, tuple(tracks))


def plan_of(*changes: object, job: str = "balance", **details: object) -> MixPlan:
    return MixPlan(job, "s", "", {}, changes, Stored(details))  # type: ignore[arg-type]


def context_of(session: Session, plan: MixPlan, *, measure_mix: bool = True) -> ReportContext:
    return study(session, registry.typed(plan), pages.view_of(plan), quiet, measure_mix=measure_mix)


def pair_of(session: Session, plan: MixPlan) -> Pair | None:
    return excerpts.make(context_of(session, plan))


def decoded(excerpt: Excerpt) -> tuple[np.ndarray, int]:
    head, data = excerpt.address.split(",", 1)
    assert head in ("data:audio/mpeg;base64", "data:audio/ogg;base64")
    return soundfile.read(io.BytesIO(base64.b64decode(data)), always_2d=True)


def lufs(samples: np.ndarray, rate: int) -> float:
    meter = LoudnessMeter(rate, samples.shape[1])
    meter.add(samples)
    return meter.integrated()


@pytest.mark.parametrize("gain_db", [6.0, -12.0])
def test_the_louder_one_is_turned_down(tmp_path: Path, gain_db: float) -> None:
    pair = pair_of(session_of(tmp_path, noise(4.0, RATE, level=0.03)), plan_of(Fader("{0}", 0.0, gain_db)))
    assert pair is not None
    wanted = (0.0, -gain_db) if gain_db > 0.0 else (gain_db, 0.0)
    assert (pair.before.gain_db, pair.after.gain_db) == pytest.approx(wanted, abs=0.01)
    (before, rate), (after, _) = decoded(pair.before), decoded(pair.after)
    assert rate == RATE and before.shape == after.shape == (4 * RATE, 2)
    assert lufs(before, rate) == pytest.approx(lufs(after, rate), abs=0.1)
    assert lufs(before, rate) == pytest.approx(pair.lufs, abs=0.3)  # an MP3 gives the sound back, and not exactly


def test_a_gain_on_everything_changes_nothing_but_the_level(tmp_path: Path) -> None:
    loud = session_of(tmp_path, noise(3.0, RATE, level=0.05), tone(220.0, 3.0, RATE))
    soft = replace(loud, master_db=-9.0)
    plan = plan_of(Fader("{1}", 0.0, -8.0))
    result = [pair_of(session, plan) for session in (loud, soft)]
    assert result[1].lufs - result[0].lufs == pytest.approx(-9.0, abs=0.01)  # type: ignore[union-attr]
    for version in ("before", "after"):
        a, b = (getattr(pair, version).gain_db for pair in result)
        assert a == pytest.approx(b, abs=0.01)


def test_what_would_clip_is_turned_down_on_both_sides(tmp_path: Path) -> None:
    pair = pair_of(session_of(tmp_path, tone(500.0, 2.0, RATE, harmonics=1, level=1.5)), plan_of())
    assert pair is not None
    # between samples, the sudden start is a little higher than the sine
    assert pair.before.gain_db == pair.after.gain_db == pytest.approx(-1.0 - 20.0 * np.log10(1.5), abs=0.3)


@pytest.mark.parametrize(("rate", "played"), [(8000, 8000), (37800, 44100), (96000, 48000)])
def test_any_rate_becomes_one_that_plays_everywhere(tmp_path: Path, rate: int, played: int) -> None:
    pair = pair_of(session_of(tmp_path, tone(300.0, 1.0, rate), rate=rate), plan_of())
    assert pair is not None
    samples, result = decoded(pair.after)
    assert result == played and len(samples) == pytest.approx(played, abs=2)


def test_the_passage_is_where_most_changes(tmp_path: Path) -> None:
    session = session_of(tmp_path, noise(100.0, 8000, level=0.1), tone(150.0, 100.0, 8000), rate=8000)
    points = tuple(EnvelopePoint(s, v) for s, v in ((0.0, 1.0), (70.0, 1.0), (70.1, 0.2), (80.0, 0.2), (80.1, 1.0)))
    pair = pair_of(session, plan_of(Envelope("{1}", "volume", 0.0, 100.0, (), points, True, "")))
    assert pair is not None and pair.why == "where the tracks change most"
    assert pair.start_s <= 70.0 and pair.end_s >= 80.0 and pair.end_s - pair.start_s == excerpts.LENGTH_S


def test_the_passage_of_a_duck_begins_before_the_deepest(tmp_path: Path) -> None:
    session = session_of(tmp_path, noise(100.0, 8000, level=0.1), rate=8000)
    regions = [{"start_s": start_s, "end_s": start_s + 5.0, "depth_db": d} for start_s, d in ((5.0, 3.0), (60.0, 9.0))]
    pair = pair_of(session, plan_of(job="duck", regions=regions))
    assert pair is not None and (pair.start_s, pair.end_s) == (54.0, 78.0)
    regions[1]["start_s"] = 4000.0  # not of this session: the last passage there is
    pair = pair_of(session, plan_of(job="duck", regions=regions))
    assert pair is not None and (pair.start_s, pair.end_s) == (76.0, 100.0)


def test_without_changes_it_is_the_loudest_passage(tmp_path: Path) -> None:
    samples = noise(60.0, 8000, level=0.01)
    samples[40 * 8000 : 50 * 8000] *= 20.0
    pair = pair_of(session_of(tmp_path, samples, rate=8000), plan_of())
    assert pair is not None and pair.why == "the loudest passage"
    assert pair.start_s <= 40.0 and pair.end_s >= 50.0


def test_what_cannot_be_compared_has_no_players(tmp_path: Path) -> None:
    silent = session_of(tmp_path / "a", np.zeros((RATE, 1), np.float32))
    short = session_of(tmp_path / "b", tone(440.0, 0.2, RATE))
    sounding = session_of(tmp_path / "c", tone(440.0, 1.0, RATE))
    broken = session_of(tmp_path / "d", np.full((RATE, 1), np.nan, np.float32))
    for session in (silent, short, broken, Session("none", str(tmp_path), RATE)):
        assert pair_of(session, plan_of()) is None
    assert pair_of(sounding, plan_of(Fader("{0}", 0.0, -np.inf))) is None
    assert "<audio" not in page(silent, plan_of(), quiet)


def test_our_compressors_and_equalisers_play_wherever_they_stand(tmp_path: Path) -> None:
    session = session_of(tmp_path, noise(3.0, RATE, level=0.3))
    folder = Track("{f}", "folder", is_folder=True)
    session = replace(session, tracks=(folder, replace(session.tracks[0], parent="{f}")))
    squeezed = Compressor("{f}", "mixengine style", None, replace(SQUEEZE, makeup_db=0.0))
    cut = Equalizer("master", "mixengine style", None, (EqBand("band", 1000.0, -24.0, 4.0),))
    for change in (squeezed, cut):
        mix = context_of(session, plan_of(change, job="style")).measurements
        assert mix is not None
        assert mix.after.integrated_lufs < mix.before.integrated_lufs - 2.0
        pair = pair_of(session, plan_of(change, job="style"))
        assert pair is not None and pair.before.gain_db < pair.after.gain_db - 2.0
    notes = context_of(session, plan_of(squeezed, job="style")).notes
    assert not any("compressor" in note for note in notes)


def test_the_page_plays_both_and_says_the_gain(tmp_path: Path) -> None:
    session = session_of(tmp_path, noise(4.0, RATE, level=0.03))
    plan = plan_of(Fader("{0}", 0.0, 6.0))
    text = page(session, plan, quiet)
    result = check(text)
    assert text == page(session, plan, quiet)
    assert result.tags.count("audio") == 2 and ("audio", "controls", None) in result.attributes
    assert [v for tag, name, v in result.attributes if tag == "audio" and name == "aria-label"] == ["Before", "After"]
    assert "“before” is as it is and “after” is turned down by 6.0 dB" in result.text
    assert "<audio" not in page(session, plan, quiet, play=False)


def test_the_policy_lets_the_script_run_and_the_sound_play(tmp_path: Path) -> None:
    text = page(session_of(tmp_path, tone(440.0, 1.0, RATE)), plan_of(), quiet)
    script = re.search(r"<script>(.*?)</script>", text, re.S)
    assert script is not None and ".ab" in script[1]
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'; " in text and "media-src data:;" in text


@pytest.mark.parametrize("side", ["", "song/"])
def test_the_quick_page_plays_only_what_was_rendered(tmp_path: Path, side: str) -> None:
    session, plan = session_of(tmp_path, tone(440.0, 1.0, RATE)), plan_of(Fader("{0}", 0.0, -3.0))
    for render in (False, True):
        out = tmp_path / f"out {render}"
        with Staging(out) as stage:
            if render:
                mix.write(session, plan, stage, side, quiet)
            write_quick(session, plan, stage, side, quiet)
            stage.commit()
        text = (out / side / "report.html").read_text(encoding="utf-8")
        assert text.count("<audio") == 2 * render


def test_a_mix_that_was_not_listened_to_can_be_played(tmp_path: Path) -> None:
    session = session_of(tmp_path, tone(440.0, 60.0, 8000), rate=8000)
    pair = excerpts.make(context_of(session, plan_of(), measure_mix=False))
    assert pair is not None and (pair.start_s, pair.why) == (18.0, "from the middle")


def test_an_older_libsndfile_writes_vorbis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfile, "available_formats", lambda: {"WAV": "", "OGG": ""})
    pair = pair_of(session_of(tmp_path, tone(440.0, 1.0, RATE)), plan_of())
    assert pair is not None and pair.after.address.startswith("data:audio/ogg;")
    assert len(decoded(pair.after)[0]) == RATE
