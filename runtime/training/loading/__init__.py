"""The data of a spec. A spec and the folder of its paths come in; data sets go out.

spec_data.py        the data that a spec names
shared_data.py      the same for several runs, read once
free_sizes.py       a `?` takes the size that the data has
trained_columns.py  the columns that a trained network knows
"""
