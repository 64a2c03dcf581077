/* Windows of an image x[height][width][channels], of which a group of channels is read. */

struct window {
  int64_t height, width, channels, group, depth; /* the group's first channel, and how many */
  int64_t rows, columns, stride_down, stride_right, dilation_down, dilation_right, top, left;
  int64_t across; /* positions in a row */
};

/* Copies the windows at `count` positions from `first` on into rows of a matrix. */
INLINE void copy_windows(const real *restrict x, real *restrict to, const struct window of,
                         int64_t first, int64_t count) {
  const int whole_rows = of.dilation_right == 1 && of.depth == of.channels;
  for (int64_t position = first; position < first + count; position++) {
    const int64_t left = position % of.across * of.stride_right - of.left;
    const int inside = left >= 0 && left + of.columns <= of.width;
    int64_t y = position / of.across * of.stride_down - of.top;
    for (int64_t i = 0; i < of.rows; i++, y += of.dilation_down) {
      const int64_t at = (y * of.width + left) * of.channels + of.group;
      const int there = y >= 0 && y < of.height;
      if (there && inside && whole_rows) {
        for (int64_t n = 0; n < of.columns * of.depth; n++) to[n] = x[at + n];
        to += of.columns * of.depth;
        continue;
      }
      int64_t column = left;
      for (int64_t j = 0; j < of.columns; j++, column += of.dilation_right) {
        const int64_t from = at + (column - left) * of.channels;
        if (there && column >= 0 && column < of.width)
          for (int64_t n = 0; n < of.depth; n++) to[n] = x[from + n];
        else
          for (int64_t n = 0; n < of.depth; n++) to[n] = 0;
        to += of.depth;
      }
    }
  }
}

/* Adds rows of a matrix to the image, at the windows of `count` positions from `first` on. */
INLINE void add_windows(const real *restrict from, real *restrict x, const struct window of,
                        int64_t first, int64_t count) {
  for (int64_t position = first; position < first + count; position++) {
    const int64_t left = position % of.across * of.stride_right - of.left;
    int64_t y = position / of.across * of.stride_down - of.top;
    for (int64_t i = 0; i < of.rows; i++, y += of.dilation_down) {
      int64_t column = left;
      for (int64_t j = 0; j < of.columns; j++, column += of.dilation_right) {
        if (y >= 0 && y < of.height && column >= 0 && column < of.width) {
          real *restrict to = x + (y * of.width + column) * of.channels + of.group;
          for (int64_t n = 0; n < of.depth; n++) to[n] += from[n];
        }
        from += of.depth;
      }
    }
  }
}
