"""Losses of probabilities: `ce`, `bce`, `kl`, `nll`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import Field

from ..language.frozen import change
from ..language.kinds import NonNegative, Share, WeightOption
from .loss import ClassLoss, ClassWeights, Loss, LossInputs, Saved, Target

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value


class SoftmaxLoss(Loss):
    """The base of losses of class probabilities: from the logits, or from the softmax's output."""

    needs = "softmax"
    swallows = "softmax"
    of_distribution = True

    def soften(self, e: Emitter, target: Value) -> Value:
        """The target as it is compared."""
        return target

    def forward(self, e: Emitter, inputs: LossInputs) -> tuple[Value, Saved]:
        prediction, target = inputs.prediction, self.soften(e, inputs.target)
        if inputs.reads_logits:
            loss, probabilities = e.emit_many("softmax_ce", prediction, target)
            return loss, (probabilities, target)
        return e.emit("ce", prediction, target), (prediction, target)

    def backward(self, e: Emitter, inputs: LossInputs, saved: Saved, *, factor: float) -> Value:
        row = "softmax_ce_grad" if inputs.reads_logits else "ce_grad"
        return e.emit(row, *saved, factor=factor)


class CrossEntropy(ClassLoss, SoftmaxLoss):
    """Cross-entropy, after a softmax.

    L = -1/N sum over n of log y[n, t_n], where y is the softmax; with `smoothing` s the target
    is 1 - s for the true class plus s/K for each of K classes (Szegedy et al. 2016). Also
    takes probabilities as targets: L = -1/N sum of t log y. Computed from the logits together
    with the softmax, stable for any finite logits. With class weights w it is that of PyTorch:
    L = sum over n and k of -w_k t[n, k] log y[n, k] / sum over n of w[t_n], divided by N where
    the targets are probabilities.
    """

    word = "ce"
    summary = "cross-entropy, after a softmax"
    targets = (Target.CLASS, Target.SHARES)

    smoothing: Share = Field(
        default=0.0,
        description="label smoothing s: the target becomes (1 - s) one-hot + s / K (Szegedy et "
        "al. 2016)",
    )

    def without_smoothing(self) -> Self:
        return change(self, smoothing=0.0)

    def soften(self, e: Emitter, target: Value) -> Value:
        """(1 - s) t + s / K; with class weights the target that is fed is already smooth."""
        if self.smoothing == 0 or self.weighs_classes():
            return target
        share = self.smoothing / target.shape[-1]
        return e.emit("scale_shift", target, by=1 - self.smoothing, plus=share)


class BinaryCrossEntropy(ClassLoss):
    """Cross-entropy of one or several independent yes-or-no outputs.

    L = -1/(N K) sum of t log y + (1 - t) log(1 - y), where y is the sigmoid and t from 0 to 1.
    Two classes with one output are 0 and 1; K classes with K outputs are one-vs-rest.
    Computed from the logits together with the sigmoid, stable for any finite logits.
    `pos_weight` multiplies t log y, and the mean is not divided by it, as in PyTorch. If each
    sample has one class, a list in `weight` holds class weights; if it has K labels, one weight per
    label, L = -1/(N K) sum of w_k (t log y + (1 - t) log(1 - y)), as in PyTorch.
    """

    word = "bce"
    summary = "binary cross-entropy, after a sigmoid"
    needs = "sigmoid"
    swallows = "sigmoid"
    targets = (Target.BITS,)

    pos_weight: NonNegative | WeightOption = Field(
        default=1.0,
        description="the weight of positives relative to negatives, for all outputs or a list with "
        "one number per output; `balanced` is negatives / positives of the training part",
    )

    def class_weights(self) -> dict[str, ClassWeights]:
        own: dict[str, ClassWeights] = {"pos_weight": self.pos_weight}
        return super().class_weights() | (own if self.pos_weight != 1 else {})

    def weighs_outputs(self) -> bool:
        return self.pos_weight != 1 or isinstance(self.weight, tuple)

    def weighs_labels(self, units: int | None) -> bool:
        return isinstance(self.weight, tuple) and units != 1

    def forward(self, e: Emitter, inputs: LossInputs) -> tuple[Value, Saved]:
        row = "sigmoid_bce" if inputs.reads_logits else "bce"
        return e.emit(row, inputs.prediction, inputs.target), ()

    def backward(self, e: Emitter, inputs: LossInputs, saved: Saved, *, factor: float) -> Value:
        row = "sigmoid_bce_grad" if inputs.reads_logits else "bce_grad"
        return e.emit(row, inputs.prediction, inputs.target, factor=factor)


class KullbackLeibler(SoftmaxLoss):
    """Divergence of the output from a target distribution (Kullback & Leibler 1951).

    L = 1/N sum over n and k of t log(t / y), where y is the softmax and 0 log 0 = 0. A class as
    target has probability 1; the loss is then the cross-entropy.
    """

    word = "kl"
    summary = "Kullback-Leibler divergence from a target distribution"
    targets = (Target.SHARES, Target.CLASS)

    def forward(self, e: Emitter, inputs: LossInputs) -> tuple[Value, Saved]:
        loss, saved = super().forward(e, inputs)
        return e.emit("add", loss, e.emit("negentropy", inputs.target)), saved


class NegativeLogLikelihood(ClassLoss, SoftmaxLoss):
    """Negative log-likelihood of the right class.

    L = -1/N sum over n of log y[n, t_n], where y is the softmax: `ce` with classes as targets
    and no smoothing, under its name in statistics.
    """

    word = "nll"
    summary = "negative log-likelihood, after a softmax"
    targets = (Target.CLASS,)
