/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "score/vinfo-predictor-table.h"

#define FIELD_TABLE "table"

struct _VInfoPredictorTable {
  GObject parent_instance;
  VInfoNeeds *needs;   /* constant */
  gboolean weak;       /* constant */
  GMutex lock;         /* protects entries */
  GHashTable *entries; /* model id -> Entry */
};

/* A predictor's worker, or what is left of one that went. */
typedef struct {
  GWeakRef worker;
  VInfoWorker *kept; /* the same; NULL in a weak table */
} Entry;

G_DEFINE_FINAL_TYPE (VInfoPredictorTable, vinfo_predictor_table, G_TYPE_OBJECT)

static Entry *
entry_new (VInfoWorker *worker, gboolean weak)
{
  Entry *entry = g_new (Entry, 1);

  g_weak_ref_init (&entry->worker, worker);
  entry->kept = weak ? NULL : g_object_ref (worker);
  return entry;
}

static void
entry_free (Entry *entry)
{
  g_weak_ref_clear (&entry->worker);
  g_clear_object (&entry->kept);
  g_free (entry);
}

static void
vinfo_predictor_table_finalize (GObject *object)
{
  VInfoPredictorTable *self = VINFO_PREDICTOR_TABLE (object);

  g_hash_table_unref (self->entries);
  vinfo_needs_unref (self->needs);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (vinfo_predictor_table_parent_class)->finalize (object);
}

static void
vinfo_predictor_table_class_init (VInfoPredictorTableClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vinfo_predictor_table_finalize;
}

static void
vinfo_predictor_table_init (VInfoPredictorTable *self)
{
  g_mutex_init (&self->lock);
  self->entries = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify)entry_free);
  self->needs = vinfo_needs_new ();
}

VInfoPredictorTable *
vinfo_predictor_table_new (void)
{
  return g_object_new (VINFO_TYPE_PREDICTOR_TABLE, NULL);
}

VInfoPredictorTable *
vinfo_predictor_table_new_weak (void)
{
  VInfoPredictorTable *self = vinfo_predictor_table_new ();

  self->weak = TRUE;
  return self;
}

/* (transfer full) (nullable); lock held */
static VInfoWorker *
find (VInfoPredictorTable *self, const char *model_id)
{
  Entry *entry = g_hash_table_lookup (self->entries, model_id);

  return entry ? g_weak_ref_get (&entry->worker) : NULL;
}

VInfoWorker *
vinfo_predictor_table_lookup (VInfoPredictorTable *self, const char *model_id)
{
  VInfoWorker *worker;

  g_mutex_lock (&self->lock);
  worker = find (self, model_id);
  g_mutex_unlock (&self->lock);
  return worker;
}

VInfoNeeds *
vinfo_predictor_table_get_needs (VInfoPredictorTable *self)
{
  return vinfo_needs_ref (self->needs);
}

/* (transfer full): the worker of that name, made where there is none. The lock
 * is held while weights load, so that two elements never make two of one name. */
static VInfoWorker *
find_or_create (VInfoPredictorTable *self, const char *model_id,
    const VInfoPredictorConfig *config, guint batch_size, gboolean *created,
    GError **error)
{
  VInfoWorker *worker = find (self, model_id);
  g_autoptr (VInfoPredictor) predictor = NULL;

  *created = FALSE;
  if (worker)
    return worker;
  predictor = vinfo_predictor_new (config, error);
  if (!predictor)
    return NULL;
  worker = vinfo_worker_new_with_needs (predictor, batch_size, self->needs);
  g_hash_table_insert (
      self->entries, g_strdup (model_id), entry_new (worker, self->weak));
  *created = TRUE;
  return worker;
}

VInfoWorker *
vinfo_predictor_table_get (VInfoPredictorTable *self, const char *model_id,
    const VInfoPredictorConfig *config, guint batch_size, gboolean *created,
    GError **error)
{
  gboolean is_new;
  VInfoWorker *worker;

  g_mutex_lock (&self->lock);
  worker = find_or_create (self, model_id, config, batch_size, &is_new, error);
  g_mutex_unlock (&self->lock);

  if (worker && !is_new)
    vinfo_predictor_reload (vinfo_worker_get_predictor (worker), NULL);
  if (created)
    *created = is_new;
  return worker;
}

GstContext *
vinfo_predictor_table_to_context (VInfoPredictorTable *self)
{
  GstContext *context = gst_context_new (VINFO_PREDICTOR_CONTEXT_TYPE, TRUE);

  gst_structure_set (gst_context_writable_structure (context), FIELD_TABLE,
      VINFO_TYPE_PREDICTOR_TABLE, self, NULL);
  return context;
}

VInfoPredictorTable *
vinfo_predictor_table_from_context (GstContext *context)
{
  VInfoPredictorTable *table = NULL;

  if (gst_context_has_context_type (context, VINFO_PREDICTOR_CONTEXT_TYPE))
    gst_structure_get (gst_context_get_structure (context), FIELD_TABLE,
        VINFO_TYPE_PREDICTOR_TABLE, &table, NULL);
  return table;
}
