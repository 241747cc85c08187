/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/watch-private.h"

#include <gio/gio.h>

/* What is written file by file should be complete; who publishes by a swap of a
 * link needs no such pause. */
#define QUIET_MS 200

struct _Watch {
  char *location;
  WatchFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
  GMainContext *context;
  GThread *thread;
  gint stop; /* atomic */

  /* the thread's */
  GSource *quiet;  /* goes off when nothing happened for a while, or NULL */
  gboolean orphan; /* freed from within func: the thread does it at its end */
};

static void
watch_destroy (Watch *self)
{
  self->destroy (self->user_data);
  g_main_context_unref (self->context);
  g_free (self->location);
  g_free (self);
}

static void
forget_quiet (Watch *self)
{
  if (!self->quiet)
    return;
  g_source_destroy (self->quiet);
  g_clear_pointer (&self->quiet, g_source_unref);
}

static gboolean
tell (gpointer watch)
{
  Watch *self = watch;

  forget_quiet (self);
  self->func (self->user_data);
  return G_SOURCE_REMOVE;
}

static void
wait_for_quiet (Watch *self)
{
  forget_quiet (self);
  self->quiet = g_timeout_source_new (QUIET_MS);
  g_source_set_callback (self->quiet, tell, self, NULL);
  g_source_attach (self->quiet, self->context);
}

static void
on_changed (GFileMonitor *monitor, GFile *file, GFile *other,
    GFileMonitorEvent event, gpointer watch)
{
  wait_for_quiet (watch);
}

/* NULL where the file system can't; what it holds is read at the start then. */
static GFileMonitor *
monitor_directory (Watch *self, GFile *directory)
{
  g_autoptr (GError) error = NULL;
  GFileMonitor *monitor = g_file_monitor_directory (
      directory, G_FILE_MONITOR_WATCH_MOVES, NULL, &error);

  if (!monitor) {
    g_info ("%s: watch for new versions: %s", self->location, error->message);
    return NULL;
  }
  g_signal_connect (monitor, "changed", G_CALLBACK (on_changed), self);
  return monitor;
}

/* A link, as `latest` is one, is changed in the directory that it is in. */
static GFileMonitor *
monitor_parent_of_link (Watch *self, GFile *location)
{
  g_autoptr (GFile) parent = NULL;

  if (!g_file_test (self->location, G_FILE_TEST_IS_SYMLINK))
    return NULL;
  parent = g_file_get_parent (location);
  return parent ? monitor_directory (self, parent) : NULL;
}

static gpointer
run (gpointer watch)
{
  Watch *self = watch;
  g_autoptr (GFile) location = g_file_new_for_path (self->location);
  g_autoptr (GFileMonitor) inside = NULL;
  g_autoptr (GFileMonitor) around = NULL;

  g_main_context_push_thread_default (self->context);
  inside = monitor_directory (self, location);
  around = monitor_parent_of_link (self, location);
  wait_for_quiet (self);
  while (!g_atomic_int_get (&self->stop))
    g_main_context_iteration (self->context, TRUE);
  forget_quiet (self);
  g_clear_object (&inside);
  g_clear_object (&around);
  g_main_context_pop_thread_default (self->context);
  if (self->orphan)
    watch_destroy (self);
  return NULL;
}

Watch *
watch_new (const char *location, WatchFunc func, gpointer user_data,
    GDestroyNotify destroy)
{
  Watch *self = g_new0 (Watch, 1);

  self->location = g_strdup (location);
  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;
  self->context = g_main_context_new ();
  self->thread = g_thread_new ("vinfo-watch", run, self);
  return self;
}

/* What func called for, perhaps by dropping the last reference to what it works
 * on: a thread can't wait for its own end. */
static void
free_from_within (Watch *self)
{
  g_atomic_int_set (&self->stop, TRUE);
  self->orphan = TRUE;
  g_thread_unref (self->thread);
}

void
watch_free (Watch *self)
{
  if (!self)
    return;
  if (g_main_context_is_owner (self->context)) {
    free_from_within (self);
    return;
  }
  g_atomic_int_set (&self->stop, TRUE);
  g_main_context_wakeup (self->context); /* also of one that has yet to wait */
  g_thread_join (self->thread);
  watch_destroy (self);
}
