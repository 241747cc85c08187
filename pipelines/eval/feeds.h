/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "trial.h"

/**
 * feeds_run:
 *
 * Asks which feed earns its place. For each seed, a model is trained on all
 * feeds, and one without each; what that costs in V-information of the test
 * frames is the feed's worth. Each arm plays all feeds in turns through the
 * elements; the mean gain of a feed's frames is the proxy of its worth that
 * costs nothing. Results are of feeds, and of arms.
 */
gboolean feeds_run (Trial *trial, GError **error);
