/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "store/vinfo-sample.h"

/** ExchangeWriter: an export that is being written; each format's own. */
typedef struct _ExchangeWriter ExchangeWriter;

/**
 * ExchangeItem:
 * @name: of the picture, for messages and as the source where none is given
 * @picture: a complete image file
 * @json: (nullable): what is known of it, a JSON object
 */
typedef struct {
  const char *name;
  GBytes *picture;
  const char *json;
} ExchangeItem;

/** ExchangeFunc: takes one picture in; %FALSE with @error ends the reading */
typedef gboolean (*ExchangeFunc) (
    const ExchangeItem *item, gpointer data, GError **error);

/**
 * ExchangeFormat:
 * @open: begins an export in the folder, which is there and empty; the paths of
 *   the files it makes are added to @files, in order
 * @add: adds one sample; @rule as of sample_to_json()
 * @close: completes the export and frees @writer, also where it fails
 * @read: calls @func for each picture at @path, in order
 *
 * A format of data sets, each a file `exchange-NAME.c`.
 */
typedef struct {
  const char *name;
  ExchangeWriter *(*open) (
      const char *folder, guint shard_size, GPtrArray *files, GError **error);
  gboolean (*add) (ExchangeWriter *writer, const VInfoSample *sample,
      gint64 rule, GError **error);
  gboolean (*close) (ExchangeWriter *writer, GError **error);
  gboolean (*read) (
      const char *path, ExchangeFunc func, gpointer data, GError **error);
} ExchangeFormat;

extern const ExchangeFormat exchange_webdataset;
extern const ExchangeFormat exchange_imagefolder;

/** Most bytes of one picture or its JSON that is read. */
#define EXCHANGE_MAX_BYTES (256u << 20)

/** exchange_find: NULL with @error where there is no such format */
const ExchangeFormat *exchange_find (const char *name, GError **error);

/** exchange_guess: the format of what lies at @path */
const ExchangeFormat *exchange_guess (const char *path);

/**
 * exchange_parse: JSON that anyone may have written
 *
 * Returns: (transfer full) (nullable): %NULL, with @error unless there is nothing
 *   in it
 */
JsonNode *exchange_parse (const char *text, GError **error);

/** exchange_extension: of a sample's picture, without the dot */
const char *exchange_extension (const VInfoSample *sample);
