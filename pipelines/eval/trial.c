/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trial.h"

#include <math.h>

#include "commit.h"
#include "result.h"

gboolean
trial_has (const Trial *self, const Budget *budget, const char *arm, guint seed)
{
  return record_has (self->record, budget->name, arm, seed);
}

static gboolean
has_all (const Trial *self, const char *arm, guint seed)
{
  GPtrArray *budgets = self->experiment->budgets;
  gboolean has = TRUE;

  for (guint i = 0; has && i < budgets->len; i++)
    has = trial_has (self, budgets->pdata[i], arm, seed);
  return has;
}

gboolean
trial_wants (Trial *self, const char *arm, guint seeds, guint seed)
{
  guint number = self->next++;

  if (self->seeds > 0)
    seeds = self->seeds;
  return seed < self->first + seeds && number % self->parts == self->part
         && (!self->arm || g_str_equal (arm, self->arm))
         && !has_all (self, arm, seed);
}

void
trial_add_value (const Trial *self, const char *experiment, GString *lines,
    const char *arm, double ratio, guint seed, const char *metric, double value)
{
  const Experiment *e = self->experiment;
  Result result = { experiment, e->stream.background > 0 ? "camera" : "runs",
    e->stream.junk, ratio, arm, seed, metric, value, VINFO_COMMIT };

  if (isfinite (value))
    result_append (lines, &result);
}

char *
trial_write_model (const Trial *self, guint seed, GError **error)
{
  g_autoptr (VInfoMae) mae = vinfo_mae_new (&self->experiment->model, seed);
  g_autofree char *directory = g_build_filename (self->scratch, "model", NULL);

  return vinfo_mae_save (mae, directory, error) ? g_steal_pointer (&directory)
                                                : NULL;
}
