"""The README does what it says."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END_OF_BLOCK = "-- end of block --"


def blocks(language):
    return [block for block in FENCE.finditer(README.read_text(encoding="utf-8")) if block[1] == language]


def expectations():
    """Pair each python block with the text block that follows it, or `None`."""
    text = README.read_text(encoding="utf-8")
    found = list(FENCE.finditer(text))
    for block, following in zip(found, [*found[1:], None], strict=True):
        if block[1] == "python":
            close = following is not None and following[1] == "text" and not text[block.end() : following.start()].strip()
            yield block, following[2] if close else None


def script():
    """Return the python blocks as one program in which every line stands where it stands in the README."""
    text = README.read_text(encoding="utf-8")
    lines = [""] * (text.count("\n") + 1)
    for block in blocks("python"):
        first = text.count("\n", 0, block.start(2))
        code = block[2].splitlines()
        lines[first : first + len(code)] = code
        lines[first + len(code)] = f"print({END_OF_BLOCK!r})"
    return "\n".join(lines) + "\n"


def test_every_python_block_runs_and_prints_what_stands_below_it(tmp_path):
    # a process of its own, because the classes that the blocks define would stay in the registry of this one
    program = tmp_path / "README.py"
    program.write_text(script(), encoding="utf-8")
    command = [sys.executable, "-X", "utf8", "-W", "error", program.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    printed = done.stdout.split(END_OF_BLOCK + "\n")[:-1]
    wanted = list(expectations())
    assert len(printed) == len(wanted)
    for output, (block, text) in zip(printed, wanted, strict=True):
        assert text is None or output == text, f"below\n{block[2]}"


def test_text_blocks_all_belong_to_a_python_block():
    assert len(blocks("text")) == sum(text is not None for _, text in expectations()) >= 4


def test_the_first_two_blocks_are_the_two_commands():
    first, second = FENCE.findall(README.read_text(encoding="utf-8"))[:2]
    assert first[0] == second[0] == "bash"
    assert "examples/digits.py" in first[1]
    assert '".[test]"' in second[1] and "pytest" in second[1]
    assert "python3 -m venv" in first[1] and "python3 -m venv" in second[1]


def test_the_files_it_points_to_exist():
    text = README.read_text(encoding="utf-8")
    named = re.findall(r"\]\((?!https?:)([^)#]+)\)", text) + re.findall(r"`((?:examples|benchmarks)/[\w./]+)`", text)
    assert named
    for path in named:
        assert (README.parent / path).exists(), path
