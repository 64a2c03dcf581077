"""A checked model and its data come in; events, trained weights and a report go out.

run.py               `netc run`: trained, tested, judged
session.py           a spec bound to its data and an engine
fitting.py           the same for the arrays of a program
further.py           the same, epoch by epoch on new arrays
cross_validation.py  `kfold`: a run per fold
variants.py          `--compare`: a run per setting
evaluation.py        `netc eval`
gradients.py         the gradients of the losses on samples
loading/             the data of a spec
objectives/          what is fed, what losses compare with, what is measured
metrics/             metrics, and `expect`
loop/                the training loop
diagnosis/           what is suspicious about a run
prerequisites.py     what a spec lacks before it can be trained
spec.py              what is trained, and how
trained_state.py     the result of training
saved.py             that as a file, and back
"""
