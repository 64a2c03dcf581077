"""Files of Keras: the JSON of a model, and its weights in HDF5.

A `.keras` file is a zip archive with both. Only what reads weights loads the package `h5py`;
neither Keras nor TensorFlow is needed, and no code and no pickle in a file is ever looked at.
"""
