/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/policy-private.h"

#include <math.h>

/* Over what any score makes. */
#define UNSCORED 1e300

#define POLICY_ADDRESS(id) &policy_##id,
static const Policy *const policies[] = { POLICIES (POLICY_ADDRESS) };

const Policy *
policy_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (policies); i++) {
    if (g_strcmp0 (policies[i]->name, name) == 0)
      return policies[i];
  }
  return NULL;
}

gboolean
policy_is_diverse (const Policy *policy)
{
  return (policy->traits & VINFO_POLICY_DIVERSE) != 0;
}

gdouble
policy_rank_key (const VInfoSample *sample, gdouble score)
{
  return isfinite (score) ? -score : UNSCORED * (1 + sample->u);
}

/* Among those with a score nothing is drawn. */
gdouble
policy_rank_inclusion (gdouble score, gdouble threshold)
{
  return isfinite (score) ? 1 : CLAMP (threshold / UNSCORED - 1, 0, 1);
}

static gpointer
collect_names (gpointer data)
{
  const char **names = g_new0 (const char *, G_N_ELEMENTS (policies) + 1);

  for (guint i = 0; i < G_N_ELEMENTS (policies); i++)
    names[i] = policies[i]->name;
  return names;
}

const char *const *
vinfo_policy_get_names (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, collect_names, NULL);
}

const char *
vinfo_policy_describe (void)
{
  g_autofree char *names
      = g_strjoinv (", ", (char **)vinfo_policy_get_names ());

  return g_intern_string (names);
}

VInfoPolicyTraits
vinfo_policy_get_traits (const char *policy)
{
  const Policy *found = policy_find (policy);

  return found ? found->traits : 0;
}
