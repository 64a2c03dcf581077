"""A plan comes in; its arrays and bound calls, in one process or several, go out.

engine.py           binds a plan to memory and runs it
initialize.py       starting values of parameters
sharded.py          the same for a batch that several processes share
synchronization.py  how these processes wait for each other
slices.py           how they divide a vector
selection.py        which engine a run gets
autotune.py         measures how convolutions are computed quickest
"""
