"""What tests of writing into project files change, and with what."""

from __future__ import annotations

from hypothesis import settings

from mixengine.model.session import EnvelopePoint, EqBand
from tests.helpers import rpp_builders as b

QUICK = settings(deadline=None, max_examples=60)


ONE, TWO = b.guid(1), b.guid(2)


DELAY = b.plugin()


BANDS = (EqBand("band", 1000.0, -3.0, 1.5), EqBand("high_pass", 80.0, 0.0, 2.0, False))


DUCK = (EnvelopePoint(1.0, 1.0), EnvelopePoint(2.0, 0.25, 5, 0.5), EnvelopePoint(3.0, 0.5, 1))


OTHERS = ["<EXTSTATE", "<SWS", "KEY value", 'Long "a b"', ">", ">"]
