/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "trial.h"

/**
 * arms_run:
 *
 * Lets every arm, under every seed, choose from a stream that is made of a
 * dataset, trains a fresh model on its choice and measures what that is worth.
 */
gboolean arms_run (Trial *trial, GError **error);
