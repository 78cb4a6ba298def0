"""Models that separate or clean audio, behind one small interface."""

DENOISER = "blend"
"""The model that takes noise out of speech where nobody names one."""
