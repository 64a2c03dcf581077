"""The JSON of a Keras model -> a network of netc's layers, and where its arrays are in HDF5.

structure.py   models and their layers as the JSON nests them -> calls of layers, in order
calls.py       the calls of one layer
fields.py      the options of one object of the JSON, each read by name
words/         what each layer of Keras is in netc
padding.py     zeros around an image become an option of the convolution behind them
compiled.py    what `compile` was told: loss and optimizer
reading.py     all of it
"""
