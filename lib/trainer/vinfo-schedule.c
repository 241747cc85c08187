/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trainer/vinfo-schedule.h"

#include <math.h>

#define COOLDOWN_SHARE 0.2

GType
vinfo_schedule_kind_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { VINFO_SCHEDULE_CONSTANT, "Constant after the warm-up", "constant" },
    { VINFO_SCHEDULE_COSINE, "Half a cosine down to 0", "cosine" },
    { VINFO_SCHEDULE_COOLDOWN, "Constant, at last linearly down to 0",
        "cooldown" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("VInfoScheduleKind", values));
  return type;
}

/* Part of the way from the warm-up's end to the last step, 0 to 1. */
static gdouble
progress (const VInfoSchedule *self, guint64 step)
{
  gdouble length = (gdouble)self->total_steps - self->warmup_steps;

  if (length <= 0)
    return 1;
  return CLAMP (((gdouble)step - self->warmup_steps) / length, 0, 1);
}

gdouble
vinfo_schedule_get_rate (const VInfoSchedule *self, guint64 step)
{
  if (step + 1 < self->warmup_steps)
    return self->learning_rate * (step + 1) / self->warmup_steps;

  switch (self->kind) {
  case VINFO_SCHEDULE_COSINE:
    return self->learning_rate * 0.5 * (1 + cos (G_PI * progress (self, step)));
  case VINFO_SCHEDULE_COOLDOWN:
    return self->learning_rate
           * MIN (1, (1 - progress (self, step)) / COOLDOWN_SHARE);
  default:
    return self->learning_rate;
  }
}
