# SPDX-License-Identifier: LGPL-2.1-or-later
"""Parses the launch lines that the elements' sources give as examples."""

import os
import pathlib
import re
import sys
import unittest

import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests/pipelines"))
import tap  # noqa: E402


def read_lines(source):
    """The lines between |[ and ]| of a SECTION comment, each as one."""
    comment = re.search(r"/\*\*\n \* SECTION:.*?\*/", source.read_text(), re.S)
    if not comment:
        return []
    text = re.sub(r"^ \* ?", "", comment.group(), flags=re.M)
    return [" ".join(block.split())
            for block in re.findall(r"\|\[\n(.*?)\]\|", text, re.S)]


class LaunchLinesTest(unittest.TestCase):
    def check(self, element):
        lines = read_lines(SOURCE / f"plugins/gst{element}.c")
        self.assertGreater(len(lines), 0)
        for line in lines:
            with self.subTest(line):
                self.check_line(line, element)

    def check_line(self, line, element):
        program, *rest = line.split(" ")
        self.assertEqual(program, "gst-launch-1.0")
        while rest[0].startswith("-"):
            rest.pop(0)
        # fails where an element, a property or a link does not exist
        pipeline = Gst.parse_launch_full(" ".join(rest), None,
                                         Gst.ParseFlags.FATAL_ERRORS)
        names = [e.get_factory().get_name() for e in pipeline.children]
        self.assertIn(element, names)
        return pipeline

    def test_lines_of_vinfoscore_are_pipelines(self):
        self.check("vinfoscore")

    def test_lines_of_vinforeservoir_are_pipelines(self):
        self.check("vinforeservoir")

    def test_lines_of_vinfocompose_are_pipelines(self):
        self.check("vinfocompose")

    def test_lines_of_vinfosrc_are_pipelines(self):
        self.check("vinfosrc")

    def test_lines_of_vinfotrainer_are_pipelines(self):
        self.check("vinfotrainer")

    def test_line_with_an_unknown_property_is_none(self):
        with self.assertRaises(GLib.Error):
            self.check_line("gst-launch-1.0 vinfoscore nonsense=1",
                            "vinfoscore")

    def test_feed_and_quota_of_a_line_reach_the_pad(self):
        line = next(line for line in
                    read_lines(SOURCE / "plugins/gstvinforeservoir.c")
                    if "::quota" in line)
        pipeline = self.check_line(line, "vinforeservoir")
        pad = pipeline.get_by_name("r").get_static_pad("sink_0")
        self.assertEqual(pad.props.feed, "door")
        self.assertEqual(pad.props.quota, 100)


if __name__ == "__main__":
    Gst.init(None)
    tap.main()
