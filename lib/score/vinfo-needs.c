/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "score/vinfo-needs.h"

struct _VInfoNeeds {
  gatomicrefcount ref_count;
  GMutex lock;        /* protects the following */
  GHashTable *askers; /* number → Asker */
  guint last;         /* number given */
};

typedef struct {
  VInfoNeedFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Asker;

GType
vinfo_scoring_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { VINFO_SCORING_ALL, "Every frame", "all" },
    { VINFO_SCORING_NEEDED, "Frames that could be kept", "needed" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("VInfoScoring", values));
  return type;
}

static void
asker_free (gpointer data)
{
  Asker *asker = data;

  if (asker->destroy)
    asker->destroy (asker->user_data);
  g_free (asker);
}

VInfoNeeds *
vinfo_needs_new (void)
{
  VInfoNeeds *self = g_new0 (VInfoNeeds, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->askers
      = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, asker_free);
  return self;
}

VInfoNeeds *
vinfo_needs_ref (VInfoNeeds *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
vinfo_needs_unref (VInfoNeeds *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_hash_table_unref (self->askers);
  g_mutex_clear (&self->lock);
  g_free (self);
}

guint
vinfo_needs_add (VInfoNeeds *self, VInfoNeedFunc func, gpointer user_data,
    GDestroyNotify destroy)
{
  Asker *asker = g_new (Asker, 1);
  guint number;

  *asker = (Asker){ func, user_data, destroy };
  g_mutex_lock (&self->lock);
  number = ++self->last;
  g_hash_table_insert (self->askers, GUINT_TO_POINTER (number), asker);
  g_mutex_unlock (&self->lock);
  return number;
}

void
vinfo_needs_remove (VInfoNeeds *self, guint number)
{
  gpointer asker = NULL;

  g_mutex_lock (&self->lock);
  g_hash_table_steal_extended (
      self->askers, GUINT_TO_POINTER (number), NULL, &asker);
  g_mutex_unlock (&self->lock);
  if (asker)
    asker_free (asker);
}

gboolean
vinfo_needs_ask (VInfoNeeds *self, guint64 id, guint64 run, guint64 version)
{
  gboolean needed;
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&self->lock);
  needed = g_hash_table_size (self->askers) == 0;
  g_hash_table_iter_init (&iter, self->askers);
  while (!needed && g_hash_table_iter_next (&iter, NULL, &value)) {
    const Asker *asker = value;

    needed = asker->func (id, run, version, asker->user_data);
  }
  g_mutex_unlock (&self->lock);
  return needed;
}
