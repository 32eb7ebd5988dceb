"""How well words and a file agree.

A prompt's *content words* are what is left without grammar and filler; each is accounted for fully, partly or not at
all by the places of a file where its stem occurs. Knows neither files nor the index, only their texts.

Source: Porter, "An algorithm for suffix stripping", 1980, as SQLite's FTS5 implements it; asking FTS5 itself keeps the
stems here equal to those it searched by.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from functools import lru_cache

from engine.backends.library.names import split_words

MAX_QUERY_WORDS = 32
_FILLER = """
a an the of in on at to from with and or by for into onto over under as is are it its this that there then some any
several few two three four five six seven eight nine ten once twice times sound sounds sfx fx effect effects audio
recording sample please make add generate create someone something very really no not without
"""
_LIGHT = """
heavy light soft softly loud loudly quiet quietly gentle gently hard big small large huge tiny dry wet close near nearby
distant far away slow slowly fast quick quickly sudden old new long short single deep high low inside outside interior
exterior indoor indoors outdoor outdoors bright dark strong weak noise
"""
FILLER = frozenset(_FILLER.split())
LIGHT = frozenset(_LIGHT.split())
"""How, not what: such a word counts half."""
CREDITS = {"name": 1.0, "category": 0.9, "description": 0.8, "folders": 0.6}
SYNONYM_CREDIT = 0.8
NARROW_SYNONYMS = 4
"""A category with at most so many synonyms means one thing; the more it lists, the less one of them says of a file."""


class _Stemmer:
    """FTS5's own tokenizer, asked through a table in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._memory = sqlite3.connect(":memory:", check_same_thread=False)
        self._memory.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize='porter unicode61 remove_diacritics 2')")
        self._memory.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, 'instance')")

    def stem(self, word: str) -> str:
        with self._lock:
            self._memory.execute("INSERT INTO t(rowid, x) VALUES (1, ?)", (word,))
            row = self._memory.execute("SELECT term FROM v").fetchone()
            self._memory.execute("DELETE FROM t WHERE rowid = 1")
        return str(row[0]) if row else word


_stemmer = _Stemmer()


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Stem of one word.

    >>> stem("knocking") == stem("Knocks")
    True
    """
    return _stemmer.stem(word.lower())


def query_words(prompt: str) -> list[str]:
    """The prompt's content words as they stand, in order; all plain letters and digits.

    >>> query_words("the sound of a heavy door (slams)")
    ['heavy', 'door', 'slams']
    """
    words = [word.lower() for word in split_words(prompt) if len(word) > 1 and not word.isdigit()]
    return [word for word in words if word not in FILLER][:MAX_QUERY_WORDS]


def weights(words: Iterable[str]) -> dict[str, float]:
    """Stem to weight of content words.

    >>> weights(["heavy", "door", "slams"])
    {'heavi': 0.5, 'door': 1.0, 'slam': 1.0}
    """
    return {stem(word): 0.5 if word in LIGHT else 1.0 for word in words}


def confidence(words: dict[str, float], texts: dict[str, str], synonyms: str) -> float:
    """How much of the words a file accounts for, 0 to 1.

    Half of the words is not an answer ("car door" to "door slam"), so the share is bent down to fall below the
    threshold of a match there.

    Parameters
    ----------
    words
        From :func:`weights`; not empty.
    texts
        Column of :data:`CREDITS` to its text.
    synonyms
        Of the file's category, separated by commas.
    """
    credit: dict[str, float] = {}
    for column, text in texts.items():
        _raise(credit, _stems(text), CREDITS[column])
    narrow = min(1.0, NARROW_SYNONYMS / (1 + synonyms.count(",")))
    _raise(credit, _stems(synonyms), SYNONYM_CREDIT * narrow)
    share = sum(weight * credit.get(word, 0.0) for word, weight in words.items()) / sum(words.values())
    return float(min(1.0, share) ** 1.25)


def _stems(text: str) -> set[str]:
    return {stem(word) for word in split_words(text)}


def _raise(credit: dict[str, float], stems: Iterable[str], value: float) -> None:
    for word in stems:
        credit[word] = max(credit.get(word, 0.0), value)
