"""The pictures of the README, made of the sample country: ``python -m tests.browser.pictures`` (`make pictures`).

The map and the explorer come from a page in headless Chromium, the graph of assets from Dagster's own web page on a
free port of this machine. Pictures have few colours and stay small.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

PORT = 3941
FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


def main() -> None:
    """Run the sample in a folder of its own and write every picture."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        command = [sys.executable, "-m", "pipelines.cli"]
        subprocess.run([*command, "run", "--sample", "--quiet", "--home", home], check=True)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        pages = next(Path(home).rglob("publications"))
        page = max(
            (one for one in pages.glob("*.html") if "country" not in one.name), key=lambda one: one.stat().st_size
        )
        tab = browser.new_page(viewport={"width": 1200, "height": 860})
        tab.goto(page.as_uri())
        tab.wait_for_selector("html[data-ready]")
        tab.locator("#rows button").first.click()
        tab.wait_for_timeout(800)
        tab.evaluate("scrollTo(0, 0)")
        _keep(tab.screenshot(), "explorer.png")
        _keep(tab.locator("#map-part").screenshot(), "map.png")
        documents = ["profile", "--all-flagged", "--sample", "--format", "html", "--out", f"{home}/documents"]
        subprocess.run([*command, *documents, "--home", home], check=True, stdout=subprocess.DEVNULL)
        tab.set_viewport_size({"width": 860, "height": 1100})
        tab.goto(min(Path(home, "documents").rglob("*.html")).as_uri())
        _keep(tab.screenshot(), "profile.png")
        tab.set_viewport_size({"width": 1200, "height": 860})
        with _dagster(home) as address:
            tab.goto(f"{address}/asset-groups")
            tab.get_by_role("button", name="Materialize all").wait_for(timeout=120_000)
            tab.wait_for_timeout(5_000)
            _keep(tab.screenshot(), "dagster.png")
            _check_sources()
            tab.goto(f"{address}/assets/night")
            tab.get_by_text("how things stand").wait_for(timeout=120_000)
            tab.wait_for_timeout(5_000)
            _keep(tab.screenshot(), "night.png")
        browser.close()


@contextmanager
def _dagster(home: str):
    """Serve Dagster's page on the sample while the block runs."""
    address = f"http://127.0.0.1:{PORT}"
    server = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "ui", "--sample", "--home", home, "--port", str(PORT)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/server_info", timeout=2).close()
                break
            except OSError:
                time.sleep(1)
        yield address
    finally:
        server.terminate()
        server.wait(60)


def _check_sources() -> None:
    """Run by hand what Dagster runs at night."""
    from dagster_graphql import DagsterGraphQLClient

    client = DagsterGraphQLClient("127.0.0.1", port_number=PORT)
    run = client.submit_job_execution("check_sources")
    while client.get_run_status(run).value not in ("SUCCESS", "FAILURE", "CANCELED"):
        time.sleep(1)


def _keep(png: bytes, name: str) -> None:
    """Write a picture with 64 colours: a third of the size, and no difference that anybody sees."""
    import io

    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    picture.save(FOLDER / name, optimize=True)


if __name__ == "__main__":
    main()
