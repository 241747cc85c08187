/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/vinfo-composer.h"

#include <math.h>
#include <string.h>

#include "nn/pool-private.h"
#include "predictor/vinfo-scorer.h"

#define MAX_KNOWN 16384 /* samples whose crops are remembered */
#define COLUMNS 2

/* What the predictor says of a sample: its regions, each with the error of the
 * crop. */
typedef struct {
  guint64 id;
  guint n;
  VInfoRegion regions[];
} Judgement;

/* A crop that is among the hardest so far. */
typedef struct {
  VInfoCrop crop;
  VInfoImage *picture;
} Candidate;

struct _VInfoComposer {
  VInfoPredictor *predictor;
  VInfoComposerConfig config;
  VInfoScorer *scorer;

  GHashTable *known; /* by id: Judgement, owned; of known_version */
  guint64 known_version;

  /* the window */
  VInfoSnapshot *snapshot;                     /* NULL: it is empty */
  GHashTable *ids;                             /* of its samples */
  Candidate hardest[VINFO_COMPOSER_CROPS + 1]; /* the hardest first */
  guint n_hardest;
  guint n_frames, n_crops;
};

VInfoComposer *
vinfo_composer_new (
    VInfoPredictor *predictor, const VInfoComposerConfig *config)
{
  VInfoComposer *self = g_new0 (VInfoComposer, 1);

  self->predictor = g_object_ref (predictor);
  self->config = *config;
  self->config.window = MAX (config->window, 1);
  self->config.max_regions = MAX (config->max_regions, 1);
  if (!self->config.propose)
    self->config.propose = vinfo_regions_propose_hot;
  self->scorer = vinfo_scorer_new ();
  self->known
      = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->ids = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return self;
}

void
vinfo_composer_clear (VInfoComposer *self)
{
  for (guint i = 0; i < self->n_hardest; i++)
    vinfo_image_unref (self->hardest[i].picture);
  g_clear_pointer (&self->snapshot, vinfo_snapshot_unref);
  g_hash_table_remove_all (self->ids);
  self->n_hardest = self->n_frames = self->n_crops = 0;
}

void
vinfo_composer_free (VInfoComposer *self)
{
  if (!self)
    return;
  vinfo_composer_clear (self);
  g_hash_table_unref (self->ids);
  g_hash_table_unref (self->known);
  vinfo_scorer_free (self->scorer);
  g_object_unref (self->predictor);
  g_free (self);
}

/* Patches along a side of the model's square. */
static guint
map_side (const VInfoSnapshot *snapshot)
{
  const VInfoMaeConfig *config
      = vinfo_mae_get_config (vinfo_snapshot_get_live (snapshot));

  return config->image_size / config->patch_size;
}

static VInfoCrop
locate (const VInfoComposer *self, const VInfoImage *image,
    const VInfoRegion *region)
{
  guint side = map_side (self->snapshot);
  VInfoCrop crop = { .error = region->error };

  vinfo_region_to_pixels (region, side, side, vinfo_image_get_width (image),
      vinfo_image_get_height (image), &crop.x, &crop.y, &crop.width,
      &crop.height);
  return crop;
}

static VInfoImage *
cut (VInfoImage *image, const VInfoCrop *crop)
{
  return vinfo_image_resize (image, crop->x, crop->y, crop->width, crop->height,
      crop->width, crop->height);
}

/* Gives each region the error of its crop. */
static void
score_crops (VInfoComposer *self, VInfoImage *image, Judgement *judgement)
{
  guint n = judgement->n;
  g_autofree VInfoImage **pictures = g_new (VInfoImage *, n);
  g_autofree guint64 *ids = g_new0 (guint64, n);
  g_autofree VInfoScore *scores = g_new (VInfoScore, n);

  for (guint i = 0; i < n; i++) {
    VInfoCrop crop = locate (self, image, &judgement->regions[i]);

    pictures[i] = cut (image, &crop);
  }
  vinfo_scorer_score (self->scorer, self->snapshot, VINFO_SCORE_LOSS, n,
      pictures, ids, scores, NULL);
  for (guint i = 0; i < n; i++) {
    judgement->regions[i].error = scores[i].loss;
    vinfo_image_unref (pictures[i]);
  }
}

static Judgement *
judge (VInfoComposer *self, VInfoImage *image, guint64 id)
{
  guint side = map_side (self->snapshot);
  g_autofree gfloat *map = g_new (gfloat, (gsize)side * side);
  Judgement *judgement = g_malloc0 (
      sizeof *judgement + self->config.max_regions * sizeof (VInfoRegion));

  judgement->id = id;
  nn_set_background (TRUE);
  vinfo_scorer_map_errors (self->scorer, self->snapshot, image, map);
  judgement->n = self->config.propose (
      map, side, side, self->config.max_regions, judgement->regions);
  score_crops (self, image, judgement);
  return judgement;
}

/* Of an older version, or very many, judgements are forgotten. */
static void
forget_known (VInfoComposer *self)
{
  guint64 version = vinfo_snapshot_get_version (self->snapshot);

  if (version != self->known_version
      || g_hash_table_size (self->known) >= MAX_KNOWN)
    g_hash_table_remove_all (self->known);
  self->known_version = version;
}

static Judgement *
recall_or_judge (VInfoComposer *self, VInfoImage *image, guint64 id)
{
  Judgement *judgement;

  forget_known (self);
  judgement = g_hash_table_lookup (self->known, &id);
  if (!judgement) {
    judgement = judge (self, image, id);
    g_hash_table_insert (self->known, &judgement->id, judgement);
  }
  return judgement;
}

/* Of equals the one that came first stays in front. */
static void
compete (VInfoComposer *self, VInfoImage *image, VInfoCrop crop)
{
  guint i = self->n_hardest;

  self->n_crops++;
  while (i > 0 && self->hardest[i - 1].crop.error < crop.error)
    i--;
  if (i == VINFO_COMPOSER_CROPS)
    return;
  memmove (self->hardest + i + 1, self->hardest + i,
      (self->n_hardest - i) * sizeof *self->hardest);
  self->hardest[i] = (Candidate){ crop, cut (image, &crop) };
  if (self->n_hardest++ == VINFO_COMPOSER_CROPS)
    vinfo_image_unref (self->hardest[--self->n_hardest].picture);
}

static void
enter (VInfoComposer *self, VInfoImage *image, const Judgement *judgement)
{
  for (guint i = 0; i < judgement->n; i++) {
    VInfoCrop crop = locate (self, image, &judgement->regions[i]);

    crop.frame = self->n_frames;
    crop.id = judgement->id;
    if (isfinite (crop.error))
      compete (self, image, crop);
  }
}

void
vinfo_composer_add (VInfoComposer *self, VInfoImage *image, guint64 id)
{
  if (!self->snapshot)
    self->snapshot = vinfo_predictor_get_snapshot (self->predictor);

  if (id == 0) {
    g_autofree Judgement *judgement = judge (self, image, id);

    enter (self, image, judgement);
  } else if (g_hash_table_add (self->ids, g_memdup2 (&id, sizeof id))) {
    enter (self, image, recall_or_judge (self, image, id));
  }
  self->n_frames++;
}

guint
vinfo_composer_get_n_frames (const VInfoComposer *self)
{
  return self->n_frames;
}

guint
vinfo_composer_get_n_crops (const VInfoComposer *self)
{
  return self->n_crops;
}

gboolean
vinfo_composer_is_full (const VInfoComposer *self)
{
  return self->n_frames >= self->config.window;
}

VInfoImage *
vinfo_composer_take (VInfoComposer *self, guint width, guint height,
    VInfoCrop *crops, guint *n_crops, guint64 *version)
{
  VInfoImage *pictures[VINFO_COMPOSER_CROPS];
  VInfoImage *mosaic = NULL;

  g_return_val_if_fail (width >= COLUMNS && height >= COLUMNS, NULL);

  *n_crops = self->n_hardest;
  *version = self->snapshot ? vinfo_snapshot_get_version (self->snapshot) : 0;
  for (guint i = 0; i < self->n_hardest; i++) {
    crops[i] = self->hardest[i].crop;
    pictures[i] = self->hardest[i].picture;
  }
  if (self->n_hardest > 0)
    mosaic = vinfo_image_mosaic (
        pictures, self->n_hardest, COLUMNS, width, height);
  vinfo_composer_clear (self);
  return mosaic;
}
