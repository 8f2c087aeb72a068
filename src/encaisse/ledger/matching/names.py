"""Whose name the payer's is: known ones by one look, alike ones over an index of words.

A word weighs more the fewer customers have it: TRANSPORTS says little, TRAVERSE says who.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from heapq import nsmallest
from math import log2

from encaisse.ledger.matching.alike import word_likeness
from encaisse.ledger.matching.text import EMPTY_WORDS, name_key, name_words, words

MOST_COMMON = 300
"""A word that more names have is no way to find a name."""
MOST_COMPARED = 8
"""So many names, those that share the most telling words, are compared letter by letter."""
LEAST_ALIKE = 0.72
"""From this likeness on a name is told as alike."""
_CUT = 4


class Names:
    """The names of customers. ``given``: customer and name, a customer may have several."""

    def __init__(self, given: Iterable[tuple[int, str]]) -> None:
        self._words: list[tuple[str, ...]] = []
        self._customers: list[int] = []
        self.of_customer: dict[int, list[int]] = defaultdict(list)
        by_key: dict[str, set[int]] = defaultdict(set)
        by_word: dict[str, list[int]] = defaultdict(list)
        by_end: dict[str, list[int]] = defaultdict(list)
        for customer, name in given:
            telling = tuple(dict.fromkeys(name_words(name)))
            if not telling:
                continue
            place = len(self._words)
            self._words.append(telling)
            self._customers.append(customer)
            self.of_customer[customer].append(place)
            by_key[name_key(name)].add(customer)
            for word in telling:
                by_word[word].append(place)
                if len(word) > _CUT:
                    by_end["^" + word[:_CUT]].append(place)
                    by_end["$" + word[-_CUT:]].append(place)
        self._by_key: Mapping[str, frozenset[int]] = {key: frozenset(found) for key, found in by_key.items()}
        self._by_word = dict(by_word)
        self._by_end = {key: places for key, places in by_end.items() if len(places) <= MOST_COMMON}
        self._most = log2(len(self._words) + 2)
        self._alike = lru_cache(maxsize=50_000)(self._alike_now)

    def same(self, name: str) -> frozenset[int]:
        """The customers of this very name, legal form and order of words aside."""
        return self._by_key.get(name_key(name), frozenset())

    def alike(self, name: str) -> Mapping[int, float]:
        """Customers whose name is alike, with the likeness (``LEAST_ALIKE`` to 1)."""
        return self._alike(tuple(dict.fromkeys(name_words(name))))

    def likeness(self, name: str, customer: int) -> float:
        """How alike a name is to the best name of one customer."""
        asked = tuple(dict.fromkeys(name_words(name)))
        return max(
            (self._compare(asked, self._words[place]) for place in self.of_customer.get(customer, ())), default=0
        )

    def inside(self, text: str) -> frozenset[int]:
        """Customers all of whose telling words stand in a free text; at least one of the words is rare."""
        said = set(words(text)) - EMPTY_WORDS
        found: set[int] = set()
        for word in said:
            places = self._by_word.get(word, ())
            if len(word) < 4 or len(places) > 20 or word.isdigit():
                continue
            found.update(self._customers[place] for place in places if said.issuperset(self._words[place]))
        return frozenset(found)

    def _alike_now(self, asked: tuple[str, ...]) -> Mapping[int, float]:
        votes: dict[int, float] = defaultdict(float)
        for word in asked:
            places = self._by_word.get(word, ())
            if len(places) <= MOST_COMMON:
                for place in places:
                    votes[place] += 2 * self._weight(word)
            if len(word) > _CUT:
                for key in ("^" + word[:_CUT], "$" + word[-_CUT:]):
                    for place in self._by_end.get(key, ()):
                        votes[place] += 3
        best = nsmallest(MOST_COMPARED, votes, key=lambda place: (-votes[place], place))
        found: dict[int, float] = {}
        for place in best:
            likeness = self._compare(asked, self._words[place])
            customer = self._customers[place]
            if likeness >= LEAST_ALIKE and likeness > found.get(customer, 0.0):
                found[customer] = likeness
        return found

    def _weight(self, word: str) -> float:
        """How much a word tells: rare ones most, single letters little."""
        rare = self._most - log2(1 + len(self._by_word.get(word, ())))
        return max(rare, 1.0) * (1.0 if len(word) > 2 else 0.3)

    def _compare(self, one: tuple[str, ...], other: tuple[str, ...]) -> float:
        """Weighed share of both names' words that have their like in the other name."""
        shared = set(one) & set(other)
        left, right = ([word for word in side if word not in shared] for side in (one, other))
        common = 2 * sum(map(self._weight, shared))
        weight_of = {word: self._weight(word) for word in (*left, *right)}
        total = common + sum(weight_of.values())
        for word in left:
            rated = [(word_likeness(word, there), there) for there in right]
            best, there = max(rated, default=(0.0, ""))
            if best > 0:
                right.remove(there)
                # A word misspelt is as rare as nothing: the right spelling says what it tells.
                weight = min(weight_of[word], weight_of[there])
                total += 2 * weight - weight_of[word] - weight_of[there]
                common += best * 2 * weight
        return common / total if total else 0.0
