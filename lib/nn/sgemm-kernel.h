/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A micro-kernel, made once for each kind of processor by including this file
 * with these defined:
 *   KERNEL  its name
 *   TARGET  the attribute that lets the compiler use the instructions
 *   LANES   floats in a register
 *   ROWS    rows of c that are held in registers, two registers each */

#define GLUE_(a, b) a##b
#define GLUE(a, b) GLUE_ (a, b)
#define VECTOR GLUE (KERNEL, _vector)
#define INLINED GLUE (KERNEL, _inlined)

typedef float VECTOR
    __attribute__ ((vector_size (LANES * 4), aligned (4), may_alias));

/* rows is a constant wherever this is inlined, so that the sums stay in
 * registers. */
TARGET static inline G_ALWAYS_INLINE void
INLINED (gsize rows, const Stripe *s)
{
  VECTOR sum[ROWS][2] = { 0 };
  const float *a = s->a, *b = s->b;
  const float scale = s->scale;
  const gsize k = s->k, a_row = s->a_row, a_step = s->a_step, ldc = s->ldc;
  const gboolean add = s->add;
  float *c = s->c;
  for (gsize p = 0; p < k; p++, a += a_step, b += 2 * LANES) {
    VECTOR b0 = *(const VECTOR *)b, b1 = *(const VECTOR *)(b + LANES);
#pragma GCC unroll 8
    for (gsize i = 0; i < rows; i++) {
      VECTOR factor = a[i * a_row] - (VECTOR){ 0 };
      sum[i][0] += factor * b0;
      sum[i][1] += factor * b1;
      STAY (sum[i][0], factor, b0);
      STAY (sum[i][1], factor, b1);
    }
  }
#pragma GCC unroll 8
  for (gsize i = 0; i < rows; i++, c += ldc) {
    VECTOR *left = (VECTOR *)c, *right = (VECTOR *)(c + LANES);
    sum[i][0] *= scale;
    sum[i][1] *= scale;
    if (add) {
      sum[i][0] += *left;
      sum[i][1] += *right;
    }
    *left = sum[i][0];
    *right = sum[i][1];
  }
}

TARGET static void
KERNEL (gsize rows, const Stripe *s)
{
  switch (MIN (rows, ROWS)) {
#define CASE(n)                                                                \
  case n:                                                                      \
    INLINED (MIN (n, ROWS), s);                                                \
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
