"""The running REAPER as a host: a snapshot of the project as text, and the difference to another text written back.

Everything in here runs inside REAPER's own Python as well: standard library and mixengine's light modules only. The
functions of REAPER's API come from reapy (`mixengine.hosts.reaper.api`), inside and outside alike.
"""
