/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfoserver.h"

#define MAX_RECENT 64
#define RECENT_PERIOD 4 /* of GST_VINFO_ORDER_MIX: every fourth is a newest */
#define ENDLESS G_MAXUINT

struct _GstVInfoServer {
  VInfoStore *store;
  GstVInfoOrder order;
  GRand *random;

  GArray *pass; /* of guint64: the ids of the running pass */
  guint position;
  guint passes_left;
  guint turn;
  gboolean tried, used; /* of the running pass: one was read, and taken */
  gboolean failed;      /* the last pass could not begin */

  GMutex lock;               /* protects the following */
  VInfoReservoir *reservoir; /* NULL: the store is listed */
  GQueue recent; /* of guint64 *: admitted, not served yet, newest first */
};

GstVInfoServer *
gst_vinfo_server_new (VInfoReservoir *reservoir, VInfoStore *store,
    GstVInfoOrder order, guint64 seed)
{
  GstVInfoServer *server = g_new0 (GstVInfoServer, 1);
  guint32 words[] = { (guint32)seed, (guint32)(seed >> 32) };

  server->reservoir = reservoir ? g_object_ref (reservoir) : NULL;
  server->store = g_object_ref (store);
  server->order = order;
  server->random = g_rand_new_with_seed_array (words, G_N_ELEMENTS (words));
  server->pass = g_array_new (FALSE, FALSE, sizeof (guint64));
  server->passes_left = ENDLESS;
  g_mutex_init (&server->lock);
  g_queue_init (&server->recent);

  return server;
}

void
gst_vinfo_server_free (GstVInfoServer *server)
{
  if (!server)
    return;

  g_queue_clear_full (&server->recent, g_free);
  g_mutex_clear (&server->lock);
  g_array_unref (server->pass);
  g_rand_free (server->random);
  g_object_unref (server->store);
  g_clear_object (&server->reservoir);
  g_free (server);
}

void
gst_vinfo_server_set_reservoir (
    GstVInfoServer *server, VInfoReservoir *reservoir)
{
  g_mutex_lock (&server->lock);
  g_set_object (&server->reservoir, reservoir);
  g_mutex_unlock (&server->lock);
}

static GPtrArray *
list (GstVInfoServer *server, GError **error)
{
  g_autoptr (VInfoReservoir) reservoir = NULL;

  g_mutex_lock (&server->lock);
  g_set_object (&reservoir, server->reservoir);
  g_mutex_unlock (&server->lock);

  return reservoir ? vinfo_reservoir_list (reservoir)
                   : vinfo_store_list (server->store, error);
}

void
gst_vinfo_server_note_admission (GstVInfoServer *server, guint64 id)
{
  if (server->order != GST_VINFO_ORDER_MIX)
    return;

  g_mutex_lock (&server->lock);
  g_queue_push_head (&server->recent, g_memdup2 (&id, sizeof id));
  if (server->recent.length > MAX_RECENT)
    g_free (g_queue_pop_tail (&server->recent));
  g_mutex_unlock (&server->lock);
}

static gboolean
pop_recent (GstVInfoServer *server, guint64 *id)
{
  g_autofree guint64 *newest = NULL;

  g_mutex_lock (&server->lock);
  newest = g_queue_pop_head (&server->recent);
  g_mutex_unlock (&server->lock);
  if (newest)
    *id = *newest;

  return newest != NULL;
}

/* FALSE: no pass is left, nothing is kept, or (@error) the store failed. */
static gboolean
begin_pass (GstVInfoServer *server, GError **error)
{
  g_autoptr (GPtrArray) samples = NULL;

  if (server->passes_left == 0)
    return FALSE;
  if (server->passes_left != ENDLESS)
    server->passes_left--;

  samples = list (server, error);
  server->failed = samples == NULL;
  if (!samples)
    return FALSE;
  gst_vinfo_order_sort (server->order, samples, server->random);
  g_array_set_size (server->pass, 0);
  server->position = 0;
  for (guint i = 0; i < samples->len; i++)
    g_array_append_val (server->pass, ((VInfoSample *)samples->pdata[i])->id);

  return samples->len > 0;
}

void
gst_vinfo_server_begin_passes (GstVInfoServer *server, guint passes)
{
  g_array_set_size (server->pass, 0);
  server->position = 0;
  server->tried = FALSE;
  server->passes_left = passes;

  g_mutex_lock (&server->lock);
  g_queue_clear_full (&server->recent, g_free);
  g_mutex_unlock (&server->lock);
}

void
gst_vinfo_server_begin_stream (GstVInfoServer *server)
{
  gst_vinfo_server_begin_passes (server, ENDLESS);
}

/* NULL without @error where it was evicted. */
static VInfoSample *
read_sample (GstVInfoServer *server, guint64 id, GError **error)
{
  GError *failure = NULL;
  VInfoSample *sample = vinfo_store_get (server->store, id, &failure);

  if (g_error_matches (failure, VINFO_STORE_ERROR, VINFO_STORE_ERROR_NOT_FOUND))
    g_clear_error (&failure);
  if (failure)
    g_propagate_error (error, failure);

  return sample;
}

static gboolean
next_of_pass (
    GstVInfoServer *server, gboolean *renewed, guint64 *id, GError **error)
{
  if (server->position == server->pass->len) {
    gboolean barren = server->tried && !server->used;

    if (barren) {
      g_array_set_size (server->pass, 0);
      server->position = 0;
      server->tried = FALSE;
      return FALSE;
    }
    if (*renewed || !begin_pass (server, error))
      return FALSE;
    *renewed = TRUE;
    server->tried = server->used = FALSE;
  }
  *id = g_array_index (server->pass, guint64, server->position++);

  return TRUE;
}

void
gst_vinfo_server_note_use (GstVInfoServer *server)
{
  server->used = TRUE;
}

gboolean
gst_vinfo_server_has_failed (GstVInfoServer *server)
{
  return server->failed;
}

VInfoSample *
gst_vinfo_server_next (GstVInfoServer *server, GError **error)
{
  gboolean renewed = FALSE; /* a whole pass without a sample is the end */
  guint64 id;

  if (server->turn++ % RECENT_PERIOD == 0 && pop_recent (server, &id)) {
    VInfoSample *newest = read_sample (server, id, NULL);
    if (newest)
      return newest;
  }

  while (next_of_pass (server, &renewed, &id, error)) {
    GError *failure = NULL;
    VInfoSample *sample = read_sample (server, id, &failure);

    server->tried = server->tried || sample || failure;
    if (sample)
      return sample;
    if (failure) {
      g_propagate_error (error, failure);
      return NULL;
    }
  }

  return NULL;
}
