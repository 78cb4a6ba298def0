"""The user's own VST3 plug-ins, each played in a process of its own through pedalboard, where the user allows it."""
