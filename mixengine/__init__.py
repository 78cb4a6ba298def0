"""Mixing assistant for REAPER projects, folders of stems, and the running REAPER."""

__version__ = "0.1.0"
