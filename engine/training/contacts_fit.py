"""Fits the network that tells contacts, to rendered performances and to nothing else.

Run ``python -m engine.training.contacts_fit`` to train the one that comes with the engine anew (about an hour).
The network is :class:`engine.video.contacts.Network`, built once more in torch; its weights come back as plain numbers.
A moment's target falls off around each onset, wide enough for a frame; moments near one weigh more, for they are few.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.training.performed.clip import perform
from engine.video.contacts import CHANNELS, CONSTANTS, MEAN_GAIN, Layer, Network, seen_by
from engine.video.motion import Floats, Small

CLIPS, EPOCHS = 800, 40
"""The network that comes with the engine watched so many, so often."""
_CELLS, _PICTURE, _WHOLE = 12, 16, 24
"""Channels of a cell before and after it has seen its neighbours, and of the whole picture."""
_TARGET_SECONDS = 0.03
_ONSET_WEIGHT = 3.0
_BATCH = 12
_MOMENTS = 100
_RATE, _DECAY = 3e-3, 1e-3
_DROPPED = 0.15
_TURNED = 0.12
_DECIMALS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Example:
    """What the network sees of a performance, ``(CHANNELS, moments, rows, columns)``, and what it should say.

    Half precision is enough to learn from, and a thousand of them are 300 MB.
    """

    seen: NDArray[np.float16]
    target: Floats


def example(seed: int) -> Example:
    """The example of a performance."""
    performance = perform(seed)
    times, seen = seen_by(performance.motion())
    away = np.abs(times[:, None] - np.array([*performance.onsets_seconds, np.inf])).min(1)
    return Example(seen=seen.astype(np.float16), target=np.exp(-0.5 * (away / _TARGET_SECONDS) ** 2))


def fit(examples: Sequence[Example], *, epochs: int = EPOCHS, seed: int = 0) -> Network:
    """Train a network by AdamW with one cycle of the rate; all pictures have as many rows and columns.

    Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization (ICLR 2019); Smith and Topin, Super-Convergence
    (2018).
    """
    import torch  # type: ignore[import-not-found, unused-ignore]
    from torch.nn import functional  # type: ignore[import-not-found, unused-ignore]

    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    net = _network()
    steps = epochs * -(-len(examples) // _BATCH)
    descent = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(descent, _RATE, total_steps=steps + 1, pct_start=0.2)
    net.train()
    for _ in range(epochs):
        order = chance.permutation(len(examples))
        for first in range(0, len(order), _BATCH):
            seen, target, counts = _batch(chance, [examples[k] for k in order[first : first + _BATCH]])
            each = functional.binary_cross_entropy_with_logits(
                net(torch.from_numpy(seen)),
                torch.from_numpy(target),
                reduction="none",
                pos_weight=torch.tensor(_ONSET_WEIGHT),
            )
            counted = torch.from_numpy(counts)
            loss = (each * counted).sum() / counted.sum()
            descent.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            descent.step()
            schedule.step()
    return Network(**{name: _layer(getattr(net, name)) for name in Network.model_fields})


def _batch(chance: np.random.Generator, some: Iterable[Example]) -> tuple[Small, Small, Small]:
    """Stretches of equal length, varied; their targets; and which moments count."""
    turned = chance.random() < _TURNED  # things are struck sideways too
    seen, targets, counts = [], [], []
    for one in some:
        first = int(chance.integers(0, max(1, one.seen.shape[1] - _MOMENTS + 1)))
        cut = _varied(chance, one.seen[:, first : first + _MOMENTS])
        missing = _MOMENTS - cut.shape[1]
        cut = np.pad(cut, [(0, 0), (0, missing), (0, 0), (0, 0)])
        seen.append(cut[[1, 0, 2, 3, 4]].swapaxes(2, 3) if turned else cut)
        targets.append(np.pad(one.target[first : first + _MOMENTS], (0, missing)))
        counts.append(np.arange(_MOMENTS) < _MOMENTS - missing)
    return tuple(np.array(part, np.float32) for part in (seen, targets, counts))  # type: ignore[return-value]


def _varied(chance: np.random.Generator, seen: NDArray[np.float16]) -> Small:
    """The same seen in a mirror, faster or paler, and with noise."""
    gain = np.exp(chance.normal(0, 0.25, CHANNELS))
    gain[1] = gain[0]
    if chance.random() < 0.5:
        seen = seen[..., ::-1]
        gain[0] *= -1
    varied: Small = seen * gain.astype(np.float32)[:, None, None, None]
    if chance.random() < 0.5:
        varied[2:] += chance.uniform(0, 0.12) * np.abs(chance.standard_normal(varied[2:].shape, np.float32))
    return varied


def _network() -> Any:
    """The layers of :class:`Network` by their names, with dropout before the first and the last of the picture's."""
    import torch
    from torch import nn

    class Watching(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.cell_before = nn.Conv3d(CHANNELS, _CELLS, (5, 1, 1), padding=(2, 0, 0))
            self.neighbours = nn.Conv3d(_CELLS, _CELLS, (1, 3, 3), padding=(0, 1, 1))
            self.cell_after = nn.Conv3d(_CELLS, _PICTURE, (5, 1, 1), padding=(2, 0, 0))
            self.near = nn.Conv1d(2 * _PICTURE, _WHOLE, 5, padding=2)
            self.wide = nn.Conv1d(_WHOLE, _WHOLE, 5, padding=4, dilation=2)
            self.wider = nn.Conv1d(_WHOLE, _WHOLE, 5, padding=8, dilation=4)
            self.out = nn.Conv1d(_WHOLE, 1, 1)
            self.drop = nn.Dropout(_DROPPED)

        def forward(self, seen: Any) -> Any:
            cells = self.neighbours(self.cell_before(seen).relu()).relu()
            cells = self.cell_after(cells).relu()
            whole = torch.cat([cells.amax((3, 4)), MEAN_GAIN * cells.mean((3, 4))], 1)
            whole = self.near(self.drop(whole)).relu()
            whole = whole + self.wide(whole).relu()
            whole = whole + self.wider(self.drop(whole)).relu()
            return self.out(whole)[:, 0]

    return Watching()


def _layer(trained: Any) -> Layer:
    """Its numbers; axes along which it has but one tap are left out, except of time."""
    weight = trained.weight.detach().numpy()
    axes = [size for k, size in enumerate(weight.shape[2:]) if size > 1 or (weight.ndim == 3 and k == 0)]
    return Layer(
        shape=(*weight.shape[:2], *axes),
        weight=tuple(round(float(value), _DECIMALS) for value in weight.ravel()),
        bias=tuple(round(float(value), _DECIMALS) for value in trained.bias.detach().numpy()),
    )


def main() -> None:
    """Render, train, and write the constants."""
    parser = argparse.ArgumentParser(description="Train the network of contacts on rendered performances.")
    parser.add_argument("--clips", type=int, default=CLIPS, help="performances to watch")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="how often each is watched")
    parser.add_argument("--seed", type=int, default=0, help="of the training; the performances are numbered from 0")
    parser.add_argument("--out", type=Path, default=CONSTANTS, help="file of constants")
    chosen = parser.parse_args()
    with ProcessPoolExecutor() as workers:
        examples = list(workers.map(example, range(chosen.clips), chunksize=8))
    chosen.out.write_text(fit(examples, epochs=chosen.epochs, seed=chosen.seed).model_dump_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
