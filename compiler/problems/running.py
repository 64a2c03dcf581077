"""E065: what keeps a checked spec from being trained, and what goes wrong while it is."""

from __future__ import annotations

from ...grammar.problem import Problem
from ..language.kinds import number_text


class CannotRunYet(Problem):
    """A part of the spec is valid but cannot be run.

    Everything that netc itself provides can be run. A layer, loss or optimizer that a program adds
    must also define its forward and backward pass, or its step; without them, only `check`, `show`
    and `fmt` accept it.

    ```text
    class Swish(Layer):          # declares its shape, and no `forward`
        word = "swish"
    ```
    """

    code = "E0650"
    title = "cannot run"
    message_text = "`{what}` cannot be run"
    what: str
    """As the author wrote it."""


class SeveralNetworks(Problem):
    """A single trained network is required, but the spec has `kfold`, which trains one per fold.

    Cross-validation measures how well a spec trains. To save a network, train it once, on one
    training part.

    ```text
    data digits
    kfold 5
    input 64 -> dense 10 softmax
    loss ce; opt adam
    ```

    Instead, with `netc run --save digits.safetensors`:

    ```text
    data digits
    input 64 -> dense 10 softmax
    loss ce; opt adam
    ```
    """

    code = "E0661"
    title = "several networks"
    message_text = "`kfold {folds}` trains {folds} networks, not one"
    folds: int
    way: str
    """What is possible without a change."""

    def help(self) -> tuple[str, ...]:
        return ("omit `kfold` to train one network", self.way)


class TargetsNotMoved(Problem):
    """The targets are images of numbers, which `augment` would leave where they are.

    Masks of classes move with their images. Numbers for each pixel, such as depths, do not: a
    rotation would have to interpolate them, which may be wrong. `brightness`, `contrast`, `cutout`
    and `noise` move nothing.

    ```text
    data npz "depth.npz"          # x and y are 64x64x1 numbers
    augment flip=h
    input 64x64x1 -> conv 1 3x3 pad=1
    loss mse; opt adam
    ```

    Instead:

    ```text
    data npz "depth.npz"
    augment brightness=0.1
    input 64x64x1 -> conv 1 3x3 pad=1
    loss mse; opt adam
    ```
    """

    code = "E0663"
    title = "targets do not move"
    message_text = "`augment` would move the images of `{data}`, but not their targets"
    help_texts = ("`brightness`, `contrast`, `cutout` and `noise` move nothing",)
    data: str


class TrainingDiverged(Problem):
    """The loss became infinite or NaN, and training stopped because it cannot recover.

    The usual causes are a learning rate that is too large, inputs that are not scaled, or initial
    weights that are too large, in which case even the first loss is not finite.

    ```text
    data digits
    input 64 -> dense 32 relu -> dense 10
    loss mse
    opt sgd lr=1000
    ```
    """

    code = "E0651"
    title = "training diverged"
    epoch: int
    batch: int
    loss: str
    """`nan`, `inf` or `-inf`."""
    rate: float
    optimizer: str
    usual: tuple[float, float] | None
    """The usual learning rates of the optimizer."""
    advised: float
    clips: bool
    """Whether the optimizer already bounds the gradients."""
    targets: str = ""
    """Mean and deviation of the targets, where they are large and not scaled."""
    features: str = ""
    """What helps with features that are large."""
    start: tuple[str, ...] = ()
    """What helps with initial weights that are too large."""
    untrained: bool = False
    """Whether it was the first loss, which comes before any change of the weights."""
    kind: str = ""
    """What was not finite first: `input`, `parameter`, `output`, `loss`, or unknown."""
    name: str = ""

    def message(self) -> str:
        text = f"the loss became {self.loss} in epoch {self.epoch}, batch {self.batch}"
        if self.kind == "parameter":
            return f"{text}: `{self.name}` is not finite"
        if self.kind == "loss":
            return f"{text}: the outputs of all layers are finite, the loss is not"
        if self.kind:
            return f"{text}: the {self.kind} of `{self.name}` is not finite"
        return text

    def help(self) -> tuple[str, ...]:
        if self.kind == "input":
            return ("the data contains infinite or missing numbers: remove those samples",)
        scale = f"the targets have {self.targets}: `prep standardize on=target` scales them"
        rate = f"the learning rate there was {_rounded(self.rate)}"
        if self.usual is not None:
            least, most = self.usual
            rate += f"; usual for `{self.optimizer}` is {_rounded(least)} to {_rounded(most)}"
        way = f"try `lr={_rounded(self.advised)}`"
        if not self.clips:
            way += ", or `clip=1` on the optimizer"
        found = [*((scale,) if self.targets else ()), *((self.features,) if self.features else ())]
        found += self.start
        return tuple(found) if found and self.untrained else (*found, f"{rate}: {way}")


def _rounded(value: float) -> str:
    return number_text(float(f"{value:.3g}"))


class LossMissing(Problem):
    """A spec without a loss cannot be trained.

    `check`, `show` and `fmt` need no loss.

    ```text
    data digits
    input 64 -> dense 10 softmax
    opt adam
    ```

    Instead:

    ```text
    data digits
    input 64 -> dense 10 softmax
    loss ce
    opt adam
    ```
    """

    code = "E0652"
    title = "loss missing"
    message_text = "no `loss`: training needs one to minimise"
    help_texts = ("add a line: {advice}",)
    advice: str = "`loss ce` after a softmax, `loss bce` after a sigmoid, `loss mse` for numbers"


class OptimizerMissing(Problem):
    """A spec without an optimizer cannot be trained.

    `opt` has no default, because the learning rate is too important to be implicit.

    ```text
    data digits
    input 64 -> dense 10 softmax
    loss ce
    ```

    Instead:

    ```text
    data digits
    input 64 -> dense 10 softmax
    loss ce
    opt adam
    ```
    """

    code = "E0653"
    title = "optimizer missing"
    message_text = "no `opt`: training needs an optimizer"
    help_texts = ("add a line: `opt adam`, or `opt sgd lr=0.1 momentum=0.9`",)


class DataMissing(Problem):
    """A spec without data cannot be trained.

    Name a data set in the spec or on the command line (`--data`).

    ```text
    input 64 -> dense 10 softmax
    loss ce; opt adam
    ```

    Instead:

    ```text
    data digits
    input 64 -> dense 10 softmax
    loss ce; opt adam
    ```
    """

    code = "E0654"
    title = "data missing"
    message_text = "no `data`: training needs a data set"
    help_texts = ("add a line: `data digits`, or run with `--data digits`",)


class NetworkMissing(Problem):
    """A spec without a network cannot be trained or exported.

    A file with only blocks and constants is a library for `use`. A spec that runs has an `input`
    and at least one layer.

    ```text
    block unit(n) = dense $n relu
    ```
    """

    code = "E0655"
    title = "network missing"
    message_text = "no network: there is nothing to {action}"
    help_texts = ("add a line: `input 64 -> dense 32 relu -> dense 10 softmax`",)
    action: str = "train"


class MetricCannotBeMeasured(Problem):
    """A metric does not apply to the targets of the loaded data.

    Metrics of classes, such as `acc`, `f1`, `auc` and `confusion`, need classes; `mae`, `rmse` and
    `r2` need numbers. This also holds for `expect` and `stop`. The contents of a file are known
    only when it is loaded, so this is reported when the spec runs.

    ```text
    data csv "houses.csv" target=price       # prices are numbers
    input 6 -> dense 8 tanh -> dense 1
    loss mse; opt adam
    metric acc
    ```

    Instead:

    ```text
    data csv "houses.csv" target=price
    input 6 -> dense 8 tanh -> dense 1
    loss mse; opt adam
    metric rmse
    ```
    """

    code = "E0656"
    title = "metric cannot be measured"
    message_text = "`{metric}` cannot be computed on `{data}`: {reason}"
    metric: str
    data: str
    reason: str


class PartIsEmpty(Problem):
    """A quantity is measured on a part of the data that has no samples.

    `acc` is measured on the test part, `val_acc` on the validation part and `train_acc` on the
    training part. A spec that leaves the part without samples gets E0601; here a program or a
    command does so, such as `model.fit(x, y, validation=0)` for this spec:

    ```text
    input 64 -> dense 10 softmax
    loss ce; opt adam
    stop patience=5ep on=val_loss
    ```

    Instead:

    ```text
    input 64 -> dense 10 softmax
    loss ce; opt adam
    stop patience=5ep on=train_loss
    ```
    """

    code = "E0657"
    title = "empty part"
    help_texts = ("this run measures {known:,}",)
    quantity: str
    known: tuple[str, ...]

    def message(self) -> str:
        part = "validation" if self.quantity.startswith("val_") else "test"
        return f"`{self.quantity}` is not measured: the {part} part has no samples"


class SolutionNotUnique(Problem):
    """The normal equations have no unique solution.

    `opt exact` computes the weights with the smallest squared error. If there are fewer samples
    than features, or if some features are constant or linearly dependent, infinitely many weights
    have the same error. A small `reg l2` selects the smallest of them. Features of very
    different sizes, such as the powers of a year, need `prep scale` or `prep standardize` to be
    told apart.

    ```text
    data npz "f.npz"            # 20 samples of 30 features
    input 30 -> dense 1
    loss mse; opt exact
    ```

    Instead:

    ```text
    data npz "f.npz"
    input 30 -> dense 1
    loss mse; opt exact; reg l2 1e-6
    ```
    """

    code = "E0658"
    title = "solution not unique"
    message_text = (
        "the features of {samples:,} samples have rank {rank:,}, not "
        "{features:,}: many weights fit equally well"
    )
    features: int
    rank: int
    samples: int
    prep: str = ""
    """The `prep` with which the solution is unique, where there is one."""

    def help(self) -> tuple[str, ...]:
        if self.prep:
            return (
                f"add `prep {self.prep}`, with which it is unique: the features differ too much in "
                "size",
            )
        return ("add `reg l2 1e-6`, which selects the smallest of them",)


class WorkerLost(Problem):
    """A worker process was killed or failed.

    `netc run`, `netc eval` and `netc predict` divide each batch among several processes. Most often
    one is killed because the machine ran out of memory. A smaller batch needs less, and `--workers
    1` uses a single process and gives the same numbers.

    ```text
    $ netc run big.net
    error[E0660]: a worker process ended unexpectedly
    ```
    """

    code = "E0660"
    title = "worker process lost"
    message_text = "a worker process ended unexpectedly"
    help_texts = (
        "`--workers 1` uses a single process and gives the same numbers",
        "a smaller `train batch=` needs less memory",
    )
    said: str
    """The end of its traceback, or that it was killed."""

    def label(self) -> str:
        lines = self.said.strip().splitlines()
        return lines[-1] if lines else ""
