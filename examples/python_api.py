"""Balance and duck a session from Python: decide, look, apply.

Run it as a program, or cell by cell in an editor that knows ``# %%`` (VS Code, PyCharm, Spyder, Jupyter with jupytext).
In a notebook a decision that stands last in a cell shows itself as a table.
"""

# %% [markdown]
# # A session to try it on
# The stems of `mixengine demo`, copied to a temporary folder. A project file (`SONG.RPP`) works the same way.

# %%
import shutil
import tempfile
from pathlib import Path

import mixengine as mx
from mixengine.app.demo import AUDIO

folder = Path(tempfile.mkdtemp(prefix="mixengine-example-"))
stems = folder / "stems"
shutil.copytree(AUDIO, stems)

# %% [markdown]
# # Decide
# Nothing is written yet. Keywords are the fields of `BalanceSettings`.

# %%
decision = mx.balance(stems, preset="voice-over-music")
print(decision)

# %% [markdown]
# # Look
# `to_dict()` is what the command line prints with `--json`: one row per track. Which tracks move furthest, and why?

# %%
rows = decision.to_dict()["tracks"]
for row in sorted(rows, key=lambda row: abs(row["gain_db"]), reverse=True)[:5]:
    print(f"{row['name']:<12} {row['role']:<14} {row['gain_db']:+6.1f} dB   {row['reason']}")

# %% [markdown]
# Another setting is another decision; compare them before you choose. Here: the same with one track that stays.

# %%
anchored = mx.balance(stems, preset="voice-over-music", anchor=rows[0]["name"])
for row, other in zip(rows, anchored.to_dict()["tracks"], strict=True):
    print(f"{row['name']:<12} {row['fader_after_db']:+6.1f} dB, anchored {other['fader_after_db']:+6.1f} dB")

# %% [markdown]
# # Apply
# Writes a project beside a plan, which `mixengine revert` takes back.

# %%
written = decision.apply(folder / "song.RPP")
print(written["project"])

# %% [markdown]
# # Go on
# The next job starts from the project that the first one wrote.

# %%
ducked = mx.duck(written["project"], target_lu=12)
for region in ducked.to_dict()["regions"]:
    print(f"{region['start_s']:6.2f} to {region['end_s']:6.2f} s: {region['depth_db']:.1f} dB")
episode = ducked.apply(folder / "episode.RPP")
print(episode["project"])
