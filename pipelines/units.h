/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/** units_of_bytes: Returns: (transfer full): "11.6 kB" */
char *units_of_bytes (guint64 bytes);

/** units_of_seconds: Returns: (transfer full): "42 s", "1.2 hours", "3.4 days" */
char *units_of_seconds (double seconds);
