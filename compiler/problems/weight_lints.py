"""W03: weights that cannot learn what they seem to be for."""

from __future__ import annotations

from ...grammar.problem import Problem
from ...grammar.source import Span


class ZeroWeights(Problem):
    """The weights of a hidden layer start at zero.

    Then all units compute the same and get the same gradient, so they stay equal. Before a `relu`,
    the gradient is 0 and the layer never learns; two such layers in a row stay at 0 with any
    activation. Random weights break the symmetry (Goodfellow, Bengio & Courville, Deep Learning,
    2016, section 8.4). Zeros suit the last layer of a network, and the last one of a residual
    branch.

    ```netc
    input 784 -> dense 64 init=zeros relu -> dense 10 softmax
    loss ce
    ```

    Instead:

    ```netc
    input 784 -> dense 64 relu -> dense 10 softmax
    loss ce
    ```
    """

    code = "W0315"
    title = "hidden weights start at zero"
    message_text = "all units of `{layer}` start with equal weights and stay equal"
    label_text = "random weights would break the symmetry"
    place_texts = {"reader": "reads nothing but zeros"}
    help_texts = ("omit `init=zeros`: the default suits the activation",)
    layer: str
    reader: Span


class NoActivationBetween(Problem):
    """Two linear layers follow each other without an activation between them.

    A linear map of a linear map is a linear map: together they compute no more than one layer
    could. There is no warning for a factorisation with fewer channels between the layers than on
    either side (a linear autoencoder, a bottleneck of 1x1), for windows that do not overlap (`conv
    8 1x3 -> conv 8 3x1`), and for `depthwise`, grouped and transposed convolutions.

    ```netc
    input 784 -> dense 128 -> dense 10 softmax
    loss ce
    ```

    Instead:

    ```netc
    input 784 -> dense 128 relu -> dense 10 softmax
    loss ce
    ```
    """

    code = "W0316"
    title = "no activation between linear layers"
    message_text = "no activation between `{first}` and `{second}`"
    label_text = "two linear layers in a row compute one linear map"
    place_texts = {"before": "this one is linear too"}
    help_texts = ("put an activation between them: `{first} relu`",)
    first: str
    second: str
    before: Span
