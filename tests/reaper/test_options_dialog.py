"""The options dialog of the buttons: what is kept, used and refused."""

from __future__ import annotations

import pytest

from mixengine.reaper import options
from tests.helpers.studio import CANCEL, YES, dialog

pytest.importorskip("reapy", reason="python-reapy is not installed")

MAX_FIELDS = 16
"""Of REAPER's dialog."""


def test_options_are_kept_and_used(studio):
    studio.press(
        "options",
        inputs=dialog(preset="podcast", method="active", duck_preset="film", target_lu="12", max_cut_db="3.5"),
    )
    studio.press("balance", YES, CANCEL)
    assert (studio.settings["preset"], studio.settings["method"]) == ("podcast", "active")
    studio.press(
        "options",
        inputs=dialog(target_lu="12", max_cut_db="3.5"),
    )
    assert studio.sim.inputs[-1][2][:2] == ["podcast", "active"]  # the dialog shows what was chosen before
    studio.press("duck", YES, CANCEL)
    assert studio.settings["target_lu"] == 12.0
    studio.press("unmask", YES, CANCEL)
    assert studio.settings["max_cut_db"] == 3.5


@pytest.mark.parametrize(
    "field, text, said",
    [
        ("target_lu", "loud", "Duck: LU"),
        ("target_lu", "nan", "Duck: LU"),
        ("max_cut_db", "-6", "Unmask"),
        ("max_cut_db", "", "Unmask"),
        ("always_apply", "maybe", "yes or no"),
        ("listen", "sometimes", "as needed, always or items"),
        ("repair", "hum,buzz", "Isolate: mend"),
    ],
)
def test_nonsense_in_the_dialog_is_one_sentence_and_changes_nothing(studio, field, text, said):
    [answer] = studio.press("options", inputs=dialog(**{field: text}))
    assert said in answer and answer.endswith("nothing was changed")
    assert not studio.sim.ext_state.get("mixengine", "options")


@pytest.mark.parametrize("action", ["balance", "balance_groups", "unmask"])
def test_the_time_selection_alone_is_heard_when_the_options_say_so(studio, audio, action):
    if action == "unmask":
        studio.sim.open(audio / "masked.RPP")
    fields = dialog(max_cut_db="3", time_selection="yes")
    studio.sim.reaper_python.RPR_GetSet_LoopTimeRange2(0, True, False, 2.25, 3.75, False)
    *_, whole = studio.press(action, YES, CANCEL)
    studio.press("options", inputs=fields)
    *_, passage = studio.press(action, YES, CANCEL)
    note = "note: heard from 2.25 to 3.75 s only, the time selection"
    assert (note in whole, note in passage) == (False, True)
    assert whole.splitlines()[1] != passage.splitlines()[1]
    studio.sim.reaper_python.RPR_GetSet_LoopTimeRange2(0, True, False, 0.0, 0.0, False)
    assert studio.press(action, YES, CANCEL)[-1] == whole


def test_cancel_in_the_dialog_changes_nothing(studio):
    studio.sim.input_answers.append(None)
    assert studio.press("options") == []
    assert not studio.sim.ext_state.get("mixengine", "options")


def test_an_unknown_preset_is_named_by_the_job(studio):
    studio.press(
        "options",
        inputs=dialog(preset="pöp"),
    )
    *_, said = studio.press("balance", YES)
    assert "pöp" in said and said.endswith("The project was not changed.")


def test_a_separator_in_a_field_is_refused(studio):
    fields = dialog(preset="p|op")
    assert len(studio.press("options", inputs=fields)) == 1


@pytest.mark.parametrize("kept", ["[1]", "7", "null", '{"max_cut_db": "deep"}'])
def test_damaged_options_do_not_stop_the_dialog(studio, kept):
    studio.sim.ext_state.set("mixengine", "options", kept, persist=True)
    assert (
        studio.press(
            "options",
            inputs=dialog(),
        )
        == []
    )


def test_how_stems_are_rendered(studio):
    studio.press("options", inputs=dialog(stems_per="group", bits="32f", pre_fader="yes"))
    studio.press("render", YES, CANCEL)
    assert (studio.settings["stems_per"], studio.settings["bits"]) == ("group", "32f")
    assert (studio.settings["pre_fader"], studio.settings["format"]) == (True, "wav")
    assert len(studio.sim.inputs[-1][2]) <= MAX_FIELDS
    studio.press("options", inputs=dialog(bits="32f", stem_format="flac"))
    *_, said = studio.press("render", YES)
    assert "FLAC holds whole numbers only" in said and said.endswith("The project was not changed.")
    studio.press("options", inputs=dialog(stems_per="song"))
    *_, said = studio.press("render", YES)
    assert "song" in said and said.endswith("The project was not changed.")


def test_the_fields_of_the_dialog():
    """What people see, in this order: a change here is a change to them."""
    assert [(line.caption, options.as_text(line.default)) for line in options.fields()] == [
        ("Balance: preset", "pop"),
        ("Balance: method", "instrument"),
        ("Balance: start from", "auto"),
        ("Duck: preset", "podcast"),
        ("Duck: LU above music (empty: preset)", ""),
        ("Duck: detector", "psd-adaptive"),
        ("Unmask: deepest cut dB", "3"),
        ("Apply without asking (yes/no)", "no"),
        ("Separate: scenario", "speech-music"),
        ("Balance/Unmask: hear time selection only", "no"),
        ("Listen through REAPER (as needed/always/items)", "as needed"),
        ("Render: one stem per (track/group)", "track"),
        ("Render: bits (16/24/32f)", "24"),
        ("Isolate: mend before drop_outs/clicks/hum/plosives/sibilance/breaths (empty: none)", ""),
        ("Render: stems before the fader (yes/no)", "no"),
        ("Render: format (wav/flac)", "wav"),
    ]
