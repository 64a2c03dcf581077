"""Every optimizer, schedule, metric and way to stop: a training that is left again and again, and
goes on from the file of its state each time, ends with the same bits."""

from __future__ import annotations

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.runtime.runs.state_file import KeptState, decode_state, encode_state
from netc.runtime.training.loop.progress import TrainingState
from resuming import assert_same, session_of, trained

CLASSES = "data iris; input 4 -> dense 8 tanh -> dropout 0.2 -> dense 3 softmax; loss ce;"
NUMBERS = "data sine n=80; input 1 -> dense 8 tanh -> dense 1; loss mse;"
PICTURES = "data digits; input 8x8x1 -> conv 4 3x3 relu -> maxpool 2x2 -> flatten ->"
END = " dense 10 softmax; loss ce; opt adam; train epochs=2 batch=512"
TRAIN = " train epochs=3 batch=32 seed=4"

OPTIMIZERS = {
    "sgd": "sgd lr=0.1 momentum=0.9",
    "adam": "adam",
    "adamw": "adamw",
    "rmsprop": "rmsprop momentum=0.9",
    "adagrad": "adagrad",
    "adadelta": "adadelta",
    "nadam": "nadam",
    "lion": "lion lr=0.01",
}
SCHEDULES = {
    "constant": "constant warmup=5it",
    "exp": "exp gamma=0.9 per=step",
    "step": "step every=5it",
    "multistep": "multistep at=(3it, 1ep, 80%)",
    "plateau": "plateau patience=1ep on=val_acc",
    "cosine": "cosine warmup=1ep",
    "poly": "poly power=2",
    "onecycle": "onecycle",
}
OTHERS = {
    "stop after steps": f"{CLASSES} opt adam; stop after 6it;{TRAIN}",
    "stop after an epoch": f"{CLASSES} opt adam; stop after 8it;{TRAIN}",
    "stop when": f"{CLASSES} opt adam lr=0.1; stop when val_acc > 0.7;{TRAIN}",
    "stop patience": f"{CLASSES} opt sgd lr=3; stop patience=1ep;{TRAIN}",
    "keep best": f"{CLASSES} opt adam lr=0.1;{TRAIN} keep=best",
    "keep last": f"{CLASSES} opt sgd lr=3; stop patience=1ep;{TRAIN} keep=last",
    "metrics of classes": f"{CLASSES} opt adam; metric acc auc report confusion error;{TRAIN}",
    "metrics of numbers": f"{NUMBERS} opt adam; metric r2 mae rmse;{TRAIN}",
    "top5": f"{PICTURES} {END}; metric top5 acc",
    "two losses": (
        "data iris; input 4 -> @x -> dense 8 tanh -> @h -> dense 3 softmax -> @y;"
        " @h -> dense 4 -> @again; loss ce on=@y; loss mse on=@again target=@x weight=0.5;"
        f" opt adam;{TRAIN}"
    ),
    "all at once": f"{CLASSES} opt adam; train epochs=5 batch=all seed=2",
    "drop the last": f"{CLASSES} opt adam;{TRAIN} last=drop shuffle=false",
    "double": f"{CLASSES} opt adam;{TRAIN} precision=f64",
    "little memory": f"{PICTURES} dropout 0.2 ->{END} memory=low",
    "adversarial": f"{CLASSES} opt adam;{TRAIN} adversarial=0.1",
    "mixup and noise": f"augment mixup=0.3 noise=0.1; {CLASSES} opt adam;{TRAIN}",
    "changed pictures": f"augment shift=1 rotate=5 cutout=2 scale=0.1; {PICTURES}{END}",
    "noise layers": (
        "data iris; input 4 -> gaussian_noise 0.1 -> dense 8 bn relu -> gaussian_dropout 0.2"
        f" -> dense 3 softmax; loss ce; opt adam;{TRAIN}"
    ),
    "regularised": f"{CLASSES} reg l2 0.01; reg l1 0.001; opt sgd lr=0.1 clip=1;{TRAIN}",
    "a free size": "data digits; input ?x?x1 -> conv 4 3x3 relu -> gap ->" + END,
}
TEXTS = {
    **{f"opt {word}": f"{CLASSES} opt {text};{TRAIN}" for word, text in OPTIMIZERS.items()},
    **{
        f"schedule {word}": f"{CLASSES} opt sgd lr=0.1; schedule {text};{TRAIN}"
        for word, text in SCHEDULES.items()
    },
    **OTHERS,
}


def through_a_file(state: TrainingState) -> TrainingState:
    kept = decode_state(encode_state(KeptState(state, None)))
    assert isinstance(kept, KeptState), kept
    return kept.training


def test_every_word_is_in_the_table() -> None:
    assert OPTIMIZERS.keys() == set(BUILTIN.words("optimizer")) - {"exact"}
    assert SCHEDULES.keys() == set(BUILTIN.words("schedule"))


@pytest.mark.parametrize("name", TEXTS)
def test_left_again_and_again_it_ends_with_the_same_bits(name: str) -> None:
    text = TEXTS[name]
    whole = trained(session_of(text))
    state, parts = None, 0
    while True:
        found = trained(session_of(text), leave=3, resumed=state)
        if found.report is not None:
            break
        parts += 1
        state = through_a_file(found.kept[-1])
    assert parts > 1
    assert_same(whole, found)
