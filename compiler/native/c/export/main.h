#if defined(NETC_MAIN)
/* A program for trying it: rows of numbers on standard input, with commas, semicolons, tabs or
   spaces between them, become rows of predictions. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static long line = 1;

static int fail(const char *what) {
  fprintf(stderr, "line %ld: %s\n", line, what);
  return 1;
}

static int next_after_blanks(void) {
  int c = getchar();
  while (c == ' ' || c == '\r') c = getchar();
  return c;
}

static int is_separator(int c) { return c == ',' || c == ';' || c == '\t'; }

/* The next number of a row, NaN for an empty field: 1 where there is one, 0 at the end of the row,
   -1 at the end of the input, -2 where something else is there. `more` says whether a separator was
   before it, and becomes whether one is behind it. */
static int next_number(double *number, int *more) {
  char text[64], *end;
  size_t length = 0;
  int c = next_after_blanks();
  if ((c == '\n' || c == EOF) && !*more) return c == '\n' ? 0 : -1;
  for (; c != EOF && !isspace(c) && !is_separator(c); c = getchar())
    if (length < sizeof text - 1) text[length++] = (char)c;
  text[length] = 0;
  *number = length ? strtod(text, &end) : NAN;
  if (length && *end) return -2;
  if (c == ' ' || c == '\r') c = next_after_blanks();
  *more = is_separator(c);
  if (!*more && c != EOF) ungetc(c, stdin);
  return 1;
}

/* Reads a row: 1 where all numbers are there, 0 at the end of the input, -1 after a mistake. */
static int read_row(NETC_NUMBER *x, long count) {
  double number;
  int more = 0;
  long found = 0;
  for (;;) {
    const int kind = next_number(&number, &more);
    if (kind == -2) return fail("this is no number"), -1;
    if (kind == 1) {
      if (found < count) x[found] = (NETC_NUMBER)number;
      found++;
      continue;
    }
    if (found == count) return 1;
    if (found) return fail("a row has another number of columns than the network has inputs"), -1;
    if (kind == -1) return 0;
    line++;
  }
}

/* Writes a field of a row of CSV: in quotes where it needs them. */
UNUSED static void print_field(const char *text) {
  if (!strpbrk(text, ",\"\r\n")) {
    fputs(text, stdout);
    return;
  }
  putchar('"');
  for (; *text; text++) {
    if (*text == '"') putchar('"');
    putchar(*text);
  }
  putchar('"');
}

static void print_numbers(const NETC_NUMBER *y, long count) {
  for (long i = 0; i < count; i++) printf("%s%.9g", i ? "," : "", (double)y[i]);
}

