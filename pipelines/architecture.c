/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * --architecture is of a new model: one that is there keeps its own.
 */
#include "architecture.h"

gboolean
architecture_check (const char *name, GError **error)
{
  g_autoptr (GError) problem = NULL;
  VInfoMaeConfig config;

  if (!name || vinfo_mae_config_named (name, &config, &problem))
    return TRUE;
  g_set_error_literal (
      error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, problem->message);
  return FALSE;
}

void
architecture_warn (VInfoPredictor *predictor, const char *asked)
{
  const char *location = vinfo_predictor_get_config (predictor)->location;
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);
  const char *used = vinfo_mae_config_get_name (
      vinfo_mae_get_config (vinfo_snapshot_get_live (snapshot)));

  if (location && asked && g_strcmp0 (asked, used) != 0)
    g_printerr ("vinfo: warning: %s: is %s; --architecture %s has no effect\n",
        location, used ? used : "of a shape without a name", asked);
}
