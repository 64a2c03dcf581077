"""A checked model and its data come in; events, trained weights and a report go out.

run.py              `netc run`: data loaded, engine bound, trained, tested, judged
fitting.py          the same for the arrays of a program
evaluation.py       `netc eval`
prerequisites.py    what a spec lacks before it can be trained
free_sizes.py       a `?` takes the size that the data has
objectives.py       what is fed, what losses compare with, what is measured
target_encoding.py  targets of the data as the losses read them
batches.py          samples into the engine's buffers
train.py            the training loop
schedules.py  stopping.py       the learning rate; when training ends
metrics.py  metric_accumulators.py   what is measured, batch by batch
divergence.py       what was not finite first
exact.py            `opt exact`
initial_weights.py  `init "FILE"`
trained_state.py    the result of training
still.py            a model whose steps change nothing
"""
