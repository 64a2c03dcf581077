"""Packed files and archives: content comes out, within bounds.

packed.py       what gzip, bzip2 or xz packed, as a stream
tar_index.py    which files a tar archive holds, and where
"""
