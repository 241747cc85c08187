/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/policy-private.h"

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

char *
policy_list_names (void)
{
  GString *names = g_string_new (policies[0]->name);

  for (guint i = 1; i < G_N_ELEMENTS (policies); i++)
    g_string_append_printf (names, ", %s", policies[i]->name);
  return g_string_free (names, FALSE);
}
