"""What training makes small: one class for each loss."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ..language.kinds import Label, NonNegative, Positive, Share
from ..language.options import Options

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value


class Target(Enum):
    """What a loss compares the output with."""

    CLASS = "a class index, from 0"
    BITS = "numbers from 0 to 1, one for each output"
    SIGN = "-1 or +1"
    REALS = "numbers, one for each output"
    SHARES = "probabilities that add up to 1"


LastActivation = Literal["softmax", "sigmoid", "linear"]
"""What a loss wants at the end of the network; "linear" is no activation at all."""


class Loss(Options):
    """What training minimises: the sum of all losses, each times its `weight`.

    In the formulas y is the output, t the target, N the number of samples in a batch and K the
    number of outputs per sample. Every loss is a mean over the batch, so the learning rate does
    not depend on the batch size.
    """

    category = "loss"
    needs: ClassVar[LastActivation | None] = None
    """The only last activation that it is defined for; None: any but those of `refuses`."""
    refuses: ClassVar[tuple[str, ...]] = ()
    """Last activations with which it does not make sense."""
    targets: ClassVar[tuple[Target, ...]]
    """The targets that it takes; class labels of a data set are turned into the first that
    they fit: one unit takes two classes as 0 and 1 (or -1 and +1), K units take K classes."""
    one_unit: ClassVar[bool] = False
    """True when it only makes sense with a single output."""
    swallows: ClassVar[str | None] = None
    """The last activation that it can be computed together with, from the logits."""

    of_distribution: ClassVar[bool] = False
    """True where one sample has one class among the K outputs, which sum to 1."""
    closed_form: ClassVar[bool] = False
    """True for the squared error, which the normal equations minimise."""

    @classmethod
    def learns_numbers(cls) -> bool:
        """Whether its targets may be measured numbers."""
        return Target.REALS in cls.targets

    @classmethod
    def learns_only_classes(cls) -> bool:
        """Whether its targets are class indices and nothing else."""
        return cls.targets == (Target.CLASS,)

    on: Label | None = Field(
        default=None,
        description="the label of the output that it compares; needed where the network has "
        "several outputs",
    )
    target: Label | None = Field(
        default=None,
        description="the label of the tensor to compare with, such as the input of an "
        "autoencoder; by default the data's target",
    )
    weight: NonNegative = Field(
        default=1.0, description="the factor of this loss in the sum of all losses"
    )

    def forward(
        self, e: Emitter, prediction: Value, target: Value, *, reads_logits: bool
    ) -> tuple[Value, tuple[Value, ...]]:
        """Emits the loss of each sample (or position); gives it, and what `backward` reads.

        `reads_logits`: the prediction is what flows into the activation that it swallows. A loss
        that does not write this method checks but cannot run.
        """
        raise NotImplementedError(self.word)

    def backward(
        self,
        e: Emitter,
        prediction: Value,
        target: Value,
        saved: tuple[Value, ...],
        *,
        factor: float,
        reads_logits: bool,
    ) -> Value:
        """Emits the gradient of `factor` times the sum of the losses by the prediction."""
        raise NotImplementedError(self.word)

    @classmethod
    def can_run(cls) -> bool:
        """Whether it emits instructions."""
        return cls.forward is not Loss.forward


class ByRow(Loss):
    """The base of losses that are one instruction named like the word, and one for its gradient."""

    def numbers(self) -> dict[str, float]:
        """What both instructions take beside the prediction and the target."""
        return {}

    def forward(
        self, e: Emitter, prediction: Value, target: Value, *, reads_logits: bool
    ) -> tuple[Value, tuple[Value, ...]]:
        return e.emit(self.word, prediction, target, **self.numbers()), ()

    def backward(
        self,
        e: Emitter,
        prediction: Value,
        target: Value,
        saved: tuple[Value, ...],
        *,
        factor: float,
        reads_logits: bool,
    ) -> Value:
        row = f"{self.word}_grad"
        return e.emit(row, prediction, target, factor=factor, **self.numbers())


class SoftmaxLoss(Loss):
    """The base of losses of class probabilities: from the logits, or from the softmax's output."""

    needs = "softmax"
    swallows = "softmax"
    of_distribution = True

    def soften(self, e: Emitter, target: Value) -> Value:
        """The target as it is compared."""
        return target

    def forward(
        self, e: Emitter, prediction: Value, target: Value, *, reads_logits: bool
    ) -> tuple[Value, tuple[Value, ...]]:
        target = self.soften(e, target)
        if reads_logits:
            loss, probabilities = e.emit_many("softmax_ce", prediction, target)
            return loss, (probabilities, target)
        return e.emit("ce", prediction, target), (prediction, target)

    def backward(
        self,
        e: Emitter,
        prediction: Value,
        target: Value,
        saved: tuple[Value, ...],
        *,
        factor: float,
        reads_logits: bool,
    ) -> Value:
        row = "softmax_ce_grad" if reads_logits else "ce_grad"
        return e.emit(row, *saved, factor=factor)


class CrossEntropy(SoftmaxLoss):
    """Cross-entropy, after a softmax.

    L = -1/N sum over n of log y[n, t_n], where y is the softmax; with `smoothing` s the target
    is 1 - s for the true class plus s/K for each of K classes (Szegedy et al. 2016). Also
    takes probabilities as targets: L = -1/N sum of t log y. Computed from the logits together
    with the softmax, stable for any finite logits.
    """

    word = "ce"
    summary = "cross-entropy, after a softmax"
    targets = (Target.CLASS, Target.SHARES)

    smoothing: Share = Field(
        default=0.0,
        description="label smoothing s: the target becomes (1 - s) one-hot + s / K (Szegedy et "
        "al. 2016)",
    )

    def soften(self, e: Emitter, target: Value) -> Value:
        """(1 - s) t + s / K."""
        if self.smoothing == 0:
            return target
        share = self.smoothing / target.shape[-1]
        return e.emit("scale_shift", target, by=1 - self.smoothing, plus=share)


class BinaryCrossEntropy(Loss):
    """Cross-entropy of one or several independent yes-or-no outputs.

    L = -1/(N K) sum of t log y + (1 - t) log(1 - y), where y is the sigmoid and t from 0 to 1.
    Two classes with one output are 0 and 1; K classes with K outputs are one-vs-rest.
    Computed from the logits together with the sigmoid, stable for any finite logits.
    """

    word = "bce"
    summary = "binary cross-entropy, after a sigmoid"
    needs = "sigmoid"
    swallows = "sigmoid"
    targets = (Target.BITS,)

    def forward(
        self, e: Emitter, prediction: Value, target: Value, *, reads_logits: bool
    ) -> tuple[Value, tuple[Value, ...]]:
        return e.emit("sigmoid_bce" if reads_logits else "bce", prediction, target), ()

    def backward(
        self,
        e: Emitter,
        prediction: Value,
        target: Value,
        saved: tuple[Value, ...],
        *,
        factor: float,
        reads_logits: bool,
    ) -> Value:
        row = "sigmoid_bce_grad" if reads_logits else "bce_grad"
        return e.emit(row, prediction, target, factor=factor)


class MeanSquaredError(ByRow):
    """Mean squared error.

    L = 1/(N K) sum of (y - t)^2, with the gradient 2/(N K) (y - t). Books that write
    1/(2 M) sum of (y - t)^2 have half of this gradient: `weight=0.5` gives theirs. Classes as
    targets are 0 and 1 for one unit, one-hot for K units.
    """

    word = "mse"
    summary = "mean squared error"
    closed_form = True
    refuses = ("softmax",)
    targets = (Target.REALS,)


class MeanAbsoluteError(ByRow):
    """Mean absolute error.

    L = 1/(N K) sum of |y - t|, with the gradient sign(y - t)/(N K), 0 where they are equal.
    """

    word = "mae"
    summary = "mean absolute error"
    refuses = ("softmax",)
    targets = (Target.REALS,)


class Huber(ByRow):
    """Squared near the target, linear far from it (Huber 1964).

    L = 1/(N K) sum of h(y - t), where h(r) = r^2/2 for |r| <= delta and
    delta (|r| - delta/2) beyond.
    """

    word = "huber"
    summary = "Huber loss: squared near the target, linear far from it"
    refuses = ("softmax",)
    targets = (Target.REALS,)

    delta: Positive = Field(
        default=1.0, description="the error up to which the loss is quadratic; beyond it is linear"
    )

    def numbers(self) -> dict[str, float]:
        return {"delta": self.delta}


class Margin(Loss):
    """The base of losses that want the right answer ahead by a margin."""

    margin: ClassVar[float]

    def forward(
        self, e: Emitter, prediction: Value, target: Value, *, reads_logits: bool
    ) -> tuple[Value, tuple[Value, ...]]:
        if prediction.shape[-1] == 1:
            return e.emit("hinge", prediction, target, margin=self.margin), ()
        loss, ahead, most = e.emit_many("multi_hinge", prediction, target, margin=self.margin)
        return loss, (ahead, most)

    def backward(
        self,
        e: Emitter,
        prediction: Value,
        target: Value,
        saved: tuple[Value, ...],
        *,
        factor: float,
        reads_logits: bool,
    ) -> Value:
        if saved:
            return e.emit("multi_hinge_grad", *saved, target, factor=factor)
        return e.emit("hinge_grad", prediction, target, factor=factor, margin=self.margin)


class Hinge(Margin):
    """The loss of a support vector machine.

    One output, t = -1 or +1: L = 1/N sum of max(0, 1 - t y) (Cortes & Vapnik 1995).
    K outputs, t a class: L = 1/N sum of max(0, 1 + max over j != t of y_j - y_t)
    (Crammer & Singer 2001).
    """

    word = "hinge"
    summary = "hinge loss, the margin loss of a support vector machine"
    margin = 1.0
    needs = "linear"
    targets = (Target.SIGN, Target.CLASS)


class Perceptron(Margin):
    """The perceptron's loss: the hinge without its margin (Rosenblatt 1958).

    One output, t = -1 or +1: L = 1/N sum of max(0, -t y).
    K outputs, t a class: L = 1/N sum of max over j of y_j - y_t.
    """

    word = "perceptron"
    summary = "loss of the perceptron rule"
    margin = 0.0
    needs = "linear"
    targets = (Target.SIGN, Target.CLASS)


class Logistic(ByRow):
    """The logistic loss for targets -1 and +1, one output.

    L = 1/N sum of log(1 + exp(-t y)). The same as `bce` of the sigmoid with targets 0 and 1.
    """

    word = "logistic"
    summary = "logistic loss for targets -1 and +1"
    needs = "linear"
    targets = (Target.SIGN,)
    one_unit = True


class KullbackLeibler(SoftmaxLoss):
    """Divergence of the output from a target distribution (Kullback & Leibler 1951).

    L = 1/N sum over n and k of t log(t / y), where y is the softmax and 0 log 0 = 0. A class as
    target is the distribution that gives it 1, where this is the cross-entropy.
    """

    word = "kl"
    summary = "Kullback-Leibler divergence from a target distribution"
    targets = (Target.SHARES, Target.CLASS)

    def forward(
        self, e: Emitter, prediction: Value, target: Value, *, reads_logits: bool
    ) -> tuple[Value, tuple[Value, ...]]:
        loss, saved = super().forward(e, prediction, target, reads_logits=reads_logits)
        return e.emit("add", loss, e.emit("negentropy", target)), saved


class NegativeLogLikelihood(SoftmaxLoss):
    """Negative log-likelihood of the right class.

    L = -1/N sum over n of log y[n, t_n], where y is the softmax: `ce` with classes as targets
    and no smoothing, by the name that statistics gives it.
    """

    word = "nll"
    summary = "negative log-likelihood, after a softmax"
    targets = (Target.CLASS,)
