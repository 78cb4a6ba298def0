"""Look at a session and say what is wrong with it, before anybody mixes it."""

from mixengine.jobs.job import Job
from mixengine.jobs.lint.settings import LintSettings

JOB = Job(
    name="lint",
    title="Say what is wrong with a session: clipping, polarity, missing media, noise and more. Changes nothing.",
    settings=LintSettings,
    suffix="linted",
    plan="mixengine.jobs.lint.job:plan",
    check="mixengine.jobs.lint.job:check_settings",
    details="mixengine.jobs.lint.details:LintDetails",
    view="mixengine.jobs.lint.view:VIEW",
    hears_envelopes=True,
    reads_only=True,
    remembered=False,
    own_command=True,
    button="Lint",
)
