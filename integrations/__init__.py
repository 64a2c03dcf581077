"""Modules of netc with the names of the libraries that they serve: `netc.sklearn` is `sklearn.py`.

The path of the package `netc` leads here, too. In the root of a checkout, a file of that name would
hide the library itself from every program that is started there.
"""
