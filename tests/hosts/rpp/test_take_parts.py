"""What hangs on a take hangs on the new take too, in both hosts; ids that must be unique are."""

from __future__ import annotations

import re

import pytest

from mixengine.model.apply import applied
from mixengine.model.plan import NewTake
from tests.helpers import rpp_builders as b
from tests.helpers.reaper_bench import Bench, lines

ONE, ITEM = b.guid(1), b.guid(10)
PITCHED = "PLAYRATE 2 1 3 589825 0 0.0025"
RESAMPLED = "PLAYRATE 2 1 12 -1 0 0.0025"
ENVELOPES = ("VOLENV", "PANENV", "MUTEENV", "PITCHENV")


def take_fx() -> list[str]:
    parameter = b.envelope("PARMENV 0 0 1 0.5", "0 0.25 0", "3 0.5 0", lines=(f"EGUID {b.guid(71)}",))
    jsfx = [
        "BYPASS 0 0 0",
        '<JS loser/3BandEQ ""',
        "1.5 200 - - - - ",
        ">",
        f"FXID {b.guid(72)}",
        *parameter,
        "WAK 0 0",
    ]
    return b.chain(b.plugin(), jsfx, name="TAKEFX")


def item(rate: str = "PLAYRATE 1 1 0 -1 0 0.0025", *, more: tuple[str, ...] = ()) -> list[str]:
    """An item whose take has everything that can hang on one, as REAPER lays it out."""
    head = (rate, "CHANMODE 1", "TAKECOLOR 27568204 B", f"GUID {b.guid(20)}", "RECPASS 2")
    points = [
        line
        for name in ENVELOPES
        for line in b.envelope(name, "0 0.1 0", "2 0.5 5 0 1 0 0.25", lines=(f"EGUID {b.guid(60)}", "VOLTYPE 1"))
    ]
    tail = [*take_fx(), "TAKEFX_NCH 2", *points, "TKM 0.25 before 0", "TKM 1.75 'a cough' 33226752", *more]
    return b.item(10, *tail, "<EXT", "mark 1", ">", lines=head, volpan="0.5 0.25 -2 -1")


def new_take(data: bytes, change: NewTake) -> list[str]:
    """The lines of the take that a change adds."""
    text = [line.strip() for line in b.body_of(b.done(data, change)).decode().splitlines()]
    begin = text.index("TAKE SEL")
    return text[begin : text.index(">", text.index("<EXT", begin)) + 1]


def times(text: list[str]) -> list[float]:
    return [float(line.split()[1]) for line in text if line.startswith("PT ")]


def test_everything_is_there_again():
    data = b.project(b.track(1, item()))
    text = new_take(data, NewTake(ONE, ITEM, b.guid(99), "x.wav", "clean"))
    assert text[:7] == [
        "TAKE SEL", "NAME clean", "TAKEVOLPAN 0.25 -2 -1", "SOFFS 0", "PLAYRATE 1 1 0 -1 0 0.0025", "CHANMODE 0",
        "TAKECOLOR 27568204 B",
    ]  # fmt: skip
    assert [line for line in text if line.startswith("<")] == [
        "<SOURCE WAVE", "<TAKEFX", '<VST "VST: ReaDelay (Cockos)" readelay.dll 0 "" 1919247213 ""',
        '<JS loser/3BandEQ ""', "<PARMENV 0 0 1 0.5", *(f"<{name}" for name in ENVELOPES), "<EXT",
    ]  # fmt: skip
    assert "PT 2 0.5 5 0 1 0 0.25" in text and "VOLTYPE 1" in text and "TAKEFX_NCH 2" in text
    assert "TKM 1 'a cough' 33226752" in text, "1.75 s of the source, of which the take plays from 0.75 s"
    assert not any(line.startswith(("TKM -", "RECPASS", "IGUID")) for line in text)


def test_ids_are_new_and_lasting():
    data = b.project(b.track(1, item()))
    change = NewTake(ONE, ITEM, b.guid(99), "x.wav")
    ids = re.findall(r"(?:FXID|EGUID|^GUID) (\{.*?\})", "\n".join(new_take(data, change)), flags=re.M)
    assert len(ids) == 8 and b.guid(99) in ids
    assert not set(ids) & set(re.findall(r"\{.*?\}", data.decode()))
    assert ids == re.findall(r"(?:FXID|EGUID|^GUID) (\{.*?\})", "\n".join(new_take(data, change)), flags=re.M)


def test_a_parameter_line_keeps_its_trailing_space():
    done = b.done(b.project(b.track(1, item())), NewTake(ONE, ITEM, b.guid(99), "x.wav"))
    assert done.count(b"1.5 200 - - - - \r\n") == 2


@pytest.mark.parametrize(("playrate", "rate", "factor", "written"), [
    (RESAMPLED, 1.0, 0.5, "PLAYRATE 1 1 0 -1 0 0.0025"),
    (PITCHED, 2.0, 1.0, PITCHED),
    ("PLAYRATE 1 1 -2 -1 0 0.0025", 1.0, 1.0, "PLAYRATE 1 1 -2 -1 0 0.0025"),
    (PITCHED, 4.0, 2.0, "PLAYRATE 4 0 0 -1 0 0.0025"),
])  # fmt: skip
def test_points_stay_where_they_are_heard(playrate, rate, factor, written):
    data = b.project(b.track(1, item(playrate)))
    change = NewTake(ONE, ITEM, b.guid(99), "x.wav", rate=rate)
    text = new_take(data, change)
    assert written in text
    before = [3.0 * factor, *[2.0 * factor] * 4]
    assert [time_s for time_s in times(text) if time_s] == pytest.approx(before)
    in_file = b.read_clip(b.done(data, change))
    [in_memory] = applied(b.load(data).session(), [change]).tracks[0].clips
    assert (in_memory.automation, in_memory.rate) == (in_file.automation, in_file.rate)
    assert in_memory.resampled == in_file.resampled
    session = b.load(data).session()
    assert [e.points[1].time_s / in_file.rate for e in in_file.automation] == pytest.approx(
        [e.points[1].time_s / session.tracks[0].clips[0].rate for e in session.tracks[0].clips[0].automation]
    )


def test_stretch_markers_go_with_a_file_that_has_the_same_seconds():
    data = b.project(b.track(1, item(more=("SM 0 0.75 + 1 2",))))
    assert "SM 0 0.75 + 1 2" in new_take(data, NewTake(ONE, ITEM, b.guid(99), "x.wav", offset_s=0.75))
    assert "TKM 0.25 before 0" in new_take(data, NewTake(ONE, ITEM, b.guid(99), "x.wav", offset_s=0.75))
    assert not any(line.startswith("SM ") for line in new_take(data, NewTake(ONE, ITEM, b.guid(99), "x.wav")))


@pytest.mark.parametrize("plugins", [(), (b.plugin(),)], ids=["a state", "in pieces"])
def test_both_hosts_give_the_same_and_take_it_back(tmp_path, plugins):
    data = b.project(b.track(1, b.chain(*plugins) if plugins else [], item(RESAMPLED)), b.track(2))
    change = NewTake(ONE, ITEM, b.guid(99), "x.wav", "clean")
    assert b.undone(data, change) == data
    bench = Bench(tmp_path, data)
    assert bench.do(change) == []
    assert lines(bench.saved, "FXID") == lines(bench.file_host(change), "FXID")
    assert bench.remove() == []
    assert lines(bench.saved) == lines(data)
