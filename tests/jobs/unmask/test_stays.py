"""Tracks whose equaliser may not change, or would not sound: they are no candidates, or are named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mixengine import hosts
from mixengine.jobs.unmask import job
from mixengine.jobs.unmask.settings import UnmaskSettings
from mixengine.jobs.unmask.view import VIEW
from mixengine.model import apply
from mixengine.model.plan import MixPlan
from mixengine.model.session import Effect, Session, Track
from tests.helpers.sounds import pink, tone, write

SECONDS = 3.0


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A buried voice under two pads."""
    root = tmp_path_factory.mktemp("stays") / "song"
    write(root / "lead vocal.wav", tone(500.0, SECONDS, harmonics=4, level=0.05))
    for name, seed in (("pad", 1), ("other pad", 2)):
        write(root / f"{name}.wav", pink(SECONDS, seed=seed, channels=2))
    return hosts.open_session(root)


def plan(session: Session, **settings: object) -> MixPlan:
    return job.plan(session, UnmaskSettings(**settings), lambda *_: None)  # type: ignore[arg-type]


def edited(session: Session, edit: Callable[[Track], Track], *names: str) -> Session:
    tracks = (edit(track) if not names or track.name in names else track for track in session.tracks)
    return replace(session, tracks=tuple(tracks))


def changed(session: Session, result: MixPlan) -> set[str]:
    return {session.track(change.track).name for change in result.changes}  # type: ignore[attr-defined]


def reason(result: MixPlan, name: str) -> str:
    return next(row.reason for row in result.details.tracks if row.name == name)  # type: ignore[attr-defined]


STAYS = {
    "chain off": (lambda track: replace(track, effects_on=False), "its effect chain is switched off"),
    "locked": (lambda track: replace(track, locked=True), "locked in REAPER"),
    "in a container": (
        lambda track: replace(track, effects=(*track.effects, Effect("Container", inside=(job.LABEL,)))),
        f"its '{job.LABEL}' is in a container: left as it is",
    ),
}


@pytest.mark.parametrize("mode", ["masking", "three-band"])
@pytest.mark.parametrize("case", STAYS)
def test_a_track_that_stays_is_no_candidate(session: Session, case: str, mode: str) -> None:
    edit, words = STAYS[case]
    staying = edited(session, edit, "pad")
    result = plan(staying, mode=mode)
    chosen = plan(session, mode=mode, tracks=("lead vocal", "other pad"))
    assert result.changes == chosen.changes and "other pad" in changed(session, result)
    assert words in reason(result, "pad")
    assert result.details.voices == chosen.details.voices  # type: ignore[attr-defined]


@pytest.mark.parametrize("case", STAYS)
def test_where_all_stay_nothing_is_promised(session: Session, case: str) -> None:
    edit, words = STAYS[case]
    result = plan(edited(session, edit))
    (voice,) = result.details.voices  # type: ignore[attr-defined]
    assert result.changes == () and voice.clear_after == voice.clear_before
    assert "the equalisers of what covers it stay as they are" in voice.words
    assert all(words in row.reason for row in result.details.tracks)  # type: ignore[attr-defined]


def test_a_bypassed_equaliser_of_ours_is_named_and_not_taken_for_done(session: Session) -> None:
    def bypass(track: Track) -> Track:
        chain = tuple(replace(effect, bypassed=effect.label == job.LABEL) for effect in track.effects)
        return replace(track, effects=chain)

    done = apply.applied(session, plan(session).changes)
    assert VIEW.nothing(plan(done)) == "the equalisers stand as they should already: nothing to do"
    result = plan(edited(done, bypass, "pad"))
    line = f"pad: its '{job.LABEL}' is bypassed or offline: switch it on"
    assert result.changes == () and VIEW.nothing(result) == line
    assert line in result.notes and f"pad: {reason(result, 'pad')}".startswith(line)


def test_an_equaliser_of_ours_in_a_container_is_said_in_a_note(session: Session) -> None:
    edit, words = STAYS["in a container"]
    assert f"pad: {words}" in plan(edited(session, edit, "pad")).notes
    assert f"pad: {words}" not in plan(edited(session, edit, "pad"), tracks=("other pad",)).notes


def test_a_bypassed_equaliser_of_the_user_matters_not(session: Session) -> None:
    theirs = edited(session, lambda track: replace(track, effects=(Effect("VST: ReaEQ (Cockos)", "", bypassed=True),)))
    assert plan(theirs).changes == plan(session).changes
