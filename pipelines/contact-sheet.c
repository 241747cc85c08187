/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The kept frames at one look: what stays longest first, each with its time or
 * file, its score, its id and, as a bar, the score's quantile among the panel's.
 */
#include "contact-sheet.h"

#include <math.h>

#include <cairo.h>
#include <gst/gst.h>

#include "input.h"
#include "units.h"

/* Pixels. */
#define CELL_WIDTH 176
#define PICTURE_HEIGHT 99
#define LINE_HEIGHT 14
#define MARGIN 8
#define BAR_HEIGHT 3
#define CELL_HEIGHT (PICTURE_HEIGHT + BAR_HEIGHT + 3 * LINE_HEIGHT + 6)
#define FONT_SIZE 11

#define MIN_COLUMNS 4
#define MAX_CELLS 512

typedef struct {
  VInfoStore *store;
  GPtrArray *inputs;
  const char *score;
  char **heading;     /* its lines */
  GPtrArray *samples; /* without blobs, in order */
  guint n_cells;
  guint columns;
  gboolean name_feeds;
  cairo_t *cr;
} ContactSheet;

static guint
height_of_heading (const ContactSheet *self)
{
  return g_strv_length (self->heading) * LINE_HEIGHT + MARGIN;
}

static gint
compare_priority (gconstpointer a, gconstpointer b)
{
  const VInfoSample *left = *(VInfoSample *const *)a;
  const VInfoSample *right = *(VInfoSample *const *)b;

  if (left->spare != right->spare)
    return left->spare ? 1 : -1;
  return left->key < right->key ? -1 : left->key > right->key;
}

static gboolean
come_from_several (GPtrArray *samples)
{
  const VInfoSample *first = samples->len > 0 ? samples->pdata[0] : NULL;

  for (guint i = 1; i < samples->len; i++) {
    const VInfoSample *sample = samples->pdata[i];

    if (!g_str_equal (sample->feed, first->feed)
        || !g_str_equal (sample->source, first->source))
      return TRUE;
  }
  return FALSE;
}

static void
draw_text (cairo_t *cr, double x, double y, double width, const char *text)
{
  cairo_save (cr);
  cairo_rectangle (cr, x, y - LINE_HEIGHT, width, 1.5 * LINE_HEIGHT);
  cairo_clip (cr);
  cairo_move_to (cr, x, y);
  cairo_show_text (cr, text);
  cairo_restore (cr);
}

/* Cairo's pixels are native-endian words. */
static cairo_surface_t *
surface_of_image (VInfoImage *image)
{
  guint width = vinfo_image_get_width (image);
  guint height = vinfo_image_get_height (image);
  const guint8 *rgb = vinfo_image_get_pixels (image);
  cairo_surface_t *surface
      = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  guint8 *data = cairo_image_surface_get_data (surface);
  gint stride = cairo_image_surface_get_stride (surface);

  if (!data)
    return surface;
  cairo_surface_flush (surface);
  for (guint y = 0; y < height; y++) {
    guint32 *row = (guint32 *)(data + y * (gsize)stride);

    for (guint x = 0; x < width; x++, rgb += 3)
      row[x] = (guint32)rgb[0] << 16 | (guint32)rgb[1] << 8 | rgb[2];
  }
  cairo_surface_mark_dirty (surface);
  return surface;
}

/* Scales the frame into its cell, aspect kept. */
static void
draw_picture (cairo_t *cr, double x, double y, VInfoImage *image)
{
  double scale = fmin ((double)CELL_WIDTH / vinfo_image_get_width (image),
      (double)PICTURE_HEIGHT / vinfo_image_get_height (image));
  guint width = MAX (1, (guint)(vinfo_image_get_width (image) * scale));
  guint height = MAX (1, (guint)(vinfo_image_get_height (image) * scale));
  g_autoptr (VInfoImage) small
      = vinfo_image_resize (image, 0, 0, 0, 0, width, height);
  cairo_surface_t *surface = surface_of_image (small);

  cairo_set_source_surface (cr, surface, floor (x + (CELL_WIDTH - width) / 2),
      floor (y + (PICTURE_HEIGHT - height) / 2));
  cairo_paint (cr);
  cairo_surface_destroy (surface);
}

/* In the place of a picture that can't be decoded. */
static void
draw_damage (cairo_t *cr, double x, double y)
{
  cairo_set_source_rgb (cr, 0.4, 0, 0);
  cairo_rectangle (cr, x, y, CELL_WIDTH, PICTURE_HEIGHT);
  cairo_fill (cr);
  cairo_set_source_rgb (cr, 0.95, 0.95, 0.95);
  draw_text (cr, x + MARGIN, y + PICTURE_HEIGHT / 2, CELL_WIDTH - 2 * MARGIN,
      "cannot be decoded");
}

static void
draw_quantile (cairo_t *cr, double x, double y, double quantile)
{
  cairo_set_source_rgb (cr, 0.25, 0.25, 0.25);
  cairo_rectangle (cr, x, y, CELL_WIDTH, BAR_HEIGHT);
  cairo_fill (cr);
  cairo_set_source_rgb (cr, 0.95, 0.65, 0.15);
  cairo_rectangle (cr, x, y, CELL_WIDTH * CLAMP (quantile, 0, 1), BAR_HEIGHT);
  cairo_fill (cr);
}

static char *
format_time (guint64 pts)
{
  guint64 tenths = pts / (GST_SECOND / 10);

  if (!GST_CLOCK_TIME_IS_VALID (pts))
    return g_strdup ("-:--");
  return g_strdup_printf ("%" G_GUINT64_FORMAT ":%02u.%u", tenths / 600,
      (guint)(tenths / 10 % 60), (guint)(tenths % 10));
}

static char *
describe_place (const ContactSheet *self, const VInfoSample *sample)
{
  const char *picture = input_find_picture (
      self->inputs, sample->source, sample->pts, sample->wall_time);
  g_autofree char *time = format_time (sample->pts);
  g_autofree char *name = NULL;
  g_autofree char *plain = NULL;

  if (picture)
    return g_filename_display_basename (picture);
  if (!self->name_feeds)
    return g_steal_pointer (&time);
  plain = g_uri_unescape_string (sample->source, NULL);
  name = g_path_get_basename (plain ? plain : sample->source);
  return g_strdup_printf (
      "%s  %s", time, *sample->source ? name : sample->feed);
}

/* The reservoir takes it for half where it isn't known, as before a panel. */
static gboolean
has_quantile (const VInfoSample *sample)
{
  return isfinite (sample->score.value) && isfinite (sample->score.pvi);
}

/* Before there is a panel or a reference only the loss is known. */
static char *
describe_score (const ContactSheet *self, const VInfoSample *sample)
{
  const char *tag = sample->spare     ? "  spare"
                    : sample->uniform ? "  uniform"
                                      : "";

  if (isnan (sample->score.value))
    return g_strdup_printf ("loss %.4f%s", sample->score.loss, tag);
  if (!has_quantile (sample))
    return g_strdup_printf ("%s %.4f%s", self->score, sample->score.value, tag);
  return g_strdup_printf ("%s %.4f  q %.2f%s", self->score, sample->score.value,
      sample->score.quantile, tag);
}

static gboolean
draw_cell (const ContactSheet *self, guint number, GError **error)
{
  const VInfoSample *entry = self->samples->pdata[number];
  double x = MARGIN + number % self->columns * (CELL_WIDTH + MARGIN);
  double y = height_of_heading (self) + MARGIN
             + number / self->columns * (CELL_HEIGHT + MARGIN);
  g_autoptr (VInfoSample) sample
      = vinfo_store_get (self->store, entry->id, error);
  g_autoptr (VInfoImage) image = NULL;
  g_autofree char *place = NULL;
  g_autofree char *score = NULL;
  g_autofree char *id = NULL;

  if (!sample)
    return FALSE;
  image = vinfo_image_decode (
      sample->blob, vinfo_store_get_location (self->store), NULL);
  place = describe_place (self, sample);
  score = describe_score (self, sample);
  id = g_strdup_printf ("id %" VINFO_ID_FORMAT, sample->id);

  if (image)
    draw_picture (self->cr, x, y, image);
  else
    draw_damage (self->cr, x, y);
  if (has_quantile (sample))
    draw_quantile (self->cr, x, y + PICTURE_HEIGHT, sample->score.quantile);
  cairo_set_source_rgb (self->cr, 0.95, 0.95, 0.95);
  y += PICTURE_HEIGHT + BAR_HEIGHT + LINE_HEIGHT;
  draw_text (self->cr, x, y, CELL_WIDTH, place);
  cairo_set_source_rgb (self->cr, 0.7, 0.7, 0.7);
  draw_text (self->cr, x, y + LINE_HEIGHT, CELL_WIDTH, score);
  cairo_set_source_rgb (self->cr, 0.45, 0.45, 0.45);
  draw_text (self->cr, x, y + 2 * LINE_HEIGHT, CELL_WIDTH, id);
  return TRUE;
}

char *
contact_sheet_describe (GPtrArray *samples)
{
  guint n_uniform = 0, n_spare = 0;
  g_autofree char *size = NULL;
  guint64 bytes = 0;

  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *sample = samples->pdata[i];

    n_uniform += sample->uniform;
    n_spare += sample->spare;
    bytes += sample->blob_size;
  }
  size = units_of_bytes (bytes);
  return g_strdup_printf ("%u kept (%s), %u of them uniform (a plain "
                          "sample of the stream), %u spare (near-duplicates, "
                          "the first to go)",
      samples->len, size, n_uniform, n_spare);
}

static const char *
meaning_of_score (const char *score)
{
  static const char *const meanings[][2] = {
    { "gain",
        "gain: how much of its error a better-informed model takes away" },
    { "pvi",
        "pvi: how much better the model predicts it than the mean picture" },
    { "loss", "loss: the model's own error" },
    { "loss-easy", "loss-easy: the model's own error, negative" },
    { "region", "region: the model's error where it is largest" },
    { "random", "random: a number by chance" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (meanings); i++)
    if (g_str_equal (score, meanings[i][0]))
      return meanings[i][1];
  return score;
}

static char *
explain_order (const char *policy)
{
  if (g_str_equal (policy, "vinfo"))
    return g_strdup (
        "In the order of a weighted draw, not of scores: the smallest E = "
        "-log u / w first, u by chance, w growing with q");
  return g_strdup_printf (
      "In the order in which policy %s holds on to them", policy);
}

char *
contact_sheet_explain (const char *score, const char *policy)
{
  const char *fallback = g_str_equal (score, "loss")
                             ? ""
                             : "; where it isn't known, loss: its own error";

  g_autofree char *order = explain_order (policy);

  return g_strdup_printf (
      "%s; spares last.\n"
      "Under each: its time in the film (min:s) or its file, its score, its id "
      "as in exports and for vinfo delete.\n"
      "%s%s.\n"
      "q and the bar: the share of the panel, frames never trained on, that "
      "scores lower; none where it isn't known.\n"
      "Near-duplicates: thumbnails (16x16) within 2.5 grey levels, or "
      "embeddings nearer than of frames that look different.",
      order, meaning_of_score (score), fallback);
}

/* Returns: (transfer full): its lines */
static char **
compose_heading (
    GPtrArray *samples, const char *score, const char *policy, const char *note)
{
  g_autofree char *counts = contact_sheet_describe (samples);
  g_autofree char *legend = contact_sheet_explain (score, policy);
  g_autofree char *text
      = g_strjoin ("\n", counts, legend, note /* or the end */, NULL);

  return g_strsplit (text, "\n", -1);
}

static void
draw_heading (const ContactSheet *self)
{
  cairo_set_source_rgb (self->cr, 1, 1, 1);
  for (guint i = 0; self->heading[i]; i++) {
    cairo_move_to (self->cr, MARGIN, (i + 1) * LINE_HEIGHT + MARGIN / 2);
    cairo_show_text (self->cr, self->heading[i]);
  }
}

static gboolean
draw (const ContactSheet *self, GError **error)
{
  cairo_set_source_rgb (self->cr, 0.1, 0.1, 0.1);
  cairo_paint (self->cr);
  cairo_select_font_face (self->cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
      CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size (self->cr, FONT_SIZE);
  draw_heading (self);
  for (guint i = 0; i < self->n_cells; i++)
    if (!draw_cell (self, i, error))
      return FALSE;
  return TRUE;
}

static cairo_surface_t *
create_surface (const ContactSheet *self)
{
  guint rows = (self->n_cells + self->columns - 1) / self->columns;

  return cairo_image_surface_create (CAIRO_FORMAT_RGB24,
      MARGIN + self->columns * (CELL_WIDTH + MARGIN),
      height_of_heading (self) + MARGIN + rows * (CELL_HEIGHT + MARGIN));
}

static cairo_status_t
append (void *bytes, const unsigned char *data, unsigned int length)
{
  g_byte_array_append (bytes, data, length);
  return CAIRO_STATUS_SUCCESS;
}

/* At once: an earlier sheet stays until this one is there as a whole. */
static gboolean
write_png (cairo_surface_t *surface, const char *file, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  cairo_status_t status
      = cairo_surface_write_to_png_stream (surface, append, bytes);

  if (status == CAIRO_STATUS_SUCCESS) {
    if (g_file_set_contents (
            file, (const char *)bytes->data, bytes->len, error))
      return TRUE;
    g_prefix_error (error, "%s: ", file);
    return FALSE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: cannot be drawn: %s",
      file, cairo_status_to_string (status));
  return FALSE;
}

gboolean
contact_sheet_write (VInfoStore *store, GPtrArray *inputs, const char *score,
    const char *policy, const char *note, const char *file, GError **error)
{
  g_autoptr (GPtrArray) samples = vinfo_store_list (store, error);
  ContactSheet self = {
    .store = store, .inputs = inputs, .score = score, .samples = samples
  };
  cairo_surface_t *surface;
  gboolean done;

  if (!samples)
    return FALSE;
  g_ptr_array_sort (samples, compare_priority);
  self.n_cells = MIN (samples->len, MAX_CELLS);
  self.columns = MAX (MIN_COLUMNS, (guint)ceil (sqrt (self.n_cells)));
  self.name_feeds = come_from_several (samples);
  self.heading = compose_heading (samples, score, policy, note);

  surface = create_surface (&self);
  self.cr = cairo_create (surface);
  done = draw (&self, error) && write_png (surface, file, error);
  g_strfreev (self.heading);
  cairo_destroy (self.cr);
  cairo_surface_destroy (surface);
  return done;
}
