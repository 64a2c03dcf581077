"""Normalisation: over the batch, over channels, over groups, over neighbouring channels.

Channels are the last axis everywhere; of a vector, each number is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ..language.kinds import Count, NonNegative, Positive
from ..shapes import Shape
from .checks import has_positions, is_known
from .layer import Layer, Learning, Parameter, Site, Window
from .trace import Flow, Gradients, Trace

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value
from .weights import ONES, ZEROS


class Norm(Learning):
    """The base: a scale gamma, which starts at 1, and a shift beta, which starts at 0.

    Neither decays: pulling a scale to 0 only makes the next layer's weights grow.
    """

    keeps_shape = True
    normalizes = True

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        shape = inputs[0]
        return shape if is_known(self, shape, shape[-1], "the number of channels", site) else None

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        channels = inputs[0][-1]
        return (
            Parameter("gamma", (channels,), ONES, 1, 1, decays=False),
            Parameter("beta", (channels,), ZEROS, 1, 1, decays=False),
        )

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        channels = output[-1]
        if channels is None:
            return ()
        return (f"parameters 2*{channels} = {2 * channels:,}",)


class BatchNorm(Norm):
    """y = gamma (x - mean) / sqrt(var + eps) + beta, for each channel.

    While training, mean and (biased) variance are those of the batch and its positions, and the
    running ones follow: running = (1 - momentum) running + momentum batch, with the unbiased
    variance. Evaluation uses the running statistics, and so does training with `freeze=true`, which
    keeps gamma, beta and the running statistics fixed. If several processes share a batch
    (`torchrun`), the statistics are those of the whole batch, so the results are those of a single
    process. With `sync=false`, each process uses the statistics of its own samples, which saves two
    exchanges, and the running statistics are those of the first process. In a single process, with
    any number of workers, `sync` has no effect.
    Parameters: gamma, beta of C; not trained: mean, var of C.
    Errors: the number of channels is unknown.
    Source: Ioffe & Szegedy, Batch Normalization, 2015; momentum and eps as in PyTorch, `sync` as
    its SyncBatchNorm and, where false, its DistributedDataParallel.
    """

    word = "bn"
    summary = "batch normalisation of each channel"
    linear = True
    layout_agnostic = True

    momentum: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.1,
        description="the weight of the new batch in the running statistics: running = (1 - "
        "momentum) running + momentum batch",
    )
    eps: Positive = Field(default=1e-5, description="added to the variance")
    sync: bool = Field(
        default=True,
        description="whether the statistics are those of the whole batch when several processes "
        "train together; `false`: each process normalises its own samples",
    )

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        channels = inputs[0][-1]
        return (
            *super().parameters(inputs),
            Parameter("mean", (channels,), ZEROS, 1, 1, decays=False, trained=False),
            Parameter("var", (channels,), ONES, 1, 1, decays=False, trained=False),
        )

    def uses_batch_statistics(self) -> bool:
        return not self.freeze

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x, gamma, beta = inputs[0], parameters["gamma"], parameters["beta"]
        kept = (parameters["mean"], parameters["var"])
        if e.training and self.uses_batch_statistics():
            return self._forward_training(e, x, gamma, beta, kept)
        scale, shift = e.emit_many("batchnorm_affine", gamma, beta, *kept, eps=self.eps)
        row = "affine_channel" if x.layout == "chwn" else "affine_rows"
        return Flow(e.emit(row, x, scale, shift), (scale,))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        gamma, x = trace.parameters["gamma"], trace.inputs[0]
        if not (e.training and self.uses_batch_statistics()):
            return self._backward_running(e, trace, gradient)
        mean, inv = trace.saved
        side, places, together = _places(e, x)
        ones = e.ones_over(*places)
        dbeta, dots = e.emit_many("batchnorm_sums" + side, gradient, x, mean, ones, R=together)
        sums = (e.over_shards(dbeta), e.over_shards(dots))
        dx = e.emit(
            "batchnorm_grad" + side, gradient, x, gamma, mean, inv, *sums,
            R=together, share=self._share(e, x),
        )  # fmt: skip
        return Gradients((dx,), {"gamma": e.emit("multiply", dots, inv), "beta": dbeta})

    def _backward_running(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        """With the running statistics, which are constants."""
        x, parameters = trace.inputs[0], trace.parameters
        row = "multiply_channel" if gradient.layout == "chwn" else "multiply_row"
        dx = e.emit(row, gradient, trace.saved[0])
        if self.freeze:
            return Gradients((dx,))
        side, places, together = _places(e, x)
        mean, var = parameters["mean"], parameters["var"]
        ones = e.ones_over(*places)
        dbeta, dots = e.emit_many("batchnorm_sums" + side, gradient, x, mean, ones, R=together)
        one, zero = (e.constant(fill, mean.shape) for fill in (1.0, 0.0))
        inv, _ = e.emit_many("batchnorm_affine", one, zero, mean, var, eps=self.eps)
        return Gradients((dx,), {"gamma": e.emit("multiply", dots, inv), "beta": dbeta})

    def _share(self, e: Emitter, x: Value) -> float:
        """One over the numbers that a mean is over: all samples of the batch, all positions."""
        return 1 / (e.total_batch * prod(x.shape[1:-1]))

    def _forward_training(
        self, e: Emitter, x: Value, gamma: Value, beta: Value, kept: tuple[Value, Value]
    ) -> Flow:
        share = self._share(e, x)
        side, places, together = _places(e, x)
        ones = e.ones_over(*places)
        total = e.emit("sum_channel" if side else "sum_rows", x, ones)
        mean = e.emit("scale", e.over_shards(total), by=share)
        squares = e.over_shards(e.emit("centred_squares" + side, x, mean, ones, R=together))
        y, inv = e.emit_many(
            "batchnorm" + side, x, gamma, beta, mean, squares,
            share=share, eps=self.eps, step=together, relu=False,
        )  # fmt: skip
        # The kept variance is the unbiased one.
        count = round(1 / share)
        e.emit_many(
            "update_statistics", *kept, mean, squares,
            momentum=self.momentum, share=1 / max(1, count - 1),
        )  # fmt: skip
        return Flow(y, (mean, inv))


def _places(e: Emitter, x: Value) -> tuple[str, tuple[int, ...], int]:
    """For the layout of x: how its instructions end, the axes that a mean is over, and how many
    places of them are handled together."""
    if x.layout == "chwn":
        return "_chwn", x.shape[1:], e.rows_at_once((*x.shape[1:], x.shape[0]))
    return "", x.shape[:-1], e.rows_at_once(x.shape)


class SampleNorm(Norm):
    """The base of those whose moments are of one sample: training and evaluating are the same."""

    eps: Positive = Field(default=1e-5, description="added to the variance")

    def split(self, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        """The input, batch included, as (samples, positions, groups, channels of a group);
        moments are taken over positions and channels of a group."""
        raise NotImplementedError(type(self).__name__)

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x = inputs[0]
        split = self.split(x.shape)
        gamma, beta = (e.view(parameters[name], split[2:]) for name in ("gamma", "beta"))
        y, mean, inv = e.emit_many("groupnorm", e.view(x, split), gamma, beta, eps=self.eps)
        return Flow(e.view(y, x.shape), (mean, inv))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        x = trace.inputs[0]
        split = self.split(x.shape)
        gamma = e.view(trace.parameters["gamma"], split[2:])
        views = (e.view(gradient, split), e.view(x, split))
        dx, dgamma, dbeta = e.emit_many("groupnorm_grad", *views, gamma, *trace.saved)
        channels = trace.parameters["gamma"].shape
        parameters = {"gamma": e.view(dgamma, channels), "beta": e.view(dbeta, channels)}
        return Gradients((e.view(dx, x.shape),), parameters)


class LayerNorm(SampleNorm):
    """y = gamma (x - mean) / sqrt(var + eps) + beta, over the channels of each position.

    Mean and biased variance are those of one position of one sample; for a vector, those of the
    whole vector. To normalise all positions together, use `gn 1`.
    Parameters: gamma, beta of C.
    Errors: the number of channels is unknown.
    Source: Ba, Kiros & Hinton, Layer Normalization, 2016.
    """

    word = "ln"
    summary = "layer normalisation over the channels of each position"

    def window(self, inputs: Sequence[Shape]) -> Window | None:
        return None if len(inputs[0]) == 1 else super().window(inputs)

    def split(self, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        return (prod(shape[:-1]), 1, 1, shape[-1])


class GroupNorm(SampleNorm):
    """y = gamma (x - mean) / sqrt(var + eps) + beta, over positions and a group of channels.

    The channels are split into G equal groups of neighbours; mean and biased variance are those
    of one group in one sample. `gn 1` takes all channels together.
    Parameters: gamma, beta of C.
    Errors: G does not divide the channels; the number of channels is unknown.
    Source: Wu & He, Group Normalization, 2018.
    """

    word = "gn"
    summary = "group normalisation over G groups of channels"
    positional = ("groups",)

    groups: Count = Field(description="the number of groups, which must divide the channels")

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        shape = super().infer(inputs, site)
        channels = None if shape is None else shape[-1]
        if channels is None or channels % self.groups == 0:
            return shape
        from ..problems.merges import GroupsDoNotDivide

        site.report(
            GroupsDoNotDivide(
                at=site.option("groups"),
                layer=self.heading(),
                groups=self.groups,
                channels=channels,
                what="input channels",
            )
        )
        return None

    def output_despite(self, inputs: Sequence[Shape | None]) -> Shape | None:
        return inputs[0]

    def window(self, inputs: Sequence[Shape]) -> Window | None:
        return None

    def split(self, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        return (shape[0], prod(shape[1:-1]), self.groups, shape[-1] // self.groups)


class LocalResponseNorm(Layer):
    """y[i] = x[i] / (k + alpha * sum of x[j]^2)^beta over N neighbouring channels j.

    j runs from i - N // 2 to i + (N - 1) // 2, as far as there are channels. This is the formula
    of the paper: alpha multiplies the sum. PyTorch, Caffe and ONNX divide alpha by N, so their
    alpha is N times this one. All defaults are the paper's.
    Shapes: images and sequences, kept; the number of channels may be unknown.
    Errors: the input is a vector.
    Source: Krizhevsky, Sutskever & Hinton, ImageNet Classification with Deep Convolutional Neural
    Networks, 2012.
    """

    word = "lrn"
    summary = "local response normalisation over N neighbouring channels"
    positional = ("size",)
    keeps_shape = True

    size: Count = Field(description="how many neighbouring channels are summed over")
    alpha: NonNegative = Field(
        default=1e-4,
        description="the factor of the sum of squares (in PyTorch, Caffe and ONNX it is divided "
        "by the size)",
    )
    beta: Positive = Field(default=0.75, description="the exponent")
    k: Positive = Field(default=2.0, description="the constant in the denominator")

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        return inputs[0] if has_positions(self, inputs[0], site) else None

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        y, d = e.emit_many(
            "lrn", inputs[0], size=self.size, alpha=self.alpha, beta=self.beta, k=self.k
        )
        return Flow(y, (d,))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        walk = {"size": self.size, "alpha": self.alpha, "beta": self.beta}
        return Gradients((e.emit("lrn_grad", gradient, trace.inputs[0], *trace.saved, **walk),))
