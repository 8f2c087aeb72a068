"""QR codes (ISO/IEC 18004) for bank transfers: bytes, error correction M, versions 1 to 13, one mask.

Written here because printing a letter must cost less than 15 ms and a general encoder takes four of them: it tries
eight masks and walks the symbol module by module. Here all that does not depend on the data is kept per version.
``tests/documents/test_qr.py`` compares every symbol with segno's.
"""

import struct
import zlib
from dataclasses import dataclass
from functools import cache

# Per version from 1: error correction bytes per block, then (blocks, data bytes in each). Standard, tables 7 and 9.
_BLOCKS: tuple[tuple[int, tuple[tuple[int, int], ...]], ...] = (
    (10, ((1, 16),)),
    (16, ((1, 28),)),
    (26, ((1, 44),)),
    (18, ((2, 32),)),
    (24, ((2, 43),)),
    (16, ((4, 27),)),
    (18, ((4, 31),)),
    (22, ((2, 38), (2, 39))),
    (22, ((3, 36), (2, 37))),
    (26, ((4, 43), (1, 44))),
    (30, ((1, 50), (4, 51))),
    (22, ((6, 36), (2, 37))),
    (22, ((8, 37), (1, 38))),
)
# Centres of the alignment patterns beyond 6, per version from 1. Standard, annex E.
_ALIGNMENT: tuple[tuple[int, ...], ...] = (
    *((), (18,), (22,), (26,), (30,), (34,)),
    *((22, 38), (24, 42), (26, 46), (28, 50), (30, 54), (32, 58), (34, 62)),
)
# Level M is 00; mask 2 (every third column) reads as well as any on such data.
_FORMAT = 0b00_010


class TooLong(ValueError):
    """More bytes than a version 13 symbol holds (331)."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a version fixes: the drawn patterns, and for each bit of data its place and whether the mask turns it."""

    size: int
    drawn: bytes
    places: tuple[int, ...]
    turned: tuple[int, ...]


def modules(data: bytes) -> tuple[int, bytes]:
    """The side of the symbol and its modules row by row, 1 for dark. Raises TooLong."""
    version = _version(len(data))
    frame = _frame(version)
    cells = bytearray(frame.drawn)
    bits = bin(int.from_bytes(b"\1" + _codewords(data, version)))[3:]
    # Places beyond the data hold the remainder bits, which are light before the mask.
    for place, turn, bit in zip(frame.places, frame.turned, bits.ljust(len(frame.places), "0"), strict=True):
        cells[place] = turn ^ (bit == "1")
    return frame.size, bytes(cells)


def svg(data: bytes) -> str:
    """The symbol as SVG without its quiet zone, one line per run of dark modules."""
    size, cells = modules(data)
    path: list[str] = []
    for row in range(size):
        at = 0
        for run in cells[row * size : (row + 1) * size].split(b"\0"):
            if run:
                path.append(f"M{at} {row}.5h{len(run)}")
            at += len(run) + 1
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">'
        f'<path stroke="#000" d="{"".join(path)}"/></svg>'
    )


def png(data: bytes, *, scale: int = 4, border: int = 4) -> bytes:
    """The symbol as a PNG of one bit per dot, with its quiet zone (in modules)."""
    size, cells = modules(data)
    side = (size + 2 * border) * scale
    blank = [1] * (border * scale)
    rows = bytearray()
    empty = b"\0" + _dots([1] * side)
    rows += empty * (border * scale)
    for row in range(size):
        dots = [1 - cell for cell in cells[row * size : (row + 1) * size] for _ in range(scale)]
        rows += (b"\0" + _dots([*blank, *dots, *blank])) * scale
    rows += empty * (border * scale)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _dots(bits: list[int]) -> bytes:
    padded = bits + [0] * (-len(bits) % 8)
    return int("".join(map(str, padded)), 2).to_bytes(len(padded) // 8)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _capacity(version: int) -> int:
    return sum(count * size for count, size in _BLOCKS[version - 1][1])


def _version(length: int) -> int:
    for version in range(1, len(_BLOCKS) + 1):
        head = 12 if version < 10 else 20
        if head + 8 * length <= 8 * _capacity(version):
            return version
    raise TooLong(f"{length} bytes do not fit a QR code of version {len(_BLOCKS)}")


def _codewords(data: bytes, version: int) -> bytes:
    """Data and error correction bytes, interleaved block by block."""
    capacity = _capacity(version)
    width = 8 if version < 10 else 16
    bits = (0b0100 << width | len(data)) << 8 * len(data) | int.from_bytes(data)
    # Mode and length make half a byte too many or too few: four zero bits end the data and fill it up.
    message = (bits << 4).to_bytes((4 + width) // 8 + len(data) + 1)[-(len(data) + (8 + width) // 8) :]
    message += bytes((0xEC, 0x11)) * capacity
    message = message[:capacity]
    correction, groups = _BLOCKS[version - 1]
    blocks, at = [], 0
    for count, size in groups:
        for _ in range(count):
            blocks.append(message[at : at + size])
            at += size
    checks = [_checks(block, correction) for block in blocks]
    longest = max(map(len, blocks))
    inter = bytes(block[index] for index in range(longest) for block in blocks if index < len(block))
    return inter + bytes(check[index] for index in range(correction) for check in checks)


@cache
def _powers() -> tuple[bytes, bytes]:
    """Powers of two in the field of 256 elements (polynomial 0x11D), twice over, and their logarithms."""
    power, log = bytearray(512), bytearray(256)
    value = 1
    for exponent in range(255):
        power[exponent] = power[exponent + 255] = value
        log[value] = exponent
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    return bytes(power), bytes(log)


@cache
def _generator(degree: int) -> bytes:
    """Logarithms of the coefficients of (x - 1)(x - 2)(x - 4)…, the leading one left out."""
    power, log = _powers()
    coefficients = [1]
    for root in range(degree):
        shifted = [*coefficients, 0]
        for index, coefficient in enumerate(coefficients):
            shifted[index + 1] ^= power[log[coefficient] + root]
        coefficients = shifted
    return bytes(log[coefficient] for coefficient in coefficients[1:])


def _checks(block: bytes, correction: int) -> bytes:
    """Reed-Solomon: what remains of the block divided by the generator."""
    power, log = _powers()
    generator = _generator(correction)
    rest = bytearray(block) + bytes(correction)
    for index in range(len(block)):
        lead = rest[index]
        if lead:
            shift = log[lead]
            for offset, coefficient in enumerate(generator, index + 1):
                rest[offset] ^= power[coefficient + shift]
    return bytes(rest[len(block) :])


@cache
def _frame(version: int) -> _Frame:
    size = 17 + 4 * version
    drawn: dict[tuple[int, int], int] = {}
    _draw_finders(drawn, size)
    _draw_alignment(drawn, size, version)
    for at in range(8, size - 8):
        drawn[6, at] = drawn[at, 6] = 1 - at % 2
    _draw_format(drawn, size)
    if version >= 7:
        bits = version << 12 | _bch(version, 12, 0x1F25)
        for index in range(18):
            bit = bits >> index & 1
            drawn[index // 3, size - 11 + index % 3] = drawn[size - 11 + index % 3, index // 3] = bit
    places = [(row, column) for row, column in _snake(size) if (row, column) not in drawn]
    cells = bytearray(size * size)
    for (row, column), bit in drawn.items():
        cells[row * size + column] = bit
    return _Frame(
        size=size,
        drawn=bytes(cells),
        places=tuple(row * size + column for row, column in places),
        turned=tuple(int(column % 3 == 0) for _, column in places),
    )


def _draw_finders(drawn: dict[tuple[int, int], int], size: int) -> None:
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        for row in range(-1, 8):
            for column in range(-1, 8):
                ring = max(abs(row - 3), abs(column - 3))
                if 0 <= top + row < size and 0 <= left + column < size:
                    drawn[top + row, left + column] = int(ring not in (2, 4))


def _draw_alignment(drawn: dict[tuple[int, int], int], size: int, version: int) -> None:
    centres = (6, *_ALIGNMENT[version - 1]) if version > 1 else ()
    corners = {(6, 6), (6, size - 7), (size - 7, 6)}
    for centre in ((row, column) for row in centres for column in centres if (row, column) not in corners):
        for row in range(-2, 3):
            for column in range(-2, 3):
                drawn[centre[0] + row, centre[1] + column] = int(max(abs(row), abs(column)) != 1)


def _draw_format(drawn: dict[tuple[int, int], int], size: int) -> None:
    bits = (_FORMAT << 10 | _bch(_FORMAT, 10, 0x537)) ^ 0x5412
    upright = [0, 1, 2, 3, 4, 5, 7, 8, *range(size - 7, size)]
    across = [*range(size - 1, size - 9, -1), 7, 5, 4, 3, 2, 1, 0]
    for index in range(15):
        bit = bits >> index & 1
        drawn[upright[index], 8] = drawn[8, across[index]] = bit
    drawn[size - 8, 8] = 1


def _bch(value: int, width: int, polynomial: int) -> int:
    rest = value << width
    for shift in range(rest.bit_length() - polynomial.bit_length(), -1, -1):
        if rest >> shift + width & 1:
            rest ^= polynomial << shift
    return rest


def _snake(size: int) -> list[tuple[int, int]]:
    """Places in the order in which data fills them: pairs of columns from the right, up and down by turns."""
    order = []
    rights = [right if right > 6 else right - 1 for right in range(size - 1, 0, -2)]
    for turn, right in enumerate(rights):
        rows = range(size) if turn % 2 else range(size - 1, -1, -1)
        order += [(row, right - side) for row in rows for side in (0, 1)]
    return order
