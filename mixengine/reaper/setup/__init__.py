"""Setting mixengine up inside REAPER: install, examine, remove. Standard library only.

`install`, `uninstall` and `doctor` are what the commands call. Below them: where things are (`places`, `running`,
`libraries`, `interpreters`, `binaries`), what is shipped (`headers`, `actions`, `toolbar`), and how REAPER's files are
edited without touching a foreign byte (`ini`, `keymap`, `changes`, `record`).

reapy's own ``configure_reaper`` is not used: it rewrites the whole of ``reaper.ini`` through a parser that changes what
it does not understand, and appends to ``reaper-kb.ini`` without a newline and without quotes.
"""
