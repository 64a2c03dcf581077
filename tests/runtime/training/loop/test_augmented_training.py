"""`augment` in a run: training batches change, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import netc
import numpy as np
import pytest
from netc.grammar.problem import Problems
from netc.runtime.training.fitting import FitData, dataset_of_arrays
from netc.runtime.training.objectives.batches import fill
from netc.runtime.training.session import Session, open_session

NET = "input 12x12x1 -> conv 4 3x3 relu -> flatten -> dense 3 softmax\nloss ce\nopt adam\n"
EVERYTHING = (
    "augment shift=1 pad=1 rotate=10 scale=10% shear=5 flip=h brightness=0.1 contrast=0.1 "
    "cutout=3 noise=0.05 mixup=0.4\n"
)


def pictures(count: int = 90, seed: int = 0) -> tuple[Any, Any]:
    random = np.random.default_rng(seed)
    return random.random((count, 12, 12, 1)).astype(np.float32), random.integers(0, 3, count)


def weights(text: str, **options: Any) -> dict[str, Any]:
    x, y = pictures()
    model = netc.compile(text).fit(x, y, epochs=3, batch=32, seed=4, **options)
    return {name: array.copy() for name, array in model.weights.items()}


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_change_no_bit(workers: int) -> None:
    alone, shared = weights(EVERYTHING + NET), weights(EVERYTHING + NET, workers=workers)
    for name, array in alone.items():
        assert np.array_equal(array, shared[name]), name


def test_a_zero_changes_nothing() -> None:
    off = "augment shift=0 pad=0 rotate=0 scale=0 shear=0 brightness=0 contrast=0 cutout=0 noise=0 "
    without, zeros = weights(NET), weights(f"{off}mixup=0\n{NET}")
    for name, array in without.items():
        assert np.array_equal(array, zeros[name]), name


def test_the_seed_decides() -> None:
    x, y = pictures()
    one, again, other = (
        netc.compile(EVERYTHING + NET).fit(x, y, epochs=1, seed=seed).weights["dense1.w"].copy()
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def measured(augment: str, extra: str = "") -> dict[str, float]:
    """Of an epoch that changes no weights."""
    x, y = pictures()
    net = NET.replace("opt adam", "opt sgd lr=1e-12") + extra
    report = netc.compile(augment + net).fit(x, y, epochs=1, seed=0).report
    assert report is not None
    return dict(report.epochs[0].measured)


@pytest.mark.parametrize("option", EVERYTHING.removeprefix("augment ").split())
def test_only_training_batches_change(option: str) -> None:
    plain, augmented = measured(""), measured(f"augment {option}\n")
    assert augmented["val_loss"] == plain["val_loss"]
    assert augmented["train_loss"] != plain["train_loss"]


def test_masks_of_another_size_than_the_output_are_told_also_with_ignored_labels() -> None:
    text = "input 8x8x1 -> conv 2 3x3 softmax\nloss ce ignore=255\nopt adam\n"
    with pytest.raises(netc.DataError) as raised:
        netc.compile(text).fit(np.zeros((30, 8, 8, 1)), np.arange(30 * 64).reshape(30, 8, 8) % 2)
    assert [item.code for item in raised.value.diagnostics] == ["E0518"]


@contextmanager
def opened(text: str, x: Any, y: Any, **more: Any) -> Iterator[Session]:
    """A session before its first step."""
    spec, problems = netc.compile(text).as_spec(), Problems()
    taken = dataset_of_arrays(spec, FitData(x, y, 0.0, **more), problems)
    assert taken is not None, list(problems)
    session = open_session(spec, taken[0], problems)
    assert session is not None, list(problems)
    yield session
    session.engine.close()


def changed(session: Session, epoch: int = 1) -> Any:
    """The samples of an epoch, in the order of the data."""
    augmentation = session.augmentation
    assert augmentation is not None
    with ThreadPoolExecutor(2) as pool:
        rows = np.arange(augmentation.samples)
        return next(iter(augmentation.sources(epoch).values())).fetch(rows, pool)()


def test_pictures_change_before_prep_so_that_black_is_black() -> None:
    x = np.ones((40, 12, 12, 1), np.float32)
    x[::2] = 0.5
    text = "augment cutout=6\nprep standardize\ninput 12x12x1 -> flatten -> dense 1\nloss mse\n"
    with opened(text + "opt sgd\n", x, np.zeros(40)) as session:
        # mean 0.75, deviation 0.25: black is (0 - 0.75) / 0.25
        found = np.unique(changed(session))
    assert found == pytest.approx([-3.0, -1.0, 1.0])


def test_borders_of_prep_come_before_the_changes() -> None:
    """A dot at the border is not shifted out of sight where `prep pad` made room for it."""
    x = np.zeros((64, 8, 8, 1), np.float32)
    x[:, 0, 0] = 1
    text = "augment shift=2\nprep pad=2\ninput 12x12x1 -> flatten -> dense 1\nloss mse\nopt sgd\n"
    with opened(text, x, np.zeros(64)) as session:
        found = changed(session)
    assert (found.sum(axis=(1, 2, 3)) == 1).all()
    assert len({int(picture.argmax()) for picture in found}) > 10


def test_masks_move_with_their_pictures() -> None:
    """The class of a pixel is its value, so a network that sees one pixel at a time is right only
    where pictures and masks move together."""
    random = np.random.default_rng(0)
    y = random.integers(0, 2, (60, 12, 12))
    x = y[..., None].astype(np.float32)
    text = (
        "augment shift=2 flip=hv\ninput 12x12x1 -> conv 2 1x1 softmax\nloss ce\nopt adam lr=0.1\n"
    )
    report = netc.compile(text + "metric acc\n").fit(x, y, epochs=15, seed=0).report
    assert report is not None
    assert report.epochs[-1].measured["train_acc"] == 1.0


@pytest.mark.parametrize(("ignore", "outside"), [("", 0), (" ignore=255", -1)])
def test_what_moves_into_a_mask_is_ignored_where_labels_can_be(ignore: str, outside: int) -> None:
    y = np.ones((40, 12, 12), int)
    x = np.ones((40, 12, 12, 1), np.float32)
    text = f"augment shift=4\ninput 12x12x1 -> conv 2 1x1 softmax\nloss ce{ignore}\nopt sgd\n"
    with opened(text, x, y) as session:
        augmentation = session.augmentation
        assert augmentation is not None
        images, masks = augmentation.first_batch(np.arange(40)).values()
    assert set(np.unique(masks)) == {outside, 1}
    assert np.array_equal(masks == outside, images[..., 0] == 0)


def test_the_loss_of_moved_masks_is_torchs_with_what_moved_in_left_out() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is missing")
    random = np.random.default_rng(0)
    x = random.random((8, 12, 12, 1)).astype(np.float32) + 0.1
    y = random.integers(0, 3, (8, 12, 12))
    y[:, 0] = 255
    text = (
        "augment shift=4 flip=h\ninput 12x12x1 -> conv 3 1x1 -> softmax\n"
        "loss ce ignore=255 weight=(1, 2, 5)\nopt sgd lr=1e-12\ntrain batch=all\n"
    )
    each = random.random(8)
    with opened(text, x, y) as session:
        augmentation = session.augmentation
        assert augmentation is not None
        images, masks = augmentation.first_batch(np.arange(8)).values()
        shuffled = torch.tensor(each[session.dataset.train.numbers() - 1])[:, None, None]
    model = netc.compile(text).fit(x, y, epochs=1, seed=0, validation=0, sample_weight=each)
    assert model.report is not None
    chances = torch.tensor(model.predict_proba(images)).log().permute(0, 3, 1, 2).double()
    weight, labels = torch.tensor([1.0, 2, 5], dtype=torch.float64), torch.tensor(masks)
    losses = torch.nn.functional.nll_loss(
        chances, labels, weight, ignore_index=-1, reduction="none"
    )
    counts = (weight[labels.clamp(min=0)] * (labels >= 0)) * shuffled
    expected = (losses * shuffled).sum() / counts.sum()
    # the network computes in single precision
    assert model.report.epochs[0].measured["train_loss"] == pytest.approx(float(expected), rel=1e-5)


def test_brightness_keeps_the_range_of_numbers_from_0_to_16() -> None:
    x, y = pictures()
    with opened("augment brightness=0.1\n" + NET, (x * 16).round(), y) as session:
        found = changed(session)
    assert found.min() == 0
    assert found.max() == 16
    assert found.std() > 4


def test_brightness_keeps_what_is_below_zero() -> None:
    x, y = pictures()
    with opened("augment contrast=0.1\n" + NET, x * 2 - 1, y) as session:
        found = changed(session)
    assert found.min() < -0.9


def test_an_autoencoder_is_measured_against_what_it_was_given() -> None:
    x, _ = pictures()
    text = (
        "augment shift=2 rotate=20\n"
        "input 12x12x1 -> @x -> flatten -> dense 8 relu -> dense 144 -> reshape 12x12x1\n"
        "loss mse target=@x\nopt adam\nmetric rmse\n"
    )
    report = netc.compile(text).fit(x, epochs=1, batch="all", seed=0, validation=0).report
    assert report is not None
    values = report.epochs[0].measured
    assert values["train_rmse"] ** 2 == pytest.approx(values["train_loss"], rel=1e-5)


def test_mixup_mixes_pairs_of_samples_with_their_targets() -> None:
    """Samples that name themselves: of each mixture it can be read what was mixed."""
    x = np.eye(30, dtype=np.float32)
    y = np.arange(30) % 3
    text = "augment mixup=1\ninput 30 -> dense 3 softmax\nloss ce\nopt sgd\n"
    shares = set()
    with opened(text, x, y) as session:
        encoded, feeds = session.encoded(), session.engine.feeds
        (node,), (target,) = encoded.train.inputs, encoded.train.targets
        assert encoded.augmentation is not None
        session.engine.resize(30)
        for batch in range(5):
            samples, targets = feeds[node][:30], feeds[target.feed][:30]
            samples[...], targets[...] = x, np.eye(3)[y]
            encoded.augmentation.finish(feeds, encoded.train, 30, (1, batch))
            # in single precision
            assert np.allclose(samples @ np.eye(3)[y], targets, atol=1e-6)
            assert np.allclose(samples.sum(axis=0), 1, atol=1e-5), "each is the partner of one"
            shares.add(round(float(samples.diagonal().min()), 5))
    assert len(shares) == 5


def _cross_entropy(z: Any, y: Any) -> Any:
    return np.log(np.exp(z).sum(axis=1, keepdims=True)) - z[:, y]


def _binary(z: Any, y: Any) -> Any:
    return np.logaddexp(0, z).mean(axis=1, keepdims=True) - z @ np.eye(3)[y].T / 3


W = np.array([1.0, 2, 5])
S = np.array([0.0, 1, 3])[np.arange(30) % 7 % 3]
CLASSES = np.arange(30) % 3
IGNORED = np.where(np.arange(30) % 5 == 0, 9, CLASSES)


@pytest.mark.parametrize(
    ("loss", "y", "samples", "each", "counts"),
    [
        ("ce", CLASSES, S, _cross_entropy, S),
        ("ce weight=(1, 2, 5)", CLASSES, None, _cross_entropy, W[CLASSES]),
        ("ce weight=(1, 2, 5)", CLASSES, S, _cross_entropy, S * W[CLASSES]),
        ("ce ignore=9", IGNORED, None, _cross_entropy, 1.0 * (IGNORED < 9)),
        ("ce ignore=9 weight=(1, 2, 5)", IGNORED, S, _cross_entropy,
         S * np.append(W, np.zeros(7))[IGNORED]),
        ("bce weight=(1, 2, 5)", CLASSES, S, _binary, S * W[CLASSES]),
    ],
)  # fmt: skip
def test_the_loss_of_a_mixture_is_that_of_its_two_samples_with_their_weights(
    loss: str, y: Any, samples: Any, each: Any, counts: Any
) -> None:
    """Samples that name themselves: of each mixture it can be read what was mixed, so that the loss
    is sum of m_ij c_j l(z_i, t_j) / sum of m_ij c_j, and its gradient a difference."""
    last = "sigmoid" if loss.startswith("bce") else "softmax"
    text = (
        f"augment mixup=1\ninput 30 -> dense 3 bias=false {last}\nloss {loss}\nopt sgd\n"
        "train precision=f64\n"
    )
    with opened(text, np.eye(30), y, sample_weight=samples) as session:
        encoded, engine = session.encoded(), session.engine
        (node,) = encoded.train.inputs
        engine.resize(30)
        fill(engine.feeds, encoded.train, np.arange(30), 30)
        assert encoded.augmentation is not None
        encoded.augmentation.finish(engine.feeds, encoded.train, 30, (1, 1))
        mixture = engine.feeds[node][:30].copy()
        w = engine.parameters()["dense1.w"].copy()

        def total(w: Any) -> float:
            weights = mixture * counts
            losses = each(mixture @ w, np.where(y == 9, 0, y))
            return float((weights * losses).sum() / weights.sum())

        engine.train_step(1.0)
        assert engine.loss() == pytest.approx(total(w), rel=1e-12)
        gradient = w - engine.parameters()["dense1.w"]
        direction = np.random.default_rng(0).normal(size=w.shape)
        step = 1e-5 * direction
        numerical = (total(w + step) - total(w - step)) / 2e-5
        # the error of a central difference with a step of 1e-5
        assert (gradient * direction).sum() == pytest.approx(numerical, rel=1e-7)


def test_samples_of_a_table_can_have_noise_and_mixup() -> None:
    x = np.random.default_rng(0).normal(size=(80, 4))
    text = (
        "augment noise=0.1 mixup=0.2\ninput 4 -> dense 1\nloss mse\nopt adam lr=0.05\nmetric r2\n"
    )
    model = netc.compile(text).fit(x, x @ [1.0, 2.0, -1.0, 0.5], epochs=60, seed=0)
    assert model.evaluate(x, x @ [1.0, 2.0, -1.0, 0.5])["r2"] > 0.95


@pytest.mark.parametrize(
    ("text", "x", "y", "code"),
    [
        ("augment flip=h\ninput 4 -> dense 3 softmax\nloss ce\n", (30, 4), (30,), "E0603"),
        ("augment flip=h\ninput 8x8x1 -> conv 1 1x1\nloss mse\n", (30, 8, 8, 1), (30, 8, 8, 1),
         "E0663"),
        ("augment crop=6\ninput 8x8x1 -> flatten -> dense 3 softmax\nloss ce\n",
         (30, 8, 8, 1), (30,), "E0604"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_arrays_is_told(text: str, x: Any, y: Any, code: str) -> None:
    random = np.random.default_rng(0)
    with pytest.raises(netc.DataError) as raised:
        netc.compile(text + "opt adam\n").fit(random.random(x), random.integers(0, 3, y), epochs=1)
    assert [item.code for item in raised.value.diagnostics] == [code]


def test_flat_pictures_are_seen_in_the_shape_that_the_network_reads() -> None:
    x, y = pictures()
    flat = netc.compile("augment flip=h\n" + NET).fit(x.reshape(90, 144), y, epochs=2, seed=0)
    square = netc.compile("augment flip=h\n" + NET).fit(x, y, epochs=2, seed=0)
    assert np.array_equal(flat.weights["dense1.w"], square.weights["dense1.w"])
