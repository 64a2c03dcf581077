"""What training minimises: one class per loss."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Self

from pydantic import Field

from ..language.frozen import change
from ..language.kinds import AnyWhole, LabelOption, NonNegative, WeightOption
from ..language.options import Options

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value


class Target(Enum):
    """What a loss compares the output with."""

    CLASS = "a class index, from 0"
    BITS = "numbers from 0 to 1, one per output"
    SIGN = "-1 or +1"
    REALS = "numbers, one per output"
    SHARES = "probabilities that add up to 1"


ClassWeights = float | str | tuple[float, ...]
"""A number for all, `balanced`, or one number each."""

LastActivation = Literal["softmax", "sigmoid", "linear"]
"""What a loss wants at the end of the network; "linear" is no activation at all."""


class LossInputs(NamedTuple):
    """What the instructions of a loss read."""

    prediction: Value
    target: Value
    reads_logits: bool
    """True where the prediction is what flows into the activation that the loss swallows."""


Saved = tuple["Value", ...]
"""What `backward` reads of `forward`."""


class Loss(Options):
    """Training minimises the sum of all losses, each times its `weight`.

    In the formulas y is the output, t the target, N the number of samples in a batch and K the
    number of outputs per sample. Every loss is a mean over the batch, so the learning rate does
    not depend on the batch size. With weights w of samples or classes it is the weighted mean,
    sum of w l / sum of w, where l is the loss of a sample.
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
    def of_bits(cls) -> bool:
        """Whether its targets may be a 0 or 1 for each output."""
        return Target.BITS in cls.targets

    @classmethod
    def learns_only_classes(cls) -> bool:
        """Whether its targets are class indices and nothing else."""
        return cls.targets == (Target.CLASS,)

    def without_smoothing(self) -> Self:
        """The same loss of targets that are not smoothed."""
        return self

    def without_class_options(self) -> Self:
        """The same loss with all classes and labels counting alike."""
        return self

    on: LabelOption | None = Field(
        default=None,
        description="the label of the output that it compares; required if the network has "
        "several outputs",
    )
    target: LabelOption | None = Field(
        default=None,
        description="the label of the tensor to compare with, such as the input of an "
        "autoencoder; by default the data's target",
    )
    weight: NonNegative = Field(
        default=1.0, description="the factor of this loss in the sum of all losses"
    )

    @property
    def factor(self) -> float:
        """What it is multiplied by in the sum of all losses."""
        return self.weight

    def class_weights(self) -> dict[str, ClassWeights]:
        """What depends on the class of a sample, by option."""
        return {}

    def weighs_classes(self) -> bool:
        """Whether what a sample counts depends on its class."""
        return bool(self.class_weights())

    def weighs_outputs(self) -> bool:
        """Whether every output counts by itself."""
        return False

    def weighs_labels(self, units: int | None) -> bool:
        """Whether the weights also apply to samples with several labels, at `units` outputs."""
        return False

    def ignored(self) -> int | None:
        """The label of samples (or positions) that do not count."""
        return None

    def needs_one_class(self, units: int | None) -> bool:
        """Whether an option looks at the one class that a sample (or position) has."""
        weighs = "weight" in self.class_weights() and not self.of_distribution
        return self.ignored() is not None or (weighs and not self.weighs_labels(units))

    def is_weighted(self) -> bool:
        """Whether samples (or positions) count differently, whatever the data say."""
        return self.weighs_classes() or self.ignored() is not None

    def forward(self, e: Emitter, inputs: LossInputs) -> tuple[Value, Saved]:
        """Emits the loss of each sample (or position). A loss that does not write this method
        checks but cannot run."""
        raise NotImplementedError(self.word)

    def backward(self, e: Emitter, inputs: LossInputs, saved: Saved, *, factor: float) -> Value:
        """Emits the gradient of `factor` times the sum of the losses by the prediction."""
        raise NotImplementedError(self.word)

    @classmethod
    def can_run(cls) -> bool:
        """Whether it emits instructions."""
        return cls.forward is not Loss.forward


class ClassLoss(Loss):
    """The base of losses whose classes can count differently."""

    weight: NonNegative | WeightOption = Field(  # type: ignore[assignment]  # a Loss takes the number
        default=1.0,
        description="the factor of this loss in the sum of all losses; or the class weights: a "
        "list, or `balanced`, which is n / (K n_k) for a class with n_k of n training labels",
    )
    ignore: AnyWhole | None = Field(
        default=None,
        description="a label such as 255 or -1 that counts in neither the loss nor the metrics",
    )

    @property
    def factor(self) -> float:
        return self.weight if isinstance(self.weight, float) else 1.0

    def class_weights(self) -> dict[str, ClassWeights]:
        return {} if isinstance(self.weight, float) else {"weight": self.weight}

    def without_class_options(self) -> Self:
        return change(self, weight=1.0, ignore=None)

    def ignored(self) -> int | None:
        return self.ignore


class ByRow(Loss):
    """The base of losses that are one instruction named like the word, and one for its gradient."""

    def numbers(self) -> dict[str, float]:
        """What both instructions take beside the prediction and the target."""
        return {}

    def forward(self, e: Emitter, inputs: LossInputs) -> tuple[Value, Saved]:
        return e.emit(self.word, inputs.prediction, inputs.target, **self.numbers()), ()

    def backward(self, e: Emitter, inputs: LossInputs, saved: Saved, *, factor: float) -> Value:
        row = f"{self.word}_grad"
        return e.emit(row, inputs.prediction, inputs.target, factor=factor, **self.numbers())
