"""Measuring all tracks of a session, and remembering what was measured."""
