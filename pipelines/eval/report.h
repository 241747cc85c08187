/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/**
 * report_write:
 * @files: (array zero-terminated=1): results (JSON lines) and key files of
 *   experiments (`*.ini`), whose `[report]` says how theirs are told
 * @out: where the page goes: `*.html`, or Markdown
 * @command: that asks for it, for the captions
 *
 * Writes tables of results: means with standard errors, paired differences to a
 * baseline with their tests, NormDEL, ranks over the experiments; the HTML page
 * also has them as drawings. The same files give the same page.
 *
 * Returns: whether it worked
 */
gboolean report_write (
    char *const *files, const char *out, const char *command, GError **error);
