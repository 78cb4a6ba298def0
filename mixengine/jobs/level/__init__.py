"""The level job, see `mixengine.jobs.level.job`."""

from mixengine.jobs.job import Job
from mixengine.jobs.level.settings import LevelSettings

JOB = Job(
    name="level",
    title="Bring the phrases of a voice to one level, by points of its pre-FX volume envelope.",
    settings=LevelSettings,
    suffix="levelled",
    plan="mixengine.jobs.level.job:plan",
    details="mixengine.jobs.level.details:LevelDetails",
    view="mixengine.jobs.level.view:VIEW",
    draws_envelopes=True,
    draws_level=True,
    changes_only="track",
    button="Level",
)
