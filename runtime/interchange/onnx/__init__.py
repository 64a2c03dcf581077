"""Files of ONNX. Only what reads or writes one loads the package `onnx`."""
