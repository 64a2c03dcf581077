"""A compiled network and its weights; long because its docstrings are the reference of the class.

Nothing that handles arrays is imported before it is needed: compiling needs no NumPy.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar, overload

from ...compiler.diagnostics import DataError, TrainingError, raise_for
from ...grammar.problem import Problem, Problems
from .arguments import (
    as_path,
    check_beside,
    check_engine,
    check_goes_on,
    check_kept,
    check_validation,
    flag,
    reporter_of,
    whole_number,
    with_train,
)
from .summary import as_html, as_text, total

if TYPE_CHECKING:
    from ...compiler.graph import Graph
    from ...compiler.ir import Model as Ir
    from ...compiler.spans import Spans
    from ...grammar.source import Source
    from ..array_types import Array
    from ..events import CrossValidationReport, Event, RunReport
    from ..runs.fit_run import FitRun
    from ..training.fitting import FitResult
    from ..training.loop.progress import TrainingState
    from ..training.spec import DeviceChoice, EngineChoice, PrecisionChoice, Spec
    from ..training.trained_state import TrainedState
    from .attacks.options import AttackMethod, AttackNorm
    from .history import History
    from .inference import InferenceSession
    from .sampled import SampledPrediction
    from .units import Unit


Result = TypeVar("Result")


class SpecFiles(NamedTuple):
    """What a model was compiled from."""

    sources: tuple[Source, ...]
    """The spec and the files that it uses."""
    lets: Mapping[str, str]
    """The values of its constants that the program has set."""


class Model:
    """A checked spec, and its trained weights.

    `netc.compile` makes one that is untrained, `netc.load` one that is trained. Several threads
    may use the same model; it serves one after the other.
    """

    def __init__(
        self,
        ir: Ir,
        graph: Graph,
        spans: Spans,
        source: Source,
        spec: str,
        state: TrainedState | None = None,
        written: SpecFiles | None = None,
    ) -> None:
        self.ir = ir
        """What the spec means: every block expanded, every default filled in."""
        self.graph = graph
        """Every layer with its shape, parameters and costs."""
        self.spec = spec
        """The text, as it was compiled or saved; empty for a model that came from JSON."""
        self.report: RunReport | None = None
        """What the last `fit` came to: `report.epochs[0].measured["train_loss"]`."""
        self._training: TrainingState | None = None
        # what the last `partial_fit` left
        self._untrained = ir, graph
        # whose widths the next training may decide anew
        self._spans = spans
        self._source = source
        self._written = written
        self._state = state
        self._inference: InferenceSession | None = None
        self._lock = threading.RLock()
        # around inference, whose engines write all of them into the same memory

    @property
    def history(self) -> History | None:
        """The epochs of `report` as columns, as a table of pandas, and as a picture; None before a
        `fit`."""
        from .history import History

        return None if self.report is None else History(self.report)

    @property
    def parameters(self) -> int | None:
        """The number of trainable parameters; None while a size is free."""
        return self.graph.parameter_count()

    def to_json(self) -> str:
        """The intermediate representation as JSON; `netc.schema()` describes it."""
        from ...compiler.ir import to_json

        return to_json(self.ir)

    @property
    def trained(self) -> bool:
        """Whether it was trained, or loaded from what was."""
        return self._state is not None

    @property
    def classes_(self) -> Array | None:
        """The labels of the classes in the order of the outputs; None where the targets are
        numbers, or before training."""
        from .reading import prediction_rule

        if self._state is None:
            return None
        classes = prediction_rule(self.ir, self.graph).classes(self._state)
        return None if classes is None else classes.copy()

    @property
    def weights(self) -> dict[str, Array]:
        """Copies of all parameters by `node.parameter`, running moments among them. Before
        training they are what it starts from: those of the file that `init` names, too, which
        raises `DataError` when it does not fit."""
        if self._state is not None:
            return {name: array.copy() for name, array in self._state.weights.items()}
        from ...compiler.open_widths import has_open_widths
        from ...compiler.problems.weights import WidthsUndecided
        from ..training.loop.initial_weights import initial_weights

        if has_open_widths(self.ir):
            self._fail(WidthsUndecided(at=self._start()))
        problems = Problems()
        weights = initial_weights(self.as_spec(), problems)
        raise_for(DataError, problems)
        if weights is None:
            raise AssertionError("weights that cannot be read have a problem")
        return weights

    def set_weights(self, weights: Mapping[str, Any]) -> Model:
        """Replaces all parameters of a trained model: the names and shapes are those of `weights`,
        and numbers of any type are converted to the precision of the network. Raises `DataError`
        for others, and for numbers that are not finite in that precision."""
        from dataclasses import replace

        from ..storage.weights import user_weights

        state, problems = self._need_state(), Problems()
        arrays = user_weights(weights, self.ir, self.graph, problems)
        raise_for(DataError, problems)
        self._set_state(replace(state, weights=arrays))
        return self

    def fit(  # long because its docstring is the reference
        self,
        x: Any = None,
        y: Any = None,
        *,
        epochs: int | None = None,
        batch: int | str | None = None,
        seed: int | None = None,
        validation: float | tuple[Any, ...] | None = None,
        groups: Any = None,
        sample_weight: Any = None,
        warm_start: bool = False,
        workers: int | None = 1,
        engine: EngineChoice | None = None,
        device: DeviceChoice | None = None,
        precision: PrecisionChoice | None = None,
        compile: bool = False,
        reporter: Callable[[Event], None] | None = None,
        keep: str | os.PathLike[str] | None = None,
        resume: str | os.PathLike[str] | None = None,
    ) -> Model:
        """Trains as the spec says, from the beginning, and gives the model itself.

        `x` and `y` are samples and targets; without them the spec's own `data` is used. `epochs`,
        `batch` and `seed` take the place of what `train` says. `validation` is the share of the
        samples that is held out (the spec's `val=`, a tenth by default; 0 for none), or a tuple of
        samples and targets, and maybe sample weights. `groups` says what each sample belongs to,
        such as a patient: all samples of a group are in one part. `sample_weight` is what each
        sample counts in the losses, a number of at least 0. `warm_start` goes on from the present
        weights: columns are found by their names, and all labels are among the classes at hand.
        `workers` processes share each batch (None: as many as help), which never changes a figure.
        `engine` is `numpy` (the default), `native`, which compiles C code for the network, `auto`,
        which is `native` where there is a C compiler, or `torch`, PyTorch, which computes on a
        `device` (`cpu`, the default, `cuda` or `mps`), and with `compile` makes one program of the
        network first. `precision` (`f32`, `f64`) takes the place of that of `train`, and the
        trained network has it; `bf16` is f32 with products in bfloat16, which PyTorch computes.
        `reporter` gets each event as it happens; without one, what is suspicious about the data is
        a Python warning. Raises `DataError` when something does not fit, `TrainingError` when the
        loss is no longer a number or a worker dies; the model is then as it was before.

        What `reporter` raises, and an interrupt, end the training and go on to the caller. The
        model then has the weights of the best epoch so far (in the first epoch, the weights so
        far), and `report` has the epochs; `warm_start` goes on from there.

        `keep` is a new folder for the run: `netc run --out` would keep the same there. `resume` is
        the folder of an earlier one, which goes on with the same spec and the same arrays, to the
        bits of a run that was never interrupted; after its end, with more `epochs`. Raises
        `DataError` where it cannot go on.
        """
        from ..training.fitting import FitData, FitOptions, fit, train_unkept
        from ..training.spec import TorchRequest, run_options

        workers = None if workers is None else whole_number("workers", workers, least=1)
        tell = reporter_of(reporter, self._source)
        torch = TorchRequest(device, precision, compile)
        check_engine(engine, torch, resume)
        check_validation(validation)
        check_kept(keep, resume, warm_start=flag("warm_start", warm_start))
        data = FitData(x, y, validation, groups, sample_weight)
        check_beside("fit", x, **data.beside())
        known = self._need_state() if warm_start else None
        start = None if known is None else known.weights
        asked = {"epochs": epochs, "batch": batch, "seed": seed}
        asked["precision"] = torch.train_precision()
        spec, run = self._kept(asked, keep, resume, start, has_arrays=x is not None)
        computes = run_options(engine, workers, torch)
        options = FitOptions(
            self._take,
            start,
            known if run is None or known is not None else run.known(spec),
            computes if run is None else run.run_options(computes),
            train_unkept if run is None else run.train,
        )
        self._take(
            self._train(lambda problems: fit(spec, data, options, problems=problems, reporter=tell))
        )
        return self

    def partial_fit(
        self,
        x: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        workers: int | None = 1,
        engine: EngineChoice | None = None,
        device: DeviceChoice | None = None,
        precision: PrecisionChoice | None = None,
        compile: bool = False,
        reporter: Callable[[Event], None] | None = None,
    ) -> Model:
        """Trains for one more epoch, on these samples, and gives the model itself.

        The optimizer, the schedule and all random numbers go on where the last `partial_fit` left
        them; after a `fit`, or `netc.load`, they begin anew with the weights at hand. The first
        samples decide what `fit` would fit on them: preparations, classes (all labels must be
        among them, or be numbers below the number of outputs), and widths that the spec leaves to
        the data. Nothing is held out. Other arguments and what is raised are those of `fit`, and
        `DataError` for `opt exact`.
        """
        from ..training.fitting import FitData, FitOptions
        from ..training.further import train_further
        from ..training.spec import TorchRequest, run_options

        workers = None if workers is None else whole_number("workers", workers, least=1)
        tell = reporter_of(reporter, self._source)
        torch = TorchRequest(device, precision, compile)
        check_engine(engine, torch)
        data = FitData(x, y, 0.0, None, sample_weight)
        options = FitOptions(self._take, run=run_options(engine, workers, torch))
        spec = self._untrained_spec() if self._state is None else self.as_spec()
        if self._training is not None:
            check_goes_on(torch, self.ir)
        spec = spec.with_model(with_train(spec.model, {"precision": torch.train_precision()}))
        before = self._state, self._training
        found = self._train(
            lambda problems: train_further(
                spec, data, options, *before, problems=problems, reporter=tell
            )
        )
        self._take(found.result)
        self._training = found.training
        return self

    def cross_validate(
        self,
        x: Any = None,
        y: Any = None,
        *,
        folds: int | None = None,
        epochs: int | None = None,
        batch: int | str | None = None,
        seed: int | None = None,
        groups: Any = None,
        sample_weight: Any = None,
        workers: int | None = 1,
        engine: EngineChoice | None = None,
        device: DeviceChoice | None = None,
        precision: PrecisionChoice | None = None,
        compile: bool = False,
        reporter: Callable[[Event], None] | None = None,
    ) -> CrossValidationReport:
        """Trains once per fold, as the spec says, and gives what was measured: `mean["val_acc"]`
        and `deviation["val_acc"]` over the folds, and the report of each in `folds`. The model
        itself stays as it is.

        `folds` takes the place of what `kfold` says (5 where it says nothing); at least 2. The
        other arguments and what is raised are those of `fit`.
        """
        from ..training.cross_validation import cross_validate_arrays
        from ..training.fitting import FitData
        from ..training.spec import TorchRequest, run_options

        workers = None if workers is None else whole_number("workers", workers, least=1)
        tell = reporter_of(reporter, self._source)
        torch = TorchRequest(device, precision, compile)
        check_engine(engine, torch)
        options = run_options(engine, workers, torch)
        folds = None if folds is None else whole_number("folds", folds, least=2)
        data = FitData(x, y, None, groups, sample_weight)
        check_beside("cross_validate", x, **data.beside())
        spec = self._untrained_spec()
        train = {"epochs": epochs, "batch": batch, "seed": seed}
        train["precision"] = torch.train_precision()
        spec = spec.with_model(with_train(spec.model, train))
        spec = spec.with_folds(folds)
        return self._train(
            lambda problems: cross_validate_arrays(
                spec, data, options, problems=problems, reporter=tell
            )
        )

    def evaluate(
        self, x: Any = None, y: Any = None, *, sample_weight: Any = None
    ) -> dict[str, float]:
        """The loss and the metrics on samples with their targets: `{"loss": ..., "acc": ...}`.
        Without samples, those of the test part of the spec's own `data`. `sample_weight` is what
        each sample counts in the loss; metrics count all samples alike. A metric that has no
        meaning there is NaN, or 0 as in scikit-learn, and a Python warning says why."""
        from ..training.evaluation import measure_own_data
        from ..training.fitting import measure
        from .warning import warn_caller

        state = self._need_state()
        problems = Problems()
        check_beside("evaluate", x, y=y, sample_weight=sample_weight)
        if x is None:
            found = measure_own_data(self.as_spec(), state, problems)
        else:
            found = measure(self.as_spec(), state, x, y, sample_weight, problems)
        raise_for(DataError, problems)
        if found is None:
            raise AssertionError("a measurement without a result has a problem")
        for name, reason in found.reasons.items():
            warn_caller(f"{name} is undefined here: {reason}")
        return found.values

    @overload
    def predict(self, x: Any) -> Array: ...
    @overload
    def predict(self, x: Any, *, samples: int, seed: int = 0) -> SampledPrediction: ...
    def predict(
        self, x: Any, *, samples: int | None = None, seed: int = 0
    ) -> Array | SampledPrediction:
        """The class of each sample as its label, or the numbers that it gives: (N,) for one
        number a sample. With several labels per sample, 1 for each label above 0.5, else 0.
        Networks with several outputs answer with that of their first loss.

        With `samples`, numbers are predicted so many times with the noise of training (dropout and
        the like; batch normalisation as always in evaluation), and the answer has their `mean` and
        `deviation`. The same `seed` and `x` give the same bits. Raises `DataError` where the
        network draws no noise or predicts classes."""
        from .reading import answers_of, sampled_numbers

        with self._lock:
            state = self._need_state()
            if samples is None:
                return answers_of(self._outputs(x), self.ir, self.graph, state)
            found = self._sampled(x, samples, seed)
        answers = sampled_numbers(found, self.ir, self.graph, state)
        if isinstance(answers, str):
            self._fail_to_sample(answers, "`predict_proba` samples their probabilities")
        return answers

    @overload
    def predict_proba(self, x: Any) -> Array: ...
    @overload
    def predict_proba(self, x: Any, *, samples: int, seed: int = 0) -> SampledPrediction: ...
    def predict_proba(
        self, x: Any, *, samples: int | None = None, seed: int = 0
    ) -> Array | SampledPrediction:
        """The probability of each class, one column a class in the order of `classes_`; with
        several labels per sample, that of each label. With `samples` and `seed`, mean and deviation
        over so many predictions with the noise of training, as in `predict`."""
        from .reading import probability_outputs, sampled_probabilities

        with self._lock:
            state = self._need_state()
            given = self.ir, self.graph, state
            if samples is None:
                return self._probabilities(probability_outputs(self._outputs(x), *given))
            found = self._sampled(x, samples, seed)
        return self._probabilities(sampled_probabilities(found, *given))

    def _sampled(self, x: Any, samples: int, seed: int) -> dict[str, SampledPrediction]:
        from .sampling import LEAST, NO_NOISE, draws_noise

        samples = whole_number("samples", samples, least=LEAST)
        seed = whole_number("seed", seed, least=0)
        if not draws_noise(self.graph):
            self._fail_to_sample(*NO_NOISE)
        return self._opened().sampled(x, samples, seed)

    def _fail_to_sample(self, reason: str, advice: str) -> NoReturn:
        from ...compiler.problems.asking import NothingToSample

        self._fail(NothingToSample(at=self._start(), reason=reason, advice=advice))

    def _probabilities(self, found: Result | str) -> Result:
        """Raises the reason where there are none."""
        from ...compiler.problems.weights import NoProbabilities

        if isinstance(found, str):
            self._fail(NoProbabilities(at=self._start(), reason=found))
        return found

    @overload
    def outputs(self, x: Any, name: None = None) -> dict[str, Array]: ...
    @overload
    def outputs(self, x: Any, name: str) -> Array: ...
    @overload
    def outputs(self, x: Any, name: Sequence[str]) -> dict[str, Array]: ...
    def outputs(self, x: Any, name: str | Sequence[str] | None = None) -> Array | dict[str, Array]:
        """Everything that the network computes, by the labels of each output, or by its node. With
        the name of a label or a layer, what that gives, (N, ...), in evaluation mode; with several
        names, a dict of them. Before training, of the weights that training starts from, and `x` is
        not prepared. Raises `ValueError` for a name that there is not."""
        from .inference import named_outputs, node_of

        if name is None:
            with self._lock:
                return named_outputs(self.graph, self._outputs(x))
        wanted = (
            tuple(name) if isinstance(name, Iterable) and not isinstance(name, str) else (name,)
        )
        nodes = {name: node_of(self.graph, name) for name in wanted}
        with self._lock:
            found = self._opened().outputs(x, tuple(nodes.values()))
        return found[nodes[name]] if isinstance(name, str) else {n: found[nodes[n]] for n in wanted}

    def gradients(
        self,
        x: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        of: str | None = None,
        unit: Unit | None = None,
    ) -> dict[str, Array]:
        """The gradients of the loss on samples with their targets, in evaluation mode: of every
        parameter by its name in `weights`, and of every input by the name of its layer, (N, ...).

        The loss is the mean over the samples, without the penalties of `reg`; an input's gradient
        is with respect to the numbers that the network gets, which are those after `prep`. Frozen
        parameters, running statistics and inputs of tokens have none.

        With the name of a layer or a label in `of`, it is the gradient of what that gives, summed
        over the samples: of all its numbers, of `unit` (of the last axis: a unit of `dense`, a
        channel of an image at all positions), of one number (a tuple), or for each sample of a
        unit of its own (an array of N). Give the layer before a softmax for the score of a class.

        Before training, the weights are those that training starts from, and `x` is not prepared.
        Raises `DataError` for samples that do not fit, and `ValueError` for a name or unit that
        there is not.
        """
        from ..training.fitting import FitData
        from .inference import node_of

        if of is None and unit is not None:
            raise TypeError("gradients needs `of` if `unit` is given")
        if of is not None and (y is not None or sample_weight is not None):
            raise TypeError("gradients takes either `y` or `of`")
        with self._lock:
            if of is not None:
                return self._opened().unit_gradients(x, node_of(self.graph, of), unit)
            return self._opened().loss_gradients(FitData(x, y, None, None, sample_weight))

    def attack(
        self,
        x: Any,
        y: Any = None,
        *,
        eps: float = 0.1,
        method: AttackMethod = "fgsm",
        norm: AttackNorm = "linf",
        steps: int = 10,
        seed: int = 0,
    ) -> Any:
        """Samples changed by at most `eps` so that their loss grows (adversarial examples), shaped
        as `x` (a dict by input where there are several), in the unit of the data.

        `fgsm` takes one step, `x + eps sign(gradient)`; `pgd` takes `steps` of them from a random
        start. `norm` says what eps bounds: every number (`linf`), or the length of the whole change
        (`l2`). eps is a fraction of the range of the data, before `prep`: from black to white for
        pixels, else from the smallest to the largest number of each feature in `x`. The changed
        samples stay in that range, in double precision.
        Source: Goodfellow et al. 2015; Madry et al. 2018. Raises `DataError` for samples that do
        not fit or an untrained model, and `ValueError` for other options.
        """
        from .attacks.attack import attack_arrays
        from .attacks.options import attack_options, check_eps

        state, problems = self._need_state(), Problems()
        eps, options = check_eps(eps), attack_options(method, norm, steps, seed)
        found = attack_arrays(self.as_spec(), state, x, y, eps, options, problems)
        raise_for(DataError, problems)
        return found

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes weights, spec, classes and fitted preparations to one file in the safetensors
        format; `netc.load` reads it. An existing file is replaced once all is written."""
        from ..training.saved import save

        state = self._need_state()
        problems = Problems()
        save(as_path("path", path), self.ir, self.spec, state, problems)
        raise_for(DataError, problems)

    def summary(self) -> str:
        """The layers with their shapes and parameters, as a table."""
        return as_text(self.graph, trained=self.trained)

    def __repr__(self) -> str:
        return f"<netc.Model: {total(self.graph, trained=self.trained)}>"

    def _repr_html_(self) -> str:
        """The table for a notebook."""
        return as_html(self.graph, trained=self.trained)

    def __getstate__(self) -> dict[str, Any]:
        """All but what belongs to this process."""
        return {**vars(self), "_inference": None, "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=threading.RLock())

    def _outputs(self, x: Any) -> dict[str, Array]:
        self._need_state()
        return self._opened().outputs(x)

    def _opened(self) -> InferenceSession:
        """Runs the present weights; before training, those that it starts from."""
        from ..training.trained_state import TrainedState
        from .inference import InferenceSession

        if self._inference is None:
            if not self.graph.nodes:
                self._need_state()
            state = self._state or TrainedState(self.weights, (), (), ())
            self._inference = InferenceSession(self.as_spec(), state)
        return self._inference

    def _train(self, work: Callable[[Problems], Result | None]) -> Result:
        """What training gives; raises what keeps it from giving anything."""
        from ...compiler.problems.running import TrainingDiverged, WorkerLost
        from ..engine.synchronization import WorkerError
        from ..native.failure import EngineError
        from ..training.engine_choice import engine_problem, placed_at

        problems, result = Problems(), None
        try:
            result = work(problems)
        except WorkerError as error:
            problems.add(WorkerLost(at=self._start(), said=str(error)))
        except EngineError as error:
            problems.add(engine_problem(error))
        problems = Problems([placed_at(problem, self._start()) for problem in problems])
        began = any(isinstance(problem, TrainingDiverged | WorkerLost) for problem in problems)
        raise_for(TrainingError if began else DataError, problems)
        assert result is not None  # training without a result has a problem
        return result

    def _kept(
        self,
        asked: Mapping[str, Any],
        keep: str | os.PathLike[str] | None,
        resume: str | os.PathLike[str] | None,
        start: dict[str, Array] | None,
        *,
        has_arrays: bool,
    ) -> tuple[Spec, FitRun | None]:
        """What is trained with what is asked of `train`, and how it is kept."""
        from .kept_fit import earlier_run, fit_run, keep_options, train_options

        earlier = None if resume is None else earlier_run(resume, asked["epochs"])
        train = train_options(asked, earlier)
        spec = self.as_spec() if start is not None else self._untrained_spec()
        spec = spec.with_model(with_train(spec.model, train))
        sources, lets = self._files()
        place = None if keep is None else keep_options(keep, self._source, lets, train)
        return spec, fit_run(
            spec, sources, has_arrays=has_arrays, earlier=earlier, options=place, start=start
        )

    def _files(self) -> SpecFiles:
        """What it was compiled from; for one that was loaded, the text in its file."""
        if self._written is not None:
            return self._written
        from ...grammar.source import Source

        return SpecFiles((Source(self._source.name, self.spec, self._source.path),), {})

    def _take(self, fitted: FitResult) -> None:
        """Becomes what a training has given."""
        with self._lock:
            self.ir = fitted.spec.network_in(self.ir)
            self.graph = fitted.spec.graph
            self._set_state(fitted.state)
        self.report = fitted.report

    def _set_state(self, state: TrainedState) -> None:
        with self._lock:
            # in this order: no interrupt between the two leaves predictions of other weights
            self._inference = None
            self._state = state
            self._training = None

    def _need_state(self) -> TrainedState:
        if self._state is None:
            if not self.graph.nodes:
                from ...compiler.problems.running import NetworkMissing

                self._fail(NetworkMissing(at=self._start()))
            from ...compiler.problems.weights import NotTrained

            self._fail(NotTrained(at=self._start()))
        return self._state

    def _fail(self, problem: Problem) -> NoReturn:
        raise_for(DataError, Problems([problem]))
        raise AssertionError("a problem is an error")

    def _start(self) -> Any:
        from ...grammar.source import Source, Span

        return Span(Source(self._source.name, ""), 0, 0)

    def as_spec(self) -> Spec:
        """What training and measuring need of it."""
        from ..training.spec import Spec

        return Spec(self.ir, self.graph, self._spans, self._source)

    def trained_state(self) -> TrainedState:
        """Its trained state. Raises `DataError` before training."""
        return self._need_state()

    def _untrained_spec(self) -> Spec:
        """What a training from the beginning needs: with the widths that are left to the data."""
        from ..training.spec import Spec

        return Spec(*self._untrained, self._spans, self._source)
