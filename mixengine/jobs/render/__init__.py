"""Audio that mixengine writes."""

from mixengine.jobs.job import WHOLE, Job
from mixengine.jobs.render.settings import RenderSettings

JOB = Job(
    name="render",
    title="Render the session offline: mix and stems that line up and add up, and what is not in them.",
    settings=RenderSettings,
    suffix="rendered",
    plan="mixengine.jobs.render.into_project:plan",
    check="mixengine.jobs.render.at_target:check_settings",
    details="mixengine.jobs.render.details:RenderDetails",
    view="mixengine.jobs.render.view:VIEW",
    audio="mixengine.jobs.render.into_project:write",
    hears_envelopes=True,
    finishes=True,
    own_command=True,
    listens=WHOLE,
    hears_effects=True,
    checks_mix=True,
    button="Render",
)
