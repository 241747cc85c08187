/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfoimagecache.h"

typedef struct {
  guint64 id;
  VInfoImage *image;
} Slot;

struct _GstVInfoImageCache {
  guint64 max_bytes;
  guint64 bytes;
  GArray *slots;     /* of Slot */
  GHashTable *index; /* guint64 * (of the slot's id, owned) → position + 1 */
  GRand *random;
};

static guint64
image_bytes (const VInfoImage *image)
{
  return (guint64)vinfo_image_get_width (image) * vinfo_image_get_height (image)
         * 3;
}

GstVInfoImageCache *
gst_vinfo_image_cache_new (guint64 max_bytes)
{
  GstVInfoImageCache *cache = g_new0 (GstVInfoImageCache, 1);

  cache->max_bytes = max_bytes;
  cache->slots = g_array_new (FALSE, FALSE, sizeof (Slot));
  cache->index
      = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  cache->random = g_rand_new_with_seed (0);
  return cache;
}

void
gst_vinfo_image_cache_free (GstVInfoImageCache *cache)
{
  if (!cache)
    return;

  for (guint i = 0; i < cache->slots->len; i++)
    vinfo_image_unref (g_array_index (cache->slots, Slot, i).image);
  g_array_unref (cache->slots);
  g_hash_table_unref (cache->index);
  g_rand_free (cache->random);
  g_free (cache);
}

static void
place (GstVInfoImageCache *cache, guint64 id, guint position)
{
  g_hash_table_replace (cache->index, g_memdup2 (&id, sizeof id),
      GUINT_TO_POINTER (position + 1));
}

/* The last picture takes the slot of the dropped one. */
static void
drop (GstVInfoImageCache *cache, guint position)
{
  Slot dropped = g_array_index (cache->slots, Slot, position);

  g_hash_table_remove (cache->index, &dropped.id);
  g_array_remove_index_fast (cache->slots, position);
  if (position < cache->slots->len)
    place (cache, g_array_index (cache->slots, Slot, position).id, position);
  cache->bytes -= image_bytes (dropped.image);
  vinfo_image_unref (dropped.image);
}

static void
drop_by_chance (GstVInfoImageCache *cache)
{
  drop (cache,
      (guint)g_rand_int_range (cache->random, 0, (gint32)cache->slots->len));
}

static void
add (GstVInfoImageCache *cache, guint64 id, VInfoImage *image)
{
  Slot slot = { id, vinfo_image_ref (image) };

  while (cache->slots->len > 0
         && cache->bytes + image_bytes (image) > cache->max_bytes)
    drop_by_chance (cache);
  g_array_append_val (cache->slots, slot);
  place (cache, id, cache->slots->len - 1);
  cache->bytes += image_bytes (image);
}

VInfoImage *
gst_vinfo_image_cache_get (GstVInfoImageCache *cache, const VInfoSample *sample,
    const char *name, GError **error)
{
  guint found
      = GPOINTER_TO_UINT (g_hash_table_lookup (cache->index, &sample->id));
  VInfoImage *image;

  if (found > 0)
    return vinfo_image_ref (
        g_array_index (cache->slots, Slot, found - 1).image);

  image = vinfo_image_decode (sample->blob, name, error);
  if (image && image_bytes (image) <= cache->max_bytes)
    add (cache, sample->id, image);
  return image;
}

guint
gst_vinfo_image_cache_get_size (const GstVInfoImageCache *cache)
{
  return cache->slots->len;
}

static GHashTable *
set_of_ids (GPtrArray *samples)
{
  GHashTable *ids = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = 0; i < samples->len; i++)
    g_hash_table_add (ids, &((VInfoSample *)samples->pdata[i])->id);
  return ids;
}

void
gst_vinfo_image_cache_retain (GstVInfoImageCache *cache, GPtrArray *samples)
{
  g_autoptr (GHashTable) ids = set_of_ids (samples);

  for (guint i = cache->slots->len; i > 0; i--)
    if (!g_hash_table_contains (
            ids, &g_array_index (cache->slots, Slot, i - 1).id))
      drop (cache, i - 1);
}
