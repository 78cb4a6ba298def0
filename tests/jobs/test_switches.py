"""Switches that decide what sounds, through all jobs that listen: constant levels, so that a peak is a gain."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from mixengine.jobs.balance import job as balance
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.duck import job as duck
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.jobs.lint import job as lint
from mixengine.jobs.lint.settings import LintSettings
from mixengine.jobs.render import export
from mixengine.jobs.render.settings import RenderSettings
from mixengine.mixer import mix, unsupported
from mixengine.mixer.routing import graph
from mixengine.model import selection
from mixengine.model.session import Session
from mixengine.system.staging import Staging
from tests.helpers import rpp_builders as b
from tests.helpers.render_sessions import mixed, rendered
from tests.helpers.sounds import noise, tone, write

RATE = 48000
LEVELS = {"quarter": 0.25, "eighth": 0.125, "sixteenth": 0.0625}
HALF = "1 0.5 0 0"
SEND = "AUXRECV {source} 0 1 0 0 0 0 {channels} -1:U 0 -1 ''"


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("levels")
    for name, level in LEVELS.items():
        write(folder / f"{name}.wav", np.full((RATE // 2, 1), level, np.float32), RATE)
    for number, pitch_hz in enumerate((220.0, 330.0, 440.0)):
        sound = tone(pitch_hz, 3.0, RATE, level=0.2) + noise(3.0, RATE, level=0.02, seed=number)
        write(folder / f"sound {number}.wav", sound, RATE)
    return folder


def item(file: str, *more: str, position_s: float = 0.0, length_s: float = 0.5, lines=(), volpan="1 0 1 -1"):
    head = ["<ITEM", f"POSITION {position_s}", f"LENGTH {length_s}", "MUTE 0 0", f"IGUID {{{file} {position_s}}}"]
    return [*head, f"NAME {file}", f"VOLPAN {volpan}", "SOFFS 0", *lines, *b.source(f"{file}.wav"), *more, ">"]


def sounding(number: int, *more: str) -> list[str]:
    """An item of three seconds that can be measured."""
    lines = item(f"sound {number}", *more, length_s=3.0)
    return [f'NAME "sound {number}"' if line.startswith("NAME") else line for line in lines]


def read(place: Path, *parts, head: tuple[str, ...] = ()) -> Session:
    return b.load(b.project(*parts, head=("SAMPLERATE 48000 1 0", *head)), place / "song.RPP").session()


def peak(session: Session) -> float:
    """The peak of the mix as REAPER plays it, the same left and right."""
    sound = mixed(session)
    left, right = np.abs(sound).max(axis=0)
    assert left == pytest.approx(right, abs=1e-7)
    return float(left)


def without(lines: list[str], *names: str) -> list[str]:
    return [line for line in lines if not line.startswith(names)]


# --------------------------------------------------------------------------------------------------------- VCA groups


def flags(*fields: int, name: str = "GROUP_FLAGS", group: int = 1) -> str:
    """A line in which these fields (21 leads as a VCA, 22 follows, 23 follows before the effects) hold a group."""
    return f"{name} " + " ".join(str((1 << (group - 1)) * (field in fields)) for field in range(1, 26))


@pytest.mark.parametrize("follow", [22, 23])
@pytest.mark.parametrize("name, group", [("GROUP_FLAGS", 1), ("GROUP_FLAGS", 32), ("GROUP_FLAGS_HIGH", 3)])
def test_a_follower_is_turned_down_by_its_lead(place, follow, name, group):
    lead = b.track(1, volpan="0.5 0 -1 -1 1", lines=(flags(21, name=name, group=group),))
    follower = b.track(2, item("quarter"), volpan="0.5 0 -1 -1 1", lines=(flags(follow, name=name, group=group),))
    assert peak(read(place, lead, follower)) == pytest.approx(0.25 * 0.5 * 0.5)
    assert peak(read(place, lead, b.track(2, item("quarter"), volpan="0.5 0 -1 -1 1"))) == pytest.approx(0.125)
    other = flags(follow, name="GROUP_FLAGS", group=2)
    assert peak(read(place, lead, b.track(2, item("quarter"), lines=(other,)))) == pytest.approx(0.25)


def test_leads_of_leads_count_once_each(place):
    above = b.track(1, volpan="0.5 0 -1 -1 1", lines=(flags(21, group=1),))
    both = flags(21, group=2).split()
    both[22] = "1"
    lead = b.track(2, volpan="0.5 0 -1 -1 1", lines=(" ".join(both),))
    follower = b.track(3, item("quarter"), lines=(flags(22, group=2),))
    assert peak(read(place, above, lead, follower)) == pytest.approx(0.0625)
    twice = b.track(3, item("quarter"), lines=(" ".join(["GROUP_FLAGS", *["0"] * 21, "3"]),))
    assert peak(read(place, above, lead, twice)) == pytest.approx(0.0625)
    circle = b.track(1, item("quarter"), lines=(f"{flags(21, 22)}",))
    assert peak(read(place, circle)) == pytest.approx(0.25)


def test_the_leads_envelopes_and_folders_count(place):
    drawn = b.envelope("VOLENV2", "0 0.5 0")
    lead = b.track(1, drawn, volpan="0.5 0 -1 -1 1", lines=(flags(21),))
    assert peak(read(place, lead, b.track(2, item("quarter"), lines=(flags(22),)))) == pytest.approx(0.0625)
    folder = b.track(2, bus="1 1", lines=(flags(22),))
    inside = b.track(3, item("quarter"), bus="2 -1")
    session = read(place, lead, folder, inside)
    assert peak(session) == pytest.approx(0.0625)
    summed = np.concatenate(list(mix.sum_blocks(session, [session.tracks[2]])))
    assert np.abs(summed).max() == pytest.approx(0.0625)


def planned(session: Session):
    return balance.plan(session, BalanceSettings(cache=False, start_from="scratch"), lambda *_: None)


def moves(plan) -> dict[str, float]:
    return {row.name: row.gain_db for row in plan.details.tracks}


def test_balance_hears_a_lead_and_leaves_it_alone(place):
    def session(lead_gain: float, own: str = ""):
        follower = b.track(2, sounding(0), name="follower", lines=(flags(22),))
        lead = b.track(1, sounding(2) if own else [], name="lead", volpan=f"{lead_gain} 0 -1 -1 1", lines=(flags(21),))
        return read(place, lead, follower, b.track(3, sounding(1), name="other"))

    plain, lowered = planned(session(1.0)), planned(session(0.5))
    gained = moves(lowered)["follower"] - moves(plain)["follower"]
    lost = moves(lowered)["other"] - moves(plain)["other"]
    assert gained - lost == pytest.approx(20 * math.log10(2.0), abs=0.3)
    assert "VCA leads, whose faders stay: lead" in lowered.notes
    with_sound = planned(session(0.5, own="yes"))
    reasons = {row.name: row.reason for row in with_sound.details.tracks}
    assert moves(with_sound)["lead"] == 0.0 and "a VCA lead" in reasons["lead"]
    assert b.guid(1) not in {change.track for change in with_sound.changes}


def test_a_muted_lead_is_said(place):
    lead = [line.replace("MUTESOLO 0", "MUTESOLO 1") for line in b.track(1, lines=(flags(21),))]
    session = read(place, lead, b.track(2, item("quarter"), lines=(flags(22),)))
    assert peak(session) == pytest.approx(0.25)
    assert any("muted VCA leads" in note and "T1" in note for note in selection.notes(session, [session.tracks[1]]))


# ---------------------------------------------------------------------------------------------------- automation modes


@pytest.mark.parametrize("mode, gain", [(0, 0.25), (1, 0.5), (2, 0.5), (3, 0.5), (4, 0.5)])
def test_in_all_modes_but_trim_the_envelope_takes_the_faders_place(place, mode, gain):
    drawn = b.envelope("VOLENV2", "0 0.5 0")
    session = read(place, b.track(1, item("quarter"), drawn, volpan="0.5 0 -1 -1 1", lines=(f"AUTOMODE {mode}",)))
    assert peak(session) == pytest.approx(0.25 * gain)
    said = [note for note in selection.notes(session, list(session.tracks)) if "automation mode" in note]
    assert len(said) == (mode != 0) and all("not certain" in note and "T1" in note for note in said)


@pytest.mark.parametrize("drawn", [[], ["VOLENV"], ["VOLENV3"], ["off"]])
def test_without_an_active_volume_envelope_the_fader_counts(place, drawn):
    lines = [b.envelope(name if name != "off" else "VOLENV2", "0 1 0") for name in drawn]
    if drawn == ["off"]:
        lines = [[line.replace("ACT 1", "ACT 0") for line in lines[0]]]
    session = read(place, b.track(1, item("quarter"), *lines, volpan="0.5 0 -1 -1 1", lines=("AUTOMODE 1",)))
    assert peak(session) == pytest.approx(0.125)


def test_the_masters_mode_and_an_imposed_one(place):
    master, drawn = b.envelope("MASTERVOLENV2", "0 0.5 0"), b.envelope("VOLENV2", "0 0.5 0")
    track = b.track(1, item("quarter"), volpan="0.5 0 -1 -1 1")
    head = ("MASTER_VOLUME 0.5 0 -1 -1 1",)
    assert peak(read(place, master, track, head=head)) == pytest.approx(0.25 * 0.5**3)
    assert peak(read(place, master, track, head=(*head, "MASTERAUTOMODE 1"))) == pytest.approx(0.25 * 0.5**2)
    ruled = b.track(1, item("quarter"), drawn, volpan="0.5 0 -1 -1 1")
    imposed = read(place, ruled, head=("GLOBAL_AUTO 1",))
    assert peak(imposed) == pytest.approx(0.125)
    assert any("imposed on all tracks (global automation override): read" in note for note in imposed.notes)
    assert peak(read(place, ruled, head=("GLOBAL_AUTO 6",))) == pytest.approx(0.125)
    assert peak(read(place, ruled)) == pytest.approx(0.0625)


def test_balance_moves_no_fader_that_an_envelope_rules(place):
    drawn = b.envelope("VOLENV2", "0 0.5 0")

    def session(mode: int):
        ruled = b.track(1, sounding(0), drawn, name="ruled", volpan="0.1 0 -1 -1 1", lines=(f"AUTOMODE {mode}",))
        return read(place, ruled, b.track(2, sounding(1), name="other"), b.track(3, sounding(2), name="third"))

    trim, rule = planned(session(0)), planned(session(1))
    assert moves(trim)["ruled"] > 3.0 and b.guid(1) in {change.track for change in trim.changes}
    assert moves(rule)["ruled"] == 0.0 and b.guid(1) not in {change.track for change in rule.changes}
    reason = next(row.reason for row in rule.details.tracks if row.name == "ruled")
    assert "its volume envelope rules the fader" in reason


# ------------------------------------------------------------------------------------------- takes, lanes, own mix flag


def test_all_takes_are_rendered_and_measured(place):
    other = ("TAKE", "NAME x", *b.source("eighth.wav"))
    together = read(place, b.track(1, item("quarter", *other, lines=("ALLTAKES 1",))))
    assert peak(together) == pytest.approx(0.375)
    alone = planned(read(place, b.track(1, sounding(0)), b.track(2, sounding(1))))
    same = ("TAKE", "NAME x", *b.source("sound 0.wav"))
    lines = [*sounding(0, *same)]
    doubled = planned(read(place, b.track(1, [lines[0], "ALLTAKES 1", *lines[1:]]), b.track(2, sounding(1))))
    levels = [{row.name: row.measured_lufs for row in plan.details.tracks} for plan in (alone, doubled)]
    assert levels[1]["T1"] - levels[0]["T1"] == pytest.approx(20 * math.log10(2.0), abs=0.01)
    assert levels[1]["T2"] == pytest.approx(levels[0]["T2"], abs=1e-6)


def test_what_does_not_play_is_not_measured(place):
    lanes = ("FREEMODE 2", "ITEMLANES 2", "LANESOLO 2 0")
    lower = ["<ITEM", "YPOS 0 0.5 2", *item("quarter")[1:]]
    upper = ["<ITEM", "YPOS 0.5 0.5 2", *item("eighth")[1:]]
    session = read(place, b.track(1, lower, upper, lines=lanes))
    assert peak(session) == pytest.approx(0.125)
    assert [clip.name for clip in session.tracks[0].audio_clips] == ["eighth"]
    muted = [line.replace("MUTE 0 0", "MUTE 0 1") for line in item("quarter")]
    soloed = [line.replace("MUTE 0 0", "MUTE 1 -1") for line in item("eighth")]
    assert peak(read(place, b.track(1, muted, soloed))) == pytest.approx(0.125)


# ---------------------------------------------------------------------------------------------------- ways into the mix


def notes_of(session: Session) -> dict[str, list[str]]:
    """What each job says of a session: render's lines of tracks with their notes."""
    plain = lambda *_: None  # noqa: E731
    result = {"lint": list(lint.plan(session, LintSettings(cache=False, checks=("silent",)), plain).notes)}
    result["balance"] = list(balance.plan(session, BalanceSettings(cache=False), plain).notes)
    result["duck"] = list(duck.plan(session, DuckSettings(music=("T1",)), plain).notes)
    lost = unsupported.unsupported(session, graph(session))
    result["render"] = [f"{entry.track}: {what}" for entry in lost for what in entry.what]
    return result


def rendered_notes(session: Session, folder: Path) -> list[str]:
    with Staging(folder) as stage:
        return export.to_staging(session, RenderSettings(mix=True), stage).notes


def with_item_notes(kind: str) -> list[str]:
    """Lines behind the source of an item that ask for what is not played."""
    return {
        "pitch envelope of the take": b.envelope("PITCHENV", "0 2 0"),
        "edited samples": ["SPLS 1 2 3"],
        "stretch markers": ["SM 0 0 + 1 1"],
        "take FX": ["<TAKEFX", *b.plugin(), ">"],
        "automation items of a take envelope": b.envelope(
            "VOLENV", "0 1 0", lines=("POOLEDENVINST 1 0 1 0 1 0 0 1 0 0 0 0",)
        ),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "pitch envelope of the take",
        "edited samples",
        "stretch markers",
        "take FX",
        "automation items of a take envelope",
    ],
)
def test_what_a_take_asks_for_is_said_with_track_and_item(place, kind):
    session = read(place, b.track(1, sounding(0, *with_item_notes(kind))), b.track(2, sounding(1), sounding(2)))
    for job, notes in notes_of(session).items():
        (line,) = (note for note in notes if kind in note)
        assert "T1: " in line and "'sound 0' at 0.00 s" in line, job


def test_a_kind_is_said_once_with_the_first_items_and_their_number(place):
    tracks = [
        b.track(n, *(item("quarter", "SM 0 0", position_s=float(k)) for k in range(40))) for n in range(1, 4)
    ]  # fmt: skip
    session = read(place, *tracks)
    (line,) = (note for note in selection.notes(session, list(session.tracks)) if "stretch" in note)
    assert line.endswith("T1: 'quarter' at 3.00 s and 116 more")


def test_bypassed_take_effects_and_bypassed_envelopes_are_not_named(place):
    off = [line.replace("BYPASS 0", "BYPASS 1") for line in b.plugin()]
    quiet = ["<TAKEFX", *off, ">", *(line.replace("ACT 1", "ACT 0") for line in b.envelope("PITCHENV", "0 2 0"))]
    assert read(place, b.track(1, item("quarter", *quiet))).tracks[0].clips[0].notes == ()


def lone(*tracks: list[str]) -> list[list[str]]:
    return [[line.replace("MAINSEND 1", "MAINSEND 0") for line in track] for track in tracks]


def test_a_track_with_no_way_into_the_mix_is_said_and_not_measured(place):
    (lost,) = lone(b.track(3, sounding(2), name="lost"))
    session = read(place, b.track(1, sounding(0)), b.track(2, sounding(1)), lost)
    for job, notes in notes_of(session).items():
        assert any("no way into the mix" in note and "lost" in note for note in notes), job
    assert selection.pick(session).skipped == {
        b.guid(3): "no way into the mix (no main send, and no other that is heard)"
    }


@pytest.mark.parametrize("channels, heard", [("0 0", True), ("0 2", False), ("0 1026", False), ("2 0", False)])
def test_a_send_is_a_way_only_into_the_first_two_channels(place, channels, heard):
    (sender,) = lone(b.track(1, item("quarter")))
    bus = b.track(2, [SEND.format(source=0, channels=channels)], lines=("NCHAN 4",), name="bus")
    session = read(place, sender, bus, b.track(3, item("eighth")))
    assert peak(session) == pytest.approx(0.375 if heard else 0.125)
    notes = selection.notes(session, selection.pick(session).tracks)
    assert any("'T1' to 'bus'" in note for note in notes) is not heard
    assert any("no way into the mix" in note and "T1" in note for note in notes) is not heard
    assert (b.guid(1) in selection.pick(session).skipped) is not heard


def test_a_muted_bus_and_a_folder_without_main_send_are_no_way(place):
    (sender, folder) = lone(b.track(1, item("quarter")), b.track(2, bus="1 1"))
    muted = [line.replace("MUTESOLO 0", "MUTESOLO 1") for line in b.track(2, [SEND.format(source=0, channels="0 0")])]
    assert b.guid(1) in selection.pick(read(place, sender, muted)).skipped
    inside = b.track(3, item("quarter"), bus="2 -1")
    assert selection.pick(read(place, folder, inside)).skipped[b.guid(3)].startswith("no way into the mix")


def test_a_master_that_is_all_the_way_down_is_said_by_all(place, tmp_path):
    head = ("MASTER_VOLUME 0.00000003162278 0 -1 -1 1",)
    session = read(place, b.track(1, sounding(0)), b.track(2, sounding(1)), head=head)
    said = "the master's fader stands at −150 dB: the mix is silent"
    notes = notes_of(session)
    assert all(said in notes[job] for job in ("lint", "balance", "duck"))
    assert said in rendered_notes(session, tmp_path / "out")


def test_settings_of_tracks_are_said_once_per_kind(place):
    tracks = [b.track(n, sounding(n), lines=("HWOUT 0 0 1 0 0 0 0 -1:U -1",)) for n in (1, 2)]
    notes = notes_of(read(place, *tracks))
    for job in ("lint", "balance", "duck"):
        assert "not heard: hardware output: T1, T2" in notes[job], job
    assert "T1: hardware output" in notes["render"]


def test_a_solo_is_said_and_changes_no_measurement(place):
    soloed = [line.replace("MUTESOLO 0 0", "MUTESOLO 0 1") for line in b.track(1, sounding(0))]
    session = read(place, soloed, b.track(2, sounding(1)))
    assert "soloed, all others are measured all the same: T1" in planned(session).notes
    assert len(selection.pick(session).tracks) == 2


def test_automation_items_name_their_tracks(place):
    pooled = b.envelope("VOLENV2", "0 1 0", lines=("POOLEDENVINST 1 0 1 0 1 0 0 1 0 0 0 0",))
    off = [line.replace("ACT 1", "ACT 0") for line in pooled]
    master = [line.replace("<VOLENV2", "<MASTERVOLENV2") for line in pooled]
    session = read(place, master, b.track(1, pooled), b.track(2, off), b.track(3, pooled, name="voice"))
    assert session.notes == ("automation items of envelopes are not evaluated: T1, voice, master",)


# ---------------------------------------------------------------------------------------------------- the whole project


@pytest.mark.parametrize(
    "markers, start_s, end_s",
    [((), 0.0, 2.5), (("=START",), 1.0, 2.5), (("=END",), 0.0, 2.0), (("=START", "=END"), 1.0, 2.0),
     (("start", "=end", "=START x"), 0.0, 2.5)],
)  # fmt: skip
def test_start_and_end_markers_bound_a_render(place, tmp_path, markers, start_s, end_s):
    lines = tuple(f'MARKER {n} {2.0 if "END" in m.upper() else 1.0} "{m}" 0' for n, m in enumerate(markers))
    session = read(place, b.track(1, item("quarter"), item("eighth", position_s=2.0)), head=lines)
    with Staging(tmp_path) as stage:
        done = export.to_staging(session, RenderSettings(mix=True, bits="32f"), stage)
    assert done.length_s == pytest.approx(end_s - start_s)
    expected = 0.25 if start_s == 0.0 else 0.125 if end_s > 2.0 else 0.0
    assert 10.0 ** (done.written[0].peak_dbfs / 20.0) == pytest.approx(expected, abs=1e-9)
    assert any("as the project's markers say" in note for note in done.notes) is (bool(start_s) or end_s < 2.5)


def test_bounds_that_are_asked_for_count_over_markers(place, tmp_path):
    head = ('MARKER 1 1 "=START" 0', 'MARKER 2 0.5 "=END" 0', 'MARKER 3 0.25 "=START" 1', 'MARKER 3 0.75 "" 1')
    session = read(place, b.track(1, item("quarter")), head=head)
    with Staging(tmp_path / "a") as stage:
        asked = export.to_staging(session, RenderSettings(mix=True, start_s=0.1, end_s=0.3), stage)
    assert asked.length_s == pytest.approx(0.2)
    with Staging(tmp_path / "b") as stage:
        crossed = export.to_staging(session, RenderSettings(mix=True), stage)
    assert crossed.length_s == pytest.approx(0.5), "an end before the start bounds nothing"


def test_the_projects_speed_is_said(place):
    assert read(place, head=("PLAYRATE 1 0 0.25 4",)).notes == ()
    assert read(place, head=("PLAYRATE 1.5 0 0.25 4",)).notes == (
        "the project plays at 1.5 times its speed: heard at 1",
    )
    drawn = b.envelope("MASTERPLAYSPEEDENV", "0 1.5 0")
    assert read(place, drawn).notes == ("an envelope moves the project's play rate: heard at 1",)
    assert read(place, [line.replace("ACT 1", "ACT 0") for line in drawn]).notes == ()


# --------------------------------------------------------------------------------------------------------- JS utilities


def utility(file: str, *sliders: object, beside: tuple[str, ...] = (), bypass: int = 0) -> list[str]:
    values = " ".join([*map(str, sliders), *["-"] * (64 - len(sliders))])
    plugin = [f"BYPASS {bypass} 0 0", f'<JS {file} ""', f"{values} ", ">", "FLOATPOS 0 0 0 0", "FXID {1}", *beside]
    return b.chain([*plugin, "WAK 0 0"])


@pytest.mark.parametrize(
    "chain, level",
    [(utility("utility/volume", -6, 0), 0.125), (utility('"utility/volume"', 6, 0), 0.5),
     (utility("utility/volume", 18, 0), 1.0), (utility("utility/volume", 18, -6), 0.5),
     (utility("utility/volume", 18, 150), 2.0), (utility("utility/volume", 6), 0.5),
     (utility("utility/volume_pan", 20 * math.log10(0.5), 0, 0), 0.125),
     (utility("utility/volume_pan", 0, 0, -6), 0.25 * 10 ** -0.3), (utility("utility/volume_pan", 0, 0, 6), 0.25),
     (utility("utility/volume", -6, 0, bypass=1), 0.25)],
)  # fmt: skip
def test_cockos_volume_utilities_are_rendered(place, chain, level):
    session = read(place, b.track(1, item("quarter"), chain))
    assert peak(session) == pytest.approx(level, rel=1e-6)
    assert unsupported.unsupported(session, graph(session)) == []


@pytest.mark.parametrize(
    "pan, law, left, right",
    [(-100, 0, 1.0, 0.0), (50, 0, 0.5, 1.0), (-50, -3, 0.7079458 + 0.2920542 / 3, None), (100, -6, 0.0, 1.0),
     (100, 6, 0.0, 10**0.3)],
)  # fmt: skip
def test_their_pan_turns_the_far_side_down(place, pan, law, left, right):
    sound = mixed(read(place, b.track(1, item("quarter"), utility("utility/volume_pan", 0, pan, law)))).max(axis=0)
    assert sound[0] == pytest.approx(0.25 * left, rel=1e-5, abs=1e-9)
    assert sound[1] == pytest.approx(0.25 * (left / 2 if right is None else right), rel=1e-5, abs=1e-9)


def test_stems_through_a_ceiling_add_up(place):
    folder = b.track(1, utility("utility/volume", 12, 0), bus="1 1")
    session = read(place, folder, b.track(2, item("quarter")), b.track(3, item("eighth"), bus="2 -1"))
    whole, stems = rendered(session, [{b.guid(2)}, {b.guid(3)}])
    assert np.abs(whole).max() == pytest.approx(1.0)
    np.testing.assert_allclose(sum(stems), whole, atol=1e-6)


@pytest.mark.parametrize(
    "chain, words",
    [(utility("loser/3BandEQ", 0, 200), "effect loser/3BandEQ"), (utility("utility/volume", "-", 0), "utility/volume"),
     (utility("utility/volume2", 6), "effect utility/volume2"),
     (utility("utility/volume_pan", 0, 120), "its pan of 120"),
     (utility("utility/volume", 6, 0, beside=("<PARMENV 0 0 1 0.5", "ACT 1", "PT 0 0 0", ">")), "envelope of a param"),
     (utility("utility/volume", 6, 0, beside=("<JS_PINMAP", "AAAA", ">")), "choice of channels")],
)  # fmt: skip
def test_all_others_are_named_and_not_rendered(place, chain, words):
    session = read(place, b.track(1, item("quarter"), chain))
    assert peak(session) == pytest.approx(0.25)
    (entry,) = unsupported.unsupported(session, graph(session))
    assert words in entry.what[0]


def test_a_master_chain_that_is_off_does_nothing(place):
    chain = ["<MASTERFXLIST", *utility("utility/volume", -6, 0)[1:]]
    track = b.track(1, item("quarter"))
    assert peak(read(place, chain, track)) == pytest.approx(0.125)
    assert peak(read(place, chain, track, head=("MASTER_FX 0",))) == pytest.approx(0.25)
