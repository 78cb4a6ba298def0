"""[Diff-MST]: from tracks and a reference to console parameters, with checkpoints in the published format.

Conventions
-----------
Audio is float32 at 44.1 kHz (`mixengine.jobs.match.console.parameters.RATE`), arrays ``(frames, channels)``; inside
torch signals are ``(signals, samples)``. Parameters are numbers 0 to 1 in the published order: 27 a track, 26 the
master.

References
----------
.. [1] S. S. Vanka, C. Steinmetz, J.-B. Rolland, J. Reiss, G. Fazekas, "Diff-MST: differentiable mixing style transfer",
   ISMIR 2024.
"""

WINDOW = 262_144
"""Samples (5.94 s) of tracks and reference that the controller processes."""
