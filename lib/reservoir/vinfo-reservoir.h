/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-reason.h"
#include "predictor/vinfo-scorer.h"
#include "reservoir/vinfo-policy.h"
#include "store/vinfo-store.h"

G_BEGIN_DECLS

#define VINFO_TYPE_RESERVOIR (vinfo_reservoir_get_type ())
#define VINFO_RESERVOIR_ERROR (vinfo_reservoir_error_quark ())

typedef enum {
  VINFO_RESERVOIR_ERROR_POLICY, /* no such policy */
  VINFO_RESERVOIR_ERROR_CONFIG  /* a capacity or share out of range */
} VInfoReservoirError;

VINFO_API
GQuark vinfo_reservoir_error_quark (void);

/**
 * VInfoReservoirConfig:
 * @policy: "vinfo" (soft keys on the score, near-duplicates refused, uniform
 *   share), "uniform", "top-k", "fifo", "minred" (the most redundant goes),
 *   "meddel" (MedDEL thins the set out whenever it is full) or "optidel" (the
 *   highest `region` of the score)
 * @capacity: most samples kept
 * @capacity_bytes: most bytes of encoded blobs kept
 * @seed: of the tickets
 * @uniform_share: part of @capacity that is an independent uniform sample
 * @temperature: T of w = exp(q/T)
 * @codec: how frames are encoded
 * @quality: 1 to 100, for lossy codecs
 * @max_age: ns since their arrival (`wall_time`) for which samples are kept, by
 *   vinfo_reservoir_expire(); 0 for ever
 * @similarity: η of MedDEL: of two in a cluster with a larger cosine one goes
 */
typedef struct {
  const char *policy;
  guint capacity;
  guint64 capacity_bytes;
  guint64 seed;
  gdouble uniform_share;
  gdouble temperature;
  VInfoImageCodec codec;
  guint quality;
  gdouble similarity;
  guint64 max_age;
} VInfoReservoirConfig;

/** VINFO_RESERVOIR_CONFIG_INIT: vinfo, 512 samples, 1 GiB, 25%, T = ¼, PNG,
 * η = 0.85. */
#define VINFO_RESERVOIR_CONFIG_INIT                                            \
  {                                                                            \
    "vinfo", 512, G_GUINT64_CONSTANT (1) << 30, 0, 0.25, 0.25,                 \
        VINFO_IMAGE_CODEC_PNG, 90, 0.85, 0                                     \
  }

/**
 * VInfoOffer:
 *
 * A frame as it is offered. Nothing is copied unless it is admitted.
 */
typedef struct {
  guint64 id;
  const char *feed;
  const char *source; /* "" where unknown */
  const char *caps;
  guint64 pts;
  gint64 wall_time;
  VInfoImage *image;       /* the fitted frame */
  const guint8 *thumbnail; /* [VINFO_THUMBNAIL_SIZE] */
  VInfoScore score;
  const gfloat *embedding; /* [embedding_size], normalised, or NULL */
  guint embedding_size;
  gdouble duplicate_cosine; /* η: more similar is a near-duplicate */
  guint quota;      /* most samples of its feed that are kept; 0: no limit */
  gdouble max_rate; /* most of its feed admitted a minute; 0: no limit */
  guint64 run; /* id of the still scene's first frame, 0: to be found here */
} VInfoOffer;

/**
 * VInfoVerdict:
 * @kept: whether the frame was admitted
 * @reason: why not, else %VINFO_REASON_NONE
 * @evicted: (element-type VInfoSample) (nullable): those that went for it
 */
typedef struct {
  gboolean kept;
  VInfoReason reason;
  GPtrArray *evicted;
} VInfoVerdict;

/**
 * VInfoReservoir:
 *
 * The bounded set of kept samples (index in memory, frames in the store).
 * Capacity in samples and in bytes are bounds at every instant, inside the
 * store too: evictions come before the insert. Thread-safe (one lock).
 */
VINFO_API
G_DECLARE_FINAL_TYPE (
    VInfoReservoir, vinfo_reservoir, VINFO, RESERVOIR, GObject)

/**
 * vinfo_reservoir_check:
 *
 * For what is to be known before a store is made.
 *
 * Returns: %FALSE with the @error that vinfo_reservoir_new() would have of
 *   @config
 */
VINFO_API
gboolean vinfo_reservoir_check (
    const VInfoReservoirConfig *config, GError **error);

/**
 * vinfo_reservoir_new:
 * @store: kept samples; those in it already are taken over (and evicted down
 *   to the capacity), so reopening continues where it stopped
 *
 * Returns: (transfer full): the reservoir, or %NULL with @error
 */
VINFO_API
VInfoReservoir *vinfo_reservoir_new (
    const VInfoReservoirConfig *config, VInfoStore *store, GError **error);

/**
 * vinfo_reservoir_fits_store:
 *
 * Returns: %FALSE where the store had been kept with another policy or
 *   temperature, so that all keys are new ones since the next commit
 */
VINFO_API
gboolean vinfo_reservoir_fits_store (VInfoReservoir *reservoir);

/**
 * vinfo_reservoir_offer:
 * @verdict: (out): clear with vinfo_verdict_clear()
 *
 * Decides about one frame. A refusal is no error.
 *
 * Of a feed with `max_rate` r at most r·t + max(r, 1) frames are admitted in t
 * minutes of their own time, `pts` (`wall_time` where that is unknown): each
 * takes a token, of which a minute brings r and no more than max(r, 1) wait. A
 * near-duplicate that replaces its like takes one as well. What all other rules
 * let in and finds none is refused as %VINFO_REASON_RATE.
 *
 * Returns: %FALSE with @error only where the store failed; the frame is then
 *   refused with %VINFO_REASON_STORE, and what was committed stays kept
 */
VINFO_API
gboolean vinfo_reservoir_offer (VInfoReservoir *reservoir,
    const VInfoOffer *offer, VInfoVerdict *verdict, GError **error);
VINFO_API
void vinfo_verdict_clear (VInfoVerdict *verdict);

/**
 * vinfo_reservoir_adopt:
 * @sample: with its blob, as another store keeps it
 * @duplicate_cosine: η: more similar is a near-duplicate
 * @verdict: (out): clear with vinfo_verdict_clear()
 *
 * Decides about a sample of another reservoir by its ticket, score, embedding
 * and arrival, as if it were offered, and takes it over as it is encoded. It was
 * counted among that one's offers: only a refusal is counted here.
 *
 * Where keys are fixed and comparable (one policy, seed and version of one
 * predictor), no redundancy or quota rule acts and each part's capacity is at
 * least this one's, what is kept of several parts is what one reservoir would
 * have kept of all their offers.
 *
 * Returns: %FALSE with @error only where the store failed
 */
VINFO_API
gboolean vinfo_reservoir_adopt (VInfoReservoir *reservoir,
    const VInfoSample *sample, gdouble duplicate_cosine, VInfoVerdict *verdict,
    GError **error);

/**
 * vinfo_reservoir_may_keep:
 * @id: of the frame
 * @run: id of the first frame of the frame's still scene
 * @version: of the predictor that would score it
 *
 * Whether a frame that is offered next could be admitted under some score: u is
 * drawn from these and the seed alone, and E = −log(u)/w is least for w = exp(1/T).
 * %TRUE where that can't be said: for policies that don't draw, and until all
 * that is kept was scored by @version (vinfo_reservoir_rescore_next() says so by
 * finding none). Never waits for an offer in work.
 */
VINFO_API
gboolean vinfo_reservoir_may_keep (
    VInfoReservoir *reservoir, guint64 id, guint64 run, guint64 version);

/**
 * vinfo_reservoir_count_unneeded:
 *
 * Counts a frame that was not offered, since vinfo_reservoir_may_keep() said
 * no, among the offers and as %VINFO_REASON_UNNEEDED. Never waits.
 */
VINFO_API
void vinfo_reservoir_count_unneeded (VInfoReservoir *reservoir);

/**
 * vinfo_reservoir_rescore:
 * @score: under the current predictor
 * @embedding: (array length=embedding_size) (nullable)
 *
 * Replaces a kept sample's score. A quantile that was measured never falls by
 * this: what is merely learnt stays. But where at least 20 views left more than
 * 0.9 of the loss that the sample had when it was admitted, it has turned out
 * unlearnable: its quantile is 0 then, and it goes when others come.
 */
VINFO_API
void vinfo_reservoir_rescore (VInfoReservoir *reservoir, guint64 id,
    const VInfoScore *score, const gfloat *embedding, guint embedding_size);

/**
 * vinfo_reservoir_find_stale:
 * @version: the current predictor's
 *
 * Returns: (transfer full) (nullable): one index entry scored or embedded under
 *   an older version, in turn
 */
VINFO_API
VInfoSample *vinfo_reservoir_find_stale (
    VInfoReservoir *reservoir, guint64 version);

/**
 * vinfo_reservoir_rescore_next:
 * @scorer: of the calling thread
 * @snapshot: the current predictor
 * @kind: what `value` and `quantile` are of
 *
 * Scores and embeds one kept sample that is older than @snapshot, from its
 * frame in the store.
 *
 * Returns: whether one was; %FALSE without @error where none is older, and with
 *   @error where one can't be read: it keeps the score that it has and isn't
 *   tried again under this version, so that the next call goes on with the next
 */
VINFO_API
gboolean vinfo_reservoir_rescore_next (VInfoReservoir *reservoir,
    VInfoScorer *scorer, const VInfoSnapshot *snapshot, VInfoScoreKind kind,
    GError **error);

/**
 * vinfo_reservoir_judge:
 * @id: of a kept sample
 *
 * Scores and embeds it under @snapshot, whatever scored it last. What it was
 * before counts no more: its quantile may fall.
 *
 * Returns: %FALSE with @error where there is none or it can't be read
 */
VINFO_API
gboolean vinfo_reservoir_judge (VInfoReservoir *reservoir, guint64 id,
    VInfoScorer *scorer, const VInfoSnapshot *snapshot, VInfoScoreKind kind,
    GError **error);

/** vinfo_reservoir_get_n_unreadable: how often a kept sample could not be scored
 * anew, since opening. */
VINFO_API
guint64 vinfo_reservoir_get_n_unreadable (VInfoReservoir *reservoir);

/**
 * vinfo_reservoir_expire:
 * @now: µs since 1970
 * @n_expired: (out) (optional): how many went
 *
 * Removes samples that are older than the configured age, counts them as
 * %VINFO_REASON_EXPIRED and commits. Their bytes are overwritten and the store's
 * log is emptied, or where something is reading it, by a later call.
 */
VINFO_API
gboolean vinfo_reservoir_expire (
    VInfoReservoir *reservoir, gint64 now, guint *n_expired, GError **error);

/**
 * vinfo_reservoir_list:
 *
 * Returns: (transfer full) (element-type VInfoSample): index entries of all
 *   kept, by arrival
 */
VINFO_API
GPtrArray *vinfo_reservoir_list (VInfoReservoir *reservoir);
VINFO_API
guint vinfo_reservoir_get_size (VInfoReservoir *reservoir);
VINFO_API
guint64 vinfo_reservoir_get_bytes (VInfoReservoir *reservoir);

/** vinfo_reservoir_get_mean_pvi: mean PVI of the kept, NaN where unknown. */
VINFO_API
gdouble vinfo_reservoir_get_mean_pvi (VInfoReservoir *reservoir);

/** vinfo_reservoir_count_view: notes that a trainer was handed sample @id. */
VINFO_API
void vinfo_reservoir_count_view (VInfoReservoir *reservoir, guint64 id);

/**
 * vinfo_reservoir_get_counts:
 *
 * Offers and refusals by reason, since opening. What was kept and had to go is
 * counted as %VINFO_REASON_EVICTED, what a failing store lost as
 * %VINFO_REASON_STORE, so that offers are kept samples and refusals.
 */
VINFO_API
void vinfo_reservoir_get_counts (VInfoReservoir *reservoir, guint64 *offered,
    guint64 rejected[VINFO_N_REASONS]);

/**
 * vinfo_reservoir_commit:
 *
 * Makes all that was decided durable, counts included (the store's counters
 * "offered" and "rejected-REASON" cover its whole life). Where that fails, the
 * reservoir holds what was committed before.
 */
VINFO_API
gboolean vinfo_reservoir_commit (VInfoReservoir *reservoir, GError **error);

G_END_DECLS
