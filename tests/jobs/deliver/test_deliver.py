"""Master fader and ReaLimit for a target: what is set, twice the same, taken back to the byte, and over REAPER."""

from __future__ import annotations

import base64
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.app import render_files, saved_plans, workflow
from mixengine.audio.loudness import LoudnessMeter
from mixengine.hosts import open_session
from mixengine.hosts.rpp import realimit
from mixengine.jobs import registry
from mixengine.jobs.deliver.job import LABEL
from mixengine.jobs.deliver.settings import DeliverSettings
from mixengine.jobs.render.settings import RenderSettings
from mixengine.mixer import routing
from mixengine.mixer.engine import Engine
from mixengine.mixer.limiter import TruePeaks
from mixengine.model import plan as mixplan
from mixengine.model.apply import applied
from mixengine.model.plan import Limiter, MasterTrim, MixPlan
from mixengine.model.session import MASTER, Automation, Effect, EnvelopePoint, EqBand, LimiterSettings, Session
from mixengine.system.errors import UserError
from tests.helpers.rpp_builders import guid, reaeq
from tests.helpers.sounds import tone, write

RATE = 22050


def beats(level: float) -> np.ndarray:
    """A tone with attacks."""
    time_s = np.arange(3 * RATE) / RATE
    return (tone(330.0, 3.0, level=level)[:, 0] * (0.2 + np.exp(-12.0 * (time_s % 0.5)))).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("deliver") / "song"
    place.mkdir()
    write(place / "piano.wav", beats(0.1), RATE)
    return place


@pytest.fixture(scope="module")
def session(folder: Path) -> Session:
    return open_session(folder)


def decided(session: Session, target: str, ceiling: float | None = None) -> MixPlan:
    return registry.run("deliver", session, DeliverSettings(target, ceiling))


def test_where_no_peak_is_high_the_fader_does_it(session: Session) -> None:
    plan = decided(session, "-30")
    (trim,) = plan.changes
    assert isinstance(trim, MasterTrim) and trim.before == 0.0
    assert trim.after == pytest.approx(plan.details["gain_db"]) and plan.details["limited_db"] == 0.0


def test_where_peaks_are_high_a_limiter_takes_the_gain(session: Session) -> None:
    plan = decided(session, "-13", -1.5)
    (limiter,) = plan.changes
    assert isinstance(limiter, Limiter) and (limiter.track, limiter.before) == (MASTER, None)
    assert limiter.after is not None and limiter.after.ceiling_db == -1.5
    assert -1.5 - limiter.after.threshold_db == pytest.approx(plan.details["gain_db"], abs=0.01)
    assert any("ReaLimit is no limiter of mixengine's" in note for note in plan.notes)


def test_a_limiter_that_stands_nearly_right_stays_and_a_bypassed_one_is_named(session: Session) -> None:
    (limiter,) = decided(session, "-13").changes
    assert isinstance(limiter, Limiter) and limiter.after is not None
    near = replace(limiter.after, threshold_db=limiter.after.threshold_db + 0.02)
    for stands, bypassed in ((near, False), (limiter.after, True)):
        chain = (Effect("ReaLimit", LABEL, bypassed, limiter=stands),)
        plan = decided(replace(session, master_effects=chain), "-13")
        assert plan.changes == ()
        assert any("is bypassed or offline: switch it on" in note for note in plan.notes) == bypassed
    other = replace(limiter.after, threshold_db=limiter.after.threshold_db + 0.2)
    chain = (Effect("ReaLimit", LABEL, limiter=other),)
    assert len(decided(replace(session, master_effects=chain), "-13").changes) == 1


def test_no_limiter_goes_into_a_master_chain_that_is_off(session: Session) -> None:
    silent = replace(session, master_effects_on=False)
    with pytest.raises(UserError, match="needs a limiter on the master: its effect chain is switched off"):
        decided(silent, "-13")
    assert decided(silent, "-30").changes == decided(session, "-30").changes  # the fader alone


def test_a_limiter_of_ours_in_a_container_is_not_counted_on(session: Session) -> None:
    boxed = replace(session, master_effects=(Effect("Container", inside=(LABEL,)),))
    with pytest.raises(UserError, match=f"needs a limiter on the master: its '{LABEL}' is in a container: left"):
        decided(boxed, "-13")


def test_a_mix_too_hot_for_the_limiter_is_refused(tmp_path: Path) -> None:
    """Else the master fader would go up to 0 dB without the limiter before it."""
    place = tmp_path / "hot"
    place.mkdir()
    write(place / "piano.wav", beats(10.0), RATE)
    with pytest.raises(UserError, match=r"cannot lower by .* dB; lower the mix first"):
        decided(replace(open_session(place), master_db=-6.0), "-13", -3.0)


def test_the_master_fader_goes_into_the_limiter(session: Session) -> None:
    lower = replace(session, master_db=-6.0)
    limiter, trim = decided(lower, "-13").changes
    assert isinstance(limiter, Limiter) and isinstance(trim, MasterTrim)
    (alone,) = decided(session, "-13").changes
    assert isinstance(alone, Limiter) and (trim.before, trim.after) == (-6.0, 0.0)
    assert limiter.after is not None and alone.after is not None
    assert limiter.after.threshold_db == pytest.approx(alone.after.threshold_db, abs=0.05)


def drawn(session: Session, *points: tuple[float, float], mode: int = 0) -> Session:
    """The session with a volume envelope on its master, in an automation mode."""
    automation = Automation("volume", tuple(EnvelopePoint(time_s, value) for time_s, value in points), True)
    return replace(session, master_automation=(automation,), master_automation_mode=mode)


def measured(session: Session) -> tuple[float, float]:
    """Loudness and true peak of a session's mix."""
    engine = Engine(session, routing.graph(session), start_s=0.0, end_s=session.duration_s)
    meter, peaks = LoudnessMeter(RATE, 2), TruePeaks(RATE, 2)
    for block, _ in engine.blocks():
        meter.add(block)
        peaks.add(block)
    return meter.integrated(), peaks.dbtp()


MASTERS = {
    "flat": lambda session: drawn(session, (0.0, 0.25)),
    "out and in": lambda session: drawn(session, (0.0, 2.0), (1.5, 0.9), (3.0, 1.5)),
    "a fade": lambda session: drawn(session, (0.0, 1.0), (2.0, 1.0), (3.0, 0.0)),
    "panned": lambda session: replace(session, master_pan=-0.6),
    "a pan law": lambda session: replace(session, pan_law=0.7071),
    "mono": lambda session: replace(session, master_mono=True),
    "ruled, flat": lambda session: drawn(session, (0.0, 0.8), mode=1),
    "ruled, out and in": lambda session: drawn(session, (0.0, 1.5), (1.5, 0.7), (3.0, 1.2), mode=1),
}


@pytest.mark.parametrize("target", ["-13", "-24"])
@pytest.mark.parametrize("name", MASTERS)
def test_what_stands_behind_the_limiter_is_counted_on(session: Session, name: str, target: str) -> None:
    on_master = MASTERS[name](replace(session, master_db=-3.0))
    plan = decided(on_master, target)
    done = applied(on_master, plan.changes)
    lufs, true_peak_dbtp = measured(done)
    assert lufs == pytest.approx(float(target), abs=0.1) and lufs == pytest.approx(plan.details["lufs"], abs=0.05)
    assert true_peak_dbtp < -1.0 + 0.02
    assert true_peak_dbtp == pytest.approx(plan.details["true_peak_dbtp"], abs=0.05)
    taken_lu = plan.details["gain_db"] - (lufs - measured(on_master)[0])
    assert -0.02 < taken_lu < plan.details["limited_db"] + 0.02
    assert decided(done, target).changes == ()
    assert ("ruled" in name) == plan.details["fader_stays"]
    if "ruled" in name:
        assert done.master_db == -3.0 and plan.details["limits"]
        assert any("rules its fader" in note for note in plan.notes)


def test_a_ruled_fader_is_not_moved_where_the_limiter_cannot_do_it(session: Session) -> None:
    ruled = drawn(session, (0.0, 1.0), mode=1)
    with pytest.raises(UserError, match=r"stays, and ReaLimit cannot lower by .*; lower the mix first, or set the mas"):
        decided(ruled, "-45")
    with pytest.raises(UserError, match=r"rules its fader \(automation mode\), which stays; .* dB of limiting"):
        decided(drawn(session, (0.0, 0.25), mode=1), "-13")
    there = f"{measured(ruled)[0]:.2f}"
    plan = decided(ruled, there)
    assert plan.changes == () and not plan.details["limits"]
    assert decided(drawn(session, (0.0, 1.0)), "-30").changes == decided(session, "-30").changes  # trim/read


LOUDER = Effect("VST: ReaEQ (Cockos)", "mine", bands=(EqBand("high_shelf", 20.0, 9.0, 1.0),))


@pytest.mark.parametrize("name", ["flat", "panned", "mono"])
def test_the_limiter_moves_behind_what_was_put_behind_it(session: Session, name: str) -> None:
    delivered = applied(MASTERS[name](session), decided(MASTERS[name](session), "-12").changes)
    raised = replace(delivered, master_effects=(*delivered.master_effects, LOUDER))
    assert measured(raised)[1] > 1.0
    plan = decided(raised, "-12")
    done = applied(raised, plan.changes)
    lufs, true_peak_dbtp = measured(done)
    assert lufs == pytest.approx(-12.0, abs=0.1) and lufs == pytest.approx(plan.details["lufs"], abs=0.05)
    assert true_peak_dbtp < -1.0 + 0.02
    assert [effect.label for effect in done.master_effects] == ["mine", LABEL]
    assert "; moved behind mine, as last on the master" in plan.changes[0].reason
    assert decided(done, "-12").changes == ()
    assert applied(done, mixplan.revert(plan).changes) == raised


def test_what_does_nothing_may_stand_behind_the_limiter(session: Session) -> None:
    delivered = applied(session, decided(session, "-12").changes)
    chain = (*delivered.master_effects, replace(LOUDER, bypassed=True))
    assert decided(replace(delivered, master_effects=chain), "-12").changes == ()


@pytest.mark.parametrize("target", ["-12", "-30"])
def test_a_limiter_with_others_behind_it_comes_back_to_its_place(folder: Path, tmp_path: Path, target: str) -> None:
    first = workflow.run_job("deliver", folder, DeliverSettings("-12"), out=str(tmp_path / "song.RPP"))
    data = Path(first.outputs["project"]).read_bytes()
    behind = data.index(b"  >", data.index(b"WAK", data.index(b"<MASTERFXLIST")))
    lines = reaeq("mine", LOUDER.bands, guid(70))
    own = b"".join(f"    {line}\r\n".encode() for line in lines)
    project = tmp_path / "raised.RPP"
    project.write_bytes(data[:behind] + own + data[behind:])
    done = workflow.run_job("deliver", project, DeliverSettings(target), out=str(tmp_path / "again.RPP"))
    again = Path(done.outputs["project"])
    planned = applied(open_session(project), done.plan.changes)
    assert open_session(again).master_effects == planned.master_effects
    assert [e.label for e in open_session(again).master_effects] == ["mine", LABEL][: 2 if target == "-12" else 1]
    taken = saved_plans.apply_plan(Path(done.outputs["plan"]), again, out=str(tmp_path / "back.RPP"), undo=True)
    back = Path(taken.outputs["project"]).read_bytes()
    assert chain_of(back) == chain_of(project.read_bytes())


def chain_of(data: bytes) -> bytes:
    """The master's plug-ins in a project."""
    return data[data.index(b"<MASTERFXLIST") : data.index(b"<TRACK")]


@pytest.mark.parametrize("target", ["-13", "-30"])
def test_twice_is_once(session: Session, target: str) -> None:
    first = decided(session, target)
    again = decided(applied(session, first.changes), target)
    assert again.changes == ()


def test_a_lower_target_takes_the_limiter_away(session: Session) -> None:
    loud = applied(session, decided(session, "-13").changes)
    limiter, trim = decided(loud, "-30").changes
    assert isinstance(limiter, Limiter) and limiter.after is None and isinstance(trim, MasterTrim)
    assert not applied(loud, (limiter, trim)).master_effects


def test_without_dialogue_the_programme_is_named(session: Session) -> None:
    (change,) = decided(session, "netflix").changes
    assert "−24.0 LUFS" in change.reason and "dialogue" not in change.reason


def test_what_is_not_sane_is_refused(session: Session) -> None:
    with pytest.raises(UserError, match=r": target -\d+\.?\d* ceiling_dbtp -1;"):
        decided(session, "-3")


@pytest.mark.parametrize("target", ["-13", "-30"])
def test_a_project_and_back(folder: Path, tmp_path: Path, target: str) -> None:
    done = workflow.run_job("deliver", folder, DeliverSettings(target), out=str(tmp_path / "song.RPP"))
    project = Path(done.outputs["project"])
    read = open_session(project)
    assert [e.limiter for e in read.master_effects] == [c.after for c in done.plan.changes if isinstance(c, Limiter)]
    assert decided(read, target).changes == ()
    taken = saved_plans.apply_plan(Path(done.outputs["plan"]), project, out=str(tmp_path / "back.RPP"), undo=True)
    back = open_session(Path(taken.outputs["project"]))
    assert back.master_effects == () and back.master_db == 0.0


def test_a_delivered_project_sounds_delivered(folder: Path, tmp_path: Path) -> None:
    """Its limiter is played by mixengine's own, as is said; the stems add up; at the target nothing is left to do."""
    done = workflow.run_job("deliver", folder, DeliverSettings("-13"), out=str(tmp_path / "song.RPP"))
    project = Path(done.outputs["project"])
    plain = render_files.render(project, RenderSettings(bits="32f"), out=str(tmp_path / "mix"))
    (mix,) = [entry for entry in plain.written if entry.kind == "mix"]
    meter, peaks = LoudnessMeter(RATE, 2), TruePeaks(RATE, 2)
    sound = soundfile.read(mix.file, dtype="float32")[0]
    meter.add(sound)
    peaks.add(sound)
    assert meter.integrated() == pytest.approx(-13.0, abs=0.1) and peaks.dbtp() < -1.0 + 0.005
    assert plain.adds_up
    assert any("played by mixengine's own limiter, REAPER's may differ" in entry.what[0] for entry in plain.unheard)
    again = render_files.render(project, RenderSettings(target="-13"), out=str(tmp_path / "again.wav")).finished
    assert again is not None and again.limited_db < 0.1 and again.gain_db == pytest.approx(0.0, abs=0.1)


def test_a_limiter_of_the_users_is_named_and_not_played(session: Session) -> None:
    chain = (Effect("VST: ReaLimit (Cockos)", "my limiter", limiter=LimiterSettings(-20.0, -1.0)),)
    plan = decided(replace(session, master_effects=chain), "-30")
    assert any("master: not measured: effect VST: ReaLimit" in note for note in plan.notes)
    assert plan.changes == decided(session, "-30").changes


def test_the_command_shows_and_writes_a_page(run, folder: Path, tmp_path: Path) -> None:
    result = run("deliver", folder, "--target", "-13", "--report", "-o", tmp_path)
    assert "target 13lufs asks for" in result.stdout and (tmp_path / "report.html").is_file()


def test_the_state_is_as_in_public_projects() -> None:
    state = realimit.new(LimiterSettings(-9.5, -1.0))
    header, data, footer = (base64.b64decode(line) for line in realimit.encode(state))
    assert header.startswith(b"tmlr\xee\x5e\xed\xfe") and header[-12:] == struct.pack("<III", 48, 1, 0x00100000)
    assert struct.unpack("<IIddIIdd", data) == (3, 1, -9.5, -1.0, 2, 0, 0.0, pytest.approx(0.177828, abs=1e-6))
    again = realimit.decode([line.encode() for line in realimit.encode(state)])
    assert again == state and footer.startswith(b"\0\0")
    assert realimit.from_data_text(realimit.data_text(state)).settings == state.settings


@pytest.mark.parametrize(("threshold", "ceiling", "fits"), [(-70.0, -1.0, False), (0.0, 1.0, False), (0.0, 0.0, True)])
def test_what_realimit_can_hold(threshold: float, ceiling: float, fits: bool) -> None:
    assert realimit.writable(LimiterSettings(threshold, ceiling)) is fits


def test_a_strange_state_is_left_alone() -> None:
    lines = realimit.encode(realimit.new(LimiterSettings(-3.0, -1.0)))
    with pytest.raises(realimit.NotReaLimit):
        realimit.decode([lines[0].encode(), base64.b64encode(b"\0" * 48), lines[2].encode()])


def test_reverse_of_the_change() -> None:
    change = Limiter(MASTER, LABEL, None, LimiterSettings(-9.0, -1.0))
    assert change.reverted() == replace(change, before=change.after, after=None)
    assert mixplan.CHANGES["limiter"] is Limiter
