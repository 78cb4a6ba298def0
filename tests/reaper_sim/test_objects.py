"""The simulated REAPER: items and takes, sources, envelopes, plug-ins."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from mixengine.hosts.rpp.project import Project
from mixengine.model.session import EqBand
from reaper_sim import SimReaper
from tests.helpers.rpp_builders import chain, envelope, item, plugin, project, reaeq, source, track
from tests.helpers.sounds import tone, write

NULL = "0x0000000000000000"
READINGS = {
    0.0: 716.21785031261,
    3.0: 782.75892367871,
    -3.0: 652.8388356,
    -6.0: 592.848336,
    -12.0: 483.949607,
    -40.0: 170.983742871,
    -150.0: 2.513873,
    12.0: 1000.0,
}
"""dB → raw, as published from real REAPERs."""


def start(tmp_path: Path, *parts, **options) -> SimReaper:
    path = tmp_path / "song.RPP"
    path.write_bytes(project(*parts))
    return SimReaper(path, **options)


def session(sim: SimReaper):
    return Project(sim.saved(), sim.current.path).session()


@pytest.mark.parametrize("level_db, raw", READINGS.items())
def test_fader_curve(level_db, raw):
    api = SimReaper().reaper_python
    amplitude = 10 ** (level_db / 20)
    assert api.RPR_ScaleToEnvelopeMode(1, amplitude) == pytest.approx(raw, abs=1e-5)
    assert api.RPR_ScaleFromEnvelopeMode(1, raw) == pytest.approx(amplitude, rel=1e-6)
    assert api.RPR_ScaleToEnvelopeMode(0, amplitude) == amplitude


def test_points_are_raw_in_the_api_and_linear_in_chunks(tmp_path):
    sim = start(tmp_path, track(1, envelope("VOLENV2", "0 1 0", lines=("VOLTYPE 1",))))
    api = sim.reaper_python
    env = api.RPR_GetTrackEnvelopeByChunkName(api.RPR_GetTrack(0, 0), "<VOLENV2")
    assert api.RPR_GetEnvelopeName(env, "", 99)[2] == "Volume"
    assert api.RPR_GetEnvelopeScalingMode(env) == 1
    raw = api.RPR_ScaleToEnvelopeMode(1, 0.25118864)
    answer = api.RPR_InsertEnvelopePoint(env, 10.0, raw, 5, 0.3, False, True)
    assert answer == (1, env, 10.0, raw, 5, 0.3, False, True)
    api.RPR_InsertEnvelopePoint(env, 9.5, raw, 0, 0.0, False, True)
    with pytest.raises(AssertionError, match="Envelope_SortPoints"):
        sim.saved()
    api.RPR_Envelope_SortPoints(env)
    chunk = api.RPR_GetEnvelopeStateChunk(env, "", 4096, False)[2]
    assert chunk.splitlines()[-4:] == ["PT 0 1 0", "PT 9.5 0.25118864 0", "PT 10 0.25118864 5 0 0 0 0.3", ">"]
    assert api.RPR_GetEnvelopePoint(env, 1, 0, 0, 0, 0, 0)[4] == pytest.approx(raw)
    half = api.RPR_Envelope_Evaluate(env, 4.75, 0, 0, 0, 0, 0, 0)[5]
    assert half == pytest.approx((716.21785 + 483.949607) / 2, abs=1e-3)  # straight in raw values
    assert api.RPR_DeleteEnvelopePointRange(env, 9.5, 10.0) == 1
    assert api.RPR_CountEnvelopePoints(env) == 2


def test_an_envelope_comes_by_the_action_or_by_the_chunk(tmp_path):
    sim = start(tmp_path, track(1, chain(plugin()), item(11)), track(2))
    api = sim.reaper_python
    first, second = api.RPR_GetTrack(0, 0), api.RPR_GetTrack(0, 1)
    assert api.RPR_GetTrackEnvelopeByChunkName(first, "<VOLENV2") == "(TrackEnvelope*)" + NULL
    api.RPR_SetOnlyTrackSelected(first)
    api.RPR_Main_OnCommand(40406, 0)
    env = api.RPR_GetTrackEnvelopeByName(first, "Volume")
    assert api.RPR_GetSetEnvelopeInfo_String(env, "VISIBLE", "", False)[3] == "1"
    api.RPR_Main_OnCommand(40406, 0)
    assert api.RPR_GetSetEnvelopeInfo_String(env, "VISIBLE", "", False)[3] == "0"
    assert sim.saved().index(b"<VOLENV2") < sim.saved().index(b"<FXCHAIN")
    chunk = api.RPR_GetTrackStateChunk(second, "", 99999, False)[2]
    assert api.RPR_SetTrackStateChunk(second, chunk[:-2] + "<VOLENV3\nACT 1 -1\nPT 0 0.5 0\n>\n>\n", False) == 1
    assert api.RPR_CountTrackEnvelopes(second) == 1
    assert session(sim).tracks[1].automation[0].points[0].value == 0.5
    with pytest.raises(AssertionError, match="not one whole"):
        api.RPR_SetTrackStateChunk(second, chunk + "rest", False)


def test_many_points_are_fast_enough(tmp_path):
    sim = start(tmp_path, track(1, envelope("VOLENV2", "0 1 0")))
    api = sim.reaper_python
    env = api.RPR_GetTrackEnvelope(api.RPR_GetTrack(0, 0), 0)
    for index in range(5000):
        api.RPR_InsertEnvelopePoint(env, index / 10, 0.5, 0, 0.0, False, True)
    api.RPR_Envelope_SortPoints(env)
    assert api.RPR_CountEnvelopePoints(env) == 5001


def test_items_and_takes(tmp_path):
    write(tmp_path / "a.wav", tone(220.0, 1.5, rate=8000), rate=8000)
    later = ["TAKE SEL", "NAME two", "TAKEVOLPAN 0.25 -0.5 -1", "SOFFS 2", *source("b.wav"), "TAKE NULL"]
    sim = start(tmp_path, track(1, item(11, *later, volpan="0.5 0.1 0.8 -1")))
    api = sim.reaper_python
    one = api.RPR_GetTrackMediaItem(api.RPR_GetTrack(0, 0), 0)
    assert api.RPR_CountTakes(one) == 3
    takes = [api.RPR_GetTake(one, index) for index in range(3)]
    assert takes[2].endswith(NULL)
    assert api.RPR_GetActiveTake(one) == takes[1]
    values = [
        [api.RPR_GetMediaItemTakeInfo_Value(take, p) for p in ("D_VOL", "D_PAN", "D_STARTOFFS")] for take in takes[:2]
    ]
    assert values == [[0.8, 0.1, 0.75], [-0.5, 0.25, 2.0]]
    assert api.RPR_GetMediaItemInfo_Value(one, "D_VOL") == 0.5
    assert api.RPR_GetMediaItemInfo_Value(one, "D_FADEINLEN_AUTO") == -1
    api.RPR_SetMediaItemTakeInfo_Value(takes[1], "D_PLAYRATE", 2.0)
    api.RPR_GetSetMediaItemTakeInfo_String(takes[1], "P_NAME", "zwei", True)
    api.RPR_SetActiveTake(takes[0])
    assert b"TAKE SEL" not in sim.saved()
    clip = session(sim).tracks[0].clips[0]
    assert (clip.name, clip.rate, clip.offset_s) == ("take1", 1.0, 0.75)
    api.RPR_SetMediaItemInfo_Value(one, "I_CURTAKE", 1)
    clip = session(sim).tracks[0].clips[0]
    assert (clip.name, clip.rate, clip.inverted) == ("zwei", 2.0, True)
    api.RPR_SetMediaItemInfo_Value(one, "B_MUTE", 1)
    assert session(sim).tracks[0].clips[0].mute


def test_sources(tmp_path):
    write(tmp_path / "a.wav", tone(220.0, 1.5, rate=8000), rate=8000)
    section = ["<SOURCE SECTION", "LENGTH 0.5", "MODE 2", "STARTPOS 0.25", *source("a.wav"), ">"]
    midi = ["<SOURCE MIDI", "HASDATA 1 960 QN", ">"]
    sim = start(tmp_path, track(1, item(11), item(12, media=section), item(13, media=midi)))
    api = sim.reaper_python
    takes = [api.RPR_GetActiveTake(api.RPR_GetMediaItem(0, index)) for index in range(3)]
    assert [api.RPR_TakeIsMIDI(take) for take in takes] == [0, 0, 1]
    plain, wrapped, notes = (api.RPR_GetMediaItemTake_Source(take) for take in takes)
    assert api.RPR_GetMediaSourceFileName(plain, "", 512)[1] == str(tmp_path / "a.wav")
    assert api.RPR_GetMediaSourceLength(plain, False)[0] == pytest.approx(1.5)
    assert api.RPR_GetMediaSourceSampleRate(plain) == 8000
    assert api.RPR_GetMediaSourceNumChannels(plain) == 1
    assert api.RPR_GetMediaSourceType(wrapped, "", 99)[1] == "SECTION"
    assert api.RPR_GetMediaSourceFileName(wrapped, "", 512)[1] == ""
    assert api.RPR_PCM_Source_GetSectionInfo(wrapped, 0, 0, 0) == (1, wrapped, 0.25, 0.5, 1)
    parent = api.RPR_GetMediaSourceParent(wrapped)
    assert api.RPR_GetMediaSourceFileName(parent, "", 512)[1] == str(tmp_path / "a.wav")
    assert api.RPR_GetMediaSourceParent(parent).endswith(NULL)
    assert api.RPR_GetMediaSourceFileName(notes, "", 512)[1] == ""


def test_a_new_item_plays_a_file(tmp_path):
    file = write(tmp_path / "mixengine" / "stem é.wav", tone(220.0, 2.0, rate=8000), rate=8000)
    sim = start(tmp_path, track(1))
    api = sim.reaper_python
    one = api.RPR_AddMediaItemToTrack(api.RPR_GetTrack(0, 0))
    assert api.RPR_GetActiveTake(one).endswith(NULL)
    take = api.RPR_AddTakeToMediaItem(one)
    media = api.RPR_PCM_Source_CreateFromFile(str(file))
    assert api.RPR_SetMediaItemTake_Source(take, media) == 1
    api.RPR_SetMediaItemInfo_Value(one, "D_POSITION", 3.5)
    api.RPR_SetMediaItemInfo_Value(one, "D_LENGTH", 2.0)
    api.RPR_PCM_Source_BuildPeaks(media, 0)
    api.RPR_UpdateItemInProject(one)
    (clip,) = session(sim).tracks[0].clips
    assert (clip.position_s, clip.length_s, clip.source.path) == (3.5, 2.0, str(file))
    assert b'FILE "mixengine/stem \xc3\xa9.wav"' in sim.saved()
    with pytest.raises(AssertionError, match="already belongs"):
        api.RPR_SetMediaItemTake_Source(take, media)
    with pytest.raises(AssertionError, match="missing or no audio"):
        api.RPR_PCM_Source_CreateFromFile(str(tmp_path / "nothing.wav"))
    second = api.RPR_AddTakeToMediaItem(one)
    api.RPR_SetMediaItemTake_Source(second, api.RPR_PCM_Source_CreateFromFile(str(file)))
    api.RPR_SetActiveTake(second)
    assert api.RPR_GetActiveTake(one) == second
    assert len(session(sim).tracks[0].clips) == 1


def test_reaeq(tmp_path):
    own = (EqBand("band", 440.0, -3.0, 1.0), EqBand("band", 880.0, 2.0, 1.5))
    sim = start(tmp_path, track(1, chain(plugin(), reaeq("user's", own, "{0}"))), track(2))
    api = sim.reaper_python
    first, second = api.RPR_GetTrack(0, 0), api.RPR_GetTrack(0, 1)
    assert api.RPR_TrackFX_GetEQ(first, False) == 1  # the user's own
    assert api.RPR_TrackFX_GetEQ(second, False) == -1
    assert api.RPR_TrackFX_AddByName(second, "No such plug-in", False, -1) == -1
    fx = api.RPR_TrackFX_AddByName(second, "ReaEQ", False, -1)
    assert fx == api.RPR_TrackFX_AddByName(second, "ReaEQ", False, 1) == 0
    assert api.RPR_TrackFX_SetNamedConfigParm(second, fx, "renamed_name", "mixengine EQ") == 1
    assert api.RPR_TrackFX_GetFXName(second, fx, "", 99)[3] == "mixengine EQ"
    types = []
    while (answer := api.RPR_TrackFX_GetNamedConfigParm(second, fx, f"BANDTYPE{len(types)}", "", 99))[0]:
        types.append(answer[4])
    assert types == ["0", "8", "8", "1", "4"]
    assert api.RPR_TrackFX_SetEQParam(second, fx, 2, 1, 0, 2500.0, False) == 1
    assert api.RPR_TrackFX_SetEQParam(second, fx, 2, 1, 1, 10 ** (-4.0 / 20), False) == 1
    assert api.RPR_TrackFX_SetEQParam(second, fx, 2, 1, 2, 0.8, False) == 1
    assert api.RPR_TrackFX_SetEQParam(second, fx, 3, 0, 0, 50.0, False) == 0  # there is no notch
    assert api.RPR_TrackFX_SetNamedConfigParm(second, fx, "BANDTYPE0", "6") == 1
    assert api.RPR_TrackFX_SetEQParam(second, fx, 3, 0, 0, 50.0, False) == 1
    assert api.RPR_TrackFX_SetEQBandEnabled(second, fx, 0, 0, True) == 1
    with pytest.raises(AssertionError, match="linear amplitude"):
        api.RPR_TrackFX_SetEQParam(second, fx, 2, 0, 1, -4.0, False)
    bands = session(sim).tracks[1].effects[0].bands
    assert bands[0] == EqBand("notch", 50.0)
    assert bands[2] == EqBand("band", 2500.0, -4.0, 0.8)
    assert bands[4] == EqBand("high_pass", 100.0)
    assert session(sim).tracks[1].effects[0].label == "mixengine EQ"
    answer = api.RPR_TrackFX_GetEQParam(second, fx, 7, 0, 0, 0, 0)
    assert (answer[0], answer[4:7]) == (1, (2, 1, 1))
    assert answer[7] == pytest.approx(10 ** (-4.0 / 20) / 2)
    chunk = api.RPR_TrackFX_GetNamedConfigParm(first, 1, "vst_chunk", "", 9999)[4]
    assert base64.b64decode(chunk)[:8] == bytes([33, 0, 0, 0, 2, 0, 0, 0])
    assert api.RPR_TrackFX_SetNamedConfigParm(second, fx, "vst_chunk", chunk) == 1
    assert session(sim).tracks[1].effects[0].bands == own
    assert api.RPR_TrackFX_Delete(second, fx) == 1
    assert api.RPR_TrackFX_GetCount(second) == 0


def test_plugins_are_enabled_and_named(tmp_path):
    sim = start(tmp_path, track(1, chain(plugin(), plugin(label="mine"))))
    api = sim.reaper_python
    first = api.RPR_GetTrack(0, 0)
    before = sim.saved()
    assert [api.RPR_TrackFX_GetFXName(first, index, "", 99)[3] for index in (0, 1)] == [
        "VST: ReaDelay (Cockos)",
        "mine",
    ]
    api.RPR_TrackFX_SetEnabled(first, 1, False)
    assert [effect.bypassed for effect in session(sim).tracks[0].effects] == [False, True]
    api.RPR_TrackFX_SetEnabled(first, 1, True)
    assert sim.saved() == before
    pointer = api.RPR_TrackFX_GetFXGUID(first, 1)
    assert pointer.startswith("(GUID*)0x")
    assert api.RPR_guidToString(pointer, "")[1] == "{0F0F0F0F-0000-4000-8000-000000000000}"
    api.RPR_TrackFX_AddByName(first, "ReaEQ", False, -1001)
    assert api.RPR_TrackFX_GetEQ(first, False) == 1
    api.RPR_TrackFX_Delete(first, 1)
    assert sim.saved() == before
    with pytest.raises(AssertionError, match="no FX 7"):
        api.RPR_TrackFX_Delete(first, 7)


def test_sends_stand_in_the_receiving_track(tmp_path):
    sim = start(tmp_path, track(1), track(2), track(3))
    api = sim.reaper_python
    trigger, ducked = api.RPR_GetTrack(0, 0), api.RPR_GetTrack(0, 2)
    assert api.RPR_CreateTrackSend(trigger, ducked) == 0
    api.RPR_SetTrackSendInfo_Value(trigger, 0, 0, "I_DSTCHAN", 2)
    assert b"AUXRECV 0 0 1 0 0 0 0 0 2 -1:U 0 -1 ''" in sim.saved()
    assert [api.RPR_GetTrackNumSends(t, c) for t, c in ((trigger, 0), (trigger, -1), (ducked, -1))] == [1, 0, 1]
    assert api.RPR_GetTrackSendInfo_Value(ducked, -1, 0, "I_DSTCHAN") == 2
    assert api.RPR_RemoveTrackSend(trigger, 0, 0) == 1
    assert sim.saved() == (tmp_path / "song.RPP").read_bytes()


def test_reacomp_parameters(tmp_path):
    sim = start(tmp_path, track(1))
    api = sim.reaper_python
    first = api.RPR_GetTrack(0, 0)
    fx = api.RPR_TrackFX_AddByName(first, "ReaComp (Cockos)", False, -1)
    assert api.RPR_TrackFX_GetNumParams(first, fx) == 24
    assert api.RPR_TrackFX_GetParamName(first, fx, 0, "", 99)[4] == "Threshold"
    assert api.RPR_TrackFX_GetFormattedParamValue(first, fx, 1, "", 99)[4] == "4.0"
    api.RPR_TrackFX_SetParam(first, fx, 0, 10 ** (-18 / 20))
    assert api.RPR_TrackFX_GetParamNormalized(first, fx, 0) == pytest.approx(0.0629, abs=1e-4)
    assert api.RPR_TrackFX_GetFormattedParamValue(first, fx, 0, "", 99)[4] == "-18.0"
    assert api.RPR_TrackFX_GetParam(first, fx, 0, 0.0, 0.0)[4:] == (0.0, 2.0)
