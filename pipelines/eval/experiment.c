/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "experiment.h"

#include <string.h>

#define ARM_PREFIX "arm "
#define ELEMENTS "elements"
#define NO_PROPERTY                                                            \
  "no such key; properties are scorer.X, reservoir.X, composer.X and "         \
  "trainer.X"
#define BUDGET_PREFIX "budget "

typedef enum {
  KEY_TEXT,
  KEY_COUNT,
  KEY_NUMBER,
  KEY_SWITCH,
  KEY_JUNK,
  KEY_LIST,
  KEY_CHOICE
} KeyType;

/* A key and where its value goes. */
typedef struct {
  const char *group;
  const char *key;
  KeyType type;
  gpointer value; /* char **, guint *, double *, gboolean *, char *** */
  const char *const *choices; /* of KEY_CHOICE: nicks of an enumeration */
} Key;

static const char *const tasks[]
    = { "labels", "segmentation", "feeds", "ood", NULL };
static const char *const selects[]
    = { "elements", "all", "cleaned", "oracle", "none", "pixels", NULL };
static const char *const references[] = { "none", "validation", "probe", NULL };
static const char *const dtypes[] = { "f32", "bf16", "auto", NULL };
static const char *const orders[] = { "stream", "shuffled", NULL };

static void
arm_free (gpointer data)
{
  Arm *self = data;

  g_free (self->name);
  g_hash_table_unref (self->properties);
  g_free (self);
}

static void
budget_free (gpointer data)
{
  g_free (((Budget *)data)->name);
  g_free (data);
}

void
experiment_free (Experiment *self)
{
  g_free (self->name);
  g_free (self->data);
  g_free (self->test_split);
  g_strfreev (self->arm_names);
  g_strfreev (self->junk_feeds);
  g_free (self->report.baseline);
  g_strfreev (self->report.metrics);
  g_strfreev (self->report.family);
  g_strfreev (self->report.ranked);
  g_clear_pointer (&self->arms, g_ptr_array_unref);
  g_clear_pointer (&self->properties, g_hash_table_unref);
  g_clear_pointer (&self->budgets, g_ptr_array_unref);
  g_free (self);
}

static gboolean
fail (GError **error, const char *group, const char *key, const char *why)
{
  g_set_error (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
      "[%s] %s: %s", group, key, why);
  return FALSE;
}

/* A list such as "noise;flat", as bits. */
static gboolean
read_junk (GKeyFile *file, const Key *key, GError **error)
{
  static const char *const names[] = { "noise", "flat", "frozen", "duplicate" };
  g_auto (GStrv) list
      = g_key_file_get_string_list (file, key->group, key->key, NULL, NULL);
  guint *bits = key->value;

  *bits = 0;
  for (guint i = 0; list && list[i]; i++) {
    guint kind = 0;

    while (kind < G_N_ELEMENTS (names) && !g_str_equal (names[kind], list[i]))
      kind++;
    if (kind == G_N_ELEMENTS (names))
      return fail (
          error, key->group, key->key, "not of noise, flat, frozen, duplicate");
    *bits |= 1u << (FRAME_NOISE + kind);
  }
  return *bits != 0 || fail (error, key->group, key->key, "empty");
}

static gboolean
read_choice (GKeyFile *file, const Key *key, GError **error)
{
  g_autofree char *name
      = g_key_file_get_string (file, key->group, key->key, NULL);
  g_autofree char *names = NULL, *why = NULL;

  for (guint i = 0; key->choices[i]; i++) {
    if (g_strcmp0 (key->choices[i], name) == 0) {
      *(guint *)key->value = i;
      return TRUE;
    }
  }
  names = g_strjoinv (", ", (char **)key->choices);
  why = g_strconcat ("not one of ", names, NULL);
  return fail (error, key->group, key->key, why);
}

static gboolean
read_key (GKeyFile *file, const Key *key, GError **error)
{
  g_autoptr (GError) why = NULL;
  double number = 0;

  if (key->type == KEY_JUNK)
    return read_junk (file, key, error);
  if (key->type == KEY_CHOICE)
    return read_choice (file, key, error);
  if (key->type == KEY_LIST) {
    g_strfreev (*(char ***)key->value);
    *(char ***)key->value
        = g_key_file_get_string_list (file, key->group, key->key, NULL, &why);
  } else if (key->type == KEY_TEXT) {
    g_free (*(char **)key->value);
    *(char **)key->value
        = g_key_file_get_string (file, key->group, key->key, &why);
  } else if (key->type == KEY_SWITCH) {
    *(gboolean *)key->value
        = g_key_file_get_boolean (file, key->group, key->key, &why);
  } else {
    number = g_key_file_get_double (file, key->group, key->key, &why);
  }
  if (why)
    return fail (error, key->group, key->key, why->message);
  if (key->type == KEY_NUMBER || key->type == KEY_COUNT) {
    if (!(number >= 0 && number <= G_MAXUINT32))
      return fail (error, key->group, key->key, "must not be negative");
    if (key->type == KEY_COUNT)
      *(guint *)key->value = (guint)number;
    else
      *(double *)key->value = number;
  }
  return TRUE;
}

static const Key *
find_key (const Key *keys, const char *group, const char *name)
{
  for (; keys->group; keys++) {
    if (g_str_equal (keys->group, group) && g_str_equal (keys->key, name))
      return keys;
  }
  return NULL;
}

static gboolean
read_group (GKeyFile *file, const char *group, const Key *keys, GError **error)
{
  g_auto (GStrv) names = g_key_file_get_keys (file, group, NULL, NULL);

  for (guint i = 0; names[i]; i++) {
    const Key *key = find_key (keys, group, names[i]);

    if (!key)
      return fail (error, group, names[i], "no such key");
    if (!read_key (file, key, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_property (const char *name)
{
  return g_str_has_prefix (name, "scorer.")
         || g_str_has_prefix (name, "reservoir.")
         || g_str_has_prefix (name, "composer.")
         || g_str_has_prefix (name, "trainer.");
}

/* Groups come in any order, so arms take over the properties of all at the end. */
static gboolean
read_elements (Experiment *self, GKeyFile *file, GError **error)
{
  g_auto (GStrv) names = g_key_file_get_keys (file, ELEMENTS, NULL, NULL);

  for (guint i = 0; names[i]; i++) {
    if (!is_property (names[i]))
      return fail (error, ELEMENTS, names[i], NO_PROPERTY);
    g_hash_table_insert (self->properties, g_strdup (names[i]),
        g_key_file_get_string (file, ELEMENTS, names[i], NULL));
  }
  return TRUE;
}

static void
share_properties (Experiment *self)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, self->properties);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    for (guint i = 0; i < self->arms->len; i++) {
      Arm *arm = self->arms->pdata[i];

      if (!g_hash_table_contains (arm->properties, name))
        g_hash_table_insert (
            arm->properties, g_strdup (name), g_strdup (value));
    }
  }
}

static gboolean
read_arm (Experiment *self, GKeyFile *file, const char *group, GError **error)
{
  g_auto (GStrv) names = g_key_file_get_keys (file, group, NULL, NULL);
  Arm *arm = g_new0 (Arm, 1);
  const Key keys[] = { { group, "seeds", KEY_COUNT, &arm->seeds },
    { group, "select", KEY_CHOICE, &arm->select, selects },
    { group, "order", KEY_CHOICE, &arm->shuffled, orders },
    { group, "trainer", KEY_SWITCH, &arm->trains },
    { group, "compose", KEY_SWITCH, &arm->composes },
    { group, "reference", KEY_CHOICE, &arm->reference, references }, { NULL } };

  g_ptr_array_add (self->arms, arm);
  arm->name = g_strdup (group + strlen (ARM_PREFIX));
  arm->shuffled = arm->trains = TRUE;
  arm->properties
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; names[i]; i++) {
    const Key *key = find_key (keys, group, names[i]);

    if (key) {
      if (!read_key (file, key, error))
        return FALSE;
    } else if (is_property (names[i])) {
      g_hash_table_insert (arm->properties, g_strdup (names[i]),
          g_key_file_get_string (file, group, names[i], NULL));
    } else {
      return fail (error, group, names[i], NO_PROPERTY);
    }
  }
  return TRUE;
}

static Budget *
budget_new (const char *name, guint views)
{
  Budget *self = g_new (Budget, 1);

  *self = (Budget){ g_strdup (name), views };
  return self;
}

static gboolean
read_budget (
    Experiment *self, GKeyFile *file, const char *group, GError **error)
{
  Budget *budget = budget_new (group + strlen (BUDGET_PREFIX), 0);
  const Key keys[]
      = { { group, "views", KEY_COUNT, &budget->views }, { NULL } };

  g_ptr_array_add (self->budgets, budget);
  return read_group (file, group, keys, error);
}

static gboolean
has_arm (const Experiment *self, const char *name)
{
  for (guint i = 0; i < self->arms->len; i++) {
    if (g_str_equal (((Arm *)self->arms->pdata[i])->name, name))
      return TRUE;
  }
  return FALSE;
}

/* Leaves the arms that the file names, where it does. */
static gboolean
choose_arms (Experiment *self, GError **error)
{
  char **names = self->arm_names;

  for (guint i = 0; names && names[i]; i++) {
    if (!has_arm (self, names[i]))
      return fail (error, "experiment", "arms", "not one of the arms");
  }
  for (guint i = self->arms->len; names && i-- > 0;) {
    const Arm *arm = self->arms->pdata[i];

    if (!g_strv_contains ((const char *const *)names, arm->name))
      g_ptr_array_remove_index (self->arms, i);
  }
  return TRUE;
}

static gboolean
check_report (const Experiment *self, GError **error)
{
  const struct {
    const char *key;
    char **arms;
  } lists[]
      = { { "family", self->report.family }, { "ranked", self->report.ranked },
          { "baseline", (char *[]){ self->report.baseline, NULL } } };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++) {
    for (guint j = 0; lists[i].arms && lists[i].arms[j]; j++) {
      if (!has_arm (self, lists[i].arms[j]))
        return fail (error, "report", lists[i].key, "not one of the arms");
    }
  }
  return TRUE;
}

static gboolean
check_task (const Experiment *self, GError **error)
{
  if (self->task == TASK_LABELS)
    return TRUE;
  if (self->task == TASK_SEGMENTATION && self->folds < 3)
    return fail (error, "split", "folds", "must be at least 3");
  if (self->task != TASK_SEGMENTATION && self->feed_frames < 40)
    return fail (error, "feeds", "frames", "must be at least 40");
  if (self->task != TASK_SEGMENTATION && self->budgets->len > 1)
    return fail (error, "experiment", "task", "has one budget");
  for (guint i = 0; i < self->arms->len; i++) {
    Select select = ((Arm *)self->arms->pdata[i])->select;

    if (select == SELECT_PIXELS
        || (self->task != TASK_SEGMENTATION && select != SELECT_ELEMENTS))
      return fail (error, "experiment", "task", "no arm for it: see `select`");
  }
  return TRUE;
}

static gboolean
check (const Experiment *self, GError **error)
{
  const StreamConfig *s = &self->stream;

  if (!self->name || !self->data)
    return fail (error, "experiment", self->name ? "data" : "name", "missing");
  if (!(self->kept > 0 && self->kept <= 1))
    return fail (error, "experiment", "kept", "must be above 0, at most 1");
  if (self->seeds < 1 || self->arms->len < 1)
    return fail (error, "experiment", "seeds, arms", "none");
  for (guint i = 0; i < self->budgets->len; i++) {
    const Budget *budget = self->budgets->pdata[i];

    if (budget->views < self->training.batch_size)
      return fail (
          error, i == 0 ? "experiment" : "budget", "views", "not one batch");
  }
  if (s->longest < 1)
    return fail (error, "stream", "longest", "must be at least 1");
  if (s->background + s->junk > 0.95)
    return fail (error, "stream", "background + junk", "must be below 0.95");
  if (self->validation_pictures < 1 || self->probe_pictures < self->neighbours
      || self->stream_pictures < 2)
    return fail (error, "split", "stream, probe, validation", "too few");
  return check_report (self, error) && check_task (self, error)
         && vinfo_mae_config_validate (&self->model, error);
}

static gboolean
read_groups (Experiment *e, GKeyFile *file, GError **error)
{
  VInfoMaeConfig *m = &e->model;
  StreamConfig *s = &e->stream;
  VInfoTrainerConfig *t = &e->training;
  const Key keys[] = { { "experiment", "name", KEY_TEXT, &e->name },
    { "experiment", "data", KEY_TEXT, &e->data },
    { "experiment", "task", KEY_CHOICE, &e->task, tasks },
    { "experiment", "arms", KEY_LIST, &e->arm_names },
    { "experiment", "seeds", KEY_COUNT, &e->seeds },
    { "experiment", "kept", KEY_NUMBER, &e->kept },
    { "experiment", "views", KEY_COUNT, &e->views },
    { "stream", "sources", KEY_COUNT, &s->sources },
    { "stream", "longest", KEY_COUNT, &s->longest },
    { "stream", "revisits", KEY_NUMBER, &s->revisits },
    { "stream", "background", KEY_NUMBER, &s->background },
    { "stream", "junk", KEY_NUMBER, &s->junk },
    { "stream", "junk-kinds", KEY_JUNK, &s->junk_kinds },
    { "stream", "shuffled", KEY_SWITCH, &s->shuffled },
    { "split", "stream", KEY_COUNT, &e->stream_pictures },
    { "split", "probe", KEY_COUNT, &e->probe_pictures },
    { "split", "validation", KEY_COUNT, &e->validation_pictures },
    { "split", "test-pictures", KEY_COUNT, &e->test_pictures },
    { "split", "test", KEY_TEXT, &e->test_split },
    { "split", "folds", KEY_COUNT, &e->folds },
    { "feeds", "frames", KEY_COUNT, &e->feed_frames },
    { "feeds", "junk", KEY_LIST, &e->junk_feeds },
    { "probe", "neighbours", KEY_COUNT, &e->neighbours },
    { "probe", "penalty", KEY_NUMBER, &e->penalty },
    { "model", "image_size", KEY_COUNT, &m->image_size },
    { "model", "patch_size", KEY_COUNT, &m->patch_size },
    { "model", "hidden_size", KEY_COUNT, &m->hidden_size },
    { "model", "num_hidden_layers", KEY_COUNT, &m->num_hidden_layers },
    { "model", "num_attention_heads", KEY_COUNT, &m->num_attention_heads },
    { "model", "intermediate_size", KEY_COUNT, &m->intermediate_size },
    { "model", "decoder_hidden_size", KEY_COUNT, &m->decoder_hidden_size },
    { "model", "decoder_num_hidden_layers", KEY_COUNT,
        &m->decoder_num_hidden_layers },
    { "model", "decoder_num_attention_heads", KEY_COUNT,
        &m->decoder_num_attention_heads },
    { "model", "decoder_intermediate_size", KEY_COUNT,
        &m->decoder_intermediate_size },
    { "model", "mask_ratio", KEY_NUMBER, &m->mask_ratio },
    { "model", "norm_pix_loss", KEY_SWITCH, &m->norm_pix_loss },
    { "training", "batch-size", KEY_COUNT, &t->batch_size },
    { "training", "learning-rate", KEY_NUMBER, &t->learning_rate },
    { "training", "weight-decay", KEY_NUMBER, &t->weight_decay },
    { "training", "warmup-steps", KEY_COUNT, &t->warmup_steps },
    { "training", "min-crop", KEY_NUMBER, &t->min_crop },
    { "training", "dtype", KEY_CHOICE, &t->dtype, dtypes },
    { "report", "baseline", KEY_TEXT, &e->report.baseline },
    { "report", "metrics", KEY_LIST, &e->report.metrics },
    { "report", "family", KEY_LIST, &e->report.family },
    { "report", "ranked", KEY_LIST, &e->report.ranked }, { NULL } };
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (guint i = 0; groups[i]; i++) {
    if (g_str_equal (groups[i], ELEMENTS) ? !read_elements (e, file, error)
        : g_str_has_prefix (groups[i], ARM_PREFIX)
            ? !read_arm (e, file, groups[i], error)
        : g_str_has_prefix (groups[i], BUDGET_PREFIX)
            ? !read_budget (e, file, groups[i], error)
            : !read_group (file, groups[i], keys, error))
      return FALSE;
  }
  share_properties (e);
  g_ptr_array_insert (e->budgets, 0, budget_new (e->name, e->views));
  return choose_arms (e, error) && check (e, error);
}

/* The sizes of design: 32 pixels, patches of 4, 128 wide. */
static Experiment *
experiment_new (void)
{
  Experiment *self = g_new0 (Experiment, 1);

  *self = (Experiment){ .seeds = 1,
    .kept = 0.05,
    .views = 100000,
    .stream = STREAM_CONFIG_INIT,
    .stream_pictures = 14000,
    .probe_pictures = 5000,
    .validation_pictures = 1000,
    .test_split = g_strdup ("test"),
    .folds = 5,
    .feed_frames = 250,
    .neighbours = 20,
    .penalty = 1e-3,
    .training = VINFO_TRAINER_CONFIG_INIT,
    .budgets = g_ptr_array_new_with_free_func (budget_free),
    .arms = g_ptr_array_new_with_free_func (arm_free),
    .properties
    = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free) };
  vinfo_mae_config_named ("nano", &self->model, NULL);
  self->training.schedule = VINFO_SCHEDULE_COSINE;
  return self;
}

/* What @over says stands in @keys afterwards. */
static void
overlay (GKeyFile *keys, GKeyFile *over)
{
  g_auto (GStrv) groups = g_key_file_get_groups (over, NULL);

  for (guint i = 0; groups[i]; i++) {
    g_auto (GStrv) names = g_key_file_get_keys (over, groups[i], NULL, NULL);

    for (guint j = 0; names[j]; j++) {
      g_autofree char *value
          = g_key_file_get_value (over, groups[i], names[j], NULL);

      g_key_file_set_value (keys, groups[i], names[j], value);
    }
  }
}

/* A file, over the one that it extends, beside it. */
static GKeyFile *
load_keys (const char *file, guint depth, GError **error)
{
  g_autoptr (GKeyFile) keys = g_key_file_new (), base = NULL;
  g_autofree char *extended = NULL, *whole = NULL, *folder = NULL, *path = NULL;

  if (!g_key_file_load_from_file (keys, file, G_KEY_FILE_NONE, error)) {
    g_prefix_error (error, "%s: ", file);
    return NULL;
  }
  extended = g_key_file_get_string (keys, "experiment", "extends", NULL);
  if (!extended)
    return g_steal_pointer (&keys);
  if (depth == 0) {
    fail (error, "experiment", "extends", "too many files, or a circle");
    g_prefix_error (error, "%s: ", file);
    return NULL;
  }
  whole = g_canonicalize_filename (file, NULL);
  folder = g_path_get_dirname (whole);
  path = g_canonicalize_filename (extended, folder);
  base = load_keys (path, depth - 1, error);
  if (!base)
    return NULL;
  overlay (base, keys);
  g_key_file_remove_key (base, "experiment", "extends", NULL);
  return g_steal_pointer (&base);
}

Experiment *
experiment_load (const char *file, GError **error)
{
  g_autoptr (Experiment) self = experiment_new ();
  g_autoptr (GKeyFile) keys = load_keys (file, 8, error);

  if (!keys)
    return NULL;
  if (read_groups (self, keys, error))
    return g_steal_pointer (&self);
  g_prefix_error (error, "%s: ", file);
  return NULL;
}
