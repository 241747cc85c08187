/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/reservoir-private.h"

/* Returns: (transfer full): "rejected-REASON" */
static char *
get_counter_name (VInfoReason reason)
{
  return g_strconcat ("rejected-", vinfo_reason_to_string (reason), NULL);
}

void
reservoir_read_counts (VInfoReservoir *self)
{
  self->counts.offered = vinfo_store_get_counter (self->store, "offered");
  for (guint i = 0; i < VINFO_N_REASONS; i++) {
    g_autofree char *name = get_counter_name (i);

    self->counts.rejected[i] = vinfo_store_get_counter (self->store, name);
  }
}

/* Unchanged ones are left alone, so that nothing new is nothing to commit. */
static gboolean
write_count (
    VInfoReservoir *self, const char *name, guint64 count, GError **error)
{
  if ((guint64)vinfo_store_get_counter (self->store, name) == count)
    return TRUE;
  return vinfo_store_set_counter (self->store, name, count, error);
}

gboolean
reservoir_write_counts (VInfoReservoir *self, GError **error)
{
  if (!write_count (self, "offered", self->counts.offered, error))
    return FALSE;
  for (guint i = 0; i < VINFO_N_REASONS; i++) {
    g_autofree char *name = get_counter_name (i);

    if (!write_count (self, name, self->counts.rejected[i], error))
      return FALSE;
  }
  return TRUE;
}
