/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/panel-pass-private.h"

#include "scene.h"

#define N 11

typedef struct {
  PanelView view;
  GPtrArray *images;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  VInfoMaeConfig config;
  gsize size;

  g_assert_true (vinfo_mae_config_named ("nano", &config, NULL));
  size = (gsize)mae_n_patches (&config) * mae_patch_dim (&config);
  f->view = (PanelView){ vinfo_mae_new (&config, 1), masks_new (&config, 1), 4,
    g_bytes_new_take (g_new0 (float, size), size * sizeof (float)), FALSE };
  f->images
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);
  for (guint i = 0; i < N; i++)
    g_ptr_array_add (f->images, scene_new (i, 32, 32));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  vinfo_mae_unref (f->view.mae);
  masks_unref (f->view.masks);
  g_bytes_unref (f->view.mu);
  g_ptr_array_unref (f->images);
}

static GPtrArray *
copy_images (GPtrArray *images)
{
  return g_ptr_array_copy (
      images, (GCopyFunc)(void (*) (void))vinfo_image_ref, NULL);
}

/* A panel that has grown: what is known of its full batches is taken over. */
static void
test_only_new_pictures_go_through_the_model (Fixture *f, gconstpointer data)
{
  g_autoptr (PanelPass) first = panel_pass_new (&f->view, f->images, NULL);
  g_autoptr (GPtrArray) later = copy_images (f->images);
  g_autoptr (PanelPass) quick = NULL;

  g_ptr_array_add (later, scene_new (100, 32, 32));
  for (guint i = 0; i < N; i++)
    first->errors[i].loss = -1; /* tells where a row is from */
  quick = panel_pass_new (&f->view, later, first);
  for (guint i = 0; i < N + 1; i++)
    if (i < EVALUATOR_MAX_FRAMES)
      g_assert_cmpfloat (quick->errors[i].loss, ==, -1);
    else
      g_assert_cmpfloat (quick->errors[i].loss, >, 0);
}

static void
test_what_is_known_changes_no_bit (Fixture *f, gconstpointer data)
{
  guint width = vinfo_mae_get_config (f->view.mae)->hidden_size;
  g_autoptr (PanelPass) first = panel_pass_new (&f->view, f->images, NULL);
  g_autoptr (GPtrArray) later = copy_images (f->images);
  g_autoptr (PanelPass) whole = NULL;
  g_autoptr (PanelPass) quick = NULL;

  for (guint i = 0; i < 2; i++) {
    g_ptr_array_remove_index (later, 9);
    g_ptr_array_add (later, scene_new (100 + i, 32, 32));
    g_ptr_array_add (later, scene_new (200 + i, 32, 32));
  }
  whole = panel_pass_new (&f->view, later, NULL);
  quick = panel_pass_new (&f->view, later, first);
  g_assert_cmpmem (whole->errors, later->len * sizeof *whole->errors,
      quick->errors, later->len * sizeof *whole->errors);
  g_assert_cmpmem (whole->embeddings, later->len * width * sizeof (float),
      quick->embeddings, later->len * width * sizeof (float));
}

static void
test_another_view_is_another (Fixture *f, gconstpointer data)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (f->view.mae);
  g_autoptr (VInfoMae) mae = vinfo_mae_new (config, 2);
  g_autoptr (Heads) heads = heads_new (config);
  Masks *masks = masks_new (config, 2);
  g_autoptr (GBytes) mu = g_bytes_new (NULL, 0);
  PanelView others[6];

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    others[i] = f->view;
  g_assert_true (panel_view_covers (&f->view, &others[0]));
  others[0].mae = mae;
  others[1].masks = masks;
  others[2].n_masks = 1;
  others[3].mu = mu;
  others[4].want_self = TRUE;
  others[5].heads = heads;
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (panel_view_covers (&f->view, &others[i]));
  masks_unref (masks);
}

#define ADD(name, test)                                                        \
  g_test_add ("/panel-pass/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("only-new-pictures-go-through-the-model",
      test_only_new_pictures_go_through_the_model);
  ADD ("what-is-known-changes-no-bit", test_what_is_known_changes_no_bit);
  ADD ("another-view-is-another", test_another_view_is_another);
  return g_test_run ();
}
