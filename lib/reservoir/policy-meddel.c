/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/meddel-private.h"
#include "reservoir/policy-private.h"

#include <stdlib.h>
#include <string.h>

/* What MedDEL leaves competes as in a uniform sample: where it finds nothing to
 * drop, a newcomer must beat the others' draw. */
static gdouble
key (const VInfoSample *sample, gdouble temperature)
{
  return sample->u;
}

/* Of the draw; what MedDEL drops is decided, not drawn. */
static gdouble
inclusion (const VInfoSample *sample, gdouble threshold)
{
  return CLAMP (threshold, 0, 1);
}

static gint
compare_ids (gconstpointer a, gconstpointer b)
{
  const Entry *first = *(Entry *const *)a, *second = *(Entry *const *)b;

  return (first->sample->id > second->sample->id)
         - (first->sample->id < second->sample->id);
}

/* Those with an embedding of the newest width, by id: a hash, so that the first
 * k, where the clusters start, are a random choice that a run repeats.
 * Returns: (transfer container) (element-type Entry) */
static GPtrArray *
list_embedded (const Kept *kept, guint *size)
{
  GPtrArray *embedded = g_ptr_array_new ();

  *size = 0;
  for (guint i = kept->entries->len; i-- > 0;) {
    const Entry *entry = g_ptr_array_index (kept->entries, i);

    if (entry->sample->embedding == NULL)
      continue;
    if (*size == 0)
      *size = entry->sample->embedding_size;
    if (entry->sample->embedding_size == *size)
      g_ptr_array_add (embedded, (gpointer)entry);
  }
  g_ptr_array_sort (embedded, compare_ids);
  return embedded;
}

static gfloat *
pack (GPtrArray *entries, guint size)
{
  gfloat *rows = g_new (gfloat, (gsize)entries->len * size);

  for (guint i = 0; i < entries->len; i++) {
    const Entry *entry = g_ptr_array_index (entries, i);

    memcpy (rows + (gsize)i * size, entry->sample->embedding,
        size * sizeof (gfloat));
  }
  return rows;
}

/* A run that drops nothing is repeated once √n have changed: clusters of that
 * many can't have grown much before. */
static void
make_room (Kept *kept, const VInfoReservoirConfig *config)
{
  g_autoptr (GPtrArray) entries = NULL;
  g_autofree gfloat *rows = NULL;
  g_autofree gboolean *dropped = NULL;
  guint size, n_dropped = 0;

  if (kept->departures < kept->room_due)
    return;
  entries = list_embedded (kept, &size);
  if (size == 0)
    return;
  rows = pack (entries, size);
  dropped = g_new (gboolean, entries->len);
  meddel_drop (
      rows, entries->len, size, MEDDEL_FARTHEST, config->similarity, dropped);
  for (guint i = 0; i < entries->len; i++) {
    if (dropped[i]) {
      kept_plan_eviction (kept, g_ptr_array_index (entries, i));
      n_dropped++;
    }
  }
  if (n_dropped == 0)
    kept->room_due = kept->departures + meddel_get_n_clusters (entries->len);
}

const Policy policy_meddel
    = { "meddel", VINFO_POLICY_COMPARES | VINFO_POLICY_DRAWS, key, inclusion,
        .make_room = make_room };
