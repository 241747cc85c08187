/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * Table:
 * @caption: a sentence or more
 * @columns: (element-type utf8): their heads
 * @rows: (element-type GStrv): cells, as many as @columns
 */
typedef struct {
  char *caption;
  GPtrArray *columns;
  GPtrArray *rows;
} Table;

/** table_new: @caption: (transfer full) */
Table *table_new (char *caption);
void table_free (Table *self);

/** table_add_column: @head: (transfer full) */
void table_add_column (Table *self, char *head);

/** table_begin_row: @first: what the row is about */
GPtrArray *table_begin_row (const char *first);

/** table_end_row: @cells: (transfer full) (element-type utf8) */
void table_end_row (Table *self, GPtrArray *cells);

/**
 * PlotRow:
 * @label: (transfer none): what it is of
 * @value: in the plot's unit
 * @error: half the length of its bar; NaN: none
 */
typedef struct {
  const char *label;
  double value;
  double error;
} PlotRow;

/**
 * Plot:
 * @title: what is shown, with its unit
 * @rows: (element-type PlotRow)
 * @mark: value at which a line stands, NaN: none
 *
 * Values on one scale, a row each, with bars for their errors.
 */
typedef struct {
  const char *title;
  GArray *rows;
  double mark;
} Plot;

/** plot_to_svg: Returns: (transfer full): the drawing as an SVG element */
char *plot_to_svg (const Plot *plot);

/**
 * Writer:
 *
 * How a page is written. In texts, words between backquotes are code.
 */
typedef struct {
  void (*begin) (GString *page, const char *title);
  void (*heading) (GString *page, const char *text);
  void (*paragraph) (GString *page, const char *text);
  void (*table) (GString *page, const Table *table);
  void (*plot) (GString *page, const Plot *plot); /* NULL: no drawings */
  void (*end) (GString *page);
} Writer;

extern const Writer page_markdown;
extern const Writer page_html; /* one file that needs no other */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Table, table_free)
