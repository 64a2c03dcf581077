"""`opt exact` as a function of a PyTorch file: `solve`, least squares by the normal equations."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph import Graph
from ..ir import Model
from ..layers.layer import Trainable
from .layer import constant_text
from .wrapping import wrapped


def solve_lines(model: Model, graph: Graph, layer: str, features: Sequence[str]) -> list[str]:
    """The function. `layer` is the access to the one layer that learns, such as `model.dense1`;
    `features` are statements that turn `x` into what it reads.

    With z and t the features and targets less their means, the weights minimise
    |z w - t|^2 + r |w|^2, where r = l2 N K / (2 f) for the N samples, the K outputs, the strength
    of `reg l2` and the factor f of the loss: the sum that netc minimises times N K / f.
    """
    (node,) = (node for node in graph.nodes if any(own.trained for own in node.parameters))
    (loss,) = model.losses
    own = node.layer.l2 if isinstance(node.layer, Trainable) else None
    strength = sum(item.strength for item in model.regularizers if item.closed_form)
    ridge = (strength if own is None else own) / (2 * loss.factor)
    bias = any(parameter.name == "b" for parameter in node.parameters)
    lines = [
        "@torch.no_grad()",
        "def solve(model, x, target):",
        f'    """Gives `{node.name}` the weights of least squares for all samples at once."""',
        *features,
    ]
    z, t = "x", "target"
    if bias:
        lines += ["    x_mean, target_mean = x.mean(0), target.mean(0)"]
        z, t = "x - x_mean", "target - target_mean"
    if ridge:
        lines += [
            f"    z, t = {z}, {t}",
            "    gram = z.T @ z",
            f"    gram.diagonal().add_({constant_text(ridge)} * t.numel())",
            "    weight = torch.linalg.solve(gram, z.T @ t).T",
        ]
    else:
        lines += wrapped(f"weight = torch.linalg.lstsq({z}, {t}).solution.T", 4)
    lines.append(f"    {layer}.weight.copy_(weight)")
    if bias:
        lines += wrapped(f"{layer}.bias.copy_(target_mean - weight @ x_mean)", 4)
    return lines
