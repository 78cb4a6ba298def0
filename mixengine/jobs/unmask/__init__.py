"""The unmask job, see `mixengine.jobs.unmask.job`."""

from mixengine.jobs.job import WHOLE, Extra, Job
from mixengine.jobs.unmask.settings import UnmaskSettings

JOB = Job(
    name="unmask",
    title="Make room for speech (or any track) by EQ cuts in what covers it.",
    settings=UnmaskSettings,
    suffix="unmasked",
    plan="mixengine.jobs.unmask.job:plan",
    details="mixengine.jobs.unmask.details:UnmaskDetails",
    view="mixengine.jobs.unmask.view:VIEW",
    extras={"render": Extra("mixengine.jobs.unmask.carved_stems:write", "Also write the mix through the equalisers.")},
    aliases=("tone",),
    old_suffixes=("toned",),
    hears_envelopes=True,
    listens=WHOLE,
    own_effects="mixengine.jobs.unmask.job:LABEL",
    button="Unmask",
    time_selection=True,
)
