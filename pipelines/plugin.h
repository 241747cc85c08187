/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * plugin_load_beside:
 *
 * Loads the plugin of the build tree that the program itself lies in, if it
 * does lie in one: it is of the same build, an installed one may not be.
 */
void plugin_load_beside (void);
