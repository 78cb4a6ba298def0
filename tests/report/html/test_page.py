"""The HTML report: whole, offline, harmless, the same every time."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixengine import hosts
from mixengine.app import workflow
from mixengine.app.pages import page
from mixengine.app.pages import write as write_report
from mixengine.jobs import registry
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.jobs.unmask.settings import UnmaskSettings
from mixengine.model import plan as mixplan
from mixengine.model.apply import applied
from mixengine.model.delivery import shown
from mixengine.model.details import Stored
from mixengine.model.plan import Envelope, Equalizer, Fader, Marker, MixPlan, MuteClip, NewClip, NewTrack, Pan
from mixengine.model.session import (
    MASTER,
    Automation,
    Clip,
    CompressorSettings,
    Effect,
    EnvelopePoint,
    EqBand,
    LimiterSettings,
    Session,
    Source,
    Track,
)
from mixengine.report.html import assets, delivery, figures
from mixengine.system.staging import Staging
from tests.helpers.html_page import check
from tests.helpers.signals import talk
from tests.helpers.sounds import tone, write

HOSTILE = "<script>alert('x')</script> & \"q\" $a_b$ \u202e漢字 \udcff\x00'\\"


def quiet(*_: object) -> None:
    pass


@pytest.fixture
def podcast(tmp_path: Path) -> Path:
    """Somebody talks twice over a steady chord."""
    root = tmp_path / "show"
    write(root / "speech.wav", talk(16000, ((2.0, 6.0), (8.0, 10.0)), 12.0)[:, None].astype(np.float32), 16000)
    write(root / "music.wav", tone(220.0, 12.0, 16000, level=0.15), 16000)
    return root


@pytest.mark.usefixtures("drawn_here")
def test_balance(stems: Path) -> None:
    session = hosts.open_session(stems)
    plan = registry.run("balance", session, BalanceSettings(cache=False), quiet)
    text = page(session, plan, quiet)
    result = check(text)
    for heading in ("What was done", "Delivery targets", "Levels of the tracks", "The tracks over time", "Notes"):
        assert heading in result.text or heading == "Notes"
    for change in plan.changes:
        assert change.reason in result.text  # type: ignore[attr-defined]
    assert "empty take: " in result.text  # the silent track, with the reason why it stays
    assert {"thead", "caption", "figure", "figcaption", "main", "header", "footer"} <= set(result.tags)
    assert text == page(session, plan, quiet)


@pytest.mark.usefixtures("drawn_here")
def test_duck(podcast: Path) -> None:
    session = hosts.open_session(podcast)
    plan = registry.run("duck", session, DuckSettings(target_lu=10.0), quiet)
    text = page(session, plan, quiet)
    result = check(text)
    assert plan.details["regions"]
    assert "Critical passages" in result.text
    panels = re.search(r'<svg[^>]*aria-label="Four panels over time.*?</svg>', text, re.DOTALL)
    assert panels
    titles = ("before", "balanced: the background levelled to the speech", "ducked", "control")
    assert all(f">{title}</text>" in panels[0] for title in titles)
    assert 'aria-label="Line chart: speech above music' in text
    assert text == page(session, plan, quiet)


@pytest.mark.usefixtures("drawn_here")
def test_tone(podcast: Path) -> None:
    session = hosts.open_session(podcast)
    plan = registry.run("tone", session, UnmaskSettings(mode="three-band", priority=("speech",), cache=False), quiet)
    text = page(session, plan, quiet)
    result = check(text)
    assert "2 equalisers set so that speech can be heard" in result.text
    assert 'aria-label="2 small line charts' in text
    assert text == page(session, plan, quiet)


def test_taken_back_is_said(stems: Path) -> None:
    session = hosts.open_session(stems)
    plan = registry.run("balance", session, BalanceSettings(cache=False), quiet)
    result = check(page(applied(session, plan.changes), mixplan.revert(plan), quiet))
    assert "Balance, taken back" in result.text


@pytest.mark.usefixtures("drawn_here")
def test_a_project_that_holds_the_changes_gives_the_same_numbers(stems: Path) -> None:
    session = hosts.open_session(stems)
    plan = registry.run("balance", session, BalanceSettings(cache=False), quiet)
    fresh, later = page(session, plan, quiet), page(applied(session, plan.changes), plan, quiet)
    assert "holds these changes already" in later and "holds these changes already" not in fresh
    note = re.compile(r'<section id="notes".*?</section>\n?', re.S)
    assert note.sub("", later).replace("\n", "") == note.sub("", fresh).replace("\n", "")


def one(path: Path, samples: np.ndarray) -> Session:
    write(path, samples)
    clip = Clip("{c}", Source(str(path)), 0.0, len(samples) / 22050)
    return Session("one", str(path), 22050, (Track("{t}", "one", clips=(clip,)),))


@pytest.mark.usefixtures("drawn_here")
def test_an_empty_plan_and_an_empty_session(tmp_path: Path) -> None:
    result = check(page(Session("none", str(tmp_path), 48000), MixPlan("duck", "none", str(tmp_path)), quiet))
    assert "Nothing needed changing" in result.text and "nothing sounds" in result.text


@pytest.mark.usefixtures("drawn_here")
def test_one_track_and_an_empty_plan(tmp_path: Path) -> None:
    session = one(tmp_path / "a.wav", tone(440.0, 1.0))
    result = check(page(session, MixPlan("tone", "one", ""), quiet))
    assert "The mix stays at" in result.text and "practically mono" in result.text


@pytest.mark.usefixtures("drawn_here")
@pytest.mark.parametrize("job", ["balance", "duck", "tone", "something new"])
def test_silence(tmp_path: Path, job: str) -> None:
    session = one(tmp_path / "a.wav", np.zeros((22050, 2), np.float32))
    result = check(page(session, MixPlan(job, "one", "", {}, (Fader("{t}", 0.0, -math.inf, "quiet"),)), quiet))
    assert "The mix is silent." in result.text and "−inf" in result.text


@pytest.mark.usefixtures("drawn_here")
def test_a_very_short_session(tmp_path: Path) -> None:
    check(page(one(tmp_path / "a.wav", tone(440.0, 0.01)), MixPlan("duck", "one", ""), quiet))


@pytest.mark.usefixtures("drawn_here")
def test_hostile_names_are_shown_and_do_nothing(tmp_path: Path) -> None:
    session = one(tmp_path / "a.wav", tone(440.0, 1.0))
    folder = Track("{f}", HOSTILE, is_folder=True)
    track = replace(session.tracks[0], name=HOSTILE, parent="{f}", effects=(Effect("VST: " + HOSTILE),))
    session = replace(session, name=HOSTILE, tracks=(folder, track))
    bands = (EqBand("band", 1000.0, -3.0, 1.0),)
    squeeze = CompressorSettings(-18.0, 4.0, 10.0, 120.0, 6.0, 3.0, 1.0, 5.0)
    points = (EnvelopePoint(0.1, 1.0), EnvelopePoint(0.2, 0.5), EnvelopePoint(0.9, 0.5))
    changes = (
        Fader("{t}", 0.0, -3.0, HOSTILE),
        Pan("{t}", 0.0, -0.5, HOSTILE),
        Envelope("{t}", "volume", 0.1, 0.9, (), points, True, HOSTILE),
        Equalizer("{t}", f"mixengine {HOSTILE}", None, bands, HOSTILE),
        mixplan.Compressor("{t}", f"mixengine {HOSTILE}", None, squeeze, HOSTILE),
        mixplan.Compressor(MASTER, "mixengine", squeeze, None),
        mixplan.Limiter(MASTER, f"mixengine {HOSTILE}", None, LimiterSettings(-6.0, -1.0), HOSTILE),
        MuteClip("{t}", "{c}", False, False, HOSTILE),
        NewTrack("{n}", HOSTILE),
        NewClip("{n}", "{d}", HOSTILE, 0.0, 1.0, name=HOSTILE, remove=True),
        mixplan.NewTake("{t}", "{c}", "{k}", HOSTILE, HOSTILE),
        Marker(HOSTILE, 0.5, 0.7),
        mixplan.MasterTrim(0.0, -1.0, HOSTILE),
        mixplan.MuteTrack("{t}", False, False, HOSTILE),
        mixplan.Polarity("{t}", False, False, HOSTILE),
        mixplan.MoveClip("{t}", "{c}", mixplan.Place(0.0, 1.0), mixplan.Place(0.0, 1.0, 1.0001), HOSTILE),
        mixplan.SplitClip("{t}", "{c}", "{s}", 0.5, reason=HOSTILE),
    )
    assert {type(change) for change in changes} == set(mixplan.CHANGES.values())
    row = {"id": "{t}", "name": HOSTILE, "reason": HOSTILE, "measured_lufs": -20.0, "target_lufs": -23.0}
    row |= {"gain_db": -3.0, "masked_before": 0.3, "masked_after": 0.1}
    details = {
        "method": HOSTILE,
        "preset": HOSTILE,
        "priority": [HOSTILE],
        "tracks": [row],
        "speech": [HOSTILE],
        "music": [HOSTILE],
        "activity": [[0.0, 1.0]],
        "target_lu": {HOSTILE: 10.0},
        "levels": [{"track": HOSTILE, "move_db": 1.0}],
        "masking_map": [{"id": "{t}", "by": {"{f}": [0.5, 0.2]}, "bands": {"before": [0.5] * 24, "after": [0.1] * 24}}],
    }
    for job in ("balance", "duck", "tone", HOSTILE):
        result = check(page(session, MixPlan(job, HOSTILE, HOSTILE, {}, changes, Stored(details), (HOSTILE,)), quiet))
        shown = HOSTILE.replace("\u202e", "?").replace("\udcff", "?").replace("\x00", "?")
        assert result.text.count(shown) >= 12
        assert "\u202e" not in result.text


@pytest.mark.usefixtures("drawn_here")
@pytest.mark.parametrize(
    "odd", [5, "x", None, [], {}, [5], [[]], [{}], {"a": "b"}, [{"start_s": "-inf"}], [["inf", 1]]]
)
def test_odd_details_break_nothing(tmp_path: Path, odd: object, monkeypatch: pytest.MonkeyPatch) -> None:
    for drawn_without_details in ("mix_over_time", "spectrum", "tracks_over_time"):
        monkeypatch.setattr(figures, drawn_without_details, lambda *_: "")
    session = one(tmp_path / "a.wav", tone(440.0, 1.0))
    names = "tracks regions levels speech music priority method preset target_lu headroom_db activity".split()
    names.append("masking_map")
    for job in ("balance", "duck", "tone"):
        plan = MixPlan(job, "x", "", {}, (Fader("{gone}", 0.0, -1.0),), Stored(dict.fromkeys(names, odd)))
        check(page(session, plan, quiet))


BANDS = (EqBand("band", 1000.0),)


def test_what_is_not_heard_is_named(tmp_path: Path) -> None:
    session = one(tmp_path / "a.wav", tone(440.0, 1.0))
    broken = write(tmp_path / "broken.wav", tone(440.0, 1.0))
    broken.write_bytes(b"no audio at all")
    midi = Clip("{m}", Source("", "midi"), 0.0, 1.0)
    session = replace(
        session,
        master_db=-6.0,
        tracks=(
            replace(session.tracks[0], effects=(Effect("VST3: Compressor"), Effect("VST: ReaEQ", bands=BANDS))),
            Track("{2}", "keys", clips=(midi,)),
            Track("{3}", "bad", clips=(Clip("{b}", Source(str(broken)), 0.0, 1.0),)),
        ),
    )
    result = check(page(session, MixPlan("balance", "x", ""), quiet))
    assert "one: effects not heard in this report: VST3: Compressor" in result.text
    assert "ReaEQ" not in result.text
    assert "keys: items not heard in this report: midi" in result.text
    assert "bad: not in the measured mix, cannot be read" in result.text
    assert "master fader stands at −6.0 dB" in result.text
    ruling = (Automation("volume", (EnvelopePoint(0.0, 0.5),), True),)
    ruled = replace(session, master_automation=ruling, master_automation_mode=1)
    assert "master fader stands" not in check(page(ruled, MixPlan("balance", "x", ""), quiet)).text


def test_the_policy_names_the_script() -> None:
    assert "sha256-" in assets.policy() and "'none'" in assets.policy()


@pytest.mark.parametrize(
    ("lufs", "passing"), [(-16.0, {"Podcast"}), (-14.5, {"Music streaming"}), (-23.0, {"EBU R 128", "ATSC A/85"})]
)
def test_targets(tmp_path: Path, lufs: float, passing: set[str]) -> None:
    """A sine at 997 Hz on both sides has the loudness of its peak."""
    session = one(tmp_path / "a.wav", tone(997.0, 3.0, harmonics=1, level=10.0 ** (lufs / 20.0)))
    text = page(session, MixPlan("balance", "x", ""), quiet)
    verdicts = re.findall(r'<th scope="row">([^<]+)</th><td>[^<]+</td><td class="(pass|fail)"', text)
    assert [name for name, _ in verdicts] == [delivery.label(target) for target in shown()]
    assert {name.split(" (")[0] for name, verdict in verdicts if verdict == "pass"} == passing


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    session = one(tmp_path / "a.wav", tone(997.0, 3.0, harmonics=1, level=10.0 ** (-24.0 / 20.0)))
    text = page(session, MixPlan("balance", "x", ""), quiet)
    assert "+8.0 dB on the master" in text and "+10.0 dB on the master" in text


@pytest.mark.usefixtures("drawn_here")
def test_write_as_an_extra_of_a_job(stems: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "song.RPP"
    settings = BalanceSettings(cache=False)
    outcome = workflow.run_job("balance", stems, settings, out=str(out), extras=[write_report], progress=quiet)
    report = Path(outcome.outputs["report"])
    assert report == tmp_path / "out" / "song" / "report.html"
    check(report.read_text(encoding="utf-8"))


def test_write_says_where(tmp_path: Path) -> None:
    session = one(tmp_path / "a.wav", tone(440.0, 1.0))
    seen: list[tuple[int, int]] = []
    with Staging(tmp_path / "out") as stage:
        outputs = write_report(
            session, MixPlan("duck", "x", ""), stage, "side/", lambda done, total, _: seen.append((done, total))
        )
        stage.commit()
    assert outputs == {"report": "side/report.html"}
    assert (tmp_path / "out" / "side" / "report.html").is_file()
    assert seen == sorted(seen) and seen[-1][0] == seen[-1][1]


def test_command(stems: Path, tmp_path: Path, run) -> None:
    session = hosts.open_session(stems)
    plan = registry.run("balance", session, BalanceSettings(cache=False), quiet)
    saved = tmp_path / "plan.json"
    saved.write_text(plan.to_json(), encoding="utf-8")
    done = run("report", saved)
    assert done.returncode == 0 and (tmp_path / "report.html").is_file()
    done = run("report", saved, stems, "-o", tmp_path / "x" / "mine.html")
    assert (
        done.returncode == 0 and (tmp_path / "x" / "mine.html").read_bytes() == (tmp_path / "report.html").read_bytes()
    )
    data = json.loads(saved.read_text(encoding="utf-8")) | {"source": str(tmp_path / "gone")}
    saved.write_text(json.dumps(data), encoding="utf-8")
    gone = run("report", saved)
    assert gone.returncode == 1 and "mixengine report PLAN.json SESSION" in gone.stderr
    assert run("report", tmp_path / "none.json").returncode == 1
