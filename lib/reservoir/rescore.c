/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Scores age: kept samples are scored again under the current predictor, from
 * the frames in the store. */
#include <math.h>

#include "nn/pool-private.h"
#include "reservoir/reservoir-private.h"

/* So many views that left more than this part of the loss: unlearnable. */
#define UNLEARNT_VIEWS 20
#define UNLEARNT_PART 0.9f

static void
set_embedding (VInfoReservoir *self, Entry *entry, const gfloat *embedding,
    guint embedding_size, guint64 version)
{
  VInfoSample *sample = entry->sample;

  if (embedding == NULL || embedding_size == 0
      || !embedding_is_finite (embedding, embedding_size))
    return;
  g_free (sample->embedding);
  sample->embedding = g_memdup2 (embedding, embedding_size * sizeof (gfloat));
  sample->embedding_size = embedding_size;
  sample->embedding_version = version;
  kept_refresh_embedding (&self->kept, entry);
}

/* What the discount for redundancy multiplied the key by at admission. */
static gdouble
get_redundancy (VInfoReservoir *self, const VInfoSample *sample)
{
  return policy_is_diverse (self->policy)
             ? sample->key
                   / self->policy->key (sample, self->config.temperature)
             : 1;
}

/* The ½ of a sample that no panel was there for is no measurement. */
static gfloat
get_measured_quantile (const VInfoScore *score)
{
  return isfinite (score->value) && isfinite (score->pvi) ? score->quantile : 0;
}

static gboolean
is_unlearnable (const VInfoSample *sample, const VInfoScore *score)
{
  return sample->views >= UNLEARNT_VIEWS
         && score->loss > UNLEARNT_PART * sample->first_loss;
}

static void
rescore (VInfoReservoir *self, Entry *entry, const VInfoScore *score,
    gfloat least_quantile)
{
  VInfoSample *sample = entry->sample;
  gdouble redundancy = get_redundancy (self, sample);

  reservoir_note_inclusion (self, entry);
  if (isnan (sample->first_loss) && sample->views == 0)
    sample->first_loss = score->loss;
  sample->score = *score;
  sample->score.quantile
      = is_unlearnable (sample, score)
            ? 0
            : MAX (least_quantile, reservoir_get_usable_quantile (score));
  kept_rekey (&self->kept, entry,
      redundancy * self->policy->key (sample, self->config.temperature));
  entry->dirty = TRUE;
}

static void
follow_rescoring (VInfoReservoir *self, guint64 version)
{
  reservoir_note_version (self, version);
  reservoir_follow_thresholds (self, TRUE);
}

void
vinfo_reservoir_rescore (VInfoReservoir *self, guint64 id,
    const VInfoScore *score, const gfloat *embedding, guint embedding_size)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Entry *entry = kept_find (&self->kept, id);

  if (entry == NULL)
    return;
  rescore (self, entry, score, get_measured_quantile (&entry->sample->score));
  set_embedding (self, entry, embedding, embedding_size, score->version);
  follow_rescoring (self, score->version);
}

static gboolean
is_stale (const Entry *entry, guint64 version)
{
  const VInfoSample *sample = entry->sample;

  return entry->unreadable != version + 1
         && (sample->score.version < version
             || (sample->embedding != NULL
                 && sample->embedding_version < version));
}

VInfoSample *
vinfo_reservoir_find_stale (VInfoReservoir *self, guint64 version)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GPtrArray *entries = self->kept.entries;

  for (guint i = 0; i < entries->len; i++) {
    guint row = (self->cursor + i) % entries->len;
    const Entry *entry = g_ptr_array_index (entries, row);

    if (is_stale (entry, version)) {
      self->cursor = row + 1;
      return reservoir_copy_entry (self, entry);
    }
  }
  reservoir_settle_version (self, version);
  return NULL;
}

/* What a snapshot says of one kept frame. */
typedef struct {
  VInfoScore score;
  gfloat *embedding; /* [width]; NULL: embeddings compare nothing yet */
  guint width;
} Judgement;

static gboolean
judge (VInfoReservoir *self, guint64 id, VInfoScorer *scorer,
    const VInfoSnapshot *snapshot, VInfoScoreKind kind, Judgement *judgement,
    GError **error)
{
  g_autoptr (VInfoSample) sample = vinfo_store_get (self->store, id, error);
  g_autoptr (VInfoImage) image = NULL;

  if (sample)
    image = vinfo_image_decode (sample->blob, "kept frame", error);
  if (!image)
    return FALSE;
  nn_set_background (TRUE);
  judgement->width
      = vinfo_mae_get_config (vinfo_snapshot_get_live (snapshot))->hidden_size;
  judgement->embedding = g_new (gfloat, judgement->width);
  vinfo_scorer_score (scorer, snapshot, kind, 1, &image, &id, &judgement->score,
      judgement->embedding);
  if (!vinfo_snapshot_has_centre (snapshot))
    g_clear_pointer (&judgement->embedding, g_free);
  return TRUE;
}

static void
note_unreadable (VInfoReservoir *self, guint64 id, guint64 version)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Entry *entry = kept_find (&self->kept, id);

  if (entry == NULL) /* it went meanwhile */
    return;
  entry->unreadable = version + 1;
  self->n_unreadable++;
}

gboolean
vinfo_reservoir_rescore_next (VInfoReservoir *self, VInfoScorer *scorer,
    const VInfoSnapshot *snapshot, VInfoScoreKind kind, GError **error)
{
  guint64 version = vinfo_snapshot_get_version (snapshot);
  g_autoptr (VInfoSample) stale = NULL;
  Judgement judgement = { 0 };

  reservoir_note_predictor (self, snapshot);
  stale = vinfo_reservoir_find_stale (self, version);
  if (!stale)
    return FALSE;
  if (!judge (self, stale->id, scorer, snapshot, kind, &judgement, error)) {
    note_unreadable (self, stale->id, version);
    return FALSE;
  }
  vinfo_reservoir_rescore (
      self, stale->id, &judgement.score, judgement.embedding, judgement.width);
  g_free (judgement.embedding);
  return TRUE;
}

gboolean
vinfo_reservoir_judge (VInfoReservoir *self, guint64 id, VInfoScorer *scorer,
    const VInfoSnapshot *snapshot, VInfoScoreKind kind, GError **error)
{
  guint64 version = vinfo_snapshot_get_version (snapshot);
  Judgement judgement = { 0 };
  Entry *entry;

  reservoir_note_predictor (self, snapshot);
  if (!judge (self, id, scorer, snapshot, kind, &judgement, error)) {
    note_unreadable (self, id, version);
    return FALSE;
  }
  g_mutex_lock (&self->lock);
  entry = kept_find (&self->kept, id);
  if (entry != NULL) {
    rescore (self, entry, &judgement.score, 0);
    set_embedding (self, entry, judgement.embedding, judgement.width, version);
    follow_rescoring (self, version);
  }
  g_mutex_unlock (&self->lock);
  g_free (judgement.embedding);
  return TRUE;
}

guint64
vinfo_reservoir_get_n_unreadable (VInfoReservoir *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->n_unreadable;
}
