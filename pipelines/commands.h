/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * The commands of `vinfo`, one file each. @argv[0] is the command's name; they
 * return the program's exit status.
 */

/** Exit status of a command line that makes no sense. */
#define EXIT_USAGE 2

/**
 * command_refuse:
 *
 * Says what is wrong with the command line.
 *
 * Returns: the exit status
 */
int command_refuse (const char *command, const GError *error);

/**
 * command_fail:
 *
 * Says what went wrong. Whether GOption refused a value or we did: an error of
 * %G_OPTION_ERROR is one of the command line.
 *
 * Returns: the exit status
 */
int command_fail (const char *command, const GError *error);

int run_main (int argc, char **argv);
int score_main (int argc, char **argv);
int train_main (int argc, char **argv);
int inspect_main (int argc, char **argv);
int export_main (int argc, char **argv);
int import_main (int argc, char **argv);
int merge_main (int argc, char **argv);
int rescore_main (int argc, char **argv);
int delete_main (int argc, char **argv);
int eval_main (int argc, char **argv);
int plan_main (int argc, char **argv);
int bench_main (int argc, char **argv);
