"""Annotations from files: three formats, and what is done with what is malformed."""

import json
import warnings
from xml.sax.saxutils import escape

import numpy as np
import pytest
from PIL import Image

from cnnviz import data
from cnnviz.data import _annotations

WIDTH, HEIGHT = 60, 40
NAN, INFINITY = float("nan"), float("inf")


def picture(path, size=(WIDTH, HEIGHT), colour=(255, 0, 51)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def read(path, format, **arguments):
    """Read, and return with the warning's text, if there is one."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = data.read_annotations(path, format, **arguments)
    assert len(caught) == bool(found.problems)
    if caught:
        assert str(found.problems[0]) in str(caught[0].message)
    return found


# --- the same boxes in three formats --------------------------------------------------------------


def as_coco(folder):
    text = {
        "info": {"year": 2026, "nested": [[]]},
        "annotations": [
            {"image_id": 5, "category_id": 9, "bbox": [10, 5, 20, 30], "iscrowd": 0},
            {"image_id": 5, "category_id": 2, "bbox": [0, 0, 60, 40], "iscrowd": 1},
        ],
        "images": [
            {"id": 5, "file_name": "a.png", "height": HEIGHT, "width": WIDTH},
            {"id": 3, "file_name": "b.png", "height": HEIGHT, "width": WIDTH},
        ],
        "categories": [{"id": 9, "name": "two"}, {"id": 2, "name": "one"}],
    }
    (folder / "annotations").mkdir()
    (folder / "annotations" / "all.json").write_text(json.dumps(text), "utf-8")
    return "coco"


def as_yolo(folder):
    (folder / "labels").mkdir()
    (folder / "labels" / "a.txt").write_text(
        f"1 {20 / 60} {20 / 40} {20 / 60} {30 / 40}\r\n\n0 0.5 0.5 1 1\n", "utf-8"
    )
    (folder / "classes.txt").write_text("one\ntwo\n", "utf-8")
    return "yolo"


def voc(name="a.png", objects="", size=f"<width>{WIDTH}</width><height>{HEIGHT}</height>"):
    return f"<annotation>\n<filename>{name}</filename>\n<size>{size}</size>\n{objects}</annotation>"


def thing(name="two", box=(11, 6, 30, 35), more=""):
    sides = zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
    inner = "\n".join(f"<{side}>{escape(str(value))}</{side}>" for side, value in sides)
    return f"<object>\n<name>{name}</name>\n<bndbox>\n{inner}\n</bndbox>\n{more}</object>\n"


def as_voc(folder):
    (folder / "Annotations").mkdir()
    part = "<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>"
    whole = thing("one", (1, 1, 60, 40), "<difficult>1</difficult>")
    (folder / "Annotations" / "a.xml").write_text(voc(objects=thing(more=part) + whole), "utf-8")
    (folder / "Annotations" / "b.xml").write_text(voc("b.png"), "utf-8")
    return "voc"


@pytest.mark.parametrize("write", [as_coco, as_yolo, as_voc])
@pytest.mark.parametrize("pictures", ["images", "JPEGImages", "elsewhere"])
def test_three_formats_of_the_same(write, pictures, tmp_path):
    for name in "ab":
        picture(tmp_path / pictures / f"{name}.png")
    format = write(tmp_path)
    where = {"images": tmp_path / pictures} if pictures == "elsewhere" else {}
    found = read(tmp_path, format, **where)
    assert (found.problems, found.files) == ([], ["a.png", "b.png"])
    assert found.boxes[0].tolist() == pytest.approx(np.array([[10, 5, 30, 35], [0, 0, 60, 40]]))
    assert found.boxes[1].shape == (0, 4)
    assert found.classes == ("one", "two")
    assert [labels.tolist() for labels in found.labels] == [[1, 0], []]
    assert found.sizes.tolist() == [[HEIGHT, WIDTH]] * 2
    assert found.ignored[0].tolist() == [False, format != "yolo"]
    assert repr(found) == "Annotations(2 pictures, 2 objects, 2 classes; 0 problems)"
    image = found.images[0]
    assert image.shape == (3, HEIGHT, WIDTH)
    assert image.dtype == np.float32
    assert image[:, 3, 4].tolist() == pytest.approx([1, 0, 0.2])
    assert len(found.images[:1]) == 1
    scenes = found.scenes((20, 120))
    assert scenes.images.shape == (2, 3, 20, 120)
    assert scenes.boxes[0][0].tolist() == pytest.approx([20, 2.5, 60, 17.5])
    assert len(scenes.labels[0]) == (2 if format == "yolo" else 1)  # crowds are left out
    assert scenes.landmarks[0].shape[1:] == (0, 2)
    with pytest.raises(ValueError, match="has no masks"):
        scenes.masks  # noqa: B018


def test_inner_folders_and_files_are_taken_too(tmp_path):
    picture(tmp_path / "images" / "train" / "a.png")
    (tmp_path / "labels" / "train").mkdir(parents=True)
    (tmp_path / "labels" / "train" / "a.txt").write_text("3 0.5 0.5 0.5 0.5", "utf-8")
    for path in (tmp_path, tmp_path / "labels"):
        found = read(path, "yolo")
        assert found.files == ["train/a.png"]
        assert found.classes == ("0", "1", "2", "3")
        assert found.labels[0].tolist() == [3]
    as_coco(tmp_path)
    for path in (tmp_path, tmp_path / "annotations", tmp_path / "annotations" / "all.json"):
        assert read(path, "coco").boxes[0].shape == (2, 4)


def test_scenes_written_down_and_read_again(tmp_path):
    made = data.scenes(6, objects=(0, 3), seed=1)
    for format in ("coco", "yolo", "voc"):
        folder = tmp_path / format
        lists = {"images": [], "annotations": [], "categories": []}
        lists["categories"] = [{"id": i, "name": name} for i, name in enumerate(made.classes)]
        for i, (image, boxes, labels) in enumerate(
            zip(made.images, made.boxes, made.labels, strict=True)
        ):
            pixels = np.rint(image[0] * 255).astype(np.uint8)
            (folder / "images").mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(folder / "images" / f"{i}.png")
            lists["images"].append({"id": i, "file_name": f"{i}.png", "height": 64, "width": 64})
            shares, things = [], []
            for (x1, y1, x2, y2), label in zip(boxes.tolist(), labels.tolist(), strict=True):
                box = [x1, y1, x2 - x1, y2 - y1]
                lists["annotations"].append({"image_id": i, "category_id": label, "bbox": box})
                shares.append(
                    f"{label} {(x1 + x2) / 128} {(y1 + y2) / 128} {box[2] / 64} {box[3] / 64}"
                )
                things.append(thing(str(label), (x1 + 1, y1 + 1, x2, y2)))
            size = "<width>64</width><height>64</height>"
            texts = {
                "yolo": ("labels", f"{i}.txt", "\n".join(shares)),
                "voc": ("Annotations", f"{i}.xml", voc(f"{i}.png", "".join(things), size)),
            }
            if format in texts:
                inner, name, text = texts[format]
                (folder / inner).mkdir(exist_ok=True)
                (folder / inner / name).write_text(text, "utf-8")
        if format == "coco":
            (folder / "all.json").write_text(json.dumps(lists), "utf-8")
        found = read(folder, format, classes=made.classes)
        assert not found.problems
        for mine, its in zip(made.boxes, found.boxes, strict=True):
            np.testing.assert_allclose(its, mine, atol=1e-9)
        for mine, its in zip(made.labels, found.labels, strict=True):
            np.testing.assert_array_equal(its, mine)
        np.testing.assert_allclose(found.images[2][0], made.images[2][0], atol=0.6 / 255)


# --- COCO, malformed ------------------------------------------------------------------------------

GOOD = {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}
PLACE = {"id": 1, "file_name": "a.png", "height": HEIGHT, "width": WIDTH}


def coco_text(annotation=None, place=None, category=None):
    """Return a file whose second entry of one list is malformed, with its line."""
    lists = {
        "images": [PLACE, place],
        "categories": [{"id": 1, "name": "one"}, category],
        "annotations": [GOOD, annotation, GOOD],
    }
    lines = ["{"]
    at = 0
    for name, values in lists.items():
        lines.append(f'"{name}": [')
        values = [v for i, v in enumerate(values) if i != 1 or v is not None]
        for i, value in enumerate(values):
            text = value if isinstance(value, str) else json.dumps(value)
            lines.append(text + ("," if i + 1 < len(values) else ""))
            if len(values) == (3 if name == "annotations" else 2) and i == 1:
                at = len(lines)
        lines.append("]," if name != "annotations" else "]")
    return "\n".join([*lines, "}"]), at


COCO = {
    "no object": ({"annotation": "[1, 2]"}, "an annotation must be an object"),
    "no picture": ({"annotation": {"category_id": 1, "bbox": [1, 2, 3, 4]}}, "image_id must be"),
    "unknown picture": ({"annotation": GOOD | {"image_id": 2}}, "image_id must be a picture"),
    "a picture in a list": ({"annotation": GOOD | {"image_id": [1]}}, "image_id must be"),
    "a picture that is true": ({"annotation": GOOD | {"image_id": True}}, "image_id must be"),
    "unknown category": ({"annotation": GOOD | {"category_id": 7}}, "category_id must be one"),
    "no category": ({"annotation": GOOD | {"category_id": None}}, "category_id must be"),
    "no box": ({"annotation": {"image_id": 1, "category_id": 1}}, "bbox must be four numbers"),
    "three numbers": ({"annotation": GOOD | {"bbox": [1, 2, 3]}}, "bbox must be four numbers"),
    "five numbers": ({"annotation": GOOD | {"bbox": [1] * 5}}, "bbox must be four numbers"),
    "text": ({"annotation": GOOD | {"bbox": [1, 2, "3", 4]}}, "bbox must be four numbers, got '3'"),
    "true": ({"annotation": GOOD | {"bbox": [1, 2, True, 4]}}, "bbox must be four numbers"),
    "null": ({"annotation": GOOD | {"bbox": [1, None, 3, 4]}}, "bbox must be four numbers"),
    "nan": ({"annotation": GOOD | {"bbox": [1, 2, NAN, 4]}}, "must be made of finite numbers"),
    "infinity": ({"annotation": GOOD | {"bbox": [1, 2, INFINITY, 4]}}, "finite numbers"),
    "1e999": ({"annotation": json.dumps(GOOD).replace("3,", "1e999,")}, "finite numbers"),
    "10**400": ({"annotation": GOOD | {"bbox": [1, 2, 10**400, 4]}}, "bbox must be finite"),
    "no width": ({"annotation": GOOD | {"bbox": [1, 2, 0, 4]}}, "a box must have an area"),
    "negative": ({"annotation": GOOD | {"bbox": [9, 2, -3, 4]}}, "a box must have an area"),
    "outside": ({"annotation": GOOD | {"bbox": [70, 2, 3, 4]}}, "must lie in its picture of 60×40"),
    "reaching out": ({"annotation": GOOD | {"bbox": [1, 2, 3, 50]}}, "must lie in its picture"),
    "just beside": ({"annotation": GOOD | {"bbox": [60, 2, 0.5, 4]}}, "got one beside it"),
    "crowd 2": ({"annotation": GOOD | {"iscrowd": 2}}, "iscrowd must be 0 or 1"),
    "crowd text": ({"annotation": GOOD | {"iscrowd": "0"}}, "iscrowd must be 0 or 1"),
    "picture no object": ({"place": "7"}, "a picture must be an object"),
    "picture twice": ({"place": PLACE}, "picture 1 is there twice"),
    "picture without id": ({"place": PLACE | {"id": 1.5}}, "id must be a whole number or text"),
    "no height": ({"place": PLACE | {"id": 2, "height": 0}}, "height must be a whole number"),
    "width text": ({"place": PLACE | {"id": 2, "width": "60"}}, "width must be a whole number"),
    "width huge": ({"place": PLACE | {"id": 2, "width": 10**9}}, "width must be a whole number"),
    "no name": ({"place": PLACE | {"id": 2, "file_name": " "}}, "file_name must be the name"),
    "upwards": ({"place": PLACE | {"id": 2, "file_name": "../a.png"}}, "file_name must name a pic"),
    "absolute": ({"place": PLACE | {"id": 2, "file_name": "/etc/x"}}, "file_name must name a pict"),
    "a drive": (
        {"place": PLACE | {"id": 2, "file_name": "C:\\x.png"}},
        "file_name must name a pic",
    ),
    "backwards": ({"place": PLACE | {"id": 2, "file_name": "b\\..\\..\\x"}}, "file_name must name"),
    "a NUL": ({"place": PLACE | {"id": 2, "file_name": "a\0.png"}}, "file_name must name a pict"),
    "surrogate": ({"place": PLACE | {"id": 2, "file_name": "\ud800"}}, "file_name must name a pic"),
    "category twice": ({"category": {"id": 1, "name": "two"}}, "category 1, 'two', is there twice"),
    "name twice": ({"category": {"id": 2, "name": "one"}}, "category 2, 'one', is there twice"),
    "category 5": ({"category": {"id": 2, "name": 5}}, "a category's name must be text"),
}


@pytest.mark.parametrize("name", COCO)
def test_a_malformed_entry_of_coco_is_named_and_the_rest_is_kept(name, tmp_path):
    entry, message = COCO[name]
    text, line = coco_text(**entry)
    (tmp_path / "all.json").write_text(text, "utf-8")
    found = read(tmp_path, "coco")
    assert [(p.file, p.line) for p in found.problems] == [("all.json", line)]
    assert message in found.problems[0].text
    assert str(found.problems[0]).startswith(f"all.json:{line}: ")
    assert found.boxes[0].tolist() == [[1, 2, 4, 6]] * 2
    assert found.classes == ("one",)


BROKEN = {  # text, line, message, boxes that are left
    "nothing": ("", 1, "must hold one JSON object", 0),
    "a list": ("[]", 1, "must hold one JSON object", 0),
    "text": ("\n\nhello", 3, "must hold one JSON object", 0),
    "no lists": ("{}", 1, "must have a list of images", 0),
    "no colon": ('{\n"images" []}', 2, "a name and a colon", 0),
    "no name": ("{\n\n3: []}", 3, "a name and a colon", 0),
    "images no list": ('{\n"images": 3}', 2, "images must be a list", 0),
    "images twice": ('{\n"images": [],\n"images": []}', 3, "images is there twice", 0),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_coco_file_that_is_none(name, tmp_path):
    text, line, message, _ = BROKEN[name]
    (tmp_path / "all.json").write_text(text, "utf-8")
    found = read(tmp_path, "coco")
    assert found.problems[0].line == line
    assert message in found.problems[0].text
    assert len(found) == 0


@pytest.mark.parametrize(
    ("cut", "message", "kept"),
    [
        ('"bbox": [1, 2, 3, 4]},\n{"image_id": 1', "this is no JSON", 1),  # within an entry
        ('"bbox": [1, 2, 3, 4]},', "this is no JSON", 1),
        ('"bbox": [1, 2, 3, 4]}', "a comma or a closing bracket", 1),
    ],
)
def test_what_comes_before_a_mistake_in_json_is_kept(cut, message, kept, tmp_path):
    text, _ = coco_text(annotation=GOOD)
    end = text.index(cut) + len(cut)
    (tmp_path / "all.json").write_text(text[:end] + "\n#", "utf-8")
    found = read(tmp_path, "coco")
    (problem,) = found.problems
    assert problem.line >= text[:end].count("\n") + 1
    assert message in problem.text
    assert len(found.boxes[0]) == kept


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("[" * 100_000, "this is nested too deeply"),
        ("9" * 10_000, "too many digits"),
        ('{"a" 1}', "this is no JSON"),
        ("nul", "this is no JSON"),
        ('"\t"', "this is no JSON"),
    ],
)
def test_json_that_python_refuses(bad, message, tmp_path):
    text, line = coco_text(annotation=bad)
    (tmp_path / "all.json").write_text(text, "utf-8")
    found = read(tmp_path, "coco")
    (problem,) = found.problems
    assert (problem.line, len(found.boxes[0])) == (line, 1)
    assert message in problem.text


def test_what_follows_and_what_is_no_utf_8(tmp_path):
    text, _ = coco_text()
    file = tmp_path / "all.json"
    file.write_text(text + "\n{}", "utf-8")
    assert "nothing must follow" in read(file, "coco").problems[0].text
    file.write_bytes(text.encode().replace(b"one", b"\xff"))
    assert "must be in UTF-8" in read(file, "coco").problems[0].text
    file.write_bytes(text.encode("utf-8-sig"))
    assert not read(file, "coco").problems


def test_a_box_over_the_edge_by_rounding_is_clipped(tmp_path):
    text, _ = coco_text(annotation=GOOD | {"bbox": [-0.5, 2, 60.8, 38.9]})
    (tmp_path / "all.json").write_text(text, "utf-8")
    found = read(tmp_path, "coco")
    assert not found.problems
    assert found.boxes[0][1].tolist() == [0, 2, 60, 40]


# --- YOLO, malformed ------------------------------------------------------------------------------

YOLO = {
    "four words": ("0 0.5 0.5 0.5", "a class and four numbers"),
    "six words": ("0 0.5 0.5 0.5 0.5 0.9", "a class and four numbers"),
    "a polygon": ("0 0.1 0.1 0.2 0.1 0.2 0.2", "a class and four numbers"),
    "commas": ("0,0.5,0.5,0.5,0.5", "a class and four numbers"),
    "a name": ("one 0.5 0.5 0.5 0.5", "class must be a plain number, got 'one'"),
    "class -1": ("-1 0.5 0.5 0.5 0.5", "class must be a whole number from 0 to 1, got -1"),
    "class 2": ("2 0.5 0.5 0.5 0.5", "class must be a whole number from 0 to 1, got 2"),
    "class 0.5": ("0.5 0.5 0.5 0.5 0.5", "class must be a whole number"),
    "class 1e400": ("1e400 0.5 0.5 0.5 0.5", "class must be a whole number"),
    "text": ("0 0.5 half 0.5 0.5", "y must be a plain number, got 'half'"),
    "nan": ("0 nan 0.5 0.5 0.5", "x must be a plain number, got 'nan'"),
    "inf": ("0 0.5 0.5 inf 0.5", "width must be a plain number"),
    "1e400": ("0 0.5 0.5 1e400 0.5", "must be shares of the picture"),
    "underscore": ("0 0.5 0.5 0_1 0.5", "width must be a plain number"),
    "other digits": ("0 ٠.٥ 0.5 0.5 0.5", "x must be a plain number"),
    "hexadecimal": ("0 0x1p-1 0.5 0.5 0.5", "x must be a plain number"),
    "a NUL": ("0 0.5\0 0.5 0.5 0.5", "x must be a plain number"),
    "pixels": ("0 30 20 10 10", "must be shares of the picture, not pixels"),
    "no width": ("0 0.5 0.5 0 0.5", "a box must have an area"),
    "negative height": ("0 0.5 0.5 0.5 -0.5", "a box must have an area"),
    "out at the right": ("0 0.9 0.5 0.5 0.5", "a box must lie in its picture"),
    "out at the top": ("0 0.5 0.1 0.5 0.5", "a box must lie in its picture"),
    "out altogether": ("0 1.5 0.5 0.5 0.5", "a box must lie in its picture"),
    "many digits": ("0 0." + "5" * 10_000 + " 0.5 0.5 0.5", "x must be a plain number"),
}


@pytest.mark.parametrize("name", YOLO)
def test_a_malformed_line_of_yolo_is_named_and_the_rest_is_kept(name, tmp_path):
    line, message = YOLO[name]
    as_yolo(tmp_path)
    picture(tmp_path / "images" / "a.png")
    good = "0 0.5 0.5 0.5 0.5"
    (tmp_path / "labels" / "a.txt").write_text(f"{good}\n\n{line}\n{good}\n", "utf-8")
    found = read(tmp_path, "yolo")
    assert [(p.file, p.line) for p in found.problems] == [("labels/a.txt", 3)]
    assert message in found.problems[0].text
    assert len(str(found.problems[0])) < 200
    assert found.boxes[0].tolist() == [[15, 10, 45, 30]] * 2


def test_files_of_yolo_that_do_not_go_together(tmp_path):
    as_yolo(tmp_path)
    picture(tmp_path / "images" / "a.png")
    picture(tmp_path / "images" / "c.png")
    (tmp_path / "images" / "b.png").write_bytes(b"no picture")
    (tmp_path / "labels" / "b.txt").write_text("0 0.5 0.5 0.5 0.5")
    (tmp_path / "labels" / "c.txt").write_bytes(b"0 0.5 \xff 0.5 0.5")
    (tmp_path / "labels" / "d.txt").write_text("0 0.5 0.5 0.5 0.5")
    found = read(tmp_path, "yolo")
    assert [(p.file, p.line) for p in found.problems] == [
        ("images/b.png".removeprefix("images/"), 1),
        ("labels/c.txt", 1),
        ("labels/d.txt", 1),
    ]
    assert found.files == ["a.png", "c.png"]
    assert [len(boxes) for boxes in found.boxes] == [2, 0]


@pytest.mark.parametrize(
    ("names", "line"), [("one\n\ntwo\n", 2), ("one\ntwo\none\n", 3), (b"\xff\n", 1)]
)
def test_classes_of_yolo_that_are_none(names, line, tmp_path):
    as_yolo(tmp_path)
    picture(tmp_path / "images" / "a.png")
    content = names if isinstance(names, bytes) else names.encode()
    (tmp_path / "classes.txt").write_bytes(content)
    found = read(tmp_path, "yolo")
    assert [(p.file, p.line) for p in found.problems] == [("classes.txt", line)]
    assert found.classes == ("0", "1")


# --- VOC, malformed -------------------------------------------------------------------------------

VOC = {  # the object, the line of it that is named, counted from the object's first
    "no name": ("<object><bndbox/></object>", 0, "object must have one name, got 0"),
    "empty name": (thing(" "), 1, "name must be one of the classes"),
    "two names": (thing("a</name><name>b"), 0, "object must have one name, got 2"),
    "no box": ("<object>\n<name>two</name></object>", 0, "object must have one bndbox, got 0"),
    "two boxes": (thing(more="<bndbox/>"), 0, "object must have one bndbox, got 2"),
    "no xmax": (thing().replace("xmax", "other"), 2, "bndbox must have one xmax, got 0"),
    "two xmin": (thing().replace("ymin", "xmin"), 2, "bndbox must have one xmin, got 2"),
    "text": (thing(box=("a", 6, 30, 35)), 3, "xmin must be a plain number, got 'a'"),
    "empty": (thing(box=(11, "", 30, 35)), 4, "ymin must be a plain number"),
    "nan": (thing(box=(11, 6, "nan", 35)), 5, "xmax must be a plain number"),
    "inf": (thing(box=(11, 6, "inf", 35)), 5, "xmax must be a plain number"),
    "1e400": (thing(box=(11, 6, 30, "1e400")), 2, "a box must be made of finite numbers"),
    "comma": (thing(box=(11, 6, 30, "35,5")), 6, "ymax must be a plain number"),
    "underscore": (thing(box=(11, 6, 30, "3_5")), 6, "ymax must be a plain number"),
    "other digits": (thing(box=(11, 6, 30, "٣٥")), 6, "ymax must be a plain number"),
    "turned": (thing(box=(30, 6, 11, 35)), 2, "a box must have an area"),
    "flat": (thing(box=(11, 36, 30, 35)), 2, "a box must have an area"),
    "outside": (thing(box=(111, 6, 130, 35)), 2, "a box must lie in its picture"),
    "below 0": (thing(box=(-5, 6, 30, 35)), 2, "a box must lie in its picture"),
    "difficult 2": (thing(more="<difficult>2</difficult>"), 8, "difficult must be a whole number"),
    "difficult yes": (thing(more="<difficult>yes</difficult>"), 8, "difficult must be a plain"),
    "nested": (
        thing(box=(11, 6, 30, "<b>35</b>")).replace("&lt;", "<").replace("&gt;", ">"),
        6,
        "ymax",
    ),
}


@pytest.mark.parametrize("name", VOC)
def test_a_malformed_object_of_voc_is_named_and_the_rest_is_kept(name, tmp_path):
    bad, after, message = VOC[name]
    (tmp_path / "Annotations").mkdir()
    good = thing()
    text = voc(objects=good + bad.strip() + "\n" + good)
    (tmp_path / "Annotations" / "a.xml").write_text(text, "utf-8")
    found = read(tmp_path, "voc")
    first = voc(objects=good).count("\n") + 1
    assert [(p.file, p.line) for p in found.problems] == [("Annotations/a.xml", first + after)]
    assert message in found.problems[0].text
    assert found.boxes[0].tolist() == [[10, 5, 30, 35]] * 2


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True)
)
WHOLE = {
    "nothing": ("", 1, "this is no XML"),
    "text": ("\n\nhello", 3, "this is no XML"),
    "another root": ("\n<note/>", 2, "the root must be annotation, got 'note'"),
    "laughs": (LAUGHS + "]>\n" + voc("&j;"), 1, "must not declare a document type"),
    "outside entity": (
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n' + voc("&x;"),
        1,
        "must not declare a document type",
    ),
    "unknown entity": (voc("&x;"), 2, "this is no XML: undefined entity"),
    "no size": ("<annotation>\n<filename>a.png</filename></annotation>", 1, "must have one size"),
    "no height": (voc(size="<width>3</width>"), 3, "size must have one height, got 0"),
    "height 0": (
        voc(size="<width>3</width><height>0</height>"),
        3,
        "height must be a whole number",
    ),
    "width huge": (voc(size="<width>1e9</width><height>1</height>"), 3, "width must be a whole"),
    "no file name": ("<annotation>\n<size/></annotation>", 1, "must have one filename"),
    "empty file name": (voc(" "), 2, "filename must be the name of a picture"),
    "upwards": (voc("../../a.png"), 2, "filename must name a picture below"),
    "absolute": (voc("/etc/passwd"), 2, "filename must name a picture below"),
    "deep": (f"<annotation>\n{'<a>' * 50}{'</a>' * 50}</annotation>", 2, "too many in one another"),
    "many": ("<annotation>\n" + "<a/>" * 20_001 + "</annotation>", 2, "too many elements"),
    "unknown encoding": ('<?xml version="1.0" encoding="none"?>\n' + voc(), 1, ""),
    "no UTF-8": (voc("a.png").encode().replace(b"a.png", b"\xff"), 2, "this is no XML"),
    "a NUL": (voc("a\0.png"), 2, "this is no XML"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_of_voc_that_can_not_be_used_is_named_and_the_others_are_kept(name, tmp_path):
    content, line, message = WHOLE[name]
    (tmp_path / "a.xml").write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "b.xml").write_text(voc("b.png", thing()), "utf-8")
    found = read(tmp_path, "voc")
    (problem,) = found.problems
    assert (problem.file, problem.line) == ("a.xml", line)
    assert message in problem.text
    assert found.files == ["b.png"]
    assert found.boxes[0].tolist() == [[10, 5, 30, 35]]


def test_objects_before_a_mistake_in_xml_are_kept(tmp_path):
    text = voc(objects=thing() + thing("one"))
    cut = text[: text.rindex("<ymax>") + 8]
    (tmp_path / "a.xml").write_text(cut, "utf-8")
    found = read(tmp_path, "voc")
    (problem,) = found.problems
    assert problem.line == cut.count("\n") + 1
    assert "this is no XML" in problem.text
    assert found.boxes[0].tolist() == [[10, 5, 30, 35]]


def test_other_encodings_that_xml_declares(tmp_path):
    text = '<?xml version="1.0" encoding="{}"?>' + voc("é.png", thing("é"))
    for name, encoding in (("a", "latin-1"), ("b", "utf-16")):
        (tmp_path / f"{name}.xml").write_bytes(text.format(encoding).encode(encoding))
    found = read(tmp_path, "voc")
    assert found.files == ["é.png", "é.png"]
    assert found.classes == ("é",)


# --- what is asked for ----------------------------------------------------------------------------


def test_names_that_are_given_are_the_only_ones(tmp_path):
    as_coco(tmp_path)
    as_voc(tmp_path)
    for format in ("coco", "voc"):
        found = read(tmp_path, format, classes=["three", "two"])
        assert found.classes == ("three", "two")
        assert found.labels[0].tolist() == [1]
        assert "must be one of the classes" in found.problems[0].text


def test_pictures_that_are_not_what_is_said(tmp_path):
    as_coco(tmp_path)
    found = read(tmp_path, "coco")
    with pytest.raises(FileNotFoundError, match=r"there is no picture .*a\.png"):
        found.images[0]
    picture(tmp_path / "a.png", (20, 20))
    with pytest.raises(ValueError, match=r"a\.png must be of 40×60 pixels .* got 20×20"):
        found.images[0]
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    with pytest.raises(ValueError, match="no picture that can be read"):
        found.scenes(8)
    with pytest.raises(ValueError, match="size must be"):
        found.scenes(0)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    picture(tmp_path / "secret.png")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.png").symlink_to(tmp_path / "secret.png")
    as_coco(tmp_path / "mine")
    with pytest.raises(ValueError, match="must lie below its folder"):
        read(tmp_path / "mine", "coco").images[0]


def test_what_is_too_large_is_not_read(tmp_path, monkeypatch):
    as_coco(tmp_path)
    as_voc(tmp_path)
    as_yolo(tmp_path)
    picture(tmp_path / "a.png")
    monkeypatch.setattr(_annotations, "MOST_PIXELS", 100)
    assert "at most 100 pixels" in read(tmp_path, "yolo").problems[0].text
    monkeypatch.undo()
    for format in ("coco", "yolo", "voc"):
        monkeypatch.setitem(_annotations.MOST_TEXT, format, 10)
        assert "at most 10 bytes" in read(tmp_path, format).problems[0].text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"format": "pascal"}, "format must be one of coco, yolo, voc"),
        ({"path": "nowhere"}, "path must be a file or folder that is there"),
        ({"format": "yolo"}, "path must be a folder with pictures"),
        ({"format": "voc"}, "path must be a folder with .xml files"),
        ({"format": "coco"}, "path must be a .json file, or a folder with one"),
        ({"images": "nowhere"}, "images must be a folder that is there"),
        ({"classes": ["a", "a"]}, "classes must be different names"),
    ],
)
def test_what_is_refused(arguments, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        data.read_annotations(**({"path": tmp_path} | arguments))


def test_a_number_of_files_is_read_in_a_blink(tmp_path):
    places = [PLACE | {"id": i, "file_name": f"{i}.png"} for i in range(2000)]
    boxes = [GOOD | {"image_id": i % 2000} for i in range(40_000)]
    text = {"images": places, "annotations": boxes, "categories": [{"id": 1, "name": "one"}]}
    (tmp_path / "all.json").write_text(json.dumps(text, indent=1), "utf-8")
    found = read(tmp_path, "coco")
    assert sum(map(len, found.boxes)) == 40_000
