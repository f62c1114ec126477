// A box that scrolls must be reachable by keyboard; one that doesn't should not stop the Tab key.
(() => {
  const boxes = document.querySelectorAll(
    ".math-scroll, .pst-scrollable-table-container, .bd-article pre, .cell_output, .cell_output > .output",
  );
  const update = () => {
    for (const box of boxes) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  addEventListener("load", update);
  addEventListener("resize", update);
})();
