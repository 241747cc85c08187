/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nn/vinfo-dtype.h"

/**
 * peak_measure:
 * @dtype: %VINFO_DTYPE_BF16 for products of bf16 in AMX's tiles, where there are
 *   any
 * @threads: at the same time
 * @seconds: about so long
 *
 * Fused multiply-adds on registers alone, with the widest vectors there are: no
 * program computes more of that type on these cores.
 *
 * Returns: floating point operations a second, two for each multiply-add
 */
double peak_measure (VInfoDtype dtype, guint threads, double seconds);
