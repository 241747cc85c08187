/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "score/vinfo-result.h"

#include <math.h>
#include <string.h>

#include "nn/random-private.h"

struct _VInfoResult {
  gint ref_count;

  /* Set by the constructor. */
  guint64 id;
  char *feed;
  char *source;
  char *caps;
  guint64 pts;
  gint64 wall_time;

  const char *model_id; /* interned; set before others see this */
  guint64 *parts;       /* the same */
  guint n_parts;

  GMutex lock; /* protects what follows */
  GCond changed;
  VInfoStage stage;
  VInfoReason reason;
  VInfoReason refusal; /* the scorer's own */
  gboolean replayed;
  gdouble inclusion; /* of a replayed one; NaN where unknown */
  gboolean has_score;
  VInfoScore score;
  VInfoImage *image;
  guint8 thumbnail[VINFO_THUMBNAIL_SIZE];
  gfloat *embedding;
  guint embedding_size;
  gdouble duplicate_cosine;
  guint64 run;
  GSList *watchers; /* of Watcher: told once it is no longer pending */
};

typedef struct {
  VInfoResultFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Watcher;

G_DEFINE_BOXED_TYPE (
    VInfoResult, vinfo_result, vinfo_result_ref, vinfo_result_unref)

GType
vinfo_stage_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { VINFO_STAGE_PENDING, "Waits for the scorer", "pending" },
    { VINFO_STAGE_SCORED, "Has a score", "scored" },
    { VINFO_STAGE_SKIPPED, "Never got a score", "skipped" },
    { VINFO_STAGE_KEPT, "Admitted by a reservoir", "kept" },
    { VINFO_STAGE_REJECTED, "Refused by a reservoir", "rejected" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("VInfoStage", values));
  return type;
}

static guint64
hash_string (guint64 hash, const char *text)
{
  /* FNV-1a, then mixed: the same in every process and build. */
  for (const guint8 *c = (const guint8 *)text; *c; c++)
    hash = (hash ^ *c) * G_GUINT64_CONSTANT (0x100000001b3);
  return nn_mix (hash, strlen (text));
}

guint64
vinfo_sample_id (
    const char *feed, const char *source, guint64 pts, gint64 start_time)
{
  guint64 id = hash_string (G_GUINT64_CONSTANT (0xcbf29ce484222325), feed);

  id = hash_string (id, source);
  id = nn_mix (nn_mix (id, pts), (guint64)start_time);
  return id ? id : 1;
}

static void
watcher_free (gpointer data)
{
  Watcher *watcher = data;

  if (watcher->destroy)
    watcher->destroy (watcher->user_data);
  g_free (watcher);
}

static void
watcher_tell (Watcher *watcher, VInfoResult *result)
{
  watcher->func (result, watcher->user_data);
  watcher_free (watcher);
}

VInfoResult *
vinfo_result_new (guint64 id, const char *feed, const char *source,
    const char *caps, guint64 pts, gint64 wall_time)
{
  VInfoResult *self = g_new0 (VInfoResult, 1);

  self->ref_count = 1;
  self->id = id;
  self->feed = g_strdup (feed);
  self->source = g_strdup (source);
  self->caps = g_strdup (caps);
  self->pts = pts;
  self->wall_time = wall_time;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  return self;
}

VInfoResult *
vinfo_result_ref (VInfoResult *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
vinfo_result_unref (VInfoResult *self)
{
  if (!self || !g_atomic_int_dec_and_test (&self->ref_count))
    return;
  g_slist_free_full (self->watchers, watcher_free);
  g_clear_pointer (&self->image, vinfo_image_unref);
  g_free (self->feed);
  g_free (self->source);
  g_free (self->caps);
  g_free (self->embedding);
  g_free (self->parts);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

guint64
vinfo_result_get_id (const VInfoResult *self)
{
  return self->id;
}

const char *
vinfo_result_get_feed (const VInfoResult *self)
{
  return self->feed;
}

const char *
vinfo_result_get_source (const VInfoResult *self)
{
  return self->source;
}

const char *
vinfo_result_get_caps (const VInfoResult *self)
{
  return self->caps;
}

guint64
vinfo_result_get_pts (const VInfoResult *self)
{
  return self->pts;
}

gint64
vinfo_result_get_wall_time (const VInfoResult *self)
{
  return self->wall_time;
}

void
vinfo_result_set_model_id (VInfoResult *self, const char *model_id)
{
  self->model_id = g_intern_string (model_id);
}

const char *
vinfo_result_get_model_id (const VInfoResult *self)
{
  return self->model_id;
}

void
vinfo_result_set_parts (VInfoResult *self, const guint64 *ids, guint n)
{
  g_free (self->parts);
  self->parts = g_memdup2 (ids, n * sizeof *ids);
  self->n_parts = n;
}

const guint64 *
vinfo_result_get_parts (const VInfoResult *self, guint *n)
{
  *n = self->n_parts;
  return self->parts;
}

void
vinfo_result_set_run (VInfoResult *self, guint64 run)
{
  g_mutex_lock (&self->lock);
  self->run = run;
  g_mutex_unlock (&self->lock);
}

guint64
vinfo_result_get_run (VInfoResult *self)
{
  guint64 run;

  g_mutex_lock (&self->lock);
  run = self->run;
  g_mutex_unlock (&self->lock);
  return run;
}

VInfoStage
vinfo_result_get_stage (VInfoResult *self)
{
  VInfoStage stage;

  g_mutex_lock (&self->lock);
  stage = self->stage;
  g_mutex_unlock (&self->lock);
  return stage;
}

VInfoReason
vinfo_result_get_reason (VInfoResult *self)
{
  VInfoReason reason;

  g_mutex_lock (&self->lock);
  reason = self->reason;
  g_mutex_unlock (&self->lock);
  return reason;
}

VInfoReason
vinfo_result_get_refusal (VInfoResult *self)
{
  VInfoReason refusal;

  g_mutex_lock (&self->lock);
  refusal = self->refusal;
  g_mutex_unlock (&self->lock);
  return refusal;
}

gboolean
vinfo_result_is_replayed (VInfoResult *self)
{
  gboolean replayed;

  g_mutex_lock (&self->lock);
  replayed = self->replayed;
  g_mutex_unlock (&self->lock);
  return replayed;
}

gdouble
vinfo_result_get_inclusion (VInfoResult *self)
{
  gdouble inclusion;

  g_mutex_lock (&self->lock);
  inclusion = self->replayed ? self->inclusion : NAN;
  g_mutex_unlock (&self->lock);
  return inclusion;
}

gboolean
vinfo_result_get_score (VInfoResult *self, VInfoScore *score)
{
  gboolean has_score;

  g_mutex_lock (&self->lock);
  has_score = self->has_score;
  if (has_score)
    *score = self->score;
  g_mutex_unlock (&self->lock);
  return has_score;
}

VInfoImage *
vinfo_result_dup_image (VInfoResult *self)
{
  VInfoImage *image;

  g_mutex_lock (&self->lock);
  image = self->image ? vinfo_image_ref (self->image) : NULL;
  g_mutex_unlock (&self->lock);
  return image;
}

const gfloat *
vinfo_result_get_embedding (
    VInfoResult *self, guint *size, gdouble *duplicate_cosine)
{
  const gfloat *embedding;

  g_mutex_lock (&self->lock);
  embedding = self->embedding;
  *size = self->embedding_size;
  if (duplicate_cosine)
    *duplicate_cosine = self->duplicate_cosine;
  g_mutex_unlock (&self->lock);
  return embedding;
}

const guint8 *
vinfo_result_get_thumbnail (VInfoResult *self)
{
  gboolean has_score;

  g_mutex_lock (&self->lock);
  has_score = self->has_score;
  g_mutex_unlock (&self->lock);
  return has_score ? self->thumbnail : NULL;
}

void
vinfo_result_wait (VInfoResult *self)
{
  g_mutex_lock (&self->lock);
  while (self->stage == VINFO_STAGE_PENDING)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}

void
vinfo_result_notify (VInfoResult *self, VInfoResultFunc func,
    gpointer user_data, GDestroyNotify destroy)
{
  Watcher *watcher = g_new (Watcher, 1);
  gboolean pending;

  *watcher = (Watcher){ func, user_data, destroy };
  g_mutex_lock (&self->lock);
  pending = self->stage == VINFO_STAGE_PENDING;
  if (pending)
    self->watchers = g_slist_append (self->watchers, watcher);
  g_mutex_unlock (&self->lock);

  if (!pending)
    watcher_tell (watcher, self);
}

/* Unlocks, wakes those who wait, and tells the others. */
static void
complete_and_unlock (VInfoResult *self, VInfoStage stage, VInfoReason reason)
{
  GSList *watchers = g_steal_pointer (&self->watchers);

  self->stage = stage;
  self->reason = reason;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);

  for (GSList *link = watchers; link; link = link->next)
    watcher_tell (link->data, self);
  g_slist_free (watchers);
}

/* Locked. */
static void
take_score (VInfoResult *self, const VInfoScore *score, const guint8 *thumbnail,
    const gfloat *embedding, guint embedding_size, gdouble duplicate_cosine)
{
  self->has_score = TRUE;
  self->score = *score;
  memcpy (self->thumbnail, thumbnail, VINFO_THUMBNAIL_SIZE);
  if (embedding) {
    self->embedding = g_memdup2 (embedding, embedding_size * sizeof *embedding);
    self->embedding_size = embedding_size;
  }
  self->duplicate_cosine = duplicate_cosine;
}

gboolean
vinfo_result_set_scored (VInfoResult *self, const VInfoScore *score,
    VInfoImage *image, const guint8 thumbnail[VINFO_THUMBNAIL_SIZE],
    const gfloat *embedding, guint embedding_size, gdouble duplicate_cosine,
    VInfoReason reason)
{
  g_mutex_lock (&self->lock);
  if (self->stage != VINFO_STAGE_PENDING) { /* a flush was faster */
    g_mutex_unlock (&self->lock);
    return FALSE;
  }
  take_score (
      self, score, thumbnail, embedding, embedding_size, duplicate_cosine);
  if (reason == VINFO_REASON_NONE)
    self->image = vinfo_image_ref (image);
  self->refusal = reason;
  complete_and_unlock (self,
      reason == VINFO_REASON_NONE ? VINFO_STAGE_SCORED : VINFO_STAGE_REJECTED,
      reason);
  return TRUE;
}

gboolean
vinfo_result_set_replayed (VInfoResult *self, const VInfoScore *score,
    const guint8 thumbnail[VINFO_THUMBNAIL_SIZE], const gfloat *embedding,
    guint embedding_size, gdouble inclusion)
{
  g_mutex_lock (&self->lock);
  if (self->stage != VINFO_STAGE_PENDING) {
    g_mutex_unlock (&self->lock);
    return FALSE;
  }
  take_score (self, score, thumbnail, embedding, embedding_size, 1);
  self->replayed = TRUE;
  self->inclusion = inclusion;
  complete_and_unlock (self, VINFO_STAGE_KEPT, VINFO_REASON_NONE);
  return TRUE;
}

gboolean
vinfo_result_set_skipped (VInfoResult *self, VInfoReason reason)
{
  g_mutex_lock (&self->lock);
  if (self->stage != VINFO_STAGE_PENDING) {
    g_mutex_unlock (&self->lock);
    return FALSE;
  }
  self->refusal = reason;
  complete_and_unlock (self, VINFO_STAGE_SKIPPED, reason);
  return TRUE;
}

void
vinfo_result_set_verdict (VInfoResult *self, VInfoReason reason)
{
  g_mutex_lock (&self->lock);
  /* of several reservoirs one that keeps the frame has the last word */
  if (self->has_score && self->refusal == VINFO_REASON_NONE
      && self->stage != VINFO_STAGE_KEPT) {
    self->stage
        = reason == VINFO_REASON_NONE ? VINFO_STAGE_KEPT : VINFO_STAGE_REJECTED;
    self->reason = reason;
  }
  g_mutex_unlock (&self->lock);
}

GstStructure *
vinfo_result_to_structure (VInfoResult *self)
{
  GEnumClass *stages = g_type_class_ref (VINFO_TYPE_STAGE);
  g_autofree char *id = g_strdup_printf ("%" VINFO_ID_FORMAT, self->id);
  GstStructure *structure;

  g_mutex_lock (&self->lock);
  structure
      = gst_structure_new ("vinfo-result", "id", G_TYPE_STRING, id, "feed",
          G_TYPE_STRING, self->feed, "pts", G_TYPE_UINT64, self->pts, "stage",
          G_TYPE_STRING, g_enum_get_value (stages, self->stage)->value_nick,
          "reason", G_TYPE_STRING, vinfo_reason_to_string (self->reason), NULL);
  if (self->has_score)
    gst_structure_set (structure, "loss", G_TYPE_FLOAT, self->score.loss, "pvi",
        G_TYPE_FLOAT, self->score.pvi, "gain", G_TYPE_FLOAT, self->score.gain,
        "region", G_TYPE_FLOAT, self->score.region, "value", G_TYPE_FLOAT,
        self->score.value, "quantile", G_TYPE_FLOAT, self->score.quantile,
        "ood", G_TYPE_FLOAT, self->score.ood, "version", G_TYPE_UINT64,
        self->score.version, NULL);
  g_mutex_unlock (&self->lock);
  g_type_class_unref (stages);
  return structure;
}
