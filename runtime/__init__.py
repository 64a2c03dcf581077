"""Executes plans. Each package imports only those below it:

    model       a trained network as an object and as a file
    analysis    gradients checked, training steps profiled     compare  other libraries
    training    training and evaluation
    engine      a plan bound to memory                         data     data sets
    plots       drawings
    kernels     the NumPy calls of an instruction              storage  files, weights

`events.py` has the events of a run, `array_types.py` the array types.
"""
