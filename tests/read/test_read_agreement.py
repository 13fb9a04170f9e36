from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.read.columns import Body
from importer.stations.read.dialect import find_layout
from importer.stations.read.encoding import Text, decode
from importer.stations.read.exact import read_exact
from importer.stations.read.fast import _plain_lines, read_fast

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "samples"

plain = st.text(st.sampled_from("ab1,. é€\u2028"), max_size=4)
odd = st.text(st.sampled_from('a";\n\r ,é\u0085\x1c'), max_size=5)


def quoted(cell: str) -> str:
    """A cell in quotes, as a sound program writes it."""
    return '"' + cell.replace('"', '""') + '"'


sound = st.one_of(plain, plain.map(quoted), st.text(st.sampled_from('a";é '), max_size=5).map(quoted))
sound_tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(sound, min_size=width, max_size=width), max_size=8)
)
anything = st.lists(st.lists(st.one_of(sound, odd, odd.map(quoted)), min_size=0, max_size=4), max_size=6)


def both(text: str, width: int) -> tuple[Body | None, Body | SourceError]:
    """What the two readers make of the rows below the header in row 1."""
    source = Text(text.encode(), 0, "utf-8", may_be_damaged=False)
    exact: Body | SourceError
    try:
        exact = read_exact(source, ";", 1, width, "x.csv")
    except SourceError as error:
        exact = error
    return read_fast(source, ";", 1, width), exact


def cells(body: Body) -> tuple[list[list[str]], int, int]:
    """Everything a table takes from a body that the fast reader can give."""
    return [column.to_pylist() for column in body.columns], body.count, body.blank_end


@given(anything, st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, 4), st.booleans())
def test_the_fast_reader_agrees_or_gives_way(table: list[list[str]], end: str, width: int, closed: bool) -> None:
    """Whatever stands in a file, the fast reader gives the cells and rows of the exact one, or nothing at all."""
    header = ";".join("abcd"[:width])
    text = end.join([header, *(";".join(row) for row in table)]) + (end if closed else "")

    fast, exact = both(text, width)

    if fast is not None:
        assert isinstance(exact, Body)
        assert cells(fast) == cells(exact)
        assert not exact.ragged


@given(st.text(st.sampled_from('a";\n\r '), max_size=24), st.integers(1, 3))
def test_the_fast_reader_agrees_or_gives_way_on_noise(noise: str, width: int) -> None:
    """The same for text that no program would write."""
    fast, exact = both(";".join("abc"[:width]) + "\n" + noise, width)

    if fast is not None:
        assert isinstance(exact, Body)
        assert cells(fast) == cells(exact)
        assert not exact.ragged


@given(sound_tables, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_sound_files_take_the_fast_way(table: list[list[str]], end: str, closed: bool) -> None:
    """Rows of one length, quotes well-formed, no blank line: the fast reader must not give way."""
    width = len(table[0]) if table else 2
    lines = [";".join(row) for row in table if any(cell for cell in row)]
    lines = [line for line in lines if line]
    text = end.join([";".join("abcd"[:width]), *lines]) + (end if closed else "")

    fast, exact = both(text, width)

    assert fast is not None
    assert isinstance(exact, Body)
    assert cells(fast) == cells(exact)


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("1;2", 1),
        ('"1";"2"\r\n"";""""\n"a""b;";x', 3),
        ("1;2\r\n\r\n3;4", None),  # a blank line
        ("\n1;2", None),
        ("\r\n1;2", None),
        ("1;2\r3;4", None),  # a lone carriage return
        ("1;2\r\r\n3;4", None),
        ('1;"a\nb"', None),  # a line end inside quotes
        ('1;5" pijp\n2;6" pijp', None),  # quotes inside a bare cell
        ('1; "a"', None),
        ('1;"a" ', None),
        ('1;"a"b"', None),
        ('1;"a\n2;b"', None),
    ],
)
def test_the_proof_gives_way_on_anything_odd(body: str, lines: int | None) -> None:
    """The proof stands on its own: it does not lean on what pyarrow happens to refuse."""
    data = body.encode()

    assert _plain_lines(data, 0, len(data), ord(";")) == lines


def test_they_agree_over_the_borders_of_chunks() -> None:
    """A file of several chunks, with quotes and doubled quotes everywhere, is read alike."""
    rows = [f'{number};"klant ""{number}"" ; é";{"x" * (number % 97)}' for number in range(120_000)]
    fast, exact = both("a;b;c\r\n" + "\r\n".join(rows) + "\r\n\r\n", 3)

    assert fast is not None
    assert isinstance(exact, Body)
    assert (fast.count, fast.blank_end) == (exact.count, exact.blank_end) == (120_000, 1)
    for one, other in zip(fast.columns, exact.columns, strict=True):
        assert one.to_pylist() == other.to_pylist()


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of sample files is not here")
def test_they_agree_on_every_sample() -> None:
    """On real files of other people, at whatever row their header is, both give the same, and the fast way is used."""
    compared = 0
    for path in sorted([*SAMPLES.rglob("*.csv"), *SAMPLES.rglob("*.ssv")]):
        try:
            text = decode(path.read_bytes(), ("utf-8", "windows-1252"), path.name)
            layout = find_layout(text, SourceRule(), (), path.name)
            exact = read_exact(text, layout.delimiter, layout.header.row, len(layout.header.headers), path.name)
        except SourceError:
            continue
        fast = read_fast(text, layout.delimiter, layout.header.row, len(layout.header.headers))
        if fast is not None:
            compared += 1
            assert cells(fast) == cells(exact), path.name
            assert not exact.ragged, path.name
    assert compared >= 20
