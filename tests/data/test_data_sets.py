"""The data sets by name: the bundled digits, the real files where they are at hand, and neither."""

import gzip
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets
import sklearn.neighbors
from published import PART, RECORD, UNPACKED, small_cifar, small_mnist

import cnnviz
from cnnviz import data
from cnnviz.data import DamagedData, MissingData

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "data"
OFFLINE = ROOT / "tools" / "offline"


@pytest.fixture
def nothing(monkeypatch, tmp_path):
    """Let there be neither files nor a network; return the folder that is empty."""
    monkeypatch.setenv("CNNVIZ_DATA", str(tmp_path))

    def refuse(*_, **__):
        raise ConnectionRefusedError("no network in this test")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)
    return tmp_path


# --- digits ---------------------------------------------------------------------------------------


def test_digits_are_scikit_learns(nothing):
    train, test = data.load("digits", "train"), data.load("digits", "test")
    bunch = sklearn.datasets.load_digits()
    assert (len(train), len(test)) == (1437, 360)
    pictures = np.concatenate([train.pictures, test.pictures])
    assert pictures.dtype == np.uint8
    assert (pictures.max(), train.top, test.top) == (16, 16, 16)
    labelled = {
        (picture.tobytes(), label)
        for picture, label in zip(bunch.images.astype(np.uint8), bunch.target, strict=True)
    }
    assert len(labelled) == 1797
    for images in (train, test):
        labelled -= {(picture.tobytes(), label) for picture, label in images}
    assert not labelled, "each picture is in one part, with its label"
    assert os.listdir(nothing) == []


def test_each_digit_has_its_share_of_the_digits_test():
    shares = np.bincount(data.load("digits", "test").labels) / np.bincount(
        data.load("digits", "all").labels
    )
    assert shares.min() > 0.19
    assert shares.max() < 0.21


def test_what_the_documentation_says_about_hands():
    bunch = sklearn.datasets.load_digits()

    def right(x, y, test_x, test_y):
        nearest = sklearn.neighbors.KNeighborsClassifier(1).fit(x.reshape(len(x), -1), y)
        return 100 * nearest.score(test_x.reshape(len(test_x), -1), test_y)

    train, test = data.load("digits", "train"), data.load("digits", "test")
    split_here = right(train.pictures, train.labels, test.pictures, test.labels)
    last = right(bunch.data[:1437], bunch.target[:1437], bunch.data[1437:], bunch.target[1437:])
    assert f"{last:.1f} %; with the split made here, for {split_here:.1f} %" in " ".join(
        data.load.__doc__.split()
    )


def test_all_is_train_followed_by_test():
    train, test, both = (data.load("digits", split) for split in ("train", "test", "all"))
    np.testing.assert_array_equal(both.pictures, np.concatenate([train.pictures, test.pictures]))
    np.testing.assert_array_equal(both.labels, np.concatenate([train.labels, test.labels]))
    assert both.split == "all"
    assert (both.name, both.top) == ("digits", 16)


def test_what_is_loaded_is_the_callers_own():
    first = data.load("digits", "test")
    first.pictures[:] = 0
    first.labels[:] = 0
    assert data.load("digits", "test").pictures.any()
    assert data.load("digits", "test").labels.any()


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["MNIST", "cifar-10", "", None, 3, b"mnist", ["digits"], np.array(1)]
)
def test_another_name_is_refused_and_the_names_are_listed(name):
    with pytest.raises(
        ValueError, match="name must be one of digits, mnist, fashion-mnist, cifar10"
    ):
        data.load(name)
    with pytest.raises(ValueError, match="name must be one of"):
        data.load_or_digits(name)


@pytest.mark.parametrize("split", ["Train", "validation", "", None, 0, ("train",)])
def test_another_split_is_refused(split):
    for load in (data.load, data.load_or_digits):
        with pytest.raises(ValueError, match="split must be one of train, test, all, got"):
            load("digits", split)


def test_the_table_in_the_documentation_lists_each():
    for name in data.NAMES:
        assert f"``{name}``" in data.load.__doc__


def test_load_is_at_hand_and_nothing_heavy_is_loaded_for_it():
    assert cnnviz.load is data.load
    code = (
        "import sys, cnnviz; cnnviz.load; from cnnviz import data; heavy = "
        "{'torch', 'sklearn', 'pooch', 'requests', 'tqdm'}; print(*(heavy & set(sys.modules)));"
        "data.load('digits'); print('torch' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    out = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
    assert out.splitlines() == ["", "False"]


def test_missing_scikit_learn_is_explained(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="needs scikit-learn: pip install"):
        data.load("digits")


def test_missing_pooch_is_explained(monkeypatch, nothing):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r"needs pooch.*: pip install"):
        data.load("mnist")


# --- neither files nor a network ------------------------------------------------------------------

NEEDED = {
    "mnist": ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"],
    "fashion-mnist": ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"],
    "cifar10": ["cifar-10-binary.tar.gz"],
}


@pytest.mark.parametrize("name", NEEDED)
def test_without_files_or_a_network_the_error_says_what_to_do(name, nothing):
    with pytest.raises(MissingData) as caught:
        data.load(name, "test")
    message = str(caught.value)
    assert message.startswith(f"{name} can't be loaded: ")
    assert f"Put into {nothing / name}\n" in message
    for file in NEEDED[name]:
        assert f"{file}  " in message
    assert message.count("SHA-256") == len(NEEDED[name])
    assert isinstance(caught.value, OSError)
    assert isinstance(caught.value, data.DataError)
    assert list(nothing.iterdir()) == []


@pytest.mark.parametrize("name", NEEDED)
def test_a_lesson_goes_on_with_digits_and_says_so_in_two_lines(name, nothing, capsys):
    images = data.load_or_digits(name, "test")
    assert repr(images) == repr(data.load("digits", "test"))
    out, err = capsys.readouterr()
    assert out.startswith(f"{name} is not here and can't be downloaded: going on with scikit-learn")
    assert out.count("\n") == 2
    assert max(map(len, out.splitlines())) < 80, "what a page shows without scrolling"
    assert str(nothing) not in out, "a chapter shows no folder of a machine"
    assert err == ""


def test_a_chapter_that_may_not_reach_the_network_gets_the_same_error(tmp_path):
    """As in the kernels that the chapters run in, where an audit hook refuses connections."""
    code = "from cnnviz import data; print(data.load_or_digits('mnist')); data.load('mnist')"
    proxies = {name for name in os.environ if name.lower().endswith("_proxy")}
    environment = {k: v for k, v in os.environ.items() if k not in proxies} | {
        "PYTHONPATH": f"{OFFLINE}{os.pathsep}{ROOT}",
        "CNNVIZ_DATA": str(tmp_path),
    }
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert "Images(digits, train" in result.stdout
    assert "cnnviz.data.errors.MissingData: mnist can't be loaded" in result.stderr
    assert "During handling" not in result.stderr, "one error, not a chain of them"


# --- the formats by name --------------------------------------------------------------------------


@pytest.fixture
def cifar(nothing, monkeypatch):
    """Let "cifar10" be a small data set without a mirror; return its archive and batches."""
    dataset, archive, batches = small_cifar()
    monkeypatch.setitem(data._load._DATASETS, "cifar10", dataset)
    return archive, batches


@pytest.mark.parametrize("folder", [".", "smallc"])
@pytest.mark.parametrize("unpacked", [False, True], ids=["archive", "unpacked"])
def test_cifar_is_read_from_its_archive_or_unpacked(folder, unpacked, cifar, nothing):
    archive, batches = cifar
    place = nothing / folder / (UNPACKED if unpacked else "")
    place.mkdir(parents=True, exist_ok=True)
    for name, content in (batches if unpacked else {"cifar.tar.gz": archive}).items():
        (place / name).write_bytes(content)
    both = data.load("cifar10", "all")
    expected = np.frombuffer(b"".join(batches.values()), np.uint8).reshape(-1, RECORD)
    np.testing.assert_array_equal(both.pictures.reshape(len(both), -1), expected[:, 1:])
    np.testing.assert_array_equal(both.labels, expected[:, 0])
    assert both.note == ""


def test_a_part_of_the_test_batch_is_named_as_such(cifar, nothing):
    archive, batches = cifar
    (nothing / UNPACKED).mkdir()
    for name in ("data_batch_1.bin", "data_batch_2.bin"):
        (nothing / UNPACKED / name).write_bytes(batches[name])
    (nothing / UNPACKED / PART).write_bytes(batches["test_batch.bin"][:RECORD])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(data.load("cifar10", "train")) == 8
    note = "only the first 1 of 4 test pictures"
    for split, count in (("test", 1), ("all", 9)):
        with pytest.warns(UserWarning, match=f"cifar10, {split}: {note}") as caught:
            images = data.load("cifar10", split)
        assert caught[0].filename == __file__, "the line that asked"
        assert (len(images), images.note) == (count, note)
        assert repr(images).endswith(f"; {note})")
        assert images[:1].note == note
    # The whole of it is taken when it is there, packed or not.
    (nothing / "cifar.tar.gz").write_bytes(archive)
    whole = data.load("cifar10", "test")
    assert (len(whole), whole.note) == (4, "")


def test_another_part_is_not_taken_for_it(cifar, nothing):
    (nothing / UNPACKED).mkdir()
    (nothing / UNPACKED / PART).write_bytes(bytes(RECORD))
    with pytest.raises(DamagedData, match=f"{PART} is damaged or another file"):
        data.load("cifar10", "test")


def test_damaged_batches_are_passed_over_for_the_archive(cifar, nothing):
    archive, batches = cifar
    (nothing / UNPACKED).mkdir()
    for name, content in batches.items():
        (nothing / UNPACKED / name).write_bytes(content[:-1])
    with pytest.raises(DamagedData, match=r"data_batch_1.bin is cut short"):
        data.load("cifar10", "train")
    (nothing / "cifar.tar.gz").write_bytes(archive)
    assert len(data.load("cifar10", "train")) == 8


def test_cifar_is_downloaded_as_its_archive(mirrors, tmp_path):
    _, archive, batches = small_cifar()
    dataset, _, _ = small_cifar(mirrors.publish("c", {"cifar.tar.gz": archive}))
    for _ in range(2):
        train, test = dataset.read(("train", "test"), tmp_path)
        assert (len(train), len(test)) == (8, 4)
    assert mirrors.asked == {"c/cifar.tar.gz": 1}
    assert [path.name for path in (tmp_path / "smallc").iterdir()] == ["cifar.tar.gz"]
    assert len(batches) == 3


def test_nothing_is_unpickled(monkeypatch, cifar, nothing):
    archive, _ = cifar
    (nothing / "cifar.tar.gz").write_bytes(archive)
    mnist, contents = small_mnist()
    monkeypatch.setitem(data._load._DATASETS, "mnist", mnist)
    (nothing / "small").mkdir()
    for name, content in contents.items():
        (nothing / "small" / name).write_bytes(content)

    def refuse(*_, **__):
        raise AssertionError("unpickled")

    for name in ("pickle.load", "pickle.loads", "pickle.Unpickler"):
        monkeypatch.setattr(name, refuse)
    assert len(data.load("cifar10", "all")) == 12
    assert len(data.load("mnist", "all")) == 28


# --- the real files -------------------------------------------------------------------------------


@pytest.fixture
def real(monkeypatch, nothing):
    if not REAL.is_dir():
        pytest.skip(f"the real files are not at {REAL.relative_to(ROOT.parent)} beside the clone")
    monkeypatch.setenv("CNNVIZ_DATA", str(REAL))


@pytest.mark.parametrize(
    ("name", "mean", "std", "first"),
    [  # as published with many recipes: 0.1307, 0.3081; 0.2860, 0.3530
        ("mnist", 0.1307, 0.3081, "5041921314"),
        ("fashion-mnist", 0.2860, 0.3530, "9003027255"),
    ],
)
def test_the_real_training_set(name, mean, std, first, real):
    train = data.load(name, "train")
    assert repr(train) == f"Images({name}, train: 60000 pictures of 1×28×28, 10 classes)"
    assert "".join(map(str, train.labels[:10])) == first
    assert np.bincount(train.labels).sum() == 60000
    pixels = train.scaled()
    assert pixels.mean(dtype=np.float64) == pytest.approx(mean, abs=5e-5)
    assert pixels.std(dtype=np.float64) == pytest.approx(std, abs=5e-5)


@pytest.mark.parametrize(
    ("name", "first"), [("mnist", "7210414959"), ("fashion-mnist", "9211614657")]
)
def test_the_real_test_set(name, first, real):
    test = data.load(name, "test")
    assert repr(test) == f"Images({name}, test: 10000 pictures of 1×28×28, 10 classes)"
    assert "".join(map(str, test.labels[:10])) == first
    if name == "fashion-mnist":
        assert np.bincount(test.labels).tolist() == [1000] * 10


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_real_files_cut_short_or_swapped_are_named(name, real, monkeypatch, tmp_path):
    files = [path.name for path in (REAL / name).glob("t10k-*")]
    other = {"mnist": "fashion-mnist", "fashion-mnist": "mnist"}[name]
    monkeypatch.setenv("CNNVIZ_DATA", str(tmp_path))
    (tmp_path / name).mkdir()
    for file in files:
        (tmp_path / name / file).write_bytes((REAL / name / file).read_bytes())
    assert len(data.load(name, "test")) == 10000
    images = next(file for file in files if "images" in file)
    for content, words in (
        ((REAL / other / images).read_bytes(), "is (cut short|too long)"),
        ((REAL / name / images).read_bytes()[:-1], "is cut short"),
        (gzip.decompress((REAL / name / images).read_bytes()), "is too long"),
    ):
        (tmp_path / name / images).write_bytes(content)
        with pytest.raises(DamagedData, match=f"{images} {words}"):
            data.load(name, "test")


def test_the_real_cifar_test_pictures_at_hand(real, monkeypatch, tmp_path):
    """The first thousand, as ../shared/data has them, laid out as the official batches are."""
    from PIL import Image

    sheet = np.asarray(Image.open(REAL / "cifar10" / "test_first1000.webp").convert("RGB"))
    rows, columns = sheet.shape[0] // 32, sheet.shape[1] // 32
    tiles = sheet.reshape(rows, 32, columns, 32, 3).transpose(0, 2, 4, 1, 3).reshape(-1, 3, 32, 32)
    labels = np.fromfile(REAL / "cifar10" / "test_first1000_labels.bin", np.uint8)
    records = np.concatenate([labels[:, None], tiles.reshape(len(labels), -1)], axis=1)
    (tmp_path / "cifar-10-batches-bin").mkdir()
    (tmp_path / "cifar-10-batches-bin" / "test_batch_first1000.bin").write_bytes(records.tobytes())
    monkeypatch.setenv("CNNVIZ_DATA", str(tmp_path))
    with pytest.warns(UserWarning, match="only the first 1000 of 10000 test pictures"):
        test = data.load("cifar10", "test")
    assert len(test) == 1000
    np.testing.assert_array_equal(test.pictures, tiles)
    assert [test.classes[label] for label in test.labels[:4]] == ["cat", "ship", "ship", "airplane"]
