"""The simulated functions against the table of REAPER's own signatures, mechanically."""

from __future__ import annotations

import inspect

import pytest

from reaper_sim import SimReaper, signatures
from reaper_sim.binding import FUNCTIONS
from tests.helpers.paths import SHARED

TABLE = SHARED / "reference" / "reascript-api.tsv"
COPY = signatures.read()
NULL = {"int": 0, "int*": 0, "bool": False, "bool*": False, "double": 0.0, "double*": 0.0, "char*": "", "char**": ""}
CLOSING = {"Main_OnCommand", "Main_OnCommandEx", "Main_openProject", "Undo_EndBlock", "Undo_EndBlock2"}
each = pytest.mark.parametrize("name", sorted(FUNCTIONS))


def test_every_function_has_a_signature_and_the_other_way_round():
    assert set(FUNCTIONS) == set(COPY)


@pytest.mark.skipif(not TABLE.exists(), reason="no shared reference here")
def test_the_copy_is_the_table():
    table = signatures.read(TABLE)
    assert len(table) == 868
    assert {name: table.get(name) for name in COPY} == COPY


@each
def test_implementation_takes_every_argument(name):
    parameters = list(inspect.signature(FUNCTIONS[name]).parameters)
    assert len(parameters) == 1 + len(COPY[name].arguments)


@each
def test_tuple_rule(name):
    """An argument that is char*, int*, double*, bool* (not const) makes the answer a tuple."""
    assert COPY[name].is_tuple == any(argument.is_output for argument in COPY[name].arguments)


@each
def test_shape_of_the_answer(name, tmp_path):
    sim = SimReaper(strict=False)
    signature = COPY[name]
    sim.save_as.append(tmp_path / "saved.RPP")
    arguments = []
    for argument in signature.arguments:
        kind = argument.kind.removeprefix("const ")
        pointer = f"({argument.kind})0x{0:016X}"
        arguments.append(NULL.get(kind, pointer) if not argument.is_pointer else pointer)
    if name == "ValidatePtr":
        arguments[0] = 0
    if name == "Main_openProject":
        path = tmp_path / "other.RPP"
        path.write_bytes(sim.saved())
        arguments[0] = str(path)
    try:
        answer = getattr(sim.reaper_python, f"RPR_{name}")(*arguments)
    except AttributeError as error:
        assert signature.result == "const char*" and "decode" in str(error)
        return
    if signature.is_tuple:
        assert isinstance(answer, tuple)
        shown = answer if signature.result == "void" else answer[1:]
        assert len(shown) == len(arguments)
        for argument, given, back in zip(signature.arguments, arguments, shown, strict=True):
            assert argument.is_output or back == given
            assert not argument.is_output or type(back) is {"char*": str, "double*": float}.get(argument.kind, int)
        answer = answer[0] if signature.result != "void" else None
    kinds = {"void": type(None), "int": int, "bool": int, "double": float}
    assert type(answer) is kinds.get(signature.result, str)
    if signature.result.endswith("*") and "char" not in signature.result:
        assert answer.startswith(f"({signature.result})0x")


@each
def test_too_few_and_too_many_arguments(name):
    function = getattr(SimReaper().reaper_python, f"RPR_{name}")
    with pytest.raises(TypeError, match="positional"):
        function(*[0] * (len(COPY[name].arguments) + 1))
    if COPY[name].arguments:
        with pytest.raises(TypeError, match="positional"):
            function()
    with pytest.raises(TypeError):
        function(proj=0)
