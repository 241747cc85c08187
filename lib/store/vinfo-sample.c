/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/vinfo-sample.h"

G_DEFINE_BOXED_TYPE (
    VInfoSample, vinfo_sample, vinfo_sample_ref, vinfo_sample_unref)

VInfoSample *
vinfo_sample_new (void)
{
  VInfoSample *sample = g_new0 (VInfoSample, 1);

  sample->ref_count = 1;
  return sample;
}

VInfoSample *
vinfo_sample_copy (const VInfoSample *sample)
{
  VInfoSample *copy;

  g_return_val_if_fail (sample != NULL, NULL);

  copy = g_new (VInfoSample, 1);
  *copy = *sample;
  copy->ref_count = 1;
  copy->feed = g_strdup (sample->feed);
  copy->source = g_strdup (sample->source);
  copy->caps = g_strdup (sample->caps);
  copy->blob = sample->blob ? g_bytes_ref (sample->blob) : NULL;
  copy->embedding
      = g_memdup2 (sample->embedding, sample->embedding_size * sizeof (gfloat));
  return copy;
}

VInfoSample *
vinfo_sample_ref (VInfoSample *sample)
{
  g_return_val_if_fail (sample != NULL, NULL);

  g_atomic_int_inc (&sample->ref_count);
  return sample;
}

void
vinfo_sample_unref (VInfoSample *sample)
{
  g_return_if_fail (sample != NULL);

  if (!g_atomic_int_dec_and_test (&sample->ref_count))
    return;
  g_free (sample->feed);
  g_free (sample->source);
  g_free (sample->caps);
  g_clear_pointer (&sample->blob, g_bytes_unref);
  g_free (sample->embedding);
  g_free (sample);
}
