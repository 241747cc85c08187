/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tells ThreadSanitizer what GLib's locks and reference counts order. The
 * distribution's GLib is not instrumented and its GMutex is a bare futex, so
 * without this every locked access would be reported as a race. Linked into
 * the tests of a b_sanitize=thread build; calls from GLib to itself go past. */
#include <dlfcn.h>
#include <glib-object.h>
#include <pthread.h>

#undef g_once_init_leave

void __tsan_acquire (void *address);
void __tsan_release (void *address);
void g_once_init_leave (volatile void *location, gsize result);
void gst_mini_object_unref (gpointer object);

/* The next definition of a function: GLib's own. */
#define REAL(function)                                                         \
  ({                                                                           \
    static __typeof__ (&function) real;                                        \
    if (!real)                                                                 \
      real = (__typeof__ (real))dlsym (RTLD_NEXT, #function);                  \
    real;                                                                      \
  })

#define EXPORT __attribute__ ((visibility ("default"), no_sanitize ("thread")))

EXPORT void
g_mutex_lock (GMutex *mutex)
{
  REAL (g_mutex_lock) (mutex);
  __tsan_acquire (mutex);
}

EXPORT gboolean
g_mutex_trylock (GMutex *mutex)
{
  gboolean locked = REAL (g_mutex_trylock) (mutex);

  if (locked)
    __tsan_acquire (mutex);
  return locked;
}

EXPORT void
g_mutex_unlock (GMutex *mutex)
{
  __tsan_release (mutex);
  REAL (g_mutex_unlock) (mutex);
}

EXPORT void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  __tsan_release (mutex);
  REAL (g_cond_wait) (cond, mutex);
  __tsan_acquire (mutex);
}

EXPORT gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_time)
{
  gboolean signalled;

  __tsan_release (mutex);
  signalled = REAL (g_cond_wait_until) (cond, mutex, end_time);
  __tsan_acquire (mutex);
  return signalled;
}

EXPORT void
g_once_init_leave (volatile void *location, gsize result)
{
  __tsan_release ((void *)location);
  REAL (g_once_init_leave) (location, result);
}

/* Whoever pops sees what was done before the push, as gst_harness_pull() does. */
EXPORT void
g_async_queue_push (GAsyncQueue *queue, gpointer data)
{
  __tsan_release (queue);
  REAL (g_async_queue_push) (queue, data);
}

#define POP(function, parameters, arguments)                                   \
  EXPORT gpointer function parameters                                          \
  {                                                                            \
    gpointer data = REAL (function) arguments;                                 \
                                                                               \
    __tsan_acquire (queue);                                                    \
    return data;                                                               \
  }

POP (g_async_queue_pop, (GAsyncQueue * queue), (queue))
POP (g_async_queue_try_pop, (GAsyncQueue * queue), (queue))
POP (g_async_queue_timeout_pop, (GAsyncQueue * queue, guint64 timeout),
    (queue, timeout))

/* Whoever drops the last reference has seen what all others did before they
 * dropped theirs. */
EXPORT void
g_object_unref (gpointer object)
{
  __tsan_release (object);
  __tsan_acquire (object);
  REAL (g_object_unref) (object);
}

/* The same for buffers; GStreamer is not linked where it is not needed. */
EXPORT void
gst_mini_object_unref (gpointer object)
{
  __tsan_release (object);
  __tsan_acquire (object);
  REAL (gst_mini_object_unref) (object);
}

EXPORT void
g_atomic_rc_box_release_full (gpointer box, GDestroyNotify clear)
{
  __tsan_release (box);
  __tsan_acquire (box);
  REAL (g_atomic_rc_box_release_full) (box, clear);
}

/* The table of quarks, whose own lock isn't seen either. */
static pthread_mutex_t quarks = PTHREAD_MUTEX_INITIALIZER;

EXPORT GQuark
g_quark_from_string (const char *string)
{
  GQuark quark;

  pthread_mutex_lock (&quarks);
  quark = REAL (g_quark_from_string) (string);
  pthread_mutex_unlock (&quarks);
  return quark;
}

EXPORT GQuark
g_quark_from_static_string (const char *string)
{
  GQuark quark;

  pthread_mutex_lock (&quarks);
  quark = REAL (g_quark_from_static_string) (string);
  pthread_mutex_unlock (&quarks);
  return quark;
}

EXPORT GQuark
g_quark_try_string (const char *string)
{
  GQuark quark;

  pthread_mutex_lock (&quarks);
  quark = REAL (g_quark_try_string) (string);
  pthread_mutex_unlock (&quarks);
  return quark;
}
