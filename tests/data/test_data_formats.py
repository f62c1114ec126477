"""The two formats, and whatever can be wrong with a file whose SHA-256 is right."""

import gzip
import io
import tarfile
import tracemalloc

import numpy as np
import pytest
from published import (
    CLASSES,
    RECORD,
    SHAPE,
    UNPACKED,
    cifar_of,
    idx,
    mnist_of,
    packed,
    small_cifar,
    small_mnist,
    source,
)

from cnnviz.data import DamagedData
from cnnviz.data._cifar import members
from cnnviz.data._idx import inflate, parse

PICTURES = np.random.default_rng(2).integers(0, 256, (3, 4, 5), np.uint8)
GOOD = gzip.compress(idx(PICTURES))
MOST = 2**20


def header(magic, *sizes):
    return np.array([magic, *sizes], ">u4").tobytes()


# --- MNIST's --------------------------------------------------------------------------------------


def test_what_was_written_is_read():
    read = parse("pictures.gz", GOOD, (3, 4, 5))
    np.testing.assert_array_equal(read, PICTURES)
    read[:] = 0  # it is the caller's
    assert parse("pictures.gz", gzip.compress(idx(PICTURES), 0), (3, 4, 5)).any()


def test_a_file_in_two_pieces_is_a_gzip_file_too():
    raw = idx(PICTURES)
    two = gzip.compress(raw[:30]) + gzip.compress(raw[30:])
    np.testing.assert_array_equal(parse("pictures.gz", two, (3, 4, 5)), PICTURES)


BROKEN = {
    "no gzip": (idx(PICTURES), "is no whole gzip file"),
    "nothing": (b"", "ends within its header|is no whole gzip file"),
    "cut within gzip's header": (GOOD[:5], "is no whole gzip file"),
    "cut": (GOOD[:-20], "is no whole gzip file"),
    "cut within the checksum": (GOOD[:-1], "is no whole gzip file"),
    "wrong checksum": (GOOD[:-8] + bytes(8), "is no whole gzip file"),
    "more after gzip's end": (GOOD + b"more", "is no whole gzip file"),
    "wrong magic": (gzip.compress(header(2049, 3, 4, 5) + bytes(60)), "begin with 2051, not 2049"),
    "other byte order": (gzip.compress(idx(PICTURES)[3::-1] + idx(PICTURES)[4:]), "begin with"),
    "too few, rightly announced": (gzip.compress(idx(PICTURES[:2])), r"\(3, 4, 5\), .*\(2, 4, 5\)"),
    "too many, rightly announced": (
        gzip.compress(idx(np.repeat(PICTURES, 2, 0))),
        r"\(3, 4, 5\), .*\(6, 4, 5\)",
    ),
    "turned": (gzip.compress(idx(PICTURES.transpose(0, 2, 1))), r"header says \(3, 5, 4\)"),
    "a huge count": (gzip.compress(header(2051, 2**32 - 1, 4, 5)), r"says \(4294967295, 4, 5\)"),
    "pictures missing": (gzip.compress(idx(PICTURES)[:-1]), "60 bytes should follow .* not 59"),
    "trailing bytes": (gzip.compress(idx(PICTURES) + b"\0"), "60 bytes should follow .* not more"),
    "header alone": (gzip.compress(idx(PICTURES)[:16]), "60 bytes should follow its header, not 0"),
    "half a header": (gzip.compress(idx(PICTURES)[:15]), "ends within its header"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_named(what):
    content, words = BROKEN[what]
    with pytest.raises(DamagedData, match=words) as caught:
        parse("pictures.gz", content, (3, 4, 5))
    assert str(caught.value).startswith("pictures.gz ")


def test_a_gzip_bomb_is_not_inflated():
    bomb = gzip.compress(bytes(50 * 2**20), 1)  # 50 MB of nothing in 200 kB
    tracemalloc.start()
    with pytest.raises(DamagedData):
        parse("pictures.gz", bomb, (3, 4, 5))
    assert len(inflate("pictures.gz", bomb, 1000)) == 1001
    assert tracemalloc.get_traced_memory()[1] < 2 * 2**20
    tracemalloc.stop()


def test_a_label_that_means_nothing_is_named(tmp_path):
    _, contents = small_mnist()
    labels = np.arange(8) % 3
    labels[5] = 3
    contents["test-labels.gz"] = gzip.compress(idx(labels))
    (tmp_path / "small").mkdir()
    for name, content in contents.items():
        (tmp_path / "small" / name).write_bytes(content)
    dataset = mnist_of(contents)
    with pytest.raises(DamagedData, match=r"test-labels.gz .* label 5 is 3, and there are 3 cl"):
        dataset.read(("test",), tmp_path)
    assert len(dataset.read(("train",), tmp_path)) == 1


def test_no_changed_byte_gives_another_error():
    """A byte may not matter, as in gzip's header; else the file is refused by name."""
    random = np.random.default_rng(3)
    refused = 0
    for _ in range(1000):
        changed = bytearray(GOOD)
        for place in random.integers(0, len(changed), random.integers(1, 4)):
            changed[place] = random.integers(0, 256)
        try:
            read = parse("pictures.gz", bytes(changed), (3, 4, 5))
        except DamagedData:
            refused += 1
        else:
            np.testing.assert_array_equal(read, PICTURES)
    assert refused > 700


# --- CIFAR-10's -----------------------------------------------------------------------------------

_, ARCHIVE, BATCHES = small_cifar()
WANTED = [source(name, batch) for name, batch in BATCHES.items()]
INSIDE = {f"{UNPACKED}/{name}": batch for name, batch in BATCHES.items()}


def test_an_archives_files_are_read_without_unpacking():
    assert members("c.tar.gz", ARCHIVE, UNPACKED, WANTED, MOST) == BATCHES
    assert list(members("c.tar.gz", ARCHIVE, UNPACKED, WANTED[1:2], MOST)) == ["data_batch_2.bin"]


def test_a_record_is_a_label_and_three_planes(tmp_path):
    dataset, archive, batches = small_cifar()
    (tmp_path / "cifar.tar.gz").write_bytes(archive)
    train, test = dataset.read(("train", "test"), tmp_path)
    assert train.pictures.shape == (8, *SHAPE)
    assert train.pictures.flags.c_contiguous
    record = np.frombuffer(batches["data_batch_2.bin"], np.uint8)[RECORD : 2 * RECORD]
    picture, label = train[5]
    assert label == record[0] == 1
    np.testing.assert_array_equal(picture[2], record[1 + 2 * 16 :].reshape(4, 4))  # blue
    assert (len(test), test.classes, test.note) == (4, CLASSES, "")


def odd(name, kind=tarfile.REGTYPE, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


ODD = {
    "absolute": odd("/etc/passwd"),
    "upwards": odd("../test_batch.bin"),
    "upwards later": odd(f"{UNPACKED}/../test_batch.bin"),
    "upwards from the folder": odd(f"{UNPACKED}/.."),
    "another folder": odd("elsewhere/test_batch.bin"),
    "no folder": odd("test_batch.bin"),
    "deeper": odd(f"{UNPACKED}/deeper/test_batch.bin"),
    "a file in the folder's place": odd(UNPACKED),
    "a link": odd(f"{UNPACKED}/link", tarfile.SYMTYPE, "/etc/passwd"),
    "a hard link": odd(f"{UNPACKED}/link", tarfile.LNKTYPE, f"{UNPACKED}/test_batch.bin"),
    "a device": odd(f"{UNPACKED}/null", tarfile.CHRTYPE),
    "a pipe": odd(f"{UNPACKED}/pipe", tarfile.FIFOTYPE),
    "a long name": odd("x" * 5000),
    "an empty name": odd(""),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_member_is_refused(what):
    archive = packed(INSIDE, ODD[what])
    with pytest.raises(DamagedData, match=r"^c.tar.gz is (damaged: its member|no whole archive)"):
        members("c.tar.gz", archive, UNPACKED, WANTED, MOST)


ONE = f"{UNPACKED}/test_batch.bin"
BROKEN_ARCHIVES = {
    "no gzip": (gzip.decompress(ARCHIVE), "is no whole archive"),
    "nothing": (b"", "is no whole archive|lacks"),
    "cut": (ARCHIVE[: len(ARCHIVE) // 2], "is no whole archive"),
    "cut within the checksum": (ARCHIVE[:-3], "is no whole archive"),
    "wrong checksum": (ARCHIVE[:-8] + bytes(8), "is no whole archive"),
    "more after the end": (ARCHIVE + b"more", "is no whole archive"),
    "no tar": (gzip.compress(b"not a tar file" * 100), "is no whole archive"),
    "an empty tar": (packed({}), "lacks data_batch_1.bin, data_batch_2.bin, test_batch.bin"),
    "one missing": (packed({k: v for k, v in INSIDE.items() if k != ONE}), "lacks test_batch.bin"),
    "one short": (packed(INSIDE | {ONE: INSIDE[ONE][:-1]}), "test_batch.bin .* of another size"),
    "one long": (packed(INSIDE | {ONE: INSIDE[ONE] + b"\0"}), "test_batch.bin .* of another size"),
    "one changed": (packed(INSIDE | {ONE: bytes(4 * RECORD)}), "test_batch.bin is damaged or"),
    "one twice": (packed(INSIDE, odd(ONE)), "test_batch.bin is there twice"),
}


@pytest.mark.parametrize("what", BROKEN_ARCHIVES)
def test_a_broken_archive_is_named(what):
    content, words = BROKEN_ARCHIVES[what]
    with pytest.raises(DamagedData, match=words):
        members("c.tar.gz", content, UNPACKED, WANTED, MOST)


def test_a_bomb_in_an_archive_is_not_inflated():
    bomb = packed(INSIDE | {f"{UNPACKED}/readme.html": bytes(30 * 2**20)})
    tracemalloc.start()
    with pytest.raises(DamagedData, match=f"holds more than {MOST} bytes"):
        members("c.tar.gz", bomb, UNPACKED, WANTED, MOST)
    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()


def test_a_label_beyond_the_classes_is_named(tmp_path):
    batch = bytearray(BATCHES["test_batch.bin"])
    batch[RECORD] = 77
    batches = BATCHES | {"test_batch.bin": bytes(batch)}
    (tmp_path / UNPACKED).mkdir()
    for name, content in batches.items():
        (tmp_path / UNPACKED / name).write_bytes(content)
    dataset = cifar_of(ARCHIVE, batches)
    with pytest.raises(DamagedData, match=r"smallc, test .* label 1 is 77"):
        dataset.read(("test",), tmp_path)
    assert len(dataset.read(("train",), tmp_path)[0]) == 8


@pytest.mark.parametrize("inside", [False, True], ids=["compressed", "tar"])
def test_no_changed_byte_of_an_archive_gives_another_error(inside):
    random = np.random.default_rng(4)
    raw = gzip.decompress(ARCHIVE) if inside else ARCHIVE
    headers = 512 * np.arange(len(raw) // 512) if inside else np.zeros(1, int)
    refused = 0
    for _ in range(500):
        changed = bytearray(raw)
        for _ in range(random.integers(1, 4)):
            place = random.choice(headers) + random.integers(0, 512)
            changed[min(place, len(raw) - 1)] = random.integers(0, 256)
        content = gzip.compress(bytes(changed), 1) if inside else bytes(changed)
        try:
            read = members("c.tar.gz", content, UNPACKED, WANTED, MOST)
        except DamagedData:
            refused += 1
        else:
            assert read == BATCHES
    assert refused > 100


@pytest.mark.parametrize(
    "field",
    ["GNU.sparse.size", "GNU.sparse.realsize", "GNU.sparse.map", "GNU.sparse.major", "size"],
)
def test_an_extended_header_of_nonsense_is_named(field):
    member = odd(f"{UNPACKED}/x")
    member.pax_headers = {field: "nonsense", "GNU.sparse.name": "x", "GNU.sparse.minor": "0"}
    with pytest.raises(DamagedData, match=r"^c.tar.gz is (damaged: its member|no whole archive)"):
        members("c.tar.gz", packed(INSIDE, member), UNPACKED, WANTED, MOST)


def test_no_header_with_a_right_checksum_gives_another_error():
    """Fields of a tar header that are nonsense although the header's checksum is right."""
    random = np.random.default_rng(5)
    for _ in range(500):
        info = odd(f"{UNPACKED}/x")
        header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
        start, stop = [(100, 148), (124, 136), (156, 157), (257, 512)][random.integers(4)]
        header[start:stop] = random.integers(0, 256, stop - start, np.uint8).tobytes()
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        buffer = io.BytesIO(gzip.decompress(ARCHIVE))
        raw = buffer.getvalue().rstrip(b"\0")
        raw += bytes(-len(raw) % 512) + bytes(header) + bytes(1024)
        try:
            read = members("c.tar.gz", gzip.compress(raw, 1), UNPACKED, WANTED, MOST)
        except DamagedData:
            continue
        assert read == BATCHES
