"""The sync job, see `mixengine.jobs.sync.job`."""

from mixengine.jobs.job import Job
from mixengine.jobs.sync.settings import SyncSettings

JOB = Job(
    name="sync",
    title="Align recordings that begin apart, are late or drift; drum microphones by samples.",
    settings=SyncSettings,
    suffix="synced",
    plan="mixengine.jobs.sync.job:plan",
    details="mixengine.jobs.sync.details:SyncDetails",
    view="mixengine.jobs.sync.view:VIEW",
    button="Align",
)
