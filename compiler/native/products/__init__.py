"""Products and windows in C, with every size a constant of the text.

A kernel here is a C function whose innermost loops keep their sums in vector registers:

blocks.py           how a product is divided into blocks that fit the registers
block_kernels.py    one block of a product: a number of a times vectors of b
dot_kernels.py      products whose sums run along memory: vectors of partial sums
channel_kernels.py  windows over each channel by itself, for depthwise convolutions
panels.py           whole products: panels of blocks, b packed or read in place
windows.py          where the windows of a convolution read an image, and the phases of a stride
"""
