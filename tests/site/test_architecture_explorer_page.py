"""The architecture explorer in a browser: blocks, rows and shares are those of the ledger."""

import re

import pytest
from accessibility import findings
from editor_page import settle

import cnnviz
from cnnviz import ledger, nets


@pytest.fixture(scope="module")
def books():
    picture = (3, 64, 64)
    return {
        "LeNet-5": ledger(nets.lenet5(), (1, 28, 28)),
        "ResNet-18": ledger(nets.resnet18(), picture),
        "GoogLeNet": ledger(nets.googlenet(), picture),
    }


def facts(page):
    settle(page)
    read = "(all) => all.map((one) => [...one.children].map((each) => each.textContent))"
    return dict(page.locator(".facts > div").evaluate_all(read))


def digits(text):
    return int(re.sub(r"\D", "", text))


def selected(page):
    return page.locator("cnnviz-widget").evaluate("(el) => el.model.get('selected')")


def check_row(page, row, before, total):
    shown = facts(page)
    assert digits(shown["Parameters"]) == row["parameters"]
    assert digits(shown["Multiply–adds"]) == row["multiply_adds"]
    assert [digits(n) for n in shown["Output"].split("×")] == list(row["size"])
    assert shown["Share"] == f"{100 * row['parameters'] / total:.1f} %"
    assert shown["Up to here"] == f"{100 * (before + row['parameters']) / total:.1f} %"


def test_every_row_is_reached_with_the_keyboard_and_says_what_the_ledger_says(opened, books):
    book = books["LeNet-5"]
    page = opened(cnnviz.ArchitectureExplorer(book, selected=5), saved=True)
    page.locator("[role=tree] [tabindex='0']").focus()
    page.keyboard.press("Home")
    before = 0
    for at, row in enumerate(book):
        check_row(page, row, before, book.parameters)
        before += row["parameters"]
        assert page.evaluate("document.activeElement.dataset.line") == str(at)
        page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    check_row(page, book[-1], before - book[-1]["parameters"], book.parameters)


def test_the_live_region_tells_of_the_row(opened, books):
    page = opened(cnnviz.ArchitectureExplorer(books["LeNet-5"]))
    page.locator("[role=tree] [tabindex='0']").focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(600)
    said = page.locator("[aria-live]").inner_text()
    assert said.startswith("c1, conv 6, 5 × 5, p 2: output 6 × 28 × 28, 156 parameters, 0.3 % of")


def test_blocks_are_as_long_as_what_they_stand_for(opened, books):
    pair = books["LeNet-5"], books["ResNet-18"]
    page = opened(cnnviz.ArchitectureExplorer(*pair, opened="all", size_by="multiply_adds"))
    read = """(trees) => trees.map((tree) => [...tree.querySelectorAll('.line:not(.open)')].map(
      (line) => [line.querySelector('.block').getBoundingClientRect().width,
                 line.querySelector('.room').getBoundingClientRect().width]))"""
    settle(page)
    trees = page.locator("[role=tree]").evaluate_all(read)
    most = max(row["multiply_adds"] for book in pair for row in book)
    for book, lines in zip(pair, trees, strict=True):
        assert len(lines) == len(book)
        for row, (width, room) in zip(book, lines, strict=True):
            wanted = room * row["multiply_adds"] / most
            assert width == pytest.approx(max(1, wanted), abs=0.6), row["name"]


def test_a_pointer_shows_a_row_and_a_click_keeps_it(opened, books):
    book = books["ResNet-18"]
    page = opened(cnnviz.ArchitectureExplorer(book, opened=[], selected="conv1"))
    group = page.locator(".line", has_text="layer4")
    group.scroll_into_view_if_needed()
    group.hover()
    settle(page)
    rows = [row for row in book if row["name"].startswith("layer4")]
    assert digits(facts(page)["Parameters"]) == sum(row["parameters"] for row in rows)
    assert selected(page) == [0, 0, 1]
    group.click()
    settle(page)
    at = [row["name"].startswith("layer4") for row in book]
    assert selected(page) == [0, at.index(True), at.index(True) + len(rows)]
    assert group.get_attribute("aria-expanded") == "true"
    page.mouse.move(1, 1)
    settle(page)
    assert digits(facts(page)["Parameters"]) == sum(row["parameters"] for row in rows)


def test_a_click_in_the_bar_opens_what_the_row_is_in(opened, books):
    book = books["ResNet-18"]
    page = opened(cnnviz.ArchitectureExplorer(book, opened=[]))
    box = page.locator(".whole").bounding_box()
    for share in (0.2, 0.5, 0.9):
        page.mouse.click(box["x"] + share * box["width"], box["y"] + 20)
        settle(page)
        _, first, last = selected(page)
        sums = [sum(row["parameters"] for row in book.rows[:n]) for n in (first, last)]
        assert last == first + 1
        assert sums[0] / book.parameters <= share < sums[1] / book.parameters
        assert page.locator("[aria-selected=true]").is_visible()


def test_a_finger_opens_a_group_and_folds_it(opened, books):
    page = opened(cnnviz.ArchitectureExplorer(books["GoogLeNet"]), width=375, has_touch=True)
    at = page.locator(".line[aria-expanded=false]").first.get_attribute("data-line")
    group = page.locator(f"[data-line='{at}']")
    group.tap()
    settle(page)
    assert group.get_attribute("aria-expanded") == "true"
    shown = page.locator(".line").count()
    group.tap()
    settle(page)
    assert page.locator(".line").count() < shown


def test_branches_stand_beside_one_another(opened, books):
    page = opened(cnnviz.ArchitectureExplorer(books["GoogLeNet"], opened=["inception3a"]))
    read = """(lines) => lines.map((line) => [line.querySelector('b')?.textContent ?? '',
      line.querySelector('circle')?.getAttribute('cx')])"""
    dots = dict(page.locator(".line[aria-level='2']").evaluate_all(read))
    assert len({dots[f"branch{i}"] for i in (1, 2, 3, 4)}) == 4


def test_nothing_moves_when_another_row_is_selected_or_sized_by(opened, books):
    pair = books["LeNet-5"], books["ResNet-18"]
    for width in (820, 375):
        page = opened(cnnviz.ArchitectureExplorer(*pair, opened=[]), width=width)
        read = """() => [...document.querySelectorAll(
          '.cnnviz :is(.whole, .networks, .card, .facts > div, .sizes, .hint)')].map((el) => {
          const { x, y, width, height } = el.getBoundingClientRect();
          const { top } = document.querySelector('.cnnviz').getBoundingClientRect();
          return [el.className, ...[x, y - top, width, height].map(Math.round)]; })"""
        start = page.evaluate(read)
        for name in ("Multiply–adds", "Activations", "Shape"):
            page.get_by_role("radio", name=name).click()
            page.locator("[role=treeitem]").nth(2).click()
            settle(page)
            page.mouse.move(1, 1)
            assert page.evaluate(read) == start, (width, name)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [820, 375])
def test_axe_finds_nothing_and_nothing_overflows(opened, books, theme, width):
    for widget in (
        cnnviz.ArchitectureExplorer(books["LeNet-5"], size_by="shape"),
        cnnviz.ArchitectureExplorer(books["ResNet-18"], books["GoogLeNet"], opened=["layer1"]),
    ):
        page = opened(widget, theme=theme, width=width)
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_keys_show_what_they_choose_whatever_the_pointer_rests_on(opened, books):
    """The list scrolls under a pointer at rest: what comes to lie there is not pointed at."""
    book = books["ResNet-18"]
    page = opened(cnnviz.ArchitectureExplorer(book, opened="all", selected=0))
    page.locator(".line").nth(3).hover()
    page.locator("[role=tree] [tabindex='0']").first.focus()
    page.keyboard.press("End")
    settle(page)
    page.wait_for_timeout(200)
    last = book[len(book) - 1]
    assert selected(page)[1:] == [len(book) - 1, len(book)]
    assert digits(facts(page)["Parameters"]) == last["parameters"]
