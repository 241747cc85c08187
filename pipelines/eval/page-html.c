/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "page.h"

static const char style[]
    = "body{font:16px/1.5 sans-serif;max-width:75em;margin:2em auto;"
      "padding:0 1em;color-scheme:light dark}"
      "table{border-collapse:collapse;font-size:.85em;display:block;"
      "overflow-x:auto;margin-bottom:1.5em}"
      "caption,figcaption{text-align:left;padding:.5em 0}"
      "th,td{padding:.15em .7em;text-align:right;border-top:1px solid #8886;"
      "white-space:nowrap}"
      "th:first-child,td:first-child{text-align:left}"
      "figure{margin:1em 0}svg{max-width:100%;height:auto}";

/* Adds text with its `code`. */
static void
add_text (GString *page, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "`", -1);

  for (guint i = 0; parts[i]; i++) {
    g_autofree char *escaped = g_markup_escape_text (parts[i], -1);

    g_string_append_printf (page, i % 2 ? "<code>%s</code>" : "%s", escaped);
  }
}

static void
add_element (GString *page, const char *name, const char *text)
{
  g_string_append_printf (page, "<%s>", name);
  add_text (page, text);
  g_string_append_printf (page, "</%s>\n", name);
}

static void
begin (GString *page, const char *title)
{
  g_string_append (page, "<!DOCTYPE html>\n<html lang=\"en\">\n"
                         "<meta charset=\"utf-8\">\n"
                         "<meta name=\"viewport\" "
                         "content=\"width=device-width\">\n");
  add_element (page, "title", title);
  g_string_append_printf (page, "<style>%s</style>\n", style);
  add_element (page, "h1", title);
}

static void
add_heading (GString *page, const char *text)
{
  add_element (page, "h2", text);
}

static void
add_paragraph (GString *page, const char *text)
{
  add_element (page, "p", text);
}

static void
add_row (GString *page, const char *name, char *const *cells, guint n)
{
  g_string_append (page, "<tr>");
  for (guint i = 0; i < n; i++) {
    g_string_append_printf (page, "<%s>", name);
    add_text (page, cells[i]);
    g_string_append_printf (page, "</%s>", name);
  }
  g_string_append (page, "</tr>\n");
}

static void
add_table (GString *page, const Table *table)
{
  guint n = table->columns->len;

  g_string_append (page, "<table>\n");
  add_element (page, "caption", table->caption);
  add_row (page, "th", (char **)table->columns->pdata, n);
  for (guint i = 0; i < table->rows->len; i++)
    add_row (page, "td", table->rows->pdata[i], n);
  g_string_append (page, "</table>\n");
}

static void
add_plot (GString *page, const Plot *plot)
{
  g_autofree char *svg = plot_to_svg (plot);

  g_string_append (page, "<figure>\n");
  add_element (page, "figcaption", plot->title);
  g_string_append_printf (page, "%s</figure>\n", svg);
}

static void
end (GString *page)
{
  g_string_append (page, "</html>\n");
}

const Writer page_html
    = { begin, add_heading, add_paragraph, add_table, add_plot, end };
