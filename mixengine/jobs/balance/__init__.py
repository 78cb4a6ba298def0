"""The balance job, see `mixengine.jobs.balance.job`."""

from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.job import STRETCHES, Extra, Job

JOB = Job(
    name="balance",
    title="Balance the faders of a session and write a new project beside it.",
    settings=BalanceSettings,
    suffix="balanced",
    plan="mixengine.jobs.balance.job:plan",
    details="mixengine.jobs.balance.details:BalanceDetails",
    view="mixengine.jobs.balance.view:VIEW",
    extras={"variants": Extra("mixengine.jobs.balance.shi2025_variants:write")},
    albums=True,
    listens=STRETCHES,
    hears_buses=True,
    button="Balance",
    time_selection=True,
)
