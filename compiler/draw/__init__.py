"""Drawings of a network.

    graph -fold-> Diagram -levels, structure-> series and forks -arrange-> Piece -place-> Scene

diagram.py    boxes, links and frames; folding.py finds what repeats
structure.py  what lies behind and beside what; levels.py does so for each frame
arrange.py    the positions: rows.py, fork.py, tangle.py and u_shape.py know one arrangement each
scene.py      shapes with positions; svg.py writes them, as does runtime/plots/network.py
mermaid.py    a flowchart that others draw
"""

from .direction import Direction as Direction
