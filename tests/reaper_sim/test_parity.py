"""A change through the API and the same change written into the file by `mixengine.hosts.rpp`: the same bytes."""

from __future__ import annotations

import pytest

from mixengine.model.plan import Envelope, Equalizer, Fader, Marker, MasterTrim, MuteClip, Pan
from mixengine.model.session import EnvelopePoint, EqBand
from mixengine.model.units import amplitude
from reaper_sim import SimReaper
from tests.helpers import rpp_builders as builders
from tests.helpers.rpp_builders import chain, guid, reaeq, track
from tests.helpers.sim_projects import song

BANDS = (EqBand("high_pass", 80.0), EqBand("band", 1200.0, -3.5, 1.3), EqBand("high_shelf", 9000.0, 1.25, 2.0))
LOWER = (EqBand("high_pass", 80.0), EqBand("band", 1100.0, -6.0, 0.7), EqBand("high_shelf", 9000.0, 1.25, 2.0))
SONG = song().replace(
    b"  <TRACK " + guid(3).encode(),
    builders.render(track(4, chain(reaeq("mixengine EQ", BANDS, "{7}")))) + b"  <TRACK " + guid(3).encode(),
    1,
)


def fader(api):
    api.RPR_SetMediaTrackInfo_Value(api.RPR_GetTrack(0, 1), "D_VOL", amplitude(-7.3))


def pan(api):
    api.RPR_SetMediaTrackInfo_Value(api.RPR_GetTrack(0, 1), "D_PAN", -0.35)


def master(api):
    api.RPR_SetMediaTrackInfo_Value(api.RPR_GetMasterTrack(0), "D_VOL", amplitude(-1.7))


def mute(api):
    api.RPR_SetMediaItemInfo_Value(api.RPR_GetTrackMediaItem(api.RPR_GetTrack(0, 0), 1), "B_MUTE", 1)


def region(api):
    api.RPR_AddProjectMarker2(0, True, 1.25, 8.5, "verse 2", -1, 0)


def points(api):
    env = api.RPR_GetTrackEnvelopeByChunkName(api.RPR_GetTrack(0, 1), "<VOLENV2")
    for time_s, value in ((1.0, 1.0), (1.3, 0.31622776601683794), (2.7, 0.31622776601683794), (3.125, 1.0)):
        raw = api.RPR_ScaleToEnvelopeMode(api.RPR_GetEnvelopeScalingMode(env), value)
        api.RPR_InsertEnvelopePoint(env, time_s, raw, 0, 0.0, False, True)
    api.RPR_Envelope_SortPoints(env)


def equalizer(api):
    second = api.RPR_GetTrack(0, 2)
    for kind, value in enumerate((1100.0, amplitude(-6.0), 0.7)):
        assert api.RPR_TrackFX_SetEQParam(second, 0, 2, 0, kind, value, False)


DUCK = tuple(EnvelopePoint(t, v) for t, v in ((1.0, 1.0), (1.3, 10**-0.5), (2.7, 10**-0.5), (3.125, 1.0)))
CASES = [
    (fader, Fader(guid(2), 0.0, -7.3)),
    (pan, Pan(guid(2), 0.0, -0.35)),
    (master, MasterTrim(0.0, -1.7)),
    (mute, MuteClip(guid(1), guid(12), False, True)),
    (region, Marker("verse 2", 1.25, 8.5)),
    (points, Envelope(guid(2), "volume", 1.0, 3.125, (), DUCK)),
    (equalizer, Equalizer(guid(4), "mixengine EQ", BANDS, LOWER)),
]


@pytest.mark.parametrize("act, change", CASES, ids=lambda case: getattr(case, "__name__", ""))
def test_same_bytes(tmp_path, act, change):
    path = tmp_path / "song.RPP"
    path.write_bytes(SONG)
    sim = SimReaper(path)
    act(sim.reaper_python)
    written = builders.done(SONG, change)
    assert written != SONG
    assert sim.saved() == written
