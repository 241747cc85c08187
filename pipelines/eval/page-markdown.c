/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "page.h"

static void
begin (GString *page, const char *title)
{
  g_string_append_printf (page, "# %s\n", title);
}

static void
add_heading (GString *page, const char *text)
{
  g_string_append_printf (page, "\n## %s\n", text);
}

static void
add_paragraph (GString *page, const char *text)
{
  g_string_append_printf (page, "\n%s\n", text);
}

static void
add_cell (GString *page, const char *text)
{
  g_string_append (page, "| ");
  for (; *text; text++) {
    if (*text == '|')
      g_string_append_c (page, '\\');
    g_string_append_c (page, *text);
  }
  g_string_append_c (page, ' ');
}

static void
add_table (GString *page, const Table *table)
{
  add_paragraph (page, table->caption);
  g_string_append_c (page, '\n');
  for (guint i = 0; i < table->columns->len; i++)
    add_cell (page, table->columns->pdata[i]);
  g_string_append (page, "|\n");
  for (guint i = 0; i < table->columns->len; i++)
    g_string_append (page, i == 0 ? "|---" : "|---:");
  g_string_append (page, "|\n");
  for (guint i = 0; i < table->rows->len; i++) {
    char **cells = table->rows->pdata[i];

    for (guint j = 0; cells[j]; j++)
      add_cell (page, cells[j]);
    g_string_append (page, "|\n");
  }
}

static void
end (GString *page)
{
}

const Writer page_markdown
    = { begin, add_heading, add_paragraph, add_table, NULL, end };
