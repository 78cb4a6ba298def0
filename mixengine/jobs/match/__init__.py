"""Match a mix to a reference: level, pan, EQ and dynamics of groups, and the master chain.

`features` says how alike two mixes sound; `console` turns tracks and parameters into a mix; both are differentiable
where they are given torch tensors and plain numpy where they are given arrays.

Conventions
-----------
Audio inside this package is ``(…, channels, frames)``: filters and transforms run along the last axis. What comes from
and goes to the rest of mixengine is ``(frames, channels)``.
"""

from mixengine.jobs.job import WHOLE, Extra, Job
from mixengine.jobs.match.settings import MatchSettings

JOB = Job(
    name="match",
    title="Match a mix to a reference: levels, pans, EQ and dynamics of groups, and the master.",
    settings=MatchSettings,
    suffix="matched",
    plan="mixengine.jobs.match.job:plan",
    details="mixengine.jobs.match.details:MatchDetails",
    view="mixengine.jobs.match.view:VIEW",
    extras={"mix": Extra("mixengine.jobs.match.render:write", always=True)},
    aliases=("style",),
    hears_envelopes=True,
    page_by_default=True,
    listens=WHOLE,
    hears_effects=True,
    own_effects="mixengine.jobs.match.changes:LABEL",
    button="Match",
)
