"""A run that is kept: a folder that can be opened, continued and compared.

folder.py       the folder of a run, its files, and how a run is found by its name
record.py       `run.json`: what was run, on what, and what it came to
environment.py  the machine, the versions, the files of the data, the commit
state_file.py   the state of a training as a file, with its checksum
checkpoints.py  the best and the last weights, and the states to go on from
metrics.py      `metrics.csv` and `metrics.jsonl`
summary.py      `summary.txt`
changes.py      what has changed since a run began
keeping.py      what writes all of it in the course of a run, and passes on requests to stop
curves.py       what was measured over the epochs, read again
listing.py      the runs of a folder as they are now
opening.py      a folder that is made for a new run
taking_up.py    one that is taken up again
"""
