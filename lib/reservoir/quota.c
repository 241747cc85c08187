/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Quotas: a feed that has all it may keep replaces its own worst. */
#include "reservoir/reservoir-private.h"

/* How readily an entry goes: spares first, the uniform share last. */
static guint
get_class (Kept *kept, const Entry *entry)
{
  if (entry->heap == &kept->spares)
    return 2;
  return entry->heap == &kept->soft ? 1 : 0;
}

static gboolean
is_worse (Kept *kept, const Entry *a, const Entry *b)
{
  guint a_class = get_class (kept, a), b_class = get_class (kept, b);

  if (a_class != b_class)
    return a_class > b_class;
  return a->node.key > b->node.key
         || (a->node.key == b->node.key && a->node.arrival > b->node.arrival);
}

/* Returns: the worst of @group that is not planned to go; NULL for none */
static Entry *
find_worst (Kept *kept, GPtrArray *group, guint *n)
{
  Entry *worst = NULL;

  *n = 0;
  for (guint i = 0; i < group->len; i++) {
    Entry *entry = g_ptr_array_index (group, i);

    if (entry->heap == NULL)
      continue;
    ++*n;
    if (worst == NULL || is_worse (kept, entry, worst))
      worst = entry;
  }
  return worst;
}

/* Where keys depend on others, that of the worst is exact after this. */
static Entry *
find_exact_worst (Kept *kept, GPtrArray *group, guint *n)
{
  Entry *worst = find_worst (kept, group, n);

  while (worst != NULL && kept_check_entry (kept, worst))
    worst = find_worst (kept, group, n);
  return worst;
}

static gboolean
beats (VInfoReservoir *self, const VInfoSample *candidate, const Entry *worst)
{
  Kept *kept = &self->kept;
  gdouble rank = ticket_rank (candidate->u, self->config.seed);

  switch (get_class (kept, worst)) {
  case 2:
    return !candidate->spare;
  case 1:
    return !candidate->spare
           && (candidate->key < worst->node.key
               || rank < kept_get_rank_threshold (kept));
  default:
    return !candidate->spare && rank < worst->node.key;
  }
}

gboolean
reservoir_plan_quota (VInfoReservoir *self, const char *feed, guint quota,
    const VInfoSample *candidate)
{
  GPtrArray *group = feeds_find (&self->kept.feeds, feed);
  guint n;

  if (quota == 0 || group == NULL || group->len < quota)
    return TRUE;
  for (;;) {
    Entry *worst = find_exact_worst (&self->kept, group, &n);

    if (n < quota)
      return TRUE;
    if (!beats (self, candidate, worst))
      return FALSE;
    kept_plan_eviction (&self->kept, worst);
  }
}
