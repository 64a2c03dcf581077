"""The sigmoid and its relatives: `gelu`, `silu`, `tanh`, `sigmoid`, `softplus`, and of straight
pieces `hardsigmoid` and `hardswish`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .activation import Activation

if TYPE_CHECKING:
    pass


class Gelu(Activation):
    """y = x Phi(x) = x (1 + erf(x / sqrt 2)) / 2. Range about [-0.17, inf).

    Source: Hendrycks & Gimpel, Gaussian Error Linear Units, 2016 (the exact form).
    """

    word = "gelu"
    summary = "x times the normal distribution function of x"
    rectifier = True


class Silu(Activation):
    """y = x / (1 + exp(-x)). Range about [-0.278, inf). Also known as swish.

    Source: Elfwing, Uchibe & Doya, Sigmoid-Weighted Linear Units, 2018.
    """

    word = "silu"
    summary = "x times sigmoid(x)"
    rectifier = True


class Tanh(Activation):
    """y = (exp(x) - exp(-x)) / (exp(x) + exp(-x)). Range (-1, 1). Saturates beyond about +-3.

    Source: LeCun et al., Efficient BackProp, 1998.
    """

    word = "tanh"
    summary = "the hyperbolic tangent, between -1 and 1"
    gradient_reads = "output"
    saturates = True


class Sigmoid(Activation):
    """y = 1 / (1 + exp(-x)). Range (0, 1). Saturates beyond about +-6.

    Source: Rumelhart, Hinton & Williams, Learning Representations by Back-Propagating Errors,
    1986.
    """

    word = "sigmoid"
    summary = "1 / (1 + exp(-x)), between 0 and 1"
    gradient_reads = "output"
    saturates = True
    probabilities = True
    usual_losses = ("bce", "mse")


class HardSigmoid(Activation):
    """y = min(max(x + 3, 0), 6) / 6. Range [0, 1]. Its derivative is 0 at -3 and at 3.

    Source: Howard et al., Searching for MobileNetV3, 2019.
    """

    word = "hardsigmoid"
    summary = "x / 6 + 1/2, between 0 and 1"
    gradient_reads = "output"
    saturates = True


class HardSwish(Activation):
    """y = x min(max(x + 3, 0), 6) / 6. Range [-0.375, inf).

    Its derivative is 0 up to -3, 1 from 3 on, and x / 3 + 1/2 between them.
    Source: Howard et al., Searching for MobileNetV3, 2019.
    """

    word = "hardswish"
    summary = "x times hardsigmoid(x)"
    rectifier = True


class Softplus(Activation):
    """y = log(1 + exp(x)). Range (0, inf). Its derivative is the sigmoid.

    Source: Dugas et al., Incorporating Second-Order Functional Knowledge, 2001.
    """

    word = "softplus"
    summary = "log(1 + exp(x)), a smooth relu"
