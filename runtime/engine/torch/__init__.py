"""The torch engine: PyTorch computes what the plan of a network means, on any of its devices.

network.py     the module of a network, from the source that `compiler/torch/` writes
engine.py      runs it as `Engine` runs a plan
mirror.py      parameters and optimizer state on the device, and netc's arrays of them
losses.py      the loss of a batch, from those of its rows
around.py      rounding and random numbers of a step
compiling.py   `torch.compile`, and what is said where it fails
objectives.py  losses of the rows of a batch, from netc's feeds
update.py      the optimizer: the plan's update, row by row
norm.py        batch normalisation over the samples of all processes
processes.py   the processes that `torchrun` has started, and what they tell each other
launched.py    which of them this one is; needs no torch
build.py       the engine of a run

All but `launched.py` import torch, and are imported when a run asks for this engine.
"""
