/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/safetensors-private.h"
#include "predictor/gaussian-private.h"
#include "predictor/vinfo-score.h"

G_BEGIN_DECLS

/* Fewest embeddings that statistics are made of. */
#define OOD_MIN 32
/* A class for so many embeddings; fewest and most classes. */
#define OOD_PER_CLASS 32
#define OOD_MIN_CLASSES 2
#define OOD_MAX_CLASSES 16
/* λ of (1 − λ)Σ + λ·tr(Σ)/d·I */
#define OOD_SHRINKAGE 0.1
/* k of the k-th nearest neighbour, among 2d embeddings or so many */
#define OOD_NEIGHBOUR 10
#define OOD_MIN_BANK 256

/* What the embeddings of one model's panel and training pictures are like:
 * all that a new embedding's distance from them takes. Immutable. */
typedef struct {
  gint ref_count;
  guint width;          /* d */
  guint n;              /* embeddings behind it */
  Gaussians classes;    /* of φ */
  Gaussians whole;      /* of φ, one class */
  Gaussians directions; /* of φ/‖φ‖ */
  guint n_neighbours;
  float *neighbours; /* [n_neighbours, d] φ/‖φ‖ of some */
} Ood;

/* embeddings: [n, width] as the encoder leaves them, neither centred nor
 * normalised; full covariances from n = 2·width on. NULL where there are fewer
 * than OOD_MIN or one is not finite. */
Ood *ood_new (const float *embeddings, guint n, guint width);
Ood *ood_ref (Ood *ood);
void ood_unref (Ood *ood);

/* How far an embedding [width] is from those; high = out of distribution. NaN
 * for VINFO_OOD_NONE. Takes one (`relative`: two) triangular solves of d²
 * operations, `knn` a pass over its rows. scratch: [ood_scratch_size()] */
double ood_score (
    const Ood *ood, VInfoOodKind kind, const float *embedding, double *scratch);

static inline gsize
ood_scratch_size (const Ood *ood)
{
  return MAX (ood->width, OOD_NEIGHBOUR) + ood->width;
}

/* As tensors `ood.*` of a predictor's file; entries point into ood. Returns
 * how many. Whoever writes them puts n into the file's metadata. */
#define OOD_SIZE_KEY "ood_size"
#define OOD_MAX_ENTRIES 10
guint ood_describe (const Ood *ood, SafetensorsEntry entries[OOD_MAX_ENTRIES]);

/* Leaves *ood NULL where the file has none. */
gboolean ood_read (const Safetensors *in, const char *path, guint width,
    Ood **ood, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ood, ood_unref)

G_END_DECLS
