/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/policy-private.h"

/* The newest. */
static gdouble
key (const VInfoSample *sample, gdouble temperature)
{
  return -(gdouble)sample->arrival;
}

/* Nothing is drawn. */
static gdouble
inclusion (const VInfoSample *sample, gdouble threshold)
{
  return 1;
}

const Policy policy_fifo = { "fifo", 0, key, inclusion };
