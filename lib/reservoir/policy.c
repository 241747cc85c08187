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
