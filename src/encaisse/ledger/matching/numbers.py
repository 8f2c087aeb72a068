"""Document numbers inside free text, with the usual damage: found by three indexes of all open numbers.

``exact`` holds numbers as letters and digits; ``misread`` the same with letters that look like digits taken for
digits; ``digits`` only their digits, with and without the zeros in front of each group. What is too short to be looked
for among all customers is looked for among a payer's own invoices by its last group (``tails``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from encaisse.ledger.matching.text import MISREAD, capitals, digits_of, groups_of, has_digit, words

LONGEST = 6
"""A number may be written in up to so many words: FA 2025 03 00 01."""
LEAST_SIGNS = 5
"""Letters and digits a number needs to be looked for among all customers."""
LEAST_DIGITS = 5
"""The same for digits alone, zeros in front not counted."""
MOST_IN_RANGE = 50
_BETWEEN = frozenset({"A", "AU", "TO", "UNTIL", "JUSQU", "BIS"})
_HYPHENED = re.compile(r"(?<![0-9])([0-9]{1,9}) ?(?:-|–|\.\.\.?|/) ?([0-9]{1,9})(?![0-9])")

Places = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A text names open items. ``how``: exact, misread or digits; ``said``: its words; ``signs``: how many agree."""

    places: Places
    how: str
    said: str
    signs: int


@dataclass(slots=True)
class Said:
    """What a text says of numbers: mentions, and the short numbers that mean something to one payer only."""

    mentions: list[Mention] = field(default_factory=list)
    tails: set[str] = field(default_factory=set)
    ranged: set[str] = field(default_factory=set)


class Numbers:
    """The numbers of all open items; a place is an item's place in the list given."""

    def __init__(self, numbers: Iterable[str]) -> None:
        exact: dict[str, list[int]] = defaultdict(list)
        misread: dict[str, list[int]] = defaultdict(list)
        digits: dict[str, list[int]] = defaultdict(list)
        self.tails: list[str] = []
        for place, number in enumerate(numbers):
            signs = "".join(words(number))
            groups = groups_of(number)
            self.tails.append(groups[-1].lstrip("0") if groups else "")
            if not groups:
                continue
            if len(signs) >= LEAST_SIGNS:
                exact[signs].append(place)
                misread[signs.translate(MISREAD)].append(place)
            bare = [group.lstrip("0") for group in groups]
            keys = {"".join(groups), "".join(bare), bare[-1]}
            if len(groups) > 2:
                # The year and what follows, where something else stands before.
                keys |= {"".join(groups[1:]), "".join(bare[1:])}
            for key in keys:
                if len(key.lstrip("0")) >= LEAST_DIGITS:
                    digits[key].append(place)
        self._longest = max(map(len, exact), default=0)
        self._exact = {key: tuple(places) for key, places in exact.items()}
        self._misread = {key: tuple(places) for key, places in misread.items()}
        self._digits = {key: tuple(places) for key, places in digits.items()}

    def carrying(self, code: str) -> Places:
        """The items whose number is ``code``, letters and digits, zeros in front forgiven."""
        return self._exact.get(code) or self._digits.get(code.lstrip("0"), ()) if len(code) >= LEAST_SIGNS else ()

    def read(self, text: str) -> Said:
        """What a free text says. Longer readings come before shorter ones; a word is read once."""
        said = Said()
        found = words(text)
        if not any(map(has_digit, found)):
            return said
        taken = self._whole(found, said)
        self._bare(found, taken, said)
        self._short(text, found, said)
        return said

    def _whole(self, found: Sequence[str], said: Said) -> set[int]:
        """Numbers with their letters, one to ``LONGEST`` words long, as written or misread."""
        taken: set[int] = set()
        digit = [has_digit(word) for word in found]
        ends = [0, *accumulate(map(len, found))]
        start = 0
        while start < len(found):
            step = 1
            for end in range(min(len(found), start + LONGEST), start, -1):
                if ends[end] - ends[start] > self._longest or not any(digit[start:end]):
                    continue
                if ends[end] - ends[start] < LEAST_SIGNS:
                    break
                joined = "".join(found[start:end])
                how, places = "exact", self._exact.get(joined)
                if places is None:
                    how, places = "misread", self._misread.get(joined.translate(MISREAD))
                if places is not None:
                    said.mentions.append(Mention(places, how, " ".join(found[start:end]), len(joined)))
                    taken.update(range(start, end))
                    step = end - start
                    break
            start += step
        return taken

    def _bare(self, found: Sequence[str], taken: set[int], said: Said) -> None:
        """Numbers without what stands before, or without their zeros."""
        read = [digits_of(word) for word in found]
        start = 0
        while start < len(found):
            step = 1
            if read[start] and start not in taken:
                stop = start + 1
                while stop < min(len(found), start + LONGEST) and stop not in taken and found[stop].isdigit():
                    stop += 1
                for end in range(stop, start, -1):
                    places, signs = self._by_digits(read[start:end])
                    if places:
                        said.mentions.append(Mention(places, "digits", " ".join(found[start:end]), signs))
                        step = end - start
                        break
            start += step

    def _by_digits(self, read: Sequence[str]) -> tuple[Places, int]:
        for key in ("".join(read), "".join(one.lstrip("0") for one in read)):
            places = self._digits.get(key, ())
            if places:
                return places, len(key.lstrip("0"))
        whole = "".join(read).lstrip("0")
        return self._digits.get(whole, ()), len(whole)

    def _short(self, text: str, found: Sequence[str], said: Said) -> None:
        """Last groups of numbers: each word's digits, and all those of a range (120 à 124, 120-124)."""
        tails = [digits_of(word).lstrip("0") for word in found]
        said.tails.update(tail for tail in tails if tail)
        for at, word in enumerate(found):
            if word in _BETWEEN and 0 < at < len(found) - 1 and tails[at - 1]:
                last = at + 1
                while last < len(found) and not tails[last] and last < at + 3:
                    last += 1
                while last + 1 < len(found) and tails[last + 1]:
                    last += 1
                if last < len(found):
                    said.ranged |= _between(tails[at - 1], tails[last])
        for first, last_one in _HYPHENED.findall(capitals(text)):
            said.ranged |= _between(first.lstrip("0"), last_one.lstrip("0"))


def _between(first: str, last: str) -> set[str]:
    """Every number from the first to the last one; the last may leave out what it shares with the first."""
    if not (first.isdigit() and last.isdigit()) or max(len(first), len(last)) > 9:
        return set()
    if len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    low, high = int(first), int(last)
    return {str(number) for number in range(low, high + 1)} if 0 < high - low <= MOST_IN_RANGE else set()
