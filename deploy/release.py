"""``python deploy/release.py``: the wheel, the notes and the image of the version that the tag names.

The tag (``v0.2.0``) says which version it is; `pyproject.toml` and the first heading of `CHANGELOG.md` have to say the
same. The wheel is built twice, and both have to have the same bytes. The image is built where Docker is there.
Everything lies in ``dist/``; nothing is sent anywhere. ``--untagged`` tries all of it before there is a tag.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Make the release; return 1 with a reason where something does not agree."""
    parser = argparse.ArgumentParser(prog="python deploy/release.py", description="Wheel, notes and image of a tag.")
    parser.add_argument("--untagged", action="store_true", help="try it before there is a tag")
    untagged = parser.parse_args().untagged
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    try:
        if not untagged:
            refuse_other_tag(version)
        title, notes = notes_of((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
        if not untagged and re.fullmatch(rf"{re.escape(version)} \(\d{{4}}-\d\d-\d\d\)", title) is None:
            raise ValueError(f"CHANGELOG.md begins with '{title}', expected '{version} (day of the release)'")
        wheel = wheel_of(ROOT / "dist")
    except (ValueError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"No release: {error}\n")
        return 1
    (ROOT / "dist" / "NOTES.md").write_text(f"# {title}\n\n{notes}\n", encoding="utf-8", newline="\n")
    sys.stdout.write(f"{wheel.name}  sha256 {hashlib.sha256(wheel.read_bytes()).hexdigest()}\nNOTES.md\n")
    if shutil.which("docker") is None:
        sys.stdout.write("No image: Docker is not there.\n")
        return 0
    image = ["docker", "build", "--file", "deploy/server/Dockerfile", "--tag", f"localities:{version}", "."]
    return subprocess.run(image, cwd=ROOT, check=False).returncode


def refuse_other_tag(version: str) -> None:
    """Raise where this commit does not carry the tag of the version, or files differ from it."""
    tags = _git("tag", "--points-at", "HEAD").split()
    if f"v{version}" not in tags:
        raise ValueError(f"this commit has the tags {', '.join(tags) or 'none'}, expected v{version}")
    if changed := _git("status", "--porcelain"):
        raise ValueError(f"files differ from the tag:\n{changed}")


def notes_of(changelog: str) -> tuple[str, str]:
    """Return the first heading of a change log and what stands under it."""
    parts = re.split(r"^## ", changelog, flags=re.MULTILINE)
    if len(parts) < 2:
        raise ValueError("CHANGELOG.md has no version")
    title, _, notes = parts[1].partition("\n")
    return title.strip(), notes.strip()


def wheel_of(folder: Path) -> Path:
    """Build the wheel twice and return it, if both have the same bytes."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": _git("log", "-1", "--format=%ct").strip()}
    built = []
    with tempfile.TemporaryDirectory() as temporary:
        for one in ("first", "second"):
            build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", f"{temporary}/{one}"]
            subprocess.run(build, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
            built += Path(temporary, one).glob("*.whl")
        if built[0].read_bytes() != built[1].read_bytes():
            raise ValueError("two builds of the wheel have different bytes")
        folder.mkdir(exist_ok=True)
        return Path(shutil.copy(built[0], folder))


def _git(*command: str) -> str:
    return subprocess.run(["git", *command], cwd=ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
