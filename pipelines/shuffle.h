/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/** shuffle: puts @items into random order (Fisher and Yates) */
void shuffle (guint *items, guint n, GRand *random);
