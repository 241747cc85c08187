/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * SECTION:vinfo
 *
 * Everything public of libvinfo.
 */
#include "eval/vinfo-features.h"
#include "eval/vinfo-information.h"
#include "eval/vinfo-norm-del.h"
#include "eval/vinfo-paired-test.h"
#include "eval/vinfo-probe.h"
#include "eval/vinfo-rank-statistics.h"
#include "eval/vinfo-redundancy.h"
#include "eval/vinfo-segmentation.h"
#include "image/vinfo-fitter.h"
#include "image/vinfo-gate.h"
#include "image/vinfo-image.h"
#include "image/vinfo-reason.h"
#include "mae/vinfo-mae.h"
#include "nn/vinfo-dtype.h"
#include "nn/vinfo-priority.h"
#include "predictor/vinfo-composer.h"
#include "predictor/vinfo-predictor.h"
#include "predictor/vinfo-regions.h"
#include "predictor/vinfo-score.h"
#include "predictor/vinfo-scorer.h"
#include "predictor/vinfo-snapshot.h"
#include "reservoir/vinfo-reservoir.h"
#include "score/gstvinfometa.h"
#include "score/vinfo-needs.h"
#include "score/vinfo-predictor-table.h"
#include "score/vinfo-result.h"
#include "score/vinfo-worker.h"
#include "store/vinfo-sample.h"
#include "store/vinfo-store.h"
#include "trainer/vinfo-schedule.h"
#include "trainer/vinfo-trainer.h"
#include "trainer/vinfo-weighting.h"
