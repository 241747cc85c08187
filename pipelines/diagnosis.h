/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "input.h"

/**
 * diagnosis_new:
 * @message: an error, a warning or an info
 * @input: (nullable): what its element reads
 *
 * Returns: (transfer full): INPUT or ELEMENT: WHAT (FACTORY: CAUSE), on one line
 *   and without passwords
 */
char *diagnosis_new (GstMessage *message, const Input *input);
