/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"

/** disturbance_jitter: Returns: (transfer full): the next frame of the same
 *   scene: moved by at most @reach of the side, a little lighter or darker, with
 *   a camera's noise */
VInfoImage *disturbance_jitter (VInfoImage *image, double reach, GRand *random);

/** disturbance_noise: Returns: (transfer full): independent random pixels */
VInfoImage *disturbance_noise (guint side, GRand *random);

/** disturbance_flat: Returns: (transfer full): one random colour */
VInfoImage *disturbance_flat (guint side, GRand *random);
