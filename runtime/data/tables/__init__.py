"""Tables: the file comes in, samples with names go out.

loading.py      a table as a data set, with the parts that have files of their own
reading.py      the wanted columns of a file, in whatever format
text.py         the dialect of a text and its rows; formats.py Parquet and Excel
names.py        the names of columns, and which column is what
values.py       the cells of a column as numbers, booleans or texts
reports.py      what is wrong with cells, and what to do
samples.py      samples to predict, and data frames
width.py        how many features a table has, for `netc check`; categories.py after `prep onehot`
"""
