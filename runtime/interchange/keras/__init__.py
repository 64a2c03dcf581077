"""Files of Keras: the JSON of a model, and its weights in HDF5.

A `.keras` file is a zip archive with both, an `.h5` file has the JSON as an attribute. Only what
reads HDF5 loads the package `h5py`; neither Keras nor TensorFlow is needed, and no code and no
pickle in a file is ever looked at.
"""
