"""The data of a spec, or the arrays of a program, come in; a `Dataset` goes out.

load.py             from `data`, `prep` and the seed to a data set; assemble.py prepares its parts
dataset.py          what a data set is: `Split`, `RawDataset`, `Dataset`
splits.py           dividing samples into training, validation and test part
preparation.py      fitting `prep`; fitted_prep.py applies what was fitted
statistics.py       figures of samples; lints.py finds what in them was probably not meant
mnist.py  cifar.py  bundled.py  synthetic.py      the sets that netc knows by name
downloads.py        where the files of published sets come from
tables/  pictures/  numpy_files.py  idx_set.py      the files of a user
idx.py              the IDX format; array_header.py the header of a NumPy file
array_reader.py     arrays as samples and targets, and what is wrong with them
user_arrays.py      arrays that a program hands to `fit`, `evaluate` or `predict`
sample_files.py     samples to predict, from files
"""
