"""The fit of the network of contacts: plain numbers say what torch says, and what is shown is learnt."""

from __future__ import annotations

import numpy as np
import pytest

from engine.training.contacts_fit import Example, _layer, _network, example, fit
from engine.video.contacts import CHANNELS, Network

torch = pytest.importorskip("torch")
MOMENTS, ROWS, COLUMNS = 60, 4, 5


def flash(seed: int, moment: int) -> Example:
    """Noise, and a flash at a moment."""
    chance = np.random.default_rng(seed)
    seen = 0.1 * chance.standard_normal((CHANNELS, MOMENTS, ROWS, COLUMNS), np.float32)
    seen[3:, moment, chance.integers(ROWS), chance.integers(COLUMNS)] = 1.5
    return Example(seen=seen, target=np.exp(-0.5 * (np.arange(MOMENTS) - moment) ** 2.0))


def test_plain_numbers_say_what_torch_says() -> None:
    torch.manual_seed(0)
    net = _network().eval()
    plain = Network(**{name: _layer(getattr(net, name)) for name in Network.model_fields})
    seen = np.random.default_rng(1).standard_normal((CHANNELS, MOMENTS, ROWS, COLUMNS)).astype(np.float32)
    with torch.no_grad():
        expected = net(torch.from_numpy(seen[None])).sigmoid()[0].numpy()
    np.testing.assert_allclose(plain.probability(seen), expected, atol=2e-3)
    assert np.ptp(expected) > 0.005


def test_what_is_shown_is_learnt_and_a_seed_decides() -> None:
    shown = [flash(k, 5 + 2 * k) for k in range(24)]
    learnt = fit(shown, epochs=80)
    likely = learnt.probability(flash(99, 31).seen)
    assert int(np.argmax(likely)) == pytest.approx(31, abs=1)
    assert likely[31] > 3 * np.median(likely)
    assert fit(shown, epochs=1) == fit(shown, epochs=1) != fit(shown, epochs=1, seed=1)


def test_an_example_is_told_its_onsets() -> None:
    one = example(3)
    assert one.seen.shape[1] == len(one.target)
    assert one.target.max() > 0.7
    assert one.target.min() < 0.01
