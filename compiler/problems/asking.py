"""E0750 to E0759: what a network cannot be asked."""

from __future__ import annotations

from ...grammar.problem import Problem


class NothingToSample(Problem):
    """Repeated predictions with random noise are not possible here.

    `netc predict --samples` and `samples=` of `Model.predict` and `Model.predict_proba` repeat each
    prediction with the noise of training: that of `dropout`, `gaussian_dropout` and
    `gaussian_noise`. Without such a layer all repetitions are equal. Class labels have no mean: for
    a classifier, use `predict_proba`, which gives the mean and standard deviation of the
    probabilities.

    ```text
    netc.compile("input 4 -> dense 3 softmax; loss ce; opt adam").fit(x, y)
        .predict_proba(x, samples=50)
    ```

    Instead:

    ```text
    netc.compile("input 4 -> dense 32 relu -> dropout 0.2 -> dense 3 softmax; loss ce; opt adam")
        .fit(x, y).predict_proba(x, samples=50)
    ```
    """

    code = "E0750"
    title = "nothing to sample"
    message_text = "predictions cannot be sampled: {reason}"
    reason: str
    advice: str

    def help(self) -> tuple[str, ...]:
        return (self.advice,)


class SampleMissing(Problem):
    """The training part has fewer samples.

    `netc show --gradients --sample N` takes sample N of the training part, counted from 1 in the
    order of that part.

    ```text
    netc show --gradients specs/xor.net --sample 5000       # there are 800
    ```
    """

    code = "E0751"
    title = "sample missing"
    message_text = "there is no sample {sample:,}: the training part has {samples:,}"
    help_texts = ("choose one of 1 to {samples:,} with --sample",)
    sample: int
    samples: int


class NothingToAttack(Problem):
    """An attack makes a classifier wrong, and this network has no classes to be wrong about.

    `netc attack` measures the accuracy, so every sample needs one class. `Model.attack` changes
    samples to increase any loss, including those for regression and for several labels.

    ```text
    netc attack housing.safetensors     # a network that predicts prices
    ```
    """

    code = "E0752"
    title = "nothing to attack"
    message_text = "the accuracy cannot be attacked: the samples have no single class"
    help_texts = ("`Model.attack` changes samples to increase any loss",)
