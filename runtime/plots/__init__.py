"""Drawings of arrays, with matplotlib. They know names and numbers, no network.

style.py      colours and sizes, and what every drawing ends with
picture.py    a drawing with the numbers that it shows, as files
animation.py  several drawings as a GIF
curves.py     lines over epochs or another quantity
tiles.py      grids of small pictures
matrix.py     a matrix as a map
histograms.py
"""
