"""The simulated functions against the table of REAPER's own signatures, mechanically."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from reaper_sim import SimReaper, signatures
from reaper_sim.binding import FUNCTIONS
from tests.helpers.paths import SHARED

TABLE = SHARED / "reference" / "reascript-api.tsv"
COPY = signatures.read()
NULL = {"int": 0, "int*": 0, "bool": False, "bool*": False, "double": 0.0, "double*": 0.0, "char*": "", "char**": ""}


def mismatches(check: Callable[[str], None]) -> list[str]:
    """The functions that fail a check, and how."""
    failed = []
    for name in sorted(FUNCTIONS):
        try:
            check(name)
        except (Exception, pytest.fail.Exception) as error:  # listed with the others
            failed.append(f"{name}: {type(error).__name__}: {error}")
    return failed


def test_every_function_has_a_signature_and_the_other_way_round():
    assert set(FUNCTIONS) == set(COPY)


@pytest.mark.skipif(not TABLE.exists(), reason="no shared reference here")
def test_the_copy_is_the_table():
    table = signatures.read(TABLE)
    assert len(table) == 868
    assert {name: table.get(name) for name in COPY} == COPY


def test_implementations_take_every_argument():
    def check(name: str) -> None:
        parameters = list(inspect.signature(FUNCTIONS[name]).parameters)
        assert len(parameters) == 1 + len(COPY[name].arguments), parameters

    assert mismatches(check) == []


def test_an_argument_that_can_be_written_makes_the_answer_a_tuple():
    """That is: char*, int*, double*, bool* (not const)."""

    def check(name: str) -> None:
        assert COPY[name].is_tuple == any(argument.is_output for argument in COPY[name].arguments)

    assert mismatches(check) == []


def test_shapes_of_the_answers(tmp_path):
    assert mismatches(lambda name: check_answer(name, tmp_path)) == []


def check_answer(name: str, folder: Path) -> None:
    sim = SimReaper(strict=False)
    signature = COPY[name]
    sim.save_as.append(folder / "saved.RPP")
    arguments = null_arguments(name, sim, folder)
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


def null_arguments(name: str, sim: SimReaper, folder: Path) -> list[object]:
    """Arguments that name nothing."""
    arguments: list[object] = []
    for argument in COPY[name].arguments:
        kind = argument.kind.removeprefix("const ")
        pointer = f"({argument.kind})0x{0:016X}"
        arguments.append(NULL.get(kind, pointer) if not argument.is_pointer else pointer)
    if name == "ValidatePtr":
        arguments[0] = 0
    if name == "Main_openProject":
        path = folder / "other.RPP"
        path.write_bytes(sim.saved())
        arguments[0] = str(path)
    return arguments


def test_too_few_and_too_many_arguments_are_refused():
    def check(name: str) -> None:
        function = getattr(SimReaper().reaper_python, f"RPR_{name}")
        count = len(COPY[name].arguments)
        for wrong in {count + 1, 0} - {count}:
            with pytest.raises(TypeError, match="positional"):
                function(*[0] * wrong)
        with pytest.raises(TypeError):
            function(proj=0)

    assert mismatches(check) == []
