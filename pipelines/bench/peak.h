/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * peak_measure:
 * @threads: at the same time
 * @seconds: about so long
 *
 * Fused multiply-adds on registers alone, with the widest vectors there are: no
 * program computes more in single precision on these cores.
 *
 * Returns: floating point operations a second, two for each multiply-add
 */
double peak_measure (guint threads, double seconds);
