"""Where the time of a training step goes, by layer, measured for a moment."""

from __future__ import annotations

from dataclasses import replace

from ....compiler.language.frozen import change
from ....compiler.optimizers.optimizer import Stepping
from ....grammar.problem import Problems
from ...analysis.profile import LEAST_STEPS, WARM_UP, time_layers
from ...engine.blas import ONE_BLAS_THREAD
from ...engine.engine import Engine
from ...engine.selection import build_single
from ...events import RunReport
from ...held_state import Holding
from ...training.session import Session, open_session
from ...training.spec import RunOptions
from ..data import LayerSeconds, StepTimes

SECONDS = 0.3
"""How long is measured, at most; a tenth of the training, if that is less."""
LONGEST = 2.0
"""If even the fewest steps take longer, they are of fewer samples."""
STEPS = WARM_UP + 2 * LEAST_STEPS
UNWATCHED = {"augment": None, "schedule": None, "stops": (), "expectations": (), "metrics": ()}
"""What would look at parts that are not there."""
OWN_LAYER = "the rest"


def step_times(session: Session, report: RunReport) -> StepTimes | str:
    """The time of every layer, forward and back with its update, on one core; or why it was not
    measured."""
    optimizer, graph = session.spec.model.optimizer, session.spec.graph
    if not isinstance(optimizer, Stepping):
        return "a direct solution takes no steps"
    if not report.epochs:
        return "no epoch was completed"
    dataset = session.dataset
    trained = sum(done.seconds for done in report.epochs)
    steps = session.settings.epoch_steps(len(dataset.train)) * len(report.epochs)
    each = trained * session.engine.workers / max(steps, 1)
    batch = session.settings.batch
    if each * STEPS > LONGEST:
        batch = int(batch * LONGEST / (each * STEPS))
    if batch < 1:
        return "a step takes too long to be measured beside a run"
    some = slice(0, 4 * batch)
    few, unprepared = dataset.train.take(some), [part.take(some) for part in dataset.unprepared[:1]]
    if session.bounds and not unprepared:
        return "the samples were not kept as they were read"
    model = change(session.spec.model, train=change(session.spec.model.train, batch=batch))
    opened = open_session(
        session.spec.with_model(change(model, **UNWATCHED)),
        replace(dataset, train=few, validation=None, test=None, unprepared=tuple(unprepared)),
        Problems(),
        RunOptions(allow_outside=True),
        build=build_single,
        purpose="step",
    )
    if opened is None:
        return "the step could not be compiled by itself"
    engine = opened.engine
    assert isinstance(engine, Engine)
    with Holding(ONE_BLAS_THREAD):
        found = time_layers(
            engine,
            opened.encoded().train,
            rate=optimizer.lr,
            seed=session.settings.seed,
            seconds=min(SECONDS, trained / 10),
        )
    texts = {node.name: node.layer.heading() for node in graph.nodes}
    layers = [
        LayerSeconds(name, texts[name], found.layers[name])
        for name in texts
        if name in found.layers
    ]
    rest = sum(seconds for name, seconds in found.layers.items() if name not in texts)
    if rest:
        layers.append(LayerSeconds(OWN_LAYER, "loss, optimizer and updates", rest))
    return StepTimes(batch, found.steps, found.step, tuple(layers))
