"""The report of a run: one page that needs nothing else.

data.py         what a report shows, as plain values; stored.py reads and writes it as JSON
collecting/     from a finished session to these values
charts/         small charts as SVG; thinning.py fewer points of long curves
highlight.py    a spec with its words told apart; embedding.py the picture of a network
views.py        the charts of a run; comparing.py those of several
render.py       values to HTML, with the templates beside it
of_run.py       the values and the page in the folder of a run
"""
