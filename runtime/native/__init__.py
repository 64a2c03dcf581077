"""C code on this machine: compiled, cached, loaded.

processor.py  the vectors of the processor, and what the compiler is told of it
toolchain.py  finds a C compiler
flags.py      what it is called with
commands.py   runs several commands at a time, within a time limit
folder.py     the private folder of compiled libraries
objects.py    C texts -> a shared library -> a loaded one
failure.py    why any of it did not work
"""
