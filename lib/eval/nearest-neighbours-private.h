/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* k nearest neighbours by cosine, one vote each; where classes tie, the one
 * with the smallest number wins, as in scikit-learn's KNeighborsClassifier with
 * metric="cosine". rows: [n, width] with labels: [n] below n_classes;
 * queries: [n_queries, width]; predicted: [n_queries]. 1 <= k <= n. */
void nearest_neighbours_classify (const float *rows, const guint *labels,
    guint n, guint width, guint n_classes, guint k, const float *queries,
    guint n_queries, guint *predicted);

G_END_DECLS
