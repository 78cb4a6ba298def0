"""The deliver job, see `mixengine.jobs.deliver.job`."""

from mixengine.jobs.deliver.settings import DeliverSettings
from mixengine.jobs.job import WHOLE, Job

JOB = Job(
    name="deliver",
    title="Bring the project to a platform's loudness: the master fader, and a ReaLimit where peaks ask for it.",
    settings=DeliverSettings,
    suffix="delivered",
    plan="mixengine.jobs.deliver.job:plan",
    details="mixengine.jobs.deliver.details:DeliverDetails",
    view="mixengine.jobs.deliver.view:VIEW",
    hears_envelopes=True,
    hears_effects=True,
    promises_loudness=True,
    listens=WHOLE,
    button="Deliver",
)
