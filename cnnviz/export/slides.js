// One slide at a time: arrow keys, Page Up and Down, Home and End, two buttons, and the number in the address.
// Without this script, and in print, the slides stand below one another.
(() => {
  const slides = [...document.querySelectorAll("main > section")];
  const [back, count, on] = document.querySelectorAll(".deck > *");
  let at = 0;
  const show = (wanted, keepAddress) => {
    at = Math.min(Math.max(wanted, 0), slides.length - 1);
    slides.forEach((slide, number) => (slide.hidden = number !== at));
    count.textContent = `${at + 1} / ${slides.length}`;
    back.disabled = at === 0;
    on.disabled = at === slides.length - 1;
    if (!keepAddress) history.replaceState(null, "", `#${at + 1}`);
    scrollTo(0, 0);
  };
  // The address holds a slide's number, or the name of something on a slide.
  const follow = () => {
    const name = decodeURIComponent(location.hash.slice(1));
    const place = /^\d*$/.test(name) ? null : document.getElementById(name);
    show(place ? slides.findIndex((slide) => slide.contains(place)) : Number(name || 1) - 1 || 0, true);
    place?.scrollIntoView();
  };
  const keys = {
    ArrowRight: () => at + 1,
    PageDown: () => at + 1,
    ArrowLeft: () => at - 1,
    PageUp: () => at - 1,
    Home: () => 0,
    End: () => slides.length - 1,
  };
  addEventListener("keydown", (event) => {
    const busy = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented;
    // In a widget or a field these keys have work of their own.
    if (busy || !(event.key in keys) || event.target.closest?.(".cnnviz, input, select, textarea")) return;
    event.preventDefault();
    show(keys[event.key]());
  });
  back.addEventListener("click", () => show(at - 1));
  on.addEventListener("click", () => show(at + 1));
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => slides.forEach((slide) => (slide.hidden = false)));
  addEventListener("afterprint", () => show(at, true));
  document.querySelector(".deck").hidden = false;
  follow();
})();
