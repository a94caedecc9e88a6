"""Makes `page.png`, the picture in the README: `python examples/picture/make_picture.py`; needs Chromium and Pillow."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from minifw.__main__ import tutorial

PICTURE = Path(__file__).with_name("page.png")
SIZE = "1280,800"
COLOURS = 256
MOMENT = "#12:dense_1/kernel:2,1&quiz=off"
"""The step, and the weight that is explained beside the drawing; no question is asked."""


def main() -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("the picture needs a browser: apt-get install chromium")
    net, x, y = tutorial()
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.html")
        net.jump_back(x, y, loss="mse").save_html(page)
        options = ["--headless", "--no-sandbox", "--hide-scrollbars", "--virtual-time-budget=2000"]  # until nothing moves
        options += [f"--window-size={SIZE}", f"--screenshot={PICTURE}"]
        subprocess.run([browser, *options, page.as_uri() + MOMENT], check=True, capture_output=True)
    Image.open(PICTURE).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=4).save(PICTURE, optimize=True)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
