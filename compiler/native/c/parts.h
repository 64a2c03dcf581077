/* How the parts of a program divide the flat vectors, and what the shards of a batch add up. */

/* A part's slice of a vector: as equal as possible, and it begins at a cache line. */
INLINE void own_slice(int64_t length, int64_t part, int64_t parts, int64_t *begin, int64_t *end) {
  const int64_t each = ((length + parts - 1) / parts + 15) / 16 * 16;
  *begin = part * each < length ? part * each : length;
  *end = (part + 1) * each < length ? (part + 1) * each : length;
}

/* y = the sum over all parts of what each has left, in their order; their rows are `row` apart. */
INLINE void sum_parts(const real *left, int64_t parts, int64_t row, real *y, int64_t size) {
  for (int64_t i = 0; i < size; i++) {
    real sum = left[i];
    for (int64_t part = 1; part < parts; part++) sum += left[part * row + i];
    y[i] = sum;
  }
}

/* The first vector of a list that ends with NULL += all others, in their order, on a part's slice. */
INLINE void add_gradients(real *const *vectors, int64_t length, int64_t part, int64_t parts) {
  int64_t begin, end;
  own_slice(length, part, parts, &begin, &end);
  real *restrict sum = vectors[0];
  for (int64_t v = 1; vectors[v]; v++) {
    const real *restrict other = vectors[v];
    for (int64_t i = begin; i < end; i++) sum[i] += other[i];
  }
}
