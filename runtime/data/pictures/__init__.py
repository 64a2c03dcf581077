"""Sets of pictures: folders and archives, decoding, resizing, and reading by batches."""
