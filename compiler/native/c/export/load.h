/* The weights, in a file beside this one. */

static int is_loaded;

/* The checksum of Adler, as zlib has it, of further bytes. */
static uint32_t checksum_of(const unsigned char *bytes, size_t count, uint32_t checksum) {
  uint32_t low = checksum & 0xffffu, high = checksum >> 16;
  for (size_t i = 0; i < count; i++) {
    low = (low + bytes[i]) % 65521u;
    high = (high + low) % 65521u;
  }
  return high << 16 | low;
}

/* Reads numbers that are stored with their lowest byte first. */
static int read_numbers(FILE *file, void *to, size_t count, size_t size, uint32_t *checksum) {
  unsigned char *bytes = to;
  const uint16_t one = 1;
  if (fread(to, size, count, file) != count) return 0;
  *checksum = checksum_of(bytes, count * size, *checksum);
  if (*(const unsigned char *)&one == 0)
    for (size_t i = 0; i < count; i++)
      for (size_t k = 0; k < size / 2; k++) {
        const unsigned char byte = bytes[i * size + k];
        bytes[i * size + k] = bytes[i * size + size - 1 - k];
        bytes[i * size + size - 1 - k] = byte;
      }
  return 1;
}

static int read_weights(FILE *file, uint32_t *checksum) {
  return READ_WEIGHTS;
}

int netc_load(const char *path) {
  unsigned char head[sizeof weights_head];
  uint32_t checksum = 1;
  FILE *file = fopen(path, "rb");
  if (!file) return NETC_NO_FILE;
  is_loaded = fread(head, 1, sizeof head, file) == sizeof head &&
              memcmp(head, weights_head, sizeof head) == 0 && read_weights(file, &checksum) &&
              fgetc(file) == EOF && checksum == weights_checksum;
  fclose(file);
  return is_loaded ? NETC_OK : NETC_OTHER_WEIGHTS;
}
