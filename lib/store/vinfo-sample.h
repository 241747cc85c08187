/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "image/vinfo-image.h"
#include "predictor/vinfo-score.h"

G_BEGIN_DECLS

#define VINFO_TYPE_SAMPLE (vinfo_sample_get_type ())

/**
 * VInfoSample:
 *
 * One kept frame with everything the store holds of it. Immutable once shared;
 * plain reference counting.
 */
typedef struct {
  gint ref_count;
  guint64 id; /* hash of feed, source, stream time */
  char *feed;
  char *source;     /* URI or "" */
  guint64 pts;      /* original stream time, ns, or GST_CLOCK_TIME_NONE */
  gint64 wall_time; /* of arrival, µs since 1970 */
  char *caps;       /* of the source */
  VInfoImageCodec codec;
  GBytes *blob;        /* the encoded frame; NULL in an index entry */
  gsize blob_size;     /* bytes of it */
  guint width, height; /* of the stored picture */
  VInfoScore score;
  gdouble u;              /* (0, 1): the ticket, hash of id and seed */
  gdouble key;            /* A-Res: -log(u)/w, smaller is better */
  gboolean uniform;       /* in the uniform share */
  gboolean spare;         /* a near-duplicate that only fills free room */
  guint64 arrival;        /* number of the offer that admitted it */
  gdouble inclusion;      /* inclusion probability, of what follows together */
  gdouble soft_inclusion; /* to have stayed by its key, so far */
  gdouble uniform_inclusion; /* to have stayed in the uniform share */
  guint views;               /* times a trainer has seen it */
  gfloat first_loss;         /* when it was admitted; NaN where unknown */
  guint8 thumbnail[VINFO_THUMBNAIL_SIZE];
  guint embedding_size;
  gfloat *embedding; /* [embedding_size], centred and normalised; or NULL */
  guint64 embedding_version;
} VInfoSample;

VINFO_API
GType vinfo_sample_get_type (void);
/** vinfo_sample_new: (constructor) Returns: (transfer full): zeroed, one ref */
VINFO_API
VInfoSample *vinfo_sample_new (void);
/** vinfo_sample_copy: Returns: (transfer full): a copy that shares the blob */
VINFO_API
VInfoSample *vinfo_sample_copy (const VInfoSample *sample);
VINFO_API
VInfoSample *vinfo_sample_ref (VInfoSample *sample);
VINFO_API
void vinfo_sample_unref (VInfoSample *sample);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VInfoSample, vinfo_sample_unref)

G_END_DECLS
