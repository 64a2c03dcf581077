"""Losses of linear outputs for targets -1 and +1 or classes: `hinge`, `perceptron`, `logistic`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .loss import ByRow, ClassLoss, LossInputs, Saved, Target

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value


class Margin(ClassLoss):
    """The base of losses that want the right answer ahead by a margin."""

    margin: ClassVar[float]

    def forward(self, e: Emitter, inputs: LossInputs) -> tuple[Value, Saved]:
        prediction, target, _ = inputs
        if prediction.shape[-1] == 1:
            return e.emit("hinge", prediction, target, margin=self.margin), ()
        loss, ahead, most = e.emit_many("multi_hinge", prediction, target, margin=self.margin)
        return loss, (ahead, most)

    def backward(self, e: Emitter, inputs: LossInputs, saved: Saved, *, factor: float) -> Value:
        prediction, target, _ = inputs
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


class Logistic(ClassLoss, ByRow):
    """The logistic loss for targets -1 and +1, one output.

    L = 1/N sum of log(1 + exp(-t y)). The same as `bce` of the sigmoid with targets 0 and 1.
    """

    word = "logistic"
    summary = "logistic loss for targets -1 and +1"
    needs = "linear"
    targets = (Target.SIGN,)
    one_unit = True
