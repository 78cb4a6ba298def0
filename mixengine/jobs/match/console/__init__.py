"""The mixing console of [Diff-MST], and the same console with the pan law and detector of REAPER.

`parameters` defines the controls, `eq`, `compressor`, `pan` and `reverb` are the processors, `console` combines them:
`mix` is differentiable (torch), `Stream` renders block by block (numpy, any length).
"""
