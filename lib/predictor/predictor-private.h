/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "predictor/heads-private.h"
#include "predictor/vinfo-predictor.h"

G_BEGIN_DECLS

/* With estimator=learned weights come and go with their heads. */

/* (transfer full): of the newest weights, or NULL: estimator=closed */
Heads *predictor_get_newest_heads (VInfoPredictor *self);

/* As vinfo_predictor_publish() and vinfo_predictor_save(); heads: never changed
 * afterwards, NULL for untrained ones. */
gboolean predictor_publish (
    VInfoPredictor *self, VInfoMae *mae, Heads *heads, GError **error);
gboolean predictor_save (VInfoPredictor *self, VInfoMae *mae, Heads *heads,
    const char *directory, GError **error);

G_END_DECLS
