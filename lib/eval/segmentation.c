/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "eval/segmentation-private.h"

void
segmentation_counts_add (SegmentationCounts *self, const guint8 *predicted,
    const guint8 *truth, gsize n)
{
  guint64 both = 0, predicted_only = 0, true_only = 0;

  for (gsize i = 0; i < n; i++) {
    both += predicted[i] && truth[i];
    predicted_only += predicted[i] && !truth[i];
    true_only += !predicted[i] && truth[i];
  }
  self->both += both;
  self->predicted_only += predicted_only;
  self->true_only += true_only;
  self->neither += n - both - predicted_only - true_only;
  self->n_pictures++;
  self->dice_sum += both + predicted_only + true_only == 0
                        ? 1
                        : 2.0 * both / (2 * both + predicted_only + true_only);
}

static double
ratio (guint64 part, guint64 whole)
{
  return whole == 0 ? 1 : (double)part / whole;
}

double
segmentation_counts_mean_iou (const SegmentationCounts *self)
{
  guint64 wrong = self->predicted_only + self->true_only;

  return (ratio (self->both, self->both + wrong)
             + ratio (self->neither, self->neither + wrong))
         / 2;
}

double
segmentation_counts_mean_dice (const SegmentationCounts *self)
{
  return self->n_pictures > 0 ? self->dice_sum / self->n_pictures : 0;
}

/* The pixels, from *first to before *end, of `size` whose centres lie in cell
 * `at` of n: ⌈at·size/n − ½⌉ is the first. */
static void
find_cell (guint at, guint n, guint size, guint *first, guint *end)
{
  *first = (guint)(((guint64)2 * at * size + n - 1) / (2 * (guint64)n));
  *end = (guint)(((guint64)2 * (at + 1) * size + n - 1) / (2 * (guint64)n));
  *first = MIN (*first, size - 1);
  *end = CLAMP (*end, *first + 1, size);
}

void
segmentation_shares (const guint8 *mask, guint height, guint width,
    float *shares, guint rows, guint columns)
{
  for (guint r = 0; r < rows; r++) {
    guint top, bottom, left, right;

    find_cell (r, rows, height, &top, &bottom);
    for (guint c = 0; c < columns; c++) {
      gsize object = 0;

      find_cell (c, columns, width, &left, &right);
      for (guint y = top; y < bottom; y++) {
        for (guint x = left; x < right; x++)
          object += mask[(gsize)y * width + x] != 0;
      }
      shares[(gsize)r * columns + c]
          = (float)object / ((bottom - top) * (right - left));
    }
  }
}

/* Where pixel `at` of `size` lies on a grid of n: between *low and *low + 1, or
 * on an edge. Returns the share of the upper one. */
static float
locate (guint at, guint size, guint n, guint *low, guint *high)
{
  float position = (at + 0.5f) * n / size - 0.5f;

  position = CLAMP (position, 0, n - 1);
  *low = (guint)position;
  *high = MIN (*low + 1, n - 1);
  return position - *low;
}

void
segmentation_upsample (const float *grid, guint rows, guint columns, float *map,
    guint height, guint width)
{
  for (guint y = 0; y < height; y++) {
    guint top, bottom, left, right;
    float down = locate (y, height, rows, &top, &bottom);

    for (guint x = 0; x < width; x++) {
      float across = locate (x, width, columns, &left, &right);
      float above = grid[top * columns + left] * (1 - across)
                    + grid[top * columns + right] * across;
      float below = grid[bottom * columns + left] * (1 - across)
                    + grid[bottom * columns + right] * across;

      map[(gsize)y * width + x] = above * (1 - down) + below * down;
    }
  }
}
