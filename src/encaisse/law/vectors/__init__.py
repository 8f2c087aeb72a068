"""Worked examples that anyone can bring: a file of vectors in, what is equal and what differs out.

>>> from encaisse.law.vectors import run_vectors
>>> [result.ok for result in run_vectors(text)]  # doctest: +SKIP
"""

from __future__ import annotations

from encaisse.law.vectors.compare import Difference
from encaisse.law.vectors.reading import BadVectors, Unclear
from encaisse.law.vectors.run import NOT_CHECKED, Result, run_vectors

__all__ = ["NOT_CHECKED", "BadVectors", "Difference", "Result", "Unclear", "run_vectors"]
