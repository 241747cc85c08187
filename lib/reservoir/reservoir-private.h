/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "reservoir/kept-private.h"
#include "reservoir/minima-private.h"
#include "reservoir/policy-private.h"
#include "reservoir/rate-private.h"
#include "reservoir/tickets-private.h"
#include "reservoir/vinfo-reservoir.h"

G_BEGIN_DECLS

typedef struct {
  guint64 offered;
  guint64 rejected[VINFO_N_REASONS];
} Counts;

/* For those who score, on any thread, while the reservoir may be at work. */
typedef struct {
  GMutex lock;       /* of all that follows; the innermost one */
  gdouble key, rank; /* thresholds */
  gboolean settled;  /* all kept are scored by `version` */
  guint64 version;
  guint64 unneeded; /* frames not offered, that no count knows yet */
} Bar;

struct _VInfoReservoir {
  GObject parent_instance;

  /* constant */
  VInfoReservoirConfig config; /* less its policy's name */
  const Policy *policy;
  VInfoStore *store;

  GMutex lock; /* of all that follows, and of the order of store calls */
  Kept kept;
  Tickets tickets;
  Rates rates;
  Minima keys, ranks;    /* thresholds, by the number of the offer */
  guint cursor;          /* of find_stale, a row */
  gboolean log_is_due;   /* the store's log holds what has expired */
  guint64 predictor;     /* that judges the kept; 0: none with a panel yet */
  guint64 n_unreadable;  /* samples that could not be scored anew */
  Counts counts;         /* of the store's whole life */
  Counts counts_at_open; /* what they were then */
  gboolean was_empty;    /* then */

  Bar bar;
};

/* All of these want the lock held. */

/* Returns: (transfer full): an index entry as of now */
VInfoSample *reservoir_copy_entry (VInfoReservoir *self, const Entry *entry);

/* admission.c: decides about @offer, and admits it. */
VInfoReason reservoir_decide (VInfoReservoir *self, const VInfoOffer *offer,
    GPtrArray **evicted, GError **error);
/* In two steps: whether @candidate, with all that the rules look at, may come
 * in, what goes for it being planned; and that @entry (transfer full) does. */
VInfoReason reservoir_judge (VInfoReservoir *self, VInfoSample *candidate,
    guint quota, gdouble duplicate_cosine);
VInfoReason reservoir_admit (
    VInfoReservoir *self, Entry *entry, GPtrArray **evicted, GError **error);
gdouble reservoir_get_usable_quantile (const VInfoScore *score);
gboolean embedding_is_finite (const gfloat *embedding, guint size);

/* storing.c: makes the store follow a plan: evictions first, then @newcomer.
 * Where that fails, the plan is undone and the reservoir falls back. */
gboolean reservoir_swap (
    VInfoReservoir *self, const VInfoSample *newcomer, GError **error);
gboolean reservoir_remove_planned (VInfoReservoir *self, GError **error);
gboolean reservoir_read_store (VInfoReservoir *self, GError **error);
gboolean reservoir_write_changes (VInfoReservoir *self, GError **error);

/* Puts @name into @counter, where it isn't there already. */
gboolean reservoir_write_name (
    VInfoReservoir *self, const char *counter, gint64 name, GError **error);

/* To what the store still has after it failed: all that was committed. */
void reservoir_fall_back (VInfoReservoir *self);

gboolean reservoir_commit (VInfoReservoir *self, GError **error);

/* quota.c: plans that the worst of @feed go until @candidate has a place within
 * @quota (0: none); FALSE where it doesn't beat them. */
gboolean reservoir_plan_quota (VInfoReservoir *self, const char *feed,
    guint quota, const VInfoSample *candidate);

/* inclusion.c: the probability that @entry is kept; before its weight changes,
 * what it is so far is noted; and thresholds may have changed, by the offer
 * that is counted last or @after it. */
gdouble reservoir_get_inclusion (VInfoReservoir *self, const Entry *entry);
void reservoir_note_inclusion (VInfoReservoir *self, Entry *entry);
void reservoir_follow_thresholds (VInfoReservoir *self, gboolean after);
void reservoir_restart_thresholds (VInfoReservoir *self);

/* bar.c: the bar follows the kept set, all that is kept is of @version, a sample
 * of @version was admitted or scored anew, and unneeded frames are counted. */
void reservoir_publish_bar (VInfoReservoir *self);
void reservoir_settle_version (VInfoReservoir *self, guint64 version);
void reservoir_note_version (VInfoReservoir *self, guint64 version);
void reservoir_add_unneeded (VInfoReservoir *self);

/* provenance.c: by which predictor samples are judged from now on (without the
 * lock), and puts that into the store. What another judged before the store was
 * opened is stale, whatever its version. */
void reservoir_note_predictor (
    VInfoReservoir *self, const VInfoSnapshot *snapshot);
gboolean reservoir_write_predictor (VInfoReservoir *self, GError **error);

/* counts.c */
void reservoir_read_counts (VInfoReservoir *self);
gboolean reservoir_write_counts (VInfoReservoir *self, GError **error);

G_END_DECLS
