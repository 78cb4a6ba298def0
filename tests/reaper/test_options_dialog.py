"""The options dialog of the buttons: what is kept, used and refused."""

from __future__ import annotations

import pytest

from tests.helpers.studio import CANCEL, YES

pytest.importorskip("reapy", reason="python-reapy is not installed")

LAST = ("as needed", "track", "24", "no", "wav")
"""Listen, and the four of rendered stems."""
MAX_FIELDS = 16
"""Of REAPER's dialog."""


def test_options_are_kept_and_used(studio):
    studio.press(
        "options",
        inputs=["podcast", "active", "auto", "film", "12", "psd-adaptive", "3.5", "no", "speech-music", "no", *LAST],
    )
    studio.press("balance", YES, CANCEL)
    assert (studio.settings["preset"], studio.settings["method"]) == ("podcast", "active")
    studio.press(
        "options",
        inputs=[
            "pop",
            "instrument",
            "auto",
            "podcast",
            "12",
            "psd-adaptive",
            "3.5",
            "no",
            "speech-music",
            "no",
            *LAST,
        ],
    )
    assert studio.sim.inputs[-1][2][:2] == ["podcast", "active"]  # the dialog shows what was chosen before
    studio.press("duck", YES, CANCEL)
    assert studio.settings["target_lu"] == 12.0
    studio.press("unmask", YES, CANCEL)
    assert studio.settings["max_cut_db"] == 3.5


@pytest.mark.parametrize(
    "field, text, said",
    [
        (4, "loud", "Duck: LU"),
        (4, "nan", "Duck: LU"),
        (6, "-6", "Unmask"),
        (6, "", "Unmask"),
        (7, "maybe", "yes or no"),
        (10, "sometimes", "as needed, always or items"),
    ],
)
def test_nonsense_in_the_dialog_is_one_sentence_and_changes_nothing(studio, field, text, said):
    fields = ["pop", "instrument", "auto", "podcast", "", "psd-adaptive", "6", "no", "speech-music", "no", *LAST]
    fields[field] = text
    [answer] = studio.press("options", inputs=fields)
    assert said in answer and answer.endswith("nothing was changed")
    assert not studio.sim.ext_state.get("mixengine", "options")


@pytest.mark.parametrize("action", ["balance", "balance_groups", "unmask"])
def test_the_time_selection_alone_is_heard_when_the_options_say_so(studio, audio, action):
    if action == "unmask":
        studio.sim.open(audio / "masked.RPP")
    fields = ["pop", "instrument", "auto", "podcast", "", "psd-adaptive", "3", "no", "speech-music", "yes", *LAST]
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
        inputs=["pöp", "instrument", "auto", "podcast", "", "psd-adaptive", "6", "no", "speech-music", "no", *LAST],
    )
    *_, said = studio.press("balance", YES)
    assert "pöp" in said and said.endswith("The project was not changed.")


def test_a_separator_in_a_field_is_refused(studio):
    fields = ["p|op", "instrument", "auto", "podcast", "", "psd-adaptive", "6", "no", "speech-music", "no", *LAST]
    assert len(studio.press("options", inputs=fields)) == 1


@pytest.mark.parametrize("kept", ["[1]", "7", "null", '{"max_cut_db": "deep"}'])
def test_damaged_options_do_not_stop_the_dialog(studio, kept):
    studio.sim.ext_state.set("mixengine", "options", kept, persist=True)
    assert (
        studio.press(
            "options",
            inputs=[
                "pop",
                "instrument",
                "auto",
                "podcast",
                "",
                "psd-adaptive",
                "6",
                "no",
                "speech-music",
                "no",
                *LAST,
            ],
        )
        == []
    )


def test_how_stems_are_rendered(studio):
    fields = ["pop", "instrument", "auto", "podcast", "", "psd-adaptive", "6", "no", "speech-music", "no"]
    studio.press("options", inputs=[*fields, "as needed", "group", "32f", "yes", "wav"])
    studio.press("render", YES, CANCEL)
    assert (studio.settings["stems_per"], studio.settings["bits"]) == ("group", "32f")
    assert (studio.settings["pre_fader"], studio.settings["format"]) == (True, "wav")
    assert len(studio.sim.inputs[-1][2]) + 1 <= MAX_FIELDS  # and the panel
    studio.press("options", inputs=[*fields, "as needed", "track", "32f", "no", "flac"])
    *_, said = studio.press("render", YES)
    assert "FLAC holds whole numbers only" in said and said.endswith("The project was not changed.")
    studio.press("options", inputs=[*fields, "as needed", "song", "24", "no", "wav"])
    *_, said = studio.press("render", YES)
    assert "song" in said and said.endswith("The project was not changed.")
