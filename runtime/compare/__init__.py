"""A network comes in; how long netc and other libraries take for it goes out.

compare.py          `netc bench`: checks that all compute the same, then times them
case.py             the network, the batch and the samples that all get
interleave.py       times all sides in turn
netc_side.py  sklearn_side.py  torch_side.py  textbook.py    one library each
dense_chain.py      the networks that scikit-learn and the textbook class can express
"""
