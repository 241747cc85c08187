# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the program share: running it, and films to run it on."""

import base64
import contextlib
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

try:
    import gi
    gi.require_version("GstRtspServer", "1.0")
except (ImportError, ValueError):
    gi = None

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
DATA = pathlib.Path(os.environ.get("VINFO_DATA", SOURCE.parent / "shared/data"))
VINFO = os.environ.get("VINFO", "vinfo")
TIMEOUT = 240

# A model so small that a run takes seconds; publications soon enough to happen;
# the films' own size, for noise that is scaled down is none.
FAST = ["--architecture", "nano", "--capacity", "24", "--batch-size", "8",
        "--samples-per-frame", "4", "--publish-interval", "20",
        "--frame-size", "96", "--quiet"]


def vinfo(*arguments, **options):
    """Runs the program; returns the finished process with its text."""
    return subprocess.run([VINFO, *map(str, arguments)], text=True,
                          capture_output=True, timeout=TIMEOUT, **options)


def launch(line):
    """Runs a gst-launch-1.0 line that must succeed."""
    subprocess.run("gst-launch-1.0 -q " + line, shell=True, check=True,
                   timeout=TIMEOUT)


def scene(pattern, frames, size=(160, 90)):
    """One scene of a film, as a launch line into the element named film."""
    return (f"videotestsrc {pattern} num-buffers={frames} ! video/x-raw,"
            f"width={size[0]},height={size[1]},framerate=30/1 ! film. ")


def make_film(path, *scenes):
    """Writes scenes to an AVI file of JPEG frames."""
    launch("concat name=film ! videoconvert ! jpegenc quality=95 ! avimux ! "
           f"filesink location={path} " + " ".join(scenes))
    return path


@contextlib.contextmanager
def serve_rtsp():
    """A camera on loopback; gives its address."""
    server = subprocess.Popen(
        [sys.executable, SOURCE / "tests/pipelines/rtsp-server.py"],
        stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.communicate()


@contextlib.contextmanager
def serve_http(path, *logins):
    """A file on loopback, for those who say one of the logins, as user:password;
    gives its address without them."""
    said = {f"Basic {base64.b64encode(login.encode()).decode()}"
            for login in logins}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.headers["Authorization"] not in said:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="films"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            data = path.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(data)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/{path.name}"
        finally:
            server.shutdown()
            thread.join()


# A moving ball, a still picture, noise: what to keep, keep once, and refuse.
SCENES = [scene("pattern=ball", 150), scene("pattern=smpte100", 40),
          scene("pattern=snow", 30),
          scene("pattern=smpte75 horizontal-speed=3", 80)]


class ProgramTest(unittest.TestCase):
    """A test with a folder of its own that goes away with it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="vinfo-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "out"

    def run_ok(self, *arguments):
        """`vinfo run` that must succeed; returns its summary."""
        process = vinfo("run", "--out", self.out, *FAST, *arguments)
        self.assertEqual(process.returncode, 0, process.stderr)
        return self.summary()

    def summary(self):
        return json.loads((self.out / "summary.json").read_text())

    def log(self):
        lines = (self.out / "log.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def inspect(self, path):
        process = vinfo("inspect", path, "--json")
        self.assertEqual(process.returncode, 0, process.stderr)
        return json.loads(process.stdout)
