"""What lies between a track and the master, asked of a session alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixengine.model import signal_path
from mixengine.model.session import MASTER, Effect, Session, Track

LABEL = "mixengine tone"
OWN, OWN_BYPASSED = Effect("VST: ReaEQ (Cockos)", LABEL), Effect("VST: ReaEQ (Cockos)", LABEL, bypassed=True)
OTHER_BYPASSED = Effect("VST: ReaEQ (Cockos)", "mine", bypassed=True)


def with_chain(owner: str, effects: tuple[Effect, ...], *, is_on: bool = True) -> Session:
    """A session of one track, with the chain on that track or on the master."""
    session = Session("song", "song.RPP", 48000, (Track("a", "Guitar"),))
    if owner == MASTER:
        return replace(session, master_effects=effects, master_effects_on=is_on)
    return replace(session, tracks=(replace(session.tracks[0], effects=effects, effects_on=is_on),))


@pytest.mark.parametrize("owner", ["a", MASTER])
@pytest.mark.parametrize("effects", [(), (OWN,), (OTHER_BYPASSED, OWN)])
def test_effects_sound_where_chain_and_own_effect_are_on(owner: str, effects: tuple[Effect, ...]) -> None:
    assert signal_path.why_effects_stay(with_chain(owner, effects), owner, LABEL) is None


@pytest.mark.parametrize("owner", ["a", MASTER])
def test_an_effect_in_a_container_is_left(owner: str) -> None:
    inside = with_chain(owner, (Effect("Container", inside=("mixengine other", LABEL)),))
    assert signal_path.why_effect_is_left(inside, owner, LABEL) == f"its '{LABEL}' is in a container: left as it is"
    assert signal_path.why_effects_stay(inside, owner, LABEL) == signal_path.why_effect_is_left(inside, owner, LABEL)
    assert signal_path.why_effect_is_left(inside, owner, "mixengine third") == ""


@pytest.mark.parametrize("owner", ["a", MASTER])
def test_why_effects_would_not_sound(owner: str) -> None:
    def why(effects: tuple[Effect, ...], *, is_on: bool) -> str | None:
        return signal_path.why_effects_stay(with_chain(owner, effects, is_on=is_on), owner, LABEL)

    assert why((), is_on=False) == why((OWN_BYPASSED,), is_on=False)
    assert why((), is_on=False) == "its effect chain is switched off: an effect there would not sound"
    assert why((OTHER_BYPASSED, OWN_BYPASSED), is_on=True) == f"its '{LABEL}' is bypassed or offline: switch it on"
