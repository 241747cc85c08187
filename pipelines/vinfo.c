/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * vinfo: the program. Finds the command and hands the rest of the line to it.
 */
#include <locale.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>

#include <gst/gst.h>

#include "commands.h"

typedef struct {
  const char *name;
  int (*main) (int argc, char **argv);
  const char *summary;
} Command;

static const Command commands[] = {
  { "run", run_main, "watch inputs, keep the best frames, train on them" },
  { "train", train_main, "pre-train on a store or a folder of images" },
  { "score", score_main, "score images under a predictor" },
  { "inspect", inspect_main, "say what is in a store or a predictor" },
  { "export", export_main, "write a store as WebDataset or imagefolder" },
  { "import", import_main, "read such data sets into a store" },
  { "eval", eval_main, "run an experiment: what is a selection worth?" },
  { "merge", merge_main, "make one store of several" },
  { "rescore", rescore_main, "score all samples of a store anew" },
  { "plan", plan_main, "say what a capacity takes, and how long it lasts" },
  { "delete", delete_main, "remove samples so that no byte is left" },
  { "bench", bench_main, "measure how fast this machine scores and trains" },
};

static void
print_help (void)
{
  g_print (
      "Usage: vinfo COMMAND [OPTION...] ...\n\n"
      "Scores frames by V-information, keeps the best few in a bounded\n"
      "reservoir, and trains a masked autoencoder on them.\n\nCommands:\n");
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    g_print ("  %-9s %s\n", commands[i].name, commands[i].summary);
  g_print ("\nWhere a store or a predictor is meant, results of a run do too.\n"
           "`vinfo COMMAND --help` describes each. For example:\n"
           "  vinfo run clip.mp4 --out results\n"
           "  vinfo score frame.png --model results/predictor --json\n"
           "  vinfo inspect results/store.vinfo\n");
}

/* Pictures come from one thread and go in another, and steps and calibration
 * take large blocks for a moment. glibc's heaps keep the holes: measured, in use
 * stayed at 60 MB while they grew from 81 to 118 MB in ten passes of a clip. */
static void
keep_memory_flat (void)
{
#ifdef __GLIBC__
  mallopt (M_MMAP_THRESHOLD, 256 * 1024);
  mallopt (M_ARENA_MAX, 2);
#endif
}

int
main (int argc, char **argv)
{
  keep_memory_flat ();
  /* file names print as they are; numbers keep their point */
  setlocale (LC_CTYPE, "");
  if (argc < 2 || strcmp (argv[1], "help") == 0
      || strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0) {
    print_help ();
    return argc < 2 ? EXIT_USAGE : EXIT_SUCCESS;
  }
  if (strcmp (argv[1], "--version") == 0) {
    g_print ("vinfo %s, %s\n", VINFO_VERSION, gst_version_string ());
    return EXIT_SUCCESS;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (argv[1], commands[i].name) == 0)
      return commands[i].main (argc - 1, argv + 1);

  g_printerr ("vinfo: %s: no such command; see vinfo --help\n", argv[1]);
  return EXIT_USAGE;
}
