/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "gstvinfoimagecache.h"
#include "gstvinfokeeper.h"
#include "gstvinfolimiter.h"
#include "gstvinfomode.h"
#include "gstvinfopreroll.h"
#include "gstvinfoserver.h"

G_BEGIN_DECLS

#define GST_TYPE_VINFO_RESERVOIR (gst_vinfo_reservoir_get_type ())

G_DECLARE_FINAL_TYPE (
    GstVInfoReservoir, gst_vinfo_reservoir, GST, VINFO_RESERVOIR, GstElement)
GST_ELEMENT_REGISTER_DECLARE (vinforeservoir)

GST_DEBUG_CATEGORY_EXTERN (gst_vinfo_reservoir_debug);

typedef struct {
  guint64 offered;
  guint64 admitted;
  guint64 rejected[VINFO_N_REASONS];
  guint64 unscored;
  guint64 samples;
} GstVInfoReservoirCounts;

/* What the src pad's task is to do next. */
typedef enum {
  GST_VINFO_RESERVOIR_WORK_NONE,
  GST_VINFO_RESERVOIR_WORK_START,
  GST_VINFO_RESERVOIR_WORK_SAMPLE,
  GST_VINFO_RESERVOIR_WORK_END
} GstVInfoReservoirWork;

struct _GstVInfoReservoir {
  GstElement parent;

  GstPad *srcpad;
  GstVInfoKeeper *keeper;

  GMutex role; /* held while the following are set up or taken down; taken
                  before lock, with which pointers change that others read */

  /* NULL→READY to READY→NULL */
  VInfoStore *store;
  VInfoReservoir *reservoir; /* NULL: a replay, without feeds so far */
  VInfoPredictorTable *table;
  VInfoNeeds *needs;          /* while the keeper runs */
  guint need;                 /* our number in them */
  GstVInfoServer *server;     /* READY→PAUSED to PAUSED→READY */
  GstVInfoImageCache *images; /* the same; the src task's */

  guint next_pad; /* object lock */
  GstVInfoPreroll preroll;

  GMutex lock; /* protects the following; taken before any object lock */
  GCond cond;  /* anything below, or a pad's state, changed */

  /* properties */
  gboolean async;
  char *location;
  char *policy;
  char *model_id;
  VInfoReservoirConfig config;
  GstVInfoMode mode;
  GstVInfoOrder order;
  gdouble samples_per_frame;
  GstVInfoLimiter limiter; /* and what it counts */
  guint min_samples;
  guint max_views;
  guint num_epochs;
  guint64 drain_timeout;
  gint num_buffers;
  guint queue_size;

  /* what happened since READY→PAUSED */
  GstVInfoReservoirCounts counts;
  guint64 before[VINFO_N_REASONS]; /* the reservoir's refusals until then */
  gboolean warned_unscored;
  gboolean warned_store;
  guint recovered; /* admissions since the store failed last */
  gboolean warned_unreadable;
  gint64 stats_due; /* monotonic, µs */

  /* the src pad's task */
  gboolean arrived; /* data, or EOS, of any feed */
  gint seeks;       /* that flush, on their way to the feeds */
  gboolean active;  /* the task may run */
  gboolean playing;
  gboolean started;       /* the peer has STREAM_START to GAP */
  gboolean serving;       /* a sample is on its way */
  gboolean draining;      /* no more frames come */
  gboolean drained;       /* and all passes were served */
  gboolean ended;         /* EOS was sent or posted */
  gboolean eos_due;       /* to be posted in PLAYING */
  guint32 eos_seqnum;     /* of the last feed's event, or the application's */
  gboolean eos_requested; /* by the application */
  GstFlowReturn flow;     /* of the last push */
  gboolean told_flow;     /* that nobody takes samples */
  gboolean flushing;      /* by an event through the pad */
  gboolean flushed;       /* the same, at some time since the sample began */
  gboolean clocked;       /* feeds are live: samples have the clock's time */
  gint64 drain_start;     /* monotonic, µs */
  gdouble credit;         /* samples that may be pushed */
  gdouble debt;           /* samples that lock-step frames to come will pay */
  guint64 views;          /* samples pushed since the last admission */

  /* the task's own */
  guint width, height; /* of the src pad's caps */
  gboolean passing;    /* the server counts passes */
  GstClockTime time;   /* of the last sample */
};

/* gstvinforeservoirsrc.c: the src pad. */
void gst_vinfo_reservoir_src_add_template (GstElementClass *klass);
GstPad *gst_vinfo_reservoir_src_new (GstVInfoReservoir *self);
void gst_vinfo_reservoir_src_reset (GstVInfoReservoir *self);
void gst_vinfo_reservoir_src_update_role (GstVInfoReservoir *self);

/* gstvinforeservoirtask.c: what the src pad's task does, over and over. */
void gst_vinfo_reservoir_src_loop (GstPad *pad);

/* gstvinforeservoirdue.c: what the task is to do; all want the lock. */

/* Whether the element serves what a store holds and records nothing. */
gboolean gst_vinfo_reservoir_src_is_replay (GstVInfoReservoir *self);

/* Whether somebody takes samples. */
gboolean gst_vinfo_reservoir_src_serves (GstVInfoReservoir *self);

/* Whether the frames so far bring at least one more. */
gboolean gst_vinfo_reservoir_src_has_credit (GstVInfoReservoir *self);
gboolean gst_vinfo_reservoir_src_owes (GstVInfoReservoir *self);
GstVInfoReservoirWork gst_vinfo_reservoir_src_find_work (
    GstVInfoReservoir *self);
void gst_vinfo_reservoir_src_resume (GstVInfoReservoir *self);
void gst_vinfo_reservoir_src_note_admission (
    GstVInfoReservoir *self, gboolean bounded);
void gst_vinfo_reservoir_src_add_credit (
    GstVInfoReservoir *self, gboolean bounded);

/* gstvinforeservoirsink.c: where nobody takes samples. */
gboolean gst_vinfo_reservoir_is_sink (GstVInfoReservoir *self);
gboolean gst_vinfo_reservoir_sink_prerolls (GstVInfoReservoir *self);
void gst_vinfo_reservoir_sink_follow_state (GstVInfoReservoir *self);
void gst_vinfo_reservoir_sink_preroll (GstVInfoReservoir *self);
void gst_vinfo_reservoir_sink_begin_flush (
    GstVInfoReservoir *self, GstVInfoReservoirPad *pad);
void gst_vinfo_reservoir_sink_end_flush (
    GstVInfoReservoir *self, GstEvent *flush_stop);
void gst_vinfo_reservoir_sink_post_eos (GstVInfoReservoir *self);
void gst_vinfo_reservoir_sink_expect_streams (GstVInfoReservoir *self);
void gst_vinfo_reservoir_sink_begin_stream (
    GstVInfoReservoir *self, GstVInfoReservoirPad *pad, GstEvent *stream_start);
gboolean gst_vinfo_reservoir_sink_send_upstream (
    GstVInfoReservoir *self, GstEvent *event);
gboolean gst_vinfo_reservoir_sink_query (GstVInfoReservoir *self, GstQuery *q);

/* gstvinforeservoirproperties.c */
void gst_vinfo_reservoir_install_properties (GObjectClass *klass);
void gst_vinfo_reservoir_init_properties (GstVInfoReservoir *self);

/* gstvinforeservoir.c */
GPtrArray *gst_vinfo_reservoir_list_kept (GstVInfoReservoir *self);
GstStructure *gst_vinfo_reservoir_get_stats (GstVInfoReservoir *self);
void gst_vinfo_reservoir_count_unscored (
    GstVInfoReservoir *self, gboolean bounded);

G_END_DECLS
