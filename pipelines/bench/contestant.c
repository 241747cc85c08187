/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "contestant.h"

#include <stdio.h>

#include <gio/gio.h>

struct _Contestant {
  char *name;
  GSubprocess *process;
  GDataInputStream *answers;
};

static GSubprocess *
start_process (const char *const *command, const Work *work, const char *model,
    guint threads, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GStrvBuilder) line = g_strv_builder_new ();
  g_autofree char *count = g_strdup_printf ("%u", threads);
  g_autofree char *batch = g_strdup_printf ("%u", work->batch);
  g_auto (GStrv) words = NULL;

  g_strv_builder_addv (line, (const char **)command);
  g_strv_builder_add_many (
      line, work->trains ? "train" : "score", model, batch, NULL);
  words = g_strv_builder_end (line);
  g_subprocess_launcher_setenv (launcher, "VINFO_THREADS", count, TRUE);
  g_subprocess_launcher_setenv (launcher, "OMP_NUM_THREADS", count, TRUE);
  g_subprocess_launcher_setenv (launcher, "OPENBLAS_NUM_THREADS", count, TRUE);
  return g_subprocess_launcher_spawnv (
      launcher, (const char *const *)words, error);
}

/* The next line that it writes. */
static char *
read_line (Contestant *self, GError **error)
{
  char *line = g_data_input_stream_read_line (self->answers, NULL, NULL, error);

  if (!line && error && !*error)
    g_set_error (
        error, G_IO_ERROR, G_IO_ERROR_CLOSED, "it ended without an answer");
  return line;
}

Contestant *
contestant_start (const char *name, const char *const *command,
    const Work *work, const char *model, guint threads, GError **error)
{
  g_autoptr (Contestant) self = g_new0 (Contestant, 1);
  g_autofree char *line = NULL;

  self->name = g_strdup (name);
  self->process = start_process (command, work, model, threads, error);
  if (!self->process) {
    g_prefix_error (error, "%s: ", name);
    return NULL;
  }
  self->answers
      = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  line = read_line (self, error);
  if (!line) {
    g_prefix_error (error, "%s: %s: ", name, work->name);
    return NULL;
  }
  if (g_str_equal (line, "ready"))
    return g_steal_pointer (&self);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: %s: \"%s\" where \"ready\" is due", name, work->name, line);
  return NULL;
}

gboolean
contestant_ask (
    Contestant *self, double seconds, Answer *answer, GError **error)
{
  GOutputStream *questions = g_subprocess_get_stdin_pipe (self->process);
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *line = NULL;
  double pictures, taken;

  g_ascii_dtostr (number, sizeof number, seconds);
  /* a question that does not reach it gets no answer either */
  if (g_output_stream_printf (questions, NULL, NULL, NULL, "%s\n", number))
    g_output_stream_flush (questions, NULL, NULL);
  line = read_line (self, error);
  if (!line) {
    g_prefix_error (error, "%s: ", self->name);
    return FALSE;
  }
  if (sscanf (line, "%lf %lf %lf", &pictures, &taken, &answer->bytes) != 3
      || pictures <= 0 || taken <= 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: \"%s\" where pictures, seconds and bytes are due", self->name,
        line);
    return FALSE;
  }
  answer->rate = pictures / taken;
  return TRUE;
}

void
contestant_free (Contestant *self)
{
  if (self->process) {
    g_output_stream_close (
        g_subprocess_get_stdin_pipe (self->process), NULL, NULL);
    g_subprocess_wait (self->process, NULL, NULL);
  }
  g_clear_object (&self->answers);
  g_clear_object (&self->process);
  g_free (self->name);
  g_free (self);
}
