/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * SECTION:vinfo-api
 *
 * Every public symbol is marked #VINFO_API; all others are hidden.
 */
#define VINFO_API __attribute__ ((visibility ("default"))) extern
