"""Installing mixengine in REAPER: install, diagnose, uninstall. Standard library only.

`install`, `uninstall` and `doctor` are the commands' entry points. Below them: locating files and programs (`places`,
`running`, `libraries`, `interpreters`, `binaries`), the shipped files (`headers`, `actions`, `toolbar`), and editing
REAPER's files without changing any other byte (`ini`, `keymap`, `changes`, `record`).

reapy's own ``configure_reaper`` is not used: it rewrites the whole of ``reaper.ini`` through a parser that alters lines
it cannot parse, and appends to ``reaper-kb.ini`` without a newline and without quotes.
"""
