"""The house itself: one set of requirements in three files, and a package that is light."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
IMPORT_LIMIT = 0.3  # seconds
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def constraints():
    """Return the exact versions of constraints.txt by canonical name."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    for pin in pins:
        assert re.fullmatch(r"==[\w.]+", str(pin.specifier)), f"{pin} is not an exact version"
    return {canonicalize_name(pin.name): str(pin.specifier)[2:] for pin in pins}


def requirements():
    extras = PROJECT["optional-dependencies"]
    return [Requirement(r) for r in [*PROJECT["dependencies"], *extras["course"], *extras["dev"]]]


# --- environment.yml, pyproject.toml, constraints.txt ---------------------------------------------


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_each_requirement_is_a_range_whose_pinned_version_lies_in_it(requirement):
    assert requirement.specifier, "no lower bound"
    assert all(part.operator in (">=", "<") for part in requirement.specifier), "not a range"
    pins = constraints()
    name = canonicalize_name(requirement.name)
    assert name in pins
    assert requirement.specifier.contains(pins[name]), pins[name]


def test_the_tests_run_with_the_pinned_versions():
    differ = {}
    for name, version in constraints().items():
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform or Python version; the direct ones are checked below
        if installed.split("+")[0] != version:  # torch's +cpu and +cu… are the same release
            differ[name] = f"{installed} installed, {version} pinned"
    assert not differ
    for requirement in requirements():
        importlib.metadata.version(requirement.name)


def test_torch_is_a_plain_requirement():
    """A GPU machine then gets a CUDA build by itself."""
    torch = next(r for r in requirements() if r.name == "torch")
    assert torch.url is None
    assert torch.marker is None
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert not re.search(r"--(extra-)?index-url|--find-links|https?://", text)
    assert "+" not in constraints()["torch"]


def test_conda_installs_the_same_thing():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert pip == ["-c constraints.txt", "-e .[course]"]
    assert sorted(re.split("[=<>]", entry)[0] for entry in conda) == ["pip", "python"]
    python = next(entry for entry in conda if entry.startswith("python")).split("=")[1]
    assert SpecifierSet(PROJECT["requires-python"]).contains(f"{python}.0")


def test_one_version_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert str(citation["version"]) == PROJECT["version"]


# --- the package alone ----------------------------------------------------------------------------


def clean_environment():
    """Return an environment in which only what a test installs can be imported."""
    removed = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if name not in removed}


def install_step(*command):
    """Run a step that may need the package index; without a network, skip (but not in CI)."""
    result = subprocess.run(
        [str(part) for part in command],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    report = result.stdout + result.stderr
    unreachable = re.search(r"connection (broken|error)|name resolution|Max retries", report)
    if result.returncode and unreachable and not os.environ.get("CI"):
        pytest.skip("the package index can't be reached: connect to the network")
    assert result.returncode == 0, report[-4000:]


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Return the Python of an empty environment into which only the wheel was installed."""
    folder = tmp_path_factory.mktemp("wheel")
    # Built from a copy: a build must not leave anything in the working tree.
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "cnnviz", source / "cnnviz", ignore=ignored)
    install_step(sys.executable, "-m", "build", "--wheel", "--outdir", folder, source)
    (wheel,) = folder.glob("*.whl")
    # A pip of its own, and byte code of all that it installs, would take longer than all the rest.
    venv.create(folder / "venv", with_pip=False)
    interpreter = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = sys.executable, "-m", "pip", "--python", interpreter, "install", "--no-compile"
    install_step(*pip, "-c", ROOT / "constraints.txt", wheel)
    return interpreter


def run(python, code, folder):
    result = subprocess.run(
        [str(python), "-c", code],
        cwd=folder,  # not the repository, where the sources would be imported
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_the_wheel_brings_little(python, tmp_path):
    code = "import importlib.metadata as m; print(*(d.name for d in m.distributions()))"
    installed = {canonicalize_name(name) for name in run(python, code, tmp_path).split()}
    assert {"cnnviz", "numpy", "anywidget"} <= installed
    heavy = {"torch", "jupyter-server", "jupyterlab", "matplotlib", "scikit-image", "scipy"}
    assert not heavy & installed


def test_the_import_is_quick_and_light(python, tmp_path):
    code = (
        "import time; start = time.perf_counter(); import cnnviz; "
        "took = time.perf_counter() - start; import sys; "
        "print(took, *({'torch', 'matplotlib', 'skimage', 'scipy'} & set(sys.modules)))"
    )
    # Each in a process of its own; the machine may be busy with other tests, so the best of five.
    runs = [run(python, code, tmp_path).split() for _ in range(5)]
    assert not any(heavy for _, *heavy in runs), runs
    assert min(float(took) for took, *_ in runs) < IMPORT_LIMIT, runs


def test_the_import_is_quick_and_light_where_everything_is_installed(tmp_path):
    """With torch and matplotlib at hand, too, they are left alone."""
    code = (
        "import time; start = time.perf_counter(); import cnnviz; "
        "took = time.perf_counter() - start; import sys; "
        "print(took, *({'torch', 'matplotlib', 'skimage'} & set(sys.modules)))"
    )
    environment = clean_environment() | {"PYTHONPATH": str(ROOT)}
    runs = []
    for _ in range(5):
        out = subprocess.check_output([sys.executable, "-c", code], env=environment, cwd=tmp_path)
        runs.append(out.decode().split())
    assert not any(heavy for _, *heavy in runs), runs
    assert min(float(took) for took, *_ in runs) < IMPORT_LIMIT, runs


def test_the_wheel_makes_a_kernel_editor_front_end_included(python, tmp_path):
    code = """
import numpy as np, cnnviz
editor = cnnviz.KernelEditor()
script = str(editor._esm)
assert len(script) > 10_000 and "export" in script, script[:200]
assert len(str(editor._css)) > 1_000
html = editor._repr_mimebundle_()
html = html[0] if isinstance(html, tuple) else html
assert "<cnnviz-widget" in html["text/html"]
editor.kernel = np.array([[0.0, 1.0, 0.0]])
assert np.asarray(editor.output).ndim >= 2
print(editor)
"""
    assert run(python, code, tmp_path).startswith("KernelEditor(")


def test_the_wheel_holds_the_package_and_nothing_else(python, tmp_path):
    code = "import importlib.metadata as m; print(*m.files('cnnviz'), sep='\\n')"
    files = run(python, code, tmp_path).splitlines()
    tops = {name.split("/")[0] for name in files if "__pycache__" not in name}
    assert tops == {"cnnviz", f"cnnviz-{PROJECT['version']}.dist-info"}
    assert "cnnviz/py.typed" in files
    assert "cnnviz/static/KernelEditor.js" in files


def test_each_folder_of_tests_is_that_of_what_it_tests():
    folders = {path.name for path in (ROOT / "tests").iterdir() if any(path.glob("test_*.py"))}
    packages = {path.parent.name for path in (ROOT / "cnnviz").glob("*/__init__.py")}
    assert not packages - folders, "a package without tests of its own"
    outside = {"site", "lab"}  # the built site, and JupyterLab
    assert not {f for f in folders - packages - outside if not (ROOT / f).is_dir()}
