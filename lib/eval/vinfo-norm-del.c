/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "eval/vinfo-norm-del.h"

#include <math.h>

gdouble
vinfo_norm_del (gdouble metric, gdouble kept, gdouble alpha)
{
  return 1 / (1 + exp (-metric * exp (-alpha * kept)));
}
