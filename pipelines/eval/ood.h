/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "trial.h"

/**
 * ood_run:
 *
 * Asks how well scores tell what is out of distribution. For each seed, arm and
 * feed, the elements train on the feed's beginning; frames of its end are in,
 * those of the other feeds' ends are out, and so are noise, single colours and
 * the in frames blurred. Results are of each kind of score, arm and feed, and
 * the means over the feeds.
 */
gboolean ood_run (Trial *trial, GError **error);
