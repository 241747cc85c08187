/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What it takes to keep a frame of 224×224: encoding it, putting it into a store
 * on disk, 32 to a commit as vinforeservoir does, and both, one after the other
 * as in its one thread; and where each takes the place of another in a store that
 * is full. JSON lines. */
#include "bench.h"

#include <glib/gstdio.h>

#include "store/vinfo-store.h"

#define N_FRAMES 32
#define N_ADMISSIONS 2048
#define CAPACITY 512 /* of a store that is full */
#define ROUNDS 5
#define EMBEDDING_SIZE 192 /* of a tiny encoder */

typedef struct {
  VInfoImage *images[N_FRAMES];
  GBytes *blobs[N_FRAMES];
  VInfoImageCodec codec;
} Frames;

static void
encode_one (Frames *f, guint i)
{
  g_clear_pointer (&f->blobs[i], g_bytes_unref);
  f->blobs[i] = vinfo_image_encode (f->images[i], f->codec, 90, NULL);
  g_assert_nonnull (f->blobs[i]);
}

static void
encode (gpointer data)
{
  for (guint i = 0; i < N_FRAMES; i++)
    encode_one (data, i);
}

static VInfoSample *
sample_new (const Frames *f, guint64 id)
{
  VInfoSample *sample = vinfo_sample_new ();

  sample->id = id;
  sample->feed = g_strdup ("feed");
  sample->source = g_strdup ("file:///clip.mp4");
  sample->caps = g_strdup ("video/x-raw");
  sample->codec = f->codec;
  sample->blob = g_bytes_ref (f->blobs[id % N_FRAMES]);
  sample->blob_size = g_bytes_get_size (sample->blob);
  sample->width = sample->height = BENCH_SIDE;
  sample->u = sample->key = 0.5;
  sample->arrival = id;
  sample->embedding = g_new0 (gfloat, EMBEDDING_SIZE);
  sample->embedding_size = EMBEDDING_SIZE;
  return sample;
}

/* @encodes: each frame first, else what encode() left */
static gdouble
admit (Frames *f, VInfoStore *store, gboolean encodes, guint capacity)
{
  gdouble start = bench_seconds ();

  for (guint64 id = 1; id <= N_ADMISSIONS; id++) {
    g_autoptr (VInfoSample) sample = NULL;

    if (encodes)
      encode_one (f, id % N_FRAMES);
    sample = sample_new (f, id);
    g_assert_true (vinfo_store_put (store, sample, NULL));
    if (id > capacity)
      g_assert_true (vinfo_store_remove (store, id - capacity, NULL));
    if (id % 32 == 0)
      g_assert_true (vinfo_store_commit (store, NULL));
  }
  return bench_seconds () - start;
}

static void
run_admissions (Frames *f, const char *what, const char *codec,
    gboolean encodes, guint capacity)
{
  g_autofree gchar *folder = g_dir_make_tmp ("vinfo-bench-XXXXXX", NULL);
  g_autofree gchar *file = g_build_filename (folder, "store.vinfo", NULL);
  g_autofree gchar *name = g_strdup_printf ("%s-224-%s", what, codec);
  g_autoptr (VInfoStore) store = vinfo_store_open (file, NULL);

  g_assert_nonnull (store);
  bench_print (
      name, N_ADMISSIONS / admit (f, store, encodes, capacity), "frames/s");
  g_clear_object (&store);
  g_remove (file);
  g_rmdir (folder);
}

static void
run (Frames *f, VInfoImageCodec kind, const char *codec)
{
  g_autofree gchar *speed = g_strdup_printf ("encode-224-%s", codec);
  g_autofree gchar *size = g_strdup_printf ("frame-bytes-224-%s", codec);
  gsize bytes = 0;

  f->codec = kind;
  bench_print (speed,
      N_FRAMES / bench_fastest (bench_cpu_seconds, encode, f, ROUNDS),
      "frames/s");
  for (guint i = 0; i < N_FRAMES; i++)
    bytes += g_bytes_get_size (f->blobs[i]);
  bench_print (size, (gdouble)bytes / N_FRAMES, "bytes");
  run_admissions (f, "store-admit", codec, FALSE, N_ADMISSIONS);
  run_admissions (f, "store-keep", codec, TRUE, N_ADMISSIONS);
  run_admissions (f, "store-replace", codec, FALSE, CAPACITY);
}

int
main (void)
{
  Frames f = { { NULL } };

  for (guint i = 0; i < N_FRAMES; i++)
    f.images[i] = bench_frame_new (i);
  run (&f, VINFO_IMAGE_CODEC_PNG, "png");
  run (&f, VINFO_IMAGE_CODEC_MJPEG, "mjpeg");
  for (guint i = 0; i < N_FRAMES; i++) {
    vinfo_image_unref (f.images[i]);
    g_bytes_unref (f.blobs[i]);
  }
  return 0;
}
