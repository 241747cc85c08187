/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Before a function whose loops the compiler shall vectorise for each
 * generation of x86-64; the loader picks one. ThreadSanitizer cannot start
 * programs that have such functions, and Clang 14 gives them a name that no
 * other file's calls find. */
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__SANITIZE_THREAD__) \
    && !defined(__clang__)
#define NN_SIMD                                                                \
  __attribute__ ((                                                             \
      target_clones ("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define NN_SIMD
#endif
