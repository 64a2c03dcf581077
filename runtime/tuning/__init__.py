"""`tune`: settings of a spec are trained, each as an ordinary run, and kept in a study.

space.py      what may be drawn, and a setting as netc text
plans.py      which settings a search tries: grid, random, around the best
storage.py    where a study is kept: a journal file, or a database
study.py      which trial is next, and what became of all of them
trials.py     one setting, checked and trained
search.py     trials until the study is complete, in one process or several
results.py    what a study came to
pictures.py  importance.py   the same as drawings
"""
