"""What netc finds where it runs: packages, the machine, files.

installation.py  packages and extras; imports nothing that may be missing
surroundings.py  processor, memory, BLAS, workers
compiler.py      the C compiler of the native engine
pytorch.py       PyTorch and its devices
stores.py        the cache, and data sets
words.py         what installed packages bring
troubles.py      what is broken, and what is slow
"""
