"""What was done, in sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

from mixengine.jobs.match import figures
from mixengine.model.plan import Envelope, Equalizer, Fader
from mixengine.model.units import plain_db, signed_db
from mixengine.report.html.context import Case

TITLES = {
    "balance": "Balance",
    "duck": "Ducking",
    "unmask": "Making room by equalisers",
    "match": "Matching a reference",
    "separate": "Separation into parts",
    "render": "Stems as tracks",
}
_WORTH_SAYING_DB = 0.05


def title(case: Case) -> str:
    """What the page is about."""
    words = TITLES.get(case.job, case.job)
    return f"{words}, taken back" if case.job != case.plan.job else words


def summary(case: Case) -> list[str]:
    """Sentences, most important first."""
    if not case.plan.changes:
        first = ["Nothing needed changing: the plan holds no changes."]
    elif case.job != case.plan.job:
        first = [f"{_count(len(case.plan.changes), 'change')} of an earlier {case.job} taken back."]
    else:
        first = _JOBS.get(case.job, _general)(case)
    return first + _mix_words(case)


def _balance(case: Case) -> list[str]:
    details = case.details
    moves = [change for change in case.plan.changes if isinstance(change, Fader)]
    finite = [c for c in moves if math.isfinite(c.after - c.before)]
    up, down = ([c for c in finite if (c.after > c.before) is way] for way in (True, False))
    parts = []
    for found, words in ((up, "up"), (down, "down")):
        if found:
            most = max(found, key=lambda change: abs(change.after - change.before))
            far = f"{signed_db(most.after - most.before)} dB"
            who = case.track_name(most.track)
            parts.append(
                f"{len(found)} {words} (furthest: {who}, {far})" if len(found) > 1 else f"{who} {words} ({far})"
            )
    lines = [f"{_count(len(moves), 'fader')} moved: {' and '.join(parts)}." if parts else "Faders were set."]
    lines.append(
        f"Every track was measured where it plays (method {details['method']}) and set to the level that "
        f"the preset “{details['preset']}” wants for its role."
    )
    headroom_db = details["headroom_db"]
    if headroom_db is not None and math.isfinite(headroom_db):
        lines.append(f"The sum of the tracks peaks at {plain_db(-headroom_db)} dBTP in front of the master fader.")
    return lines


def _duck(case: Case) -> list[str]:
    details = case.details
    regions = details["regions"]
    spoken_s = sum(end_s - start_s for start_s, end_s in details["activity"])
    envelopes = [change for change in case.plan.changes if isinstance(change, Envelope)]
    lines = [
        f"Somebody speaks for {_duration(spoken_s)} in {_count(len(details['activity']), 'passage')} "
        f"({_names(details['speech'])})."
    ]
    if envelopes and regions:
        depths = [region["depth_db"] for region in regions]
        low, high = plain_db(min(depths)), plain_db(max(depths))
        deep = f"{low} dB" if low == high else f"{low} to {high} dB"
        stays = "stays" if all(region["met"] for region in regions) else "comes as near as it may to"
        kinds = _listed([f"{plain_db(lu)} LU above the {kind}" for kind, lu in details["target_lu"].items()])
        lines.append(
            f"{_count(len(envelopes), 'track')} step back by {deep} in {_count(len(regions), 'passage')}, "
            f"by volume envelopes you can edit" + (f", so that speech {stays} {kinds}." if kinds else ".")
        )
    missed = sum(not region["met"] for region in regions)
    if regions:
        lines.append(
            "The target is met in every passage."
            if not missed
            else f"The target is not met in {missed} of {len(regions)} passages: see the critical passages below."
        )
    levels = details["levels"]
    if levels:
        lines.append("Levelled to the speech by fader: " + _listed([level["track"] for level in levels]) + ".")
    return lines


def _tone(case: Case) -> list[str]:
    details = case.details
    changed = [change for change in case.plan.changes if isinstance(change, Equalizer)]
    first = _names(details["priority"])
    lines = [f"{_count(len(changed), 'equaliser')} set so that {first} can be heard through the other tracks."]
    for row in details["tracks"]:
        before, after = row["masked_before"], row["masked_after"]
        if before is not None and after is not None:
            lines.append(f"Others covered {100 * before:.0f} % of what {row['name']} tells, {100 * after:.0f} % now.")
    return lines[:4]


def _general(case: Case) -> list[str]:
    counts = Counter(change.kind.replace("_", " ") for change in case.plan.changes)
    return ["Changed: " + _listed([_count(count, kind) for kind, count in counts.items()]) + "."]


_JOBS: dict[str, Callable[[Case], list[str]]] = {
    "balance": _balance,
    "duck": _duck,
    "unmask": _tone,
    "match": figures.sentences,
}


def _mix_words(case: Case) -> list[str]:
    if case.heard is None:
        return []
    before, after = case.heard.before.integrated_lufs, case.heard.after.integrated_lufs
    if not math.isfinite(after):
        return ["The mix is silent now." if math.isfinite(before) else "The mix is silent."]
    peak = f"with true peaks at {plain_db(case.heard.after.true_peak_dbtp)} dBTP"
    if not math.isfinite(before):
        return [f"The mix was silent and is at {plain_db(after)} LUFS now, {peak}."]
    moved = round(after, 1) - round(before, 1)  # of the numbers as they are shown
    if abs(moved) < _WORTH_SAYING_DB:
        return [f"The mix stays at {plain_db(after)} LUFS, {peak}."]
    way = "louder" if moved > 0 else "softer"
    return [
        f"The mix is {plain_db(abs(moved))} LU {way}: {plain_db(before)} LUFS before, {plain_db(after)} now, {peak}."
    ]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _names(names: list[str]) -> str:
    return _listed(list(names)) or "nobody named"


def _listed(words: list[str], most: int = 4) -> str:
    shown = words[:most]
    if len(words) > most:
        shown.append(f"{len(words) - most} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def _duration(seconds: float) -> str:
    if seconds < 60.0:
        return f"{seconds:.0f} s"
    return f"{round(seconds) // 60} min {round(seconds) % 60} s"
