"""The page of the built-in sounds: each with its takes, their spectrograms, its words and its parameters.

Spectrograms are drawn by the page from the sound that it plays, so what is seen is what is heard. This module knows no
synthesis: it is handed sounds.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import engine
from engine.audio import Audio
from engine.model import Model
from engine.stems.folder import publish_text
from engine.stems.report.frame import framed
from engine.stems.report.listening import coded

_MOST_WORDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class BankTake:
    """One way that a sound may come out: mono or stereo at 48 kHz."""

    seed: int
    audio: Audio


@dataclass(frozen=True, slots=True, kw_only=True)
class BankSound:
    """One sound of the bank.

    Parameters
    ----------
    parameters
        Name, lowest, usual, highest, unit and description of each.
    """

    name: str
    label: str
    category: str
    words: Sequence[str]
    fills: bool
    length_seconds: float
    parameters: Sequence[tuple[str, float, float, float, str, str]]
    takes: Sequence[BankTake]


class _TakeData(Model):
    seed: int
    bytes: str


class _SoundData(Model):
    name: str
    takes: tuple[_TakeData, ...]


class _BankData(Model):
    sounds: tuple[_SoundData, ...]


def write_bank(sounds: Iterable[BankSound], path: Path) -> Path:
    """Write the page, whole or not at all; another page that is there stays, and this one gets a number.

    Raises
    ------
    DiskFull, FolderNotWritable
        And nothing is visible.
    """
    return publish_text(path, "sounds", bank_page(sounds))


def bank_page(sounds: Iterable[BankSound]) -> str:
    """The page's text."""
    cards, data = [], []
    for sound in sounds:
        cards.append(_card(sound))
        takes = (_TakeData(seed=take.seed, bytes=_copy(take.audio)) for take in sound.takes)
        data.append(_SoundData(name=sound.name, takes=tuple(takes)))
    return framed(
        "bank.html",
        styles=("page.css", "bank.css"),
        before=(),
        script="bank.js",
        data=_BankData(sounds=tuple(data)),
        count=str(len(data)),
        cards="".join(cards),
        version=html.escape(engine.__version__),
    )


def _copy(audio: Audio) -> str:
    copy = coded([audio.samples.T], audio.sample_rate_hz, audio.channels)
    return base64.b64encode(copy).decode("ascii")


def _card(sound: BankSound) -> str:
    words = ", ".join(sound.words[:_MOST_WORDS])
    takes = "".join(
        f'<button class="take" data-take="{number}" aria-pressed="{"false" if number else "true"}" '
        f'title="Seed {take.seed}">{number + 1}</button>'
        for number, take in enumerate(sound.takes)
    )
    kind = "fills any length" if sound.fills else f"{sound.length_seconds:g} s"
    rows = "".join(_row(*parameter) for parameter in sound.parameters)
    return (
        f'<article class="sound" data-name="{html.escape(sound.name)}" '
        f'data-words="{html.escape(" ".join((sound.label, sound.name, sound.category, *sound.words)).lower())}">'
        f'<header><h2>{html.escape(sound.label)}</h2><p class="facts">'
        f"<code>{html.escape(sound.name)}</code> <span>{html.escape(sound.category)}</span> <span>{kind}</span></p>"
        "</header>"
        f'<button class="view" aria-label="Play {html.escape(sound.label)}"><canvas></canvas></button>'
        f'<div class="takes" role="group" aria-label="Takes">{takes}</div>'
        f'<p class="words">{html.escape(words)}</p>'
        f"<details><summary>Parameters</summary><table>{rows}</table></details></article>"
    )


def _row(name: str, low: float, usual: float, high: float, unit: str, description: str) -> str:
    return (
        f'<tr><th scope="row"><code>{html.escape(name)}</code></th>'
        f'<td class="num">{low:g} … <b>{usual:g}</b> … {high:g} {html.escape(unit)}</td>'
        f"<td>{html.escape(description)}</td></tr>"
    )
