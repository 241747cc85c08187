/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

/**
 * vinfo_rank_correlation:
 * @a: (array length=n): values, none of them NaN
 * @b: (array length=n): others of the same things
 * @n: their number
 *
 * Returns: Spearman's ρ, ties with the mean of their ranks; NaN where all of @a
 *   or all of @b are equal
 */
VINFO_API
gdouble vinfo_rank_correlation (const gdouble *a, const gdouble *b, guint n);

/**
 * vinfo_detection_auroc:
 * @in: (array length=n_in): scores of what belongs, none of them NaN
 * @n_in: at least 1
 * @out: (array length=n_out): of what doesn't, which should be higher
 * @n_out: at least 1
 *
 * Returns: area under the ROC curve: how often one of @out is above one of @in,
 *   where they are equal half
 */
VINFO_API
gdouble vinfo_detection_auroc (
    const gdouble *in, guint n_in, const gdouble *out, guint n_out);

/**
 * vinfo_detection_fpr95:
 *
 * Arguments as of vinfo_detection_auroc().
 *
 * Returns: share of @out that passes for in where 95% of @in do: with τ the
 *   smallest score that at least 95% of @in do not exceed, the share that does
 *   not exceed τ
 */
VINFO_API
gdouble vinfo_detection_fpr95 (
    const gdouble *in, guint n_in, const gdouble *out, guint n_out);

G_END_DECLS
