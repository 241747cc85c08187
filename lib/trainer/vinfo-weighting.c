/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trainer/vinfo-weighting.h"

#include <math.h>

/* So many frames at most does one sample stand for: sums of weights stay
 * finite, and squares of them in gradients too. */
#define MAX_WEIGHT 1e9

GType
vinfo_weighting_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { VINFO_WEIGHTING_NONE, "All alike", "none" },
    { VINFO_WEIGHTING_INCLUSION, "1/p, p the inclusion probability",
        "inclusion" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("VInfoWeighting", values));
  return type;
}

gfloat
vinfo_weighting_weigh (VInfoWeighting weighting, gdouble inclusion)
{
  if (weighting == VINFO_WEIGHTING_NONE || !(inclusion > 0 && inclusion <= 1))
    return 1;
  return (gfloat)MIN (1 / inclusion, MAX_WEIGHT);
}
