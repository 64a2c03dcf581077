"""Packed files and archives: content comes out, within bounds.

packed.py       what gzip, bzip2 or xz packed, as a stream
zip_directory.py  whether a zip archive has the files that it lists
tar_index.py    which files a tar archive holds, and where
"""
