"""Separate sources: models behind one small interface, any length in fixed memory, stems that sum to the input.

`model` (the interface) → one adapter per model, named in `models` → `adapt` (rate and channels of a model) → `chunked`
(long audio in pieces) → `files` (from a file to a folder of stems) → `job` (items of a session).
"""

from mixengine.jobs.job import Job
from mixengine.jobs.separate.settings import SeparateSettings

JOB = Job(
    name="separate",
    title="Separate sources: voices, music, drums, noise. The parts sum to the input.",
    settings=SeparateSettings,
    suffix="separated",
    plan="mixengine.jobs.separate.job:plan",
    check="mixengine.jobs.separate.job:check_settings",
    details="mixengine.jobs.separate.details:SeparateDetails",
    view="mixengine.jobs.separate.view:VIEW",
    audio="mixengine.jobs.separate.audio:write",
    hears_envelopes=True,
    own_command=True,
    button="Separate",
)
