"""``train units``: the clusters of HuBERT's states that become tokens (scikit-learn's mini-batch k-means).

Each training video gives a share of its states, drawn by its name and kept in the work folder, so a run that was killed
goes on behind the last video it had heard; the clustering itself takes minutes at most. Written are the centres, how
loud each unit is, the configuration, the licence, and a table: how well the centres fit states of held-out videos.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.backends.neural.video_tokens.config import VideoTokensConfig
from engine.backends.neural.video_tokens.hear import Centres, Listener
from engine.errors import BadArgument
from engine.handle import Handle
from engine.model import Model
from engine.training.video_tokens.dataset import Unread, Video, read_all, videos
from engine.training.video_tokens.examples import WORK, key_of
from engine.training.video_tokens.files import remembered, replacing, replacing_all
from engine.training.video_tokens.licence import keep_licence
from engine.training.video_tokens.sound import sound_of

MOST_STATES = 200_000
"""Of all videos together: 600 MB of the base model's; more hardly move the centres."""
TABLE = "units.held_out.json"
_HEARD = 0.7

Floats = NDArray[np.float32]


class UnitsRow(Model):
    """How the centres fit.

    Parameters
    ----------
    explained_train, explained_held_out
        Share of the states' variance that their centres explain.
    used
        Units that held-out states fall on.
    perplexity
        As many equally frequent units would be as hard to guess.
    """

    videos: int
    held_out: int
    states: int
    units: int
    explained_train: float
    explained_held_out: float
    used: int
    perplexity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsDone:
    """What came of it."""

    row: UnitsRow
    unread: tuple[Unread, ...]


def train_units(
    folder: Path,
    config: VideoTokensConfig,
    out: Path,
    *,
    held_out_share: float = 0.1,
    seed: int = 0,
    device: str = "cpu",
    handle: Handle = Handle(),  # noqa: B008 - frozen
) -> UnitsDone:
    """Listen to the videos of a folder and write ``units.safetensors`` and the configuration to ``out``.

    Raises
    ------
    FileUnreadable
        When the folder or HuBERT cannot be read.
    BadArgument
        When there is less sound than clusters.
    """
    listed = videos(folder, held_out_share=held_out_share)
    listen = Listener(config.hubert, config.hear.layer, device)
    share = max(config.hear.units // len(listed) + 1, MOST_STATES // len(listed))

    def heard(video: Video) -> tuple[Floats, Floats]:
        key = key_of(video.path, config.hubert, str(config.hear.layer), str(share), str(seed))
        kept = remembered(out / WORK / f"{key}.heard.safetensors", lambda: _states(listen, video, share, seed))
        return kept["states"], kept["levels"]

    read = read_all(listed, heard, handle.part(0, _HEARD), "listening")
    train = [made for video, made in read.made if not video.held_out]
    held = [made for video, made in read.made if video.held_out]
    states, levels = (np.concatenate(parts) for parts in zip(*train, strict=True))
    if len(states) < config.hear.units:
        raise BadArgument(
            f"There are {len(states)} moments of sound for {config.hear.units} units: give more videos, or ask "
            "for fewer.",
            field="units",
        )
    handle.progress(_HEARD, "clustering")
    centres = _clustered(states, levels, config, listen.rate_hz, seed)
    row = _fit(centres, states, np.concatenate([part for part, _ in held]), len(read.made), len(held))
    with replacing_all(out) as new:
        centres.write(new)
        config.write(new)
        keep_licence(new, config)
    with replacing(out / TABLE) as path:
        path.write_text(row.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return UnitsDone(row=row, unread=read.unread)


def _states(listen: Listener, video: Video, share: int, seed: int) -> dict[str, Floats]:
    sound = sound_of(str(video.path))
    states, levels = listen.states(sound), listen.levels_db(sound)
    chance = np.random.default_rng([seed, *video.path.name.encode()])
    chosen = np.sort(chance.permutation(len(states))[:share])
    return {"states": states[chosen], "levels": levels[chosen]}


def _clustered(states: Floats, levels: Floats, config: VideoTokensConfig, rate_hz: float, seed: int) -> Centres:
    from sklearn.cluster import MiniBatchKMeans

    count = config.hear.units
    found = MiniBatchKMeans(count, random_state=seed % 2**32, n_init=3, batch_size=max(1024, 3 * count)).fit(states)
    vectors = np.asarray(found.cluster_centers_, np.float32)
    empty = Centres(vectors=vectors, level_db=np.zeros(count, np.float32), layer=config.hear.layer, rate_hz=rate_hz)
    units = empty.nearest(states)
    counts = np.bincount(units, minlength=count)
    level = np.bincount(units, weights=levels, minlength=count) / np.maximum(counts, 1)
    return Centres(
        vectors=vectors,
        level_db=np.where(counts > 0, level, levels.min()).astype(np.float32),
        layer=config.hear.layer,
        rate_hz=rate_hz,
    )


def _fit(centres: Centres, train: Floats, held: Floats, videos: int, held_out: int) -> UnitsRow:
    counts = np.bincount(centres.nearest(held), minlength=len(centres.vectors))
    shares = counts[counts > 0] / max(1, counts.sum())
    mean = train.mean(0)
    return UnitsRow(
        videos=videos,
        held_out=held_out,
        states=len(train),
        units=len(centres.vectors),
        explained_train=_explained(centres, train, mean),
        explained_held_out=_explained(centres, held, mean),
        used=int((counts > 0).sum()),
        perplexity=float(np.exp(-(shares * np.log(shares)).sum())),
    )


def _explained(centres: Centres, states: Floats, mean: Floats) -> float:
    missed = np.square(states - centres.vectors[centres.nearest(states)]).sum()
    whole = np.square(states - mean).sum()
    return float(1 - missed / whole) if whole > 0 else 0.0
