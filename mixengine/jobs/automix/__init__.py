"""The automix job, see `mixengine.jobs.automix.job`."""

from mixengine.jobs.automix.settings import AutomixSettings
from mixengine.jobs.job import Job

JOB = Job(
    name="automix",
    title="Open the microphone of whoever speaks and lower the others, by volume envelopes.",
    settings=AutomixSettings,
    suffix="automixed",
    plan="mixengine.jobs.automix.job:plan",
    details="mixengine.jobs.automix.details:AutomixDetails",
    view="mixengine.jobs.automix.view:VIEW",
    draws_envelopes=True,
    changes_only="mic",
    button="Automix",
)
