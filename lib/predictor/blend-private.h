/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Between a simple Gaussian and a better informed one, for many patches at
 * once: mean m + a(m′ − m), log-variance v + b(v′ − v) + c. With a = b = c = 0
 * it is the simple one, so what is fitted can be no worse. */
typedef struct {
  double a, b, c;
} Blend;

/* Of one patch, r = y − m and d = m′ − m over its values: */
typedef struct {
  double rr, rd, dd; /* means over its values, weighted */
  double v;          /* the simple log-variance */
  double slope;      /* v′ − v */
} BlendTerm;

/* Maximises the likelihood of n patches over a in [0, 1], b in [0, 2] and c. */
Blend blend_fit (const BlendTerm *terms, gsize n);

/* ½·(log 2π + log σ² + e/σ²): what a patch's values cost on average, in nats;
 * no log-variance is below floor. */
double blend_nll (const Blend *blend, const BlendTerm *term, double floor);

G_END_DECLS
