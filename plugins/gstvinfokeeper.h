/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gstvinforescoring.h"
#include "gstvinforeservoirpad.h"
#include "reservoir/vinfo-reservoir.h"
#include "score/vinfo-result.h"

G_BEGIN_DECLS

/* A frame's result on its way from a sink pad to the verdict. */
typedef struct {
  GstElement *element; /* owned: scorers may finish after the element stopped */
  GstVInfoReservoirPad *pad;
  VInfoResult *result; /* NULL while it is pending: that one owns this */
  char *feed;
  guint quota;
  gdouble max_rate;
  gint epoch;          /* of the pad when the frame arrived */
  gboolean sync;       /* its streaming thread waits, so it is never refused */
  VInfoReason refusal; /* known on arrival, NONE where it is to be offered */
} GstVInfoArrival;

GstVInfoArrival *gst_vinfo_arrival_new (GstElement *element,
    GstVInfoReservoirPad *pad, VInfoResult *result, VInfoReason refusal);
GstVInfoArrival *gst_vinfo_arrival_ref (GstVInfoArrival *arrival);
void gst_vinfo_arrival_unref (GstVInfoArrival *arrival);

/* What the keeper tells its element; no lock is held. */
typedef struct {
  /* What became of an arrival (NONE: kept), on any thread. */
  void (*settled) (GstVInfoArrival *arrival, VInfoReason reason);
  /* That the store failed, on any thread. */
  void (*failed) (GstElement *element, const GError *error);
  /* That all is durable, on any thread. */
  void (*committed) (GstElement *element);
  /* That a kept sample can't be scored anew, on the keeper's thread. */
  void (*unreadable) (GstElement *element, const GError *error);
  /* That samples have grown too old, on the keeper's thread. */
  void (*expired) (GstElement *element);
  /* That results of several models are offered, on the keeper's thread. */
  void (*mixed) (GstElement *element);
  /* After each offer, on the keeper's thread. */
  void (*progressed) (GstElement *element);
} GstVInfoKeeperFuncs;

/* Offers results to the reservoir and commits, on a thread of its own: no
 * streaming thread ever waits for the store. Lives as long as its element, so
 * that a scorer which finishes late still finds it. */
typedef struct _GstVInfoKeeper GstVInfoKeeper;

GstVInfoKeeper *gst_vinfo_keeper_new (
    GstElement *element, const GstVInfoKeeperFuncs *funcs);
void gst_vinfo_keeper_free (GstVInfoKeeper *keeper);

/* @rescoring: (transfer full) (nullable): scores kept samples anew after each
 * publication: of lock-step feeds before the next frame is offered, else when
 * nothing waits; @expires: whether samples grow too old, which is looked at when
 * it starts and each second */
void gst_vinfo_keeper_start (GstVInfoKeeper *keeper, VInfoReservoir *reservoir,
    GstVInfoRescoring *rescoring, guint queue_size, gboolean expires);

/* Refuses what waits as FLUSHED, commits, and ends the thread. */
void gst_vinfo_keeper_stop (GstVInfoKeeper *keeper);

/* Takes an arrival with its result, which is no longer pending. Never blocks:
 * where queue_size wait already it is refused as BUSY. */
void gst_vinfo_keeper_push (
    GstVInfoKeeper *keeper, GstVInfoArrival *arrival, VInfoResult *result);

/* Settles an arrival whose result was given up by its scorer. */
void gst_vinfo_keeper_abandon (
    GstVInfoKeeper *keeper, GstVInfoArrival *arrival);

/* Refuses what waits and is of an older epoch of its pad. */
void gst_vinfo_keeper_flush (GstVInfoKeeper *keeper);

/* Number of kept samples, without waiting for an offer in work. */
guint gst_vinfo_keeper_get_kept (GstVInfoKeeper *keeper);

/* Makes all verdicts durable. A store that nothing was offered to since the
 * start is left alone: it may be another's, and only be read. */
gboolean gst_vinfo_keeper_commit (GstVInfoKeeper *keeper);

G_END_DECLS
