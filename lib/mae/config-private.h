/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/vinfo-mae.h"

G_BEGIN_DECLS

/* config.json and preprocessor_config.json of a Hugging Face directory. The
 * second may be missing. */
gboolean mae_config_read (
    const char *directory, VInfoMaeConfig *config, GError **error);
gboolean mae_config_write (
    const char *directory, const VInfoMaeConfig *config, GError **error);

G_END_DECLS
