/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream.h"

#include <math.h>

#include "disturbance.h"
#include "shuffle.h"

/* Of an event's frames; the camera itself stands still. */
#define EVENT_REACH (2.0 / 32)
/* Runs until one comes back. */
#define SOONEST_RETURN 20
#define LATEST_RETURN 400

typedef struct {
  const StreamConfig *config;
  GPtrArray *pictures;
  GRand *random;
  GArray *frames;
  guint background; /* index of the picture that is the empty scene */
  double owed;      /* background frames */
  guint run;
} Maker;

static void
clear_frame (gpointer data)
{
  StreamFrame *frame = data;

  g_clear_pointer (&frame->image, vinfo_image_unref);
}

static VInfoImage *
picture (Maker *self, guint source)
{
  const DatasetItem *item = self->pictures->pdata[source];

  return item->image;
}

/* image: (transfer full) */
static void
add (Maker *self, FrameKind kind, guint source, VInfoImage *image)
{
  StreamFrame frame = { kind, source, self->run, image };

  g_array_append_val (self->frames, frame);
}

static FrameKind
choose_junk (Maker *self)
{
  FrameKind kind;

  do
    kind = (FrameKind)g_rand_int_range (
        self->random, FRAME_NOISE, N_FRAME_KINDS);
  while (!(self->config->junk_kinds & 1u << kind));
  return kind;
}

static void
add_junk (Maker *self)
{
  StreamFrame last
      = g_array_index (self->frames, StreamFrame, self->frames->len - 1);
  guint side = vinfo_image_get_width (last.image);
  FrameKind kind = choose_junk (self);
  VInfoImage *image;

  if (kind == FRAME_NOISE)
    image = disturbance_noise (side, self->random);
  else if (kind == FRAME_FLAT)
    image = disturbance_flat (side, self->random);
  else if (kind == FRAME_FROZEN)
    image = vinfo_image_ref (last.image);
  else
    image = disturbance_jitter (last.image, 0, self->random);
  add (self, kind, last.source, image);
}

/* As many pieces of junk after a frame as the share asks for. */
static void
disturb (Maker *self)
{
  while (g_rand_double (self->random) < self->config->junk)
    add_junk (self);
}

/* The Pareto distribution with exponent 1 has the median 2. */
static guint
draw_length (Maker *self)
{
  double u = 1 - g_rand_double (self->random);

  return (guint)CLAMP (floor (1 / u), 1, self->config->longest);
}

static void
add_run (Maker *self, guint source)
{
  guint n = draw_length (self);

  self->run++;
  for (guint i = 0; i < n; i++) {
    VInfoImage *image = picture (self, source);

    add (self, FRAME_EVENT, source,
        i == 0 ? vinfo_image_ref (image)
               : disturbance_jitter (image, EVENT_REACH, self->random));
    disturb (self);
  }
  self->owed += n * self->config->background
                / (1 - self->config->background - self->config->junk);
}

static void
add_background (Maker *self)
{
  guint n = (guint)self->owed;

  self->owed -= n;
  self->run += n > 0;
  for (guint i = 0; i < n; i++) {
    add (self, FRAME_BACKGROUND, self->background,
        disturbance_jitter (picture (self, self->background), 0, self->random));
    disturb (self);
  }
}

static gint
compare_classes (gconstpointer a, gconstpointer b, gpointer pictures)
{
  guint first = *(const guint *)a, second = *(const guint *)b;
  const DatasetItem *one = ((GPtrArray *)pictures)->pdata[first];
  const DatasetItem *other = ((GPtrArray *)pictures)->pdata[second];

  if (one->label != other->label)
    return one->label < other->label ? -1 : 1;
  return (first > second) - (first < second);
}

/* Returns: (transfer full): (element-type guint): sources in the order in which
 * they first come; one more, the background, is taken before. */
static GArray *
order_sources (Maker *self)
{
  guint n = self->pictures->len, wanted = self->config->sources;
  GArray *order = g_array_sized_new (FALSE, FALSE, sizeof (guint), n);

  for (guint i = 0; i < n; i++)
    g_array_append_val (order, i);
  if (wanted > 0 || self->config->shuffled)
    shuffle ((guint *)(gpointer)order->data, n, self->random);
  if (self->config->background > 0) {
    self->background = g_array_index (order, guint, order->len - 1);
    g_array_set_size (order, order->len - 1);
  }
  if (wanted > 0 && wanted < order->len)
    g_array_set_size (order, wanted);
  if (!self->config->shuffled)
    g_array_sort_with_data (order, compare_classes, self->pictures);
  return order;
}

/* A visit that comes back: after which run, and of what. */
typedef struct {
  guint due;
  guint source;
} Return;

static void
play (Maker *self, GArray *order)
{
  g_autoptr (GArray) returns = g_array_new (FALSE, FALSE, sizeof (Return));

  for (guint i = 0; i < order->len; i++) {
    guint source = g_array_index (order, guint, i);

    add_run (self, source);
    add_background (self);
    if (g_rand_double (self->random) < self->config->revisits) {
      Return later = { i
                           + (guint)g_rand_int_range (
                               self->random, SOONEST_RETURN, LATEST_RETURN),
        source };

      g_array_append_val (returns, later);
    }
    for (guint j = returns->len; j-- > 0;) {
      Return due = g_array_index (returns, Return, j);

      if (due.due > i && i + 1 < order->len)
        continue;
      add_run (self, due.source);
      add_background (self);
      g_array_remove_index_fast (returns, j);
    }
  }
}

GArray *
stream_new (const StreamConfig *config, GPtrArray *pictures, guint32 seed)
{
  Maker self = { .config = config,
    .pictures = pictures,
    .random = g_rand_new_with_seed (seed),
    .frames = g_array_new (FALSE, FALSE, sizeof (StreamFrame)) };
  g_autoptr (GArray) order = order_sources (&self);

  g_array_set_clear_func (self.frames, clear_frame);
  play (&self, order);
  g_rand_free (self.random);
  return self.frames;
}
