/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/reservoir-private.h"

#include <math.h>

/* The discount at the near-duplicate limit η. */
#define DISCOUNT_AT_DUPLICATE 0.1
#define DISCOUNT_FROM_COSINE 0.5

gdouble
reservoir_get_usable_quantile (const VInfoScore *score)
{
  if (!isfinite (score->value) || !isfinite (score->quantile))
    return 0.5;
  return CLAMP (score->quantile, 0, 1);
}

gboolean
embedding_is_finite (const gfloat *embedding, guint size)
{
  for (guint i = 0; embedding != NULL && i < size; i++) {
    if (!isfinite (embedding[i]))
      return FALSE;
  }
  return TRUE;
}

static gdouble
draw (VInfoReservoir *self, const VInfoOffer *offer)
{
  if (!policy_is_diverse (self->policy))
    return ticket_hash (offer->id, self->config.seed);
  if (offer->run != 0)
    return ticket_hash (offer->run, self->config.seed);
  return tickets_draw (&self->tickets, offer->feed != NULL ? offer->feed : "",
      offer->id, offer->thumbnail);
}

/* What the rules look at, all of it borrowed from @offer. */
static void
sketch (VInfoReservoir *self, const VInfoOffer *offer, VInfoSample *candidate)
{
  *candidate = (VInfoSample){ .id = offer->id, .score = offer->score };
  candidate->score.quantile = reservoir_get_usable_quantile (&offer->score);
  candidate->arrival = self->counts.offered;
  candidate->feed = (char *)(offer->feed != NULL ? offer->feed : "");
  candidate->embedding = (gfloat *)offer->embedding;
  candidate->embedding_size
      = offer->embedding != NULL ? offer->embedding_size : 0;
  memcpy (candidate->thumbnail, offer->thumbnail, VINFO_THUMBNAIL_SIZE);
  candidate->u = draw (self, offer);
  candidate->key = self->policy->key (candidate, self->config.temperature);
}

/* Where samples are judged by one another. */
static void
compare_with_kept (VInfoReservoir *self, VInfoSample *candidate)
{
  Kept *kept = &self->kept;

  if (self->policy->key_among == NULL)
    return;
  kept_check_worst (kept);
  kept_settle (kept);
  candidate->key = self->policy->key_among (kept, candidate);
}

static void
make_room (VInfoReservoir *self)
{
  Kept *kept = &self->kept;

  if (self->policy->make_room != NULL
      && kept_get_key_threshold (kept) < INFINITY)
    self->policy->make_room (kept, &self->config);
}

static gboolean
passes (VInfoReservoir *self, const VInfoSample *candidate)
{
  return candidate->key < kept_get_key_threshold (&self->kept)
         || ticket_rank (candidate->u, self->config.seed)
                < kept_get_rank_threshold (&self->kept);
}

/* w is multiplied by d = 0.1^((cos − ½)/(η − ½)): 1 up to cos = ½, 0.1 at η.
 * Only the newcomer's own weight is, and only after it met the threshold. */
static gdouble
discount (gdouble cosine, gdouble duplicate_cosine)
{
  gdouble range = duplicate_cosine - DISCOUNT_FROM_COSINE;
  gdouble beyond = cosine - DISCOUNT_FROM_COSINE;

  if (range <= 0 || beyond <= 0)
    return 1;
  return pow (DISCOUNT_AT_DUPLICATE, MIN (beyond / range, 1));
}

static gboolean
scores_higher (const VInfoScore *a, const VInfoScore *b)
{
  if (a->quantile != b->quantile)
    return a->quantile > b->quantile;
  return a->value > b->value || (!isnan (a->value) && isnan (b->value));
}

static Entry *
entry_at (VInfoReservoir *self, guint row)
{
  return g_ptr_array_index (self->kept.entries, row);
}

static gboolean
beats_all (VInfoReservoir *self, const VInfoSample *candidate, GArray *rows)
{
  for (guint i = 0; i < rows->len; i++) {
    const Entry *entry = entry_at (self, g_array_index (rows, guint, i));

    if (!scores_higher (&candidate->score, &entry->sample->score))
      return FALSE;
  }
  return TRUE;
}

/* A near-duplicate shares the ticket of what it resembles. It takes the place
 * of all its likes, which are spares from then on, or is a spare itself. */
static VInfoReason
meet_duplicates (
    VInfoReservoir *self, VInfoSample *candidate, const Neighbourhood *near)
{
  candidate->u = entry_at (self, near->nearest)->sample->u;
  candidate->key = self->policy->key (candidate, self->config.temperature);
  if (!beats_all (self, candidate, near->duplicates)) {
    candidate->spare = TRUE;
    return kept_has_free_room (&self->kept) ? VINFO_REASON_NONE
                                            : VINFO_REASON_NEAR_DUPLICATE;
  }
  for (guint i = 0; i < near->duplicates->len; i++)
    kept_plan_demotion (&self->kept,
        entry_at (self, g_array_index (near->duplicates, guint, i)));
  return VINFO_REASON_NONE;
}

static VInfoReason
meet_neighbours (
    VInfoReservoir *self, VInfoSample *candidate, gdouble duplicate_cosine)
{
  VInfoReason reason = VINFO_REASON_NONE;
  Neighbourhood near;

  neighbours_find (&self->kept.neighbours, candidate, duplicate_cosine,
      DISCOUNT_FROM_COSINE, &near);
  if (near.duplicates->len > 0)
    reason = meet_duplicates (self, candidate, &near);
  candidate->key /= discount (near.cosine, duplicate_cosine);
  if (near.duplicates->len == 0 && !passes (self, candidate))
    reason = VINFO_REASON_THRESHOLD;
  neighbourhood_finish (&near);
  return reason;
}

/* Returns: (transfer full): @candidate with all that is kept of @offer */
static VInfoSample *
make_sample (VInfoReservoir *self, const VInfoOffer *offer,
    const VInfoSample *candidate, GBytes *blob)
{
  VInfoSample *sample = vinfo_sample_new ();
  gint ref_count = sample->ref_count;

  *sample = *candidate;
  sample->ref_count = ref_count;
  sample->feed = g_strdup (offer->feed != NULL ? offer->feed : "");
  sample->source = g_strdup (offer->source != NULL ? offer->source : "");
  sample->caps = g_strdup (offer->caps != NULL ? offer->caps : "");
  sample->pts = offer->pts;
  sample->wall_time = offer->wall_time;
  sample->soft_inclusion = 1;
  sample->uniform_inclusion = self->kept.uniform_capacity > 0 ? 1 : 0;
  sample->first_loss = sample->score.loss;
  sample->codec = self->config.codec;
  sample->blob = g_bytes_ref (blob);
  sample->blob_size = g_bytes_get_size (blob);
  sample->width = vinfo_image_get_width (offer->image);
  sample->height = vinfo_image_get_height (offer->image);
  sample->embedding = g_memdup2 (
      candidate->embedding, candidate->embedding_size * sizeof (gfloat));
  sample->embedding_version
      = sample->embedding != NULL ? sample->score.version : 0;
  return sample;
}

/* Plans how @entry comes in. */
static VInfoReason
plan_place (VInfoReservoir *self, Entry *entry)
{
  Kept *kept = &self->kept;

  if (entry->sample->blob_size > kept->capacity_bytes) {
    kept_undo (kept);
    return VINFO_REASON_TOO_LARGE;
  }
  if (entry->sample->spare)
    return kept_plan_spare (kept, entry) ? VINFO_REASON_NONE
                                         : VINFO_REASON_NEAR_DUPLICATE;
  return kept_plan_entry (kept, entry) ? VINFO_REASON_NONE
                                       : VINFO_REASON_THRESHOLD;
}

static GPtrArray *
list_evicted (VInfoReservoir *self)
{
  g_autoptr (GPtrArray) entries = kept_get_planned_evictions (&self->kept);
  GPtrArray *evicted
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_sample_unref);

  for (guint i = 0; i < entries->len; i++) {
    const Entry *entry = g_ptr_array_index (entries, i);

    g_ptr_array_add (evicted, vinfo_sample_ref (entry->sample));
  }
  return evicted;
}

VInfoReason
reservoir_admit (
    VInfoReservoir *self, Entry *entry, GPtrArray **evicted, GError **error)
{
  VInfoReason reason = plan_place (self, entry);

  if (reason == VINFO_REASON_NONE) {
    entry->sample->inclusion = reservoir_get_inclusion (self, entry);
    if (!reservoir_swap (self, entry->sample, error))
      reason = VINFO_REASON_STORE;
  }
  if (reason != VINFO_REASON_NONE) {
    entry_free (entry);
    return reason;
  }
  g_clear_pointer (&entry->sample->blob, g_bytes_unref);
  *evicted = list_evicted (self);
  self->counts.rejected[VINFO_REASON_EVICTED] += (*evicted)->len;
  kept_settle (&self->kept);
  return VINFO_REASON_NONE;
}

static VInfoReason
encode_and_admit (VInfoReservoir *self, const VInfoOffer *offer,
    const VInfoSample *candidate, GPtrArray **evicted, GError **error)
{
  gdouble rank = ticket_rank (candidate->u, self->config.seed);
  g_autoptr (GBytes) blob = vinfo_image_encode (
      offer->image, self->config.codec, self->config.quality, NULL);

  if (blob == NULL) {
    kept_undo (&self->kept);
    return VINFO_REASON_FAILED;
  }
  return reservoir_admit (self,
      entry_new (make_sample (self, offer, candidate, blob), rank), evicted,
      error);
}

VInfoReason
reservoir_judge (VInfoReservoir *self, VInfoSample *candidate, guint quota,
    gdouble duplicate_cosine)
{
  VInfoReason reason;

  if (kept_find (&self->kept, candidate->id) != NULL)
    return VINFO_REASON_KNOWN;
  if (!embedding_is_finite (candidate->embedding, candidate->embedding_size))
    return VINFO_REASON_NON_FINITE;
  compare_with_kept (self, candidate);
  make_room (self);
  if (!passes (self, candidate)) {
    kept_undo (&self->kept);
    return VINFO_REASON_THRESHOLD;
  }
  if (policy_is_diverse (self->policy)) {
    reason = meet_neighbours (self, candidate, duplicate_cosine);
    if (reason != VINFO_REASON_NONE)
      return reason;
  }
  if (!reservoir_plan_quota (self, candidate->feed, quota, candidate)) {
    kept_undo (&self->kept);
    return VINFO_REASON_QUOTA;
  }
  return VINFO_REASON_NONE;
}

static guint64
get_time (const VInfoOffer *offer)
{
  return offer->pts != G_MAXUINT64 ? offer->pts
                                   : (guint64)MAX (offer->wall_time, 0) * 1000;
}

VInfoReason
reservoir_decide (VInfoReservoir *self, const VInfoOffer *offer,
    GPtrArray **evicted, GError **error)
{
  VInfoReason reason;
  VInfoSample candidate;

  sketch (self, offer, &candidate);
  reason = reservoir_judge (
      self, &candidate, offer->quota, offer->duplicate_cosine);
  if (reason != VINFO_REASON_NONE)
    return reason;
  if (!rates_may_admit (&self->rates, candidate.feed,
          offer->source != NULL ? offer->source : "", offer->max_rate,
          get_time (offer))) {
    kept_undo (&self->kept);
    return VINFO_REASON_RATE;
  }
  reason = encode_and_admit (self, offer, &candidate, evicted, error);
  if (reason == VINFO_REASON_NONE)
    rates_note_admission (&self->rates, candidate.feed, offer->max_rate);
  return reason;
}
