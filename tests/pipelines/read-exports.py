# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads an export with the tool it is made for, and prints what that tool found:
one JSON object a line, with the picture's size and the hash of its pixels. Runs
in an environment of its own, without the test's."""

import hashlib
import json
import sys

import numpy


def describe(picture, metadata):
    pixels = numpy.asarray(picture.convert("RGB"))
    return {"size": list(picture.size),
            "pixels": hashlib.sha256(pixels.tobytes()).hexdigest(),
            "id": metadata["id"], "feed": metadata["feed"],
            "loss": metadata["loss"], "pts": metadata["pts"]}


def read_webdataset(folder):
    import pathlib

    import webdataset
    shards = sorted(map(str, pathlib.Path(folder).glob("*.tar")))
    samples = webdataset.WebDataset(shards, shardshuffle=False).decode("pil")
    for sample in samples:
        assert sample["__key__"] == sample["json"]["id"]
        yield describe(sample.get("png") or sample["jpg"], sample["json"])


def read_imagefolder(folder):
    import datasets
    for row in datasets.load_dataset("imagefolder", data_dir=folder,
                                     split="train", cache_dir=folder + "-cache"):
        yield describe(row["image"], row)


READERS = {"webdataset": read_webdataset, "imagefolder": read_imagefolder}

for line in READERS[sys.argv[1]](sys.argv[2]):
    print(json.dumps(line))
