"""What a network is asked to do: targets and weights as its losses and metrics read them.

A spec and its data come in; what is fed, how targets are encoded, what each row counts and what is
measured go out, and batches of it.

objectives.py        the inputs, losses and metrics of a spec, bound to its data
target_encoding.py   targets of the data as the losses read them
loss_weights.py  reweighting.py   what rows, classes and outputs count
measured_outputs.py  which metrics are measured at which output
batches.py           samples into the engine's buffers
"""
