"""Paths come in; bytes and tensors on the disk go out, and back.

files.py            the cache folder, and files that are written whole or not at all
weights.py          files of weights in the safetensors format
"""
