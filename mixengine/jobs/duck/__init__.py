"""The duck job, see `mixengine.jobs.duck.job`."""

from mixengine.jobs.duck.settings import DuckSettings
from mixengine.jobs.job import WHOLE, Extra, Job
from mixengine.model.labels import OWN_MARKER

MARKER = f"{OWN_MARKER}speech only "
"""Markers of this job begin so."""
JOB = Job(
    name="duck",
    title="Lower music and ambience under speech by volume envelopes.",
    settings=DuckSettings,
    suffix="ducked",
    plan="mixengine.jobs.duck.job:plan",
    details="mixengine.jobs.duck.details:DuckDetails",
    view="mixengine.jobs.duck.view:VIEW",
    extras={"render": Extra("mixengine.jobs.duck.ducked_mix:write", "Also write the ducked mix and a figure.")},
    draws_envelopes=True,
    marker=MARKER,
    listens=WHOLE,
    button="Duck",
)
