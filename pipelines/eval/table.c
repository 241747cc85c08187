/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "page.h"

Table *
table_new (char *caption)
{
  Table *self = g_new (Table, 1);

  *self = (Table){ caption, g_ptr_array_new_with_free_func (g_free),
    g_ptr_array_new_with_free_func ((GDestroyNotify)g_strfreev) };
  return self;
}

void
table_free (Table *self)
{
  g_free (self->caption);
  g_ptr_array_unref (self->columns);
  g_ptr_array_unref (self->rows);
  g_free (self);
}

void
table_add_column (Table *self, char *head)
{
  g_ptr_array_add (self->columns, head);
}

GPtrArray *
table_begin_row (const char *first)
{
  GPtrArray *cells = g_ptr_array_new ();

  g_ptr_array_add (cells, g_strdup (first));
  return cells;
}

void
table_end_row (Table *self, GPtrArray *cells)
{
  g_ptr_array_add (cells, NULL);
  g_ptr_array_add (self->rows, g_ptr_array_free (cells, FALSE));
}
