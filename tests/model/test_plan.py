from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.model import codec
from mixengine.model import plan as mixplan
from mixengine.model.details import Stored
from mixengine.model.plan import CHANGES, Envelope, Fader, MixPlan, NewTrack, from_json, revert
from mixengine.model.session import (
    Automation,
    Clip,
    CompressorSettings,
    EnvelopePoint,
    EqBand,
    Fade,
    LimiterSettings,
    Session,
    Source,
    Track,
)
from mixengine.system.errors import UserError

QUICK = settings(deadline=None, max_examples=100)
TEXT = st.text(max_size=8)
LEVEL = st.floats(-200, 100) | st.just(-math.inf)
NUMBER = st.floats(-1e6, 1e6)
POINTS = st.lists(st.builds(EnvelopePoint, NUMBER, NUMBER, st.integers(0, 5), NUMBER, st.booleans()), max_size=3).map(
    tuple
)
BANDS = st.none() | st.lists(st.builds(EqBand, TEXT, NUMBER, LEVEL, NUMBER, st.booleans()), max_size=3).map(tuple)
COMPRESSION = st.none() | st.builds(CompressorSettings, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER)
LIMITING = st.none() | st.builds(LimiterSettings, NUMBER, NUMBER, st.booleans())
PLACE = st.builds(mixplan.Place, NUMBER, NUMBER, NUMBER)
CHANGE = st.one_of(
    st.builds(mixplan.Fader, TEXT, LEVEL, LEVEL, TEXT),
    st.builds(mixplan.Pan, TEXT, NUMBER, NUMBER, TEXT),
    st.builds(mixplan.MasterTrim, LEVEL, LEVEL, TEXT),
    st.builds(mixplan.Envelope, TEXT, TEXT, NUMBER, NUMBER, POINTS, POINTS, st.booleans(), TEXT),
    st.builds(mixplan.Equalizer, TEXT, TEXT, BANDS, BANDS, TEXT),
    st.builds(mixplan.Compressor, TEXT, TEXT, COMPRESSION, COMPRESSION, TEXT),
    st.builds(mixplan.Limiter, TEXT, TEXT, LIMITING, LIMITING, TEXT),
    st.builds(mixplan.MuteClip, TEXT, TEXT, st.booleans(), st.booleans(), TEXT),
    st.builds(mixplan.MuteTrack, TEXT, st.booleans(), st.booleans(), TEXT),
    st.builds(mixplan.Polarity, TEXT, st.booleans(), st.booleans(), TEXT),
    st.builds(mixplan.MoveClip, TEXT, TEXT, PLACE, PLACE, TEXT),
    st.builds(mixplan.SplitClip, TEXT, TEXT, TEXT, NUMBER, st.booleans(), TEXT),
    st.builds(mixplan.NewTrack, TEXT, TEXT, st.none() | TEXT, LEVEL, st.integers(1, 64), st.booleans(), TEXT),
    st.builds(mixplan.NewClip, TEXT, TEXT, TEXT, NUMBER, NUMBER, NUMBER, TEXT, remove=st.booleans(), reason=TEXT),
    st.builds(mixplan.NewTake, TEXT, TEXT, TEXT, TEXT, TEXT, NUMBER, st.booleans(), TEXT),
    st.builds(mixplan.Marker, TEXT, NUMBER, st.none() | NUMBER, st.booleans(), TEXT),
)
PLAN = st.builds(
    MixPlan,
    st.sampled_from(["balance", "duck", "revert balance"]),
    TEXT,
    TEXT,
    st.dictionaries(TEXT, st.none() | st.booleans() | st.integers() | NUMBER | TEXT, max_size=3),
    st.lists(CHANGE, max_size=4).map(tuple),
    st.builds(Stored, st.dictionaries(TEXT, st.lists(NUMBER, max_size=3), max_size=3)),
    st.lists(TEXT, max_size=2).map(tuple),
)
SMALL = MixPlan(
    "balance", "song", "song.RPP", {"strength": 100}, (Fader("t", -3.0, 1.5, "why"),), Stored({"x": 1}), ("n",)
)


@QUICK
@given(PLAN)
def test_a_plan_survives_json(plan):
    text = plan.to_json()
    assert from_json(text) == plan
    assert from_json(text).to_json() == text


@QUICK
@given(PLAN)
def test_the_reverse_of_the_reverse_is_the_plan(plan):
    assert revert(revert(plan)) == plan


def test_every_kind_of_change_is_tested_here():
    kinds = {name for name, kind in CHANGES.items() if kind in vars(mixplan).values()}
    assert kinds == {
        "fader", "pan", "master_trim", "envelope", "equalizer", "compressor", "limiter", "mute_clip", "mute_track",
        "polarity", "move_clip", "new_track", "new_clip", "split_clip", "new_take", "marker",
    }  # fmt: skip


def test_the_reverse_turns_values_and_order_around():
    plan = MixPlan("balance", "s", "p", changes=(NewTrack("n", "new"), Fader("a", 0.0, -2.0), Fader("b", 1.0, 3.0)))
    back = revert(plan)
    assert back.job == "revert balance"
    assert back.changes == (Fader("b", 3.0, 1.0), Fader("a", -2.0, 0.0), NewTrack("n", "new", remove=True))


def test_json_is_versioned_and_strict():
    plan = MixPlan(
        "balance", "s", "p", changes=(Fader("t", -math.inf, 0.0),), details=Stored({"peak": math.nan, "l": -math.inf})
    )
    data = json.loads(plan.to_json(), parse_constant=pytest.fail)
    assert data["mixengine_plan"] == mixplan.SCHEMA
    assert data["changes"] == [{"change": "fader", "track": "t", "before": "-inf", "after": 0.0, "reason": ""}]
    assert data["details"] == {"peak": None, "l": "-inf"}


def edited(**fields: Any) -> str:
    return json.dumps({**json.loads(SMALL.to_json()), **fields})


def fader(**fields: Any) -> str:
    return edited(changes=[{"change": "fader", "track": "t", "before": 0, "after": 1, **fields}])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("null", "not a mixengine plan"),
        ("[]", "not a mixengine plan"),
        ('{"job": "balance"}', "not a mixengine plan"),
        (edited(mixengine_plan=2), "plan version 2"),
        (edited(mixengine_plan=None), "plan version None"),
        (edited(job=3), "MixPlan.job: expected str, found 3"),
        (edited(surprise=1), "unknown field 'surprise'"),
        (edited(settings=[]), "settings: expected an object"),
        (edited(notes="n"), "notes: expected a list"),
        (edited(changes=None), "changes: expected a list"),
        (edited(changes="fader"), "changes: expected a list"),
        (edited(changes={"change": "fader"}), "changes: expected a list"),
        (edited(changes=[None]), "unknown change None"),
        (edited(changes=[{"change": "explode"}]), "unknown change"),
        (edited(changes=[{"change": ["fader"]}]), "unknown change"),
        (edited(changes=[{"change": "fader", "track": "t", "before": 0}]), "'after' is missing"),
        (fader(track=None), "Fader.track: expected str"),
        (fader(before=None), "Fader.before: expected float"),
        (fader(before=True), "Fader.before: expected float"),
        (fader(before="loud"), "Fader.before: expected float, found 'loud'"),
        (fader(after="inf"), "fader.after: inf is no number"),
        (fader(after=201), "fader.after: 201.0 is no number"),
        (fader(after=10**400), "Fader.after: 1000"),
        (fader().replace('"after": 1', '"after": NaN'), "Fader.after: nan"),
        (fader().replace('"after": 1', '"after": 1e999'), "Fader.after: inf"),
        (edited(changes=[{"change": "pan", "track": "t", "before": 0, "after": "-inf"}]), "pan.after: -inf"),
        (edited(changes=[{"change": "marker", "name": "x", "time_s": "inf"}]), "marker.time_s: inf"),
        (
            edited(
                changes=[codec.encode(Envelope("t", "volume", 0, 1, (), ())) | {"change": "envelope", "after": [1]}]
            ),
            r"Envelope.after\[0\]: expected an object",
        ),
    ],
)
def test_a_damaged_plan_is_the_users_problem(text, message):
    with pytest.raises(UserError, match=message) as caught:
        from_json(text, where="plan.json")
    assert str(caught.value).startswith("plan.json: ")
    assert "\n" not in str(caught.value)


@QUICK
@given(st.data())
def test_a_plan_with_any_value_replaced_is_read_or_refused(data):
    document = json.loads(SMALL.to_json())
    document["changes"].append(
        {"change": "equalizer", **codec.encode(mixplan.Equalizer("t", "l", None, (EqBand("band", 1.0),)))}
    )
    places: list[tuple[Any, Any]] = []

    def visit(node: Any) -> None:
        for key in node if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], (dict, list)):
                visit(node[key])

    visit(document)
    node, key = data.draw(st.sampled_from(places))
    node[key] = data.draw(
        st.sampled_from([None, True, -1, 10**400, 1e300, "-inf", "", [], {}, [[]], {"change": {}}, "\ud800", "fader"])
    )
    try:
        plan = from_json(json.dumps(document))
    except UserError as error:
        assert str(error).startswith("plan: ")
    else:
        assert from_json(plan.to_json()) == plan


def test_a_session_survives_the_codec():
    clip = Clip(
        "c", Source("a.wav", start_s=1.0, length_s=None), 0.5, 2.0, gain_db=-math.inf, fade_in=Fade(0.1, 7, 0.5)
    )
    point = EnvelopePoint(1.0, 0.5, 5, -0.25, True)
    track = Track("t", "Kick", None, clips=(clip,), automation=(Automation("volume", (point,)),))
    session = Session("song", "song.RPP", 48000, (track,))
    assert codec.decode(Session, json.loads(json.dumps(codec.encode(session), allow_nan=False))) == session


@dataclass(frozen=True)
class Inner:
    number: int = 1


@dataclass(frozen=True)
class Outer:
    inner: Inner
    maybe: Inner | None = None
    many: tuple[Inner, ...] = ()
    anything: Any = None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "Outer: expected an object"),
        ({}, "Outer: field 'inner' is missing"),
        ({"inner": {"number": 1.5}}, "Outer.inner.number: expected int, found 1.5"),
        ({"inner": {"number": True}}, "Outer.inner.number: expected int"),
        ({"inner": None}, "Outer.inner: expected an object"),
        ({"inner": {}, "maybe": 3}, "Outer.maybe: expected an object"),
        ({"inner": {}, "many": [{}, {"x": 1}]}, r"Outer.many\[1\]: unknown field 'x'"),
    ],
)
def test_the_decoder_names_the_field(data, message):
    with pytest.raises(ValueError, match=message):
        codec.decode(Outer, data)


def test_the_decoder_fills_defaults():
    assert codec.decode(Outer, {"inner": {}, "maybe": None, "anything": [1]}) == Outer(Inner(1), None, (), [1])
