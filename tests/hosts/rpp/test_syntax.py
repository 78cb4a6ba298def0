from __future__ import annotations

import math
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mixengine.hosts.rpp.syntax import Document, rewrite
from mixengine.hosts.rpp.words import Line, decode, encode, format_number, parse_number, quote
from tests.helpers import rpp_builders as b

QUICK = settings(deadline=None, max_examples=150)


def words(raw: bytes) -> list[str]:
    return [token.text for token in Line(raw, 0).tokens]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", []),
        (b"   \r\n", []),
        (b"NAME kick\r\n", ["NAME", "kick"]),
        (b"\t  NAME \t kick  \n", ["NAME", "kick"]),
        (b'NAME "kick in"\r\n', ["NAME", "kick in"]),
        (b"NAME '\"hey\"'\n", ["NAME", '"hey"']),
        (b"NAME `\"'`\n", ["NAME", "\"'"]),
        (b'NAME ""\n', ["NAME", ""]),
        (b'NAME a"b\n', ["NAME", 'a"b']),
        (b'NAME "open end\r\n', ["NAME", "open end"]),
        (b"NAME #1 ;2\n", ["NAME", "#1", ";2"]),
        (b"A \"b\" 'c' `d` e", ["A", "b", "c", "d", "e"]),
        ("NAME a\u2028b\u0085c\x0bd\n".encode(), ["NAME", "a\u2028b\u0085c\x0bd"]),
        (b"NAME \xff\xfe\n", ["NAME", "\udcff\udcfe"]),
        (b"\x00\r NAME x\n", ["NAME", "x"]),
        (b"A\rB C\r\n", ["A\rB", "C"]),
        (b"A\x0cB\x1cC D\n", ["A\x0cB\x1cC", "D"]),
    ],
)
def test_words_of_a_line(raw, expected):
    assert words(raw) == expected
    assert Line(raw, 0).words == expected


@QUICK
@given(st.binary(max_size=40).filter(lambda raw: b"\n" not in raw))
@example(b"A\x1fB \r")
@example(b"A \r B\r")
def test_the_short_way_to_words_agrees_with_the_tokens(raw):
    assert Line(raw + b"\n", 0).words == words(raw + b"\n")


@QUICK
@given(st.binary(max_size=40).filter(lambda raw: b"\n" not in raw), st.integers(0, 50))
def test_tokens_know_where_their_bytes_stand(raw, offset):
    at = offset
    for token in Line(raw, offset).tokens:
        piece = raw[token.start - offset : token.end - offset]
        assert token.start >= at
        assert token.end > token.start
        assert piece.strip(b"\"'`") == encode(token.text).strip(b"\"'`")
        at = token.end


@QUICK
@given(st.text(st.characters(exclude_characters="\r\n\x00", exclude_categories=["Cs"])))
@example("\"'`")
@example("#1")
@example("a\u2028b")
def test_a_quoted_text_reads_back(text):
    expected = text.replace("`", "'") if all(mark in text for mark in "\"'`") else text
    for written in (quote(text), quote(text, always=True)):
        plain = not any(mark in text for mark in " \t")
        read = words(encode(f"NAME {written} 1"))
        if plain and written == text and text:
            assert read == ["NAME", text, "1"]
        else:
            assert read == ["NAME", expected, "1"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", '""'),
        ("kick", "kick"),
        ("kick in", '"kick in"'),
        ('say "hi"', "'say \"hi\"'"),
        ('"it\'s" me', '`"it\'s" me`'),
        ('"it\'s" `me`', "`\"it's\" 'me'`"),
        ("#1", '"#1"'),
        (";x", '";x"'),
        ("'x", '"\'x"'),
        ("a'b", "a'b"),
        ("two\r\nlines", '"two  lines"'),
        ("nul\0here", '"nul here"'),
    ],
)
def test_quotes_are_those_of_reaper(text, written):
    assert quote(text) == written


def test_some_fields_are_always_quoted():
    assert quote("a.wav", always=True) == '"a.wav"'


@QUICK
@given(st.floats(-1e15, 1e15))
@example(1e-21)
@example(-0.0)
@example(0.1)
@example(1 / 3)
def test_numbers_are_plain_short_and_read_back(value):
    text = format_number(value)
    assert not set(text) - set("-.0123456789")
    assert text == text.strip() and not (("." in text) and text.endswith(("0", ".")))
    assert len(text.replace("-", "").replace(".", "").lstrip("0")) <= 17
    assert parse_number(text) == pytest.approx(value, rel=1e-15, abs=0.6e-14)
    assert format_number(parse_number(text)) == text


def test_numbers_below_the_last_decimal_are_zero():
    assert [format_number(value) for value in (0.0, -0.0, 1e-21, -1e-18, 4e-15)] == ["0"] * 5
    assert format_number(0.123456789, 4) == "0.1235"
    with pytest.raises(ValueError, match="nan"):
        format_number(math.nan)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        ("-1,5", -1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1:U", -1.0),
        ("12abc", 12.0),
        ("1_000", 1.0),
        ("", 7.0),
        ("abc", 7.0),
        ("nan", 7.0),
        ("inf", 7.0),
        ("1e999", 7.0),
        ("\u0661", 7.0),
    ],
)
def test_numbers_are_read_as_c_reads_them(text, value):
    assert parse_number(text, 7.0) == value


def test_whole_numbers_of_any_size():
    line = Line(b"X 1e300 -2.9 99999999999999999999", 0)
    assert [line.integer(index, 5) for index in (1, 2, 3, 4)] == [5, -2, 5, 5]


@QUICK
@given(st.text() | st.binary().map(decode))
@example("\ud800")
def test_any_text_can_be_written(text):
    again = decode(encode(text))
    lost = [a for a, b in zip(text, again, strict=False) if a != b]
    assert len(again) <= len(text)
    assert not lost or any("\ud800" <= char <= "\udfff" for char in text)


ODD_FILES = {
    "crlf": b.project(b.track(1), b.track(2)),
    "lf": b.project(b.track(1), newline=b"\n"),
    "tabs": b.project(b.track(1), indent=b"\t"),
    "odd indent": b.project(b.track(1), indent=b"   \t "),
    "no indent": b.project(b.track(1), indent=b""),
    "mixed endings": b.project(b.track(1), newline=b"\n").replace(b"RIPPLE 0\n", b"RIPPLE 0\r\n"),
    "trailing spaces": b.project(b.track(1, lines=("PPT 1 2 ", "X  \t "))),
    "not utf-8": b.project(b.track(1)).replace(b"NAME T1", b"NAME \xff\xfe\x80"),
    "nul at end": b.project(b.track(1)) + b"\0",
    "no last newline": b.project(b.track(1))[:-2],
    "bom": b"\xef\xbb\xbf" + b.project(b.track(1)),
    "line separators": b.project(b.track(1, name='"a\u2028b\u0085c\x0bd\x0c"')),
    "quotes": b.project(b.track(1, name='`"it\'s"`'), b.track(2, name="'\"'"), b.track(3, name='"\'"')),
    "notes": b.project(["<NOTES 0 2", "|  text ", "|", "|<TRACK", "|>", ">"], b.track(1)),
    "blank lines": b"\r\n \r\n" + b.project(b.track(1), ["", "   ", ""]),
    "cut off": b.project(b.track(1))[:-20],
    "text after the end": b.project(b.track(1)) + b"more\n<TRACK\n>\n",
}


@pytest.mark.parametrize("data", ODD_FILES.values(), ids=ODD_FILES)
def test_the_tree_holds_every_byte_once(data):
    document = Document(data)
    assert rewrite(document) == data
    assert document.render() == data
    assert document.root is not None
    assert document.root.name == "REAPER_PROJECT"


@pytest.mark.parametrize("data", ODD_FILES.values(), ids=ODD_FILES)
def test_one_word_changes_and_nothing_else(data):
    document = Document(data)
    assert document.root is not None
    line = document.root.line("SAMPLERATE")
    assert line is not None
    document.set_word(line, 1, "96000")
    assert document.render() == data.replace(b"48000", b"96000")


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
@pytest.mark.parametrize("indent", [b"  ", b"\t", b""])
def test_inserted_lines_take_the_files_ending_and_their_parents_indentation(newline, indent):
    data = b.project(b.track(1), newline=newline, indent=indent)
    document = Document(data)
    assert document.root is not None
    block = document.root.all("TRACK")[0]
    document.insert(block.close, ["<A", "  B 1", ">"], block)
    start = indent + b"  "
    new = newline.join([start + b"<A", start + b"  B 1", start + b">"]) + newline
    assert document.render() == data[: block.close] + new + data[block.close :]


def test_insertions_at_one_place_stand_by_rank_then_in_order():
    data = b.project()
    document = Document(data)
    assert document.root is not None
    for text, rank in (("C", 2), ("A", 0), ("D", 2), ("B", 1)):
        document.insert(document.root.close, [text], document.root, rank=rank)
    assert document.render() == data[: document.root.close] + b"  A\r\n  B\r\n  C\r\n  D\r\n>\r\n"


def test_words_are_appended_and_gaps_filled():
    data = b.project(["A", "B 1  ", "C 1 2 3"], newline=b"\n")
    document = Document(data)
    assert document.root is not None
    a, second, c = (document.root.line(name) for name in "ABC")
    assert a and second and c
    document.set_words(a, {1: "7", 2: "8"})
    document.set_words(second, {3: "9"})
    document.set_words(c, {1: "x", 3: "y"})
    expected = data.replace(b"  A\n", b"  A 7 8\n")
    assert document.render() == expected.replace(b"B 1  \n", b"B 1 0 9  \n").replace(b"C 1 2 3", b"C x 2 y")
    with pytest.raises(ValueError, match="word 3 of a line with 1"):
        Document(data).set_word(a, 3, "1")


def test_edits_must_not_meet():
    document = Document(b.project())
    document.edit(5, 10, b"x")
    document.edit(7, 8, b"y")
    with pytest.raises(ValueError, match="byte 7"):
        document.render()


def test_lines_are_counted_from_one():
    document = Document(b"<A\nB\nC\n>\n")
    assert [document.line_number(offset) for offset in (0, 3, 5, 7)] == [1, 2, 3, 4]
    assert document.line_count == 4
    assert Document(b"<A\n>").line_count == 2
    assert Document(b"").line_count == 0


@pytest.mark.parametrize("filler", [b"\0", b" ", b"\t", b"\r", b" \0"])
def test_a_long_run_of_nothing_takes_no_time(filler):
    data = b.project(b.track(1)).replace(b"RIPPLE 0", b"RIPPLE 0" + filler * 300_000 + b"\r\n" + filler * 300_000)
    started = time.process_time()
    document = Document(data)
    assert document.root is not None
    assert len([line.name for line in document.root.lines]) == 5
    assert [token.text for line in document.root.lines for token in line.tokens][:2] == ["RIPPLE", "0"]
    assert time.process_time() - started < 2.0
