"""What a run says of itself. Data, weights or losses come in; problems and warnings go out.

run_warnings.py  balance.py  figures.py   of the data, before the first step
divergence.py    what was not finite first
dead_units.py    units that are 0 for every sample
"""
