"""What this package brings to netc: a layer, a loss, an optimizer, a data source, a reporter."""

from pathlib import Path

from netc.compiler.data.outside import ArraySource
from netc.compiler.language.kinds import Count, Positive, Share
from netc.compiler.layers.activation import Activation
from netc.compiler.layers.trace import Flow, Gradients
from netc.compiler.losses.loss import Loss, Target
from netc.compiler.optimizers.optimizer import Stepping
from netc.events import EpochDone
from pydantic import Field


class Mish(Activation):
    """y = x tanh(softplus(x)). Range about [-0.309, inf).

    Source: Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019.
    """

    word = "mish"
    summary = "x times tanh(softplus(x))"
    rectifier = True

    def forward(self, e, inputs, parameters):
        t = e.emit("tanh", e.emit("softplus", inputs[0]))
        return Flow(e.emit("multiply", inputs[0], t), (t,))

    def backward(self, e, trace, gradient):
        (x,), (t,) = trace.inputs, trace.saved
        dt = e.emit("tanh_grad", e.emit("multiply", gradient, x), t)
        dx = e.emit("softplus_grad", dt, x)
        return Gradients((e.emit("add", e.emit("multiply", gradient, t), dx),))


class Mixed(Loss):
    """The squared and the absolute error: L = share · mse + (1 - share) · mae."""

    word = "mixed"
    summary = "a mixture of the squared and the absolute error"
    refuses = ("softmax",)
    targets = (Target.REALS,)

    share: Share = Field(default=0.5, description="what the squared error counts")

    def forward(self, e, inputs):
        square = e.emit("mse", inputs.prediction, inputs.target)
        absolute = e.emit("mae", inputs.prediction, inputs.target)
        scaled = e.emit("scale", square, by=self.share)
        return e.emit("add", scaled, e.emit("scale", absolute, by=1 - self.share)), ()

    def backward(self, e, inputs, saved, *, factor):
        y, t = inputs.prediction, inputs.target
        square = e.emit("mse_grad", y, t, factor=factor * self.share)
        return e.emit("add", square, e.emit("mae_grad", y, t, factor=factor * (1 - self.share)))


class SignSgd(Stepping):
    """w <- w - lr sign(g) (Bernstein et al. 2018)."""

    word = "sign_sgd"
    summary = "gradient descent along the sign of the gradient"
    usual = (1e-6, 1e-1)

    lr: Positive = 0.001

    def update(self, v, *, first):
        rate = self.rate(v)
        with v.loop():
            v.add_penalties(weight_decay=self.weight_decay)
            m = v.remember("m")
            v.e.emit_many("lion", v.parameters, v.gradients, m, rate, b1=0.0, b2=0.0)


class Rings(ArraySource):
    """Points on rings around the origin: the class is the ring."""

    word = "rings"
    summary = "points on rings in the plane, a class per ring"
    sample = (2,)
    compares = "classes"

    n: Count = Field(default=300, description="the number of points")
    rings: Count = Field(default=2, description="the number of rings")

    def arrays(self, folder):
        import numpy as np

        random = np.random.default_rng(0)
        y = np.arange(self.n) % self.rings
        angle = random.uniform(0, 2 * np.pi, self.n)
        radius = 1 + y + random.normal(0, 0.1, self.n)
        x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        return {"x": x, "y": y, "classes": np.array([f"ring {k + 1}" for k in range(self.rings)])}


class Tally:
    """Writes the losses of the epochs into a file, `tally.txt` by default."""

    def __init__(self, path="tally.txt"):
        self.path = Path(path)
        self.path.write_text("")

    def __call__(self, event):
        if isinstance(event, EpochDone):
            with self.path.open("a") as file:
                print(event.epoch, event.measured["train_loss"], file=file)


class Mistaken:
    """Raises with the second epoch."""

    def __call__(self, event):
        if isinstance(event, EpochDone) and event.epoch == 2:
            raise KeyError("nothing")
