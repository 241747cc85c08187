/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A micro-kernel, made once for each kind of processor by including this file
 * with these defined:
 *   KERNEL  its name
 *   TARGET  the attribute that lets the compiler use the instructions
 *   LANES   floats in a register
 *   ROWS    rows of c that are held in registers, one or two registers each */

#define GLUE_(a, b) a##b
#define GLUE(a, b) GLUE_ (a, b)
#define VECTOR GLUE (KERNEL, _vector)
#define INLINED GLUE (KERNEL, _inlined)

typedef float VECTOR
    __attribute__ ((vector_size (LANES * 4), aligned (4), may_alias));

/* rows and width are constants wherever this is inlined, so that the sums stay
 * in registers. */
TARGET static inline G_ALWAYS_INLINE void
INLINED (gsize rows, gsize width, const Stripe *s)
{
  VECTOR sum[ROWS][2] = { 0 };
  const gsize k = s->k, a_row = s->a_row, a_step = s->a_step, ldc = s->ldc;
  /* two halves: eight rows' offsets are more than the registers hold */
  const float *a[2] = { s->a, s->a + 4 * a_row };
  const float *b = s->b, *addend = s->addend;
  /* Jumps that the processor's own prefetcher does not foresee. */
  const gboolean jumps = a_step > LANES;
#pragma GCC unroll 8
  for (gsize i = 0; i < rows; i++)
#pragma GCC unroll 2
    for (gsize j = 0; j < width; j++)
      __builtin_prefetch (s->c + i * ldc + j * LANES, 1);
  for (gsize p = 0; p < k; p++, b += width * LANES) {
    VECTOR b0 = *(const VECTOR *)b;
    VECTOR b1 = *(const VECTOR *)(b + (width - 1) * LANES);
#pragma GCC unroll 8
    for (gsize i = 0; i < rows; i++) {
      VECTOR factor = a[i / 4][i % 4 * a_row] - (VECTOR){ 0 };
      sum[i][0] += factor * b0;
      STAY (sum[i][0], factor, b0);
      if (width == 1)
        continue;
      sum[i][1] += factor * b1;
      STAY (sum[i][1], factor, b1);
    }
    if (jumps)
      __builtin_prefetch (a[0] + AHEAD * a_step);
    a[0] += a_step;
    a[1] += a_step;
  }
#pragma GCC unroll 8
  for (gsize i = 0; i < rows; i++)
#pragma GCC unroll 2
    for (gsize j = 0; j < width; j++) {
      VECTOR value = s->scale * sum[i][j], base = { 0 };
      if (s->bias)
        base = *(const VECTOR *)(s->bias + j * LANES);
      if (addend)
        base += *(const VECTOR *)(addend + i * ldc + j * LANES);
      *(VECTOR *)(s->c + i * ldc + j * LANES) = base + value;
    }
}

TARGET static void
KERNEL (gsize rows, gboolean narrow, const Stripe *s)
{
  switch (2 * MIN (rows, ROWS) + narrow) {
#define CASE(n)                                                                \
  case 2 * n:                                                                  \
    INLINED (MIN (n, ROWS), 2, s);                                             \
    break;                                                                     \
  case 2 * n + 1:                                                              \
    INLINED (MIN (n, ROWS), 1, s);                                             \
    break;
    CASE (1)
    CASE (2)
    CASE (3)
    CASE (4)
    CASE (5)
    CASE (6)
    CASE (7)
    CASE (8)
#undef CASE
  }
}

#undef GLUE_
#undef GLUE
#undef VECTOR
#undef INLINED
#undef KERNEL
#undef TARGET
#undef LANES
#undef ROWS
