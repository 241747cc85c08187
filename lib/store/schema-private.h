/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The tables of an empty store, documented in schema.c. */
extern const char schema_sql[];

/* What makes tables of the version `from` those of the next. */
const char *schema_get_migration (gint64 from);

G_END_DECLS
