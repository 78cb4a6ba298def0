"""The mixing console of the published system, and the same console as mixengine and REAPER play it.

`parameters` names and scales the controls, `eq`, `compressor` and `pan` are the processors, `console` puts them in
order: `mix` is differentiable (torch), `Stream` renders (numpy, any length, block by block).
"""
