"""From a plan to numbers. Each room imports only those below it:

    model       a trained network as an object and as a file
    analysis    gradients checked, training steps profiled     compare  other libraries
    training    training and evaluation
    engine      a plan bound to memory                         data     data sets
    kernels     the NumPy calls of an instruction              storage  files, weights

Beside the rooms stand `events.py`, what happens in a run as values, and `array_types.py`, the type
of the numbers that a model works in.
"""
