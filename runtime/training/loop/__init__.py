"""The training loop. An engine and encoded data come in; events and a report go out.

train.py                epochs of steps, validation, the best epoch, the test at the end
progress.py             the progress of a run, and the state that it continues from
requests.py             who may end it from outside
measurement.py          the loss and the metrics of one part
metric_accumulators.py  the metrics of a pass over one part
schedules.py  stopping.py             the learning rate; when training ends
augmentation.py  adversarial.py       what happens to samples on their way to the engine
initial_weights.py      what training starts from
exact.py                `opt exact`, in place of steps
"""
