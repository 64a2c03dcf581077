"""Every instruction has one kernel, says what it does, and is emitted by something."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import netc.runtime.kernels as kernels
from layer_rows import TABLE
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.frozen import change
from netc.compiler.lower.context import Choices
from netc.compiler.lower.isa import ROWS
from netc.compiler.lower.lower import lower
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of

SPECS = Path(__file__).parents[3] / "specs"
LAYERS = (
    "input 4 -> dropout 0.5 -> gaussian_dropout 0.5 -> gaussian_noise 0.1 -> dense 2; loss mse",
    "input 8x8x1 -> conv 4 5x5 bn -> conv 4 5x5 pad=2 -> bn freeze=true -> tanh -> flatten "
    "-> dense 2; loss mse",
    "input 8x8x1 -> conv 4 5x5 bn relu -> flatten -> dense 2; loss mse",
    "input 8x8x32 -> conv 32 1x1 -> conv 32 4x4 -> conv 8 3x3 stride=2 round=floor -> flatten "
    "-> dense 2; loss mse",
    "input 4 -> dense 2; loss mse; train adversarial=0.1",
    "input 4 -> @x -> dense 3 -> @a; @x -> dense 2 -> @b; loss mse on=@a",
)
PACKED = (
    "input 8x8x3 -> conv 4 5x5 -> conv 16 2x2 bias=false -> flatten -> dense 16 bias=false "
    "-> tanh -> dense 32 -> dense 2; loss mse"
)
LOSSES = (
    "dense 3 softmax; loss ce",
    "dense 3 softmax; loss ce smoothing=0.1",
    "dense 3 sigmoid; loss bce",
    "dense 3 sigmoid; loss bce pos_weight=2",
    *(f"dense 3; loss {word}" for word in ("mse", "mae", "huber", "hinge", "perceptron")),
    *(f"dense 1; loss {word}" for word in ("hinge", "perceptron", "logistic")),
    "dense 3 softmax; loss kl",
    "dense 3 softmax; loss nll",
)
OPTIMIZERS = (
    "sgd", "sgd momentum=0.9", "adam", "adamw", "rmsprop", "rmsprop momentum=0.9", "adagrad",
    "adadelta", "nadam", "lion weight_decay=0.1", "sgd clip=1",
)  # fmt: skip


def rows_of(
    text: str,
    batch: int,
    total_batch: int | None = None,
    without: tuple[str, ...] = (),
    native: bool = False,
) -> set[str]:
    checked = check(source_of(text), BUILTIN, read_source)
    assert not checked.has_errors, (text, [problem.message() for problem in checked.problems])
    model = checked.model
    if model.optimizer is not None and not type(model.optimizer).can_run():
        model = change(model, optimizer=None)
    choices = Choices(without=frozenset(without), native=native)
    plan = lower(model, checked.graph, batch=batch, total_batch=total_batch, choices=choices)
    return {step.row for steps in plan.programs.values() for step in steps}


def test_every_instruction_has_one_kernel() -> None:
    modules = {
        value.__name__: value for value in vars(kernels).values() if hasattr(value, "KERNELS")
    }
    count = Counter(name for module in modules.values() for name in module.KERNELS)
    assert count == dict.fromkeys(ROWS, 1)


def test_every_instruction_is_emitted() -> None:
    emitted: set[str] = set()
    for row in TABLE:
        emitted |= rows_of(row.text("f32"), row.batch) | rows_of(row.text("f32"), 16)
    for text in LAYERS:
        emitted |= rows_of(text, 16)
    for text in LOSSES:
        for without in ((), ("fuse_losses",)):
            emitted |= rows_of(f"input 4 -> {text}", 2, without=without)
    for rule in OPTIMIZERS:
        emitted |= rows_of(f"input 4 -> dense 3; loss mse; reg l1 0.1; opt {rule}", 2)
    for name in ("lenet5", "cifar_resnet", "digits"):
        emitted |= rows_of((SPECS / f"{name}.net").read_text(encoding="utf-8"), 16, 32)
    emitted |= rows_of(PACKED, 4, native=True)
    for name in ("cifar_resnet", "mobilenet_v2"):
        emitted |= rows_of((SPECS / f"{name}.net").read_text(encoding="utf-8"), 16, native=True)
    # a layer from outside may hand on a gradient as that of a parameter: that is copied
    unused = sorted(ROWS.keys() - emitted - {"copy"})
    assert not unused, f"nothing emits {unused}"


def test_every_instruction_says_what_it_does() -> None:
    for row in ROWS.values():
        assert row.meaning, row.name
        assert "\n" not in row.meaning, row.name
