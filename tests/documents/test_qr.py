"""Our QR codes are segno's, module for module."""

import random
import struct
import zlib

import pytest
import segno
from segno import encoder

from encaisse.documents import qr


@pytest.mark.parametrize(
    "length", [1, 14, 15, 26, 42, 62, 84, 106, 107, 122, 152, 180, 181, 213, 214, 251, 287, 330, 331]
)
def test_same_as_segno(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # segno puts one byte too many before the padding when the data ends on a byte, as it always does here: readers
    # do not mind, but ISO/IEC 18004, 7.4.10 does.
    monkeypatch.setattr(
        encoder, "write_padding_bits", lambda buffer, version, length: buffer.extend([0] * (-length % 8))
    )
    # Lower case forces byte mode, the only one used here.
    data = bytes(random.Random(length).choice(b"abcdefghij /:.-0123") for _ in range(length - 1)) + b"z"
    wanted = segno.make(data, error="m", micro=False, boost_error=False, mask=2, mode="byte")
    size, cells = qr.modules(data)
    assert size == len(wanted.matrix)
    assert [cells[row * size : (row + 1) * size] for row in range(size)] == [bytes(row) for row in wanted.matrix]


def test_too_long_is_refused() -> None:
    with pytest.raises(qr.TooLong):
        qr.modules(bytes(332))


def test_svg_draws_every_dark_module_once() -> None:
    size, cells = qr.modules(b"encaisse")
    drawn = qr.svg(b"encaisse")
    runs = [part.split("h") for part in drawn.split('d="M')[1].split('"')[0].split("M")]
    assert sum(int(length) for _, length in runs) == sum(cells)
    assert f"0 0 {size} {size}" in drawn


def test_png_is_the_symbol_with_its_quiet_zone() -> None:
    size, cells = qr.modules(b"encaisse")
    picture = qr.png(b"encaisse", scale=2, border=4)
    side, height, depth = struct.unpack(">IIB", picture[16:25])
    assert (side, height, depth) == (2 * size + 16, 2 * size + 16, 1)
    start = picture.index(b"IDAT") + 4
    rows = zlib.decompress(picture[start : picture.index(b"IEND") - 8])
    width = 1 + (side + 7) // 8
    for row in range(size):
        line = rows[(8 + 2 * row) * width : (9 + 2 * row) * width]
        bits = "".join(f"{byte:08b}" for byte in line[1:])
        assert [1 - int(bit) for bit in bits[8 : 8 + 2 * size : 2]] == list(cells[row * size : (row + 1) * size])
