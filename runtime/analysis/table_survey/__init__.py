"""A table as somebody meets it who knows nothing of it: what each column holds, and what is worth
predicting.

columns.py  what a column is good for
target.py   which column is the target, and of what kind
survey.py   a file, read and looked at
"""
