"""Reading ahead keeps order, errors and bounds, and leaves no thread behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from engine.video.ahead import ahead


def test_the_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield from (1, 2)
        raise ValueError("broken")

    reading = ahead(items())
    assert [next(reading), next(reading)] == [1, 2]
    with pytest.raises(ValueError, match="broken"):
        next(reading)


def test_no_more_are_made_than_were_asked_for_and_the_count() -> None:
    made = []

    def items() -> Iterator[int]:
        for k in range(1000):
            made.append(k)
            yield k

    reading = ahead(items(), count=3)
    assert next(reading) == 0
    reading.close()
    assert len(made) <= 6  # one was asked for, three wait, one is held, one may have been begun


def test_closing_ends_the_thread_and_the_items() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.set()

    reading = ahead(items(), count=2)
    next(reading)
    reading.close()
    assert closed.is_set()
    assert not [t for t in threading.enumerate() if t.name == "reading ahead"]
