"""A process of a training with `bn sync=false`, beside DistributedDataParallel written by hand.

Steps with both, and prints the largest distance between their losses, weights, running statistics
and outputs, relative to the largest number of each.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.distributed as dist
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source
from netc.grammar.source import Source
from netc.runtime.engine.selection import EngineOptions
from netc.runtime.engine.torch.build import build_torch
from netc.runtime.engine.torch.launched import launched
from torch.nn.parallel import DistributedDataParallel

TEXT = (
    "input 6x5x2 -> conv 3 3x3 -> bn sync=false -> relu -> flatten -> dense 4"
    " -> bn sync=false momentum=0.3 -> dense 3 softmax; loss ce; opt sgd lr=0.1;"
    " train batch=8 precision=f64"
)
BATCH, STEPS = 8, 4


class Twin(torch.nn.Module):
    """The network of TEXT, as a person would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(2, 3, 3)
        self.norm = torch.nn.BatchNorm2d(3)
        self.hidden = torch.nn.Linear(36, 4)
        self.middle = torch.nn.BatchNorm1d(4, momentum=0.3)
        self.out = torch.nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.norm(self.conv(x.permute(0, 3, 1, 2))))
        return self.out(self.middle(self.hidden(y.permute(0, 2, 3, 1).flatten(1))))


def netc_weights(twin: Twin) -> dict[str, np.ndarray]:
    """The weights of the twin in netc's names and layout."""
    state = {key: value.detach().numpy() for key, value in twin.state_dict().items()}
    found = {
        "conv1.w": state["conv.weight"].transpose(2, 3, 1, 0),
        "conv1.b": state["conv.bias"],
        "dense1.w": state["hidden.weight"].T,
        "dense1.b": state["hidden.bias"],
        "dense2.w": state["out.weight"].T,
        "dense2.b": state["out.bias"],
    }
    for own, name in (("bn1", "norm"), ("bn2", "middle")):
        found |= {
            f"{own}.gamma": state[f"{name}.weight"],
            f"{own}.beta": state[f"{name}.bias"],
            f"{own}.mean": state[f"{name}.running_mean"],
            f"{own}.var": state[f"{name}.running_var"],
        }
    return found


def main() -> None:
    dist.init_process_group("gloo")
    place = launched()
    rank, half = place.rank, BATCH // place.world
    checked = check(Source("<twin>", TEXT), BUILTIN, read_source)
    engine = build_torch(
        checked.model,
        checked.graph,
        EngineOptions(batch=BATCH, largest=BATCH, seed=0),
        device="cpu",
        place=place,
    )
    torch.manual_seed(0)
    twin = Twin().double()
    for name, value in engine.parameters().items():
        value[...] = netc_weights(twin)[name]
    together = DistributedDataParallel(twin)
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.1)
    random = np.random.default_rng(0)
    pairs = []
    for _ in range(STEPS):
        x, y = random.normal(size=(BATCH, 6, 5, 2)), random.integers(0, 3, BATCH)
        engine.feeds["input1"][...] = x
        (target,) = (feed for name, feed in engine.feeds.items() if name != "input1")
        target[...] = np.eye(3)[y]
        engine.train_step(0.1)
        own = slice(rank * half, (rank + 1) * half)
        loss = torch.nn.functional.cross_entropy(
            together(torch.from_numpy(x[own])), torch.from_numpy(y[own])
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total = loss.detach() / place.world
        dist.all_reduce(total)
        pairs.append((np.array(engine.loss()), total.numpy()))
    for buffer in twin.buffers():  # as its next forward pass would begin
        dist.broadcast(buffer, 0)
    expected = netc_weights(twin)
    pairs += [(value, expected[name]) for name, value in engine.parameters().items()]
    engine.evaluate_step()
    twin.eval()
    pairs.append(
        (engine.outputs["softmax1"], twin(torch.from_numpy(x)).softmax(1).detach().numpy())
    )
    print(max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
