/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/predictor-file-private.h"

#include <math.h>
#include <string.h>

#include "mae/checkpoint-private.h"
#include "mae/mapped-file-private.h"
#include "mae/safetensors-private.h"

/* visible_mask, mu, centre; the panel's ids, pixels and scores; heads, their
 * blends and recalibration; out-of-distribution statistics */
#define MAX_ENTRIES                                                            \
  (3 + 2 + VINFO_N_SCORE_KINDS + HEADS_N_PARTS + 2 + OOD_MAX_ENTRIES)

PredictorFile *
predictor_file_new (
    const VInfoMaeConfig *config, guint n_masks, guint panel_size, guint64 seed)
{
  PredictorFile *file = g_new0 (PredictorFile, 1);

  file->n_masks = n_masks;
  file->masks = masks_new (config, seed);
  file->panel = panel_new (panel_size, config->image_size, seed);
  return file;
}

void
predictor_file_free (PredictorFile *file)
{
  if (!file)
    return;
  masks_unref (file->masks);
  g_clear_pointer (&file->mu, g_bytes_unref);
  panel_free (file->panel);
  g_clear_pointer (&file->heads, heads_unref);
  g_clear_pointer (&file->ood, ood_unref);
  g_free (file);
}

static gboolean
read_number (const Safetensors *in, const char *path, const char *key,
    guint64 *value, GError **error)
{
  const char *text = safetensors_metadata (in, key);

  if (text
      && g_ascii_string_to_unsigned (
          text, 10, 0, CHECKPOINT_MAX_COUNT, value, NULL))
    return TRUE;
  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
      "%s: metadata %s: missing, no number or too large", path, key);
  return FALSE;
}

static gboolean
read_masks (PredictorFile *file, const Safetensors *in, const char *path,
    const VInfoMaeConfig *config, GError **error)
{
  const gsize n_patches = mae_n_patches (config);
  const SafetensorsEntry *assignment = safetensors_expect (
      in, "visible_mask", SAFETENSORS_I64, 1, &n_patches, error);
  g_autofree gint64 *aligned = NULL;
  guint64 n_masks = 0;

  if (!assignment || !read_number (in, path, "masks", &n_masks, error))
    return FALSE;
  aligned = g_memdup2 (assignment->data, n_patches * sizeof (gint64));
  file->masks = masks_new_from_assignment (config, aligned);
  if (!file->masks || n_masks < 1 || n_masks > file->masks->n_groups) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH,
        "%s: visible_mask: no assignment of complementary masks", path);
    return FALSE;
  }
  file->n_masks = (guint)n_masks;
  return TRUE;
}

static gboolean
check_panel (
    const PredictorFile *file, const char *path, gsize n, GError **error)
{
  const char *problem = NULL;

  if (n > G_MAXUINT16)
    problem = "too many frames for a panel";
  else if (n > file->panel->seen)
    problem = "more frames than were seen";
  if (problem)
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
        "%s: panel.ids: %s: %" G_GSIZE_FORMAT, path, problem, n);
  return !problem;
}

static void
restore_panel (
    Panel *panel, const guint8 *ids, const guint8 *pixels, gsize n, guint side)
{
  gsize frame = (gsize)side * side * 3;

  for (gsize i = 0; i < n; i++) {
    g_autoptr (VInfoImage) square
        = vinfo_image_new_from_data (side, side, side * 3, pixels + i * frame);
    gint64 id;

    memcpy (&id, ids + i * sizeof id, sizeof id);
    panel_restore (panel, (guint64)id, square);
  }
}

static gboolean
read_panel (PredictorFile *file, const Safetensors *in, const char *path,
    const VInfoMaeConfig *config, GError **error)
{
  const SafetensorsEntry *ids = safetensors_find (in, "panel.ids"), *pixels;
  gsize side = config->image_size;
  gsize shape[]
      = { ids && ids->n_dims == 1 ? ids->shape[0] : 0, side, side, 3 };

  ids = safetensors_expect (in, "panel.ids", SAFETENSORS_I64, 1, shape, error);
  pixels = ids ? safetensors_expect (
               in, "panel.pixels", SAFETENSORS_U8, 4, shape, error)
               : NULL;
  if (!pixels || !read_number (in, path, "seen", &file->panel->seen, error)
      || !check_panel (file, path, shape[0], error))
    return FALSE;
  restore_panel (file->panel, ids->data, pixels->data, shape[0], (guint)side);
  return TRUE;
}

static gboolean
read_mu (PredictorFile *file, const Safetensors *in, const char *path,
    const VInfoMaeConfig *config, GError **error)
{
  gsize shape[] = { mae_n_patches (config), mae_patch_dim (config) };
  gsize n = shape[0] * shape[1];
  g_autofree float *mu = NULL;

  if (!safetensors_find (in, "mu"))
    return TRUE;
  if (file->panel->frames->len == 0) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
        "%s: mu: there is no panel that it is the mean of", path);
    return FALSE;
  }
  mu = g_new (float, n);
  if (!safetensors_expect (in, "mu", SAFETENSORS_F32, 2, shape, error)
      || !safetensors_read_floats (in, "mu", mu, n, error))
    return FALSE;
  for (gsize i = 0; i < n; i++) {
    if (!isfinite (mu[i])) {
      g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NON_FINITE,
          "%s: mu: not finite", path);
      return FALSE;
    }
  }
  file->mu = g_bytes_new_take (g_steal_pointer (&mu), n * sizeof (float));
  return TRUE;
}

static gboolean
has_any_head (const Safetensors *in, const HeadsPart parts[HEADS_N_PARTS])
{
  for (guint i = 0; i < HEADS_N_PARTS; i++)
    if (safetensors_find (in, parts[i].name))
      return TRUE;
  return FALSE;
}

/* All of the learnt estimators, or none. */
static gboolean
read_heads (PredictorFile *file, const Safetensors *in, const char *path,
    const VInfoMaeConfig *config, GError **error)
{
  g_autoptr (Heads) heads = heads_new (config);
  HeadsPart parts[HEADS_N_PARTS];

  heads_describe (heads, parts);
  if (!has_any_head (in, parts))
    return TRUE;
  for (guint i = 0; i < HEADS_N_PARTS; i++) {
    gsize n = parts[i].shape[0] * parts[i].shape[1];
    float *values = heads->parameters + parts[i].offset;

    if (!safetensors_expect (in, parts[i].name, SAFETENSORS_F32,
            parts[i].n_dims, parts[i].shape, error)
        || !safetensors_read_floats (in, parts[i].name, values, n, error))
      return FALSE;
    for (gsize j = 0; j < n; j++) {
      if (!isfinite (values[j])) {
        g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NON_FINITE,
            "%s: %s: not finite", path, parts[i].name);
        return FALSE;
      }
    }
  }
  file->heads = g_steal_pointer (&heads);
  return TRUE;
}

gboolean
predictor_file_read (const char *directory, const VInfoMaeConfig *config,
    guint panel_size, guint64 seed, PredictorFile **file, GError **error)
{
  g_autofree char *path
      = g_build_filename (directory, PREDICTOR_FILE_NAME, NULL);
  g_autoptr (PredictorFile) new_file = NULL;
  g_autoptr (Safetensors) in = NULL;

  if (mae_file_is_absent (path))
    return TRUE;
  in = safetensors_open (path, error);
  if (!in)
    return FALSE;
  new_file = g_new0 (PredictorFile, 1);
  new_file->panel = panel_new (panel_size, config->image_size, seed);
  if (!read_number (in, path, "version", &new_file->version, error)
      || !read_masks (new_file, in, path, config, error)
      || !read_panel (new_file, in, path, config, error)
      || !read_mu (new_file, in, path, config, error)
      || !read_heads (new_file, in, path, config, error)
      || !ood_read (in, path, config->hidden_size, &new_file->ood, error))
    return FALSE;
  *file = g_steal_pointer (&new_file);
  return TRUE;
}

/* The entries of a file that is about to be written, with what they point to. */
typedef struct {
  SafetensorsEntry entries[MAX_ENTRIES];
  guint n;
  GPtrArray *owned; /* of char * and buffers */
} Sheet;

static void
sheet_add (Sheet *sheet, const char *name, SafetensorsDtype dtype,
    const void *data, guint n_dims, const gsize *shape)
{
  SafetensorsEntry *entry = &sheet->entries[sheet->n++];

  g_assert (sheet->n <= MAX_ENTRIES);
  *entry = (SafetensorsEntry){
    .name = name, .dtype = dtype, .n_dims = n_dims, .data = data
  };
  memcpy (entry->shape, shape, n_dims * sizeof *shape);
}

static gpointer
sheet_own (Sheet *sheet, gpointer data)
{
  g_ptr_array_add (sheet->owned, data);
  return data;
}

static void
add_panel (Sheet *sheet, const VInfoSnapshot *snapshot, const Panel *panel)
{
  guint n = panel->frames->len, side = panel->side;
  gsize frame = (gsize)side * side * 3;
  gint64 *ids = sheet_own (sheet, g_new (gint64, MAX (n, 1)));
  guint8 *pixels = sheet_own (sheet, g_malloc (MAX (n * frame, 1)));
  GEnumClass *kinds = g_type_class_ref (VINFO_TYPE_SCORE_KIND);

  for (guint i = 0; i < n; i++) {
    const PanelFrame *f = &g_array_index (panel->frames, PanelFrame, i);

    ids[i] = (gint64)f->id;
    memcpy (pixels + i * frame, vinfo_image_get_pixels (f->image), frame);
  }
  sheet_add (sheet, "panel.ids", SAFETENSORS_I64, ids, 1, (gsize[]){ n });
  sheet_add (sheet, "panel.pixels", SAFETENSORS_U8, pixels, 4,
      (gsize[]){ n, side, side, 3 });

  for (guint k = 0; k < VINFO_N_SCORE_KINDS; k++) {
    if (snapshot->quantiles[k] && k != VINFO_SCORE_RANDOM)
      sheet_add (sheet,
          sheet_own (sheet, g_strdup_printf ("panel.scores.%s",
                                g_enum_get_value (kinds, k)->value_nick)),
          SAFETENSORS_F32, snapshot->quantiles[k], 1,
          (gsize[]){ snapshot->panel_size });
  }
  g_type_class_unref (kinds);
}

static void
add_heads (Sheet *sheet, const Heads *heads)
{
  HeadsPart parts[HEADS_N_PARTS];

  heads_describe (heads, parts);
  for (guint i = 0; i < HEADS_N_PARTS; i++)
    sheet_add (sheet, parts[i].name, SAFETENSORS_F32,
        heads->parameters + parts[i].offset, parts[i].n_dims, parts[i].shape);
}

/* a, b and c of the null, then of the conditional. */
static void
add_blends (Sheet *sheet, const Learned *learned)
{
  const Blend blends[] = { learned->null, learned->conditional };
  double *values = sheet_own (sheet, g_new (double, 6));

  for (guint i = 0; i < G_N_ELEMENTS (blends); i++) {
    values[3 * i] = blends[i].a;
    values[3 * i + 1] = blends[i].b;
    values[3 * i + 2] = blends[i].c;
  }
  sheet_add (sheet, "learned.blends", SAFETENSORS_F64, values, 2,
      (gsize[]){ G_N_ELEMENTS (blends), 3 });
}

/* Where its knots are, then the logarithms of their factors. */
static void
add_recalibration (Sheet *sheet, const Recalibration *recalibration)
{
  guint n = recalibration->n;
  double *values = sheet_own (sheet, g_new (double, 2 * n));

  memcpy (values, recalibration->at, n * sizeof *values);
  memcpy (values + n, recalibration->factor, n * sizeof *values);
  sheet_add (sheet, "learned.recalibration", SAFETENSORS_F64, values, 2,
      (gsize[]){ 2, n });
}

static char *
number (Sheet *sheet, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  return sheet_own (
      sheet, g_strdup (g_ascii_dtostr (text, sizeof text, value)));
}

gboolean
predictor_file_write (const char *directory, const VInfoSnapshot *snapshot,
    const Heads *heads, const Panel *panel, GError **error)
{
  g_autofree char *path
      = g_build_filename (directory, PREDICTOR_FILE_NAME, NULL);
  const VInfoMaeConfig *config = vinfo_mae_get_config (snapshot->live);
  gsize n_patches = mae_n_patches (config), dim = mae_patch_dim (config);
  Sheet sheet = { .owned = g_ptr_array_new_with_free_func (g_free) };
  gint64 *assignment = sheet_own (&sheet, g_new (gint64, n_patches));
  const char *metadata[] = { "version",
    sheet_own (
        &sheet, g_strdup_printf ("%" G_GUINT64_FORMAT, snapshot->version)),
    "masks", sheet_own (&sheet, g_strdup_printf ("%u", snapshot->n_masks)),
    "seen",
    sheet_own (&sheet, g_strdup_printf ("%" G_GUINT64_FORMAT, panel->seen)),
    "alpha", number (&sheet, snapshot->live_side.alpha), "sigma2",
    number (&sheet, snapshot->live_side.sigma2), "s2",
    number (&sheet, snapshot->s2), "duplicate_cosine",
    number (&sheet, snapshot->duplicate_cosine),
    snapshot->ood ? OOD_SIZE_KEY : NULL,
    sheet_own (
        &sheet, g_strdup_printf ("%u", vinfo_snapshot_get_ood_size (snapshot))),
    NULL };
  gboolean ok;

  for (gsize p = 0; p < n_patches; p++)
    assignment[p] = snapshot->masks->visible_mask[p];
  sheet_add (&sheet, "visible_mask", SAFETENSORS_I64, assignment, 1,
      (gsize[]){ n_patches });
  if (snapshot->mu) {
    sheet_add (&sheet, "mu", SAFETENSORS_F32,
        g_bytes_get_data (snapshot->mu, NULL), 2, (gsize[]){ n_patches, dim });
    sheet_add (&sheet, "centre", SAFETENSORS_F32, snapshot->centre, 1,
        (gsize[]){ config->hidden_size });
  }
  add_panel (&sheet, snapshot, panel);
  if (heads)
    add_heads (&sheet, heads);
  if (snapshot->learned)
    add_blends (&sheet, snapshot->learned);
  if (snapshot->learned && snapshot->learned->recalibration.n > 0)
    add_recalibration (&sheet, &snapshot->learned->recalibration);
  if (snapshot->ood)
    sheet.n += ood_describe (snapshot->ood, sheet.entries + sheet.n);
  ok = safetensors_write (path, sheet.entries, sheet.n, metadata, error);
  g_ptr_array_unref (sheet.owned);
  return ok;
}
