"""A stretch of a session sounds as the session does there."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.audio import timeline
from mixengine.model.crop import within
from mixengine.model.session import Automation, Clip, EnvelopePoint, Fade, Session, Source, Track
from tests.helpers.sounds import noise, write

RATE = 8000
SETTLING_FRAMES = 100
DRAWN = (Automation("volume", (EnvelopePoint(0.0, 1.0), EnvelopePoint(2.0, 0.25), EnvelopePoint(3.0, 0.5))),)
CLIPS = {
    "plain": {},
    "offset and rate": {"offset_s": 0.5, "rate": 1.25},
    "looped": {"loop": True, "length_s": 7.0},
    "reversed": {"reversed": True},
    "faded outside": {"fade_in": Fade(0.5), "fade_out": Fade(0.25)},
    "take envelope": {"automation": DRAWN, "rate": 1.25},
}


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize("start_s, end_s", [(1.75, 3.5), (0.0, 2.0), (3.0, 99.0), (0.0, 99.0)])
def test_a_passage_sounds_as_the_whole_does_there(tmp_path, name, start_s, end_s):
    fields = dict(CLIPS[name])
    write(tmp_path / "a.wav", noise(4.0, RATE), RATE, "FLOAT")
    source = Source(str(tmp_path / "a.wav"), reversed=fields.pop("reversed", False))
    clip = Clip("c", source, 1.0, **{"length_s": 3.0, **fields})
    session = Session("s", "", RATE, (Track("t", "t", clips=(clip,)),))
    part = within(session, start_s, end_s)
    first, last = (round(time_s * RATE) for time_s in (start_s, end_s))
    whole, heard = (np.concatenate(list(timeline.blocks(one.tracks[0], RATE))) for one in (session, part))
    assert part.duration_s == min(clip.end_s, end_s)
    # REAPER's resampler begins with silence behind it
    settled = first + (SETTLING_FRAMES if fields.get("rate", 1.0) != 1.0 else 0)
    np.testing.assert_allclose(heard[settled:last], whole[settled:last], atol=1e-5)
    assert not heard[:first].any()


def test_what_lies_outside_is_gone_and_tracks_stay():
    clips = tuple(Clip(str(n), Source("a.wav"), float(n), 1.0) for n in range(5))
    session = Session("s", "", RATE, (Track("t", "t", clips=clips, fader_db=-3.0), Track("u", "u", clips=clips[:1])))
    first, second = within(session, 2.0, 3.0).tracks
    assert [clip.id for clip in first.clips] == ["2"]
    assert (first.fader_db, second.clips) == (-3.0, ())


def test_a_fade_that_is_cut_is_as_long_as_what_is_left():
    clip = Clip("c", Source("a.wav"), 1.0, 3.0, fade_in=Fade(1.0), fade_out=Fade(1.0))
    [cut] = within(Session("s", "", RATE, (Track("t", "t", clips=(clip,)),)), 1.25, 3.75).tracks[0].clips
    assert (cut.fade_in.length_s, cut.fade_out.length_s) == (0.75, 0.75)
