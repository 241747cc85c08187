/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

/**
 * VInfoScheduleKind:
 * @VINFO_SCHEDULE_CONSTANT: stays after the warm-up; for streams without end
 * @VINFO_SCHEDULE_COSINE: half a cosine down to 0 at the last step
 * @VINFO_SCHEDULE_COOLDOWN: constant, then linearly down to 0 over the last
 *   fifth of the steps
 *
 * How the learning rate goes on after its linear warm-up.
 */
typedef enum {
  VINFO_SCHEDULE_CONSTANT,
  VINFO_SCHEDULE_COSINE,
  VINFO_SCHEDULE_COOLDOWN
} VInfoScheduleKind;

VINFO_API
GType vinfo_schedule_kind_get_type (void);
#define VINFO_TYPE_SCHEDULE_KIND (vinfo_schedule_kind_get_type ())

/**
 * VInfoSchedule:
 * @kind: what follows the warm-up
 * @learning_rate: its highest value
 * @warmup_steps: it rises linearly over these
 * @total_steps: where %VINFO_SCHEDULE_COSINE and %VINFO_SCHEDULE_COOLDOWN end
 */
typedef struct {
  VInfoScheduleKind kind;
  gdouble learning_rate;
  guint warmup_steps;
  guint64 total_steps;
} VInfoSchedule;

/**
 * vinfo_schedule_get_rate:
 * @step: the step to be taken, the first is 0
 *
 * Returns: its learning rate
 */
VINFO_API
gdouble vinfo_schedule_get_rate (const VInfoSchedule *schedule, guint64 step);

G_END_DECLS
