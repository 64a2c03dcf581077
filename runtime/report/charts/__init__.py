"""Small charts as SVG, which are part of a page: its style sheet has their colours, and a `<title>`
says the numbers of what is below the pointer.

markup.py    elements with what is in them escaped; numbers as texts
scales.py    from values to places; ticks
frame.py     the axes of a chart
lines.py     curves; histograms.py bars of counts; scatter.py points; matrix.py a matrix of counts
"""
