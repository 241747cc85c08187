/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Rows of values 0 … 15, two a byte: of a row of half bytes, byte i holds value
 * i in its lower bits and value half + i in its upper ones. */

#define NIBBLE_STEP 32 /* bytes that are multiplied at once */

/* Bytes of a row of @size values; those beyond are 0. */
#define NIBBLE_ROW_SIZE(size)                                                  \
  (((size) + 2 * NIBBLE_STEP - 1) / (2 * NIBBLE_STEP) * NIBBLE_STEP)

/* @row: `[half]`, zeros where @value was not set yet */
static inline void
nibble_set (guint8 *row, guint half, guint i, guint value)
{
  row[i % half] |= i < half ? value : value << 4;
}

/* Inner products of rows and one that is in 8 bits.
 * @rows: `[n_rows, half]`
 * @factors: `[2 · half]`, −127 … 127
 * @products: `[n_rows]` */
typedef void (*NibbleProducts) (const guint8 *rows, guint n_rows, guint half,
    const gint8 *factors, gint32 *products);

/* Returns: the @i-th way that this processor can, from the fastest to plain C,
 * all with the same answer; NULL after the last */
NibbleProducts nibble_products_get (guint i);

G_END_DECLS
